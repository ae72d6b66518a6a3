"""What the layers of the reference are made of: tables of contributions, the frame of a layer in a forward pass, and the
geometry of sliding windows.

A value is an array (channels, height, width); a position is the flat index row * width + column. Contributions are kept
in a table with one row per path (class Ways), so that a path that reads padding simply has no row.
"""
import numpy as np


class Ways:
    """Contributions into one layer, a row each: the PFV at `origin` of the site number `source` adds `vector` to the PFV at
    `position`. `tap` is the choice made on the way (kernel tap, or position of a flattened tensor), `branch` the one at the
    adds: rows that differ in nothing else are still different paths.

    `pads` says through which layers that pad with a constant a path goes, a bit for each. What they add is carried in the same
    table by rows of negative `source`, -1 - bit, until it is taken out as a bias (Run.contributions).

    A path may be kept in parts, rows that differ in `part` only: its ways through the positions of a layer that was asked
    for (1 + position; 0: by none of them), or the channels of an input (1 + channel)."""
    KEYS = ('part', 'tap', 'origin', 'source', 'position')
    MOST_OPERANDS = 64

    def __init__(self, source, origin, position, tap, branch, part, pads, vector):
        self.source, self.origin, self.position, self.tap = source, origin, position, tap
        self.branch, self.part, self.pads, self.vector = branch, part, pads, vector

    def __len__(self):
        return len(self.source)

    def take(self, rows, position=None, vector=None, tap=None, part=None, branch=None, pads=None):
        """The chosen rows, with new contents where given."""
        pick = lambda new, old: old[rows] if new is None else new
        return Ways(self.source[rows], self.origin[rows], pick(position, self.position), pick(tap, self.tap),
                    pick(branch, self.branch), pick(part, self.part), pick(pads, self.pads), pick(vector, self.vector))

    @staticmethod
    def join(tables):
        fields = ('source', 'origin', 'position', 'tap', 'branch', 'part', 'pads', 'vector')
        return Ways(*(np.concatenate([getattr(t, f) for t in tables]) for f in fields))

    def merged(self):
        """Rows with equal keys added up: all gather layers between a source and a mixing layer are one frozen linear map.
        There are no branches yet."""
        if not len(self):
            return self
        keys = np.stack([getattr(self, k) for k in self.KEYS])
        order = np.lexsort(keys)
        keys = keys[:, order]
        first = np.concatenate([[True], (keys[:, 1:] != keys[:, :-1]).any(axis=0)])
        starts = np.nonzero(first)[0]
        vector, pads = np.add.reduceat(self.vector[order], starts, axis=0), np.bitwise_or.reduceat(self.pads[order], starts)
        part, tap, origin, source, position = keys[:, first]
        return Ways(source, origin, position, tap, np.zeros_like(tap), part, pads, vector)

    def without_taps(self):
        """Without a mixing layer nothing distinguishes two ways of one source PFV to one position."""
        return self.take(slice(None), tap=np.zeros_like(self.tap)).merged()

    def in_branch(self, index):
        """As operand number `index` of an add."""
        return self.take(slice(None), branch=self.branch * self.MOST_OPERANDS + index + 1)

    def through(self):
        """Marked as going through the positions that they have reached."""
        return self.take(slice(None), part=self.position + 1)

    def paths(self):
        """The number of each row's path. Two tables with the same paths number them alike."""
        keys = np.stack([self.branch, self.tap, self.origin, self.source, self.position])
        order = np.lexsort(keys)
        keys = keys[:, order]
        numbers = np.zeros(len(self), int)
        numbers[order] = np.cumsum(np.concatenate([[0], (keys[:, 1:] != keys[:, :-1]).any(axis=0)])[:len(self)])
        return numbers

    @staticmethod
    def identity(source, value, by_channel=False):
        """Every PFV of a site is its own and only source; if wished, each of its channels is a part."""
        n, c = value.shape[1] * value.shape[2], len(value)
        every, vector, part = np.arange(n), value.reshape(c, n).T.copy(), np.zeros(n, int)
        if by_channel:
            every, part = np.repeat(every, c), np.tile(np.arange(c), n)
            vector = np.where(np.arange(c) == part[:, None], vector[every], 0)
            part = part + 1
        zero = np.zeros(len(every), int)
        return Ways(np.full(len(every), source), every, every, zero, zero, part, zero, vector)

    @staticmethod
    def constant(bit, value):
        """What a layer adds that pads with a constant: value (positions, channels)."""
        n, zero = len(value), np.zeros(len(value), int)
        return Ways(np.full(n, -1 - bit), zero, np.arange(n), zero, zero, zero, zero, value)


