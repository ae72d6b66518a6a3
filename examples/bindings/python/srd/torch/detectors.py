"""Networks of which only a part can be explained, and what to do: detectors, whose boxes are chosen by numbers of the picture;
networks of three dimensions; integer networks."""
import torch
from torch import nn


class Dense(nn.Module):
    """The backbone of a detector and its dense head, without boxes."""

    def __init__(self, model):
        super().__init__()
        self.backbone, self.head = model.backbone, model.head if hasattr(model, 'head') else model.rpn.head
        self.eval() if not model.training else None

    def forward(self, images):
        features = self.backbone(images)
        return self.head(list(features.values()) if isinstance(features, dict) else [features])


def dense(model):
    """What a detector of torchvision computes before it chooses boxes, as a module that can be explained: its backbone and its
    head (of Faster R-CNN and its kin the head of the region proposals), whose outputs are scores and box numbers of each anchor.

        image = model.transform([photograph])[0].tensors[0]          # resized and normalised as the detector does
        result = srd.torch.explain(srd.torch.dense(model), image, srd.Target(cls, position=(0, anchor)))
    """
    if not hasattr(model, 'backbone') or not (hasattr(model, 'head') or hasattr(model, 'rpn')):
        raise TypeError(f'dense() is for detectors of torchvision, with a backbone and a head, not for a {type(model).__name__}')
    return Dense(model)


def _kind(module):
    return type(module).__module__


def refusal(module):
    """Why a module cannot be explained whole, and the way round; None."""
    for path, part in module.named_modules():
        if type(part).__name__ == 'GeneralizedRCNNTransform':
            model = 'model' + ''.join('.' + step for step in path.split('.')[:-1])
            head = 'rpn.head' if hasattr(module.get_submodule('.'.join(path.split('.')[:-1])), 'rpn') else 'head'
            return (f'a detector: which boxes it returns is decided by the numbers of the picture, which is no layer. Explain {model}.backbone '
                    f'by itself, srd.torch.explain({model}.backbone, image), and {model}.{head} behind it, '
                    f'srd.torch.explain(srd.torch.dense({model}), image), with image = {model}.transform([photograph])[0].tensors[0]')
        if isinstance(part, (nn.Conv3d, nn.ConvTranspose3d, nn.BatchNorm3d, nn.MaxPool3d, nn.AvgPool3d, nn.AdaptiveAvgPool3d)):
            return (f'{path or "the module"} ({type(part).__name__}): a network of three dimensions (video, volumes). The layers of libsrd have '
                    'height and width and no third axis')
        if '.quantized' in _kind(part) and '.qat' not in _kind(part) and not isinstance(part, _stubs()):
            return (f'{path or "the module"} ({_kind(part)}.{type(part).__name__}): a quantised module, whose numbers are integers. Give the float '
                    'module that it was made from (before convert(); torchvision: quantize=False)')
    return None


def _stubs():
    """Modules of the quantised packages that compute with floats."""
    found = [getattr(torch.nn.quantized, name, None) for name in ('FloatFunctional',)]
    return tuple(f for f in found if f is not None)
