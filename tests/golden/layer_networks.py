"""Small networks for constants, transposed convolutions, layer norm, gates, attention, tokens, upsampling and the other layers
that move PFVs: one or more for each, with its corners."""
import numpy as np

from more_networks import Planned


def scores(b, x, classes=5):
    """A pooled head."""
    return b.linear(b.gap(x), classes, name='logits')


# ---- constants ------------------------------------------------------------------------------------------------------

def class_token(seed):
    """A constant beside the patches: attention gives it relevance, and the head starts at it. Read twice, it is a source as well
    as a bias."""
    b = Planned(seed, 3, 8, 10)
    x = b.tokens(b.conv('x', 8, kernel=2, stride=2, pad=0, bias=True, name='patches'))
    token = b.constant(8, name='token')
    x = b.layer_norm(b.add_constant(b.add('concat_tokens', [token, x]), name='stream'))
    x = b.add('add', [b.linear_tokens(b.attention(x, x, x, heads=2), 8), x], name='mixed')
    x = b.act('gelu', b.linear_tokens(x, 8), approximation=0)
    x = b.attention(b.linear_tokens(x, 8), b.linear_tokens(x, 8), b.linear_tokens(x, 8))
    b.linear(b.add('add', [b.select(x, 0), token]), 5, name='logits')
    b.ask('contrastive', ['x', 'token', 'patches'], **{'class': 'low'})
    b.ask('erf', ['x', 'token'], site='mixed', row=0, column=7)
    b.ask('seed', ['x', 'token'], once=True, site='stream', seed=b.single(b.rng.normal(0, 1, (1, 21))), contrastive=1)
    return b


def constant_grid(seed):
    """A constant of many positions in a concat under a convolution, and alone behind a gate."""
    b = Planned(seed, 3, 9, 8)
    grid = b.constant(3, 9, 8, name='grid')
    x = b.relu(b.conv(b.add('concat', ['x', grid]), 6, bias=True))
    g = b.act('sigmoid', b.conv(x, 1, kernel=1, bias=True))
    x = b.relu(b.bn(b.add('add', [b.gate(grid, g), b.conv(x, 3, bias=True)])))
    scores(b, b.relu(b.conv(x, 6, stride=2, bias=True)))
    b.ask('contrastive', ['x', 'grid', 'relu1'], **{'class': 'low'})
    b.ask('gradcam', ['x', 'grid'], once=True, clamp=1, **{'class': 'top'})
    return b


def constant_operands(seed):
    """Constant operands of adds are biases: one as it is, one made from constants by layers, beside one branch and beside two;
    after a fully connected layer they are shared evenly."""
    b = Planned(seed, 3, 8, 7)
    x = b.relu(b.add('add', [b.conv('x', 6), b.constant(6, 8, 7)]))
    derived = b.relu(b.conv(b.constant(4, 8, 7), 6, kernel=3, bias=True))
    x = b.relu(b.bn(b.add('add', [b.conv(x, 6, bias=True), b.scale_shift(derived), b.conv(x, 6, kernel=1)])))
    x = b.add('add', [b.constant(6, 8, 7), x, derived], name='plain')
    x = b.relu(b.linear(b.add('flatten', b.maximum(x, 2, 2)), 10))
    x = b.relu(b.add('add', [b.linear(x, 8), b.linear(b.constant(3, 2, 1), 8)]))
    whole = b.relu(b.add('add', [b.linear(b.maximum('plain', 2, 2), 8, bias=False), b.constant(8)]))
    b.linear(b.add('add', [x, whole]), 5, name='logits')
    b.ask('erf', ['x', 'relu1'], once=True, site='plain', row=7, column=0)
    return b


def added_constants(seed):
    """Each way to broadcast an added constant: after a convolution, a gather layer, an add, and fully connected layers."""
    b = Planned(seed, 3, 8, 9)
    x = b.relu(b.add_constant(b.conv('x', 6, bias=True)))
    x = b.add_constant(b.maximum(x, 2, 2), channels=1, name='plane')
    x = b.relu(b.add_constant(b.add('add', [b.conv(x, 6, bias=True), x]), height=1))
    x = b.relu(b.bn(b.add_constant(b.conv(x, 6), width=1)))
    x = b.relu(b.add_constant(b.add_constant(b.conv(x, 6, bias=True), height=1, width=1), channels=1, height=1))
    x = b.relu(b.add_constant(b.conv(x, 6, bias=True), channels=1, height=1, width=1), name='last')
    x = b.relu(b.add_constant(b.linear(b.add('flatten', x), 9)))
    y = b.relu(b.scale_shift(b.add_constant(b.conv(b.gap('last'), 9, kernel=1), channels=1)))
    b.linear(b.add('concat', [x, y]), 5, name='logits')
    inner = ['x', 'plane', 'add1', 'conv2d2', 'add_constant4', 'add_constant3', 'conv2d4']
    b.ask('relevance', inner, once=True, **{'class': 'low'})
    return b


