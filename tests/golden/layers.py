"""The layers of the reference implementation: sources, pools and their like, mixing and post layers here; other gather
layers in moving.py, pointwise layers in pointwise.py."""
import numpy as np

from layer import Gather, Layer
from moving import MOVING
from position_moves import POSITION_MOVES
from pointwise import POINTWISE
from ways import Frame, Ways, Window


class Input(Layer):
    kind = 'source'


class Constant(Layer):
    """A source that is the same in every run. Layers that read constants only are made constants before anything else."""
    kind = 'source'

    def forward(self, f):
        return self.array('value')


# ---- gather layers ----------------------------------------------------------------------------------------------

class Pool(Gather):
    def __init__(self, item, dtype):
        super().__init__(item, dtype)
        self.window = Window(item['kernel'], item['stride'], item['pad'], ceil=bool(item.get('ceil', 0)))

    def weight(self, f, k):
        """What the value under tap number k counts for in the output: (channels or 1, positions)."""
        raise NotImplementedError

    def carry(self, f, tables):
        ways, out, parts = tables[0], f.value.shape[1:], []
        for k, tap in enumerate(self.window.taps()):
            rows, position = self.window.reach(tap, ways.position, f.inputs[0].shape[2], out)
            vector = ways.vector[rows] * self.weight(f, k)[:, position].T
            parts.append(ways.take(rows, position, vector))
        return Ways.join(parts).merged()

    def transpose(self, f, g):
        x, out = f.inputs[0], f.value.shape[1:]
        whole = self.window.padded(np.zeros_like(x), 0, out)
        for k, tap in enumerate(self.window.taps()):
            self.window.view(whole, tap, out)[...] += g * self.weight(f, k).reshape(-1, *out)
        return [self.window.crop(whole, x.shape)]


class MaxPool(Pool):
    def forward(self, f):
        x = f.inputs[0]
        out = self.window.out_shape(x)
        whole = self.window.padded(x, -np.inf, out)
        seen = np.stack([self.window.view(whole, t, out) for t in self.window.taps()])
        # argmax returns the first winner, and the taps are in row-major order.
        f.frozen['winner'] = seen.argmax(axis=0).reshape(x.shape[0], -1)
        f.frozen['seen'] = seen
        return seen.max(axis=0)

    def weight(self, f, k):
        return (f.frozen['winner'] == k).astype(self.dtype)


class AvgPool(Pool):
    def forward(self, f):
        x, counts = f.inputs[0], bool(self.item.get('count_padding', 0))
        out = self.window.out_shape(x)
        h, w = (self.window.spans(axis, x.shape[axis + 1], out[axis], counts) for axis in (0, 1))
        f.frozen['weight'] = (1 / (h[:, None] * w[None, :])).astype(self.dtype)
        whole = self.window.padded(x, 0, out)
        return sum(self.window.view(whole, t, out) for t in self.window.taps()) * f.frozen['weight']

    def weight(self, f, k):
        return f.frozen['weight'].reshape(1, -1)


class GlobalAvgPool(Gather):
    def forward(self, f):
        return f.inputs[0].mean(axis=(1, 2), keepdims=True)

    def carry(self, f, tables):
        n = f.inputs[0].shape[1] * f.inputs[0].shape[2]
        ways = tables[0]
        return ways.take(slice(None), np.zeros_like(ways.position), ways.vector / n).merged()

    def transpose(self, f, g):
        x = f.inputs[0]
        return [np.broadcast_to(g / (x.shape[1] * x.shape[2]), x.shape).astype(self.dtype)]


