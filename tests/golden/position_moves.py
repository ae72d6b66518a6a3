"""Gather layers of the reference implementation that put whole PFVs at other positions: crops, rolls, pads that show the picture again,
windows. What numpy does to a grid of position numbers says where every output position comes from.
"""
import numpy as np

from moving import Moving, alone


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


POSITION_MOVES = {
    'crop2d': Crop, 'roll2d': Roll, 'reflection_pad2d': ReflectionPad, 'replication_pad2d': ReplicationPad,
    'circular_pad2d': CircularPad, 'window_partition': WindowPartition, 'window_reverse': WindowReverse,
}
