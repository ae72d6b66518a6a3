"""Small networks for every further question: each brings a plan of what to ask besides the usual (see make_goldens.py)."""
import numpy as np

from networks import Builder
from pointwise import PATTERNED


class Planned(Builder):
    """Collects outputs, targets and questions while it builds. A class in a question may be 'top' or 'low'; then each case
    has its own. Layers are names, or (name, 'channels') for the maps of an input's channels."""

    def __init__(self, seed, channels, height, width):
        super().__init__(seed, channels, height, width)
        self.outputs, self.targets, self.plan, self.usual = [], [], [], True

    def input(self, name, channels, height, width):
        picture = self.picture(channels, height, width)
        return self._keep(dict(op='input', name=name, inputs=[], channels=channels, height=height, width=width), picture)

    def output(self, name):
        self.outputs.append(name)
        return name

    def target(self, name, output, **keys):
        self.targets.append((name, dict(output=output, **keys)))

    def ask(self, what, layers, once=False, **keys):
        """once: of the first case only"""
        self.plan.append(dict(asked=dict(what=what, **keys), layers=layers, once=once))

    def act(self, op, x, name=None, **keys):
        if op == 'prelu':
            keys['slopes'] = self.single(self.rng.uniform(-0.3, 0.5, keys['count']))
        return self.add(op, x, name, **keys)

    def instance_norm(self, x, affine=True, name=None):
        return self._norm('instance_norm', x, affine, name)

    def group_norm(self, x, groups, affine=True, name=None):
        return self._norm('group_norm', x, affine, name, groups=groups)

    def response_norm_of_all(self, x, affine=True, name=None):
        return self._norm('global_response_norm', x, affine, name)

    def _norm(self, op, x, affine, name, **keys):
        c = self.channels(x)
        gamma, beta = self.single(self.rng.uniform(0.6, 1.4, c)), self.single(self.rng.normal(0, 0.3, c))
        return self.add(op, x, name, channels=c, eps=1e-5, gamma=gamma if affine else None, beta=beta if affine else None, **keys)

    def response_norm(self, x, size, alpha, beta, k):
        return self.add('local_response_norm', x, size=size, alpha=alpha, beta=beta, k=k)

    def adaptive(self, x, height, width):
        return self.add('adaptive_avg_pool2d', x, size=(height, width))

    def constant(self, channels, height=1, width=1, name=None):
        value = self.single(self.rng.normal(0, 1, (channels, height, width)))
        return self.add('constant', [], name, channels=channels, height=height, width=width, value=value)

    def add_constant(self, x, channels=0, height=0, width=0, name=None):
        """0: the input's size"""
        shape = tuple(n or m for n, m in zip((channels, height, width), self.values[x].shape))
        keys = dict(zip(('channels', 'height', 'width'), shape))
        return self.add('add_constant', x, name, value=self.single(self.rng.normal(0, 0.5, shape)), **keys)

    def linear_tokens(self, x, out, bias=True, name=None):
        n = self.channels(x)
        return self.add('linear_tokens', x, name, in_features=n, out_features=out,
                        weight=self.single(self.rng.normal(0, np.sqrt(2 / n), (out, n))),
                        bias=self.single(self.rng.normal(0, 0.2, out)) if bias else None)

    def conv_transpose(self, x, out, kernel=2, stride=2, pad=0, output_pad=0, bias=True, dilation=1, groups=1, name=None):
        both = (kernel, stride, output_pad, dilation)
        kernel, stride, output_pad, dilation = (v if isinstance(v, tuple) else (v, v) for v in both)
        pad, n = (pad,) * 4 if isinstance(pad, int) else pad, self.channels(x)
        reached = max(1, kernel[0] * kernel[1] / (stride[0] * stride[1]))
        weight = self.rng.normal(0, np.sqrt(2 * groups / (n * reached)), (n, out // groups, *kernel))
        return self.add('conv_transpose2d', x, name, in_channels=n, out_channels=out, kernel=kernel, stride=stride, pad=pad,
                        output_pad=output_pad, dilation=dilation, groups=groups, weight=self.single(weight),
                        bias=self.single(self.rng.normal(0, 0.2, out)) if bias else None)

    def layer_norm(self, x, affine=True, name=None, eps=1e-5):
        c = self.channels(x)
        gamma, beta = self.single(self.rng.uniform(0.6, 1.4, c)), self.single(self.rng.normal(0, 0.3, c))
        return self.add('layer_norm', x, name, channels=c, eps=eps, gamma=gamma if affine else None,
                        beta=beta if affine else None)

    def gate(self, value, gate, name=None):
        return self.add('gate', [value, gate], name)

    def attention(self, query, key, value, heads=1, scale=0.0, mask=None, rows=0, name=None):
        """mask: ([1 or rows,] 1 or heads, queries, keys)"""
        queries, keys = (self.values[x].shape[2] for x in (query, key))
        mask = mask[None] if mask is not None and mask.ndim == 3 else mask
        sizes = (0, 0) if mask is None else mask.shape[:2]
        return self.add('attention', [query, key, value], name, heads=heads, scale=scale, rows=rows, queries=queries, keys=keys,
                        mask_rows=sizes[0], mask_heads=sizes[1], mask=mask)

    def tokens(self, x):
        """Positions as a sequence."""
        return self.add('reshape', x, height=1, width=0)

    def slice(self, x, first, count, name=None):
        return self.add('slice', x, name, first=first, count=count)

    def select(self, x, first, count=1, name=None):
        return self.add('select_tokens', x, name, first=first, count=count)

    def upsample(self, x, mode=0, align=0, size=(0, 0), scale=(0.0, 0.0), name=None):
        return self.add('upsample', x, name, mode=mode, align_corners=align, size=size, scale_h=scale[0], scale_w=scale[1])

    def padded(self, x, pad, value, name=None):
        return self.add('constant_pad2d', x, name, pad=pad, value=value)

    def layer_scale(self, x):
        c = self.channels(x)
        return self.add('scale_shift', x, channels=c, scale=self.single(self.rng.uniform(0.2, 1, c)), shift=None)


# ---- architectures ----------------------------------------------------------------------------------------------

def mobilenet_v2_small(seed):
    """Linear bottlenecks: the narrow layers are sites without an activation, read twice or by a pool."""
    def bottleneck(x, wide, out, stride):
        y = b.relu6(b.bn(b.conv(x, wide, kernel=1)))
        y = b.relu6(b.bn(b.conv(y, wide, stride=stride, groups=wide)))
        y = b.bn(b.conv(y, out, kernel=1))
        return b.add('add', [x, y]) if stride == 1 and b.channels(x) == out else y
    b = Planned(seed, 3, 16, 14)
    x = b.relu6(b.bn(b.conv('x', 6, stride=2)))
    x = bottleneck(x, 6, 5, 1)
    x = bottleneck(bottleneck(x, 15, 6, 2), 18, 6, 1)
    x = bottleneck(x, 18, 8, 1)
    x = b.relu6(b.bn(b.conv(x, 16, kernel=1)))
    b.linear(b.add('dropout', b.gap(x)), 6, name='logits')
    return b


def inception_small(seed):
    """Branches with 1x7 and 7x1 kernels and padded average pools, concats of concats."""
    def cbr(x, out, kernel, stride=1, pad=None):
        return b.conv_bn_relu(x, out, kernel, stride, pad)
    b = Planned(seed, 3, 19, 17)
    x = cbr('x', 6, 3, stride=2, pad=0)
    pooled = cbr(b.average(x, 3, 1, pad=1, count_padding=1), 4, 1)
    x = b.add('concat', [cbr(x, 4, 1), cbr(cbr(cbr(x, 4, 1), 4, 3), 4, 3), pooled])
    x = b.add('concat', [cbr(x, 6, 3, stride=2, pad=0), b.maximum(x, 3, 2)])
    pooled = cbr(b.average(x, 3, 1, pad=1, count_padding=0), 3, 1)
    seven = cbr(cbr(cbr(x, 4, 1), 4, (1, 7)), 5, (7, 1))
    middle = cbr(x, 4, 1)
    split = b.add('concat', [cbr(middle, 3, (1, 3)), cbr(middle, 3, (3, 1))])
    x = b.add('concat', [seven, split, pooled])
    b.linear(b.gap(x), 6, name='logits')
    return b


def preactivation_resnet(seed):
    def block(x, out, stride):
        first = b.relu(b.bn(x))
        y = b.conv(b.relu(b.bn(b.conv(first, out, stride=stride))), out)
        if stride != 1 or b.channels(x) != out:
            x = b.conv(first, out, kernel=1, stride=stride, pad=0)
        return b.add('add', [y, x])
    b = Planned(seed, 3, 12, 11)
    x = block(block(block(b.conv('x', 6), 6, 1), 9, 2), 9, 1)
    b.linear(b.gap(b.relu(b.bn(x))), 6, name='logits')
    return b


def vgg_head(seed):
    """Three fully connected layers: directed, Grad-CAM at three places, and the field of the first of them."""
    b = Planned(seed, 3, 16, 16)
    x = b.maximum(b.relu(b.conv(b.relu(b.conv('x', 6, bias=True)), 6, bias=True)), 2, 2)
    middle = b.relu(b.conv(x, 8, bias=True), name='middle')
    x = b.relu(b.conv(b.maximum(middle, 2, 2), 10, bias=True), name='last')
    x = b.add('dropout', b.relu(b.linear(b.add('flatten', b.maximum(x, 2, 2)), 20), name='first'))
    x = b.add('dropout', b.relu(b.linear(x, 16)))
    b.linear(x, 6, name='logits')
    b.target('versus', 'logits', **{'class': 1, 'against': 4})
    b.ask('gradcam', ['x', 'middle', 'last'], clamp=1, **{'class': 'top'})
    b.ask('gradcam', ['x', 'last'], clamp=0, **{'class': 'low'})
    b.ask('gradcam', ['x', 'middle'], once=True, site='middle', clamp=1, contrastive=1, **{'class': 'top'})
    b.ask('gradcam', ['x'], once=True, clamp=0, target=['versus'])
    b.ask('relevance', ['x', 'middle', 'last'], target=['versus'])
    b.ask('erf', ['x', 'last'], once=True, site='first', row=0, column=0)
    return b


# ---- questions ----------------------------------------------------------------------------------------------------

def two_inputs(seed):
    """Two pictures of different sizes and channels, which meet in a concat and again in an add."""
    b = Planned(seed, 3, 14, 12)
    z = b.input('z', 2, 7, 6)
    x = b.relu(b.conv('x', 6, stride=2, bias=True))
    joined = b.add('concat', [x, z], name='joined')
    y = b.bn(b.conv(joined, 6))
    x = b.relu(b.add('add', [y, b.conv(z, 6, kernel=1, bias=True)]))
    x = b.relu(b.conv(x, 8, bias=True), name='last')
    b.linear(b.gap(x), 5, name='logits')
    b.ask('relevance', [('x', 'channels'), ('z', 'channels')], **{'class': 'top'})
    b.ask('gradcam', ['x', 'z'], once=True, clamp=1, **{'class': 'top'})
    return b


def two_outputs(seed):
    """A class and a dense score from one trunk, and a layer in its middle that is an output as well as read."""
    b = Planned(seed, 3, 12, 13)
    trunk = b.relu(b.conv(b.relu(b.conv('x', 6, bias=True)), 8, stride=2, bias=True), name='trunk')
    deep = b.relu(b.bn(b.conv(trunk, 8)), name='deep')
    b.output(b.linear(b.relu(b.linear(b.gap(deep), 9)), 5, name='logits'))
    b.output(b.add('softmax', b.conv(b.relu(b.conv(trunk, 6, kernel=1, bias=True)), 4, bias=True, name='scores'), name='places'))
    b.output(b.conv(trunk, 3, kernel=1, bias=True, name='side'))
    mask = np.zeros((6, 7), np.float32)
    mask[1:4, 2:6] = 1
    b.target('what', 'logits', **{'class': 2})
    b.target('where', 'places', **{'class': 1, 'mask': mask})
    b.target('aside', 'side', direction=b.single(b.rng.normal(0, 1, 3)))
    for names in (['where'], ['what', 'where'], ['where', 'aside', 'what']):
        b.ask('relevance', ['x', 'relu1', 'trunk', 'deep'], target=names)
    b.ask('gradcam', ['x', 'trunk'], once=True, site='trunk', clamp=0, target=['what', 'where'])
    b.ask('gradcam', ['x', 'deep'], once=True, site='deep', clamp=1, target=['what'])
    b.ask('output_erf', ['x', 'trunk'], once=True, output='places')
    b.ask('erf', ['x', 'trunk'], once=True, site='side', row=2, column=3)
    return b


def dense_output(seed):
    """Scores at every position: a position, a mask, a class against another, any direction."""
    b = Planned(seed, 3, 10, 11)
    x = b.relu(b.conv(b.relu(b.conv('x', 8, bias=True)), 8, bias=True), name='features')
    x = b.relu(b.bn(b.conv(x, 8, kernel=1)), name='pointwise')
    b.output(b.conv(x, 5, stride=2, bias=True, name='scores'))
    h, w = b.values['scores'].shape[1:]
    mask = (b.rng.random((h, w)) < 0.4).astype(np.float32)
    b.target('place', 'scores', **{'class': 3, 'at': (2, 4)})
    b.target('corner', 'scores', **{'class': 0, 'against': 3, 'at': (0, w - 1)})
    b.target('region', 'scores', **{'class': 1, 'mask': mask})
    b.target('mixture', 'scores', direction=b.single(b.rng.normal(0, 1, 5)), mask=mask)
    for name in ('place', 'corner', 'region', 'mixture'):
        b.ask('relevance', ['x', 'relu1', 'features'], target=[name])
    b.ask('contrastive', ['x', 'features'], once=True, target=['region'])
    b.ask('gradcam', ['x', 'features'], once=True, site='features', clamp=1, target=['region'])
    b.ask('gradcam', ['x'], once=True, site='features', clamp=0, target=['corner'])
    b.ask('output_erf', ['x', 'features'], once=True, output='scores')
    return b


def _activations(seed, wide, head):
    b = Planned(seed, 2, 9, 8)
    x = 'x'
    for op, keys in wide:
        x = b.act(op, b.conv(x, 5, bias=True), **dict(keys, **({'count': 5} if op == 'prelu' else {})))
    last, x = x, b.add('flatten', b.average(x, 2, 2))
    for op, keys in head:
        x = b.act(op, b.linear(x, 9), **keys)
    b.linear(x, 5, name='logits')
    b.ask('gradcam', ['x', last], clamp=0, **{'class': 'top'})
    b.ask('gradcam', ['x', last], clamp=1, **{'class': 'low'})
    return b


def activations_bent(seed):
    """Half of the activations above the place where positions mix, where their secants count; the rest below it."""
    wide = [('sigmoid', {}), ('silu', {}), ('gelu', {'approximation': 1}), ('selu', {}), ('prelu', {})]
    head = [('tanh', {}), ('gelu', {'approximation': 0}), ('elu', {'alpha': 0.7}), ('hard_sigmoid', {}), ('prelu', {'count': 9})]
    return _activations(seed, wide, head)


def activations_smooth(seed):
    """The other half."""
    wide = [('elu', {'alpha': 1.0}), ('tanh', {}), ('hard_swish', {}), ('gelu', {'approximation': 0}), ('softplus', {})]
    head = [('sigmoid', {}), ('selu', {}), ('softplus', {}), ('gelu', {'approximation': 1}), ('hard_swish', {}), ('silu', {}),
            ('prelu', {'count': 1})]
    return _activations(seed, wide, head)


# The activations that are in the two networks above. Each further one gets a network of its own, with these parameters if any.
PARAMETERS = {'celu': {'alpha': 0.7}}
IN_OLDER_NETWORKS = ('relu', 'clip', 'leaky_relu', 'prelu', 'elu', 'selu', 'gelu', 'silu', 'tanh', 'sigmoid', 'softplus',
                     'hard_swish', 'hard_sigmoid')


def _network_of(kind):
    """The activation below the place where positions mix, between convolutions and above the sum of an add, and in the head,
    where its secants count."""
    keys = PARAMETERS.get(kind, {})

    def network(seed):
        b = Planned(seed, 2, 9, 8)

        def act(x):
            x = b.act(kind, x, **keys)
            return b.act('softsign', x) if kind == 'exp' else x         # an exponential of exponentials would overflow

        x = act(b.conv('x', 5, bias=True))
        x = act(b.add('add', [b.bn(b.conv(x, 5)), x]))
        last, x = x, b.add('flatten', b.average(x, 2, 2))
        for _ in range(2):
            x = act(b.linear(x, 9))
        b.linear(x, 5, name='logits')
        b.ask('gradcam', ['x', last], clamp=0, **{'class': 'top'})
        b.ask('gradcam', ['x', last], clamp=1, **{'class': 'low'})
        return b

    network.__name__, network.__doc__ = 'activation_' + kind, 'The activation %s wherever it can be.' % kind
    return network


ACTIVATION_NETWORKS = [_network_of(kind) for kind in PATTERNED if kind not in IN_OLDER_NETWORKS]


def norms(seed):
    """Instance and group norm after convolutions and in the branches of an add, with and without gamma and beta, and after
    fully connected layers below and in the head."""
    b = Planned(seed, 3, 11, 12)
    x = b.relu(b.instance_norm(b.conv('x', 8, bias=True)))
    x = b.maximum(x, 2, 2)
    x = b.add('add', [b.group_norm(b.conv(x, 8, bias=True), 2), b.instance_norm(b.conv(x, 8, kernel=1), affine=False)])
    x = b.relu(b.group_norm(x, 4, affine=False))
    x = b.relu(b.conv(x, 8, stride=2, bias=True), name='last')
    x = b.relu(b.group_norm(b.linear(b.add('flatten', x), 12), 3))
    b.linear(b.relu(b.group_norm(b.linear(x, 10), 2)), 5, name='logits')
    b.ask('gradcam', ['x', 'last'], once=True, clamp=0, **{'class': 'top'})
    return b


def norm_branches(seed):
    """Norms of norms, of adds, in both branches of an add, after a depthwise convolution, and with scales above and below
    them; fields that start inside such segments."""
    b = Planned(seed, 3, 10, 9)
    x = b.relu(b.instance_norm(b.conv('x', 6, bias=True, name='first'), name='first_norm'), 'stem')
    left = b.group_norm(b.conv(x, 8, bias=True, name='left'), 2, name='left_norm')
    x = b.relu(b.add('add', [left, b.group_norm(b.conv(x, 8, kernel=1), 4, affine=False, name='right_norm')]), 'pair')
    x = b.relu(b.instance_norm(b.group_norm(b.conv(x, 8, name='inner'), 2, name='below'), name='above'), 'twice')
    x = b.relu(b.group_norm(b.add('add', [b.bn(b.conv(x, 8)), x], 'sum'), 4, name='sum_norm'), 'summed')
    x = b.bn(b.instance_norm(b.scale_shift(b.conv(x, 8, stride=2, groups=8, bias=True))))
    x = b.relu(b.conv(b.relu6(x), 6, kernel=1, bias=True), 'last')
    b.linear(b.relu(b.group_norm(b.linear(b.gap(x), 9), 3)), 5, name='logits')
    b.ask('gradcam', ['x', 'stem', 'pair'], once=True, clamp=0, site='pair', **{'class': 'top'})
    b.ask('gradcam', ['x', 'stem'], once=True, clamp=1, site='stem', **{'class': 'low'})
    b.ask('relevance', [('x', 'channels')], **{'class': 'top'})
    for site, row, column in [('first', 3, 4), ('left', 9, 0), ('left_norm', 5, 5), ('below', 0, 3), ('above', 9, 8), ('sum', 4, 4)]:
        b.ask('erf', ['x'] + (['stem'] if site != 'first' else []), once=True, site=site, row=row, column=column)
    return b


def norm_places(seed):
    """Norms of the input, of a stream that is read twice, of pools, of a concat whose layers share a group, of zero channels and of
    one position; before convolutions, which makes them sites; in the head behind the last mixing of positions."""
    b = Planned(seed, 3, 12, 11)
    stem = b.conv(b.instance_norm('x'), 8, bias=True, name='stem')
    branch = b.conv(b.relu(b.group_norm(stem, 2)), 8, bias=True)
    x = b.conv(b.group_norm(b.add('add', [stem, branch], 'stream'), 4), 6, stride=2, name='narrow')
    x = b.relu6(b.instance_norm(b.conv(x, 6, groups=6)))
    y = b.relu(b.conv(x, 4, bias=True))
    x = b.act('silu', b.group_norm(b.add('concat', [b.average(x, 3, 1, pad=1), b.maximum(y, 3, 1, pad=1)]), 5))
    x = b.relu(b.instance_norm(b.average(x, 2, 2)), 'pooled')
    x = b.relu(b.group_norm(b.add('zero_channels', x, before=2, after=4), 4, affine=False), 'widened')
    x = b.group_norm(b.gap(b.conv(x, 8, bias=True)), 2)
    b.linear(b.relu(b.group_norm(b.linear(x, 10), 5)), 5, name='logits')
    b.ask('gradcam', ['x', 'narrow'], once=True, clamp=1, site='narrow', **{'class': 'top'})
    b.ask('relevance', [('x', 'channels')], **{'class': 'top'})
    return b


def global_response_norms(seed):
    """Two blocks of ConvNeXt V2, then such norms where the others are: of the input, of an add, of a norm, after a pool and in the head."""
    b = Planned(seed, 3, 10, 9)
    x = b.conv(b.response_norm_of_all('x', affine=False), 6, kernel=2, stride=2, pad=0, bias=True, name='stem')
    for block in ('one', 'two'):
        y = b.conv(x, 6, groups=6, bias=True)
        y = b.act('gelu', b.conv(y, 12, kernel=1, bias=True), name=f'{block}_wide', approximation=0)
        y = b.conv(b.response_norm_of_all(y, name=f'{block}_norm'), 6, kernel=1, bias=True)
        x = b.add('add', [x, y], name=block)
    x = b.relu(b.response_norm_of_all(b.add('add', [b.group_norm(b.conv(x, 8), 2), b.response_norm_of_all(b.conv(x, 8, kernel=1))])), 'pair')
    x = b.relu(b.instance_norm(b.response_norm_of_all(b.conv(b.response_norm_of_all(b.maximum(x, 2, 1)), 6, bias=True), name='below')), 'last')
    b.linear(b.relu(b.response_norm_of_all(b.linear(b.gap(x), 9))), 5, name='logits')
    b.ask('gradcam', ['x', 'stem', 'pair'], once=True, clamp=0, site='pair', **{'class': 'top'})
    b.ask('relevance', [('x', 'channels')], **{'class': 'top'})
    for site, row, column in [('one_norm', 1, 2), ('two', 3, 3), ('below', 0, 1)]:
        b.ask('erf', ['x'], once=True, site=site, row=row, column=column)
    return b


def response_norms(seed):
    """Local response norm after activations and after convolutions, with even and odd windows, in the trunk and the head."""
    b = Planned(seed, 3, 11, 10)
    x = b.response_norm(b.relu(b.conv('x', 7, bias=True)), 5, 0.5, 0.75, 2.0)
    x = b.response_norm(b.conv(b.maximum(x, 2, 2), 8, bias=True), 4, 1.0, 0.5, 1.0)
    x = b.relu(b.linear(b.add('flatten', b.maximum(x, 2, 2)), 12))
    b.linear(b.response_norm(b.relu(b.linear(x, 10)), 3, 0.8, 0.75, 1.5), 5, name='logits')
    return b


def adaptive_pools(seed):
    """Windows that overlap, that repeat positions, and a pool to one position under a fully connected layer."""
    b = Planned(seed, 3, 13, 11)
    x = b.relu(b.conv('x', 6, bias=True))
    x = b.relu(b.conv(b.adaptive(x, 5, 4), 8, bias=True))
    x = b.adaptive(x, 7, 6)
    y = b.relu(b.conv(x, 8, bias=True), name='last')
    x = b.relu(b.linear(b.add('flatten', b.adaptive(y, 3, 2)), 12))
    b.linear(b.add('concat', [x, b.adaptive(y, 1, 1)]), 5, name='logits')
    return b


def shared_vectors(seed):
    """A vector of several flattened grids of one size, whose sources meet again: in two concats, and beside a pool. Equal
    positions of equal grids are one choice, so a PFV that comes in twice there is one path."""
    b = Planned(seed, 3, 7, 6)
    one = b.relu(b.conv('x', 5, bias=True), name='one')
    two = b.relu(b.conv('x', 4, stride=1, bias=True), name='two')
    parts = [b.add('concat', [one, two]), two, b.maximum(one, 3, 1, pad=1), b.average(two, 2, 2)]
    vector = b.add('concat', [b.add('flatten', p) for p in parts])
    x = b.relu(b.linear(vector, 9), name='wide')
    b.linear(x, 5, name='logits')
    b.ask('erf', ['x', 'one', 'two'], once=True, site='wide', row=0, column=0)
    return b


def padded_vector(seed):
    """A convolution of one pixel with padding over a vector that holds every PFV twice: the vector stands in the middle of
    its output, and nothing reaches the frame. Strided, so that the pad is two steps, and over two flattened grids."""
    b = Planned(seed, 3, 4, 5)
    x = b.relu(b.conv('x', 4, bias=True), name='one')
    vector = b.add('flatten', b.add('concat', [x, x]))
    y = b.relu(b.conv(vector, 6, kernel=1, pad=1, bias=True), name='framed')
    vector = b.add('concat', [vector, b.add('flatten', b.maximum(x, 3, 1, pad=1))])
    z = b.relu(b.conv(vector, 7, kernel=1, stride=2, pad=2, bias=True), name='strided')
    b.linear(b.add('concat', [b.gap(y), b.gap(z)]), 5, name='logits')
    b.ask('erf', ['x', 'one'], once=True, site='framed', row=1, column=1)
    b.ask('erf', ['x', 'one'], once=True, site='strided', row=1, column=1)
    return b


def contrastive_heads(seed):
    """Every way to the first maps with their means subtracted (an even seed would leave nothing: that one is not)."""
    b = Planned(seed, 3, 12, 10)
    x = b.relu(b.conv('x', 6, bias=True))
    y = b.relu(b.conv(b.maximum(x, 2, 2), 8, bias=True), name='deep')
    b.output(b.linear(b.relu(b.linear(b.add('concat', [b.gap(x), b.gap(y)]), 8)), 5, name='logits'))
    b.output(b.conv(y, 4, bias=True, name='scores'))
    b.target('dense', 'scores', **{'class': 1})
    b.target('both', 'logits', **{'class': 3})
    seed = b.single(b.rng.normal(0, 1, b.values['deep'].shape[1:]))
    b.ask('contrastive', ['x', 'relu1', 'deep'], **{'class': 'low'})
    b.ask('contrastive', ['x', 'relu1', 'deep'], target=['dense', 'both'])
    b.ask('gradcam', ['x', 'deep'], site='deep', clamp=1, contrastive=1, **{'class': 'top'})
    b.ask('gradcam', ['x', 'deep'], site='deep', clamp=0, contrastive=1, target=['both', 'dense'])
    b.ask('erf', ['x', 'relu1'], site='deep', row=1, column=3, contrastive=1)
    b.ask('seed', ['x', 'relu1', 'deep'], site='deep', seed=seed)
    b.ask('seed', ['x', 'relu1', 'deep'], site='deep', seed=seed, contrastive=1)
    b.ask('output_erf', ['x', 'deep'], output='scores')
    return b


def per_channel(seed):
    """An input, black in one corner, read by a convolution, a pool before a convolution, a concat, and an add without a mixing
    layer. Where a tap sees black, its share of a bias is divided evenly among the channels."""
    b = Planned(seed, 3, 12, 11)
    x = b.relu(b.add('add', [b.bn(b.conv('x', 3, bias=True)), 'x']))
    y = b.relu(b.bn(b.conv(b.maximum('x', 3, 2, pad=1), 5, bias=True)))
    z = b.relu(b.conv(b.average('x', 2, 2, ceil=1), 4, kernel=1, bias=True))
    x = b.add('concat', [b.maximum(x, 2, 2, ceil=1), y, z, b.add('subsample', 'x', stride=(2, 2))], name='joined')
    x = b.relu(b.conv(x, 8, bias=True), name='last')
    b.linear(b.gap(x), 5, name='logits')
    both = ['x', ('x', 'channels')]
    b.ask('relevance', both, **{'class': 'top'})
    b.ask('contrastive', both, once=True, **{'class': 'low'})
    b.ask('gradcam', both, once=True, clamp=1, **{'class': 'top'})
    b.ask('erf', both, site='last', row=3, column=2)
    b.ask('erf', both, once=True, site='relu1', row=0, column=5)
    b.ask('erf', both, once=True, site='joined', row=2, column=2)
    return b


def per_channel_head(seed):
    """An input that is the first map itself: a fully connected layer on it, and a pooled score of its own."""
    b = Planned(seed, 3, 6, 7)
    x = b.relu(b.linear('x', 10))
    b.output(b.linear(x, 5, name='logits'))
    b.output(b.conv(b.scale_shift('x'), 4, kernel=1, bias=True, name='scores'))
    b.target('flat', 'logits', **{'class': 3})
    b.target('straight', 'scores', **{'class': 1})
    for names in (['flat'], ['straight'], ['straight', 'flat']):
        b.ask('relevance', ['x', ('x', 'channels')], target=names)
    b.ask('contrastive', ['x', ('x', 'channels')], target=['straight', 'flat'])
    b.ask('erf', ['x', ('x', 'channels')], once=True, site='relu1', row=0, column=0)
    b.ask('erf', ['x', ('x', 'channels')], once=True, site='scores', row=2, column=3)
    return b


def _inner(seed):
    """Pools of pools beside each other, an add of three branches, two pools and a pad before a convolution, overlapping pools
    before a fully connected layer."""
    b = Planned(seed, 3, 11, 10)
    x = b.relu(b.bn(b.conv('x', 6, name='conv'), 'norm'))
    chain = [x]
    for _ in range(2):
        chain.append(b.maximum(chain[-1], 3, 1, pad=1))
    y = b.conv(b.add('concat', chain, 'chain'), 6, bias=True, name='left')
    x = b.relu(b.add('add', [b.bn(y, 'left_norm'), b.conv(b.average(x, 3, 1, pad=1), 6, name='right'), x], 'sum'))
    x = b.add('zero_pad', b.adaptive(x, 6, 5), pad=(1, 0, 0, 1), name='padded')
    x = b.relu(b.bn(b.conv(b.maximum(x, 2, 1), 8, pad=0, name='last_conv'), 'last_norm'))
    x = b.add('flatten', b.maximum(x, 3, 1), name='flat')
    x = b.relu(b.scale_shift(b.linear(x, 12, name='full'), name='full_scaled'))
    b.linear(x, 5, name='logits')
    return b


def inner_maps(seed):
    """Maps at gather and swallowed layers; composed paths go through a pool of pools in several ways."""
    b = _inner(seed)
    below = ['conv', 'norm', 'max_pool1', 'max_pool2', 'chain', 'left', 'left_norm', 'avg_pool1', 'right', 'sum',
             'adaptive_avg_pool2d1', 'padded', 'max_pool3', 'last_norm', 'last_conv']
    b.ask('relevance', below + ['max_pool4', 'flat', 'full', 'full_scaled'], **{'class': 'top'})
    b.ask('gradcam', below, once=True, clamp=1, **{'class': 'top'})
    b.ask('erf', below + ['max_pool4', 'flat', 'full'], once=True, site='relu4', row=0, column=0)
    b.ask('erf', ['max_pool1', 'max_pool2', 'norm'], once=True, site='chain', row=5, column=7)
    b.ask('erf', ['max_pool1', 'max_pool2'], once=True, site='left', row=0, column=4)
    b.ask('erf', ['chain', 'right', 'left'], once=True, site='sum', row=10, column=9)
    b.ask('erf', ['max_pool4'], once=True, site='flat', row=0, column=0)
    b.ask('erf', ['adaptive_avg_pool2d1', 'sum'], once=True, site='max_pool3', row=1, column=1)
    return b


def inner_ways(seed):
    """Paths that go several ways through a layer asked for: a concat of a concat, a pyramid of pools that two layers read, a
    single path, dead areas, pools and two flattens of the same thing under the head. One output is swallowed by another."""
    b = Planned(seed, 3, 10, 9)
    one = b.relu(b.conv('x', 4), name='one')
    two = b.relu(b.conv(one, 3), name='two')
    outer = b.add('concat', [b.add('concat', [one, two], 'pair'), one], 'outer')
    deep = b.add('concat', [b.add('concat', [outer], 'shell'), b.add('zero_channels', two, before=1, after=0, name='zeros')], 'deep')
    scores = b.output(b.conv(deep, 4, bias=True, name='scores'))
    three = b.relu(b.bn(scores, 'scaled'), name='three')
    chain = [three]
    for _ in range(3):
        chain.append(b.maximum(chain[-1], 3, 1, pad=1))
    pyramid = b.add('concat', chain, 'pyramid')
    left = b.conv(pyramid, 16, bias=True, groups=16, stride=2, name='left')
    right = b.conv(b.average(chain[2], 3, 2, pad=1), 16, kernel=1, bias=True, name='right')
    four = b.relu(b.add('add', [b.bn(left, 'scaled_left'), right], 'sum'), name='four')
    five = b.relu(b.scale_shift(b.add('concat', [b.add('concat', [four], 'twice'), four], 'thrice'), 'single'), name='five')
    five = b.relu(b.conv(five, 6, bias=True), name='last')
    pooled = b.average(b.maximum(five, 2, 1), 2, 1)
    flat = [b.add('flatten', pooled, 'flat_a'), b.add('flatten', pooled, 'flat_b'), b.gap(five, 'mean')]
    b.output(b.linear(b.add('concat', flat, 'vector'), 5, name='logits'))
    b.target('places', 'scores', **{'class': 2})
    b.target('whole', 'logits', **{'class': 3})
    below = ['pair', 'outer', 'shell', 'zeros', 'deep', 'scores', 'scaled', 'max_pool1', 'max_pool2', 'max_pool3', 'pyramid',
             'left', 'scaled_left', 'avg_pool1', 'right', 'sum', 'twice', 'thrice', 'single']
    head = ['max_pool4', 'avg_pool2', 'flat_a', 'flat_b', 'mean', 'vector']
    b.ask('relevance', below + head, target=['whole'])
    b.ask('relevance', below + head, once=True, target=['places', 'whole'])
    b.ask('contrastive', below + head + [('x', 'channels')], target=['whole'])
    b.ask('gradcam', below, once=True, site='last', clamp=0, target=['whole'])
    b.ask('erf', below + head, once=True, site='logits', row=0, column=0)
    b.ask('erf', below, site='last', row=1, column=4)
    return b


def inner_starts(seed):
    """Fields and seeds that start at gather and swallowed layers, which are sites only there."""
    b = _inner(seed)
    places = [('chain', 5, 7), ('left', 0, 4), ('left_norm', 3, 3), ('avg_pool1', 0, 0), ('sum', 10, 9), ('norm', 4, 9)]
    for site, row, column in places:
        b.ask('erf', ['x'] + (['relu1'] if site != 'norm' else []), once=site != 'chain', site=site, row=row, column=column)
    for site, row, column in [('flat', 0, 0), ('max_pool3', 1, 1), ('adaptive_avg_pool2d1', 5, 4), ('full', 0, 0)]:
        b.ask('erf', ['x', 'relu2'], once=True, site=site, row=row, column=column)
    seed = b.single(b.rng.normal(0, 1, b.values['padded'].shape[1:]))
    b.ask('seed', ['x', 'relu2'], once=True, site='padded', seed=seed)
    b.ask('seed', ['x', 'relu1'], once=True, site='left_norm', seed=b.single(b.rng.normal(0, 1, (11, 10))), contrastive=1)
    return b


def apop(seed):
    """The activation patterns alone, and the patterns of one picture imposed on the other."""
    b = Planned(seed, 3, 12, 12)
    x = b.relu(b.bn(b.conv('x', 6)), name='one')
    x = b.act('gelu', b.conv(b.maximum(x, 2, 2), 8, bias=True), name='two', approximation=0)
    x = b.act('leaky_relu', b.add('add', [b.bn(b.conv(x, 8)), x]), name='three', slope=0.1)
    x = b.relu6(b.linear(b.gap(x), 10))
    b.linear(x, 5, name='logits')
    for chosen in (['one'], ['two'], ['two', 'three'], ['clip1'], ['all']):
        b.ask('apop', chosen, layer='logits')
        b.ask('apop', chosen, layer='logits', **{'from': 'other'})
    return b


MORE_NETWORKS = [mobilenet_v2_small, inception_small, preactivation_resnet, vgg_head, two_inputs, two_outputs, dense_output,
                 activations_bent, activations_smooth, norms, norm_branches, norm_places, global_response_norms, response_norms, adaptive_pools,
                 shared_vectors, padded_vector, contrastive_heads, per_channel, per_channel_head, inner_maps, inner_ways,
                 inner_starts, apop, *ACTIVATION_NETWORKS]
