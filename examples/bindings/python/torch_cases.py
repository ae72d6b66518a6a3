"""What the tests of srd.torch have in common: small modules with seeded weights, and pictures. Exit status 77: this interpreter
has no torch."""
import sys
import unittest

try:
    import numpy as np
    import torch
    from torch import nn
except ImportError:
    print('skipped: no torch')
    sys.exit(77)

import srd
import srd.torch


class Lambda(nn.Module):
    """A module of a function; parts become its children."""

    def __init__(self, function, **parts):
        super().__init__()
        self.function = function
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, *inputs):
        return self.function(self, *inputs)


def prepare(module):
    """Seeded weights of moderate size, statistics that are not 0 and 1; in eval mode."""
    torch.manual_seed(5)
    with torch.no_grad():
        for part in module.modules():
            for name, p in part.named_parameters(recurse=False):
                p.normal_(0, (1 / p[0].numel()) ** 0.5) if p.dim() > 1 else p.uniform_(0.3, 1.2)
            for name, p in part.named_buffers(recurse=False):
                if p.dtype == torch.float32:
                    p.uniform_(0.3, 1.2)
    return module.eval()


def picture(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(3))


def gradient_map(module, image, index):
    """Gradient times picture of a class, summed over channels: what every right map of a network is that is linear in its picture,
    without biases."""
    image = image[None].clone().requires_grad_()
    module(image)[0, index].sum().backward()
    return (image.grad * image)[0].sum(0).detach().numpy()


def main():
    """Runs the tests of the calling file with the library that the command line names."""
    srd.load(*sys.argv[1:2])
    unittest.main(argv=sys.argv[:1])
