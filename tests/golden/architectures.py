"""Architectures in miniature: the layers and connections of the original in their order, few channels, small pictures."""
import numpy as np

from layer_networks import squeeze_excite
from more_networks import Planned
from networks import basic_block


class Deep(Planned):
    """Batch norms with one deviation for all channels. The few positions of one picture give a channel next to none; divided by
    it, or by the deviation of a layer that is nearly dead, rounding errors would grow from layer to layer."""

    def bn(self, x, name=None):
        v, c, draw = self.values[x], self.channels(x), self.rng
        mean = v.mean(axis=(1, 2)) * draw.uniform(0.3, 0.7, c)
        var = (0.5 + ((v - mean[:, None, None]) ** 2).mean()) * draw.uniform(0.7, 1.4, c)
        return self.add('batch_norm', x, name, channels=c, eps=1e-5, gamma=self.single(draw.uniform(0.6, 1.4, c)),
                        beta=self.single(draw.normal(0, 0.2, c)), mean=self.single(mean), var=self.single(var))


    def branch(self, x):
        """The first site below a concat, shuffled or not."""
        items = {i['name']: i for i in self.items}
        while items[x]['op'] in ('concat', 'shuffle'):
            x = items[x]['inputs'][0]
        return x


def sparing(b, *layers):
    """Answers the usual questions at these layers and the inputs only: deep networks have too many sites for small files."""
    b.places = ['x', *layers]
    return b


# ---- convolutional networks -------------------------------------------------------------------------------------------

def _vgg16(seed, norm):
    b = Deep(seed, 3, 32, 32)
    x, ends = 'x', []
    for stage, (out, count) in enumerate([(4, 2), (5, 2), (6, 3), (8, 3), (8, 3)]):
        for _ in range(count):
            x = b.relu(b.bn(b.conv(x, out))) if norm else b.relu(b.conv(x, out, bias=True))
        ends.append(x)
        x = b.maximum(x, 2, 2)
    x = b.add('dropout', b.relu(b.linear(b.add('flatten', x), 16)))
    x = b.add('dropout', b.relu(b.linear(x, 16)))
    b.linear(x, 6, name='logits')
    b.ask('gradcam', ['x', ends[3]], clamp=1, **{'class': 'top'})
    return sparing(b, *ends)


def vgg16(seed):
    return _vgg16(seed, False)


def vgg16_bn(seed):
    return _vgg16(seed, True)


def resnet18(seed):
    b = Deep(seed, 3, 36, 33)
    x = b.maximum(b.conv_bn_relu('x', 6, kernel=7, stride=2), 3, 2, pad=1)
    ends = []
    for out, stride in [(6, 1), (8, 2), (10, 2), (12, 2)]:
        x = basic_block(b, basic_block(b, x, out, stride), out, 1)
        ends.append(x)
    b.linear(b.add('flatten', b.gap(x)), 6, name='logits')
    return sparing(b, *ends)


def _bottlenecks(b, groups, narrow, counts):
    def block(x, middle, out, stride):
        y = b.conv_bn_relu(x, middle, kernel=1)
        y = b.bn(b.conv(b.relu(b.bn(b.conv(y, middle, stride=stride, groups=groups))), out, kernel=1))
        if stride != 1 or b.channels(x) != out:
            x = b.bn(b.conv(x, out, kernel=1, stride=stride, pad=0))
        return b.relu(b.add('add', [y, x]))
    x, ends = b.maximum(b.conv_bn_relu('x', 6, kernel=7, stride=2), 3, 2, pad=1), []
    for stage, count in enumerate(counts):
        for i in range(count):
            x = block(x, narrow[stage], 2 * narrow[stage], 2 if stage and not i else 1)
        ends.append(x)
    b.linear(b.add('flatten', b.gap(x)), 6, name='logits')
    return sparing(b, *ends)


def resnet50(seed):
    """Nine of its sixteen bottlenecks."""
    return _bottlenecks(Deep(seed, 3, 33, 36), 1, (3, 4, 5, 6), (2, 2, 3, 2))