def constant_pads(seed):
    """Constants around the picture: under a convolution, under a max-pool where they may win, under an average, twice, beside
    another way in a concat, and under a fully connected layer. The picture is black in one corner."""
    b = Planned(seed, 3, 9, 10)
    x = b.relu(b.conv(b.padded('x', (1, 1, 1, 1), 0.75), 6, pad=0, bias=True))
    x = b.maximum(b.padded(x, (1, 0, 2, 1), 0.5, name='frame'), 3, 2)
    x = b.relu(b.conv(x, 6, pad=0))
    y = b.average(b.padded(b.padded(x, (0, 2, 1, 0), -0.5), (1, 0, 1, 0), 0.25), 2, 1)
    z = b.padded(b.conv(x, 4, kernel=1), (1, 1, 1, 0), -1.0, name='beside')
    x = b.relu(b.conv(b.add('concat', [y, z], name='both'), 6, bias=True), name='last')
    x = b.relu(b.bn(b.linear(b.add('flatten', b.padded(x, (0, 1, 0, 0), 1.0)), 9)))
    b.linear(x, 5, name='logits')
    inner = ['x', 'frame', 'max_pool1', 'beside', 'both', 'avg_pool1']
    b.ask('relevance', inner + [('x', 'channels')], **{'class': 'top'})
    b.ask('erf', ['x', 'relu1'], once=True, site='frame', row=1, column=3)
    b.ask('erf', ['x', 'relu2'], once=True, site='both', row=0, column=0)
    b.ask('gradcam', ['x'], once=True, site='relu1', clamp=0, **{'class': 'low'})
    return b


def padded_alone(seed):
    """Constant pads without a mixing layer: positions that no path reaches, one beside a branch that has paths there, and a pad
    in the head."""
    b = Planned(seed, 3, 6, 7)
    x = b.relu(b.conv('x', 6, bias=True))
    x = b.relu(b.bn(b.add('add', [b.padded(x, (1, 1, 1, 1), 0.5), b.conv(x, 6, pad=2, bias=True)])))
    x = b.relu(b.scale_shift(b.padded(x, (0, 1, 2, 0), 0.25)))
    x = b.relu(b.conv(x, 6, bias=True))
    b.conv(b.padded(x, (1, 0, 0, 1), 0.5), 5, kernel=1, bias=True, name='scores')
    return b


# ---- transposed convolution --------------------------------------------------------------------------------------------

def transposed(seed):
    """Kernel and stride of all kinds, pads, output pads, groups, dilation; strides larger than the kernel leave positions that
    no path reaches, with and without a bias."""
    b = Planned(seed, 3, 5, 6)
    x = b.relu(b.conv_transpose('x', 6, kernel=2, stride=2))
    x = b.relu(b.bn(b.conv_transpose(x, 6, kernel=3, stride=(1, 2), pad=(1, 0, 2, 1), output_pad=(0, 1), bias=False)))
    x = b.maximum(x, 2, 2)
    x = b.relu(b.conv_transpose(x, 8, kernel=(2, 1), stride=3, output_pad=(2, 0)))
    x = b.relu(b.conv(x, 6, stride=2, bias=True))
    x = b.relu(b.conv_transpose(x, 9, kernel=2, stride=(2, 1), pad=(2, 1, 1, 1), dilation=(2, 3), groups=3))
    x = b.relu(b.conv_transpose(b.average(x, 2, 2), 6, kernel=1, stride=2, bias=False))
    scores(b, b.relu(b.conv(x, 6, bias=True)))
    b.ask('relevance', ['x', 'conv_transpose2d1', 'max_pool1', 'avg_pool1', ('x', 'channels')], **{'class': 'top'})
    b.ask('gradcam', ['x'], once=True, site='relu3', clamp=0, **{'class': 'top'})
    return b


def transposed_head(seed):
    """A transposed convolution with one output position is a fully connected layer; in the head it passes the direction on, and
    scores that it makes in between are constant terms."""
    b = Planned(seed, 2, 6, 6)
    x = b.relu(b.conv('x', 6, stride=3, pad=0, bias=True), name='four')
    x = b.relu(b.bn(b.conv_transpose(x, 9, kernel=2, stride=1, pad=1)))
    b.output(b.linear(b.relu(b.conv_transpose(x, 8, kernel=1, stride=1)), 5, name='logits'))
    b.output(b.conv_transpose(b.relu(b.conv('four', 6, bias=True)), 4, kernel=2, stride=3, output_pad=1, name='places'))
    b.target('all', 'places', **{'class': 1})
    b.target('gap', 'places', **{'class': 2, 'at': (2, 1)})
    for name in ('all', 'gap'):
        b.ask('relevance', ['x', 'four'], target=[name])
    b.ask('erf', ['x', 'four'], once=True, site='places', row=2, column=2)
    return b


# ---- layer norm ----------------------------------------------------------------------------------------------------------

