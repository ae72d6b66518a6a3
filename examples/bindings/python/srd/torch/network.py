"""A converted module and what it says about pictures."""
import copy
import difflib
import threading

import numpy as np
import torch

from ..constants import KEEP_MAP, RATIOS_FLOAT32
from ..explainer import Explainer, Target
from . import reference
from .explanation import Explanation
from .reference import distance, pictures
from .translate import ConversionError
from .values import Refused

AGREES = 1e-3  # differences up to this are not looked into
ROUNDING = 8   # and beyond it, up to so many times the module's own rounding error


def class_number(name, names):
    """The class of this name, or the number that it is."""
    if not isinstance(name, str):
        return name
    if names is None:
        raise ValueError(f'the class {name!r}: only numbers are known; convert() and explain() take class_names=')
    if name not in names:
        raise ValueError(f'there is no class {name!r}{near(name, names)}')
    return names.index(name)


def near(name, names):
    found = difflib.get_close_matches(name, names, 3)
    return '; near it are ' + ', '.join(map(repr, found)) if found else ''


def _numbered(target, names):
    """A target whose classes are numbers; an srd.Target stays what it is."""
    if isinstance(target, Target):
        if isinstance(target.class_index, str) or isinstance(target.against, str):
            target = copy.copy(target)
            target.class_index, target.against = (class_number(which, names) for which in (target.class_index, target.against))
        return target
    return class_number(target, names)


def read_target(target, count, names=None):
    """A target for srd.Explainer from one for explain(), for this many pictures; names: of the classes, or None."""
    if isinstance(target, (torch.Tensor, np.ndarray)):
        target = target.tolist()
    if not isinstance(target, (list, tuple)):
        return _numbered(target, names)
    target = [_numbered(one, names) for one in target]
    if target and all(isinstance(t, Target) for t in target):
        return list(target)
    if any(isinstance(t, Target) for t in target):
        raise TypeError('target: a list of classes (one per picture) or a list of srd.Target (their sum), not both in one')
    if len(target) != count:
        raise ValueError(f'target: {len(target)} classes for {count} {"picture" if count == 1 else "pictures"}; a list is one '
                         'class per picture. For the sum of several classes give a list of srd.Target(class)')
    return Target(list(target))


def _one_by_one(target, names):
    """The targets of one picture after the other."""
    if isinstance(target, (torch.Tensor, np.ndarray)):
        target = target.tolist()
    if not isinstance(target, (list, tuple)) or target and all(isinstance(t, Target) for t in target):
        while True:
            yield read_target(target, 1, names)
    for one in target:
        yield read_target(one, 1, names)
    raise ValueError(f'target: {len(target)} classes, but there are more pictures; a list is one class per picture')


