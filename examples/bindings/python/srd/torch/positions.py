"""Operations of torch that take pictures apart or put them together by rows and columns: interpolation, pads, rolls, flips, windows
of pixels as channels."""
import numpy as np

from .basics import function, pair, refuse_if
from .values import Atom, Value, product


@function('interpolate', 'upsample')
def interpolate(t, input, size=None, scale_factor=None, mode='nearest', align_corners=None, recompute_scale_factor=None,
                antialias=False):
    refuse_if(mode not in ('nearest', 'bilinear', 'linear') or antialias, f'interpolation of the kind {mode}'
              + (' with antialiasing' if antialias else ''))
    if mode == 'linear' or len(input.dims) == 3:
        x = t.settle(input, 'NCT')
        x, size, scales = x.with_dims((*x.dims[:2], (), x.dims[2])), (1, t.shape[2]), (1, pair(scale_factor or 1)[-1])
    else:
        x, size, scales = t.settle(input, 'NCHW'), t.shape[2:], pair(scale_factor)
    how = {'size': size}
    if scale_factor is not None and not recompute_scale_factor:
        how = {'scale': scales}
    result = t.fresh(t.graph.upsample(x.layer, bilinear=mode != 'nearest', align_corners=bool(align_corners), name=t.name(),
                                    **how), 'NCHW')
    return result if len(input.dims) == 4 else result.with_dims((*result.dims[:2], result.dims[3]))


@function('pad')
def pad(t, input, pad, mode='constant', value=None):
    pads = list(pad) if isinstance(pad, (tuple, list)) else [pad] * 4
    rank, by = len(input.dims), {}
    for i, (before, after) in enumerate(zip(pads[::2], pads[1::2])):
        if before or after:
            by[rank - 1 - i] = (before, after)
    modes = {'constant': None, 'reflect': 'reflection_pad2d', 'replicate': 'replication_pad2d', 'circular': 'circular_pad2d'}
    refuse_if(mode not in modes, f'padding of the kind {mode}')
    number = float(value or 0.0) if mode == 'constant' else 0.0
    for dim in [d for d in by if input.dims[d] and all(a in input.axes[0] for a in input.dims[d])]:
        input = _pad_channels(t, input, dim, *by.pop(dim), number, mode)
    for dims in t.together_rows(input, by):
        input = _pad_positions(t, input, dims, by, number, modes[mode])
    return input


def _pad_channels(t, input, dim, before, after, number, mode):
    refuse_if(mode != 'constant', f'padding of channels of the kind {mode}')
    size = input.shape[dim]
    if before < 0 or after < 0:
        input = t.taken(input, dim, max(0, -before), size + min(0, before) + min(0, after))
        before, after = max(0, before), max(0, after)
    refuse_if(number and (before or after), 'channels of a constant other than 0')
    if not before and not after:
        return input
    atoms = input.dims[dim]
    rest = tuple(atom for atom in input.axes[0] if atom not in atoms)
    x, inner, new = t.arrange(input, (atoms + rest, *input.axes[1:])), product(rest), (Atom(input.shape[dim] + before + after),)
    layer = t.graph.zero_channels(x.layer, before * inner, after * inner, name=t.name('channels'))
    return Value(layer, (new + rest, *x.axes[1:]), [new if i == dim else d for i, d in enumerate(x.dims)])


def _pad_positions(t, input, dims, by, number, call):
    """Pads rows and columns, or takes some off."""
    cuts = {d: (max(0, -by[d][0]), max(0, -by[d][1])) for d in dims}
    input = t.parts(input, {d: (before, input.shape[d] - before - after, 1) for d, (before, after) in cuts.items()})
    wanted = {d: tuple(max(0, p) for p in by[d]) for d in dims}
    dims = [d for d in dims if any(wanted[d])]
    if not dims:
        return input
    x, rows, columns = t.as_rows(input, dims)
    (top, bottom), (left, right) = (wanted.get(d, (0, 0)) if d is not None else (0, 0) for d in (rows, columns))
    sides = top, left, bottom, right
    if call is not None:
        layer = getattr(t.graph, call)(x.layer, sides, name=t.name())
    else:
        layer = t.graph.constant_pad2d(x.layer, sides, number, name=t.name()) if number else t.graph.zero_pad2d(x.layer, sides, name=t.name())
    return _resized(x, layer, {1: rows, 2: columns}, {d: sum(wanted[d]) for d in dims})