class AdaptiveAvgPool(Gather):
    """Windows that divide the input into so many rows and columns; neighbours may overlap by a row or column."""

    def overlaps(self, f, axis):
        """The weight of every input row (or column) in every output row."""
        length, n = f.inputs[0].shape[axis + 1], self.item['size'][axis]
        table = np.zeros((n, length), self.dtype)
        for i in range(n):
            first, end = i * length // n, -(-(i + 1) * length // n)
            table[i, first:end] = self.dtype(1) / (end - first)
        return table

    def forward(self, f):
        rows, columns = (self.overlaps(f, axis) for axis in (0, 1))
        return np.einsum('ih,jw,chw->cij', rows, columns, f.inputs[0])

    def carry(self, f, tables):
        ways, parts, (rows, columns), w = tables[0], [], (self.overlaps(f, a) for a in (0, 1)), f.inputs[0].shape[2]
        for i in range(len(rows)):
            for j in range(len(columns)):
                weight = rows[i, ways.position // w] * columns[j, ways.position % w]
                inside = np.nonzero(weight)[0]
                position = np.full(len(inside), i * len(columns) + j)
                parts.append(ways.take(inside, position, ways.vector[inside] * weight[inside, None]))
        return Ways.join(parts).merged()

    def transpose(self, f, g):
        rows, columns = (self.overlaps(f, axis) for axis in (0, 1))
        return [np.einsum('ih,jw,cij->chw', rows, columns, g)]


class Concat(Gather):
    """Along the channels."""

    def forward(self, f):
        return np.concatenate(f.inputs, axis=0)

    def starts(self, f):
        return np.cumsum([0] + [x.shape[0] for x in f.inputs])

    def carry(self, f, tables):
        parts = []
        for ways, start in zip(tables, self.starts(f)):
            vector = np.zeros((len(ways), f.value.shape[0]), self.dtype)
            vector[:, start:start + ways.vector.shape[1]] = ways.vector
            parts.append(ways.take(slice(None), vector=vector))
        return Ways.join(parts).merged()

    def transpose(self, f, g):
        s = self.starts(f)
        return [g[a:b] for a, b in zip(s, s[1:])]


class Flatten(Gather):
    """All positions into one vector, channels slowest. The position becomes the choice by which a fully connected layer
    tells its paths apart, named with its grid, so that equal places of equal grids are equal choices."""

    def forward(self, f):
        return f.inputs[0].reshape(-1, 1, 1)

    def carry(self, f, tables):
        c, h, w = f.inputs[0].shape
        ways, n = tables[0], h * w
        vector = np.zeros((len(ways), c, n), self.dtype)
        vector[np.arange(len(ways)), :, ways.position] = ways.vector
        # A tensor of one position has but one choice; what was chosen below, if anything, stays the choice.
        tap = ways.tap if n == 1 else (h << 44) + (w << 24) + ways.position
        return ways.take(slice(None), np.zeros_like(ways.position), vector.reshape(len(ways), -1), tap).merged()

    def transpose(self, f, g):
        return [g.reshape(f.inputs[0].shape)]


class ZeroPad(Gather):
    def forward(self, f):
        t, l, b, r = self.item['pad']
        return np.pad(f.inputs[0], ((0, 0), (t, b), (l, r)))

    def carry(self, f, tables):
        ways, (t, l, _, _), w = tables[0], self.item['pad'], f.inputs[0].shape[2]
        position = (ways.position // w + t) * f.value.shape[2] + ways.position % w + l
        return ways.take(slice(None), position)

    def transpose(self, f, g):
        t, l, _, _ = self.item['pad']
        return [g[:, t:t + f.inputs[0].shape[1], l:l + f.inputs[0].shape[2]]]


class ZeroChannels(Gather):
    def forward(self, f):
        return np.pad(f.inputs[0], ((self.item['before'], self.item['after']), (0, 0), (0, 0)))

    def carry(self, f, tables):
        vector = np.pad(tables[0].vector, ((0, 0), (self.item['before'], self.item['after'])))
        return tables[0].take(slice(None), vector=vector)

    def transpose(self, f, g):
        return [g[self.item['before']:self.item['before'] + f.inputs[0].shape[0]]]


class Subsample(Gather):
    def forward(self, f):
        sh, sw = self.item['stride']
        return f.inputs[0][:, ::sh, ::sw]

    def carry(self, f, tables):
        ways, (sh, sw), w = tables[0], self.item['stride'], f.inputs[0].shape[2]
        row, column = ways.position // w, ways.position % w
        rows = np.nonzero((row % sh == 0) & (column % sw == 0))[0]
        return ways.take(rows, row[rows] // sh * f.value.shape[2] + column[rows] // sw)

    def transpose(self, f, g):
        sh, sw = self.item['stride']
        x = np.zeros_like(f.inputs[0])
        x[:, ::sh, ::sw] = g
        return [x]


# ---- mixing layers ----------------------------------------------------------------------------------------------

class Mixing(Layer):
    kind = 'mixing'

    def bias(self, f):
        b = self.array('bias')
        return None if b is None else b[:, None, None]


class Conv2d(Mixing):
    def __init__(self, item, dtype):
        super().__init__(item, dtype)
        self.window = Window(item['kernel'], item['stride'], item['pad'], item['dilation'])
        o, i, kh, kw = item['weight'].shape
        g = item['groups']
        # (tap, group, outputs of the group, inputs of the group)
        self.taps = self.array('weight').transpose(2, 3, 0, 1).reshape(kh * kw, g, o // g, i)

    def apply(self, k, vectors):
        """The weights of tap number k on row vectors: (n, inputs) -> (n, outputs)."""
        g, o, i = self.taps[k].shape
        out = np.matmul(vectors.reshape(len(vectors), g, i).transpose(1, 0, 2), self.taps[k].transpose(0, 2, 1))
        return out.transpose(1, 0, 2).reshape(len(vectors), g * o)

    def forward(self, f):
        x = f.inputs[0]
        out = self.window.out_shape(x)
        whole = self.window.padded(x, 0, out)
        y = np.zeros((out[0] * out[1], self.item['weight'].shape[0]), self.dtype)
        for k, tap in enumerate(self.window.taps()):
            y += self.apply(k, self.window.view(whole, tap, out).reshape(x.shape[0], -1).T)
        y = y.T.reshape(-1, *out)
        return y if self.bias(f) is None else y + self.bias(f)

    def carry(self, f, tables):
        ways, out, parts = tables[0], f.value.shape[1:], []
        for k, tap in enumerate(self.window.taps()):
            rows, position = self.window.reach(tap, ways.position, f.inputs[0].shape[2], out)
            parts.append(ways.take(rows, position, self.apply(k, ways.vector[rows]), ways.tap[rows] * len(self.taps) + k))
        return Ways.join(parts)

    def transpose(self, f, g):
        x, out = f.inputs[0], f.value.shape[1:]
        whole = self.window.padded(np.zeros_like(x), 0, out)
        for k, tap in enumerate(self.window.taps()):
            n, o, i = self.taps[k].shape
            back = np.matmul(self.taps[k].transpose(0, 2, 1), g.reshape(n, o, -1))
            self.window.view(whole, tap, out)[...] += back.reshape(-1, *out)
        return [self.window.crop(whole, x.shape)]


class LinearTokens(Conv2d):
    """The same fully connected layer at every position: a 1x1 convolution."""

    def __init__(self, item, dtype):
        one = dict(kernel=(1, 1), stride=(1, 1), pad=(0, 0, 0, 0), dilation=(1, 1), groups=1)
        super().__init__(dict(item, weight=item['weight'][:, :, None, None], **one), dtype)


class ConvTranspose2d(Mixing):
    """Tap (a, b) carries input position (i, j) to output position (i, j) * stride - pad + (a, b) * dilation: what a
    convolution does, read backwards. Positions that no tap reaches have the bias only."""

    def __init__(self, item, dtype):
        super().__init__(item, dtype)
        self.window = Window(item['kernel'], item['stride'], item['pad'], item['dilation'])
        i, o, kh, kw = item['weight'].shape
        g = item['groups']
        # (tap, group, inputs of the group, outputs of the group)
        self.taps = self.array('weight').transpose(2, 3, 0, 1).reshape(kh * kw, g, i // g, o)

    def out_shape(self, f):
        w, more = self.window, self.item['output_pad']
        return tuple((n - 1) * w.stride[a] - w.pad[a] - w.pad[a + 2] + w.dilation[a] * (w.kernel[a] - 1) + more[a] + 1
                     for a, n in enumerate(f.inputs[0].shape[1:]))

    def apply(self, k, vectors):
        """The weights of tap number k on row vectors: (n, inputs) -> (n, outputs)."""
        g, i, o = self.taps[k].shape
        out = np.matmul(vectors.reshape(len(vectors), g, i).transpose(1, 0, 2), self.taps[k])
        return out.transpose(1, 0, 2).reshape(len(vectors), g * o)

    def reach(self, f, tap, position):
        """Which of these input positions the tap carries to an output position, and to which."""
        w, (height, width), columns = self.window, self.out_shape(f), f.inputs[0].shape[2]
        row = position // columns * w.stride[0] - w.pad[0] + tap[0] * w.dilation[0]
        column = position % columns * w.stride[1] - w.pad[1] + tap[1] * w.dilation[1]
        rows = np.nonzero((row >= 0) & (row < height) & (column >= 0) & (column < width))[0]
        return rows, row[rows] * width + column[rows]

    def forward(self, f):
        x, out = f.inputs[0], self.out_shape(f)
        each = x.reshape(len(x), -1).T
        y = np.zeros((out[0] * out[1], self.taps.shape[1] * self.taps.shape[3]), self.dtype)
        for k, tap in enumerate(self.window.taps()):
            rows, position = self.reach(f, tap, np.arange(len(each)))
            y[position] += self.apply(k, each[rows])                # each input position goes to another output position
        y = y.T.reshape(-1, *out)
        return y if self.bias(f) is None else y + self.bias(f)

    def carry(self, f, tables):
        ways, parts = tables[0], []
        for k, tap in enumerate(self.window.taps()):
            rows, position = self.reach(f, tap, ways.position)
            parts.append(ways.take(rows, position, self.apply(k, ways.vector[rows]), ways.tap[rows] * len(self.taps) + k))
        return Ways.join(parts)

    def transpose(self, f, g):
        x, back = f.inputs[0], np.zeros((f.inputs[0][0].size, len(f.inputs[0])), self.dtype)
        g = g.reshape(len(g), -1).T
        for k, tap in enumerate(self.window.taps()):
            rows, position = self.reach(f, tap, np.arange(len(back)))
            groups, i, o = self.taps[k].shape
            there = g[position].reshape(len(rows), groups, o).transpose(1, 0, 2)
            back[rows] += np.matmul(there, self.taps[k].transpose(0, 2, 1)).transpose(1, 0, 2).reshape(len(rows), groups * i)
        return [back.T.reshape(x.shape)]


class Linear(Mixing):
    """Flattens what it reads, unless that is flat already; a path per position."""

    def __init__(self, item, dtype):
        super().__init__(item, dtype)
        self.flatten = Flatten(dict(item, name=''), dtype)

    def forward(self, f):
        y = (self.array('weight') @ f.inputs[0].reshape(-1)).reshape(-1, 1, 1)
        return y if self.bias(f) is None else y + self.bias(f)

    def carry(self, f, tables):
        flat = Frame(f.inputs)
        flat.value = self.flatten.forward(flat)
        ways = self.flatten.carry(flat, tables)
        return ways.take(slice(None), vector=ways.vector @ self.array('weight').T)

    def transpose(self, f, g):
        return [(self.array('weight').T @ g.reshape(-1)).reshape(f.inputs[0].shape)]


# ---- post layers ------------------------------------------------------------------------------------------------

class ScaleShift(Layer):
    kind = 'post'

    def scale_and_shift(self, f):
        scale, shift = self.array('scale'), self.array('shift')
        return scale, np.zeros_like(scale) if shift is None else shift

    def forward(self, f):
        return f.inputs[0] * self.scale_and_shift(f)[0][:, None, None] + self.bias(f)

    def carry(self, f, tables):
        return tables[0].take(slice(None), vector=tables[0].vector * self.scale_and_shift(f)[0])

    def scaled(self, f, value):
        """What this layer makes of a bias added below it."""
        return value * self.scale_and_shift(f)[0][:, None, None]

    def bias(self, f):
        return self.scale_and_shift(f)[1][:, None, None]

    def transpose(self, f, g):
        return [g * self.scale_and_shift(f)[0][:, None, None]]


class BatchNorm(ScaleShift):
    def statistics(self, f):
        return self.array('mean'), self.array('var')

    def scale_and_shift(self, f):
        mean, var = self.statistics(f)
        gamma, beta = self.array('gamma'), self.array('beta')
        scale = (1 if gamma is None else gamma) / np.sqrt(var + self.dtype(self.item['eps']))
        return scale, (0 if beta is None else beta) - scale * mean


class GroupNorm(BatchNorm):
    """A batch norm with the statistics of this picture, over the positions and each group of channels; they are frozen."""

    def groups(self, f):
        return self.item['groups']

    def statistics(self, f):
        x = f.inputs[0]
        parts = x.reshape(self.groups(f), -1)
        each = len(x) // len(parts)
        return np.repeat(parts.mean(axis=1), each), np.repeat(parts.var(axis=1), each)


class InstanceNorm(GroupNorm):
    def groups(self, f):
        return len(f.inputs[0])


class GlobalResponseNorm(ScaleShift):
    """(gamma N + 1) x + beta, N_c = |x_c| / (mean |x_c| + eps) with the norms of this picture's channels; they are frozen."""

    def scale_and_shift(self, f):
        response = np.sqrt((f.inputs[0] ** 2).sum(axis=(1, 2)))
        gamma, beta = self.array('gamma'), self.array('beta')
        share = response / (response.mean() + self.dtype(self.item['eps']))
        return (1 if gamma is None else gamma) * share + 1, np.zeros_like(share) if beta is None else beta


class Add(Layer):
    """The sum of its constant operands is a bias of the paths of the others; reference.Network takes them out of `inputs`."""
    kind = 'post'
    offset = None

    def forward(self, f):
        total = sum(f.inputs[1:], f.inputs[0])
        return total if self.offset is None else total + self.offset

    def bias(self, f):
        return self.offset

    def carry(self, f, tables):
        return Ways.join([t.in_branch(i) for i, t in enumerate(tables)])        # the branches stay different paths

    def scaled(self, f, value):
        return value

    def transpose(self, f, g):
        return [g] * len(f.inputs)


class AddConstant(Layer):
    kind = 'post'

    def forward(self, f):
        return f.inputs[0] + self.bias(f)

    def carry(self, f, tables):
        return tables[0]

    def scaled(self, f, value):
        return value

    def bias(self, f):
        return self.array('value')

    def transpose(self, f, g):
        return [g]


class Dropout(Layer):
    """Removed before anything else; here only so that it has a name."""
    kind = 'removed'


LAYERS = {
    'input': Input, 'constant': Constant, 'conv2d': Conv2d, 'conv_transpose2d': ConvTranspose2d, 'linear': Linear,
    'linear_tokens': LinearTokens, 'add_constant': AddConstant, 'batch_norm': BatchNorm, 'scale_shift': ScaleShift,
    'instance_norm': InstanceNorm, 'group_norm': GroupNorm, 'global_response_norm': GlobalResponseNorm, 'max_pool': MaxPool, 'avg_pool': AvgPool,
    'global_avg_pool': GlobalAvgPool, 'adaptive_avg_pool2d': AdaptiveAvgPool, 'add': Add, 'concat': Concat,
    'flatten': Flatten, 'dropout': Dropout, 'zero_pad': ZeroPad, 'zero_channels': ZeroChannels, 'subsample': Subsample,
    **MOVING, **POSITION_MOVES, **POINTWISE,
}
