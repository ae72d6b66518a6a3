"""The text format of the test networks: NAME.net describes the graph, the pictures and what is expected of them; NAME.bin
holds all numbers as little-endian float32, and every offset in NAME.net counts floats in it.

A line is a keyword and `key=value` pairs; lists are separated by commas; '#' starts a comment. Layers come in topological
order. Kernels, strides and dilations are vertical,horizontal; pads are top,left,bottom,right; weights are OIHW. The lines
`expect` belong to the `case` line above them.
"""
import numpy as np

# For every layer its attributes, and its arrays with their shapes in terms of the attributes.
PAIRS, LAYERS = ('kernel', 'stride', 'dilation'), {
    'input': (['channels', 'height', 'width'], {}),
    'conv2d': (['in_channels', 'out_channels', 'kernel', 'stride', 'pad', 'dilation', 'groups'],
               {'weight': lambda a: (a['out_channels'], a['in_channels'] // a['groups'], *a['kernel']),
                'bias': lambda a: (a['out_channels'],)}),
    'linear': (['in_features', 'out_features'],
               {'weight': lambda a: (a['out_features'], a['in_features']), 'bias': lambda a: (a['out_features'],)}),
    'batch_norm': (['channels', 'eps'], {k: lambda a: (a['channels'],) for k in ('gamma', 'beta', 'mean', 'var')}),
    'scale_shift': (['channels'], {k: lambda a: (a['channels'],) for k in ('scale', 'shift')}),
    'relu': ([], {}), 'softmax': ([], {}), 'flatten': ([], {}), 'dropout': ([], {}), 'global_avg_pool': ([], {}),
    'add': ([], {}), 'concat': ([], {}),
    'clip': (['min', 'max'], {}), 'leaky_relu': (['slope'], {}),
    'max_pool': (['kernel', 'stride', 'pad', 'ceil'], {}),
    'avg_pool': (['kernel', 'stride', 'pad', 'ceil', 'count_padding'], {}),
    'zero_pad': (['pad'], {}), 'zero_channels': (['before', 'after'], {}), 'subsample': (['stride'], {}),
}
WORDS, REALS = ('name', 'in', 'layer', 'site'), ('eps', 'min', 'max', 'slope', 'score', 'constants', 'unreached')


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
        self.lines, self.blocks, self.length = ['srdnet 1'], [], 0

    def numbers(self, a):
        a = np.ascontiguousarray(a, '<f4').reshape(-1)
        self.blocks.append(a)
        self.length += a.size
        return self.length - a.size

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

    def case(self, name, picture):
        self.lines.append(line('case', [('name', name), ('input', self.numbers(picture))]))

    def expect_value(self, layer, value):
        self.lines.append(line('expect value', [('layer', layer), ('offset', self.numbers(value)), ('count', value.size)]))

    def expect_map(self, what, keys, layer, values):
        """what: relevance, contrastive or erf, with its keys as pairs."""
        h, w = values.shape
        place = [('layer', layer), ('height', h), ('width', w), ('offset', self.numbers(values))]
        self.lines.append(line('expect ' + what, keys + place))

    def expect_total(self, index, score, constants, unreached):
        exact = [(k, '%.17g' % v) for k, v in (('score', score), ('constants', constants), ('unreached', unreached))]
        self.lines.append(line('expect total', [('class', index)] + exact))

    def save(self, path):
        """path without extension"""
        with open(path + '.net', 'w', encoding='ascii', newline='\n') as f:
            f.write('\n'.join(self.lines) + '\n')
        np.concatenate(self.blocks).tofile(path + '.bin')


def parse(key, value):
    if key == 'in':
        return value.split(',')
    if key in WORDS:
        return value
    if key in REALS:
        return float(value)
    numbers = tuple(int(v) for v in value.split(','))
    return numbers if key in PAIRS + ('pad',) else numbers[0]


class NetFile:
    """items (for reference.Network), outputs, cases: [dict(name, input (C, H, W), expect: [dict(what, ...)])].
    An expectation's numbers are in its `values`."""

    def __init__(self, path):
        self.blob = np.fromfile(path + '.bin', '<f4')
        self.items, self.outputs, self.cases = [], [], []
        with open(path + '.net', encoding='ascii') as f:
            lines = [l.split('#')[0].split() for l in f]
        lines = [l for l in lines if l]
        if lines[0] != ['srdnet', '1']:
            raise ValueError(path + '.net: not a test network of version 1')
        for words in lines[1:]:
            pairs = [w.split('=') for w in words if '=' in w]
            a = {k: parse(k, v) for k, v in pairs}
            if words[0] in ('case', 'expect'):
                self._case(words, a, dict(pairs))
            elif words[0] == 'output':
                self.outputs.append(a['name'])
            else:
                self._layer(words[0], a)

    def _numbers(self, offset, shape):
        return self.blob[offset:offset + int(np.prod(shape))].reshape(shape)

    def _layer(self, op, a):
        for k, shape in LAYERS[op][1].items():
            a[k] = None if a[k] < 0 else self._numbers(a[k], shape(a))
        self.items.append(dict(a, op=op, inputs=a.pop('in', [])))

    def _case(self, words, a, raw):
        if words[0] == 'case':
            first = self.items[0]
            shape = (first['channels'], first['height'], first['width'])
            self.cases.append(dict(name=raw['name'], input=self._numbers(int(raw['input']), shape), expect=[]))
            return
        if words[1] == 'value':
            a['values'] = self._numbers(a['offset'], (a['count'],))
        elif words[1] != 'total':
            a['values'] = self._numbers(a['offset'], (a['height'], a['width']))
        self.cases[-1]['expect'].append(dict(a, what=words[1]))
