"""Makes the small networks of this folder: NAME_OPSET.onnx, with NAME.input and torch's NAME.output (float32, raw).

    /usr/bin/python3 examples/tools/onnx/test/make_small.py [NAME...]

Needs torch (Debian: python3-torch); to run the tests it is not needed. Each network has one family of patterns that an importer must
recognise, written as PyTorch users write them. Weights are seeded random numbers.
"""
import math
import os
import sys
import warnings

import torch
from torch import nn
from torch.nn import functional as F

FOLDER = os.path.dirname(os.path.abspath(__file__))


class Windows(nn.Module):
    """Strides, four pads, dilation, groups, both poolings, rounding up."""

    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 8, (3, 5), stride=(2, 1), padding=(1, 2))
        self.b = nn.BatchNorm2d(8, eps=1e-3)
        self.c = nn.Conv2d(8, 8, 3, padding=2, dilation=2, groups=4, bias=False)
        self.d = nn.Linear(8 * 3 * 3, 5)

    def forward(self, x):
        x = F.relu6(self.b(self.a(x)) * 3)
        x = F.max_pool2d(x, 3, 2, 1, ceil_mode=True)
        x = F.leaky_relu(self.c(x), 0.1)
        x = F.avg_pool2d(x, 3, 2, 1, count_include_pad=True)
        x = F.avg_pool2d(F.pad(x, (0, 1, 1, 0), value=0.25), 2, 1)
        return self.d(torch.flatten(F.dropout(x, training=False), 1))


class Activations(nn.Module):
    def __init__(self):
        super().__init__()
        self.mix = nn.ModuleList([nn.Conv2d(3 if i == 0 else 6, 6, 1) for i in range(9)])
        self.prelu = nn.PReLU(6, 0.3)

    def forward(self, x):
        functions = [torch.sigmoid, torch.tanh, lambda y: F.elu(y, 0.7), F.selu, self.prelu, F.softplus,
                     lambda y: F.hardtanh(y, -0.3, 0.4), F.relu, lambda y: torch.clamp(y, min=-0.1)]
        for mix, function in zip(self.mix, functions):
            x = function(mix(x) * 2)
        return x.mean((2, 3))


class Products(nn.Module):
    """Activations that arrive as products: GELU in both forms, SiLU, hard-swish, hard-sigmoid."""

    def __init__(self):
        super().__init__()
        self.mix = nn.ModuleList([nn.Conv2d(3 if i == 0 else 6, 6, 1) for i in range(9)])

    def forward(self, x):
        functions = [F.gelu, F.silu, F.hardswish, F.hardsigmoid, lambda y: y * torch.sigmoid(y),
                     lambda y: 0.5 * y * (1 + torch.tanh(math.sqrt(2 / math.pi) * (y + 0.044715 * y**3))),
                     lambda y: y * F.relu6(y + 3) / 6, lambda y: F.relu6(y + 3) / 6,
                     lambda y: y * 0.5 * (1.0 + torch.erf(y / math.sqrt(2.0)))]
        for mix, function in zip(self.mix, functions):
            x = function(mix(x) * 3)
        return F.adaptive_avg_pool2d(x, 1).flatten(1)