def layer_norms(seed):
    """Over the channels of each position: in the trunk, with and without gamma and beta, and in the head, which passes through
    with the deviation frozen."""
    b = Planned(seed, 3, 9, 8)
    x = b.layer_norm(b.conv('x', 6, stride=2, pad=1, bias=True), eps=1e-6)
    x = b.layer_norm(b.add('add', [b.act('gelu', b.conv(x, 6, bias=True), approximation=0), x]), affine=False)
    x = b.conv(b.layer_norm(b.maximum(x, 2, 1)), 6, bias=True, name='last')
    x = b.relu(b.layer_norm(b.linear(b.layer_norm(b.gap(x)), 9)))
    b.output(b.linear(b.layer_norm(x, affine=False), 5, name='logits'))
    b.output(b.layer_norm(b.conv('last', 4, kernel=1, bias=True), name='places'))
    b.target('dense', 'places', **{'class': 2})
    b.ask('relevance', ['x', 'conv2d1'], target=['dense'])
    b.ask('gradcam', ['x', 'last'], clamp=0, site='last', **{'class': 'top'})
    return b


# ---- gates ---------------------------------------------------------------------------------------------------------------

def gates(seed):
    """A gate of every shape that broadcasts, a gate of a gate on either side, a layer that gates itself."""
    b = Planned(seed, 3, 8, 9)
    x = b.relu(b.conv('x', 6, bias=True))
    x = b.conv(b.gate(x, b.act('sigmoid', b.conv(x, 6, bias=True)), name='full'), 6, bias=True)
    x = b.relu(b.bn(b.conv(b.gate(x, b.act('sigmoid', b.conv(x, 1, bias=True)), name='plane'), 6)))
    rows = b.act('tanh', b.add('mean', b.conv(x, 6, kernel=1, bias=True), axes=2))
    columns = b.act('sigmoid', b.add('mean', b.conv(x, 1, kernel=1, bias=True), axes=1))
    x = b.relu(b.conv(b.gate(b.gate(x, rows, name='rows'), columns), 6, bias=True))
    one = b.act('sigmoid', b.linear(b.gap(x), 1))
    inner = b.gate(b.act('sigmoid', b.conv(x, 6, kernel=1, bias=True)), one)
    x = b.relu(b.conv(b.gate(x, inner, name='last'), 6, stride=2, bias=True))
    scores(b, b.gate(x, x))
    b.ask('relevance', ['x', 'full', 'plane', 'rows', 'mean1', 'gate4', 'last'], **{'class': 'low'})
    b.ask('gradcam', ['x', 'relu1'], once=True, clamp=0, site='relu1', **{'class': 'top'})
    b.ask('erf', ['x'], once=True, site='rows', row=2, column=3)
    return b


def squeeze_excite(b, x, narrow, inner='relu', outer='sigmoid'):
    """The gate of a squeeze-and-excitation block, of 1x1 convolutions after a pool."""
    s = b.act(inner, b.conv(b.gap(x), narrow, kernel=1, bias=True))
    return b.gate(x, b.act(outer, b.conv(s, b.channels(x), kernel=1, bias=True)))


def gated_places(seed):
    """Squeeze-and-excitation on residual branches; gates under a max-pool, under a concat, under an average, before a fully
    connected layer."""
    b = Planned(seed, 3, 10, 9)
    x = b.relu(b.bn(b.conv('x', 6)))
    x = b.relu(b.add('add', [squeeze_excite(b, b.bn(b.conv(x, 6)), 3), x]))
    y = b.maximum(squeeze_excite(b, b.conv(x, 6, bias=True), 3, outer='hard_sigmoid'), 2, 2)
    z = squeeze_excite(b, b.average(x, 2, 2), 2, inner='silu')
    x = b.add('concat', [y, z, b.gate(y, z)], name='joined')
    x = b.relu(b.conv(x, 8, bias=True))
    x = b.relu(b.linear(b.add('flatten', squeeze_excite(b, x, 2)), 9))
    b.linear(b.gate(x, b.act('sigmoid', b.linear(x, 9))), 5, name='logits')
    inner = ['x', 'gate1', 'gate2', 'max_pool1', 'joined', 'batch_norm2', 'global_avg_pool1']
    b.ask('relevance', inner, once=True, **{'class': 'low'})
    return b


# ---- attention -----------------------------------------------------------------------------------------------------------

def qkv(b, x, c):
    return [b.linear_tokens(x, c) for _ in range(3)]


