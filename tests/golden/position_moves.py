"""Gather layers of the reference implementation that put whole PFVs at other positions: crops, rolls, pads that show the picture again,
windows. What numpy does to a grid of position numbers says where every output position comes from.
"""
import numpy as np

from layer import Gather
from moving import Channels, Moving, alone
from ways import Ways


class Placed(Moving):
    def places(self, index):
        """From the numbers of the input's positions, (H, W), those that the output's positions are, (rows, columns)."""
        raise NotImplementedError

    def grid(self, f):
        _, h, w = f.inputs[0].shape
        return self.places(np.arange(h * w).reshape(h, w))

    def out_shape(self, f):
        return self.grid(f).shape

    def links(self, f):
        start = self.grid(f).reshape(-1)
        return alone(start, np.arange(start.size))


class Crop(Placed):
    def places(self, index):
        (t, l, b, r), (down, right) = self.item['pad'], self.item['step']
        h, w = index.shape
        return index[t:h - b, l:w - r][::down, ::right]


class Roll(Placed):
    def places(self, index):
        return np.roll(index, self.item['by'], (0, 1))


class Pad(Placed):
    """By one of numpy's modes."""
    mode = None

    def places(self, index):
        t, l, b, r = self.item['pad']
        return np.pad(index, ((t, b), (l, r)), self.mode)


class ReflectionPad(Pad):
    mode = 'reflect'


class ReplicationPad(Pad):
    mode = 'edge'


class CircularPad(Pad):
    mode = 'wrap'


class WindowPartition(Placed):
    """Blocks: rows are (H / h, h), columns (W / w, w), of which the first parts number the windows; a grid: (h, H / h) and (w, W / w),
    of which the second ones do."""

    def places(self, index):
        (h, w), (height, width) = self.item['window'], index.shape
        if self.item['grid']:
            order = index.reshape(h, height // h, w, width // w).transpose(1, 3, 0, 2)
        else:
            order = index.reshape(height // h, h, width // w, w).transpose(0, 2, 1, 3)
        return order.reshape(-1, h * w)


class WindowReverse(Placed):
    def places(self, index):
        (h, w), (height, width) = self.item['window'], self.item['size']
        tokens = index.reshape(height // h, width // w, h, w)
        order = tokens.transpose(2, 0, 3, 1) if self.item['grid'] else tokens.transpose(0, 2, 1, 3)
        return order.reshape(height, width)


class GatherChannels(Channels):
    def chosen(self, f):
        return np.array(self.item['channels'])

    def transpose(self, f, g):
        x = np.zeros_like(f.inputs[0])
        np.add.at(x, self.chosen(f), g)
        return [x]


class Rearranged(Gather):
    """Every number of the output is one number of the input: moved() says which, by numbers (channel * positions + position)."""

    def moved(self, numbers):
        """From the numbers of the input's (C, H, W) to those of the output's."""
        raise NotImplementedError

    def numbers(self, f):
        x = f.inputs[0]
        return self.moved(np.arange(x.size).reshape(x.shape))

    def forward(self, f):
        return f.inputs[0].reshape(-1)[self.numbers(f)]

    def carry(self, f, tables):
        """A path goes to each output position that takes at least one number of its position, with the channels that it takes there."""
        numbers, ways, n = self.numbers(f), tables[0], f.inputs[0][0].size
        channel, position = (a.reshape(len(numbers), -1) for a in (numbers // n, numbers % n))
        pieces = []
        for end in range(position.shape[1]):
            for start in np.unique(position[:, end]):
                takes, rows = position[:, end] == start, np.nonzero(ways.position == start)[0]
                vector = ways.vector[rows][:, channel[:, end]] * takes
                pieces.append(ways.take(rows, np.full(len(rows), end), vector))
        return Ways.join(pieces).merged()

    def transpose(self, f, g):
        x = np.zeros(f.inputs[0].size, self.dtype)
        np.add.at(x, self.numbers(f).reshape(-1), g.reshape(-1))
        return [x.reshape(f.inputs[0].shape)]


class DepthToSpace(Rearranged):
    """As the ONNX operator is defined: by a reshape, a transpose and a reshape."""

    def moved(self, numbers):
        (h, w), (c, height, width) = self.item['block'], numbers.shape
        if self.item['last']:
            parts = numbers.reshape(c // (h * w), h, w, height, width).transpose(0, 3, 1, 4, 2)
        else:
            parts = numbers.reshape(h, w, c // (h * w), height, width).transpose(2, 3, 0, 4, 1)
        return parts.reshape(c // (h * w), height * h, width * w)


class SpaceToDepth(Rearranged):
    def moved(self, numbers):
        (h, w), (c, height, width) = self.item['block'], numbers.shape
        parts = numbers.reshape(c, height // h, h, width // w, w)
        order = parts.transpose(0, 2, 4, 1, 3) if self.item['last'] else parts.transpose(2, 4, 0, 1, 3)
        return order.reshape(c * h * w, height // h, width // w)


POSITION_MOVES = {
    'gather_channels': GatherChannels, 'depth_to_space': DepthToSpace, 'space_to_depth': SpaceToDepth,
    'crop2d': Crop, 'roll2d': Roll, 'reflection_pad2d': ReflectionPad, 'replication_pad2d': ReplicationPad,
    'circular_pad2d': CircularPad, 'window_partition': WindowPartition, 'window_reverse': WindowReverse,
}
