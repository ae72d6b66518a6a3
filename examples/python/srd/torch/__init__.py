"""SRD maps of your own torch module.

    import srd.torch
    result = srd.torch.explain(model, image)      # in eval mode; (C, H, W) or (N, C, H, W), normalised as in training
    result.save('why.png')                        # where the evidence for the top class lies, over the picture

result.map is the map as a numpy array, result.logits what the module returned. convert() gives the network for more pictures
and questions:

    network = srd.torch.convert(model, image)
    network.names                                 # {'layer4.1.conv2': 63, 'layer4': 66, ...}: layers by torch's names
    network.explain(image, target=207, layers=['layer2', 'layer3'])

The module is traced by torch.fx: each operation becomes layers of libsrd, and one that has none is refused with its name and the
reason (ConversionError). What the library computes is compared with what the module returns; `difference` says how far they
are apart. This part of the package needs torch (1.13 or later); the rest does not.
"""
import torch
from torch.utils import _pytree

from ..constants import ENLARGE_BILINEAR, KEEP_MAP, SCALE_PERCENTILE
from ..explainer import Explainer, Target
from ..render import render_map, render_overlay
from .translate import ConversionError, translate

__all__ = ['ConversionError', 'Explanation', 'Network', 'convert', 'explain']


def _pictures(images, count=None):
    """A tuple of tensors with a batch axis, and whether they came with it."""
    images = images if isinstance(images, (tuple, list)) else (images,)
    tensors = [torch.as_tensor(image, dtype=torch.float32) for image in images]
    bare = all(tensor.dim() in (1, 3) for tensor in tensors)
    return tuple(tensor[None] if bare else tensor for tensor in tensors), not bare


def _place(module):
    """Device and type of the module's numbers, as arguments of Tensor.to()."""
    first = next((p for p in module.parameters() if p.is_floating_point()), torch.zeros(()))
    return first.device, first.dtype


class Network:
    """A torch module as a sealed graph of libsrd; made by convert().

    graph    the srd.Graph
    names    {torch's name: id of the layer}: modules by their path, functions by the name that torch.fx gives them
    notes    what was left out, in words
    outputs  what the module returns: .layer, .layout, .place
    """

    def __init__(self, module, translator, outputs):
        self.module, self.graph, self.outputs = module, translator.graph, outputs
        self.names, self.notes = translator.names, translator.notes

    def layer(self, name):
        """The id of a layer by torch's name, libsrd's name, or its id."""
        return self.names[name] if name in self.names else self.graph.find(name) if isinstance(name, str) else name

    def explainer(self, images, layers=(), workers=1, **options):
        """An Explainer for pictures of this size after a run on them; options as for srd.Explainer."""
        pictures, batched = _pictures(images)
        keep = dict(options.pop('keep', {}))
        for layer in layers:
            if not self.graph.is_site(layer):
                keep[layer] = keep.get(layer, 0) | KEEP_MAP
        explainer = Explainer(self.graph, batch=len(pictures[0]) if batched else None, keep=keep, workers=workers, **options)
        arrays = [p.detach().cpu().reshape(*p.shape, *(1,) * (4 - p.dim())).numpy() for p in pictures]
        explainer.run(*(arrays if batched else [a[0] for a in arrays]))
        return explainer

    def values(self, explainer):
        """What libsrd computed for each output, as torch shapes it."""
        results = []
        for output in self.outputs:
            values = explainer.value(output.layer)
            results.append(output.tensor(values if values.ndim == 4 else values[None]))
        return results

    def difference(self, images, explainer):
        """max |libsrd - torch| / max |torch| over the outputs of the last run."""
        with torch.no_grad():
            wanted = _pytree.tree_flatten(self.module(*(p.to(*_place(self.module)) for p in _pictures(images)[0])))[0]
        found, worst = self.values(explainer), 0.0
        for output, values in zip(self.outputs, found):
            want = wanted[output.place].detach().cpu().float()
            scale = max(want.abs().max().item(), torch.finfo(torch.float32).tiny)
            worst = max(worst, (values - want).abs().max().item() / scale)
        return worst

    def explain(self, images, target=None, *, layers=(), contrastive=False, workers=1, check=True):
        """Explain a picture or a batch; the parameters are those of explain() below."""
        ids = [self.layer(name) for name in layers]
        explainer = self.explainer(images, ids, workers)
        difference = self.difference(images, explainer) if check else None
        if difference is not None and not difference < 1e-3:
            raise ConversionError(f'the module and its translation differ by {difference:.1e} of the largest output; '
                                  'this should not happen, please report the module')
        return Explanation(self, explainer, images, target, dict(zip(layers, ids)), contrastive, difference)


