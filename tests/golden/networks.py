"""The small networks of the golden files: real architectures in miniature, and the corners of the method."""
import numpy as np

from layers import LAYERS
from ways import Frame


class Builder:
    """Adds layers one by one and runs them on a picture at once, so that weights can be drawn to fit the shapes, and batch
    norm can be given statistics near those it would have learned."""

    def __init__(self, seed, channels, height, width):
        self.rng = np.random.default_rng(seed)
        self.values, self.items, self.numbers = {}, [], {}
        picture = self.picture(channels, height, width)
        self._keep(dict(op='input', name='x', inputs=[], channels=channels, height=height, width=width), picture)

    def picture(self, channels, height, width):
        """Noise on top of a slow wave, so that neighbours resemble each other as in a photograph."""
        rows, columns = np.arange(height)[:, None], np.arange(width)[None, :]
        waves = []
        for _ in range(channels):
            a, b, phase = self.rng.normal(0, 0.5, 2).tolist() + [self.rng.uniform(0, 6)]
            waves.append(np.sin(a * rows + b * columns + phase))
        return self.single(np.stack(waves) + self.rng.normal(0, 0.6, (channels, height, width)))

    def single(self, a):
        return np.asarray(a, np.float32)

    def _keep(self, item, value):
        self.items.append(item)
        self.values[item['name']] = np.asarray(value, np.float64)
        return item['name']

    def add(self, op, inputs, name=None, **attributes):
        inputs = [inputs] if isinstance(inputs, str) else list(inputs)
        self.numbers[op] = self.numbers.get(op, 0) + 1
        item = dict(op=op, name=name or '%s%d' % (op, self.numbers[op]), inputs=inputs, **attributes)
        frame = Frame([self.values[i] for i in inputs])
        return self._keep(item, frame.inputs[0] if op == 'dropout' else LAYERS[op](item, np.float64).forward(frame))

    def channels(self, name):
        return self.values[name].shape[0]

    def conv(self, x, out, kernel=3, stride=1, pad=None, bias=False, dilation=1, groups=1, name=None):
        kernel, stride, dilation = (v if isinstance(v, tuple) else (v, v) for v in (kernel, stride, dilation))
        if pad is None:
            pad = (kernel[0] // 2, kernel[1] // 2) * 2
        elif isinstance(pad, int):
            pad = (pad,) * 4
        inside = self.channels(x) // groups
        weight = self.rng.normal(0, np.sqrt(2 / (inside * kernel[0] * kernel[1])), (out, inside, *kernel))
        return self.add('conv2d', x, name, in_channels=self.channels(x), out_channels=out, kernel=kernel, stride=stride,
                        pad=pad, dilation=dilation, groups=groups, weight=self.single(weight),
                        bias=self.single(self.rng.normal(0, 0.2, out)) if bias else None)

    def linear(self, x, out, bias=True, name=None):
        n = self.values[x].size
        return self.add('linear', x, name, in_features=n, out_features=out,
                        weight=self.single(self.rng.normal(0, np.sqrt(2 / n), (out, n))),
                        bias=self.single(self.rng.normal(0, 0.2, out)) if bias else None)

    def bn(self, x, name=None):
        v, c, draw = self.values[x], self.channels(x), self.rng
        spread = v.std() + 0.1
        mean = v.mean(axis=(1, 2)) * draw.uniform(0.6, 1, c) + spread * draw.normal(0, 0.1, c)
        var = (v.var(axis=(1, 2)) + 0.2 * spread ** 2) * draw.uniform(0.7, 1.4, c)
        return self.add('batch_norm', x, name, channels=c, eps=1e-5, gamma=self.single(draw.uniform(0.6, 1.4, c)),
                        beta=self.single(draw.normal(0, 0.2, c)), mean=self.single(mean), var=self.single(var))

    def scale_shift(self, x, name=None):
        c = self.channels(x)
        return self.add('scale_shift', x, name, channels=c, scale=self.single(self.rng.uniform(0.5, 1.5, c)),
                        shift=self.single(self.rng.normal(0, 0.2, c)))

    def relu(self, x, name=None):
        return self.add('relu', x, name)

    def relu6(self, x):
        return self.add('clip', x, min=0.0, max=6.0)

    def leaky(self, x, slope=0.1):
        return self.add('leaky_relu', x, slope=slope)

    def pool(self, kind, x, kernel, stride, pad=0, ceil=0, count_padding=0):
        kernel, stride = (v if isinstance(v, tuple) else (v, v) for v in (kernel, stride))
        pad = (pad,) * 4 if isinstance(pad, int) else pad
        counts = {'count_padding': count_padding} if kind == 'avg' else {}
        return self.add(kind + '_pool', x, kernel=kernel, stride=stride, pad=pad, ceil=ceil, **counts)

    def maximum(self, x, kernel, stride, pad=0, ceil=0):
        return self.pool('max', x, kernel, stride, pad, ceil)

    def average(self, x, kernel, stride, pad=0, ceil=0, count_padding=0):
        return self.pool('avg', x, kernel, stride, pad, ceil, count_padding)

    def gap(self, x, name=None):
        return self.add('global_avg_pool', x, name)

    def conv_bn_relu(self, x, out, kernel=3, stride=1, pad=None):
        return self.relu(self.bn(self.conv(x, out, kernel, stride, pad)))


# ---- architectures ----------------------------------------------------------------------------------------------

def vgg_small(seed):
    b = Builder(seed, 3, 24, 20)
    x = b.conv_bn_relu(b.conv_bn_relu('x', 8), 8)
    x = b.maximum(x, 2, 2)
    x = b.conv_bn_relu(b.conv_bn_relu(x, 12), 12)
    x = b.maximum(x, 2, 2)
    x = b.maximum(b.conv_bn_relu(x, 16), 2, 2)
    x = b.relu(b.linear(b.add('flatten', x), 24))
    x = b.relu(b.linear(b.add('dropout', x), 16))
    b.linear(b.add('dropout', x), 6, name='logits')
    return b


def vgg_plain(seed):
    b = Builder(seed, 1, 16, 16)
    x = b.relu(b.conv(b.relu(b.conv('x', 8, bias=True)), 8, bias=True))
    x = b.maximum(x, 2, 2)
    x = b.relu(b.conv(x, 12, bias=True))
    b.linear(b.add('flatten', b.maximum(x, 2, 2)), 10, name='logits')
    return b


def basic_block(b, x, out, stride):
    y = b.bn(b.conv(b.conv_bn_relu(x, out, stride=stride), out))
    if stride != 1 or b.channels(x) != out:
        x = b.bn(b.conv(x, out, kernel=1, stride=stride, pad=0))
    return b.relu(b.add('add', [y, x]))


def resnet_basic(seed):
    b = Builder(seed, 3, 33, 29)
    x = b.maximum(b.conv_bn_relu('x', 8, kernel=7, stride=2), 3, 2, pad=1)
    x = basic_block(b, basic_block(b, x, 8, 1), 12, 2)
    b.linear(b.add('flatten', b.gap(x)), 6, name='logits')
    return b


def resnet_bottleneck(seed):
    def block(x, narrow, wide, stride):
        y = b.conv_bn_relu(b.conv_bn_relu(x, narrow, kernel=1), narrow, stride=stride)
        y = b.bn(b.conv(y, wide, kernel=1))
        if stride != 1 or b.channels(x) != wide:
            x = b.bn(b.conv(x, wide, kernel=1, stride=stride, pad=0))
        return b.relu(b.add('add', [y, x]))
    b = Builder(seed, 3, 17, 21)
    x = b.conv_bn_relu('x', 8)
    x = block(block(block(x, 4, 16, 1), 4, 16, 1), 6, 24, 2)
    b.linear(b.gap(x), 6, name='logits')
    return b


def resnet_option_a(seed):
    b = Builder(seed, 3, 16, 16)
    x = basic_block(b, b.conv_bn_relu('x', 6), 6, 1)
    y = b.bn(b.conv(b.conv_bn_relu(x, 10, stride=2), 10))
    short = b.add('zero_channels', b.add('subsample', x, stride=(2, 2)), before=2, after=2)
    x = basic_block(b, b.relu(b.add('add', [y, short])), 10, 1)
    b.linear(b.add('flatten', b.gap(x)), 6, name='logits')
    return b


def squeezenet_small(seed):
    def fire(x, narrow, wide):
        s = b.relu(b.conv(x, narrow, kernel=1, bias=True))
        return b.add('concat', [b.relu(b.conv(s, wide, kernel=k, bias=True)) for k in (1, 3)])
    b = Builder(seed, 3, 31, 28)
    x = b.maximum(b.relu(b.conv('x', 8, stride=2, pad=0, bias=True)), 3, 2, ceil=1)
    x = b.maximum(fire(fire(x, 4, 6), 4, 6), 3, 2, ceil=1)
    x = b.add('dropout', fire(x, 6, 8))
    b.gap(b.relu(b.conv(x, 5, kernel=1, bias=True)), name='logits')
    return b


def mobilenet_v1_small(seed):
    def separable(x, out, stride, pad):
        n = b.channels(x)
        x = b.relu6(b.bn(b.conv(x, n, stride=stride, pad=pad, groups=n)))
        return b.relu6(b.bn(b.conv(x, out, kernel=1)))
    b = Builder(seed, 3, 24, 28)
    x = b.relu6(b.bn(b.conv('x', 8, stride=2, pad=(0, 0, 1, 1))))
    x = separable(x, 12, 1, 1)
    x = separable(x, 16, 2, (0, 0, 1, 1))
    x = separable(x, 16, 1, 1)
    b.add('softmax', b.linear(b.gap(x), 7, name='logits'), name='probabilities')
    return b


def densenet_small(seed):
    def dense(x):
        return b.add('concat', [x, b.conv(b.relu(b.bn(x)), 5)])
    b = Builder(seed, 3, 16, 14)
    x = dense(dense(b.conv('x', 8)))
    x = b.average(b.conv(b.relu(b.bn(x)), 10, kernel=1), 2, 2)
    x = dense(dense(x))
    b.linear(b.gap(b.relu(b.bn(x))), 6, name='logits')
    return b


# ---- corners ----------------------------------------------------------------------------------------------------

def kernels(seed):
    b = Builder(seed, 3, 25, 22)
    x = b.leaky(b.conv('x', 6, kernel=4, stride=2, pad=(1, 2, 2, 1), bias=True))
    x = b.leaky(b.bn(b.conv(x, 6, kernel=(1, 7))), 0.25)
    x = b.relu(b.conv(x, 6, kernel=(7, 1), bias=True))
    x = b.relu(b.conv(x, 9, pad=(2, 2, 2, 2), dilation=2, groups=3, bias=True))
    x = b.scale_shift(x)
    x = b.average(x, (3, 2), (2, 1), pad=(1, 0, 1, 1), ceil=1, count_padding=1)
    x = b.relu(b.conv(x, 8, bias=True))
    x = b.average(x, 3, 2, pad=(1, 1, 0, 2), ceil=1, count_padding=0)
    x = b.add('zero_pad', x, pad=(1, 0, 2, 1))
    x = b.relu(b.conv(x, 10, kernel=(3, 2), stride=(1, 2), pad=(0, 1, 1, 0), bias=True))
    x = b.maximum(x, (2, 3), (2, 2), pad=(1, 1, 0, 1), ceil=1)
    b.linear(b.gap(b.conv(x, 8, bias=True)), 5, name='logits')
    return b


def nested_pools(seed):
    b = Builder(seed, 3, 12, 11)
    x = b.relu(b.conv(b.relu(b.conv('x', 8, bias=True)), 6, kernel=1, bias=True))
    chain = [x]
    for _ in range(3):
        chain.append(b.maximum(chain[-1], 5, 1, pad=2))
    x = b.relu(b.conv(b.add('concat', chain), 8, kernel=1, bias=True))
    x = b.relu(b.bn(b.conv(x, 8)))
    x = b.maximum(b.average(x, 3, 1, pad=1, count_padding=1), 3, 2, pad=1)
    x = b.relu(b.conv(x, 8, bias=True))
    b.linear(b.gap(x), 5, name='logits')
    return b


def sppf_direct(seed):
    """The four ways of an SPPF read by a 3x3 convolution with a bias: many source PFVs reach a tap by several ways."""
    b = Builder(seed, 3, 10, 9)
    x = b.relu(b.conv('x', 6, bias=True))
    chain = [x]
    for _ in range(3):
        chain.append(b.maximum(chain[-1], 3, 1, pad=1))
    x = b.relu(b.conv(b.add('concat', chain), 8, bias=True))
    b.linear(b.gap(x), 5, name='logits')
    return b


def dead_areas(seed):
    """Black areas under bias-free layers: zero PFVs, then biases with nothing to divide by."""
    b = Builder(seed, 3, 16, 18)
    x = b.relu(b.conv(b.relu(b.conv('x', 6)), 8))
    x = b.add('concat', [b.relu(b.conv(x, 6, bias=True)), b.relu(b.bn(b.conv(x, 6)))])
    x = b.relu(b.bn(b.conv(b.maximum(x, 2, 2), 8)))
    b.linear(b.gap(x), 5, name='logits')
    return b


def dead_head(seed):
    """Zero PFVs under a fully connected layer without a bias, under an add, and under a max-pool without a mixing layer."""
    b = Builder(seed, 3, 12, 12)
    x = b.relu(b.conv('x', 8))
    y = b.conv(x, 8)
    x = b.relu(b.add('add', [y, x]))
    x = b.relu(b.maximum(x, 2, 2))
    x = b.relu(b.linear(b.add('flatten', x), 12, bias=False))
    b.linear(x, 5, name='logits')
    return b


def unreached(seed):
    """1x1 convolutions with padding: positions that no path reaches."""
    b = Builder(seed, 3, 10, 12)
    x = b.relu(b.conv('x', 8, kernel=1, pad=1, bias=True))
    x = b.relu(b.bn(b.conv(x, 8)))
    x = b.relu(b.conv(x, 8, kernel=1, pad=(1, 0, 0, 2)))
    x = b.relu(b.conv(x, 8, bias=True))
    b.linear(b.gap(x), 5, name='logits')
    return b


def unreached_head(seed):
    """The same under the head: what the padding contributes to the score is a constant term."""
    b = Builder(seed, 3, 8, 9)
    x = b.relu(b.conv('x', 8, bias=True))
    b.conv(x, 5, kernel=1, pad=(1, 1, 0, 0), bias=True, name='scores')
    return b


def orphan_bias(seed):
    """A biased branch that no path reaches at the border, beside one that is reached: its bias goes to the other's paths."""
    b = Builder(seed, 3, 8, 9)
    x = b.relu(b.conv('x', 8, bias=True))
    x = b.relu(b.bn(b.add('add', [b.conv(x, 8, kernel=1, pad=1, bias=True), b.conv(x, 8, pad=2, bias=True)])))
    x = b.relu(b.conv(x, 8, bias=True))
    b.linear(b.gap(x), 5, name='logits')
    return b


def flat_vector(seed):
    """A flatten of overlapping pools with batch norm instead of a mixing layer: one path per PFV, however often it wins."""
    b = Builder(seed, 2, 7, 8)
    x = b.relu(b.conv('x', 4, bias=True))
    x = b.relu(b.bn(b.add('flatten', b.maximum(x, 3, 2))))
    b.linear(x, 5, name='logits')
    return b


def residual_twice(seed):
    """Streams that are read twice, a linear bottleneck without activation, and a layer added to itself."""
    b = Builder(seed, 3, 14, 13)
    x = b.conv('x', 8)
    y = b.conv(b.relu(b.bn(x)), 8)
    x = b.add('add', [b.conv(b.relu(b.bn(y)), 8), x])
    c = b.conv(b.relu(b.bn(x)), 8, bias=True)
    x = b.relu(b.add('add', [c, c, x]))
    narrow = b.bn(b.conv(b.relu6(b.bn(b.conv(x, 16, kernel=1))), 8, kernel=1))
    x = b.maximum(b.add('add', [narrow, x]), 2, 2)
    x = b.relu(b.conv(x, 8, bias=True))
    b.linear(b.gap(x), 5, name='logits')
    return b


def fc_after_pool(seed):
    """A 1x1 convolution after a global pool is a fully connected layer."""
    b = Builder(seed, 3, 9, 10)
    x = b.relu(b.conv(b.relu(b.conv('x', 8, bias=True)), 8, stride=2, bias=True))
    x = b.relu(b.bn(b.conv(b.gap(x), 12, kernel=1, bias=True)))
    b.conv(x, 5, kernel=1, bias=True, name='logits')
    return b


def fc_whole_kernel(seed):
    """A convolution as large as its input is a fully connected layer, and the batch norm after it shares its bias alike."""
    b = Builder(seed, 3, 10, 8)
    x = b.maximum(b.relu(b.conv('x', 8, bias=True)), 2, 2)
    x = b.relu(b.bn(b.conv(x, 12, kernel=(5, 4), pad=0, bias=True)))
    b.linear(x, 5, name='logits')
    return b


def fc_on_input(seed):
    b = Builder(seed, 2, 8, 9)
    x = b.relu(b.linear('x', 12))
    x = b.relu(b.linear(x, 10))
    b.linear(x, 5, name='logits')
    return b


def fc_sum(seed):
    """Three kinds of fully connected layers added: each keeps its own biases."""
    b = Builder(seed, 3, 8, 8)
    r = b.relu(b.conv('x', 6, stride=2, bias=True))
    whole = b.bn(b.conv(r, 10, kernel=4, pad=0))
    x = b.relu(b.add('add', [b.linear('x', 10), whole, b.conv(b.gap(r), 10, kernel=1, bias=True)]))
    b.linear(x, 5, name='logits')
    return b


def gap_concat_fc(seed):
    b = Builder(seed, 3, 12, 10)
    x = b.relu(b.conv('x', 6, bias=True))
    y = b.relu(b.conv(x, 8, stride=2, bias=True))
    b.linear(b.add('concat', [b.gap(x), b.gap(y)]), 5, name='logits')
    return b


def dense_scores(seed):
    """A score at every position: strided, so that some positions mix only at the border, and summed."""
    b = Builder(seed, 3, 11, 13)
    x = b.relu(b.conv(b.relu(b.conv('x', 8, bias=True)), 8, stride=2, bias=True))
    x = b.leaky(b.bn(b.conv(x, 8, kernel=1)))
    b.add('softmax', b.conv(x, 5, kernel=1, bias=True, name='scores'), name='probabilities')
    return b


NETWORKS = [vgg_small, vgg_plain, resnet_basic, resnet_bottleneck, resnet_option_a, squeezenet_small, mobilenet_v1_small,
            densenet_small, kernels, nested_pools, sppf_direct, dead_areas, dead_head, unreached, unreached_head, orphan_bias,
            flat_vector, residual_twice, fc_after_pool, fc_whole_kernel, fc_on_input, fc_sum, gap_concat_fc, dense_scores]

# Pictures with black areas: (rows, columns) that are zero.
BLACK = {'dead_areas': (slice(0, 9), slice(4, 18)), 'dead_head': (slice(0, 12), slice(0, 8)),
         'per_channel': (slice(0, 6), slice(3, 11)), 'inner_ways': (slice(0, 7), slice(0, 6)),
         'constant_pads': (slice(0, 5), slice(0, 5))}
