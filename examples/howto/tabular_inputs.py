#!/usr/bin/env python3
"""What each column of a table adds to a score of a PyTorch module: docs/howto/tabular-inputs.md tells the story. Needs numpy and torch.

    PYTHONPATH=examples/bindings/python python3 examples/howto/tabular_inputs.py

The weights are random: the numbers mean nothing, but they add up.
"""
import numpy as np
import torch
from torch import nn

import srd.torch

COLUMNS = ['age', 'income', 'debt', 'years here', 'defaults']


def columns(network, row, target):
    """The part of the score that each number of the row has, and the report."""
    explainer = network.explainer(row[None], keep={None: srd.KEEP_CHANNELS})  # rows are a batch: here of one
    parts = explainer.ask(target, channels=True)                              # (1, 5, 1, 1)
    return parts.reshape(-1), explainer.report()


class Both(nn.Module):
    """A picture and a row of a table."""

    def __init__(self):
        super().__init__()
        self.see, self.know, self.decide = nn.Conv2d(3, 8, 3), nn.Linear(5, 8), nn.Linear(16, 2)

    def forward(self, picture, row):
        seen = torch.relu(self.see(picture)).mean((2, 3))
        return self.decide(torch.cat([seen, torch.relu(self.know(row))], 1))


def main():
    torch.manual_seed(1)
    model = nn.Sequential(nn.Linear(5, 8), nn.ReLU(), nn.Linear(8, 2)).eval()
    row = torch.tensor([0.5, -1, 1.5, 0, 2])
    parts, report = columns(srd.torch.convert(model, row[None]), row, target=0)
    for name, part in zip(COLUMNS, parts):
        print(f'{name:12} {part:8.4f}')
    print(f'sum {parts.sum():.4f} + head bias {report.head_bias:.4f} = score {report.score:.4f}')

    model, picture = Both().eval(), torch.randn(3, 16, 16)
    network = srd.torch.convert(model, (picture[None], row[None]))
    explainer = network.explainer((picture[None], row[None]), keep={None: srd.KEEP_CHANNELS})  # of both
    pixels, table = explainer.ask(0, channels=True)
    print(f'pixels {pixels.sum():.4f}, table {np.round(table.reshape(-1), 4)}, score {explainer.report().score:.4f}')


if __name__ == '__main__':
    main()
