"""Operations of torch that make one number of many: means, sums, the largest and the smallest; and the larger of two tensors."""
import numpy as np
import torch

from ..constants import AXIS_HEIGHT, AXIS_WIDTH
from .attention import Weighted
from .basics import FUNCTIONS, as_tensor, expand_to, function, in_axes, scaled
from .values import Refused, Value, product


def named(input, dim):
    """The dimensions that a reduction runs over, counted from the front."""
    every = range(len(input.dims))
    none = dim is None or isinstance(dim, (tuple, list)) and not dim
    return {input.axis(d) for d in (every if none else dim if isinstance(dim, (tuple, list)) else [dim])}


def without(result, over, keepdim):
    """The result of a reduction over these dimensions, of which its layer has nothing left."""
    gone = {atom for i in over for atom in result.dims[i]}
    axes = [tuple(atom for atom in axis if atom not in gone) for axis in result.axes]
    return Value(result.layer, axes, [() if i in over else d for i, d in enumerate(result.dims) if keepdim or i not in over])


def _over_positions(t, input, over, call):
    """A reduction of positions by call(layer, axes, name); dimensions of channels stay."""
    along = tuple(atom for atom in input.grid if any(atom in input.dims[i] for i in over))
    if not along:
        return input
    rest = tuple(atom for atom in input.grid if atom not in along)
    if rest and along not in input.axes[1:]:
        input = t.arrange(input, (input.axes[0], along, rest))
    axes = AXIS_HEIGHT | AXIS_WIDTH if not rest else AXIS_HEIGHT if along == input.axes[1] else AXIS_WIDTH
    layer = call(input.layer, axes, t.name('positions'))
    return Value(layer, *([tuple(atom for atom in atoms if atom not in along) for atoms in part] for part in (input.axes, input.dims)))


def _channels_in(input, over):
    """The factors of the channels that are in these dimensions."""
    return tuple(atom for atom in input.axes[0] if any(atom in input.dims[i] for i in over))


# ---- means and sums ----------------------------------------------------------------------------------------------------------

def _over_channels(t, input, over, weight):
    """A sum over channels, or over a factor of them, times a weight."""
    along = _channels_in(input, over)
    if not along:
        return input
    sizes = [atom.size for atom in input.axes[0]]
    left = [i for i, atom in enumerate(input.axes[0]) if atom not in along]
    kept = np.arange(int(np.prod([sizes[i] for i in left], dtype=int))).reshape([sizes[i] if i in left else 1 for i in range(len(sizes))])
    kept = np.broadcast_to(kept, sizes).ravel()
    matrix = np.zeros((kept.max() + 1, len(kept)), np.float32)
    matrix[kept, np.arange(len(kept))] = weight
    return input.on(t.graph.linear_tokens(input.layer, matrix, name=t.name('channels')))


def _of_weighted(t, input, dim, keepdim):
    """The sum of positions that are multiplied by a softmax over them."""
    return input.sum(t, dim[0] if isinstance(dim, (tuple, list)) and len(dim) == 1 else dim, keepdim)


@function('mean')
def mean(t, input, dim=None, keepdim=False, dtype=None):
    if isinstance(input, Weighted):
        return scaled(t, _of_weighted(t, input, dim, keepdim), torch.tensor(1.0 / input.shape[dim[0] if isinstance(dim, (tuple, list)) else dim]))
    over = named(input, dim)
    x = _over_positions(t, input, over, lambda layer, axes, name: t.graph.global_avg_pool(layer, name=name) if
                        axes == AXIS_HEIGHT | AXIS_WIDTH else t.graph.mean(layer, axes, name=name))
    result = without(_over_channels(t, x, over, 1 / product(_channels_in(input, over))), over, keepdim)
    if result.layer != input.layer:
        t.known[result.layer] = ('mean', input, over)
    return result


@function('sum')
def total(t, input, dim=None, keepdim=False, dtype=None):
    if isinstance(input, Weighted):
        return _of_weighted(t, input, dim, keepdim)
    over = named(input, dim)
    x = _over_positions(t, input, over, lambda layer, axes, name: t.graph.sum(layer, axes, name=name))
    return without(_over_channels(t, x, over, 1), over, keepdim)


# ---- the largest and the smallest --------------------------------------------------------------------------------------------

def _largest(t, input, dim, keepdim):
    """The largest number over dimensions."""
    over = named(input, dim)
    x = _over_positions(t, input, over, lambda layer, axes, name: t.graph.global_max_pool(layer, name=name) if
                        axes == AXIS_HEIGHT | AXIS_WIDTH else t.graph.max(layer, axes, name=name))
    along = _channels_in(x, over)
    if along:
        rest = tuple(atom for atom in x.axes[0] if atom not in along)
        x = t.arrange(x, (rest + along, *x.axes[1:]))
        x = x.on(t.graph.max_channels(x.layer, product(rest), name=t.name('channels')))
    return without(x, over, keepdim)


def _negative(t, value, part):
    return scaled(t, value, torch.tensor(-1.0), part)


@function('amax')
def amax(t, input, dim=(), keepdim=False):
    return _largest(t, input, dim, keepdim)


@function('amin')
def amin(t, input, dim=(), keepdim=False):
    return _negative(t, _largest(t, _negative(t, input, 'minus'), dim, keepdim), '')


def _places(what):
    return Refused(f'the places of the {what} numbers: which they are is no number that a layer computes')


@function('max')
def largest(t, input, dim=None, keepdim=False, other=None):
    other = dim if isinstance(dim, (Value, torch.Tensor)) else other
    if other is not None:
        return maximum(t, input, other)
    found = _largest(t, input, dim, keepdim)
    return found if dim is None else (found, _places('largest'))


@function('min')
def smallest(t, input, dim=None, keepdim=False, other=None):
    other = dim if isinstance(dim, (Value, torch.Tensor)) else other
    if other is not None:
        return minimum(t, input, other)
    found = amin(t, input, dim, keepdim)
    return found if dim is None else (found, _places('smallest'))


def _of_two(t, call, input, other):
    """A layer of two tensors of one shape, of which one may be a constant."""
    if isinstance(input, Value) and isinstance(other, Value):
        a, b = t.broadcast(input, other)
        return a.on(call([a.layer, b.layer], name=t.name()))
    value, constant = (input, as_tensor(other)) if isinstance(input, Value) else (other, as_tensor(input))
    if constant.numel() == 1:  # for pictures of all sizes
        return FUNCTIONS['clamp'](t, value, *((constant, None) if call == t.graph.maximum else (None, constant)))
    value = expand_to(t, value, constant)
    fixed = t.graph.constant(in_axes(value, constant.expand(value.shape), whole=True), name=t.name('constant'))
    return value.on(call([value.layer, fixed], name=t.name()))


@function('maximum', 'fmax')
def maximum(t, input, other):
    return _of_two(t, t.graph.maximum, input, other)


@function('minimum', 'fmin')
def minimum(t, input, other):
    return _of_two(t, t.graph.minimum, input, other)
