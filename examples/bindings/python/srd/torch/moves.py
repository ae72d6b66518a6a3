"""Operations of torch that pool, join, select and move numbers; see functions.py."""
import torch

from .attention import Scores, Weighted
from .basics import function, in_axes, pair, refuse_if
from .values import Refused, Value, atoms_of, matched


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


def _along(call):
    """A pool of a row: that of a picture with one row."""
    def pool(t, input, *how, **named):
        x = t.settle(input, 'NCT')
        flat = call(t, x.with_dims((*x.dims[:2], (), x.dims[2])), *how, **named)
        return flat.with_dims((*flat.dims[:2], flat.dims[3]))

    return pool


def _row(value, across):
    """(across, along) from torch's number for one axis."""
    return across, pair(value)[-1]


@function('max_pool1d')
def max_pool1d(t, input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    return _along(max_pool2d)(t, input, _row(kernel_size, 1), _row(stride or kernel_size, 1), _row(padding, 0), _row(dilation, 1), ceil_mode,
                              return_indices)


@function('avg_pool1d')
def avg_pool1d(t, input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
    return _along(avg_pool2d)(t, input, _row(kernel_size, 1), _row(stride or kernel_size, 1), _row(padding, 0), ceil_mode, count_include_pad)


@function('adaptive_avg_pool1d')
def adaptive_avg_pool1d(t, input, output_size):
    return _along(adaptive_avg_pool2d)(t, input, _row(output_size, 1))


@function('adaptive_max_pool1d')
def adaptive_max_pool1d(t, input, output_size, return_indices=False):
    return _along(adaptive_max_pool2d)(t, input, _row(output_size, 1), return_indices)


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
    refuse_if(return_indices, 'an adaptive max-pool with indices')
    layer = (t.graph.global_max_pool(x.layer, name=t.name()) if size == [1, 1] else
             t.graph.adaptive_max_pool2d(x.layer, size, name=t.name()))
    return t.fresh(layer, 'NCHW')


# ---- joining and selecting ---------------------------------------------------------------------------------------------------

@function('cat', 'concat', 'concatenate')
def cat(t, tensors, dim=0):
    known = [x for x in tensors if isinstance(x, Value)]
    refuse_if(any(isinstance(x, (Scores, Weighted)) for x in tensors), 'attention that is joined with something')
    axis = known[0].axis(dim)
    tensors = [x for x in tensors if isinstance(x, Value) or x.numel()]
    if len(tensors) == 1:
        return tensors[0]
    refuse_if(axis == 0 and all(not x.dims[0] for x in known) and len(known[0].dims) > 1, 'a concatenation along the batch: each picture '
              'is computed alone')
    return _joined(t, tensors, axis, _is_channel(t, known, axis))


def _is_channel(t, known, axis):
    """Whether a dimension that is to be joined, perhaps of size 1, is channels."""
    for value in known:
        if value.dims[axis]:
            return all(atom in value.axes[0] for atom in value.dims[axis])  # of both: all become positions
    try:
        return t.layout(*known)[axis] == 'C'
    except Refused:
        return True


def _joined(t, tensors, axis, channels):
    """Tensors one after the other, along a dimension of channels or of positions, which becomes the slowest there."""
    sizes = [x.shape[axis] for x in tensors]
    known = [x for x in tensors if isinstance(x, Value)]
    other = iter(matched([x.with_dims(x.dims[:axis] + ((),) + x.dims[axis + 1:] + (x.dims[axis],)) for x in known]) if
                 len({x.shape[axis] for x in known}) == 1 else
                 _matched_but_last([x.with_dims(x.dims[:axis] + ((),) + x.dims[axis + 1:] + (x.dims[axis],)) for x in known]))
    seen = list(other)
    first = max(seen, key=lambda x: len(x.dims[-1]))
    rest = [tuple(atom for atom in a if atom not in first.dims[-1]) for a in first.axes]
    new = atoms_of(sum(sizes))
    by_rows = first.dims[-1] == first.axes[1] and len(first.axes[1]) > 0  # rows stay rows, and columns columns
    names, layers, seen = {atom: at for i, d in enumerate(first.dims[:-1]) for at, atom in [((i, j), a) for j, a in enumerate(d)]}, [], iter(seen)
    for tensor in tensors:
        if not isinstance(tensor, Value):
            layers.append(_constant_like(t, tensor, axis, first, rest, names, channels))
            continue
        value = next(seen)
        at = {names[a]: value.dims[names[a][0]][names[a][1]] for axis_atoms in rest for a in axis_atoms}
        own = [[at[names[a]] for a in axis_atoms] for axis_atoms in rest]
        wanted = (value.dims[-1] + tuple(own[0]), own[1], own[2]) if channels else (own[0], (), value.dims[-1] + tuple(own[1] + own[2]))
        layers.append(t.arrange(value, wanted).layer)
    if channels:
        layer = t.graph.concat(layers, name=t.name())
        axes = (new + rest[0], rest[1], rest[2])
    else:
        layer = t.graph.concat_tokens(layers, name=t.name())
        axes = (rest[0], (), new + rest[1] + rest[2])
    result = Value(layer, axes, [new if i == axis else d for i, d in enumerate(first.dims[:-1])])
    if not channels and by_rows:
        result = t.arrange(result, (rest[0], new, rest[1] + rest[2]))
    return result


def _matched_but_last(values):
    """matched() of all dimensions but the last, which may differ in size."""
    found = matched([v.with_dims(v.dims[:-1]) for v in values])
    kept = []
    for value, new in zip(values, found):
        last, rest = value.dims[-1], [a for axis in new.axes for a in axis if a not in sum(new.dims, ())]
        kept.append(new.with_dims((*new.dims, [a for a in last if a in rest])))
    return kept


def _constant_like(t, tensor, axis, first, rest, names, channels):
    """A constant layer in the order of the others."""
    value = Value(None, ((), (), ()), [atoms_of(size) for size in tensor.shape])
    for i, dim in enumerate(first.dims[:-1]):
        if dim:
            value = value.refined(i, [atom.size for atom in dim])
    at = [[value.dims[names[a][0]][names[a][1]] for a in axis_atoms] for axis_atoms in rest]
    own = value.dims[axis]
    axes = ((*own, *at[0]), at[1], at[2]) if channels else (at[0], (), (*own, *at[1], *at[2]))
    return t.graph.constant(in_axes(Value(None, axes, value.dims), tensor.expand(value.shape), whole=True), name=t.name('constant'))


@function('stack')
def stack(t, tensors, dim=0):
    tensors = [x.unsqueeze(dim % (len(x.shape) + 1)) for x in tensors]
    known = [x for x in tensors if isinstance(x, Value)]
    refuse_if(len(known) != len([x for x in tensors if isinstance(x, (Value, torch.Tensor))]), 'attention that is joined with something')
    return _joined(t, tensors, dim % len(known[0].dims), True)


@function('tile')
def tile(t, input, *dims):
    dims = dims[0] if isinstance(dims[0], (tuple, list)) else dims
    return repeat(t, input, (1,) * (len(input.dims) - len(dims)) + tuple(dims))


@function('repeat_interleave')
def repeat_interleave(t, input, repeats, dim=None, output_size=None):
    refuse_if(not isinstance(repeats, int) or dim is None, 'a number of repetitions that is not one for all, or no dim=')
    dim = input.axis(dim)
    shape = input.shape[:dim + 1] + (repeats,) + input.shape[dim + 1:]
    return t.expanded(input.unsqueeze(dim + 1), shape).flatten(dim, dim + 1)


@function('repeat')
def repeat(t, input, *sizes):
    sizes = sizes[0] if isinstance(sizes[0], (tuple, list)) else sizes
    value = input.padded(len(sizes))
    for dim, count in enumerate(sizes):
        if count > 1:
            value = cat(t, [value] * count, dim) if value.dims[dim] else \
                t.expanded(value, [count if i == dim else s for i, s in enumerate(value.shape)])
    return value


@function('getitem')
def getitem(t, input, index):
    if isinstance(input, (tuple, list)):
        return input[index]
    index = list(index) if isinstance(index, tuple) else [index]
    if any(i is Ellipsis for i in index):
        at = next(n for n, i in enumerate(index) if i is Ellipsis)
        given = len([i for i in index if i is not None and i is not Ellipsis])
        index[at:at + 1] = [slice(None)] * (len(input.dims) - given)
    refuse_if(sum(isinstance(i, (list, torch.Tensor)) for i in index) > 1, 'an index of several lists of places')
    dim, parts = 0, {}
    for i in index:
        refuse_if(not (i is None or isinstance(i, (int, slice, list, torch.Tensor))), 'an index that is no number, slice or list')
        if isinstance(i, slice):
            first, last, step = i.indices(input.shape[dim])
            parts[dim] = (first, len(range(first, last, step)), step)
        elif isinstance(i, int):
            parts[dim] = (i % input.shape[dim], 1, 1)
        dim += i is not None
    input, dim = t.parts(input, parts), 0
    for i in index:
        if i is None:
            input = input.unsqueeze(dim)
        elif isinstance(i, int):
            input = input.squeeze(dim)
        elif not isinstance(i, slice):
            input = index_select(t, input, dim, torch.as_tensor(i))
        dim += not isinstance(i, int)
    return input


@function('index_select')
def index_select(t, input, dim, index):
    refuse_if(not isinstance(index, torch.Tensor) or index.dim() > 1, 'an index that is no list of places')
    dim = input.axis(dim)
    size = input.shape[dim]
    places = index.nonzero().flatten() if index.dtype == torch.bool else index.flatten()
    places = [int(p) % size for p in places]
    refuse_if(not places, 'an empty part')
    if input.dims[dim] and all(atom in input.axes[0] for atom in input.dims[dim]):
        return t.chosen(input, dim, places)
    steps = {b - a for a, b in zip(places, places[1:])}
    if len(steps) <= 1 and 0 not in steps:
        return t.taken(input, dim, places[0], len(places), *steps)
    refuse_if(len(places) > 256, f'{len(places)} places of positions in any order')
    return cat(t, [t.taken(input, dim, place, 1) for place in places], dim)


@function('select')
def select(t, input, dim, index):
    dim = input.axis(dim)
    part = t.taken(input, dim, index % input.shape[dim], 1)
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


@function('tensor_split')
def tensor_split(t, input, indices_or_sections, dim=0):
    size, cuts = input.shape[input.axis(dim)], indices_or_sections
    if isinstance(cuts, int):
        long = size % cuts
        return split(t, input, [size // cuts + (i < long) for i in range(cuts)], dim)
    cuts = [0, *cuts, size]
    return split(t, input, [b - a for a, b in zip(cuts, cuts[1:])], dim)


@function('chunk')
def chunk(t, input, chunks, dim=0):
    return split(t, input, -(-input.shape[input.axis(dim)] // chunks), dim)


@function('unbind')
def unbind(t, input, dim=0):
    return tuple(select(t, input, dim, i) for i in range(input.shape[input.axis(dim)]))


# ---- views -------------------------------------------------------------------------------------------------------------------

@function('view', 'reshape', 'view_as', 'reshape_as', 'unflatten')
def reshape(t, input, *_, **__):
    try:
        return input.reshape(t.shape)
    except Refused:
        if isinstance(input, (Scores, Weighted)) or all(len(dim) <= 1 for dim in input.dims):
            raise
        return t.settle(input, t.layout(input)).reshape(t.shape)  # which has each dimension in one piece


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
    return t.expanded(input, t.shape) if input.shape != t.shape else input


@function('dropout', 'dropout1d', 'dropout2d', 'dropout3d', 'alpha_dropout', 'feature_alpha_dropout', 'feature_dropout')
def dropout(t, input, p=0.5, training=True, inplace=False):
    refuse_if(training and p, 'dropout while training: call eval() first')
    return input