def _resized(x, layer, which, more):
    """A value whose rows and columns have become more; which: {1 or 2: the dimension that they are}."""
    axes, dims = list(x.axes), list(x.dims)
    for axis, dim in which.items():
        if dim is not None and more.get(dim):
            size = product(axes[axis]) + more[dim]
            axes[axis] = dims[dim] = (Atom(size),) if size > 1 else ()
    return Value(layer, axes, dims)


@function('roll')
def roll(t, input, shifts, dims=None):
    refuse_if(dims is None or dims == (), 'a roll of the flattened tensor: say dims=')
    shifts, dims = ([one] if isinstance(one, int) else list(one) for one in (shifts, dims))
    by = {input.axis(d): s for d, s in zip(dims, shifts) if input.dims[input.axis(d)] and s % input.shape[input.axis(d)]}
    for dim in [d for d in by if all(a in input.axes[0] for a in input.dims[d])]:
        size = input.shape[dim]
        input = t.chosen(input, dim, [(i - by.pop(dim)) % size for i in range(size)])
    for dims in t.together_rows(input, by):
        x, rows, columns = t.as_rows(input, dims)
        input = x.on(t.graph.roll2d(x.layer, by.get(rows, 0), by.get(columns, 0), name=t.name()))
    return input


@function('flip')
def flip(t, input, *dims):
    dims = dims[0] if isinstance(dims[0], (tuple, list)) else dims
    for dim in dims:
        size = input.shape[input.axis(dim)]
        input = t.taken(input, dim, size - 1, size, -1) if size > 1 else input
    return input


@function('fliplr')
def fliplr(t, input):
    return flip(t, input, 1)


@function('flipud')
def flipud(t, input):
    return flip(t, input, 0)


@function('pixel_shuffle')
def pixel_shuffle(t, input, upscale_factor):
    x = t.settle(input, 'NCHW')
    return t.fresh(t.graph.depth_to_space(x.layer, upscale_factor, last=True, name=t.name()), 'NCHW')


@function('pixel_unshuffle')
def pixel_unshuffle(t, input, downscale_factor):
    x = t.settle(input, 'NCHW')
    return t.fresh(t.graph.space_to_depth(x.layer, downscale_factor, last=True, name=t.name()), 'NCHW')


@function('channel_shuffle', 'native_channel_shuffle')
def channel_shuffle(t, input, groups):
    n, c, *rest = input.shape
    refuse_if(c % groups, f'{c} channels in {groups} groups')
    return input.reshape((n, groups, c // groups, *rest)).transpose(1, 2).reshape((n, c, *rest))


@function('unfold')
def unfold(t, input, kernel_size, dilation=1, padding=0, stride=1):
    refuse_if(len(input.dims) != 4, 'an unfold of a single dimension')
    x, kernel = t.settle(input, 'NCHW'), pair(kernel_size)
    if pair(stride) == kernel and pair(dilation) == (1, 1) and pair(padding) == (0, 0) and \
            not any(size % part for size, part in zip(x.shape[2:], kernel)):
        layer = t.graph.space_to_depth(x.layer, kernel, last=True, name=t.name())
    else:  # a convolution that picks one pixel for each of its channels
        size, channels = kernel[0] * kernel[1], x.shape[1]
        picks = np.tile(np.eye(size, dtype=np.float32), (channels, 1)).reshape(channels * size, 1, *kernel)
        layer = t.graph.conv2d(x.layer, picks, None, stride=pair(stride), groups=channels, dilation=pair(dilation), pad=pair(padding), name=t.name())
    return t.fresh(layer, 'NCHW').flatten(2)


@function('fold')
def fold(t, input, output_size, kernel_size, dilation=1, padding=0, stride=1):
    size, kernel = pair(output_size), pair(kernel_size)
    refuse_if(pair(stride) != kernel or pair(dilation) != (1, 1) or pair(padding) != (0, 0) or any(s % k for s, k in zip(size, kernel)),
              'a fold of windows that overlap or do not fill the picture')
    n, channels, _ = input.shape
    x = t.settle(input.reshape((n, channels, size[0] // kernel[0], size[1] // kernel[1])), 'NCHW')
    return t.fresh(t.graph.depth_to_space(x.layer, kernel, last=True, name=t.name()), 'NCHW')
