#!/usr/bin/env python3
"""Explain what a network says about a picture, and write heat maps as PNG.

    python3 explain.py NETWORK PICTURE [options]

NETWORK is a path without ending: NETWORK.json describes the layers, NETWORK.npz holds the arrays.

    {"input":  {"name": "x", "shape": [1, 3, 224, 224],
                "preprocess": {"resize_short": 256, "channels": "RGB", "scale": 0.0039, "mean": [...], "std": [...]}},
     "nodes":  [{"op": "conv", "in": ["x"], "out": "conv1", "w": "conv1.w", "b": "conv1.b", "stride": [2, 2], ...}, ...],
     "output": "fc", "labels": ["tench", ...]}

A node's operation is a key of LAYERS below; its other keys are read there. A string such as "conv1.w" names an array of
NETWORK.npz (convolutions [O][I][kernel_h][kernel_w]); pads are top, left, bottom, right. PICTURE is a PNG (read by PIL, Debian:
python3-pil), or an .npy file with the finished input (C, H, W) as float32. The library paints the maps; where matplotlib is
(Debian: python3-matplotlib), it puts them together on one sheet. Nothing of this file is part of the library.
"""
import argparse
import json
import pathlib
import sys

import numpy as np

import srd


# ---- networks --------------------------------------------------------------------------------------------------------

def _pool(method):
    def add(graph, x, node, arrays):
        options = {'stride': node['stride'], 'pad': node.get('pad', 0), 'ceil_mode': bool(node.get('ceil')),
                   'name': node['out']}
        if method == 'avg_pool2d':
            options['count_padding'] = bool(node.get('include_pad'))
        return getattr(graph, method)(x[0], node['k'], **options)

    return add


def _flatten(graph, x, node, arrays):
    if node.get('order', 'CHW') != 'CHW':
        raise ValueError(f"{node['out']}: flatten in the order {node['order']}; reorder the weights above it to C, H, W")
    return graph.flatten(x[0], name=node['out'])


def _pad(graph, x, node, arrays):
    y = graph.zero_pad2d(x[0], node['pad'], name=node['out'] if 'cpad' not in node else None)
    return graph.zero_channels(y, *node['cpad'], name=node['out']) if 'cpad' in node else y


def _simple(method, *options):
    return lambda graph, x, node, arrays: getattr(graph, method)(x[0], *options, name=node['out'])


# For each operation a function of the graph, the ids of the inputs, the node, and {key of the node: array}.
LAYERS = {
    'conv': lambda graph, x, node, a: graph.conv2d(
        x[0], a['w'], a.get('b'), stride=node['stride'], pad=node.get('pad', 0), dilation=node.get('dilation'),
        groups=node.get('groups', 1), name=node['out']),
    'linear': lambda graph, x, node, a: graph.linear(x[0], a['w'], a.get('b'), name=node['out']),
    'bn': lambda graph, x, node, a: graph.batch_norm(x[0], a['gamma'], a['beta'], a['mean'], a['var'], node['eps'],
                                                     name=node['out']),
    'affine': lambda graph, x, node, a: graph.scale_shift(x[0], a['gamma'], a['beta'], name=node['out']),
    'add': lambda graph, x, node, a: graph.add(x, name=node['out']),
    'concat': lambda graph, x, node, a: graph.concat(x, name=node['out']),
    'leaky': lambda graph, x, node, a: graph.leaky_relu(x[0], node['alpha'], name=node['out']),
    'subsample': lambda graph, x, node, a: graph.subsample2d(x[0], node['stride'], name=node['out']),
    'relu': _simple('relu'), 'relu6': _simple('clip', 0, 6), 'tanh': _simple('tanh'), 'sigmoid': _simple('sigmoid'),
    'softmax': _simple('softmax'), 'gap': _simple('global_avg_pool'), 'flatten': _flatten, 'pad': _pad,
    'maxpool': _pool('max_pool2d'), 'avgpool': _pool('avg_pool2d'),
}


def load_network(path):
    """The description (a dict) and the sealed graph of a network; path: without ending."""
    with open(f'{path}.json', encoding='utf-8') as file:
        description = json.load(file)
    with np.load(f'{path}.npz') as numbers:
        weights = {name: numbers[name] for name in numbers.files}
    graph = srd.Graph()
    picture = description['input']
    ids = {picture['name']: graph.input(*picture['shape'][-3:], name=picture['name'])}
    for node in description['nodes']:
        if node['op'] not in LAYERS:
            raise ValueError(f"{node['out']}: the operation {node['op']} has no layer in libsrd")
        arrays = {key: weights[value] for key, value in node.items()
                  if key not in ('op', 'name', 'in', 'out') and isinstance(value, str) and value in weights}
        ids[node['out']] = LAYERS[node['op']](graph, [ids[name] for name in node['in']], node, arrays)
    graph.output(description['output'])
    return description, graph.seal()


