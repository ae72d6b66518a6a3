"""The text format of the test networks: NAME.net describes the graph, the pictures and what is expected of them; NAME.bin
holds all numbers as little-endian float32, and every offset in NAME.net counts floats in it.

A line is a keyword and `key=value` pairs; lists are separated by commas; '#' starts a comment. Layers come in topological
order. Kernels, strides, dilations and sizes are vertical,horizontal; pads are top,left,bottom,right; weights are OIHW. A
layer's line has its kind, its name, `in=` and what the table LAYERS below says; arrays are offsets, -1 for none.

    add_constant      channels, height and width are the constant's; each is the input's or 1
    gate              in=VALUE,GATE
    attention         in=QUERY,KEY,VALUE; scale=0 for 1 / sqrt(channels of a head); the mask is
                      [mask_rows][mask_heads][queries][keys], with one mask_heads for all heads alike, one mask_rows for all rows;
                      rows=1 if each row is a sequence of its own
    upsample          mode 0 nearest, 1 bilinear; size=0,0 where scale_h and scale_w are given, and the other way round
    mean              axes 1 height, 2 width, 3 both
    crop2d            pad is what is taken off; step is negative where rows or columns come out in the opposite order
    depth_to_space, space_to_depth   last 1 for SRD_BLOCKS_LAST
    window_partition, window_reverse   grid 1 for SRD_WINDOWS_GRID

    output name=LAYER                       one line for each output, in their order
    target name=T output=LAYER              a score: the sum of <t, output>
           class=C [against=D]              t is +1 at channel C, and -1 at channel D; or:
           direction=OFFSET count=N         t is these numbers, one per channel
           [at=ROW,COLUMN]                  at this position only (without: at all positions); or:
           [mask=OFFSET rows=H columns=W]   at the positions where the mask is 1
    case name=NAME input=OFFSET[,OFFSET]    a picture for each input, in the order of the inputs

The lines `expect` belong to the `case` line above them. Those for maps end in `layer= height= width= offset=`: (height,
width) numbers at any layer. With `channels=C` there are (C, height, width): one map for each channel of the input `layer`.

    expect value layer= offset= count=      the value of a layer
    expect relevance SCORE ...              by the directed head; SCORE: class=C (of the first output) or target=T[,T] (their sum)
    expect contrastive SCORE ...            the same, contrastive
    expect gradcam SCORE [site=LAYER] clamp=0|1 [contrastive=1] ...
    expect erf site=LAYER row= column= [contrastive=1] ...
    expect seed site=LAYER seed=OFFSET rows=H columns=W [contrastive=1] ...
    expect output_erf output=LAYER [contrastive=1] ...          1 / N at each of the output's N positions
    expect total SCORE score= constants= unreached= [at_constants=]     the account of a relevance question; the last in
                                            networks with constants that are sources
    expect apop layers=all|LAYER[,LAYER] [from=CASE] layer= offset= count=
                                            the value of a layer when those activation layers give 1[y > 0]; with `from`
                                            they give y where they are on in that case, and 0 elsewhere
"""
import numpy as np

from pointwise import POINTWISE

# For every layer its attributes, and its arrays with their shapes in terms of the attributes.
PAIRS = ('kernel', 'stride', 'dilation', 'size', 'at', 'output_pad', 'step', 'by', 'window', 'block')


def per_channel(a):
    return (a['channels'],)


def plane(a):
    return (a['channels'], a['height'], a['width'])