class Network:
    """A torch module as a sealed graph of libsrd; made by convert().

    graph      the srd.Graph; its layers may be named by torch's names everywhere
    names      {torch's name: id of the layer}: modules by their path; functions by the path of the module that calls them and
               the name that torch.fx gives them, such as 'layer1.0.add', for which the latter alone, 'add', serves too
    notes      what was left out, in words
    outputs    what the module returns: .layer, .layout, .place
    module     the module
    class_names  what the classes are called, a list; None
    ranks      the number of dimensions of each input with its batch axis: 4 pictures, 3 signals, 2 vectors
    reference  the module that was translated: itself, or its float32 copy if it is of half precision
    """

    def __init__(self, module, reference_module, translator, outputs, class_names=None, ranks=None):
        self.module, self.reference, self.graph, self.outputs = module, reference_module, translator.graph, outputs
        self.names, self.notes, self.ranks = translator.names, translator.notes, ranks
        self.class_names = None if class_names is None else list(class_names)
        self._tried, self._lock = False, threading.Lock()
        self.graph.aliases.update({**self.names, **{n: layer for n, layer in translator.short.items() if n not in self.names}})
        half = reference.halves(module)
        if half is not None:
            self.notes.append(f'the module is of {str(half)[6:]}: its float32 copy is explained')

    def pictures(self, images):
        """A tuple of float32 tensors with a batch axis, and whether they came with it."""
        return pictures(images, self.ranks)

    def layer(self, name):
        """The id of a layer by torch's name, libsrd's name, or its id."""
        return self.graph.find(name) if isinstance(name, str) else name

    @property
    def sites(self):
        """{torch's name: id} of the layers that may be asked without a keep=: erf(), seed() start there, ask_gradcam(site=)."""
        return {name: layer for name, layer in self.names.items() if self.graph.is_site(layer)}

    def explainer(self, images, layers=(), workers=1, *, progress=None, keep=None, **options):
        """An Explainer for pictures of this size after a run on them; options as for srd.Explainer, progress as for its run()."""
        tensors, batched = self.pictures(images)
        if options.get('input_sizes') is not None:
            options['input_sizes'] = [(1, size) if isinstance(size, int) else size for size in options['input_sizes']]
        if keep is not None and not isinstance(keep, dict):
            raise TypeError(f'keep: a dict such as {{{keep!r}: srd.KEEP_VALUE}}, not {keep!r}')
        keep = {None if layer is None else self.layer(layer): what for layer, what in (keep or {}).items()}
        for layer in map(self.layer, [layers] if isinstance(layers, (str, int)) else layers):
            if not self.graph.is_site(layer):
                keep[layer] = keep.get(layer, 0) | KEEP_MAP
        explainer = Explainer(self.graph, batch=len(tensors[0]) if batched else None, keep=keep, workers=workers, **options)
        self._run(explainer, images, progress)
        return explainer

    def _run(self, explainer, images, progress):
        tensors, batched = self.pictures(images)
        arrays = [(p[:, :, None] if p.dim() == 3 else p.reshape(*p.shape, *(1,) * (4 - p.dim()))).detach().cpu().numpy() for p in tensors]
        explainer.run(*(arrays if batched else [a[0] for a in arrays]), progress=progress)

    def values(self, explainer):
        """What libsrd computed for each output, as torch shapes it."""
        return [output.tensor(self._value(explainer, output.layer)) for output in self.outputs]

    def scores(self, explainer):
        """The same before a softmax or an activation at the end."""
        return [output.scores(self._value(explainer, output.layer if output.before is None else output.before))
                for output in self.outputs]

    @staticmethod
    def _value(explainer, layer):
        values = explainer.value(layer)
        return values if values.ndim == 4 else values[None]

    def difference(self, images, explainer):
        """max |libsrd - torch| / max |torch| over the outputs of the last run, torch being `reference`."""
        return self._difference(reference.run(self.reference, self.pictures(images)[0]), explainer)

    def _difference(self, wanted, explainer):
        found = self.values(explainer)
        return float(np.max([distance(values, wanted[output.place]) for output, values in zip(self.outputs, found)]))

    def check(self, images, explainer):
        """Raises ConversionError if the last run is not what the module computes, nor, the first time, the run of another
        picture. Returns (difference of the last run, notes)."""
        tensors, notes = self.pictures(images)[0], []
        with self._lock, reference.untouched(self.reference):
            wanted = reference.run(self.reference, tensors)
            difference = self._difference(wanted, explainer)
            self._judge(tensors, explainer, difference, '', notes)
            if not self._tried:  # after the pictures, as a module that keeps something of them computes something else then
                self._try_another(tensors, explainer)
                self._tried = True
        if self.reference is not self.module:
            notes.append(self._own_precision(tensors, wanted))
        return difference, notes

    def _try_another(self, tensors, explainer):
        others = reference.other_pictures(tensors)
        wanted = reference.run(self.reference, others)
        if not all(bool(wanted[output.place].isfinite().all()) for output in self.outputs):
            return  # the made up picture is none for this module
        sizes = [explainer.shape(layer)[1:] for layer in self.graph.inputs]
        with self.explainer(others, forward_only=True, input_sizes=sizes) as explainer:
            self._judge(others, explainer, self._difference(wanted, explainer), ' for a second picture, made up,', [])

    def _judge(self, tensors, explainer, difference, which, notes):
        if difference <= AGREES:
            return
        text = f'the module and its translation differ{which} by {difference:.1e} of the largest output'
        try:
            errors, exact = reference.rounding(self.reference, tensors)
        except (Refused, RuntimeError) as error:
            raise ConversionError(f'{text}; the rounding error of the module could not be measured ({error})') from error
        own = max(errors[output.place] for output in self.outputs)
        ours = float(np.max([distance(v, exact[o.place]) for o, v in zip(self.outputs, self.values(explainer))]))
        if not ours <= max(AGREES, ROUNDING * own):
            raise ConversionError(
                f'{text}. This is no rounding: from the module in float64, the module in float32 differs by {own:.1e}, its '
                f'translation by {ours:.1e}. If the module computes something else at each call, or for a picture alone and in a '
                'batch, or if its weights were changed after the conversion, that is why; otherwise please report the module')
        notes.append(f'the module is sensitive to rounding: its float32 outputs differ by {own:.1e} of the largest from its float64 '
                     f'ones, those of libsrd by {ours:.1e}')

    def _own_precision(self, tensors, wanted):
        half = str(reference.halves(self.module))[6:]
        try:
            with self._lock, reference.untouched(self.module):
                found = reference.run(self.module, tensors)
        except RuntimeError:
            return f'the module itself does not run here in {half}'
        far = max(distance(found[output.place], wanted[output.place]) for output in self.outputs)
        return f'what the module itself returns in {half} differs by {far:.1e} of the largest from its float32 copy'

    def explain(self, images, target=None, *, layers=(), contrastive=False, workers=1, check=True, progress=None, keep=None,
                ratios=RATIOS_FLOAT32, input_sizes=None, **options):
        """Explain a picture or a batch; the parameters are those of explain() below."""
        target = read_target(target, len(self.pictures(images)[0][0]), self.class_names)
        layers, ids = self._asked(layers, options)
        explainer = self.explainer(images, ids, workers, progress=progress, keep=keep, ratios=ratios, input_sizes=input_sizes, **options)
        return self._explanation(explainer, images, target, dict(zip(layers, ids)), contrastive, check)

    def each(self, images, target=None, *, layers=(), contrastive=False, workers=1, check=True, progress=None, keep=None,
             ratios=RATIOS_FLOAT32, input_sizes=None, **options):
        """Explain one picture after the other, in the memory of one; yields an Explanation of each.

            for result in network.each(images):
                result.save(f'{result.classes[0]}.png')

        Numbers and pictures of an Explanation stay; further questions to it (ask(), explainer) are possible until the loop goes on.

        images   anything that can be looped over: a batch (N, C, H, W), a list, a generator; it gives a picture (C, H, W) each
                 time, or a tuple of them for a module of several inputs. All are of one size
        target   as in explain(); a list of classes holds one per picture
        progress called for each picture
        others   as in explain()
        """
        layers, ids = self._asked(layers, options)
        classes, explainer = _one_by_one(target, self.class_names), None
        for image in images:
            wanted = next(classes)
            if explainer is None:
                explainer = self.explainer(image, ids, workers, progress=progress, keep=keep, ratios=ratios, input_sizes=input_sizes,
                                           **options)
            else:
                self._run(explainer, image, progress)
            result = self._explanation(explainer, image, wanted, dict(zip(layers, ids)), contrastive, check)
            yield result
            result._release('the loop has gone on to the next picture')

    def _asked(self, layers, options):
        """The layers whose maps are wanted, a list, and their ids. One alone needs no list."""
        layers = [layers] if isinstance(layers, (str, int)) else list(layers)
        for name in ('batch', 'one_image', 'forward_only'):
            if name in options:
                raise TypeError(f'{name}: not here; use each(), Network.explainer() or srd.Explainer(network.graph)')
        return layers, [self.layer(name) for name in layers]

    def _explanation(self, explainer, images, target, layers, contrastive, check):
        difference, notes = self.check(images, explainer) if check else (None, [])
        return Explanation(self, explainer, images, target, layers, contrastive, difference, notes)
