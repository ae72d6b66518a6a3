"""Layers that bring a tensor into the order that an operation needs: positions as another grid, windows as rows, channels in
another order, channels as positions and the reverse."""
import itertools

import numpy as np

from .basics import in_axes
from .values import LAYOUTS, Refused, Value, atoms_of, counterparts, fits, matched, product


def _swaps(order):
    """Orders of the positions that one layer makes, and how: (order, kind, number of atoms in the first, second, third block).
    The blocks A, B, C, D of neighbouring atoms become

    transpose  A B       -> B A
    blocks     A B C D   -> A C B D: windows (B, D), or back
    grid       A B C D   -> B D A C: windows made of positions far from each other
    back       A B C D   -> C A D B: the inverse
    """
    n = len(order)
    for i in range(1, n):
        yield order[i:] + order[:i], 'transpose', (i, n - i, 0)
    for i in range(n + 1):
        for j in range(i, n + 1):
            for k in range(j, n + 1):
                a, b, c, d = order[:i], order[i:j], order[j:k], order[k:]
                if b and c and (a or d):
                    yield a + c + b + d, 'blocks', (i, j - i, k - j)
                if a and b and c and d:
                    yield b + d + a + c, 'grid', (i, j - i, k - j)
                    yield c + a + d + b, 'back', (i, j - i, k - j)


