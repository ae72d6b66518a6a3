"""What the user's module is and computes: its state is left as it was, a float32 copy stands for one of half precision, and its
own rounding error is measured."""
import collections
import contextlib
import copy

import torch
from torch import nn

from . import modules
from .trace import leaves
from .values import Refused

# Modules that compute something else while training, though they are no normalisation.
_DROPS = (nn.modules.dropout._DropoutNd, nn.RReLU, nn.MultiheadAttention)


def _tensor(image):
    try:
        return torch.as_tensor(image, dtype=torch.float32)
    except (TypeError, ValueError, RuntimeError) as error:
        raise TypeError('a picture is a tensor or an array (C, H, W), normalised as in training, '
                        f'not {type(image).__name__}') from error


def _tensors(images):
    return [_tensor(image) for image in (images if isinstance(images, (tuple, list)) else (images,))]


def pictures(images, ranks=None):
    """A tuple of float32 tensors with a batch axis, and whether they came with it. ranks: how many dimensions each has then; None: that
    of pictures and vectors."""
    tensors = _tensors(images)
    bare = all(t.dim() in (1, 3) for t in tensors) if ranks is None else all(t.dim() == rank - 1 for t, rank in zip(tensors, ranks))
    return tuple(tensor[None] if bare else tensor for tensor in tensors), not bare


def ranks_of(module, images):
    """The dimensions that the inputs of a module have with their batch axis. Two dimensions are vectors (N, C) or a signal (C, L), three
    a picture (C, H, W) or signals (N, C, L): what the module can compute; if both, signals if it has layers for signals only."""
    tensors = _tensors(images)
    dims = [t.dim() for t in tensors]
    bare, batched = all(d in (1, 2, 3) for d in dims), all(d in (2, 3, 4) for d in dims)
    if not (bare and batched):
        return tuple(d + bare for d in dims)
    found = [tuple(d + 1 for d in dims), tuple(dims)]
    if any(d == 2 for d in dims):
        found.reverse()
    one, two = (any(isinstance(part, kinds) for part in module.modules()) for kinds in (_SIGNALS, _PICTURES))
    if two and not one:
        return found[0]
    if one and not two:
        found.sort(key=lambda ranks: -ranks.count(3))
    return next((ranks for ranks in found if _computes(module, pictures(images, ranks)[0])), found[0])


_SIGNALS = (nn.Conv1d, nn.ConvTranspose1d, nn.MaxPool1d, nn.AvgPool1d, nn.AdaptiveAvgPool1d, nn.AdaptiveMaxPool1d)
_PICTURES = (nn.Conv2d, nn.ConvTranspose2d, nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d)


def _computes(module, tensors):
    """Whether the module takes the first of each of these."""
    try:
        with untouched(module), torch.random.fork_rng(devices=[]):
            run(module, [t[:1] for t in tensors])
        return True
    except Exception:
        return False


def read_as(images, ranks=None):
    """How the inputs were understood, for messages."""
    tensors, batched = pictures(images, ranks)
    kinds = {2: 'vectors (N, C)', 3: 'signals (N, C, L)', 4: 'pictures (N, C, H, W)'} if batched else \
        {2: 'a vector (C)', 3: 'a signal (C, L)', 4: 'a picture (C, H, W)'}
    return ', '.join(f"{tuple(t.shape if batched else t.shape[1:])} as {kinds.get(t.dim(), 'nothing that is known')}" for t in tensors)


def place(module):
    """Device and type of the module's numbers, as arguments of Tensor.to()."""
    first = next((p for p in module.parameters() if p.is_floating_point()), torch.zeros(()))
    return first.device, first.dtype


def run(module, tensors):
    """What the module returns for copies of these tensors, a list; its state is changed as it changes it."""
    with torch.no_grad():
        return leaves(module(*(t.detach().clone().to(*place(module)) for t in tensors)))