def attention_mixed(seed):
    """One head and several, with a mask for all heads and one for each, under a mixing layer; a key that is masked for every head
    of a token is no path to it."""
    b = Planned(seed, 3, 1, 9)
    x = b.layer_norm(b.add_constant(b.conv('x', 6, kernel=1, bias=True)))
    x = b.add('add', [b.linear_tokens(b.attention(*qkv(b, x, 6)), 6), x], name='one')
    y = b.layer_norm(x)
    causal = np.where(np.arange(9) <= np.arange(9)[:, None], 0, -np.inf).astype(np.float32)[None]
    past = b.attention(*qkv(b, y, 6), heads=3, mask=causal, name='causal')
    x = b.add('add', [b.linear_tokens(past, 6, bias=False), x], name='two')
    some = b.single(b.rng.normal(0, 1, (2, 9, 9)))
    some[b.rng.random(some.shape) < 0.4] = -np.inf
    some[:, np.arange(9), np.arange(9)] = 0
    y = b.layer_norm(x)
    x = b.relu(b.bn(b.linear_tokens(b.attention(*qkv(b, y, 8), heads=2, scale=0.75, mask=some), 6)))
    scores(b, x)
    b.ask('relevance', ['x', 'causal', 'attention1', 'linear_tokens4', 'linear_tokens12'], **{'class': 'low'})
    b.ask('erf', ['x', 'one'], once=True, site='causal', row=0, column=3)
    b.ask('erf', ['x', 'one'], once=True, site='two', row=0, column=0)
    b.ask('gradcam', ['x'], once=True, clamp=0, site='one', **{'class': 'top'})
    return b


def attention_alone(seed):
    """Without a mixing layer: as a branch of an add, twice in a row, with query, key and value the same layer, its value a concat
    of gathers that repeat a source."""
    b = Planned(seed, 3, 3, 4)
    x = b.tokens(b.relu(b.conv('x', 6, bias=True)))
    x = b.layer_norm(b.add('add', [b.attention(x, x, x), x]), name='same')
    again = b.attention(x, x, b.attention(x, x, x, heads=3, scale=2.0, name='inner'), heads=2, scale=2.0, name='outer')
    x = b.relu(b.add_constant(again, height=1, width=1))
    x = b.linear_tokens(x, 6)
    doubled = b.add('concat_tokens', [x, b.select(x, 3, 5), x])
    x = b.relu(b.scale_shift(b.attention(x, doubled, doubled, heads=2)))
    scores(b, x)
    b.ask('relevance', ['x', 'inner', 'outer', 'attention1', 'reshape1', 'concat_tokens1'], **{'class': 'low'})
    b.ask('erf', ['x', 'same'], once=True, site='outer', row=0, column=5)
    return b


def attention_padded(seed):
    """Convolutions right above an attention that add positions to its grid, on which no query looks, or leave some out."""
    b = Planned(seed, 3, 3, 4)
    x = b.tokens(b.relu(b.conv('x', 6, bias=True)))
    below = b.relu(b.conv(b.attention(x, x, x, heads=2), 6, kernel=1, pad=(0, 0, 2, 2), bias=True), name='below')
    right = b.relu(b.conv(b.attention(x, x, x, heads=3), 6, kernel=1, pad=(0, 0, 0, 3), bias=True), name='right')
    left = b.relu(b.conv(b.attention(x, x, x), 6, kernel=1, stride=2, pad=(1, 1, 0, 0), bias=True), name='left')
    b.linear(b.add('concat', [b.gap(below), b.gap(right), b.gap(left)]), 5, name='logits')
    b.ask('erf', ['x'], once=True, site='below', row=0, column=12)
    b.ask('erf', ['x'], once=True, site='right', row=0, column=3)
    return b


def attention_crossed(seed):
    """Cross attention between sequences of different lengths and channels; queries that are constants; one query alone, whose
    mixing layer is then a fully connected one; keys, queries and values packed in one layer."""
    b = Planned(seed, 3, 4, 5)
    z = b.input('z', 4, 1, 6)
    x = b.tokens(b.relu(b.conv('x', 6, bias=True)))
    y = b.layer_norm(b.linear_tokens('z', 6))
    crossed = b.attention(b.linear_tokens(y, 4), b.linear_tokens(x, 4), b.linear_tokens(x, 8), heads=2)
    y = b.add('add', [b.linear_tokens(crossed, 6), y])
    packed = b.linear_tokens(b.layer_norm(y), 18, name='packed')
    parts = [b.slice(packed, i * 6, 6) for i in range(3)]
    y = b.act('gelu', b.bn(b.linear_tokens(b.attention(*parts, heads=2, name='self'), 6)), approximation=1)
    asked = b.constant(6, 1, 3, name='asked')
    y = b.add('concat_tokens', [asked, y])
    three = b.attention(asked, y, y, heads=3, name='three')
    y = b.relu(b.linear_tokens(three, 7), name='seven')
    one = b.linear_tokens(b.attention(b.select('seven', 1), y, y), 8, name='one')
    b.linear(b.relu(b.add_constant(one)), 5, name='logits')
    b.ask('relevance', ['x', 'z', 'asked', 'packed', 'self', 'three', 'attention1', 'slice3', 'slice1'], **{'class': 'low'})
    b.ask('contrastive', ['x', 'z', 'asked'], once=True, **{'class': 'top'})
    return b


