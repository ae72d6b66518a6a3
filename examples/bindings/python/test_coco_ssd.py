#!/usr/bin/env python3
"""coco_ssd.py on a small graph of the same operations: the network that explain.py reads gives the values of the graph.

    python3 test_coco_ssd.py [library]
"""
import io
import json
import pathlib
import sys
import tarfile
import tempfile
import unittest

import numpy as np

import coco_ssd
import explain
import srd

random = np.random.default_rng(3)


def convolve(x, weight, stride, depthwise):
    """A convolution of TensorFlow with the padding SAME; x [height][width][channels]."""
    kernel, size = weight.shape[0], -(-x.shape[0] // stride)
    lack = max((size - 1) * stride + kernel - x.shape[0], 0)
    x = np.pad(x, ((lack // 2, lack - lack // 2), (lack // 2, lack - lack // 2), (0, 0)))
    y = 0
    for row in range(kernel):
        for column in range(kernel):
            taken = x[row:row + stride * (size - 1) + 1:stride, column:column + stride * (size - 1) + 1:stride]
            y = y + (taken * weight[row, column, :, 0] if depthwise else taken @ weight[row, column])
    return y


class Graph:
    """Writes nodes as TensorFlow.js does, and computes each at once in double precision."""

    def __init__(self, picture):
        self.nodes, self.arrays, self.values = [], {}, {'Preprocessor/sub': picture}

    def constant(self, name, *shape):
        self.arrays[name] = (0.5 * random.standard_normal(shape)).astype(np.float32)
        return self.arrays[name].astype(float)

    def add(self, op, name, inputs, value, **attributes):
        self.nodes.append({'op': op, 'name': name, 'input': inputs, 'attr': attributes})
        self.values[name] = value
        return name

    def convolution(self, name, x, kernel, outputs, stride=1, depthwise=False):
        channels = self.values[x].shape[2]
        weight = self.constant(name + '/w', kernel, kernel, channels, 1 if depthwise else outputs)
        return self.add('DepthwiseConv2dNative' if depthwise else 'Conv2D', name, [x, name + '/w'],
                        convolve(self.values[x], weight, stride, depthwise),
                        strides={'list': {'i': ['1', str(stride), str(stride), '1']}}, padding={'s': list(b'SAME')})

    def package(self, path):
        """As a package: model.json, and the arrays in two pieces that are cut anywhere."""
        data = b''.join(array.tobytes() for array in self.arrays.values())
        weights = [{'name': name, 'shape': list(a.shape), 'dtype': 'float32'} for name, a in self.arrays.items()]
        model = {'modelTopology': {'node': self.nodes}, 'weightsManifest': [{'paths': ['one', 'two'], 'weights': weights}]}
        with tarfile.open(path, 'w:gz') as package:
            for name, content in (('model.json', json.dumps(model).encode()), ('one', data[:1001]), ('two', data[1001:])):
                info = tarfile.TarInfo(coco_ssd.FOLDER + name)
                info.size = len(content)
                package.addfile(info, io.BytesIO(content))


def small_graph(picture):
    """All operations that the detector has, and one of its heads with two anchors."""
    g = Graph(picture)
    x = g.convolution('first', 'Preprocessor/sub', 3, 4, stride=2)
    x = g.add('Add', 'shifted', [x, 'shift'], g.values[x] + g.constant('shift', 4))
    x = low = g.add('Relu6', 'low', [x], np.clip(g.values[x], 0, 6))
    x = g.convolution('each', x, 3, 4, stride=1, depthwise=True)
    x = g.add('Mul', 'scaled', [x, 'scale'], g.values[x] * g.constant('scale', 4))
    x = g.add('AddN', 'both', [x, low], g.values[x] + g.values[low])
    while g.values[x].shape[0] > 3:
        x = g.convolution(f'down{g.values[x].shape[0]}', x, 3, 4, stride=2, depthwise=True)
    gamma, beta, mean = (g.constant(name, 4) for name in ('gamma', 'beta', 'mean'))
    g.constant('var', 4)
    g.arrays['var'] = g.arrays['var'] ** 2 + np.float32(0.5)
    var = g.arrays['var'].astype(float)
    x = g.add('FusedBatchNorm', 'norm', [x, 'gamma', 'beta', 'mean', 'var'],
              (g.values[x] - mean) / np.sqrt(var + 0.001) * gamma + beta, epsilon={'f': 0.001})
    head = 'BoxPredictor_3/ClassPredictor/'
    weight, bias = g.constant(head + 'weights', 1, 1, 4, 2 * coco_ssd.CLASSES), g.constant(head + 'biases', 2 * coco_ssd.CLASSES)
    x = g.add('Conv2D', head + 'Conv2D', [x, head + 'weights'], convolve(g.values[x], weight, 1, False),
              strides={'list': {'i': ['1', '1', '1', '1']}}, padding={'s': 'U0FNRQ=='})
    g.add('BiasAdd', head + 'BiasAdd', [x, head + 'biases'], g.values[x] + bias)
    return g


class CocoSsd(unittest.TestCase):
    def test_values(self):
        picture = random.standard_normal((coco_ssd.SIZE, coco_ssd.SIZE, 3))
        wanted = small_graph(picture)
        with tempfile.TemporaryDirectory() as folder:
            wanted.package(f'{folder}/package.tgz')
            nodes, arrays = coco_ssd.read_package(f'{folder}/package.tgz')
            for anchor in (0, 1):
                description, weights = coco_ssd.convert(nodes, arrays, 3, anchor)
                pathlib.Path(f'{folder}/net.json').write_text(json.dumps(description), encoding='utf-8')
                np.savez(f'{folder}/net.npz', **weights)
                description, graph = explain.load_network(f'{folder}/net')
                with graph, srd.Explainer(graph, forward_only=True) as explainer:
                    explainer.run(picture.transpose(2, 0, 1).astype(np.float32))
                    found = explainer.value(graph.outputs[0])
                scores = wanted.values['BoxPredictor_3/ClassPredictor/BiasAdd'].transpose(2, 0, 1)
                scores = scores[anchor * coco_ssd.CLASSES:(anchor + 1) * coco_ssd.CLASSES]
                self.assertEqual(found.shape, scores.shape)
                self.assertLess(np.abs(found - scores).max(), 1e-5 * np.abs(scores).max())

    def test_refusals(self):
        nodes, arrays = {'a': {'op': 'Tanh', 'name': 'a', 'input': ['Preprocessor/sub']}}, {}
        with self.assertRaisesRegex(ValueError, 'a: the operation Tanh'):
            coco_ssd.Converter(nodes, arrays).layer('a')


if __name__ == '__main__':
    if len(sys.argv) > 1:
        srd.load(sys.argv.pop(1))
    unittest.main()