def other_pictures(tensors):
    """One picture per input that is another one, with numbers from the same range."""
    generator, others = torch.Generator().manual_seed(7), []
    for tensor in tensors:
        first = tensor[:1].detach().cpu()
        low, high = first.amin(tuple(range(2, first.dim())), keepdim=True), first.amax(tuple(range(2, first.dim())), keepdim=True)
        if first.dim() == 2 or bool((low == high).all()):
            low, high = first.amin(), first.amax() + (first.amin() == first.amax())
        others.append(low + (high - low) * torch.rand(first.shape, generator=generator))
    return tuple(others)


_CONTAINERS = (list, dict, set, collections.deque)


def _restore(changed, kept):
    """Makes a container what its copy is. What is the same is not touched, as other threads may be looking at it."""
    if isinstance(changed, dict):
        for key in [key for key in changed if key not in kept]:
            del changed[key]
        for key, value in kept.items():
            if key not in changed or changed[key] is not value:
                changed[key] = value
    elif len(changed) != len(kept) or any(a is not b for a, b in zip(changed, kept)):
        changed.clear()
        (changed.update if isinstance(changed, set) else changed.extend)(kept)


@contextlib.contextmanager
def untouched(module):
    """Afterwards the attributes of the module and its parts are what they were, and so are the numbers of its buffers."""
    attributes, contents = [], []
    for part in module.modules():
        attributes.append((part.__dict__, dict(part.__dict__)))
        contents += [(v, copy.copy(v)) for v in part.__dict__.values() if isinstance(v, _CONTAINERS)]
    buffers = [(b, b.detach().clone()) for b in module.buffers()]
    try:
        yield
    finally:
        for changed, kept in attributes + contents:
            _restore(changed, kept)
        with torch.no_grad():
            for buffer, numbers in buffers:
                if not torch.equal(buffer, numbers):
                    buffer.data.copy_(numbers)


def halves(module):
    """The first type of half precision among its weights; None."""
    tensors = [*module.parameters(), *module.buffers()]
    return next((t.dtype for t in tensors if t.dtype in (torch.float16, torch.bfloat16)), None)


def copied(module, dtype):
    """A copy of the module with numbers of another type; the module stays as it is."""
    try:
        return copy.deepcopy(module).to(dtype)
    except Exception as error:
        raise Refused(f'no copy of the module in {dtype} could be made: {error}') from error


def rounding(module, tensors):
    """max |single - double| / max |double| of each output: how exact the module itself is, and its outputs in double
    precision. The module is of single or double precision."""
    default = torch.get_default_dtype()
    try:
        torch.set_default_dtype(torch.float64)  # for the constants that forward makes
        exact = run(copied(module, torch.float64), [t.double() for t in tensors])
    finally:
        torch.set_default_dtype(default)
    single = run(copied(module, torch.float32), tensors)
    return [distance(s, e) if isinstance(e, torch.Tensor) else 0.0 for s, e in zip(single, exact)], exact


def distance(found, wanted):
    """max |found - wanted| / max |wanted|."""
    found, wanted = (t.detach().cpu().double() for t in (found, wanted))
    if not wanted.numel():
        return 0.0
    return (found - wanted).abs().max().item() / max(wanted.abs().max().item(), torch.finfo(torch.float32).tiny)


def in_training(module):
    """Why a module is not as in use, in words; None. Parts for which training makes no difference do not matter."""
    parts = list(module.named_modules())
    if all(part.training for _, part in parts):
        return 'the module is in training mode: call eval() first'
    for path, part in parts:
        forward = getattr(type(part).forward, '__code__', None)
        known = modules.is_operation(part) or isinstance(part, (nn.Sequential, nn.DataParallel))
        depends = isinstance(part, _DROPS) or hasattr(part, 'running_mean') or (
            not known and forward is not None and 'training' in forward.co_names + forward.co_freevars)
        if part.training and depends:
            return f"{path or 'the module itself'} ({type(part).__name__}) is in training mode: call eval() first"
    return None