# ---- pictures --------------------------------------------------------------------------------------------------------

def load_picture(path, description):
    """The network's input (C, H, W), and the picture as it sees it, from 0 to 1, to lay maps over; None: there is none."""
    channels, height, width = description['input']['shape'][-3:]
    if str(path).endswith('.npy'):
        return np.load(path), None
    try:
        from PIL import Image
    except ImportError:
        sys.exit('explain.py: reading PNG needs PIL (Debian: python3-pil); or give the finished input as .npy')
    how = description['input'].get('preprocess', {})
    image = Image.open(path).convert('L' if channels == 1 else 'RGB')
    if how.get('resize_short'):
        factor = how['resize_short'] / min(image.size)
        image = image.resize((max(width, round(image.width * factor)), max(height, round(image.height * factor))),
                             Image.BILINEAR)
        left, top = (image.width - width) // 2, (image.height - height) // 2
        image = image.crop((left, top, left + width, top + height))
    elif image.size != (width, height):
        image = image.resize((width, height), Image.BILINEAR)
    pixels = np.asarray(image, np.float32)
    pixels = pixels[None] if channels == 1 else pixels.transpose(2, 0, 1)
    x = pixels[::-1] if how.get('channels') == 'BGR' else pixels
    mean, std = (np.asarray(how.get(key, default), np.float32).reshape(-1, 1, 1) for key, default in (('mean', 0), ('std', 1)))
    return (x * np.float32(how.get('scale', 1)) - mean) / std, pixels / np.float32(255)


def write_png(path, rgba):
    """Write RGBA pixels, uint8 (height, width, 4): by PIL, or without it unfiltered."""
    try:
        from PIL import Image
    except ImportError:
        pathlib.Path(path).write_bytes(srd.encode_png(rgba))
    else:
        Image.fromarray(rgba).save(path)


# ---- explaining ------------------------------------------------------------------------------------------------------

def default_layers(explainer, target, count):
    """The inputs, and sites spread over the network's sizes: of each size the last one that all relevance passes (not one of
    several branches), from large to small."""
    graph, last = explainer.graph, {}
    explainer.ask(target, [])
    scale = explainer.report()
    for layer in range(graph.layer_count):
        info = graph.info(layer)
        if info.is_site and info.role != srd.ROLE_SOURCE and explainer.plan_info(layer).positions > 1:
            if abs(explainer.site_report(layer).relevance_in - scale.top) < 1e-4 * scale.magnitude:
                last[explainer.shape(layer)[1:]] = layer
    return graph.inputs + (sorted(last.values())[-count:] if count else [])


def conservation(report):
    """The balance of a question in one line."""
    parts = [('inputs', report.at_inputs), ('constants', report.at_constants), ('unreached', report.unreached),
             ('head bias', report.head_bias), ('subtracted', report.subtracted)]
    shown = ' + '.join(f'{name} {value:.6g}' for name, value in parts if value or name == 'inputs')
    return (f'conservation: {shown} = {sum(value for _, value in parts):.6g}, first maps {report.top:.6g}, '
            f'score {report.score:.6g}; lost {abs(report.lost):.1e} of {report.magnitude:.4g}')


# A few outliers shall not make all else pale.
SCALING = {'scaling': srd.SCALE_PERCENTILE, 'percentile': 99.5}


def paint(values, picture, size, place=None):
    """A map as RGBA, over the picture if there is one; place: where its positions lie, see Explainer.geometry()."""
    if picture is None:
        return srd.render_map(values, size, **SCALING)
    smooth = srd.ENLARGE_BILINEAR if values.shape != picture.shape[1:] else srd.ENLARGE_NEAREST
    return srd.render_overlay(values, picture, size, grey_picture=True, opacity=0.9, enlargement=smooth, place=place,
                              **SCALING)


def write_map(path, values, picture, size, place=None):
    """A map alone, and over the picture if there is one."""
    write_png(f'{path}.png', paint(values, None, size))
    if picture is not None:
        write_png(f'{path}_overlay.png', paint(values, picture, size, place))


