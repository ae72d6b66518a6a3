#!/usr/bin/env python3
"""All networks of torchvision through srd.torch, one after the other, each in a process of its own: a line for each, and a table
by family.

    torchvision_table.py [--only NAME ...] [--size N] [--markdown]

A line: the network; the part of it ("whole", or of a detector its backbone, its dense outputs, its heads); whether it works, and
if not, why; then

    error   max |libsrd - torch| / max |torch| over the outputs
    own     max |torch in float32 - torch in float64| / max |torch in float64|: the rounding error of the module itself
    ratio   error / own
    lost    relevance of the explained class that does not arrive, of its score
    seconds to convert and to explain
    cost    processor time of a run with all ratios and of one map, as a multiple of that of a forward pass (the best of 3 each)

A network works if error is at most 1e-5 or 8 x own, and lost at most 1e-4. Weights are random (He's size, a fixed seed), and the
statistics of batch norms those of four random pictures, so that signals neither vanish nor grow. --size is the height and width of
a picture for networks that take any (96); the others have their own. Exit status 1: a network that should work does not.
"""
import argparse
import copy
import json
import os
import subprocess
import sys
import time

SIZE, ERROR, ROUNDING, LOST, LIMIT = 96, 1e-5, 8, 1e-4, 1500
HERE = os.path.dirname(os.path.abspath(__file__))

# What a constructor is told besides weights=None, and the size that a network insists on.
OPTIONS = {'googlenet': {'init_weights': False}, 'inception_v3': {'init_weights': False},
           'quantized_googlenet': {'init_weights': False}, 'quantized_inception_v3': {'init_weights': False},
           'maxvit_t': {'input_size': (224, 224)}}
SIZES = {'maxvit_t': 224, 'ssd300_vgg16': 300, 'ssdlite320_mobilenet_v3_large': 320}
PATCHES = {'vit_h_14': 14, 'vit_b_16': 16, 'vit_l_16': 16, 'vit_b_32': 32, 'vit_l_32': 32}
VIDEO = {'mc3_18': (16, 112), 'r2plus1d_18': (16, 112), 'r3d_18': (16, 112), 's3d': (16, 224), 'mvit_v1_b': (16, 224),
         'mvit_v2_s': (16, 224)}
DETECTORS = ('fasterrcnn', 'fcos', 'keypointrcnn', 'maskrcnn', 'retinanet', 'ssd')
FAMILIES = {'alexnet': 'AlexNet', 'convnext': 'ConvNeXt', 'deeplabv3': 'DeepLab V3', 'densenet': 'DenseNet', 'efficientnet_v2':
            'EfficientNet V2', 'efficientnet': 'EfficientNet', 'fasterrcnn': 'Faster R-CNN', 'fcn': 'FCN', 'fcos': 'FCOS', 'googlenet':
            'GoogLeNet', 'inception': 'Inception V3', 'keypointrcnn': 'Keypoint R-CNN', 'lraspp': 'LR-ASPP', 'maskrcnn': 'Mask R-CNN',
            'maxvit': 'MaxViT', 'mnasnet': 'MnasNet', 'mobilenet_v2': 'MobileNet V2', 'mobilenet_v3': 'MobileNet V3', 'quantized':
            'quantized_*, as float', 'raft': 'RAFT (optical flow)', 'regnet': 'RegNet', 'resnet': 'ResNet', 'resnext': 'ResNeXt',
            'retinanet': 'RetinaNet', 'shufflenet': 'ShuffleNet V2', 'squeezenet': 'SqueezeNet', 'ssdlite': 'SSDlite', 'ssd': 'SSD',
            'swin_v2': 'Swin V2', 'swin': 'Swin', 'vgg': 'VGG', 'vit': 'ViT', 'wide_resnet': 'Wide ResNet'}


def family(name):
    """The family of a network."""
    if name in VIDEO:
        return 'video (R3D, MC3, R(2+1)D, S3D, MViT)'
    return next(words for start, words in FAMILIES.items() if name.startswith(start))


# ---- in the process of one network -------------------------------------------------------------------------------------------

def seeded(model, images):
    """Weights of He's size, biases that are not 0, batch-norm statistics of these pictures."""
    import torch
    from torch import nn
    with torch.no_grad():
        for name, p in model.named_parameters():
            if name.endswith(('logit_scale', 'layer_scale')):
                p.uniform_(0.5, 1.5)
            elif p.dim() > 1:
                p.normal_(0, (2 / p[0].numel()) ** 0.5 if p.shape[0] > 1 else 0.5)
            elif name.endswith('bias'):
                p.normal_(0, 0.1)
            else:
                p.uniform_(0.8, 1.2)
        model.eval()
        norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
        for norm in norms:
            norm.momentum = 1.0
            norm.train()
        if norms:
            model(images)
    return model.eval()


