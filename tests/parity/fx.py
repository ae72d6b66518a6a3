#!/usr/bin/env python3
"""Forward parity of torch modules with their translation by srd.torch, at full size, and the balance of an explanation.

    fx.py [--forward] [network...]

A line for each network: layers, sites and parameters of the graph; error: max |libsrd - torch| / max |torch| over the
outputs, at most 2e-5; float64: the same against the module in double precision; varies: how much two pictures differ in the
output, on the same scale, so that no bias drowns all; lost: relevance of the top class that does not arrive, of the largest sum
of magnitudes, at most 1e-4 (--forward leaves it out).
"""
import copy
import sys
import time

import torch
import torchvision.models as vision

import fx_networks
import modules
import srd
import srd.torch

ERROR, LOST, VARIES = 2e-5, 1e-4, 1e-2

TORCHVISION = {'vgg16': {}, 'vgg16_bn': {}, 'resnet18': {}, 'resnet50': {}, 'resnext50_32x4d': {}, 'densenet121': {},
               'inception_v3': {'init_weights': False, 'transform_input': False}, 'googlenet': {'init_weights': False},
               'squeezenet1_1': {}, 'mobilenet_v2': {}, 'mobilenet_v3_large': {}, 'efficientnet_b0': {},
               'shufflenet_v2_x1_0': {}, 'convnext_tiny': {}, 'vit_b_16': {}}
OTHERS = {'unet_bilinear': lambda: fx_networks.UNet(True), 'unet_transposed': lambda: fx_networks.UNet(False),
          'mobilenet_v1': modules.MobileNetV1, 'yolo': modules.Yolo, 'deit_tiny_distilled': modules.DeiTDistilled}
# A height and width that the strides do not divide, so that the U-Net's padding has work.
SIZES = {'inception_v3': (299, 299), 'unet_bilinear': (118, 140), 'unet_transposed': (118, 140)}


def network(name):
    """The module with seeded random weights, and two pictures."""
    torch.manual_seed(sum(map(ord, name)))
    model = getattr(vision, name)(weights=None, **TORCHVISION[name]) if name in TORCHVISION else OTHERS[name]()
    pictures = torch.randn(4, 3, *SIZES.get(name, (224, 224)))
    return fx_networks.randomise(model, pictures), pictures[:2]


def one(output):
    """The first of several outputs."""
    return output[0] if isinstance(output, tuple) else output


def measure(name, forward_only):
    """Prints a line; returns whether the network passed."""
    model, pictures = network(name)
    began = time.perf_counter()
    net = srd.torch.convert(model, pictures)
    with net.explainer(pictures[0], forward_only=forward_only) as explainer:
        error, lost, found = net.difference(pictures[0], explainer), 0.0, net.values(explainer)[0]
        if not forward_only:
            explainer.ask(srd.Target(), [])
            report = explainer.report()
            lost = abs(report.lost) / report.magnitude
    seconds = time.perf_counter() - began
    with torch.no_grad():
        first, second = one(model(pictures[:1])), one(model(pictures[1:]))
        exact = one(copy.deepcopy(model).double()(pictures[:1].double()))
    precise = ((found.double() - exact).abs().max() / exact.abs().max()).item()
    varies = ((first - second).abs().max() / first.abs().max()).item()
    infos = [net.graph.info(layer) for layer in range(net.graph.layer_count)]
    passed = error <= ERROR and lost <= LOST and varies >= VARIES
    print(f'{name:20} {len(infos):6} {sum(i.is_site for i in infos):6} {sum(i.parameters for i in infos):11,} '
          f'{error:9.1e} {precise:9.1e} {varies:8.2f} {lost:9.1e} {seconds:7.1f}  {"ok" if passed else "FAILED"}', flush=True)
    return passed


def main():
    torch.set_num_threads(1)  # the same bits from run to run
    forward_only = '--forward' in sys.argv
    names = [name for name in sys.argv[1:] if name != '--forward'] or [*TORCHVISION, *OTHERS]
    print(f'{"network":20} {"layers":>6} {"sites":>6} {"parameters":>11} {"error":>9} {"float64":>9} {"varies":>8} '
          f'{"lost":>9} {"seconds":>7}')
    passed = [measure(name, forward_only) for name in names]
    print(f'{sum(passed)} of {len(passed)} networks passed')
    sys.exit(not all(passed))


if __name__ == '__main__':
    main()