def attention_rows(seed):
    """Every row a sequence of its own: under a mixing layer without a mask, with a mask for each row, and alone as the branch of an
    add, with other numbers of queries than keys and one mask for all rows."""
    b = Planned(seed, 3, 4, 5)
    x = b.layer_norm(b.conv('x', 6, kernel=1, bias=True))
    x = b.add('add', [b.linear_tokens(b.attention(*qkv(b, x, 6), heads=2, rows=1), 6), x], name='one')
    y = b.layer_norm(x)
    each = b.single(b.rng.normal(0, 1, (4, 3, 5, 5)))
    each[b.rng.random(each.shape) < 0.4] = -np.inf
    each[:, :, np.arange(5), np.arange(5)] = 0
    some = b.attention(*qkv(b, y, 6), heads=3, scale=0.75, mask=each, rows=1, name='some')
    x = b.add('add', [b.linear_tokens(some, 6, bias=False), x], name='two')
    fewer = b.relu(b.linear_tokens(b.average(x, (1, 2), (1, 2)), 8), name='fewer')
    bias = b.single(b.rng.normal(0, 1, (2, 2, 5)))
    crossed = b.attention(b.linear_tokens(fewer, 4), b.linear_tokens(x, 4), b.linear_tokens(x, 8), heads=2, mask=bias, rows=1)
    scores(b, b.relu(b.add('add', [crossed, fewer]), name='three'))
    b.ask('relevance', ['x', 'some', 'attention1', 'fewer', 'three'], **{'class': 'low'})
    b.ask('erf', ['x', 'one'], once=True, site='some', row=2, column=3)
    b.ask('erf', ['x', 'one'], once=True, site='two', row=3, column=0)
    b.ask('gradcam', ['x'], once=True, clamp=0, site='one', **{'class': 'top'})
    return b


def attention_columns(seed):
    """Rows that were columns, whose values are pooled from positions that two of them share."""
    b = Planned(seed, 3, 3, 4)
    x = b.add('transpose', b.relu(b.conv('x', 6, bias=True)), name='columns')
    x = b.relu(b.linear_tokens(b.attention(x, x, b.maximum(x, 3, 1, pad=1), rows=1, name='over'), 6))
    b.linear(b.gap(x), 5, name='logits')
    b.ask('relevance', ['x', 'columns', 'over'], **{'class': 'top'})
    b.ask('erf', ['x'], once=True, site='over', row=1, column=2)
    return b


# ---- tokens, reshapes, channels --------------------------------------------------------------------------------------------

def sliced_input(seed):
    """Convolutions that read some channels of the input only, first and later ones."""
    b = Planned(seed, 5, 7, 6)
    first = b.relu(b.conv(b.slice('x', 0, 2), 6, bias=True), name='first')
    later = b.relu(b.bn(b.conv(b.slice(b.slice('x', 1, 4), 1, 3), 6, kernel=2, stride=2)), name='later')
    last = b.relu(b.conv(b.slice('x', 4, 1), 4, kernel=1, bias=True))
    deep = b.relu(b.conv(b.add('concat', [first, last]), 6, bias=True))
    b.linear(b.add('concat', [b.gap(deep), b.gap(later)]), 5, name='logits')
    b.ask('relevance', [('x', 'channels')], **{'class': 'low'})
    b.ask('erf', ['x'], once=True, site='first', row=2, column=3)
    return b


def sliced_pools(seed):
    """Some channels of a pool, first and later ones, of one site and of two: below convolutions, and as they are."""
    b = Planned(seed, 3, 9, 8)
    left = b.relu(b.conv('x', 6, bias=True), name='left')
    right = b.relu(b.conv('x', 5, bias=True), name='right')
    one = b.slice(b.pool('max', left, 3, 2, 1), 2, 3)
    two = b.slice(b.pool('max', b.add('concat', [left, right]), 3, 2, 1), 4, 5)
    mixed = b.relu(b.conv(two, 5, bias=True), name='mixed')
    plain = b.relu(b.bn(b.add('concat', [two, one, mixed])), name='plain')
    b.linear(b.gap(b.relu(b.conv(plain, 6, bias=True))), 5, name='logits')
    b.ask('relevance', ['x', 'left', 'right', 'mixed', 'plain'], **{'class': 'low'})
    b.ask('erf', ['x'], once=True, site='plain', row=2, column=1)
    return b


def mixed_grids(seed):
    """Scores at every position that read the same numbers of positions of two grids: these are two source positions each."""
    b = Planned(seed, 3, 6, 2)
    x = b.tokens('x')
    y = b.relu(b.attention(x, x, x))
    b.output(b.relu(b.add('concat', [y, x]), 'scores'))
    b.target('one', 'scores', **{'class': 4, 'at': (0, 5)})
    b.target('all', 'scores', **{'class': 1})
    b.ask('relevance', ['x'], target=['one'])
    b.ask('relevance', ['x', 'relu1'], target=['all'])
    b.ask('erf', ['x'], once=True, site='scores', row=0, column=7)
    return b