class Explanation:
    """What was found, and the explainer for more questions.

    map         the map of the input, (H, W) or (N, H, W); a list if the module has several inputs
    maps        {name: map} of the layers asked for
    logits      the first output, a numpy array shaped as torch has it
    classes     the class explained of each picture (None for other targets)
    report      the balance, an srd.Report
    difference  of libsrd's outputs and the module's: max |a - b| / max |b|; None: not checked
    notes       what was left out of the module
    explainer   an srd.Explainer after its run
    """

    def __init__(self, network, explainer, images, target, layers, contrastive, difference):
        self.network, self.explainer, self.images, self.difference = network, explainer, images, difference
        self.notes, self.layers = network.notes, layers
        self.logits = network.outputs[0].tensor(self._batched(explainer.value(network.outputs[0].layer))).numpy()
        self.target = target
        self.classes = self._classes(target)
        inputs = network.graph.inputs
        answers = explainer.ask(target, inputs + list(layers.values()), contrastive=contrastive)
        self.map = answers[0] if len(inputs) == 1 else answers[:len(inputs)]
        self.maps = dict(zip(layers, answers[len(inputs):]))
        self.report = explainer.report()

    @staticmethod
    def _batched(values):
        return values if values.ndim == 4 else values[None]

    def _classes(self, target):
        count = len(_pictures(self.images)[0][0])
        if target is None or (isinstance(target, Target) and target.class_index is None and target.direction is None):
            output = target.output if target is not None else 0
            return [self.explainer.top_class(image, output=output)[0] for image in range(count)]
        index = target.class_index if isinstance(target, Target) else target
        return index if index is None or hasattr(index, '__len__') else [index] * count

    def ask(self, target=None, layers=None, **how):
        """Another question about the same run, as srd.Explainer.ask(); layers by torch's names, too."""
        if layers is not None:
            single = not isinstance(layers, (list, tuple))
            layers = self.network.layer(layers) if single else [self.network.layer(name) for name in layers]
        return self.explainer.ask(target, layers, **how)

    def picture(self, name=None, image=0, size=None):
        """A map as RGBA, uint8 (height, width, 4), over the grey picture: of the input, or of a layer of `maps`, whose
        positions are drawn where they look (stretched over the picture if they form no grid there)."""
        values = self.maps[name] if name is not None else self.map if not isinstance(self.map, list) else self.map[0]
        below = _pictures(self.images)[0][0].detach().cpu().numpy()
        values, below = (values[image] if values.ndim == 3 else values), below[image]
        options = {'scaling': SCALE_PERCENTILE, 'percentile': 99.5}  # a few outliers shall not make all else pale
        if below.ndim != 3 or len(below) not in (1, 3):
            return render_map(values, size, **options)
        below = (below - below.min()) / max(float(below.max() - below.min()), 1e-30)
        place = self.explainer.geometry(self.layers[name]) if name is not None else None
        return render_overlay(values, below if len(below) == 3 else below[0], size, grey_picture=True, opacity=0.9, place=place,
                              **(options if values.shape == below.shape[1:] else {**options, 'enlargement': ENLARGE_BILINEAR}))

    def save(self, path, name=None, image=0, size=None):
        """Write picture() to a file; needs PIL."""
        from PIL import Image
        Image.fromarray(self.picture(name, image, size)).save(path)


def convert(module, example, *, gates=None, handlers=None):
    """A torch module as a Network.

    module    in eval mode, on any device; its weights are copied as float32
    example   a picture (C, H, W), or a tuple of pictures for a module of several inputs; only its first image is used, and its
              size is that of the network
    gates     {name of a product: 0 or 1}: which factor is the gate, where that cannot be told
    handlers  {module class: function(graph, module, layer, name) -> layer}: layers of your own for modules that have none here,
              for instance by graph.custom(); the layer is the module's input as (C, H, W)
    """
    examples, _ = _pictures(example)
    examples = [e[:1].to(*_place(module)) for e in examples]
    return Network(module, *translate(module, examples, gates or {}, handlers or {}))


def explain(module, images, target=None, *, layers=(), contrastive=False, workers=1, check=True, gates=None, handlers=None):
    """Explain what a torch module says about a picture: an Explanation.

    module       as in convert(), which gates and handlers are for, too
    images       a tensor or array (C, H, W), or a batch (N, C, H, W), normalised as in training; a tuple of them for several
                 inputs
    target       a class, an srd.Target, or None: the top class of each picture
    layers       names of modules or operations whose maps are wanted besides the input's
    contrastive  True: only what differs between positions
    workers      threads
    check        False: do not run the module to compare its outputs with libsrd's
    """
    network = convert(module, images, gates=gates, handlers=handlers)
    return network.explain(images, target, layers=layers, contrastive=contrastive, workers=workers, check=check)