def resnext50(seed):
    """Grouped convolutions in the bottlenecks, nine of sixteen."""
    return _bottlenecks(Deep(seed, 3, 36, 33), 4, (4, 4, 8, 8), (2, 2, 3, 2))


def densenet121(seed):
    """Dense blocks with bottlenecks of 1x1 convolutions, and transitions that halve the channels; six layers in all for each of
    the original's 58."""
    def dense(x, count):
        for _ in range(count):
            y = b.conv(b.relu(b.bn(x)), 8, kernel=1)
            x = b.add('concat', [x, b.conv(b.relu(b.bn(y)), 3)])
        return x
    b = Deep(seed, 3, 32, 32)
    x = b.maximum(b.conv_bn_relu('x', 6, kernel=7, stride=2), 3, 2, pad=1)
    ends = []
    for count in (2, 3, 4):
        x = b.conv(b.relu(b.bn(dense(x, count))), b.channels(x), kernel=1)
        ends.append(x)
        x = b.average(x, 2, 2)
    x = b.relu(b.bn(dense(x, 3)))
    b.linear(b.gap(x), 6, name='logits')
    return sparing(b, *ends)


def inception_v3(seed):
    """One of each kind of its blocks, with the padded average pools that count the padding."""
    def cbr(x, out, kernel=1, stride=1, pad=None):
        return b.conv_bn_relu(x, out, kernel, stride, pad)

    def pooled(x, out):
        return cbr(b.average(x, 3, 1, pad=1, count_padding=1), out)

    def block_a(x):
        double = cbr(cbr(cbr(x, 3), 4, 3), 4, 3)
        return b.add('concat', [cbr(x, 3), cbr(cbr(x, 3), 3, 5), double, pooled(x, 2)])

    def block_b(x):
        double = cbr(cbr(cbr(x, 3), 4, 3), 4, 3, 2, 0)
        return b.add('concat', [cbr(x, 4, 3, 2, 0), double, b.maximum(x, 3, 2)])

    def block_c(x):
        seven = cbr(cbr(cbr(x, 3), 3, (1, 7)), 3, (7, 1))
        double = cbr(cbr(cbr(cbr(cbr(x, 3), 3, (7, 1)), 3, (1, 7)), 3, (7, 1)), 3, (1, 7))
        return b.add('concat', [cbr(x, 3), seven, double, pooled(x, 3)])

    def block_d(x):
        seven = cbr(cbr(cbr(cbr(x, 3), 3, (1, 7)), 3, (7, 1)), 3, 3, 2, 0)
        return b.add('concat', [cbr(cbr(x, 3), 4, 3, 2, 0), seven, b.maximum(x, 3, 2)])

    def block_e(x):
        def split(y):
            return b.add('concat', [cbr(y, 2, (1, 3)), cbr(y, 2, (3, 1))])
        return b.add('concat', [cbr(x, 3), split(cbr(x, 3)), split(cbr(cbr(x, 3), 3, 3)), pooled(x, 2)])

    b = Deep(seed, 3, 47, 43)
    x = cbr(cbr(cbr('x', 4, 3, 2, 0), 4, 3), 5, 3)
    x = b.maximum(cbr(cbr(b.maximum(x, 3, 2), 5), 6, 3), 3, 1, pad=1)
    a = block_a(x)
    c = block_c(block_b(a))
    e = block_e(block_d(c))
    b.linear(b.add('dropout', b.gap(e)), 6, name='logits')
    return sparing(b, *map(b.branch, (a, c, e)))


def googlenet(seed):
    """Inception blocks with max-pools inside and between them."""
    def cbr(x, out, kernel=1, stride=1):
        return b.conv_bn_relu(x, out, kernel, stride)

    def block(x):
        pooled = cbr(b.maximum(x, 3, 1, pad=1, ceil=1), 2)
        return b.add('concat', [cbr(x, 3), cbr(cbr(x, 3), 4, 3), cbr(cbr(x, 2), 2, 3), pooled])
    b = Deep(seed, 3, 34, 31)
    x = b.maximum(cbr('x', 5, 7, 2), 3, 2, ceil=1)
    x = b.maximum(cbr(cbr(x, 5), 6, 3), 3, 2, ceil=1)
    third = block(block(x))
    fourth = block(block(b.maximum(third, 3, 2, ceil=1)))
    fifth = block(b.maximum(fourth, 2, 2, ceil=1))
    b.linear(b.add('dropout', b.add('flatten', b.gap(fifth))), 6, name='logits')
    return sparing(b, b.branch(third), b.branch(fourth))