def moved_positions(seed):
    """Tokens joined and selected, grids reshaped and transposed, under convolutions, pools, and without a mixing layer."""
    b = Planned(seed, 3, 6, 8)
    x = b.relu(b.conv('x', 6, bias=True))
    x = b.relu(b.conv(b.add('transpose', x), 6, bias=True))
    y = b.add('reshape', b.maximum(x, 2, 2), height=0, width=2)
    x = b.relu(b.bn(b.conv(y, 6, name='narrow')))
    x = b.tokens(b.relu(b.scale_shift(b.add('reshape', x, height=3, width=0))))
    x = b.add('concat_tokens', [b.select(x, 2, 7), x, b.select(x, 0)], name='joined')
    x = b.relu(b.conv(x, 6, kernel=(1, 3), bias=True))
    x = b.add('transpose', b.add('reshape', x, height=4, width=5))
    x = b.relu(b.linear(b.add('flatten', b.maximum(x, 3, 2)), 9))
    b.linear(x, 5, name='logits')
    inner = ['x', 'transpose1', 'reshape1', 'reshape2', 'joined', 'select_tokens1', 'transpose2', 'max_pool2']
    b.ask('relevance', inner, **{'class': 'low'})
    b.ask('erf', ['x', 'relu1'], once=True, site='joined', row=0, column=8)
    b.ask('gradcam', ['x'], once=True, clamp=0, site='relu2', **{'class': 'low'})
    return b


def moved_channels(seed):
    """Slices and shuffles of a concat, under dense, grouped and depthwise convolutions; a slice that leaves a branch of the
    concat out; slices and concats after a flatten, which stay the positions of the fully connected layer."""
    b = Planned(seed, 3, 8, 7)
    x = b.relu(b.conv('x', 6, bias=True))
    y = b.relu(b.conv(x, 6, bias=True))
    mixed = b.add('shuffle', b.add('concat', [x, y], name='pair'), groups=2)
    left, right = b.slice(mixed, 0, 6), b.slice(mixed, 6, 6)
    x = b.relu(b.conv(left, 6, bias=True))
    y = b.relu(b.bn(b.conv(right, 6, groups=6)))
    z = b.relu(b.conv(b.add('shuffle', b.add('concat', [x, y]), groups=3), 8, groups=4, bias=True))
    x = b.relu(b.bn(b.conv(b.slice('pair', 1, 4), 6)), name='half')
    flat = b.add('flatten', b.maximum(z, 4, 3))
    tail = b.slice(flat, 9, 20)
    x = b.relu(b.linear(b.add('concat', [tail, b.add('flatten', b.maximum(x, 4, 3)), b.gap(y)], name='long'), 9))
    b.linear(x, 5, name='logits')
    inner = ['pair', 'shuffle1', 'slice1', 'slice2', 'slice3', 'slice4', 'shuffle2', 'long']
    b.ask('relevance', ['x', *inner, ('x', 'channels')], **{'class': 'low'})
    b.ask('erf', ['x', 'relu1'], once=True, site='shuffle1', row=3, column=3)
    b.ask('gradcam', ['x'], once=True, clamp=0, site='relu1', **{'class': 'low'})
    return b


def means(seed):
    """Over rows, over columns, over both, under convolutions, without them, and under fully connected layers."""
    b = Planned(seed, 3, 7, 6)
    x = b.relu(b.conv('x', 6, bias=True))
    rows = b.relu(b.conv(b.add('mean', x, axes=2), 6, kernel=(3, 1), bias=True))
    columns = b.relu(b.scale_shift(b.add('mean', x, axes=1)))
    y = b.conv(b.add('transpose', columns), 6, kernel=(1, 1), bias=True)
    twice = b.add('mean', b.add('mean', x, axes=1), axes=2)
    x = b.add('concat', [b.add('mean', rows, axes=1), b.add('mean', y, axes=3), twice])
    b.linear(b.relu(b.conv(x, 8, kernel=1, bias=True)), 5, name='logits')
    b.ask('relevance', ['x', 'mean1', 'mean2', 'mean3', 'mean5', 'mean6', 'transpose1'], **{'class': 'low'})
    return b


def root_norms(seed):
    """RMS and L2 norms: over the input, between convolutions, above an add, below a pool, behind the last mixing of positions, where the
    head passes through them, with and without gamma, with an eps that counts, and at an output."""
    b = Planned(seed, 3, 7, 6)

    def rms(x, affine=True, eps=1e-6):
        c = b.values[x].shape[0]
        return b.add('rms_norm', x, channels=c, eps=eps, gamma=b.single(b.rng.normal(0.8, 0.4, c)) if affine else None)

    x = b.conv(b.add('l2_norm', 'x', eps=1e-12), 6, bias=True)
    x = b.conv(rms(x), 6, bias=True)
    y = rms(b.add('add', [b.act('gelu', b.conv(x, 6, bias=True), approximation=0), x]), False)
    x = b.conv(b.maximum(b.add('l2_norm', b.conv(y, 6), eps=2.5), 2, 1), 6, bias=True, name='last')
    x = b.relu(rms(b.linear(b.add('l2_norm', b.gap(x), eps=0.0), 9), eps=0.3))
    b.output(b.linear(b.add('l2_norm', b.linear(x, 7), eps=1e-12), 5, name='logits'))
    b.output(rms(b.conv('last', 4, kernel=1, bias=True)))
    return b


