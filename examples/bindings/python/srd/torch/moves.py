"""Operations of torch that pool, join, select and move numbers; see functions.py."""
import numpy as np

from ..constants import AXIS_HEIGHT, AXIS_WIDTH
from .functions import constant_in, function, pair, refuse_if
from .values import Refused, Value, product


# ---- pools -----------------------------------------------------------------------------------------------------------------

@function('max_pool2d')
def max_pool2d(t, input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    refuse_if(pair(dilation) != (1, 1) or return_indices, 'a max-pool with dilation or indices')
    x = t.settle(input, 'NCHW')
    return t.fresh(t.graph.max_pool2d(x.layer, pair(kernel_size), stride=pair(stride or kernel_size), pad=pair(padding),
                                      ceil_mode=ceil_mode, name=t.name()), 'NCHW')


@function('avg_pool2d')
def avg_pool2d(t, input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
    refuse_if(divisor_override is not None, 'an average pool with a divisor of its own')
    x = t.settle(input, 'NCHW')
    return t.fresh(t.graph.avg_pool2d(x.layer, pair(kernel_size), stride=pair(stride or kernel_size), pad=pair(padding),
                                      ceil_mode=ceil_mode, count_padding=count_include_pad, name=t.name()), 'NCHW')


@function('adaptive_avg_pool2d')
def adaptive_avg_pool2d(t, input, output_size):
    x = t.settle(input, 'NCHW')
    size = [whole if part is None else part for part, whole in zip(pair(output_size), x.shape[2:])]
    layer = (t.graph.global_avg_pool(x.layer, name=t.name()) if size == [1, 1] else
             t.graph.adaptive_avg_pool2d(x.layer, size, name=t.name()))
    return t.fresh(layer, 'NCHW')


@function('adaptive_max_pool2d')
def adaptive_max_pool2d(t, input, output_size, return_indices=False):
    x = t.settle(input, 'NCHW')
    size = [whole if part is None else part for part, whole in zip(pair(output_size), x.shape[2:])]
    refuse_if(return_indices or any(whole % part for part, whole in zip(size, x.shape[2:])),
              'an adaptive max-pool with windows of different sizes, or indices')
    kernel = [whole // part for part, whole in zip(size, x.shape[2:])]
    return t.fresh(t.graph.max_pool2d(x.layer, kernel, name=t.name()), 'NCHW')


@function('mean')
def mean(t, input, dim=None, keepdim=False, dtype=None):
    every = range(len(input.dims))
    over = {input.axis(d) for d in (every if dim is None else dim if isinstance(dim, (tuple, list)) else [dim])}
    layout = t.layout(input)
    x, axes = t.settle(input, layout), {layout[i] for i in over if input.dims[i]}
    layer = x.layer
    if axes & set('HWT'):
        whole = 'T' in axes or all(a in axes or not d for a, d in zip(layout, x.dims) if a in 'HW')
        name = t.name('positions' if 'C' in axes else '')
        layer = (t.graph.global_avg_pool(layer, name=name) if whole else
                 t.graph.mean(layer, AXIS_HEIGHT if 'H' in axes else AXIS_WIDTH, name=name))
    if 'C' in axes:
        channels = product(x.axes[0])
        layer = t.graph.linear_tokens(layer, np.full((1, channels), 1 / channels, np.float32), name=t.name())
    result = t.fresh(layer, layout)
    return result if keepdim else result.with_dims([d for i, d in enumerate(result.dims) if i not in over])


@function('interpolate', 'upsample')
def interpolate(t, input, size=None, scale_factor=None, mode='nearest', align_corners=None, recompute_scale_factor=None,
                antialias=False):
    refuse_if(mode not in ('nearest', 'bilinear') or antialias, f'interpolation of the kind {mode}'
              + (' with antialiasing' if antialias else ''))
    x = t.settle(input, 'NCHW')
    how = {'size': t.shape[2:]}
    if scale_factor is not None and not recompute_scale_factor:
        how = {'scale': pair(scale_factor)}
    return t.fresh(t.graph.upsample(x.layer, bilinear=mode == 'bilinear', align_corners=bool(align_corners), name=t.name(),
                                    **how), 'NCHW')


@function('pad')
def pad(t, input, pad, mode='constant', value=None):
    pads = tuple(pad) if isinstance(pad, (tuple, list)) else (pad,) * 4
    refuse_if(mode != 'constant' or min(pads) < 0 or len(pads) > 6, f'padding of the kind {mode}, or that cuts off')
    x = t.settle(input, 'NCHW')
    left, right, top, bottom, before, after = pads + (0,) * (6 - len(pads))
    value, layer = value or 0.0, x.layer
    refuse_if(value and (before or after), 'channels of a constant other than 0')
    if before or after:
        layer = t.graph.zero_channels(layer, before, after, name=t.name('channels' if any(pads[:4]) else ''))
    if any(pads[:4]):
        layer = t.graph.constant_pad2d(layer, (top, left, bottom, right), value, name=t.name()) if value else \
            t.graph.zero_pad2d(layer, (top, left, bottom, right), name=t.name())
    return t.fresh(layer, 'NCHW')


# ---- joining and selecting ---------------------------------------------------------------------------------------------------

@function('cat', 'concat', 'concatenate')
def cat(t, tensors, dim=0):
    known = [x for x in tensors if isinstance(x, Value)]
    if len(tensors) == 1:
        return known[0]
    layout, settled = t.settle_all(*known)
    axis, settled = known[0].axis(dim), iter(settled)
    layers = [next(settled).layer if isinstance(x, Value) else
              t.graph.constant(constant_in(x, layout), name=t.name('constant')) for x in tensors]
    refuse_if(layout[axis] not in 'CT', 'a concatenation that is not of channels or tokens')
    call = t.graph.concat if layout[axis] == 'C' else t.graph.concat_tokens
    return t.fresh(call(layers, name=t.name()), layout)


@function('getitem')
def getitem(t, input, index):
    if isinstance(input, (tuple, list)):
        return input[index]
    index = list(index) if isinstance(index, tuple) else [index]
    if Ellipsis in index:
        at = index.index(Ellipsis)
        given = len([i for i in index if i is not None and i is not Ellipsis])
        index[at:at + 1] = [slice(None)] * (len(input.dims) - given)
    strides, dim = [1] * len(input.dims), 0
    for i in index:
        if i is None:
            input, strides = input.unsqueeze(dim), strides[:dim] + [1] + strides[dim:]
        elif isinstance(i, slice):
            first, last, strides[dim] = i.indices(input.shape[dim])
            input = t.narrow(input, dim, first, last - first)
        elif isinstance(i, int):
            input = select(t, input, dim, i)
            strides, dim = strides[:dim] + strides[dim + 1:], dim - 1
        else:
            raise Refused('an index that is no number and no slice')
        dim += 1
    if max(strides, default=1) > 1:
        layout = t.layout(input)
        refuse_if(any(s > 1 and a not in 'HW' for a, s in zip(layout, strides)), 'every other channel or token')
        x, by = t.settle(input, layout), dict(zip(layout, strides))
        input = t.fresh(t.graph.subsample2d(x.layer, (by.get('H', 1), by.get('W', 1)), name=t.name()), layout)
    return input


@function('select')
def select(t, input, dim, index):
    dim = input.axis(dim)
    part = t.narrow(input, dim, index % input.shape[dim], 1)
    return part.with_dims(part.dims[:dim] + part.dims[dim + 1:])


@function('narrow')
def narrow(t, input, dim, start, length):
    return t.narrow(input, dim, start, length)


@function('split', 'split_with_sizes')
def split(t, input, split_size_or_sections, dim=0):
    size, sections = input.shape[input.axis(dim)], split_size_or_sections
    if isinstance(sections, int):
        sections = [min(sections, size - first) for first in range(0, size, sections)]
    starts = [sum(sections[:i]) for i in range(len(sections))]
    return tuple(t.narrow(input, dim, first, count) for first, count in zip(starts, sections))


@function('chunk')
def chunk(t, input, chunks, dim=0):
    return split(t, input, -(-input.shape[input.axis(dim)] // chunks), dim)


@function('unbind')
def unbind(t, input, dim=0):
    return tuple(select(t, input, dim, i) for i in range(input.shape[input.axis(dim)]))


# ---- views -------------------------------------------------------------------------------------------------------------------

@function('view', 'reshape', 'view_as', 'reshape_as', 'unflatten')
def reshape(t, input, *_, **__):
    return input.reshape(t.shape)


@function('flatten')
def flatten(t, input, start_dim=0, end_dim=-1):
    return input.flatten(start_dim, end_dim)


@function('permute')
def permute(t, input, *dims):
    return input.permute(dims[0] if isinstance(dims[0], (tuple, list)) else dims)


@function('transpose', 'swapaxes', 'swapdims')
def transpose(t, input, dim0, dim1):
    return input.transpose(dim0, dim1)


@function('movedim', 'moveaxis')
def movedim(t, input, source, destination):
    source, destination = ([d] if isinstance(d, int) else list(d) for d in (source, destination))
    order = [d for d in range(len(input.dims)) if d not in [input.axis(s) for s in source]]
    for to, dim in sorted((input.axis(d), input.axis(s)) for s, d in zip(source, destination)):
        order.insert(to, dim)
    return input.permute(order)


@function('getattr')
def attribute(t, input, name):
    if name in ('data', 'real'):
        return input
    refuse_if(name not in ('T', 'mT'), f'the attribute {name}')
    return input.transpose(-2, -1)


@function('t')
def matrix_transpose(t, input):
    return input.transpose(0, 1)


@function('unsqueeze')
def unsqueeze(t, input, dim):
    return input.unsqueeze(dim)


@function('squeeze')
def squeeze(t, input, dim=None):
    return input.squeeze(dim)


@function('contiguous', 'clone', 'detach', 'float', 'double', 'half', 'bfloat16', 'to', 'type_as', 'type', 'cpu', 'cuda', 'alias',
          'identity', 'stochastic_depth', 'requires_grad', 'deepcopy')
def same(t, input, *_, **__):
    return input


@function('expand', 'expand_as', 'broadcast_to')
def expand(t, input, *_, **__):
    refuse_if(input.shape != t.shape, f'a tensor {input.shape} of the input that is repeated to {t.shape}')
    return input


@function('dropout', 'dropout2d', 'dropout3d', 'alpha_dropout', 'feature_alpha_dropout', 'feature_dropout')
def dropout(t, input, p=0.5, training=True, inplace=False):
    refuse_if(training and p, 'dropout while training: call eval() first')
    return input
