#!/usr/bin/env python3
"""A CNN looks at the frames of a film, an LSTM decides: docs/howto/cut-and-seed.md tells the story. Needs numpy, torch, torchvision.

    PYTHONPATH=examples/bindings/python python3 examples/howto/cut_and_seed.py

The weights are random, so that nothing is downloaded: the maps mean nothing, but their numbers add up.
"""
import torch
import torchvision
from torch import nn

import srd.torch


class Film(nn.Module):
    """The head: what it says of the features (frames, 512, 7, 7)."""

    def __init__(self):
        super().__init__()
        self.lstm, self.classes = nn.LSTM(512, 64), nn.Linear(64, 5)

    def forward(self, features):
        states, _ = self.lstm(features.mean((2, 3)))
        return self.classes(states[-1])


def relevance_at_cut(head, features, target):
    """(score, gradient times value at each position): what torch can do and libsrd cannot."""
    features = features.clone().requires_grad_()
    score = head(features)[target]
    gradient, = torch.autograd.grad(score, features)
    return score.item(), (gradient * features).sum(1).detach().numpy()


def main():
    torch.manual_seed(1)
    cnn = nn.Sequential(*list(torchvision.models.resnet18(weights=None).children())[:-2]).eval()  # up to (512, 7, 7)
    head = Film().eval()
    frames = torch.randn(4, 3, 224, 224)

    network = srd.torch.convert(cnn, frames)           # the convolutional part only
    explainer = network.explainer(frames)              # one run for all frames
    features = network.values(explainer)[0]            # what libsrd computed there: compare it with cnn(frames)
    cut = network.outputs[0].layer

    score, seed = relevance_at_cut(head, features, target=2)
    maps = explainer.seed(cut, seed)                   # (4, 224, 224)
    print(f'score {score:.6f}, seed {seed.sum():.6f}, maps {maps.sum():.6f}')
    print('by frame:', ' '.join(f'{share:.6f}' for share in maps.sum((1, 2))))
    print(f'features differ by {(features - cnn(frames)).abs().max() / features.abs().max():.1e}')


if __name__ == '__main__':
    main()