def mobilenet_v3(seed):
    """The large one: hard-swish, and squeeze-and-excitation with hard-sigmoid before the linear bottleneck."""
    def bottleneck(x, kernel, wide, out, squeeze, act, stride):
        y = x if wide == b.channels(x) else b.act(act, b.bn(b.conv(x, wide, kernel=1)))
        y = b.act(act, b.bn(b.conv(y, wide, kernel=kernel, stride=stride, groups=wide)))
        y = squeeze_excite(b, y, max(2, wide // 4), outer='hard_sigmoid') if squeeze else y
        y = b.bn(b.conv(y, out, kernel=1))
        return b.add('add', [x, y]) if stride == 1 and b.channels(x) == out else y
    b = Deep(seed, 3, 32, 30)
    x, ends = b.act('hard_swish', b.bn(b.conv('x', 4, stride=2))), []
    for keys in [(3, 4, 4, 0, 'relu', 1), (3, 8, 5, 0, 'relu', 2), (3, 10, 5, 0, 'relu', 1), (5, 10, 6, 1, 'relu', 2),
                 (5, 12, 6, 1, 'relu', 1), (3, 12, 7, 0, 'hard_swish', 2), (3, 14, 7, 0, 'hard_swish', 1),
                 (3, 14, 8, 1, 'hard_swish', 1), (5, 16, 8, 1, 'hard_swish', 1)]:
        x = bottleneck(x, *keys)
        ends.append(x)
    x = b.act('hard_swish', b.bn(b.conv(x, 16, kernel=1)))
    x = b.add('dropout', b.act('hard_swish', b.linear(b.gap(x), 14)))
    b.linear(x, 6, name='logits')
    return sparing(b, ends[0], ends[2], ends[4], ends[7])


def efficientnet_b0(seed):
    """SiLU everywhere, squeeze-and-excitation in every block, drop-path removed."""
    def bottleneck(x, kernel, times, out, stride):
        wide = times * b.channels(x)
        y = x if times == 1 else b.act('silu', b.bn(b.conv(x, wide, kernel=1)))
        y = b.act('silu', b.bn(b.conv(y, wide, kernel=kernel, stride=stride, groups=wide)))
        y = b.bn(b.conv(squeeze_excite(b, y, 2, inner='silu'), out, kernel=1))
        return b.add('add', [b.add('dropout', y), x]) if stride == 1 and b.channels(x) == out else y
    b = Deep(seed, 3, 32, 32)
    x, ends = b.act('silu', b.bn(b.conv('x', 4, stride=2))), []
    for keys in [(3, 1, 3, 1), (3, 3, 4, 2), (3, 3, 4, 1), (5, 3, 5, 2), (5, 3, 5, 1), (3, 3, 6, 2), (5, 3, 6, 1),
                 (3, 3, 7, 1)]:
        x = bottleneck(x, *keys)
        ends.append(x)
    x = b.act('silu', b.bn(b.conv(x, 16, kernel=1)))
    b.linear(b.add('dropout', b.gap(x)), 6, name='logits')
    return sparing(b, ends[0], ends[2], ends[4], ends[7])


def shufflenet_v2(seed):
    """Blocks that pass half of the channels by, and shuffle the halves together."""
    def side(x, out, stride):
        x = b.relu(b.bn(b.conv(x, out, kernel=1)))
        return b.relu(b.bn(b.conv(b.bn(b.conv(x, out, stride=stride, groups=out)), out, kernel=1)))

    def block(x, out, stride):
        half, n = out // 2, b.channels(x)
        if stride == 1:
            left, right = b.slice(x, 0, half), side(b.slice(x, half, half), half, 1)
        else:
            left = b.relu(b.bn(b.conv(b.bn(b.conv(x, n, stride=2, groups=n)), half, kernel=1)))
            right = side(x, half, 2)
        return b.add('shuffle', b.add('concat', [left, right]), groups=2)
    b = Deep(seed, 3, 32, 32)
    x, ends = b.maximum(b.conv_bn_relu('x', 6, stride=2), 3, 2, pad=1), []
    for out in (8, 12):
        x = block(block(block(x, out, 2), out, 1), out, 1)
        ends.append(x)
    x = b.conv_bn_relu(x, 16, kernel=1)
    b.linear(b.add('mean', x, axes=3), 6, name='logits')
    return sparing(b, *map(b.branch, ends), x)


def convnext_t(seed):
    """Depthwise 7x7, layer norm over the channels, GELU between 1x1 convolutions, layer scale; downsampling by 2x2 kernels."""
    def block(x):
        c = b.channels(x)
        y = b.layer_norm(b.conv(x, c, kernel=7, groups=c, bias=True), eps=1e-6)
        y = b.linear_tokens(b.act('gelu', b.linear_tokens(y, 3 * c), approximation=0), c)
        return b.add('add', [b.layer_scale(y), x])
    b = Deep(seed, 3, 32, 32)
    x, ends = b.layer_norm(b.conv('x', 4, kernel=4, stride=4, pad=0, bias=True), eps=1e-6), []
    for stage, (c, count) in enumerate([(4, 2), (6, 2), (8, 3)]):
        if stage:
            x = b.conv(b.layer_norm(x, eps=1e-6), c, kernel=2, stride=2, pad=0, bias=True)
        for _ in range(count):
            x = block(x)
        ends.append(x)
    b.linear(b.layer_norm(b.gap(x), eps=1e-6), 6, name='logits')
    return sparing(b, *ends)


# ---- networks with dense or several outputs ---------------------------------------------------------------------------------

def _unet(seed, up):
    def double(x, out):
        return b.conv_bn_relu(b.conv_bn_relu(x, out), out)
    b = Deep(seed, 3, 16, 20)
    first = double('x', 4)
    second = double(b.maximum(first, 2, 2), 6)
    third = double(b.maximum(second, 2, 2), 8)
    x = double(b.add('concat', [second, up(b, third, 6)]), 6)
    x = double(b.add('concat', [first, up(b, x, 4)]), 4)
    b.conv(x, 3, kernel=1, bias=True, name='scores')
    b.target('pixel', 'scores', **{'class': 1, 'at': (7, 9)})
    mask = np.zeros((16, 20), np.float32)
    mask[3:9, 5:14] = 1
    b.target('region', 'scores', **{'class': 2, 'against': 0, 'mask': mask})
    for name in ('pixel', 'region'):
        b.ask('relevance', ['x', first, second, third], target=[name])
    b.ask('contrastive', ['x'], once=True, target=['region'])
    return sparing(b, second, third)


def unet_bilinear(seed):
    return _unet(seed, lambda b, x, out: b.upsample(x, 1, 1, scale=(2.0, 2.0)))


def unet_transposed(seed):
    return _unet(seed, lambda b, x, out: b.conv_transpose(x, out))


def yolo(seed):
    """A backbone with split bottlenecks and SPPF, nearest upsampling to a finer grid, and an output on each grid."""
    def cbs(x, out, kernel=1, stride=1):
        return b.act('silu', b.bn(b.conv(x, out, kernel, stride)))

    def split(x, out, add=True):
        x = cbs(x, out)
        left, right = b.slice(x, 0, out // 2), b.slice(x, out // 2, out // 2)
        y = cbs(cbs(right, out // 2, 3), out // 2, 3)
        return cbs(b.add('concat', [left, right, b.add('add', [right, y]) if add else y]), out)
    b = Deep(seed, 3, 32, 48)
    x = cbs(cbs('x', 4, 3, 2), 6, 3, 2)
    fine = split(cbs(split(x, 6), 8, 3, 2), 8)
    x = cbs(split(cbs(fine, 8, 3, 2), 8), 4)
    chain = [x]
    for _ in range(3):
        chain.append(b.maximum(chain[-1], 5, 1, pad=2))
    coarse = cbs(b.add('concat', chain), 8)
    up = b.add('concat', [b.upsample(coarse, scale=(2.0, 2.0)), fine])
    fine = split(up, 8, add=False)
    down = split(b.add('concat', [cbs(fine, 8, 3, 2), coarse]), 8, add=False)
    b.output(b.conv(cbs(fine, 8, 3), 5, kernel=1, bias=True, name='fine'))
    b.output(b.conv(cbs(down, 8, 3), 5, kernel=1, bias=True, name='coarse'))
    b.target('small', 'fine', **{'class': 2, 'at': (1, 3)})
    b.target('large', 'coarse', **{'class': 0, 'at': (1, 1)})
    for names in (['small'], ['large'], ['large', 'small']):
        b.ask('relevance', ['x', fine, coarse], target=names)
    b.ask('contrastive', ['x'], once=True, target=['small'])
    b.ask('output_erf', ['x'], once=True, output='coarse')
    return sparing(b, fine, coarse)


# ---- transformers -------------------------------------------------------------------------------------------------------------

def transformer_block(b, x, heads, packed=True):
    """Pre-norm: attention, then a wider layer per token with GELU, each added to the stream."""
    c = b.channels(x)
    y = b.layer_norm(x, eps=1e-6)
    if packed:
        y = b.linear_tokens(y, 3 * c)
        parts = [b.slice(y, i * c, c) for i in range(3)]
    else:
        parts = [b.linear_tokens(y, c) for _ in range(3)]
    x = b.add('add', [b.linear_tokens(b.attention(*parts, heads=heads), c), x])
    y = b.act('gelu', b.linear_tokens(b.layer_norm(x, eps=1e-6), 2 * c), approximation=0)
    return b.add('add', [b.linear_tokens(y, c), x])


def patches(b, channels):
    return b.tokens(b.conv('x', channels, kernel=4, stride=4, pad=0, bias=True, name='patches'))


def vit(seed):
    """A class token before the patches, a position embedding, blocks, layer norm, and the class token alone to the logits."""
    b = Deep(seed, 3, 16, 20)
    token = b.constant(8, name='token')
    x = b.add_constant(b.add('concat_tokens', [token, patches(b, 8)]), name='embedded')
    x = first = transformer_block(b, x, 2)
    x = second = transformer_block(b, x, 2)
    x = transformer_block(b, x, 2)
    b.linear(b.select(b.layer_norm(x, eps=1e-6), 0), 6, name='logits')
    b.ask('contrastive', ['x', 'token', second], **{'class': 'low'})
    b.ask('gradcam', ['x'], once=True, clamp=0, site=first, **{'class': 'top'})
    b.ask('erf', ['x', 'token'], once=True, site=second, row=0, column=0)
    return sparing(b, 'token', 'patches', 'embedded', first, second)


def deit_distilled(seed):
    """Two tokens before the patches, each with a head of its own; the logits are their average."""
    b = Deep(seed, 3, 16, 16)
    token, teacher = b.constant(6, name='token'), b.constant(6, name='teacher')
    x = b.add('concat_tokens', [token, teacher, patches(b, 6)])
    x = b.add_constant(x, name='embedded')
    for _ in range(2):
        x = transformer_block(b, x, 3, packed=False)
    last = b.layer_norm(x, eps=1e-6)
    both = b.add('add', [b.linear(b.select(last, 0), 6), b.linear(b.select(last, 1), 6)])
    b.add('scale_shift', both, name='logits', channels=6, scale=b.single(np.full(6, 0.5)), shift=None)
    return sparing(b, 'token', 'teacher', 'patches', 'embedded')


ARCHITECTURES = [vgg16, vgg16_bn, resnet18, resnet50, resnext50, densenet121, inception_v3, googlenet, mobilenet_v3,
                 efficientnet_b0, shufflenet_v2, convnext_t, unet_bilinear, unet_transposed, yolo, vit, deit_distilled]
