"""Small networks for the layers that put whole PFVs at other positions: crops, rolls, pads that show the picture again, windows."""
import numpy as np

from more_networks import Planned


def crop(b, x, pad=(0, 0, 0, 0), step=(1, 1), name=None):
    return b.add('crop2d', x, name, pad=pad, step=step)


def roll(b, x, by, name=None):
    return b.add('roll2d', x, name, by=by)


def filled(b, kind, x, pad, name=None):
    return b.add(kind + '_pad2d', x, name, pad=pad)


def partition(b, x, window, grid=0, name=None):
    return b.add('window_partition', x, name, window=window, grid=grid)


def reverse(b, x, size, window, grid=0, name=None):
    return b.add('window_reverse', x, name, size=size, window=window, grid=grid)


def crops(seed):
    """Crops, offsets, strides and flips: of the picture (Focus), in both branches of an add (FactorizedReduce), under a pool, without
    a mixing layer, and in the head."""
    b = Planned(seed, 3, 9, 10)
    parts = [crop(b, 'x', (row, column, 1 - row, 1 - column), (2, 2)) for row in (0, 1) for column in (0, 1)]
    x = b.relu(b.conv(b.add('concat', [crop(b, 'x', step=(-1, 1)), 'x'], name='mirrored'), 6, bias=True))
    focus = b.relu(b.conv(b.add('concat', parts, name='focus'), 6, pad=0, bias=True))
    halves = [b.conv(crop(b, x, (k, k, 0, 0), (3 - k, 2)), 4, kernel=1) for k in (0, 1)]
    x = b.relu(b.bn(b.add('concat', [crop(b, halves[0], (0, 0, 0, 1)), crop(b, halves[1], (1, 0, 0, 1), name='half')])), name='reduced')
    x = b.maximum(crop(b, x, step=(-1, -2)), 2, 1)
    x = b.relu(b.scale_shift(crop(b, x, (1, 0, 0, 0), (1, -1), name='alone')))
    y = crop(b, focus, (0, 1, 0, 0), (-2, 3), name='sparse')
    x = b.relu(b.conv(b.add('concat', [b.gap(x), b.gap(y)]), 6, kernel=1, bias=True))
    b.linear(x, 5, name='logits')
    b.ask('relevance', ['x', 'mirrored', 'focus', 'half', 'reduced', 'alone', 'sparse', ('x', 'channels')], **{'class': 'low'})
    b.ask('erf', ['x'], once=True, site='reduced', row=1, column=0)
    b.ask('gradcam', ['x'], once=True, clamp=0, site='relu1', **{'class': 'low'})
    return b


def rolls(seed):
    """Rolls by more than the size and below 0, of a layer beside itself, under a convolution, a pool and an add, and to and fro."""
    b = Planned(seed, 3, 7, 6)
    x = b.relu(b.conv(roll(b, 'x', (2, -1)), 6, bias=True))
    x = b.relu(b.bn(b.add('add', [b.conv(roll(b, x, (-3, 8), name='far'), 6), x])))
    x = b.relu(b.conv(b.add('concat', [x, roll(b, x, (0, 1))], name='beside'), 6, bias=True))
    x = b.maximum(roll(b, b.average(roll(b, x, (1, 0)), 2, 1), (-1, 3), name='over'), 3, 2)
    x = b.relu(b.scale_shift(roll(b, roll(b, x, (1, 1)), (-1, -1), name='back')))
    b.linear(b.add('flatten', roll(b, x, (1, 0))), 5, name='logits')
    b.ask('relevance', ['x', 'roll2d1', 'far', 'beside', 'over', 'back'], **{'class': 'low'})
    b.ask('erf', ['x', 'relu1'], once=True, site='relu2', row=0, column=0)
    return b


def filled_pads(seed):
    """Pads that show the picture again, up to their largest size: under a convolution, a max-pool, an average, where ways meet, twice,
    without a mixing layer, under a flatten and in the head."""
    b = Planned(seed, 3, 6, 5)
    x = b.relu(b.conv(filled(b, 'reflection', 'x', (1, 4, 5, 2)), 6, pad=0, stride=2, bias=True))
    x = b.maximum(filled(b, 'replication', x, (1, 2, 0, 3), name='edges'), 3, 2)
    x = b.relu(b.conv(filled(b, 'circular', x, (2, 1, 1, 2), name='round'), 6, pad=0, bias=True))
    y = b.average(filled(b, 'reflection', filled(b, 'circular', x, (1, 0, 1, 1)), (1, 1, 0, 2), name='twice'), 3, 2)
    x = b.relu(b.bn(b.add('add', [b.conv(y, 6, kernel=1), b.conv(y, 6, bias=True)])))
    x = b.relu(b.scale_shift(filled(b, 'replication', x, (0, 1, 2, 0), name='alone')))
    x = b.relu(b.linear(b.add('flatten', b.average(filled(b, 'circular', x, (0, 2, 1, 0)), 2, 2)), 8))
    b.linear(x, 5, name='logits')
    b.ask('relevance', ['x', 'reflection_pad2d1', 'edges', 'round', 'circular_pad2d2', 'twice', 'alone'], **{'class': 'low'})
    b.ask('erf', ['x', 'relu1'], once=True, site='relu3', row=0, column=0)
    b.ask('erf', ['x'], once=True, site='edges', row=0, column=0)
    b.ask('gradcam', ['x'], once=True, clamp=0, site='relu1', **{'class': 'low'})
    return b