def sums(seed):
    """As means, with numbers that grow: over rows, columns and both, under convolutions, without them, under fully connected layers."""
    b = Planned(seed, 3, 7, 6)
    x = b.relu(b.conv('x', 6, bias=True))
    rows = b.relu(b.conv(b.add('sum', x, axes=2), 6, kernel=(3, 1), bias=True))
    columns = b.relu(b.scale_shift(b.add('sum', x, axes=1)))
    twice = b.add('sum', b.add('sum', x, axes=1), axes=2)
    x = b.add('concat', [b.add('sum', rows, axes=1), b.add('sum', columns, axes=3), twice, b.add('sum', 'x', axes=3)])
    b.linear(b.relu(b.conv(x, 8, kernel=1, bias=True)), 5, name='logits')
    b.ask('relevance', ['x', 'sum1', 'sum2', 'sum4', 'sum6'], **{'class': 'low'})
    return b


def maxima(seed):
    """Maxima over windows of many sizes, whole axes and all positions: as the first layer, under a convolution, in a concat, over a
    pool, without a mixing layer, and behind the last mixing of positions, where the head passes through; with ties (a ReLU below)."""
    b = Planned(seed, 3, 9, 7)
    first = b.conv(b.add('adaptive_max_pool2d', 'x', size=(5, 4)), 5, bias=True)
    x = b.relu(b.conv('x', 6, bias=True), name='wide')
    rows = b.relu(b.conv(b.add('max', x, axes=2), 6, kernel=(3, 1), bias=True))
    columns = b.relu(b.scale_shift(b.add('max', x, axes=1)))
    parts = b.add('adaptive_max_pool2d', b.average(x, 2, 1), size=(5, 4))
    larger = b.relu(b.conv(b.add('adaptive_max_pool2d', parts, size=(7, 5)), 6, stride=2, bias=True))
    both = b.relu(b.conv(b.add('concat', [parts, first]), 6, bias=True), name='both')
    x = b.add('concat', [b.add('global_max_pool', both), b.add('max', rows, axes=1), b.add('max', columns, axes=3),
                         b.add('global_max_pool', larger)])
    x = b.relu(b.linear(b.add('global_max_pool', b.linear(x, 9, name='one')), 8))
    b.linear(x, 5, name='logits')
    b.ask('relevance', ['x', 'max1', 'max2', 'adaptive_max_pool2d2', 'adaptive_max_pool2d3', 'global_max_pool1'], **{'class': 'low'})
    b.ask('erf', ['x'], once=True, site='both', row=1, column=2)
    b.ask('gradcam', ['x'], once=True, clamp=0, site='wide', **{'class': 'low'})
    return b


def maxima_of_layers(seed):
    """Maxima and minima of layers: of branches that mix, of a branch and a constant, of a layer beside its own pool (two ways from one
    PFV), of zeros (channels that a branch lacks), of layers that are equal in places (ReLUs), under a convolution, in an add, and
    behind the last mixing of positions."""
    b = Planned(seed, 4, 7, 6)
    x = b.relu(b.conv('x', 6, bias=True), name='stem')
    y = b.relu(b.conv(x, 6, bias=True))
    ties = b.relu(b.conv(b.add('maximum', [x, y]), 6, bias=True))
    less = b.conv(b.add('minimum', [b.conv(x, 6, bias=True), b.conv(y, 6, kernel=1), b.conv(x, 6, kernel=1)]), 6, bias=True, name='less')
    pooled = b.relu(b.conv(b.add('maximum', [b.average(x, 3, 1, pad=1), x, b.maximum(x, 3, 1, pad=1)]), 6, bias=True))
    lack = b.add('zero_channels', b.conv(x, 3, bias=True), before=1, after=2)
    zeros = b.add('minimum', [b.add('maximum', [less, lack], name='positive'), b.add('zero_channels', b.conv(y, 4), before=2, after=0)])
    zeros = b.conv(zeros, 6, bias=True)
    x = b.relu(b.add('add', [ties, zeros, b.add('maximum', [pooled, less])]))
    x = b.add('maximum', [b.constant(6, 7, 6), x])
    x = b.gap(x)
    x = b.add('maximum', [b.linear(x, 9), b.linear(x, 9)])
    b.linear(b.relu(b.add('minimum', [x, b.linear(x, 9)])), 5, name='logits')
    b.ask('relevance', ['x', 'maximum1', 'minimum1', 'positive', 'minimum2'], **{'class': 'low'})
    b.ask('erf', ['x'], once=True, site='less', row=3, column=4)
    b.ask('gradcam', ['x'], once=True, clamp=0, site='stem', **{'class': 'low'})
    return b


