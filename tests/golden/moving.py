"""Gather layers of the reference implementation that move, select or weigh PFVs: between positions, between channels, by a
gate, by attention. Pools, pads with zeros and concat are in layers.py.
"""
from fractions import Fraction

import numpy as np

from layer import Gather
from ways import Ways


# ---- positions to positions ----------------------------------------------------------------------------------------

class Moving(Gather):
    """The value at an output position is the sum of values at input positions, each with a weight. A link is a pair of an
    input and an output position; its weight is a number, or one for each channel."""

    def out_shape(self, f):
        """Height and width."""
        raise NotImplementedError

    def links(self, f):
        """Input positions, output positions, and weights as (links, 1 or channels)."""
        raise NotImplementedError

    def moved(self, f):
        return f.inputs[0]

    def forward(self, f):
        x, shape = self.moved(f), self.out_shape(f)
        start, end, weight = self.links(f)
        y = np.zeros((shape[0] * shape[1], len(x)), self.dtype)
        np.add.at(y, end, x.reshape(len(x), -1).T[start] * weight.astype(self.dtype))
        return y.T.reshape(len(x), *shape)

    def carry(self, f, tables):
        start, end, weight = self.links(f)
        order, ways = np.argsort(start, kind='stable'), tables[0]
        start, end, weight = start[order], end[order], weight[order].astype(self.dtype)
        # Every row of the table takes all links that start at its position.
        first, last = (np.searchsorted(start, ways.position, side) for side in ('left', 'right'))
        rows = np.repeat(np.arange(len(ways)), last - first)
        link = np.arange(len(rows)) - np.repeat(np.cumsum(last - first) - last, last - first)
        return ways.take(rows, end[link], ways.vector[rows] * weight[link]).merged()

    def transpose(self, f, g):
        start, end, weight = self.links(f)
        x = self.moved(f)
        back = np.zeros((x[0].size, len(x)), self.dtype)
        np.add.at(back, start, g.reshape(len(g), -1).T[end] * weight.astype(self.dtype))
        return [back.T.reshape(x.shape)]


def alone(start, end):
    """Links with the weight 1."""
    return start, end, np.ones((len(start), 1))


class Reshape(Moving):
    """The same positions, in row-major order, as another grid."""

    def out_shape(self, f):
        h, w, n = self.item['height'], self.item['width'], f.inputs[0][0].size
        return h or n // w, w or n // h

    def links(self, f):
        every = np.arange(f.inputs[0][0].size)
        return alone(every, every)


class Transpose(Moving):
    def out_shape(self, f):
        return f.inputs[0].shape[:0:-1]

    def links(self, f):
        h, w = f.inputs[0].shape[1:]
        return alone(np.arange(h * w).reshape(h, w).T.reshape(-1), np.arange(h * w))


class SelectTokens(Moving):
    def out_shape(self, f):
        return 1, self.item['count']

    def links(self, f):
        every = np.arange(self.item['count'])
        return alone(self.item['first'] + every, every)


class ConstantPad(Moving):
    """What it adds around the input is a bias of the paths through it: see Ways."""
    bit = 0

    def out_shape(self, f):
        (t, l, b, r), (_, h, w) = self.item['pad'], f.inputs[0].shape
        return t + h + b, l + w + r

    def links(self, f):
        (t, l, _, _), (_, h, w) = self.item['pad'], f.inputs[0].shape
        inside = (t + np.arange(h))[:, None] * self.out_shape(f)[1] + l + np.arange(w)
        return alone(np.arange(h * w), inside.reshape(-1))

    def around(self, f):
        """(positions, channels): the constant, and 0 where the input lies."""
        h, w = self.out_shape(f)
        value = np.full((h * w, len(f.inputs[0])), self.number('value'))
        value[self.links(f)[1]] = 0
        return value

    def forward(self, f):
        return super().forward(f) + self.around(f).T.reshape(-1, *self.out_shape(f))

    def carry(self, f, tables):
        ways = super().carry(f, tables)
        return Ways.join([ways.take(slice(None), pads=ways.pads | 1 << self.bit), Ways.constant(self.bit, self.around(f))])


