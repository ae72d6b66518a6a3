"""Tensors of the torch module as layers of the graph: which torch axis runs over which part of a layer's C, H and W.

Views (reshape, permute, flatten, ...) only rearrange this account. Layers for them (a reshape of the grid, a shuffle of
channels) are added when an operation needs its operand in a certain layout."""
import math


class Refused(Exception):
    """An operation that has no layer; the text is the reason."""


class Atom:
    """A factor of an axis, of size 2 or more; axes of size 1 are made of none."""

    def __init__(self, size):
        self.size = size


def product(atoms):
    """How many places a sequence of atoms has."""
    return math.prod(atom.size for atom in atoms)


def atoms_of(size):
    """An axis of its own."""
    return (Atom(size),) if size > 1 else ()


class Value:
    """A layer, and a tensor as a view of its one image.

    layer  id in the graph
    axes   atoms of the layer's C, H and W, from the slowest
    dims   the same atoms as the dimensions of the tensor hold them; the batch, of one image, holds none
    """

    def __init__(self, layer, axes, dims):
        self.layer, self.axes, self.dims = layer, tuple(map(tuple, axes)), tuple(map(tuple, dims))

    @property
    def shape(self):
        """The torch shape."""
        return tuple(product(dim) for dim in self.dims)

    @property
    def grid(self):
        """Atoms of the positions, in row-major order."""
        return self.axes[1] + self.axes[2]

    def on(self, layer):
        """The same view of another layer of the same shape."""
        return Value(layer, self.axes, self.dims)

    def with_dims(self, dims):
        """Another view of the same layer."""
        return Value(self.layer, self.axes, dims)

    def axis(self, dim):
        """The number of a dimension, counted from the front."""
        if not -len(self.dims) <= dim < len(self.dims):
            raise Refused(f'dimension {dim} of a tensor with {len(self.dims)}')
        return dim % len(self.dims)

    def reshape(self, shape):
        """Divide and join axes."""
        shape = list(shape)
        if -1 in shape:
            shape[shape.index(-1)] = product(sum(self.dims, ())) // max(1, -math.prod(shape))
        axes, rest, dims = self.axes, list(sum(self.dims, ())), []
        for size in shape:
            dim = []
            while size > 1 and rest:
                atom = rest.pop(0)
                if size % atom.size and atom.size % size == 0:
                    parts = Atom(size), Atom(atom.size // size)
                    axes = [sum(((parts if a is atom else (a,)) for a in axis), ()) for axis in axes]
                    rest.insert(0, parts[1])
                    atom = parts[0]
                if size % atom.size:
                    raise Refused(f'a reshape of {self.shape} to {tuple(shape)} that cuts across axes')
                dim.append(atom)
                size //= atom.size
            if size > 1:
                raise Refused(f'a reshape of {self.shape} to {tuple(shape)}')
            dims.append(dim)
        if rest:
            raise Refused(f'a reshape of {self.shape} to {tuple(shape)}')
        return Value(self.layer, axes, dims)

    def permute(self, order):
        """Axes in another order."""
        return self.with_dims([self.dims[self.axis(dim)] for dim in order])

    def transpose(self, one, other):
        """Two axes exchanged."""
        order = list(range(len(self.dims)))
        one, other = self.axis(one), self.axis(other)
        order[one], order[other] = other, one
        return self.permute(order)

    def flatten(self, start=0, end=-1):
        """Neighbouring axes as one."""
        start, end = self.axis(start), self.axis(end)
        return self.with_dims(self.dims[:start] + (sum(self.dims[start:end + 1], ()),) + self.dims[end + 1:])

    def unsqueeze(self, dim):
        """An axis of size 1 more."""
        dim = dim % (len(self.dims) + 1)
        return self.with_dims(self.dims[:dim] + ((),) + self.dims[dim:])

    def squeeze(self, dim=None):
        """Without axes of size 1: all, or those named."""
        named = range(len(self.dims)) if dim is None else dim if isinstance(dim, (tuple, list)) else [dim]
        named = [self.axis(d) for d in named]
        return self.with_dims([atoms for i, atoms in enumerate(self.dims) if atoms or i not in named])


# What the dimensions of a tensor may be: N the batch, T tokens (all positions in one row).
LAYOUTS = {1: ['C'], 2: ['NC'], 3: ['NTC', 'NCT', 'TNC', 'CHW'], 4: ['NCHW', 'NHWC', 'NCWH']}


def fits(value, layout):
    """Whether the tensor holds its channels and positions in the dimensions that the layout says, in any order there."""
    if len(layout) != len(value.dims):
        return False
    at = dict(zip(layout, value.dims))
    if at.get('N'):
        return False
    if layout in ('C', 'NC'):
        return True  # whatever is not the batch: a flattened tensor
    grid = at['T'] if 'T' in layout else at['H'] + at['W']
    return set(at['C']) == set(value.axes[0]) and set(grid) == set(value.grid)


class Settler:
    """Puts values into layouts; the graph and names for its layers come from the translator."""

    def fresh(self, layer, layout):
        """A new layer as a tensor of this layout."""
        channels, height, width = self.graph.shape(layer)
        axes = dict(zip('CHW', (atoms_of(channels), atoms_of(height), atoms_of(width))), N=())
        if layout not in ('C', 'NC'):
            axes['T'] = axes['H'] + axes['W']
        return Value(layer, [axes[a] for a in 'CHW'], [axes[a] for a in layout])

    def settle(self, value, layout):
        """The value with a layer whose channels, rows and columns are the dimensions of the layout."""
        if not fits(value, layout):
            raise Refused(f'a tensor {value.shape} whose dimensions are not {", ".join(layout)}')
        at, (channels, rows, columns), layer = dict(zip(layout, value.dims)), value.axes, value.layer
        if layout in ('C', 'NC'):
            if value.grid and at['C'] != channels + value.grid:
                raise Refused('a flattened tensor in another order than C, H, W')
            if value.grid:
                return self.fresh(self.graph.flatten(layer, name=self.name('flatten')), layout)
        else:
            height, width = ((), at['T']) if 'T' in layout else (at['H'], at['W'])
            if height + width != rows + columns:
                if height + width != columns + rows:
                    raise Refused('positions in an order that is neither by rows nor by columns')
                layer, rows, columns = self.graph.transpose(layer, name=self.name('transpose')), columns, rows
            if (product(height), product(width)) != (product(rows), product(columns)):
                layer = self.graph.reshape(layer, product(height), product(width), name=self.name('grid'))
        if at['C'] != channels:
            layer = self.graph.shuffle(layer, self._groups(at['C'], channels), name=self.name('shuffle'))
        return self.fresh(layer, layout)

    def _groups(self, wanted, channels):
        """The groups of a shuffle: channels is A then B, wanted is B then A."""
        for cut in range(1, len(channels)):
            if wanted == channels[cut:] + channels[:cut]:
                return product(channels[:cut])
        raise Refused('channels in an order that is no shuffle of groups')

    def layout(self, *values):
        """A layout that all these tensors have, and that of their dimensions."""
        ranks = {len(value.dims) for value in values}
        if len(ranks) > 1:
            raise Refused(f'tensors of {" and ".join(map(str, sorted(ranks)))} dimensions')
        for layout in LAYOUTS.get(ranks.pop(), ()):
            if all(fits(value, layout) for value in values):
                return layout
        raise Refused('tensors whose channels and positions lie in different dimensions, or are mixed: '
                      + ', '.join(str(value.shape) for value in values))

    def settle_all(self, *values):
        """All of them in one layout, which is returned first."""
        layout = self.layout(*values)
        return layout, [self.settle(value, layout) for value in values]

    def narrow(self, value, dim, first, count):
        """Places first to first + count - 1 of a dimension."""
        dim = value.axis(dim)
        atoms, channels = value.dims[dim], value.axes[0]
        if first == 0 and count == product(atoms):
            return value
        if not 0 <= first < first + count <= product(atoms):
            raise Refused(f'places {first} to {first + count - 1} of a dimension of size {product(atoms)}')
        if atoms and atoms == channels[:len(atoms)]:
            inner, part = product(channels[len(atoms):]), atoms_of(count)
            layer = self.graph.slice(value.layer, first * inner, count * inner, name=self.name('slice'))
            return Value(layer, (part + channels[len(atoms):], *value.axes[1:]),
                         [part if i == dim else d for i, d in enumerate(value.dims)])
        layout = self.layout(value)
        settled = self.settle(value, layout)
        if layout[dim] == 'C':
            return self.narrow(settled, dim, first, count)
        if layout[dim] != 'T':
            raise Refused('rows or columns are cut off')
        return self.fresh(self.graph.select_tokens(settled.layer, first, count, name=self.name('tokens')), layout)