class ChannelsLast(nn.Module):
    """A block of ConvNeXt: layer norm over the last axis and over axis 1, layer scale, linear layers on the last axis."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 2, 2)
        self.first = nn.LayerNorm(8, eps=1e-6)
        self.depth = nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.second = nn.LayerNorm(8, eps=1e-6, elementwise_affine=False)
        self.up, self.down = nn.Linear(8, 16), nn.Linear(16, 8)
        self.scale = nn.Parameter(torch.rand(8, 1, 1))
        self.third = nn.LayerNorm(8)
        self.head = nn.Linear(8, 4)

    def forward(self, x):
        x = self.first(self.stem(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        y = self.second(self.depth(x).permute(0, 2, 3, 1))
        y = self.down(F.gelu(self.up(y))).permute(0, 3, 1, 2)
        x = x + self.scale * y
        return self.head(self.third(x.mean([-2, -1])))


class Gates(nn.Module):
    """Squeeze-and-excitation twice, a gate of the same shape by sigmoid, one by tanh, and one over positions."""

    def __init__(self):
        super().__init__()
        self.mix = nn.ModuleList([nn.Conv2d(3, 6, 3, padding=1)] + [nn.Conv2d(6, 6, 1) for _ in range(4)])
        self.squeeze = nn.ModuleList([nn.Conv2d(6, 2, 1), nn.Linear(6, 2)])
        self.excite = nn.ModuleList([nn.Conv2d(2, 6, 1), nn.Linear(2, 6)])
        self.place = nn.Conv2d(1, 1, 3, padding=1)

    def forward(self, x):
        x = F.silu(self.mix[0](x))
        s = F.adaptive_avg_pool2d(x, 1)
        x = torch.sigmoid(self.excite[0](F.relu(self.squeeze[0](s)))) * x
        x = self.mix[1](x)
        s = F.hardsigmoid(self.excite[1](F.relu(self.squeeze[1](x.mean((2, 3))))))
        x = x * s.unsqueeze(-1).unsqueeze(-1)
        x = self.mix[2](x) * torch.sigmoid(self.mix[3](x))
        x = x * torch.tanh(self.mix[4](x))
        x = x * torch.sigmoid(self.place(x.mean(1, keepdim=True)))
        return F.adaptive_avg_pool2d(x, 1).flatten(1)


class Shuffle(nn.Module):
    """Units of ShuffleNet V2: chunk, concat, shuffle of channels by reshape and transpose."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.one = nn.ModuleList([nn.Conv2d(4, 4, 1) for _ in range(2)])
        self.two = nn.Conv2d(12, 12, 3, groups=3)
        self.head = nn.Linear(12, 3)

    @staticmethod
    def shuffle(x, groups):
        n, c, h, w = x.size()
        return x.view(n, groups, c // groups, h, w).transpose(1, 2).contiguous().view(n, -1, h, w)

    def forward(self, x):
        x = F.relu(self.stem(x))
        for one in self.one:
            a, b = x.chunk(2, dim=1)
            x = self.shuffle(torch.cat((a, F.relu(one(b))), dim=1), 2)
        x = self.shuffle(torch.cat((x, x[:, 2:6]), 1), 3)
        return self.head(F.relu(self.two(self.shuffle(x, 2))).mean([2, 3]))


class ClassToken(nn.Module):
    """ViT as torchvision writes it: nn.MultiheadAttention, class token, position embedding."""

    def __init__(self):
        super().__init__()
        self.patch = nn.Conv2d(3, 8, 4, 4)
        self.token = nn.Parameter(torch.randn(1, 1, 8))
        self.place = nn.Parameter(torch.randn(1, 10, 8))
        self.one, self.two, self.three = (nn.LayerNorm(8, eps=1e-6) for _ in range(3))
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.mlp = nn.Sequential(nn.Linear(8, 12), nn.GELU(), nn.Dropout(0.1), nn.Linear(12, 8))
        self.head = nn.Linear(8, 5)

    def forward(self, x):
        n = x.shape[0]
        x = self.patch(x).reshape(n, 8, 9).permute(0, 2, 1)
        x = torch.cat([self.token.expand(n, -1, -1), x], dim=1) + self.place
        y = self.one(x)
        y, _ = self.attention(query=y, key=y, value=y, need_weights=False)
        x = x + y
        return self.head(self.three(x + self.mlp(self.two(x)))[:, 0])


class Distilled(nn.Module):
    """DeiT as timm writes it: one linear layer for q, k and v, two tokens, two heads that are averaged; a mask besides."""

    def __init__(self):
        super().__init__()
        self.patch = nn.Conv2d(3, 8, 4, 4)
        self.tokens = nn.ParameterList([nn.Parameter(torch.randn(1, 1, 8)) for _ in range(2)])
        self.place = nn.Parameter(torch.randn(1, 11, 8))
        self.norm = nn.LayerNorm(8, eps=1e-6)
        self.qkv, self.out = nn.Linear(8, 24), nn.Linear(8, 8)
        self.head, self.distilled = nn.Linear(8, 5), nn.Linear(8, 5)
        self.register_buffer("mask", torch.randn(11, 11))

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat((self.tokens[0].expand(x.shape[0], -1, -1), self.tokens[1].expand(x.shape[0], -1, -1), x), dim=1)
        x = x + self.place
        b, n, c = x.shape
        qkv = self.qkv(self.norm(x)).reshape(b, n, 3, 4, c // 4).permute(2, 0, 3, 1, 4)
        q, k, v = qkv.unbind(0)
        a = (q @ k.transpose(-2, -1)) * (c // 4)**-0.5 + self.mask
        x = x + self.out((a.softmax(dim=-1) @ v).transpose(1, 2).reshape(b, n, c))
        return (self.head(x[:, 0]) + self.distilled(x[:, 1])) / 2


class Enlarge(nn.Module):
    """U-Net in small: transposed convolution, the ways of interpolation, asymmetric pads, skips, a dense output."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 6, 3, padding=1)
        self.up = nn.ConvTranspose2d(6, 4, 3, stride=2, padding=1, output_padding=1, groups=2)
        self.c = nn.Conv2d(20, 3, 1)

    def forward(self, x):
        a = F.relu(self.a(x))
        b = F.relu(self.b(F.max_pool2d(a, 2)))
        up = F.pad(self.up(b), (0, a.shape[3] - 2 * b.shape[3], 0, a.shape[2] - 2 * b.shape[2]))
        small = F.avg_pool2d(a, 3, 3)
        near = F.interpolate(small, scale_factor=2, mode="nearest")
        near = F.interpolate(near, size=a.shape[2:], mode="nearest")
        smooth = F.interpolate(small, size=(12, 13), mode="bilinear", align_corners=False)
        corners = F.interpolate(smooth, size=a.shape[2:], mode="bilinear", align_corners=True)
        half = F.interpolate(F.interpolate(small, scale_factor=3.0, mode="bilinear", align_corners=False), size=a.shape[2:])
        return self.c(torch.cat([a, up, near, corners, half], dim=1))


class Parts(nn.Module):
    """Slices, splits, crops and steps; concats of rows and columns; what YOLO does with its input."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv2d(12, 10, 1), nn.Conv2d(10, 4, 3)

    def forward(self, x):
        x = torch.cat([x[..., ::2, ::2], x[..., 1::2, ::2], x[..., ::2, 1::2], x[..., 1::2, 1::2]], 1)
        x = F.silu(self.a(x))
        p, q, r = torch.split(x, [3, 5, 2], dim=1)
        x = torch.cat([q[:, -2:], r, p, q[:, :3]], 1)
        x = torch.cat([x[:, :, 1:4], x[:, :, :2]], 2)
        x = torch.cat([x[:, :, :, 3:], x[:, :, :, 1:3]], 3)
        return self.b(x)[:, :, 0].mean(2)


class ResponseNorm(torch.autograd.Function):
    """The operator LRN, which torch itself does not write."""

    @staticmethod
    def forward(ctx, x):
        return nn.LocalResponseNorm(5, 0.3, 0.75, 2.0)(x)

    @staticmethod
    def symbolic(g, x):
        return g.op("LRN", x, size_i=5, alpha_f=0.3, beta_f=0.75, bias_f=2.0)


class Norms(nn.Module):
    def __init__(self):
        super().__init__()
        self.mix = nn.ModuleList([nn.Conv2d(3 if i == 0 else 8, 8, 3, padding=1) for i in range(4)])
        self.norms = nn.ModuleList([nn.GroupNorm(2, 8), nn.GroupNorm(1, 8), nn.InstanceNorm2d(8, affine=True)])

    def forward(self, x):
        for mix, norm in zip(self.mix, self.norms):
            x = F.relu(norm(mix(x)))
        return ResponseNorm.apply(self.mix[3](x)).mean((2, 3))


class Means(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.c, self.d = nn.Conv2d(3, 8, 3), nn.Linear(8 * 4, 6), nn.Linear(8, 6), nn.Linear(6 * 8, 6)

    def forward(self, x):
        x = F.relu(self.a(x))
        tokens = x.flatten(2).transpose(1, 2)
        return (self.b(F.adaptive_avg_pool2d(x, 2).flatten(1)) + self.c(x.mean(2).mean(2)) + self.c(x.mean(3, keepdim=True).mean((2, 3))) +
                self.c(tokens.mean(1)) + self.d(x.mean(1).flatten(1)))


class Arithmetic(nn.Module):
    """Constants per channel and per position, differences, a sum that is stretched."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = nn.Conv2d(3, 6, 1), nn.Conv2d(6, 6, 1), nn.Conv2d(6, 6, 1)
        self.register_buffer("scale", torch.rand(6, 1, 1) + 0.5)
        self.register_buffer("places", torch.rand(1, 1, 6, 7) + 0.5)
        self.register_buffer("field", torch.rand(1, 6, 6, 7))

    def forward(self, x):
        x = (x - 0.4) / torch.tensor([0.2, 0.3, 0.4]).view(1, 3, 1, 1)
        x = F.relu(self.a(x) * self.scale + 0.1)
        x = F.relu((1 - x) * self.places - self.field / 2)
        y = -self.b(x) - self.c(x)
        return (y + F.adaptive_avg_pool2d(x, 1)).mean((2, 3))


class Heads(nn.Module):
    """Two outputs, the first a softmax; the second a map with channels last. Flattening with channels last, too."""

    scores_only = False

    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = nn.Conv2d(3, 4, 3, stride=2), nn.Linear(4 * 3 * 3, 5), nn.Conv2d(4, 2, 1)

    def forward(self, x):
        x = F.relu(self.a(x))
        scores = self.b(x.permute(0, 2, 3, 1).flatten(1))
        return scores if self.scores_only else torch.softmax(scores, 1), self.c(x).permute(0, 2, 3, 1)


class Open(nn.Module):
    """Sizes are left open in the file, so that they are computed in it."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 6, 3, padding=1), nn.Linear(10, 3)

    def forward(self, x):
        a = F.relu(self.a(x))
        b = F.interpolate(F.relu(self.b(F.max_pool2d(a, 2))), size=a.shape[2:], mode="nearest")
        x = torch.cat([a, b], 1)
        x = x.view(x.size(0), x.size(1), x.size(2) * x.size(3)).mean(2)
        return self.c(x.view(x.size(0), -1))


class Cells(nn.Module):
    """A head of a detector: a probability of each class, by itself, at every position."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 6, 3, stride=2, padding=1), nn.Conv2d(6, 4, 1)

    def forward(self, x):
        return torch.sigmoid(self.b(F.relu(self.a(x))) * 3)


class TwoPictures(nn.Module):
    """Nothing tells which factor is the gate."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 4, 1), nn.Conv2d(3, 4, 1)

    def forward(self, x):
        return (self.a(x) * self.b(x)).mean((2, 3))


class Sums(nn.Module):
    def forward(self, x):
        return torch.cumsum(x, 2).mean((2, 3))


class DepthToSpace(torch.autograd.Function):
    """Channels that are parts of a block first and channels within, which torch itself does not write as an operator."""

    @staticmethod
    def forward(ctx, x):
        n, c, h, w = x.shape
        return x.reshape(n, 2, 2, c // 4, h, w).permute(0, 3, 4, 1, 5, 2).reshape(n, c // 4, 2 * h, 2 * w)

    @staticmethod
    def symbolic(g, x):
        return g.op("DepthToSpace", x, blocksize_i=2, mode_s="DCR")


class PixelShuffle(nn.Module):
    """Both orders of DepthToSpace."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = nn.Conv2d(3, 18, 1), nn.Conv2d(2, 12, 3, padding=1), nn.Conv2d(3, 4, 3, stride=2)

    def forward(self, x):
        x = F.relu(self.b(F.pixel_shuffle(self.a(x), 3)))
        return self.c(DepthToSpace.apply(x))


NETWORKS = {
    "windows": (Windows, (3, 19, 10)), "activations": (Activations, (3, 4, 5)), "products": (Products, (3, 4, 5)),
    "channels_last": (ChannelsLast, (3, 8, 6)), "gates": (Gates, (3, 5, 6)), "shuffle": (Shuffle, (3, 5, 6)),
    "class_token": (ClassToken, (3, 12, 12)), "distilled": (Distilled, (3, 12, 12)), "enlarge": (Enlarge, (3, 13, 11)),
    "parts": (Parts, (3, 10, 12)), "norms": (Norms, (3, 6, 5)), "means": (Means, (3, 8, 10)), "arithmetic": (Arithmetic, (3, 6, 7)),
    "heads": (Heads, (3, 7, 7)), "open": (Open, (3, 8, 10)), "cells": (Cells, (3, 6, 9)),
    "pixel_shuffle": (PixelShuffle, (3, 4, 5)),
}
REFUSED = {"two_factors": (TwoPictures, (3, 4, 5)), "cumsum": (Sums, (3, 4, 5))}


def shake(network):
    """Affine parts and statistics of norms that are not 1 and 0."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.uniform_(-0.2, 0.2)
            module.running_var.uniform_(0.5, 1.5)
        if isinstance(module, (nn.BatchNorm2d, nn.LayerNorm, nn.GroupNorm, nn.InstanceNorm2d)) and module.weight is not None:
            module.weight.uniform_(0.5, 1.5)
            module.bias.uniform_(-0.5, 0.5)


def write(name, kind, shape, with_numbers):
    torch.manual_seed(sum(name.encode()))
    network = kind().eval()
    with torch.no_grad():
        shake(network)
        picture = torch.randn(1, *shape)
        network.scores_only = True  # the importer leaves a softmax at the end out
        output = network(picture)
        network.scores_only = False
    outputs = output if isinstance(output, tuple) else (output,)
    names = ["out"] if len(outputs) == 1 else ["first", "second"]
    axes = {"image": {0: "n", 2: "h", 3: "w"}} if name == "open" else None
    for opset in (11, 13):
        torch.onnx.export(network, picture, os.path.join(FOLDER, f"{name}_{opset}.onnx"), opset_version=opset, input_names=["image"],
                          output_names=names, dynamic_axes=axes, training=torch.onnx.TrainingMode.PRESERVE)
    if not with_numbers:
        return
    picture.numpy().tofile(os.path.join(FOLDER, name + ".input"))
    for one, suffix in zip(outputs, names):
        one.detach().numpy().tofile(os.path.join(FOLDER, name + (".output" if suffix in ("out", "first") else ".second")))


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    for key, (kind, shape) in {**NETWORKS, **REFUSED}.items():
        if len(sys.argv) == 1 or key in sys.argv[1:]:
            write(key, kind, shape, key in NETWORKS)
            print(key, flush=True)