LAYERS = {
    'input': (['channels', 'height', 'width'], {}),
    'constant': (['channels', 'height', 'width'], {'value': plane}),
    'add_constant': (['channels', 'height', 'width'], {'value': plane}),
    'conv2d': (['in_channels', 'out_channels', 'kernel', 'stride', 'pad', 'dilation', 'groups'],
               {'weight': lambda a: (a['out_channels'], a['in_channels'] // a['groups'], *a['kernel']),
                'bias': lambda a: (a['out_channels'],)}),
    'linear': (['in_features', 'out_features'],
               {'weight': lambda a: (a['out_features'], a['in_features']), 'bias': lambda a: (a['out_features'],)}),
    'linear_tokens': (['in_features', 'out_features'],
                      {'weight': lambda a: (a['out_features'], a['in_features']), 'bias': lambda a: (a['out_features'],)}),
    'conv_transpose2d': (['in_channels', 'out_channels', 'kernel', 'stride', 'pad', 'output_pad', 'dilation', 'groups'],
                         {'weight': lambda a: (a['in_channels'], a['out_channels'] // a['groups'], *a['kernel']),
                          'bias': lambda a: (a['out_channels'],)}),
    'rms_norm': (['channels', 'eps'], {'gamma': per_channel}), 'l2_norm': (['eps'], {}),
    'layer_norm': (['channels', 'eps'], {k: per_channel for k in ('gamma', 'beta')}),
    'attention': (['heads', 'scale', 'rows', 'mask_rows', 'mask_heads', 'queries', 'keys'],
                  {'mask': lambda a: (a['mask_rows'], a['mask_heads'], a['queries'], a['keys'])}),
    'gate': ([], {}), 'concat_tokens': ([], {}), 'select_tokens': (['first', 'count'], {}), 'transpose': ([], {}),
    'reshape': (['height', 'width'], {}), 'slice': (['first', 'count'], {}), 'shuffle': (['groups'], {}),
    'upsample': (['mode', 'align_corners', 'size', 'scale_h', 'scale_w'], {}),
    'crop2d': (['pad', 'step'], {}), 'roll2d': (['by'], {}), 'reflection_pad2d': (['pad'], {}),
    'replication_pad2d': (['pad'], {}), 'circular_pad2d': (['pad'], {}), 'window_partition': (['window', 'grid'], {}),
    'gather_channels': (['count', 'channels'], {}), 'depth_to_space': (['block', 'last'], {}),
    'space_to_depth': (['block', 'last'], {}),
    'window_reverse': (['size', 'window', 'grid'], {}),
    'constant_pad2d': (['pad', 'value'], {}), 'mean': (['axes'], {}),
    'sum': (['axes'], {}), 'max': (['axes'], {}), 'adaptive_max_pool2d': (['size'], {}), 'global_max_pool': ([], {}),
    'maximum': ([], {}), 'minimum': ([], {}), 'max_channels': (['groups'], {}),
    'batch_norm': (['channels', 'eps'], {k: per_channel for k in ('gamma', 'beta', 'mean', 'var')}),
    'scale_shift': (['channels'], {k: per_channel for k in ('scale', 'shift')}),
    'instance_norm': (['channels', 'eps'], {k: per_channel for k in ('gamma', 'beta')}),
    'group_norm': (['channels', 'groups', 'eps'], {k: per_channel for k in ('gamma', 'beta')}),
    'global_response_norm': (['channels', 'eps'], {k: per_channel for k in ('gamma', 'beta')}),
    'flatten': ([], {}), 'dropout': ([], {}), 'global_avg_pool': ([], {}),
    'add': ([], {}), 'concat': ([], {}),
    'clip': (['min', 'max'], {}), 'leaky_relu': (['slope'], {}), 'prelu': (['count'], {'slopes': lambda a: (a['count'],)}),
    'elu': (['alpha'], {}), 'celu': (['alpha'], {}), 'gelu': (['approximation'], {}),
    'local_response_norm': (['size', 'alpha', 'beta', 'k'], {}),
    'max_pool': (['kernel', 'stride', 'pad', 'ceil'], {}),
    'avg_pool': (['kernel', 'stride', 'pad', 'ceil', 'count_padding'], {}),
    'adaptive_avg_pool2d': (['size'], {}),
    'zero_pad': (['pad'], {}), 'zero_channels': (['before', 'after'], {}), 'subsample': (['stride'], {}),
}
# Pointwise layers that are not named above have neither.
LAYERS = {**{kind: ([], {}) for kind in POINTWISE}, **LAYERS}
WORDS, LISTS = ('name', 'layer', 'site', 'output', 'from'), ('in', 'target', 'layers')
REALS = ('eps', 'min', 'max', 'slope', 'alpha', 'k', 'score', 'constants', 'unreached', 'at_constants', 'scale_h', 'scale_w')
REALS_OF = (('local_response_norm', 'beta'), ('attention', 'scale'), ('constant_pad2d', 'value'))
MAPS = ('relevance', 'contrastive', 'gradcam', 'erf', 'seed', 'output_erf')


def text(value):
    if isinstance(value, (tuple, list)):
        return ','.join(text(v) for v in value)
    if isinstance(value, (float, np.floating)):
        return '%.17g' % value if isinstance(value, np.float64) else repr(float(value))
    return str(value)


def line(word, pairs):
    return ' '.join([word] + ['%s=%s' % (k, text(v)) for k, v in pairs])


class Writer:
    """Collects numbers and lines; what is written first comes first in the files."""

    def __init__(self):
        self.lines, self.blocks, self.length, self.written = ['srdnet 1'], [], 0, {}

    def numbers(self, a):
        a = np.ascontiguousarray(a, '<f4').reshape(-1)
        self.blocks.append(a)
        self.length += a.size
        return self.length - a.size

    def numbers_once(self, a):
        """For an array that several lines name; the array is kept, so that no other one gets its id."""
        if id(a) not in self.written:
            self.written[id(a)] = self.numbers(a), a
        return self.written[id(a)][0]

    def comment(self, words):
        self.lines.append('# ' + words)

    def layer(self, item):
        keys, arrays = LAYERS[item['op']]
        pairs = [('name', item['name'])] + ([('in', item['inputs'])] if item['inputs'] else [])
        pairs += [(k, item[k]) for k in keys]
        for k in arrays:
            pairs.append((k, -1 if item.get(k) is None else self.numbers(item[k])))
        self.lines.append(line(item['op'], pairs))

    def output(self, name):
        self.lines.append(line('output', [('name', name)]))

    def target(self, name, output, **keys):
        """keys: class and against, or direction; at or mask"""
        pairs = [('name', name), ('output', output)]
        for k, v in keys.items():
            pairs.append((k, self.numbers(v) if isinstance(v, np.ndarray) else v))
            if k == 'direction':
                pairs.append(('count', v.size))
            if k == 'mask':
                pairs += [('rows', v.shape[0]), ('columns', v.shape[1])]
        self.lines.append(line('target', pairs))

    def case(self, name, *pictures):
        self.lines.append(line('case', [('name', name), ('input', [self.numbers(p) for p in pictures])]))

    def expect_value(self, layer, value, what='value', keys=()):
        place = [('layer', layer), ('offset', self.numbers(value)), ('count', value.size)]
        self.lines.append(line('expect ' + what, [*keys, *place]))

    def expect_map(self, what, keys, layer, values):
        """what: one of MAPS, with its keys as pairs; values: (height, width), or (channels, height, width)"""
        pairs = []
        for k, v in keys:
            pairs.append((k, self.numbers_once(v) if isinstance(v, np.ndarray) else v))
            if k == 'seed':
                pairs += [('rows', v.shape[0]), ('columns', v.shape[1])]
        *channels, h, w = values.shape
        pairs += [('layer', layer)] + [('channels', c) for c in channels] + [('height', h), ('width', w)]
        self.lines.append(line('expect ' + what, pairs + [('offset', self.numbers(values))]))

    def expect_total(self, keys, **amounts):
        """amounts: score, constants, unreached, and at_constants where there are such"""
        exact = [(k, '%.17g' % v) for k, v in amounts.items()]
        self.lines.append(line('expect total', [*keys, *exact]))

    def save(self, path):
        """path without extension"""
        with open(path + '.net', 'w', encoding='ascii', newline='\n') as f:
            f.write('\n'.join(self.lines) + '\n')
        np.concatenate(self.blocks).tofile(path + '.bin')


def parse(word, key, value):
    if key in LISTS or (word, key) == ('case', 'input'):
        return value.split(',')
    if key in WORDS:
        return value
    if key in REALS or (word, key) in REALS_OF:
        return float(value)
    if (word, key) == ('gather_channels', 'channels'):
        return [int(v) for v in value.split(',')]
    numbers = tuple(int(v) for v in value.split(','))
    return numbers if key in PAIRS + ('pad',) and word != 'local_response_norm' else numbers[0]


class NetFile:
    """items (for reference.Network), outputs, targets: {name: dict}, cases: [dict(name, pictures, expect: [dict(what, ...)])].
    An expectation's numbers are in its `values`."""

    def __init__(self, path):
        self.blob = np.fromfile(path + '.bin', '<f4')
        self.items, self.outputs, self.targets, self.cases = [], [], {}, []
        with open(path + '.net', encoding='ascii') as f:
            lines = [l.split('#')[0].split() for l in f]
        lines = [l for l in lines if l]
        if lines[0] != ['srdnet', '1']:
            raise ValueError(path + '.net: not a test network of version 1')
        readers = {'output': self._output, 'target': self._target, 'case': self._case, 'expect': self._expect}
        for words in lines[1:]:
            a = {k: parse(words[0], k, v) for k, v in (w.split('=') for w in words if '=' in w)}
            if words[0] == 'expect':
                a['what'] = words[1]
            readers.get(words[0], lambda a: self._layer(words[0], a))(a)

    def _numbers(self, offset, shape):
        return self.blob[offset:offset + int(np.prod(shape))].reshape(shape)

    def _layer(self, op, a):
        for k, shape in LAYERS[op][1].items():
            a[k] = None if a[k] < 0 else self._numbers(a[k], shape(a))
        self.items.append(dict(a, op=op, inputs=a.pop('in', [])))

    def _output(self, a):
        self.outputs.append(a['name'])

    def _target(self, a):
        if 'direction' in a:
            a['direction'] = self._numbers(a['direction'], (a['count'],))
        if 'mask' in a:
            a['mask'] = self._numbers(a['mask'], (a['rows'], a['columns']))
        self.targets[a['name']] = a

    def _case(self, a):
        shapes = [(i['channels'], i['height'], i['width']) for i in self.items if i['op'] == 'input']
        pictures = [self._numbers(int(o), s) for o, s in zip(a['input'], shapes)]
        self.cases.append(dict(name=a['name'], pictures=pictures, expect=[]))

    def _expect(self, a):
        if 'count' in a:
            a['values'] = self._numbers(a['offset'], (a['count'],))
        elif a['what'] in MAPS:
            shape = (a['height'], a['width'])
            a['values'] = self._numbers(a['offset'], (a['channels'], *shape) if 'channels' in a else shape)
        if 'seed' in a:
            a['seed'] = self._numbers(a['seed'], (a['rows'], a['columns']))
        self.cases[-1]['expect'].append(a)
