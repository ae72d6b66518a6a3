"""A converted module and what it says about pictures."""
import io
import threading

import numpy as np
import torch

from ..constants import ENLARGE_BILINEAR, KEEP_MAP, SCALE_PERCENTILE
from ..explainer import Explainer, Target
from ..native import SrdError
from ..render import render_map, render_overlay
from . import reference
from .reference import distance, pictures
from .translate import ConversionError
from .values import Refused

AGREES = 1e-3  # differences up to this are not looked into
ROUNDING = 8   # and beyond it, up to so many times the module's own rounding error


def read_target(target, count):
    """A target for srd.Explainer from one for explain(), for this many pictures."""
    if isinstance(target, (torch.Tensor, np.ndarray)):
        target = target.tolist()
    if not isinstance(target, (list, tuple)):
        return target
    if target and all(isinstance(t, Target) for t in target):
        return list(target)
    if any(isinstance(t, Target) for t in target):
        raise TypeError('target: a list of classes (one per picture) or a list of srd.Target (their sum), not both in one')
    if len(target) != count:
        raise ValueError(f'target: {len(target)} classes for {count} {"picture" if count == 1 else "pictures"}; a list is one '
                         'class per picture. For the sum of several classes give a list of srd.Target(class)')
    return Target(list(target))


class Network:
    """A torch module as a sealed graph of libsrd; made by convert().

    graph      the srd.Graph; its layers may be named by torch's names everywhere
    names      {torch's name: id of the layer}: modules by their path; functions by the path of the module that calls them and
               the name that torch.fx gives them, such as 'layer1.0.add', for which the latter alone, 'add', serves too
    notes      what was left out, in words
    outputs    what the module returns: .layer, .layout, .place
    module     the module
    reference  the module that was translated: itself, or its float32 copy if it is of half precision
    """

    def __init__(self, module, reference_module, translator, outputs):
        self.module, self.reference, self.graph, self.outputs = module, reference_module, translator.graph, outputs
        self.names, self.notes = translator.names, translator.notes
        self._tried, self._lock = False, threading.Lock()
        self.graph.aliases.update(translator.short)
        self.graph.aliases.update(self.names)
        half = reference.halves(module)
        if half is not None:
            self.notes.append(f'the module is of {str(half)[6:]}: its float32 copy is explained')

    def layer(self, name):
        """The id of a layer by torch's name, libsrd's name, or its id."""
        return self.graph.find(name) if isinstance(name, str) else name

    @property
    def sites(self):
        """{torch's name: id} of the layers that may be asked without a keep=: erf(), seed() start there, ask_gradcam(site=)."""
        return {name: layer for name, layer in self.names.items() if self.graph.is_site(layer)}

    def explainer(self, images, layers=(), workers=1, *, progress=None, **options):
        """An Explainer for pictures of this size after a run on them; options as for srd.Explainer, progress as for its run()."""
        tensors, batched = pictures(images)
        keep = {None if layer is None else self.layer(layer): what for layer, what in dict(options.pop('keep', None) or {}).items()}
        for layer in map(self.layer, layers):
            if not self.graph.is_site(layer):
                keep[layer] = keep.get(layer, 0) | KEEP_MAP
        explainer = Explainer(self.graph, batch=len(tensors[0]) if batched else None, keep=keep, workers=workers, **options)
        arrays = [p.detach().cpu().reshape(*p.shape, *(1,) * (4 - p.dim())).numpy() for p in tensors]
        explainer.run(*(arrays if batched else [a[0] for a in arrays]), progress=progress)
        return explainer

    def values(self, explainer):
        """What libsrd computed for each output, as torch shapes it."""
        results = []
        for output in self.outputs:
            values = explainer.value(output.layer)
            results.append(output.tensor(values if values.ndim == 4 else values[None]))
        return results

    def difference(self, images, explainer):
        """max |libsrd - torch| / max |torch| over the outputs of the last run, torch being `reference`."""
        return self._difference(reference.run(self.reference, pictures(images)[0]), explainer)

    def _difference(self, wanted, explainer):
        found = self.values(explainer)
        return float(np.max([distance(values, wanted[output.place]) for output, values in zip(self.outputs, found)]))

    def check(self, images, explainer):
        """Raises ConversionError if the last run is not what the module computes, nor, the first time, the run of another
        picture. Returns (difference of the last run, notes)."""
        tensors, notes = pictures(images)[0], []
        with self._lock, reference.untouched(self.reference):
            wanted = reference.run(self.reference, tensors)
            difference = self._difference(wanted, explainer)
            self._judge(tensors, explainer, difference, '', notes)
            if not self._tried:  # after the pictures, as a module that keeps something of them computes something else then
                self._try_another(tensors)
                self._tried = True
        if self.reference is not self.module:
            notes.append(self._own_precision(tensors, wanted))
        return difference, notes

    def _try_another(self, tensors):
        others = reference.other_pictures(tensors)
        wanted = reference.run(self.reference, others)
        if not all(bool(wanted[output.place].isfinite().all()) for output in self.outputs):
            return  # the made up picture is none for this module
        with self.explainer(others, forward_only=True) as explainer:
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

    def explain(self, images, target=None, *, layers=(), contrastive=False, workers=1, check=True, **options):
        """Explain a picture or a batch; the parameters are those of explain() below."""
        for name in ('batch', 'one_image', 'forward_only'):
            if name in options:
                raise TypeError(f'{name}: not here; use Network.explainer() or srd.Explainer(network.graph)')
        target = read_target(target, len(pictures(images)[0][0]))
        ids = [self.layer(name) for name in layers]
        explainer = self.explainer(images, ids, workers, **options)
        difference, notes = self.check(images, explainer) if check else (None, [])
        return Explanation(self, explainer, images, target, dict(zip(layers, ids)), contrastive, difference, notes)


