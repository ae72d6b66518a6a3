#!/usr/bin/env python3
"""Trains the network of docs/howto/segmentation.md and writes shapes_net.h; needs numpy and torch, and a minute.

    python3 shapes_train.py shapes_net.h

Pictures of 32 x 32 with a disc and a square of any brightness on a noisy ground; classes ground, disc and square at every pixel. The numbers
depend a little on the version of torch; those in shapes_net.h were made with 1.13 on one thread.
"""
import sys

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

SIDE = 32


class Shapes(nn.Module):
    """A small U-Net."""

    def __init__(self):
        super().__init__()
        self.stem, self.down1, self.down2 = nn.Conv2d(1, 6, 3, 1, 1), nn.Conv2d(6, 10, 3, 1, 1), nn.Conv2d(10, 12, 3, 1, 1)
        self.up1, self.up2, self.classes = nn.Conv2d(22, 10, 3, 1, 1), nn.Conv2d(16, 6, 3, 1, 1), nn.Conv2d(6, 3, 1)

    def forward(self, x):
        a = F.relu(self.stem(x))
        b = F.relu(self.down1(F.max_pool2d(a, 2)))
        c = F.relu(self.down2(F.max_pool2d(b, 2)))
        c = F.relu(self.up1(torch.cat([b, F.interpolate(c, scale_factor=2)], 1)))
        c = F.relu(self.up2(torch.cat([a, F.interpolate(c, scale_factor=2)], 1)))
        return self.classes(c)


def picture(random):
    """(pixels, classes) of one picture."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    pixels, classes = random.uniform(0, 0.2, (SIDE, SIDE)), np.zeros((SIDE, SIDE), np.int64)
    for kind in random.permutation([1, 2]):
        size = random.integers(4, 8)
        row, column = random.integers(size, SIDE - size, 2)
        down, right = np.abs(rows - row), np.abs(columns - column)
        inside = down ** 2 + right ** 2 <= size ** 2 if kind == 1 else np.maximum(down, right) <= 0.8 * size
        pixels[inside], classes[inside] = random.uniform(0.5, 1), kind
    return pixels.astype(np.float32), classes


def batch(random, count):
    pixels, classes = zip(*(picture(random) for _ in range(count)))
    return torch.from_numpy(np.array(pixels))[:, None], torch.from_numpy(np.array(classes))


def train(net, random, steps):
    optimiser = torch.optim.Adam(net.parameters(), 1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 1e-2, steps)
    for _ in range(steps):
        pixels, classes = batch(random, 32)
        loss = F.cross_entropy(net(pixels), classes)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()


def text(net, right):
    """shapes_net.h"""
    out = [f'/* shapes_net.h -- a small U-Net that tells discs from squares, made by shapes_train.py (do not edit); {right:.1%} of pixels right. */',
           '#ifndef HOWTO_SHAPES_NET_H', '#define HOWTO_SHAPES_NET_H']
    for name, values in net.state_dict().items():
        numbers = [f'{v:.3g}' for v in values.flatten().tolist()]
        numbers = [n + ('F' if '.' in n or 'e' in n else '.0F') for n in numbers]
        out += ['', '/* clang-format off */', f'static const float shapes_{name.replace(".", "_")}[{len(numbers)}] = {{']
        out += [' ' + ','.join(numbers[i:i + 18]) + ',' for i in range(0, len(numbers), 18)]
        out += ['};', '/* clang-format on */']
    return '\n'.join(out + ['', '#endif', ''])


def main():
    torch.manual_seed(1)
    torch.set_num_threads(1)
    random, net = np.random.default_rng(1), Shapes()
    train(net, random, 1200)
    net.load_state_dict({k: torch.tensor([float(f'{n:.3g}') for n in v.flatten().tolist()]).reshape(v.shape)
                         for k, v in net.state_dict().items()})  # as they are written
    with torch.no_grad():
        pixels, classes = batch(random, 500)
        right = float((net(pixels).argmax(1) == classes).float().mean())
    with open(sys.argv[1], 'w') as file:
        file.write(text(net, right))
    print(f'{right:.1%} of pixels right')


if __name__ == '__main__':
    main()