class Frame:
    """A layer within one forward pass: the values it read, its own value, and what it froze."""

    def __init__(self, inputs):
        self.inputs, self.value, self.frozen = inputs, None, {}

    @property
    def positions(self):
        return self.value.shape[1] * self.value.shape[2]


class Window:
    """Geometry of a sliding window: kernel, stride, dilation as (vertical, horizontal), pad as (top, left, bottom, right)."""

    def __init__(self, kernel, stride, pad, dilation=(1, 1), ceil=False):
        self.kernel, self.stride, self.pad, self.dilation, self.ceil = kernel, stride, pad, dilation, ceil

    def taps(self):
        return [(a, b) for a in range(self.kernel[0]) for b in range(self.kernel[1])]

    def _count(self, axis, length):
        room = length + self.pad[axis] + self.pad[axis + 2] - self.dilation[axis] * (self.kernel[axis] - 1) - 1
        n = (-(-room // self.stride[axis]) if self.ceil else room // self.stride[axis]) + 1
        # A window added by rounding up must start inside the input or its leading pad.
        if self.ceil and (n - 1) * self.stride[axis] >= length + self.pad[axis]:
            n -= 1
        return n

    def out_shape(self, x):
        return self._count(0, x.shape[1]), self._count(1, x.shape[2])

    def padded(self, x, fill, out):
        """x with its pads and, below and to the right, room for windows that hang over."""
        (h, w), grow = out, []
        for axis, n in ((0, h), (1, w)):
            end = (n - 1) * self.stride[axis] + self.dilation[axis] * (self.kernel[axis] - 1) + 1
            grow.append((self.pad[axis], max(self.pad[axis + 2], end - x.shape[axis + 1] - self.pad[axis])))
        return np.pad(x, [(0, 0)] + grow, constant_values=fill)

    def view(self, padded, tap, out):
        """What the tap sees at every output position: (channels, out height, out width)."""
        (a, b), (h, w), (sh, sw) = tap, out, self.stride
        top, left = a * self.dilation[0], b * self.dilation[1]
        return padded[:, top:top + (h - 1) * sh + 1:sh, left:left + (w - 1) * sw + 1:sw]

    def crop(self, padded, shape):
        return padded[:, self.pad[0]:self.pad[0] + shape[1], self.pad[1]:self.pad[1] + shape[2]]

    def reach(self, tap, position, width, out):
        """Which input positions the tap carries to an output position, and to which."""
        row = position // width + self.pad[0] - tap[0] * self.dilation[0]
        column = position % width + self.pad[1] - tap[1] * self.dilation[1]
        (h, w), (sh, sw) = out, self.stride
        ok = (row % sh == 0) & (column % sw == 0) & (row >= 0) & (column >= 0) & (row // sh < h) & (column // sw < w)
        rows = np.nonzero(ok)[0]
        return rows, (row[rows] // sh) * w + column[rows] // sw

    def spans(self, axis, length, n, count_padding):
        """Number of cells under each window along one axis, clipped to the tensor or to the padded tensor."""
        start = np.arange(n) * self.stride[axis] - self.pad[axis]
        low, high = (-self.pad[axis], length + self.pad[axis + 2]) if count_padding else (0, length)
        return np.minimum(start + self.kernel[axis], high) - np.maximum(start, low)