def write_sheet(path, title, maps, picture, size, places):
    """All maps side by side with their names and scales, by matplotlib; returns whether that is there."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.cm import ScalarMappable
        from matplotlib.colors import ListedColormap, Normalize
        from matplotlib.figure import Figure
    except ImportError:
        return False
    columns = len(maps) + (picture is not None)
    figure = Figure(figsize=(4 * columns, 5), layout='constrained')
    figure.suptitle(title, fontsize='x-large')
    above, below = (list(row) for row in figure.subplots(2, columns, squeeze=False, gridspec_kw={'height_ratios': [24, 1]}))
    if picture is not None:
        above[0].imshow(picture.transpose(1, 2, 0).squeeze(), cmap='gray', vmin=0, vmax=1)
        above[0].set_title('picture')
        above.pop(0).set_axis_off()
        below.pop(0).set_axis_off()
    colours = ListedColormap(srd.colour_map() / 255)
    for axis, scale, (name, values) in zip(above, below, maps.items()):
        axis.imshow(paint(values, picture, size, places[name]))
        axis.set_title(f'{name}: {values.shape[0]} x {values.shape[1]}')
        axis.set_axis_off()
        low, high = srd.render_scale(values, **SCALING)
        figure.colorbar(ScalarMappable(Normalize(low, high), colours), cax=scale, orientation='horizontal',
                        ticks=[low, (low + high) / 2, high], format='%.3g')
    FigureCanvasAgg(figure).print_figure(path, dpi=100)
    return True


def arguments():
    parser = argparse.ArgumentParser(description='Explain what a network says about a picture.')
    parser.add_argument('network', help='path without ending: NETWORK.json and NETWORK.npz')
    parser.add_argument('picture', help='a PNG, or an .npy with the finished input')
    parser.add_argument('-o', '--output', default='.', help='folder for the pictures (here)')
    parser.add_argument('--sheet', help='write nothing but the sheet of all maps, to this file (.png, .jpg, .svg)')
    parser.add_argument('--class', dest='index', type=int, help='class to explain (the top class)')
    parser.add_argument('--against', type=int, help='explain the class minus this one')
    parser.add_argument('--at', nargs=2, type=int, metavar=('ROW', 'COLUMN'),
                        help='the scores of one position of the output (their sum over all positions)')
    parser.add_argument('--contrastive', action='store_true', help='only what differs between positions')
    parser.add_argument('--gradcam', action='store_true', help='Grad-CAM head in place of the directed one')
    parser.add_argument('--layers', help='names of layers, separated by commas (the input and three sites)')
    parser.add_argument('--erf', nargs=3, metavar=('LAYER', 'ROW', 'COLUMN'), help='also: what this vector is made of')
    parser.add_argument('--workers', type=int, default=1, help='threads (1)')
    parser.add_argument('--library', help='path of libsrd (see the package srd)')
    return parser.parse_args()


def main():
    """Read the command line, explain, write the pictures."""
    options = arguments()
    srd.load(options.library)
    description, graph = load_network(options.network)
    x, picture = load_picture(options.picture, description)
    labels = description.get('labels', [])
    folder = pathlib.Path(options.output)
    folder.mkdir(parents=True, exist_ok=True)
    stem = f'{pathlib.Path(options.network).name}_{pathlib.Path(options.picture).stem}'
    size = tuple(max(1, 448 // n) * n for n in x.shape[1:])

    keep = {layer: srd.KEEP_MAP for layer in (options.layers or '').split(',') if layer and not graph.is_site(layer)}
    if options.gradcam:
        keep[None] = srd.KEEP_GRADCAM

    with graph, srd.Explainer(graph, workers=options.workers, keep=keep) as explainer:
        explainer.run(x)
        scores = explainer.value(graph.outputs[0])
        scores = scores[:, options.at[0], options.at[1]] if options.at else scores.sum(axis=(1, 2))
        for index in np.argsort(-scores)[:5]:
            print(f'{scores[index]:10.4f}  {index:4d}  {labels[index] if labels else ""}')
        index = int(np.argmax(scores)) if options.index is None else options.index
        target = srd.Target(index, against=options.against, position=options.at)
        layers = options.layers.split(',') if options.layers else default_layers(explainer, target, 3)
        ask = explainer.ask_gradcam if options.gradcam else explainer.ask
        maps = ask(target, layers, contrastive=options.contrastive)
        print(f'explained: class {index}' + (f' against {options.against}' if options.against is not None else ''))
        print(conservation(explainer.report()))
        names = [layer if isinstance(layer, str) else graph.name(layer) for layer in layers]
        places = {name: explainer.geometry(name) for name in names}
        for name, values in zip(names, maps):
            if not options.sheet:
                write_map(folder / f"{stem}_{name.replace('/', '-')}", values, picture, size, places[name])
            print(f'{name}: {values.shape[0]} x {values.shape[1]}, sum {values.sum(dtype=np.float64):.6g}, '
                  f'from {values.min():.4g} to {values.max():.4g}')
        said = [labels[i] if labels else f'class {i}' for i in (index, options.against) if i is not None]
        title = f'{" rather than ".join(said)}: {explainer.report().score:.4g}'
        if not write_sheet(options.sheet or folder / f'{stem}_sheet.png', title, dict(zip(names, maps)), picture, size, places):
            print('without matplotlib (Debian: python3-matplotlib) there is no sheet of all maps')
        if options.erf:
            layer, row, column = options.erf[0], int(options.erf[1]), int(options.erf[2])
            write_map(folder / f"{stem}_erf_{layer.replace('/', '-')}_{row}_{column}", explainer.erf(layer, row, column),
                      picture, size)
            print(f'ERF of {layer} at ({row}, {column}): ' + conservation(explainer.report()))


if __name__ == '__main__':
    main()