def _way(start, wanted):
    """The shortest list of (kind, blocks) from one order to another."""
    ways, edge = {start: []}, [start]
    while wanted not in ways:
        reached = []
        for order in edge:
            for after, kind, blocks in _swaps(order):
                if after not in ways:
                    ways[after] = ways[order] + [(kind, blocks)]
                    reached.append(after)
        edge = reached
    return ways[wanted]


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
        at = dict(zip(layout, value.dims))
        if len(layout) != len(value.dims) or at.get('N'):
            raise Refused(f'a tensor {value.shape} whose dimensions are not {", ".join(layout)}'
                          + (': positions were made a part of the batch' if at.get('N') else ''))
        if layout in ('C', 'NC'):
            return self._flat(value, at['C'], layout)
        rows, columns = ((), at['T']) if 'T' in layout else (at['H'], at['W'])
        return self.fresh(self.arrange(value, (at['C'], rows, columns)).layer, layout)

    def _flat(self, value, wanted, layout):
        """A vector."""
        layer, held = value.layer, value.axes[0] + value.grid
        if not value.grid and held == wanted:
            return self.fresh(layer, layout)
        if value.grid:
            layer = self.graph.flatten(layer, name=self.name('flatten'))
        if held != wanted:
            layer = self._reorder(layer, held, wanted)
        return self.fresh(layer, layout)

    def constant(self, tensor):
        """A constant as a value: the last dimension is channels, the one before it positions, those in front channels, too."""
        value = Value(None, ((), (), ()), [atoms_of(size) for size in tensor.shape])
        value = Value(None, (sum(value.dims[:-2], ()) + value.dims[-1], (), value.dims[-2]), value.dims)
        return value.on(self.graph.constant(in_axes(value, tensor, whole=True), name=self.name('constant')))

    def vector(self, value):
        """A tensor on a layer that is a vector of all its numbers."""
        return self.settle(value.with_dims(((), sum(value.dims, ()))), 'NC').reshape(value.shape)

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

    def together(self, *values):
        """The values, the smaller ones broadcast by dimensions of size 1, on layers of one order: that of the first of full size.
        """
        rank = max(len(v.dims) for v in values)
        values = matched(v.padded(rank) for v in values)
        first = max(values, key=lambda v: len(sum(v.dims, ())))  # the first of the largest
        found = []
        for value in values:
            pairs = counterparts(first, value)
            found.append(self.arrange(value, [[pairs[a] for a in axis if a in pairs] for axis in first.axes]))
        return found

    def broadcast(self, *values):
        """The values, repeated to one shape, on layers of one order."""
        rank = max(len(v.dims) for v in values)
        values = [v.padded(rank) for v in values]
        shape = [max(sizes) for sizes in zip(*(v.shape for v in values))]
        return self.together(*(self.expanded(v, shape) for v in values))

    # ---- order ----

    def arrange(self, value, axes):
        """The value on a layer whose channels, rows and columns are these atoms, in this order."""
        channels, rows, columns = map(tuple, axes)
        if value.axes == (channels, rows, columns):
            return value
        inward = [atom for atom in value.axes[0] if atom in rows + columns]
        outward = [atom for atom in channels if atom not in value.axes[0]]
        blocks = self._by_blocks(value, inward, outward, rows, columns)
        if blocks is not None:
            value, inward, outward = blocks, (), ()
        if inward:
            value = self._to_positions(value, sorted(inward, key=(rows + columns).index))
        if outward:
            value = self._to_channels(value, outward)
        if value.axes[0] != channels:
            layer = self._reorder(value.layer, value.axes[0], channels)
            value = Value(layer, (channels, *value.axes[1:]), value.dims)
        return self._positions(value, rows, columns)

    def _reorder(self, layer, held, wanted):
        """Channels in another order."""
        for cut in range(1, len(held)):
            if wanted == held[cut:] + held[:cut]:
                return self.graph.shuffle(layer, product(held[:cut]), name=self.name('shuffle'))
        numbers = np.arange(product(held)).reshape([atom.size for atom in held])
        return self.graph.gather_channels(layer, numbers.transpose([held.index(atom) for atom in wanted]).ravel(), name=self.name('order'))

    def _grid(self, layer, rows, columns):
        """The layer as a grid of this many rows and columns."""
        return layer if self.graph.shape(layer)[1:] == (rows, columns) else \
            self.graph.reshape(layer, rows, columns, name=self.name('grid'))

    def _positions(self, value, rows, columns):
        """Positions in another order, and as another grid."""
        layer, order = value.layer, value.grid
        for kind, sizes in _way(order, rows + columns):
            i, j, k = sizes[0], sizes[0] + sizes[1], sum(sizes)
            parts = order[:i], order[i:j], order[j:k], order[k:]
            a, b, c, d = map(product, parts)
            if kind == 'transpose':
                layer, order = self.graph.transpose(self._grid(layer, a, b), name=self.name('transpose')), parts[1] + parts[0]
            elif kind == 'blocks':
                layer = self.graph.window_partition(self._grid(layer, a * b, c * d), (b, d), name=self.name('windows'))
                order = parts[0] + parts[2] + parts[1] + parts[3]
            elif kind == 'grid':
                layer = self.graph.window_partition(self._grid(layer, a * b, c * d), (a, c), grid=True, name=self.name('windows'))
                order = parts[1] + parts[3] + parts[0] + parts[2]
            else:
                layer = self.graph.window_reverse(self._grid(layer, a * b, c * d), (c * a, d * b), (c, d), grid=True,
                                                  name=self.name('windows'))
                order = parts[2] + parts[0] + parts[3] + parts[1]
        return Value(self._grid(layer, product(rows), product(columns)), (value.axes[0], rows, columns), value.dims)

    # ---- between channels and positions ----

    def _by_blocks(self, value, inward, outward, rows, columns):
        """Blocks of pixels that become channels, or the reverse, by one layer; None: it is not that."""
        moved = inward or outward
        if not moved or inward and outward:
            return None
        grid = (rows, columns) if inward else value.axes[1:]
        parts = [tuple(itertools.takewhile(lambda atom: atom in moved, reversed(axis)))[::-1] for axis in grid]
        if set(sum(parts, ())) != set(moved):
            return None
        block = [product(part) for part in parts]
        left = [axis[:len(axis) - len(part)] for axis, part in zip(grid, parts)]
        rest = tuple(atom for atom in value.axes[0] if atom not in moved)
        if inward:
            x = self.arrange(value, (rest + parts[0] + parts[1], *left))
            return Value(self.graph.depth_to_space(x.layer, block, last=True, name=self.name('space')), (rest, *grid), value.dims)
        layer = self.graph.space_to_depth(value.layer, block, last=True, name=self.name('depth'))
        return Value(layer, (rest + parts[0] + parts[1], *left), value.dims)

    def _to_positions(self, value, atoms):
        """Some factors of the channels as the slowest factors of the positions."""
        rest = tuple(atom for atom in value.axes[0] if atom not in atoms)
        value = self.arrange(value, (rest + tuple(atoms), (), value.grid))
        layer = self.graph.depth_to_space(value.layer, (product(atoms), 1), last=True, name=self.name('positions'))
        return Value(layer, (rest, atoms, value.grid), value.dims)

    def _to_channels(self, value, atoms):
        """Some factors of the positions as the fastest factors of the channels."""
        rest = tuple(atom for atom in value.grid if atom not in atoms)
        value = self.arrange(value, (value.axes[0], tuple(atoms), rest))
        layer = self.graph.space_to_depth(value.layer, (product(atoms), 1), last=True, name=self.name('channels'))
        return Value(layer, (value.axes[0] + tuple(atoms), (), rest), value.dims)

    # ---- parts ----

    def parts(self, value, which):
        """Some places of some dimensions: {dim: (first, count, step)}; a step may be negative."""
        positions = {}
        for dim, (first, count, step) in which.items():
            atoms, last = value.dims[dim], first + (count - 1) * step
            size = product(atoms)
            if count < 1 or not (0 <= first < size and 0 <= last < size):
                raise Refused(f'places {first} to {last} of a dimension of size {size}')
            if count == size and step == 1:
                continue
            inside = [atom in value.axes[0] for atom in atoms]
            if any(inside) and not all(inside):  # channels and positions: all become channels
                value = self.arrange(value, (atoms + tuple(a for a in value.axes[0] if a not in atoms),
                                             *(tuple(a for a in axis if a not in atoms) for axis in value.axes[1:])))
            if any(inside):
                value = self._some_channels(value, dim, first, count, step)
            else:
                positions[dim] = (first, count, step)
        return self._some_positions(value, positions) if positions else value

    def taken(self, value, dim, first, count, step=1):
        """`count` places of a dimension, from `first` on, in steps."""
        return self.parts(value, {value.axis(dim): (first, count, step)})

    def narrow(self, value, dim, first, count):
        """Places first to first + count - 1 of a dimension."""
        return self.taken(value, dim, first, count)

    def chosen(self, value, dim, places):
        """These places of a dimension of channels, in this order."""
        atoms = value.dims[dim]
        rest = tuple(atom for atom in value.axes[0] if atom not in atoms)
        value = self.arrange(value, (atoms + rest, *value.axes[1:]))
        numbers = np.asarray(places)[:, None] * product(rest) + np.arange(product(rest))
        layer, part = self.graph.gather_channels(value.layer, numbers.ravel(), name=self.name('channels')), atoms_of(len(places))
        return Value(layer, (part + rest, *value.axes[1:]), [part if i == dim else d for i, d in enumerate(value.dims)])

    def _some_channels(self, value, dim, first, count, step):
        if step != 1:
            return self.chosen(value, dim, [first + i * step for i in range(count)])
        atoms, part = value.dims[dim], atoms_of(count)
        rest = tuple(atom for atom in value.axes[0] if atom not in atoms)
        value = self.arrange(value, (atoms + rest, *value.axes[1:]))
        layer = self.graph.slice(value.layer, first * product(rest), count * product(rest), name=self.name('slice'))
        return Value(layer, (part + rest, *value.axes[1:]), [part if i == dim else d for i, d in enumerate(value.dims)])

    def as_rows(self, value, dims):
        """(value, rows, columns) with one or two dimensions of positions as the rows or columns of the layer, which are named; None:
        no dimension, but what is left of the positions."""
        atoms = [value.dims[d] for d in dims]
        if len(dims) == 2:
            if all(atoms) and value.axes[1:] == (atoms[1], atoms[0]):
                return value, dims[1], dims[0]
            return self.arrange(value, (value.axes[0], *atoms)), *dims
        if atoms[0] == value.axes[2] and (atoms[0] or value.axes[1]):
            return value, None, dims[0]
        if atoms[0] != value.axes[1]:
            value = self.arrange(value, (value.axes[0], atoms[0], tuple(atom for atom in value.grid if atom not in atoms[0])))
        return value, dims[0], None

    def together_rows(self, value, dims):
        """Dimensions of positions in groups, each of which can be rows and columns of a layer at once."""
        dims = sorted(dims)
        whole = len(dims) == 2 and set(value.dims[dims[0]] + value.dims[dims[1]]) == set(value.grid)
        return [dims] if whole else [[d] for d in dims]

    def _some_positions(self, value, which):
        for dims in self.together_rows(value, which):
            atoms = value.dims[dims[0]]
            first, count, step = which[dims[0]]
            if len(dims) == 1 and step == 1 and set(atoms) == set(value.grid):
                value = self.arrange(value, (value.axes[0], (), atoms))
                layer, axes = self.graph.select_tokens(value.layer, first, count, name=self.name('tokens')), {2: dims[0]}
            else:
                value, rows, columns = self.as_rows(value, dims)
                layer, axes = self._cropped(value, [which.get(rows), which.get(columns)]), {1: rows, 2: columns}
            new_axes, new_dims = list(value.axes), list(value.dims)
            for axis, dim in axes.items():
                if dim is not None:
                    new_axes[axis] = new_dims[dim] = atoms_of(which[dim][1])
            value = Value(layer, new_axes, new_dims)
        return value

    def _cropped(self, value, which):
        """A layer of some rows and columns: (first, count, step) of each; None: all."""
        sizes, pads, steps, plain = [product(axis) for axis in value.axes[1:]], [], [], True
        for size, given in zip(sizes, which):
            first, count, step = given or (0, size, 1)
            low, high = sorted((first, first + (count - 1) * step))
            plain = plain and first == 0 and step > 0 and count == -(-size // step)
            pads.append((low, size - 1 - high))  # both ends are taken off exactly, so that a step begins at its first place
            steps.append(step)
        if plain:
            return self.graph.subsample2d(value.layer, steps, name=self.name('subsample'))
        (top, bottom), (left, right) = pads
        return self.graph.crop2d(value.layer, (top, left, bottom, right), step=steps, name=self.name('crop'))

    # ---- repeating ----

    def expanded(self, value, shape):
        """The value repeated along dimensions of size 1, so that it has this shape; dimensions in front may be new."""
        value = value.padded(len(shape))
        new = [(i, size) for i, (have, size) in enumerate(zip(value.shape, shape)) if have != size]
        if any(value.shape[i] != 1 for i, _ in new):
            raise Refused(f'a tensor {value.shape} of the input that is repeated to {tuple(shape)}')
        if not new:
            return value
        dims, added = list(value.dims), []
        for i, size in new:
            dims[i] = atoms_of(size)
            added.append(dims[i])
        channels, rows, columns = value.axes
        if not value.grid and channels:  # a vector at all positions
            rows, columns = sum(added[:-1], ()), added[-1]
            layer = self.graph.upsample(value.layer, size=(product(rows), product(columns)), bilinear=False, name=self.name('everywhere'))
        elif not (rows and columns) and channels and len(added) == 1:  # a row at all rows, or a column at all columns
            rows, columns = (added[0], columns) if not rows else (rows, added[0])
            layer = self.graph.upsample(value.layer, size=(product(rows), product(columns)), bilinear=False, name=self.name('everywhere'))
        else:
            channels = sum(added, ()) + channels
            layer = self.graph.concat([value.layer] * product(sum(added, ())), name=self.name('repeated'))
        return Value(layer, (channels, rows, columns), dims)