def maxout(seed):
    """The largest of groups of channels: as the first layer, of convolutions, over a shuffle, a slice and a concat (where channels come
    in another order), over channels of zeros, under a pool and a convolution, over all channels, of groups of one, behind the last
    mixing of positions."""
    b = Planned(seed, 4, 7, 6)
    first = b.conv(b.add('max_channels', 'x', groups=2), 5, bias=True)
    x = b.add('max_channels', b.conv('x', 12, bias=True), groups=4)
    x = b.relu(b.conv(b.maximum(x, 2, 1), 8, bias=True), name='mid')
    mixed = b.add('shuffle', b.add('concat', [b.add('slice', x, first=2, count=4), b.add('zero_channels', x, before=1, after=3)]), groups=2)
    y = b.relu(b.conv(b.add('max_channels', mixed, groups=4), 6, bias=True))
    all_of = b.add('max_channels', x, groups=1)
    same = b.add('max_channels', b.conv(x, 6, kernel=1), groups=6)
    z = b.relu(b.conv(b.add('concat', [all_of, same]), 6, bias=True))
    x = b.add('add', [y, z])
    x = b.add('concat', [b.gap(x), b.gap(b.relu(first))])
    x = b.add('max_channels', b.linear(x, 12), groups=6)
    b.linear(b.relu(b.linear(x, 8)), 5, name='logits')
    b.ask('relevance', ['x', 'max_channels2', 'max_channels3', 'max_channels4'], **{'class': 'low'})
    b.ask('erf', ['x'], once=True, site='mid', row=3, column=4)
    return b


def upsampled_nearest(seed):
    """By a size and by a factor, whole, broken and below 1, not square; under a convolution, a pool, in a concat with a skip, and
    without a mixing layer."""
    b = Planned(seed, 3, 8, 9)
    skip = b.relu(b.conv('x', 5, bias=True), name='skip')
    x = b.relu(b.conv(b.maximum(skip, 2, 2), 6, bias=True))
    x = b.relu(b.conv(b.add('concat', [b.upsample(x, size=(8, 9), name='up'), skip]), 6, bias=True))
    x = b.relu(b.conv(b.maximum(b.upsample(x, scale=(0.75, 0.5)), 2, 1), 6, bias=True))
    x = b.relu(b.scale_shift(b.upsample(x, scale=(2.0, 1.5))))
    x = b.relu(b.conv(b.upsample(b.upsample(x, size=(4, 11)), scale=(2.5, 1.0)), 6, stride=2, bias=True))
    scores(b, x)
    b.ask('relevance', ['x', 'up', 'upsample2', 'upsample3', 'upsample4', 'upsample5'], **{'class': 'low'})
    b.ask('erf', ['x'], once=True, site='up', row=4, column=4)
    b.ask('gradcam', ['x'], once=True, clamp=0, site='skip', **{'class': 'low'})
    return b


def upsampled_bilinear(seed):
    """The same with weights: up to four source PFVs for each position, and one at the borders; corners aligned or not."""
    b = Planned(seed, 3, 8, 7)
    skip = b.relu(b.conv('x', 5, bias=True), name='skip')
    x = b.relu(b.conv(b.average(skip, 2, 2), 6, bias=True))
    x = b.relu(b.conv(b.add('concat', [b.upsample(x, 1, size=(8, 7), name='up'), skip]), 6, bias=True))
    x = b.relu(b.conv(b.upsample(x, 1, scale=(0.75, 0.5)), 6, bias=True))
    x = b.relu(b.scale_shift(b.upsample(x, 1, scale=(1.5, 2.5), name='alone')))
    x = b.relu(b.conv(b.upsample(x, 1, 1, size=(5, 13), name='aligned'), 6, stride=2, bias=True))
    x = b.upsample(b.upsample(x, 1, 1, scale=(2.0, 1.5)), 1, scale=(1.0, 2.0))
    scores(b, b.relu(b.conv(x, 6, stride=2, bias=True)))
    b.ask('relevance', ['x', 'up', 'alone', 'aligned', 'upsample2', 'upsample5', 'upsample6'], **{'class': 'low'})
    b.ask('erf', ['x'], once=True, site='up', row=4, column=4)
    b.ask('erf', ['x', 'skip'], once=True, site='aligned', row=4, column=12)
    b.ask('gradcam', ['x'], once=True, clamp=0, site='skip', **{'class': 'low'})
    return b


def upsampled_scores(seed):
    """A bilinear layer as the output: what positions mix depends on where they lie."""
    b = Planned(seed, 3, 5, 6)
    x = b.relu(b.conv('x', 6, bias=True), name='features')
    b.upsample(b.conv(x, 4, kernel=1, bias=True), 1, 1, size=(9, 11), name='scores')
    b.target('place', 'scores', **{'class': 3, 'at': (3, 5)})
    b.target('corner', 'scores', **{'class': 0, 'at': (0, 10)})
    for name in ('place', 'corner'):
        b.ask('relevance', ['x', 'features'], target=[name])
    return b


LAYER_NETWORKS = [class_token, constant_grid, constant_operands, added_constants, constant_pads, padded_alone, transposed,
                  transposed_head, layer_norms, gates, gated_places, attention_mixed, attention_alone, attention_crossed,
                  attention_padded, attention_rows, attention_columns, sliced_input, sliced_pools, mixed_grids, moved_positions, moved_channels, means, root_norms, sums,
                  maxima, maxima_of_layers, maxout, upsampled_nearest, upsampled_bilinear, upsampled_scores]
