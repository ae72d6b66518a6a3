#!/usr/bin/env python3
"""Writes real trained networks, kept outside this project, in the format of the test networks.

    convert_model.py MODELS_DIR OUT_DIR [NAME...]

MODELS_DIR holds NAME.json (the layers), NAME.npz (the weights) and golden.npz (pictures and expected maps). The results
are for local tests only: the weights have licences of their own, so they are never committed. A picture's total relevance
cannot be taken from golden.npz; it is left to the checks that a test makes anyway.
"""
import json
import os
import sys

import numpy as np

from netfile import Writer


def safe(name):
    """A layer name without the characters that the format uses itself."""
    for c in ' =,#':
        name = name.replace(c, '_')
    return name


class Converter:
    def __init__(self, directory, name):
        with open(os.path.join(directory, name + '.json'), encoding='utf-8') as f:
            self.graph = json.load(f)
        weights = np.load(os.path.join(directory, name + '.npz'))
        self.weights = {k: weights[k] for k in weights.files}
        _, c, h, w = self.graph['input']['shape']
        self.items = [dict(op='input', name=safe(self.graph['input']['name']), inputs=[], channels=c, height=h, width=w)]
        for node in self.graph['nodes']:
            self.node = node
            getattr(self, 'op_' + node['op'])(node)
        self.output = safe(self.graph['output'])

    def weight(self, key):
        return self.weights[self.node[key]] if self.node.get(key) else None

    def add(self, op, suffix='', inputs=None, **attributes):
        name = safe(self.node['out'] + suffix)
        inputs = inputs or [safe(i) for i in self.node['in']]
        self.items.append(dict(op=op, name=name, inputs=inputs, **attributes))
        return [name]

    def op_conv(self, n):
        w, groups = self.weight('w'), n.get('groups', 1)
        self.add('conv2d', in_channels=w.shape[1] * groups, out_channels=w.shape[0], kernel=w.shape[2:], groups=groups,
                 stride=tuple(n['stride']), pad=tuple(n['pad']), dilation=tuple(n.get('dilation', (1, 1))), weight=w,
                 bias=self.weight('b'))

    def op_linear(self, n):
        w = self.weight('w')
        self.add('linear', in_features=w.shape[1], out_features=w.shape[0], weight=w, bias=self.weight('b'))

    def op_bn(self, n):
        arrays = {k: self.weight(k) for k in ('gamma', 'beta', 'mean', 'var')}
        self.add('batch_norm', channels=arrays['mean'].size, eps=n['eps'], **arrays)

    def op_affine(self, n):
        self.add('scale_shift', channels=self.weight('gamma').size, scale=self.weight('gamma'), shift=self.weight('beta'))

    def op_relu(self, n):
        self.add('relu')

    def op_relu6(self, n):
        self.add('clip', min=0.0, max=6.0)

    def op_leaky(self, n):
        self.add('leaky_relu', slope=n['alpha'])

    def _pool(self, op, n, **more):
        self.add(op, kernel=tuple(n['k']), stride=tuple(n['stride']), pad=tuple(n.get('pad', (0,) * 4)),
                 ceil=int(bool(n.get('ceil'))), **more)

    def op_maxpool(self, n):
        self._pool('max_pool', n)

    def op_avgpool(self, n):
        self._pool('avg_pool', n, count_padding=int(bool(n.get('include_pad'))))

    def op_gap(self, n):
        self.add('global_avg_pool')

    def op_add(self, n):
        self.add('add')

    def op_concat(self, n):
        if n['axis'] != 1:
            raise ValueError(n['name'] + ': only channels can be concatenated')
        self.add('concat')

    def op_flatten(self, n):
        if n.get('order', 'CHW') != 'CHW':
            raise ValueError(n['name'] + ': flattened in the order ' + n['order'])
        self.add('flatten')

    def op_softmax(self, n):
        self.add('softmax')

    def op_subsample(self, n):
        self.add('subsample', stride=tuple(n['stride']))

    def op_pad(self, n):
        """Zeros around the picture, around the channels, or both; the last layer made keeps the name."""
        around, channels = tuple(n['pad']), n.get('cpad', [0, 0])
        inputs = None
        if any(around):
            inputs = self.add('zero_pad', '.pad' if any(channels) else '', pad=around)
        if any(channels) or inputs is None:
            self.add('zero_channels', inputs=inputs, before=channels[0], after=channels[1])


def write_case(w, golden, key, converter):
    get = lambda k: golden['%s/%s' % (key, k)]
    first, index = converter.items[0]['name'], int(get('class'))
    w.case(safe(key.split(':')[1]), get('x'))
    w.expect_value(converter.output, get('logits'))
    for k in golden.files:
        if k.startswith(key + '/rel/'):
            w.expect_map('relevance', [('class', index)], safe(k[len(key + '/rel/'):]), golden[k])
    w.expect_map('contrastive', [('class', index)], first, get('contrastive/x'))
    site, row, column = get('erf_at')
    w.expect_map('erf', [('site', safe(str(site))), ('row', int(row)), ('column', int(column))], first, get('erf/x'))


def convert(directory, out, name, golden):
    c, w = Converter(directory, name), Writer()
    w.comment('%s: %s' % (name, c.graph.get('license', 'unknown licence')))
    for item in c.items:
        w.layer(item)
    w.output(c.output)
    for key in sorted({k.split('/')[0] for k in golden.files}):
        if key.split(':')[0] == name:
            write_case(w, golden, key, c)
    w.save(os.path.join(out, name))
    print('%s: %d layers, %d bytes' % (name, len(c.items), w.length * 4))


def main(directory, out, names):
    golden = np.load(os.path.join(directory, 'golden.npz'))
    os.makedirs(out, exist_ok=True)
    for name in names or sorted({k.split(':')[0] for k in golden.files}):
        convert(directory, out, name, golden)


if __name__ == '__main__':
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