def filled_scores(seed):
    """A pad as the output: several positions of the scores are one of the layer below."""
    b = Planned(seed, 3, 5, 6)
    x = b.relu(b.conv(b.relu(b.conv('x', 5, bias=True), name='below'), 6, bias=True))
    filled(b, 'reflection', b.conv(x, 4, kernel=1, bias=True), (2, 1, 0, 3), name='scores')
    b.target('place', 'scores', **{'class': 3, 'at': (0, 2)})
    b.target('all', 'scores', **{'class': 1})
    for name in ('place', 'all'):
        b.ask('relevance', ['x', 'below'], target=[name])
    return b


def windows(seed):
    """Windows of neighbours, with a roll before and after as Swin has it, and of a grid, under fully connected layers and a convolution
    along the tokens; means of windows."""
    b = Planned(seed, 3, 8, 6)
    x = b.conv('x', 6, bias=True, name='stream')
    q = b.linear_tokens(b.layer_norm(x), 6)
    mixed = reverse(b, b.linear_tokens(partition(b, roll(b, q, (-1, -1)), (4, 3), name='blocks'), 6), (8, 6), (4, 3))
    x = b.add('add', [roll(b, mixed, (1, 1), name='rolled'), x], name='after_blocks')
    grid = partition(b, b.layer_norm(x), (2, 3), 1, name='grid')
    mixed = b.relu(b.conv(grid, 6, kernel=(1, 3), bias=True))
    x = b.add('add', [reverse(b, mixed, (8, 6), (2, 3), 1, name='ungrid'), x], name='after_grid')
    x = b.relu(b.conv(x, 6, bias=True))
    means = b.add('mean', partition(b, x, (2, 2), name='pooled'), axes=2)
    x = b.relu(b.scale_shift(reverse(b, means, (4, 3), (1, 1))))
    b.linear(b.gap(x), 5, name='logits')
    b.ask('relevance', ['x', 'stream', 'blocks', 'rolled', 'after_blocks', 'grid', 'ungrid', 'after_grid', 'pooled'], **{'class': 'low'})
    b.ask('erf', ['x'], once=True, site='after_grid', row=3, column=5)
    b.ask('gradcam', ['x'], once=True, clamp=0, site='stream', **{'class': 'low'})
    return b


def attended(b, x, move, back, pad=None, **attention):
    """Attention in windows as Swin has it: one linear layer for queries, keys and values, of which slices are moved."""
    packed = b.linear_tokens(b.layer_norm(x), 18)
    q, k, v = (move(b.slice(packed, i * 6, 6)) for i in range(3))
    return back(b.linear_tokens(b.attention(q, k, v if pad is None else pad(v), heads=2, rows=1, **attention), 6))


def attended_windows(seed):
    """Attention whose values were moved after the linear layer that made them: to windows, rolled before, of a grid, behind a gate; and
    some that are pads."""
    b = Planned(seed, 3, 4, 6)
    x = b.conv('x', 6, bias=True, name='stream')
    near = attended(b, x, lambda y: partition(b, y, (2, 3)), lambda y: reverse(b, y, (4, 6), (2, 3)))
    x = b.add('add', [near, x], name='near')
    shifted = attended(b, x, lambda y: partition(b, roll(b, y, (-1, -2)), (2, 3)),
                       lambda y: roll(b, reverse(b, y, (4, 6), (2, 3)), (1, 2)), mask=windows_apart(b))
    x = b.add('add', [shifted, x], name='shifted')
    gate = b.act('sigmoid', b.linear_tokens(b.gap(x), 6))
    far = attended(b, x, lambda y: partition(b, y, (2, 3), 1), lambda y: reverse(b, y, (4, 6), (2, 3), 1),
                   lambda v: b.gate(v, gate, name='gated'))
    x = b.add('add', [far, x], name='far')
    padded = attended(b, x, lambda y: partition(b, y, (2, 3)), lambda y: reverse(b, y, (4, 6), (2, 3)),
                      lambda v: roll(b, b.add('zero_pad', crop(b, v, (0, 0, 0, 1)), pad=(0, 0, 0, 1)), (0, 2)))
    x = b.relu(b.add('add', [padded, x]), name='padded')
    b.linear(b.gap(x), 5, name='logits')
    b.ask('relevance', ['x', 'stream', 'near', 'shifted', 'far', 'gated', 'attention1', 'attention2', 'padded'], **{'class': 'low'})
    b.ask('erf', ['x', 'stream'], once=True, site='shifted', row=3, column=5)
    b.ask('gradcam', ['x'], once=True, clamp=0, site='stream', **{'class': 'low'})
    return b