class Then:
    """Parts of a detector as modules of their own; made late, since torch is loaded late."""

    @staticmethod
    def of(*steps):
        """A module that calls modules one after the other."""
        from torch import nn

        class Chain(nn.Module):
            def __init__(self):
                super().__init__()
                self.steps = nn.ModuleList(steps)

            def forward(self, x):
                for step in self.steps:
                    x = step(x)
                return x
        return Chain().eval()


def parts_of(model):
    """[(what, module, channels, height and width or None for that of the picture)] of a detector."""
    import srd.torch
    parts = [('backbone', model.backbone, 3, None), ('dense outputs', srd.torch.dense(model), 3, None)]
    heads = getattr(model, 'roi_heads', None)
    if heads is not None:
        parts.append(('box head', Then.of(heads.box_head, heads.box_predictor), model.backbone.out_channels, 7))
        for what in ('mask', 'keypoint'):
            if getattr(heads, what + '_head', None) is not None:
                parts.append((what + ' head', Then.of(getattr(heads, what + '_head'), getattr(heads, what + '_predictor')),
                              model.backbone.out_channels, 14))
    return parts


def cheapest(action):
    """Processor time of the fastest of 3, after one that warms up."""
    times = []
    for _ in range(4):
        began = time.process_time()
        action()
        times.append(time.process_time() - began)
    return min(times[1:])


def cost(network, explainer, image):
    """What an explanation costs, in forward passes."""
    import srd
    picture = image.numpy()

    def explained():
        explainer.run(picture)
        explainer.ask(srd.Target())

    with network.explainer(image, forward_only=True) as forward:
        return cheapest(explained) / max(cheapest(lambda: forward.run(picture)), 1e-9)


def measure(what, model, image):
    """The numbers of one module."""
    import srd
    import srd.torch
    from srd.torch import reference
    found = {'part': what}
    errors, exact = reference.rounding(model, [image[None]])
    own = max(errors)
    del exact
    began = time.perf_counter()
    try:
        network = srd.torch.convert(model, image)
        with network.explainer(image) as explainer:
            error = network.difference(image, explainer)
            explainer.ask(srd.Target(), [])
            report = explainer.report()
            seconds = time.perf_counter() - began
            times = cost(network, explainer, image)
    except srd.torch.ConversionError as refusal:
        return {**found, 'why': str(refusal)}
    lost = abs(report.lost) / max(abs(report.score), 1e-30)
    passed = error <= max(ERROR, ROUNDING * own) and lost <= LOST
    return {**found, 'works': passed, 'error': error, 'own': own, 'lost': lost, 'seconds': seconds, 'cost': times,
            'why': '' if passed else 'the numbers are too far off'}


def one(name, size):
    """Measures one network; a list of results."""
    import torch
    import torchvision.models as vision
    import srd
    import srd.torch
    srd.load()
    torch.manual_seed(sum(map(ord, name)))
    patch, options = PATCHES.get(name), dict(OPTIONS.get(name, {}))
    size = SIZES.get(name, size if patch is None else max(1, round(size / patch)) * patch)
    if patch:
        options['image_size'] = size
    detector = name.startswith(DETECTORS)
    if detector or name.startswith(('fcn', 'deeplab', 'lraspp')):
        options['weights_backbone'] = None
    model = vision.get_model(name, weights=None, **options).eval()
    if name in VIDEO:
        frames, side = VIDEO[name]
        pictures = [torch.randn(1, 3, frames, side, side)]
    elif name.startswith('raft'):
        pictures = [torch.randn(1, 3, 128, 128)] * 2
    else:
        pictures = [torch.randn(4, 3, size, size)]
    if detector:
        seeded(model, list(pictures[0].sigmoid()))
        results = [measure(what, part, pictures[0][0] if side is None else torch.randn(channels, side, side).abs())
                   for what, part, channels, side in parts_of(model)]
        return [*results, refusal(model, pictures[0][0])]
    if name in VIDEO or name.startswith('raft'):
        return [refusal(model, tuple(pictures))]
    results = [measure('whole', seeded(model, pictures[0]), pictures[0][0])]
    if name.startswith('quantized'):
        results.append(quantized(name, options, pictures[0][0]))
    return results


def refusal(model, images, part='whole'):
    """The sentence by which a network is refused."""
    import srd.torch
    try:
        srd.torch.convert(model, images)
    except srd.torch.ConversionError as refused:
        return {'part': part, 'why': str(refused)}
    return {'part': part, 'works': False, 'why': 'converted, though it should be refused'}


