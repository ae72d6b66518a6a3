"""The table of examples/zoo: what each network is and takes, and how exact it is. sh tests/parity/zoo.sh runs it.

forward   largest difference from PyTorch's output, over max |output|: torchvision 0.14 (or modules.py) at full size, the
          same seeded random parameters in both, batch-norm statistics randomised, one random image
SRD       largest difference of the maps from the float64 reference, over max |map|: the small version in tests/golden
ratios, lost, times, memory    as the program zoo prints them (one thread)

usage: zoo.py LIBSRD LIBZOO ZOO_PROGRAM GOLDEN_ERRORS [NAME...]
"""
import ctypes as C
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch
import torchvision.models as tv

import modules

sys.path.insert(0, str(Path(__file__).parents[2] / 'examples' / 'python'))
import srd

TOLERANCE = 2e-5
NETWORKS = {
    'vgg16': tv.vgg16, 'vgg16_bn': tv.vgg16_bn, 'resnet18': tv.resnet18, 'resnet50': tv.resnet50,
    'resnext50': tv.resnext50_32x4d, 'densenet121': tv.densenet121,
    'inception_v3': lambda: tv.inception_v3(init_weights=False, aux_logits=False),
    'googlenet': lambda: tv.googlenet(init_weights=False, aux_logits=False),
    'squeezenet1_1': tv.squeezenet1_1, 'mobilenet_v1': modules.MobileNetV1, 'mobilenet_v2': tv.mobilenet_v2,
    'mobilenet_v3_large': tv.mobilenet_v3_large, 'efficientnet_b0': tv.efficientnet_b0,
    'shufflenet_v2': tv.shufflenet_v2_x1_0, 'convnext_tiny': tv.convnext_tiny,
    'unet_bilinear': lambda: modules.UNet(True), 'unet_transposed': lambda: modules.UNet(False), 'yolo': modules.Yolo,
    'vit_b_16': tv.vit_b_16, 'deit_tiny_distilled': modules.DeiTDistilled,
}
SMALL = {'squeezenet1_1': 'squeezenet_small', 'mobilenet_v1': 'mobilenet_v1_small', 'mobilenet_v2': 'mobilenet_v2_small',
         'mobilenet_v3_large': 'mobilenet_v3', 'convnext_tiny': 'convnext_t', 'vit_b_16': 'vit',
         'deit_tiny_distilled': 'deit_distilled'}
SIDES = {'inception_v3': 299, 'unet_bilinear': 256, 'unet_transposed': 256, 'yolo': 320}
FIND = C.CFUNCTYPE(C.c_void_p, C.c_void_p, C.c_char_p, C.POINTER(C.c_int64), C.c_int32)


class Weights(C.Structure):
    _fields_ = [('find', FIND), ('user', C.c_void_p)]


def randomise(module, seed=0):
    """Seeded parameters that keep signals alive: normal with variance 2 / fan-in; norms and biases near 1 and 0."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in module.state_dict().items():
            if name.endswith('num_batches_tracked'):
                continue
            if name.endswith('running_var'):
                p.uniform_(0.5, 1.5, generator=generator)
            elif name.endswith('layer_scale'):
                p.uniform_(0.2, 1, generator=generator)
            elif p.dim() == 1 and name.endswith('weight'):
                p.uniform_(0.6, 1.4, generator=generator)
            elif p.dim() > 1 and name.endswith('weight'):
                p.normal_(0, (2 / p[0].numel()) ** 0.5, generator=generator)
            else:
                p.normal_(0, 0.1 if p.dim() == 1 else 0.5, generator=generator)
    return module.eval()


def build(zoo, name, state):
    """The network of the zoo with these parameters, which it borrows."""
    asked = set()

    def find(_, path, shape, rank):
        array = state.get(path.decode())
        asked.add(path.decode())
        return array.ctypes.data if array is not None and array.shape == tuple(shape[:rank]) else None

    zoo.zoo_network_of.restype, zoo.zoo_network_of.argtypes = C.c_void_p, [C.c_char_p]
    zoo.zoo_build.restype, zoo.zoo_build.argtypes = None, [C.c_void_p, C.c_void_p, C.c_void_p, C.c_char_p]
    graph, missing, weights = srd.Graph(borrow=True), C.create_string_buffer(128), Weights(FIND(find), None)
    with graph._handle as handle:
        zoo.zoo_build(zoo.zoo_network_of(name.encode()), handle, C.byref(weights), missing)
    if missing.value:
        raise SystemExit(f'{name}: no parameter {missing.value.decode()} of this shape')
    graph.seal()
    unused = set(state) - asked
    if unused:
        raise SystemExit(f'{name}: the zoo does not use {sorted(unused)}')
    return graph


def forward_error(zoo, name):
    module = randomise(NETWORKS[name]())
    state = {k: v.numpy() for k, v in module.state_dict().items() if not k.endswith('num_batches_tracked')}
    graph = build(zoo, name, state)
    side = SIDES.get(name, 224)
    image = torch.randn((1, 3, side, side), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = module(image)
    expected = expected if isinstance(expected, tuple) else (expected,)
    explainer = srd.Explainer(graph, forward_only=True)
    explainer.run(image.numpy())
    errors = []
    for i, e in enumerate(expected):
        got, e = explainer.value(graph.outputs[i]), e.numpy()
        errors.append(np.abs(got.reshape(e.shape) - e).max() / np.abs(e).max())
    explainer.close()
    graph.close()
    return max(errors)


def main():
    libsrd, libzoo, program, golden = sys.argv[1:5]
    names = sys.argv[5:] or list(NETWORKS)
    with open(golden) as lines:
        maps = {name: float(error) for name, _, error in map(str.split, lines)}
    srd.load(libsrd)
    zoo, bad = C.CDLL(libzoo), 0
    for i, name in enumerate(names):
        done = subprocess.run([program, name], stdout=subprocess.PIPE, text=True)
        head, *rows = done.stdout.splitlines()
        forward, map_error = forward_error(zoo, name), maps[SMALL.get(name, name)]
        right = done.returncode == 0 and len(rows) == 1 and forward <= TOLERANCE and map_error <= TOLERANCE
        bad += not right
        if i == 0:
            print(f'{head}  forward      SRD')
        print(f'{rows[0] if rows else name}  {forward:7.1e}  {map_error:7.1e}{"" if right else "  FAILED"}', flush=True)
    print(f'{bad} of {len(names)} failed')
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())