def windows_apart(b):
    """A mask for each of four windows, heads and six tokens: a token sees itself, and of the others about two thirds."""
    mask = b.single(b.rng.normal(0, 1, (4, 2, 6, 6)))
    mask[b.rng.random(mask.shape) < 0.35] = -np.inf
    mask[:, :, np.arange(6), np.arange(6)] = 0
    return mask


def to_space(b, x, block, last=0, name=None):
    return b.add('depth_to_space', x, name, block=block, last=last)


def to_depth(b, x, block, last=0, name=None):
    return b.add('space_to_depth', x, name, block=block, last=last)


def blocks(seed):
    """Depth to space and space to depth in both orders, square and not: of the picture, of a concat, under convolutions of all kinds, a
    max-pool, an average where ways meet, an add, one behind the other, without a mixing layer, and under a flatten."""
    b = Planned(seed, 3, 6, 8)
    x = b.relu(b.conv(to_depth(b, 'x', (2, 2), 1, name='unshuffled'), 8, bias=True))
    y = b.relu(b.conv(to_depth(b, 'x', (3, 4)), 12, kernel=1, bias=True))
    x = b.relu(b.conv(to_space(b, b.add('concat', [x, b.conv(x, 4)], name='pair'), (2, 3), 1, name='shuffled'), 6, bias=True))
    x = b.average(to_space(b, x, (1, 3), name='spread'), 2, 2)
    x = b.relu(b.bn(b.add('add', [b.conv(x, 6, bias=True), b.conv(x, 6, kernel=1)])))
    x = b.maximum(to_depth(b, to_space(b, x, (2, 1), 1), (2, 3), name='there_and_back'), 2, 1)
    x = b.relu(b.conv(x, 18, groups=18, bias=True), name='depthwise')
    z = b.relu(b.scale_shift(to_space(b, y, (2, 3), name='alone')))
    x = b.relu(b.linear(b.add('concat', [b.add('flatten', to_depth(b, z, (2, 2), 1)), b.gap(x)]), 9))
    b.linear(x, 5, name='logits')
    inner = ['unshuffled', 'pair', 'shuffled', 'spread', 'there_and_back', 'depthwise', 'alone']
    b.ask('relevance', ['x', *inner, ('x', 'channels')], **{'class': 'low'})
    b.ask('erf', ['x', 'relu1'], once=True, site='depthwise', row=0, column=0)
    b.ask('gradcam', ['x'], once=True, clamp=0, site='relu1', **{'class': 'low'})
    return b


def pixel_scores(seed):
    """Scores at every pixel by a pixel shuffle, as super-resolution and segmentation have them."""
    b = Planned(seed, 3, 4, 5)
    x = b.relu(b.conv(b.relu(b.conv('x', 5, bias=True), name='below'), 6, bias=True))
    to_space(b, b.conv(x, 12, kernel=1, bias=True), (2, 2), 1, name='scores')
    b.target('place', 'scores', **{'class': 2, 'at': (3, 4)})
    b.target('all', 'scores', **{'class': 1})
    for name in ('place', 'all'):
        b.ask('relevance', ['x', 'below'], target=[name])
    return b


def chosen_channels(seed):
    """Channels by their numbers: another order of the picture's, some twice, some left out, of a concat, under convolutions of all kinds, a
    pool, an add, without a mixing layer, and of a vector."""
    def chosen(x, channels, name=None):
        return b.add('gather_channels', x, name, count=len(channels), channels=channels)
    b = Planned(seed, 3, 6, 7)
    x = b.relu(b.conv(chosen('x', [2, 1, 0], name='bgr'), 5, bias=True))
    y = b.relu(b.conv(x, 4, bias=True))
    x = b.relu(b.conv(chosen(b.add('concat', [x, y]), [8, 7, 0, 1, 2, 0, 4, 8], name='mixed'), 6, bias=True))
    x = b.relu(b.conv(chosen(x, [0, 0, 3, 5, 4, 3], name='twice'), 6, groups=6, bias=True))
    y = b.maximum(chosen(b.maximum(x, 3, 2), [5, 4, 4, 1]), 2, 1)
    x = b.relu(b.bn(b.add('add', [b.conv(y, 6, kernel=1), b.conv(y, 6, bias=True)])))
    x = b.relu(b.scale_shift(chosen(x, [1, 1, 2, 5], name='alone')))
    x = b.relu(b.linear(chosen(b.add('flatten', x), [7, 3, 3, 0, 4, 5, 6, 2]), 8))
    b.linear(x, 5, name='logits')
    b.ask('relevance', ['x', 'bgr', 'mixed', 'alone', 'twice', ('x', 'channels')], **{'class': 'low'})
    b.ask('gradcam', ['x'], once=True, clamp=0, site='relu1', **{'class': 'low'})
    return b


POSITION_NETWORKS = [crops, rolls, filled_pads, filled_scores, windows, attended_windows, blocks, pixel_scores, chosen_channels]
