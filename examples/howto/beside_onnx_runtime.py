#!/usr/bin/env python3
"""ONNX Runtime decides, libsrd explains: docs/howto/beside-onnx-runtime.md tells the story. Needs numpy, torch, torchvision, onnxruntime.

    python3 beside_onnx_runtime.py

The network has random weights, so that nothing is downloaded: its decision means nothing. Writes network.onnx.
"""
import numpy as np
import onnxruntime
import torch
import torchvision

import srd.torch

TOLERANCE = 1e-4  # of the largest logit; float32 engines differ by some 1e-6


def decide(session, image):
    """The logits of one picture (C, H, W), as the service has them anyway."""
    return session.run(None, {session.get_inputs()[0].name: image[None]})[0][0]


def explain(network, image, logits):
    """The class that the engine chose, and its map; an exception where libsrd ran another network than the engine."""
    decided = int(np.argmax(logits))
    result = network.explain(torch.from_numpy(image), decided, check=False)  # the engine is what it is compared with
    off = np.abs(result.logits[0] - logits).max() / np.abs(logits).max()
    if not off <= TOLERANCE:
        raise RuntimeError(f'class {decided}: the logits of engine and explanation differ by {off:.1e} of the largest')
    return decided, result.map, off


def main():
    torch.manual_seed(1)
    model = torchvision.models.resnet18(weights=None).eval()  # here comes your own
    image = np.random.default_rng(1).standard_normal((3, 224, 224), np.float32)

    torch.onnx.export(model, torch.from_numpy(image)[None], 'network.onnx', opset_version=13)
    session = onnxruntime.InferenceSession('network.onnx')     # once; what the service has
    network = srd.torch.convert(model, torch.from_numpy(image))  # once

    decided, heat, off = explain(network, image, decide(session, image))
    print(f'class {decided}, map {heat.shape}, logits differ by {off:.1e}')
    try:
        explain(network, image, decide(session, image * 0.5 + 0.5))  # one of the two was not given what it expects
    except RuntimeError as alarm:
        print(f'alarm: {alarm}')


if __name__ == '__main__':
    main()
