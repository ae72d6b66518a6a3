#!/usr/bin/env python3
"""Many pictures in Python, with a progress bar: docs/howto/batches-and-progress.md tells the story. Needs numpy, torch, torchvision.

    PYTHONPATH=examples/bindings/python python3 examples/howto/batches_and_progress.py

The weights are random, so that nothing is downloaded: the maps mean nothing, but their numbers add up.
"""
import torch
import torchvision

import srd.torch


def explain_all(network, images, chunk=8):
    """(class, map) of each picture, one after the other; ratios of one are in memory at a time. len(images) is a multiple of chunk."""
    with srd.Explainer(network.graph, batch=chunk, one_image=True, workers=2) as explainer:  # made once
        for first in range(0, len(images), chunk):
            pictures = images[first:first + chunk].numpy()
            for image in explainer.images(pictures):  # stops when a picture is done
                yield explainer.top_class(image)[0], explainer.ask()


def progress(done, total):
    """Called after each step; False stops the run."""
    print(f'\r{done} of {total} steps', end='', flush=True)


def main():
    torch.manual_seed(1)
    model = torchvision.models.resnet18(weights=None).eval()  # here comes your own
    images = torch.randn(16, 3, 64, 64)
    network = srd.torch.convert(model, images[0])

    total = 0
    for chosen, heat in explain_all(network, images):
        total += heat.sum()
    print(f'16 maps, together {total:.4f}, last class {chosen}')

    result = network.explain(images[:4], progress=progress)
    print(result.map.shape)


if __name__ == '__main__':
    main()
