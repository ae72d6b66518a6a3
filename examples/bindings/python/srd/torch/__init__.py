"""SRD maps of your own torch module.

    import srd.torch
    result = srd.torch.explain(model, image)      # in eval mode; (C, H, W) or (N, C, H, W), normalised as in training
    result.save('why.png')                        # where the evidence for the top class lies, over the picture

result.map is the map as a numpy array, result.outputs what the module returned, result.scores what is explained. convert() gives the network for more pictures
and questions:

    network = srd.torch.convert(model, image)
    network.names                                 # {'layer4.1.conv2': 63, 'layer4': 66, ...}: layers by torch's names
    network.explain(image, target=207, layers=['layer2', 'layer3'])
    for result in network.each(images):           # one after the other, in the memory of one
        print(result)

The module is traced by torch.fx: each operation becomes layers of libsrd, and one that has none is refused with its name and the
reason (ConversionError). So is what would make the numbers of one picture a part of the network: buffers that forward fills,
x.item(), x.numpy(). What the library computes is compared with what the module returns, for the pictures given and for one that
is made up; `difference` says how far they are apart. This part of the package needs torch (1.13 or later); the rest does not.
"""
import torch

from ..constants import RATIOS_FLOAT32
from . import detectors, reference
from .detectors import dense
from .explanation import Explanation
from .network import Network
from .translate import ConversionError, translate
from .values import Refused

__all__ = ['ConversionError', 'Explanation', 'Network', 'convert', 'dense', 'explain']
Network.__module__ = Explanation.__module__ = 'srd.torch'


def convert(module, example, *, gates=None, handlers=None, class_names=None):
    """A torch module as a Network.

    module    in eval mode, on any device; its weights are copied as float32. Of a module in half precision a float32 copy is
              converted. The module is called and traced, and left as it was
    example   a picture (C, H, W), a signal (C, L) or a vector (C), or a batch (N, ...) of them, of which the first is used; a tuple for a
              module of several inputs. Its size is that of the network. Where (N, C) and (C, L), or (C, H, W) and (N, C, L), are both
              possible, it is what the module can compute
    gates     {name of a product: 0 or 1}: which factor is the gate, where that cannot be told
    handlers  {module class: function(graph, module, layer, name) -> layer}: layers of your own for modules that have none here,
              for instance by graph.custom(); the layer is the module's input as (C, H, W)
    class_names  what the classes are called: a list, shown with the results
    """
    if not isinstance(module, torch.nn.Module):
        raise ConversionError(f'a torch.nn.Module is needed, not a {type(module).__name__}: call the function in forward() of a '
                              'small module that has the other one as an attribute')
    for path, part in module.named_modules():
        if isinstance(part, torch.jit.ScriptModule):
            raise ConversionError(f'{path or "the module"} is a ScriptModule, whose Python is gone: give the module that it was '
                                  'made from, or export it to ONNX')
    whole = detectors.refusal(module)
    if whole:
        raise ConversionError(whole)
    try:
        original, module = module, module if reference.halves(module) is None else reference.copied(module, torch.float32)
    except Refused as error:
        raise ConversionError(f'{error}; give model.float()') from error
    ranks = reference.ranks_of(module, example)
    examples = [e[:1].detach().to(*reference.place(module)) for e in reference.pictures(example, ranks)[0]]
    return Network(original, module, *translate(module, examples, gates or {}, handlers or {}, reference.read_as(example, ranks)), class_names,
                   ranks)


def explain(module, images, target=None, *, layers=(), contrastive=False, workers=1, check=True, gates=None, handlers=None,
            class_names=None, progress=None, keep=None, ratios=RATIOS_FLOAT32, input_sizes=None, **options):
    """Explain what a torch module says about a picture: an Explanation.

    module       as in convert(), which gates, handlers and class_names are for, too
    images       a tensor or array (C, H, W), or a batch (N, C, H, W), normalised as in training; a signal (C, L) or (N, C, L), whose map is
                 (L,) or (N, L); a vector (C) or (N, C); a tuple of them for several inputs. Network.each() takes one picture after the
                 other, in the memory of one
    target       None: the top class of each picture. A class: that one for all pictures. A list (or array) of classes: one per
                 picture, so its length is the number of pictures, 1 for a single picture. An srd.Target. A list of srd.Target:
                 their sum, for instance [srd.Target(0), srd.Target(1)] the sum of two classes
    layers       names of modules or operations whose maps are wanted besides the input's
    contrastive  True: only what differs between positions
    workers      threads
    check        False: do not run the module to compare its outputs with libsrd's
    progress     progress(done, total), called between the steps of libsrd's run. If it returns False (not None) the run stops, and
                 explain() raises srd.SrdCancelledError; an exception of its own ends the run, too, and comes out of explain() as it is
    keep         {name of a layer: what}, for questions to result.explainer, as for srd.Explainer
    ratios       how sharing ratios are kept, as for srd.Explainer
    input_sizes  for Network.explain(): a list of the (height, width) of each input, of a signal its length, for pictures of another size than that of
                 the example. The module must be one for all sizes; what it returns is compared, as always
    options      kernels and others as for srd.Explainer
    """
    network = convert(module, images, gates=gates, handlers=handlers, class_names=class_names)
    return network.explain(images, target, layers=layers, contrastive=contrastive, workers=workers, check=check, progress=progress,
                           keep=keep, ratios=ratios, input_sizes=input_sizes, **options)
