"""Tensors of the torch module as layers of the graph: which torch axis runs over which part of a layer's C, H and W.

Views (reshape, permute, flatten, ...) only rearrange this account. Layers for them (a reshape of the grid, a shuffle of
channels) are added when an operation needs its operand in a certain order; see settle.py."""
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


def split_sizes(*lists):
    """The coarsest sizes into which each of several lists of sizes, all of one product, can be split; None: there are none."""
    cuts = {1}
    for sizes in lists:
        inner = 1
        for size in reversed(sizes):
            inner *= size
            cuts.add(inner)
    cuts = sorted(cuts)
    if any(large % small for small, large in zip(cuts, cuts[1:])):
        return None
    return [large // small for small, large in zip(cuts, cuts[1:])][::-1]


class Value:
    """A layer, and a tensor as a view of its one image.

    layer  id in the graph
    axes   atoms of the layer's C, H and W, from the slowest
    dims   the same atoms as the dimensions of the tensor hold them; the batch, of one image, holds none, unless windows were
           made a part of it
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

    def copied(self):
        """The same with atoms of its own, where it meets another view of the same layer."""
        return self.replaced({atom: (Atom(atom.size),) for axis in self.axes for atom in axis})

    def with_dims(self, dims):
        """Another view of the same layer."""
        return Value(self.layer, self.axes, dims)

    def axis(self, dim):
        """The number of a dimension, counted from the front."""
        if not -len(self.dims) <= dim < len(self.dims):
            raise Refused(f'dimension {dim} of a tensor with {len(self.dims)}')
        return dim % len(self.dims)

    def replaced(self, parts):
        """The same view with some atoms divided: {atom: atoms in its place}."""
        def new(atoms):
            return [part for atom in atoms for part in parts.get(atom, (atom,))]

        return Value(self.layer, map(new, self.axes), map(new, self.dims))

    def refined(self, dim, sizes):
        """The same view whose atoms in a dimension have these sizes."""
        rest, parts = list(sizes), {}
        for atom in self.dims[dim]:
            taken, own = 1, []
            while taken < atom.size:
                own.append(Atom(rest.pop(0)))
                taken *= own[-1].size
            if len(own) > 1:
                parts[atom] = own
        return self.replaced(parts)

    def reshape(self, shape):
        """Divide and join axes."""
        shape = list(shape)
        if -1 in shape:
            shape[shape.index(-1)] = product(sum(self.dims, ())) // max(1, -math.prod(shape))
        value, rest, dims = self, list(sum(self.dims, ())), []
        for size in shape:
            dim = []
            while size > 1 and rest:
                atom = rest.pop(0)
                if size % atom.size and atom.size % size == 0:
                    parts = Atom(size), Atom(atom.size // size)
                    value = value.replaced({atom: parts})
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
        return value.with_dims(dims)

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

    def padded(self, rank):
        """With axes of size 1 in front, so that there are `rank`."""
        return self.with_dims(((),) * (rank - len(self.dims)) + self.dims)


def matched(values):
    """Views of these tensors, which have equally many dimensions, whose dimensions are made of atoms of the same sizes, but for
    those of size 1."""
    values = list(values)
    for dim in range(len(values[0].dims)):
        sizes = [[atom.size for atom in v.dims[dim]] for v in values if v.dims[dim]]
        if len({math.prod(s) for s in sizes}) > 1:
            raise Refused(f'tensors of different sizes: {", ".join(str(v.shape) for v in values)}')
        if len(sizes) > 1:
            common = split_sizes(*sizes)
            if common is None:
                raise Refused(f'tensors {values[0].shape} whose dimension {dim} is divided in different ways')
            values = [v.refined(dim, common) if v.dims[dim] else v for v in values]
    return values


def counterparts(one, other):
    """{atom of one: atom of the other} of two matched values."""
    return {a: b for dim, same in zip(one.dims, other.dims) if dim and same for a, b in zip(dim, same)}


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