class Explanation:
    """What was found, and the explainer for more questions.

    map         the map of the input, (H, W) or (N, H, W); a list if the module has several inputs
    maps        {name: map} of the layers asked for
    logits      the first output as the module returns it, a numpy array of torch's shape; behind a sigmoid at the end, if there
                is one, while scores and report are those before it: see notes
    classes     the class explained of each picture (None for other targets)
    report      the balance, an srd.Report
    difference  of libsrd's outputs and the module's: max |a - b| / max |b|; None: not checked
    notes       what was left out of the module, and what is unusual about this map
    explainer   an srd.Explainer after its run; it knows layers by torch's names, too
    """

    def __init__(self, network, explainer, images, target, layers, contrastive, difference, notes=()):
        self.network, self.explainer, self.images, self.difference = network, explainer, images, difference
        self.logits = network.outputs[0].tensor(self._batched(explainer.value(network.outputs[0].layer))).numpy()
        self.target = target
        self.classes = self._classes(target)
        inputs = network.graph.inputs
        answers = explainer.ask(target, inputs + list(layers.values()), contrastive=contrastive)
        self.map = answers[0] if len(inputs) == 1 else answers[:len(inputs)]
        self.maps = dict(zip(layers, answers[len(inputs):]))
        self.report = explainer.report()
        self.notes = [*network.notes, *notes, *self._unusual(answers[:len(inputs)], contrastive)]

    @staticmethod
    def _batched(values):
        return values if values.ndim == 4 else values[None]

    def _unusual(self, maps, contrastive):
        """Notes about maps that are empty."""
        report, graph = self.report, self.network.graph
        if not contrastive and report.magnitude < 1e-3 * abs(report.score):
            return [f'the map holds next to nothing: {report.top:.1e} of the score {report.score:.4g}, the rest is head bias, which '
                    'belongs to no position (a saturated softmax or sigmoid inside does that)']
        return [f'the map of the input {graph.name(layer)} is all 0: it reaches the score by gates only, or not at all'
                for layer, values in zip(graph.inputs, maps) if len(maps) > 1 and not values.any()]

    def _classes(self, target):
        count = len(pictures(self.images)[0][0])
        if isinstance(target, list):
            return None
        if target is None or (isinstance(target, Target) and target.class_index is None and target.direction is None):
            output = target.output if target is not None else 0
            return [self.explainer.top_class(image, output=output)[0] for image in range(count)]
        index = target.class_index if isinstance(target, Target) else target
        return index if index is None else list(index) if hasattr(index, '__len__') else [index] * count

    def __repr__(self):
        differs = 'not checked' if self.difference is None else f'difference {self.difference:.1e}'
        return f'<srd.torch.Explanation of the classes {self.classes}, {differs}, notes: {self.notes}>'

    def ask(self, target=None, layers=None, **how):
        """Another question about the same run: target as in explain(), layers by torch's names, and **how as for
        srd.Explainer.ask()."""
        return self.explainer.ask(read_target(target, len(pictures(self.images)[0][0])), layers, **how)

    def picture(self, name=None, image=0, size=None):
        """A map as RGBA, uint8 (height, width, 4), over the grey picture: of the input, or of a layer of `maps`, whose
        positions are drawn where they look (stretched over the picture if they form no grid there)."""
        values = self.maps[name] if name is not None else self.map if not isinstance(self.map, list) else self.map[0]
        below = pictures(self.images)[0][0].detach().cpu().numpy()
        values, below = (values[image] if values.ndim == 3 else values), below[image]
        options = {'scaling': SCALE_PERCENTILE, 'percentile': 99.5}  # a few outliers shall not make all else pale
        if below.ndim != 3 or len(below) not in (1, 3):
            return render_map(values, size, **options)
        below = (below - below.min()) / max(float(below.max() - below.min()), 1e-30)
        place = self.explainer.geometry(self.network.layer(name)) if name is not None else None
        return render_overlay(values, below if len(below) == 3 else below[0], size, grey_picture=True, opacity=0.9, place=place,
                              **(options if values.shape == below.shape[1:] else {**options, 'enlargement': ENLARGE_BILINEAR}))

    def save(self, path, name=None, image=0, size=None, **how):
        """Write picture() to a file; needs PIL."""
        from PIL import Image
        Image.fromarray(self.picture(name, image, size)).save(path, **how)

    def _repr_png_(self):
        """The picture of the first image, for notebooks."""
        file = io.BytesIO()
        try:
            self.save(file, format='png')
        except (ImportError, SrdError):
            return None
        return file.getvalue()