def quantized(name, options, image):
    """The same for the integer form of a network."""
    import torch
    import torchvision.models as vision
    torch.backends.quantized.engine = next(e for e in torch.backends.quantized.supported_engines if e != 'none')
    try:
        model = vision.get_model(name, weights=None, quantize=True, **options).eval()
    except Exception as error:
        return {'part': 'int8', 'why': f'torchvision cannot build it here: {error}'}
    return refusal(model, image, 'int8')


# ---- the table ----------------------------------------------------------------------------------------------------------------

def run(name, size):
    """The results of a network from a process of its own."""
    environment = {**os.environ, 'OMP_NUM_THREADS': '1', 'PYTHONPATH': os.path.join(HERE, '../../examples/bindings/python')}
    command = [sys.executable, '-B', os.path.abspath(__file__), '--one', name, '--size', str(size)]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        return [{'part': 'whole', 'works': False, 'why': f'not finished after {LIMIT} seconds'}]
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        last = (done.stderr.strip().splitlines() or [''])[-1]
        return [{'part': 'whole', 'works': False, 'why': f'the process ended with {done.returncode}: {last}'}]
    return json.loads(lines[-1])


def verdict(result):
    """One word."""
    return 'works' if result.get('works') else 'FAILED' if result.get('works') is False else 'refused'


def line(name, result):
    """One row of the table."""
    numbers = ''
    if 'error' in result:
        ratio = result['error'] / max(result['own'], 1e-12)
        numbers = f'{result["error"]:8.1e} {result["own"]:8.1e} {ratio:6.1f} {result["lost"]:8.1e} {result["seconds"]:7.1f} {result["cost"]:5.2f}'
    return f'{name:30} {result["part"]:14} {verdict(result):8} {numbers:47} {result["why"]}'.rstrip()


def summary(results, markdown):
    """Prints the table by family."""
    rows = {}
    for name, found in results.items():
        row = rows.setdefault(family(name), {'all': 0, 'whole': 0, 'parts': 0, 'no': 0, 'why': ''})
        whole = next((r for r in found if r['part'] == 'whole'), {})
        row['all'] += 1
        kind = 'whole' if whole.get('works') else 'parts' if all(r.get('works') for r in found if r['part'] != 'whole') and \
            len(found) > 1 else 'no'
        row[kind] += 1
        row['why'] = row['why'] or whole.get('why', '')
    head = ('family', 'networks', 'work whole', 'by their parts', 'neither', 'refused because')
    print()
    if markdown:
        print('| ' + ' | '.join(head) + ' |\n|---|---|---|---|---|---|')
    for words, row in sorted(rows.items()):
        cells = (words, row['all'], row['whole'], row['parts'], row['no'], row['why'])
        print('| ' + ' | '.join(str(c) for c in cells) + ' |' if markdown else
              f'{cells[0]:38} {cells[1]:8} {cells[2]:10} {cells[3]:14} {cells[4]:8}  {cells[5]}'.rstrip())
    total = {key: sum(row[key] for row in rows.values()) for key in ('all', 'whole', 'parts', 'no')}
    print(f'\n{total["all"]} networks: {total["whole"]} work whole, {total["parts"]} by their parts, {total["no"]} neither')
    works = [r for found in results.values() for r in found if 'error' in r]
    if works:
        print(f'largest error {max(r["error"] for r in works):.1e}, largest error / own '
              f'{max(r["error"] / max(r["own"], 1e-12) for r in works):.1f}, largest lost / score {max(r["lost"] for r in works):.1e}')


def main():
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--only', nargs='+', metavar='NAME', help='these networks (all)')
    parser.add_argument('--size', type=int, default=SIZE, help=f'height and width of a picture ({SIZE})')
    parser.add_argument('--markdown', action='store_true', help='the table by family as Markdown')
    parser.add_argument('--one', help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        import torch
        torch.set_num_threads(1)
        print(json.dumps(one(arguments.one, arguments.size)))
        return
    names = arguments.only
    if not names:
        import torchvision.models as vision
        names = vision.list_models()
    print(f'{"network":30} {"part":14} {"":8} {"error":>8} {"own":>8} {"ratio":>6} {"lost":>8} {"seconds":>7} {"cost":>5}')
    results = {}
    for name in names:
        results[name] = run(name, arguments.size)
        for result in results[name]:
            print(line(name, result), flush=True)
    summary(results, arguments.markdown)
    sys.exit(any(verdict(r) == 'FAILED' for found in results.values() for r in found))


if __name__ == '__main__':
    main()