class Mean(Moving):
    """Over the rows (axes=1), the columns (2), or both (3)."""

    def out_shape(self, f):
        _, h, w = f.inputs[0].shape
        return (1 if self.item['axes'] & 1 else h), (1 if self.item['axes'] & 2 else w)

    def links(self, f):
        _, h, w = f.inputs[0].shape
        (oh, ow), every = self.out_shape(f), np.arange(h * w)
        end = np.minimum(every // w, oh - 1) * ow + np.minimum(every % w, ow - 1)
        return every, end, np.full((h * w, 1), oh * ow / (h * w))


class Sum(Mean):
    def links(self, f):
        start, end, weight = super().links(f)
        return start, end, np.ones_like(weight)


class AdaptiveMax(Moving):
    """The largest number of each window; the windows divide the input into so many rows and columns. Of each channel one link of a
    window has the weight 1; all are paths."""

    def out_shape(self, f):
        return self.item['size']

    def links(self, f):
        x, (oh, ow) = f.inputs[0], self.out_shape(f)
        (c, h, w), start, end, weight = x.shape, [], [], []
        for o in range(oh * ow):
            rows, columns = (range(i * n // m, -(-(i + 1) * n // m)) for i, n, m in ((o // ow, h, oh), (o % ow, w, ow)))
            inside = np.array([r * w + k for r in rows for k in columns])
            first = x.reshape(c, -1)[:, inside].argmax(axis=1)
            start.append(inside)
            end.append(np.full(len(inside), o))
            weight.append(np.arange(len(inside))[:, None] == first)
        return np.concatenate(start), np.concatenate(end), np.concatenate(weight).astype(float)


class Max(AdaptiveMax):
    """Over the rows (axes=1), the columns (2), or both (3)."""

    def out_shape(self, f):
        return Mean.out_shape(self, f)


class GlobalMax(AdaptiveMax):
    def out_shape(self, f):
        return 1, 1


class Maximum(Gather):
    """The largest of several layers, number by number; the first one on a tie."""
    sign = 1

    def winner(self, f):
        return (self.sign * np.stack(f.inputs)).argmax(axis=0)

    def forward(self, f):
        return (self.sign * np.stack(f.inputs)).max(axis=0) * self.sign

    def carry(self, f, tables):
        winner = self.winner(f).reshape(len(f.inputs[0]), -1).T
        return Ways.join([t.take(slice(None), vector=t.vector * (winner[t.position] == i)) for i, t in enumerate(tables)]).merged()

    def transpose(self, f, g):
        winner = self.winner(f)
        return [g * (winner == i) for i in range(len(f.inputs))]


class Minimum(Maximum):
    sign = -1


class MaxChannels(Gather):
    """The largest of each group of neighbouring channels."""

    def channel(self, f):
        """(groups, height, width): the channel that won."""
        x, groups = f.inputs[0], self.item['groups']
        each = len(x) // groups
        return x.reshape(groups, each, *x.shape[1:]).argmax(axis=1) + each * np.arange(groups)[:, None, None]

    def forward(self, f):
        return np.take_along_axis(f.inputs[0], self.channel(f), axis=0)

    def carry(self, f, tables):
        ways, channel = tables[0], self.channel(f).reshape(self.item['groups'], -1).T
        return ways.take(slice(None), vector=np.take_along_axis(ways.vector, channel[ways.position], axis=1))

    def transpose(self, f, g):
        x = np.zeros_like(f.inputs[0])
        np.put_along_axis(x, self.channel(f), g, axis=0)
        return [x]


class Upsample(Moving):
    """Nearest or bilinear, in fractions: whether a weight is zero decides whether there is a path."""

    def scales(self):
        return self.item['scale_h'], self.item['scale_w']

    def step(self, axis, n):
        """How far the input goes on for a step of the output."""
        size = self.item['size'][axis]
        return Fraction(n, size) if size else 1 / Fraction(float(np.float32(self.scales()[axis])))

    def out_shape(self, f):
        return tuple(self.item['size'][a] or int(n / self.step(a, n)) for a, n in enumerate(f.inputs[0].shape[1:]))

    def axis_links(self, axis, n, out):
        """(input index, output index, weight) along one axis."""
        step, found = self.step(axis, n), []
        for o in range(out):
            if not self.item['mode']:
                found.append((min(int(o * step), n - 1), o, 1))
                continue
            if self.item['align_corners']:
                at = Fraction(o * (n - 1), out - 1) if out > 1 else Fraction(0)
            else:
                at = max((o + Fraction(1, 2)) * step - Fraction(1, 2), Fraction(0))
            low, part = min(int(at), n - 1), at - int(at)
            if part == 0 or low == n - 1:
                found.append((low, o, 1))
            else:
                found += [(low, o, 1 - part), (low + 1, o, part)]
        start, end, weight = zip(*found)
        return np.array(start), np.array(end), np.array([float(v) for v in weight])

    def links(self, f):
        (_, h, w), (oh, ow) = f.inputs[0].shape, self.out_shape(f)
        (i, o, v), (j, p, u) = self.axis_links(0, h, oh), self.axis_links(1, w, ow)
        return ((i[:, None] * w + j).reshape(-1), (o[:, None] * ow + p).reshape(-1), (v[:, None] * u).reshape(-1, 1))


class Gate(Moving):
    """value * gate. The gate is frozen and receives nothing."""

    @property
    def through(self):
        return self.inputs[:1]

    def out_shape(self, f):
        return f.inputs[0].shape[1:]

    def links(self, f):
        value, gate = f.inputs
        every = np.arange(value[0].size)
        return every, every, np.broadcast_to(gate, (len(gate), *value.shape[1:])).reshape(len(gate), -1).T


class Attention(Moving):
    """Token i receives A_ij v_j in every head. The weights A are frozen; queries and keys receive nothing. A key that is masked
    with -Inf for all heads is no path. With several rows (rows=1) each row is a sequence of its own."""

    @property
    def through(self):
        return self.inputs[2:]

    def moved(self, f):
        return f.inputs[2]

    def out_shape(self, f):
        return f.inputs[0].shape[1:]

    def mask(self):
        mask = self.array('mask')
        return np.zeros((1, 1, 1, 1), self.dtype) if mask is None else mask

    def weights(self, f):
        """(rows, heads, queries, keys)"""
        heads = self.item['heads']
        q, k = (x.reshape(heads, -1, *x.shape[1:]) for x in f.inputs[:2])
        scale = self.number('scale') or self.dtype(1 / np.sqrt(q.shape[1]))
        logits = scale * np.einsum('hcrt,hcrs->rhts', q, k) + self.mask()
        e = np.exp(logits - logits.max(axis=3, keepdims=True))
        return e / e.sum(axis=3, keepdims=True)

    def links(self, f):
        if 'links' not in f.frozen:
            a = self.weights(f)
            seen = np.broadcast_to(self.mask() > -np.inf, a.shape).any(axis=1)
            row, end, start = np.nonzero(seen)
            weight = np.repeat(a[row, :, end, start], len(self.moved(f)) // a.shape[1], axis=1)
            f.frozen['links'] = row * a.shape[3] + start, row * a.shape[2] + end, weight
        return f.frozen['links']


class ConcatTokens(Gather):
    def forward(self, f):
        return np.concatenate(f.inputs, axis=2)

    def starts(self, f):
        return np.cumsum([0] + [x.shape[2] for x in f.inputs])

    def carry(self, f, tables):
        return Ways.join([t.take(slice(None), t.position + s) for t, s in zip(tables, self.starts(f))])

    def transpose(self, f, g):
        s = self.starts(f)
        return [g[:, :, a:b] for a, b in zip(s, s[1:])]


# ---- channels to channels --------------------------------------------------------------------------------------------

class Channels(Gather):
    """A choice of channels. It never removes a path: one whose channels are all left out goes on with a zero vector, as one
    does that wins no channel of a max-pool."""

    def chosen(self, f):
        """The input channel of every output channel."""
        raise NotImplementedError

    def forward(self, f):
        return f.inputs[0][self.chosen(f)]

    def carry(self, f, tables):
        return tables[0].take(slice(None), vector=tables[0].vector[:, self.chosen(f)])

    def transpose(self, f, g):
        x = np.zeros_like(f.inputs[0])
        x[self.chosen(f)] = g
        return [x]


class Slice(Channels):
    def chosen(self, f):
        return self.item['first'] + np.arange(self.item['count'])


class Shuffle(Channels):
    """Channels as (groups, C / groups), turned to (C / groups, groups)."""

    def chosen(self, f):
        return np.arange(len(f.inputs[0])).reshape(self.item['groups'], -1).T.reshape(-1)


MOVING = {
    'reshape': Reshape, 'transpose': Transpose, 'select_tokens': SelectTokens, 'concat_tokens': ConcatTokens,
    'constant_pad2d': ConstantPad, 'mean': Mean, 'sum': Sum, 'adaptive_max_pool2d': AdaptiveMax, 'max': Max,
    'global_max_pool': GlobalMax,
    'maximum': Maximum, 'minimum': Minimum, 'max_channels': MaxChannels, 'upsample': Upsample, 'gate': Gate,
    'attention': Attention, 'slice': Slice, 'shuffle': Shuffle,
}
