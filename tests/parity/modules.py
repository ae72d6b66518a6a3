"""PyTorch modules of those networks of examples/zoo that torchvision does not have, written for these tests."""
import torch
from torch import nn
from torch.nn import functional as F


def conv_norm(channels, out, kernel, stride=1, groups=1, eps=1e-5, act=nn.ReLU):
    return nn.Sequential(nn.Conv2d(channels, out, kernel, stride, kernel // 2, groups=groups, bias=False),
                         nn.BatchNorm2d(out, eps=eps), act())


class MobileNetV1(nn.Module):
    def __init__(self):
        super().__init__()
        widths = (64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024)
        strides = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)
        self.stem, self.blocks, last = conv_norm(3, 32, 3, 2), nn.ModuleList(), 32
        for width, stride in zip(widths, strides):
            self.blocks.append(nn.ModuleDict({'depthwise': conv_norm(last, last, 3, stride, last),
                                              'pointwise': conv_norm(last, width, 1)}))
            last = width
        self.fc = nn.Linear(last, 1000)

    def forward(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = block['pointwise'](block['depthwise'](x))
        return self.fc(x.mean((2, 3)))


class DoubleConv(nn.Sequential):
    def __init__(self, channels, middle, out):
        super().__init__(conv_norm(channels, middle, 3), conv_norm(middle, out, 3))


class UNet(nn.Module):
    def __init__(self, bilinear):
        super().__init__()
        factor = 2 if bilinear else 1
        self.bilinear, self.stem = bilinear, DoubleConv(3, 64, 64)
        for i in range(4):
            width = (128 << i) // (factor if i == 3 else 1)
            setattr(self, f'down{i + 1}', DoubleConv(64 << i, width, width))
        below = 1024 // factor
        for i in range(4):
            width = 512 >> i
            out = width // (1 if i == 3 else factor)
            parts = {} if bilinear else {'rise': nn.ConvTranspose2d(below, below // 2, 2, 2)}
            joined = width + (below if bilinear else below // 2)
            parts['convs'] = DoubleConv(joined, joined // 2 if bilinear else width, out)
            setattr(self, f'up{i + 1}', nn.ModuleDict(parts))
            below = out
        self.classes = nn.Conv2d(64, 2, 1)

    def forward(self, x):
        x, skips = self.stem(x), []
        for i in range(4):
            skips.append(x)
            x = getattr(self, f'down{i + 1}')(F.max_pool2d(x, 2))
        for i in range(4):
            up = getattr(self, f'up{i + 1}')
            x = F.interpolate(x, scale_factor=2, mode='bilinear', align_corners=True) if self.bilinear else up['rise'](x)
            x = up['convs'](torch.cat([skips.pop(), x], 1))
        return self.classes(x)


def cbs(channels, out, kernel=1, stride=1):
    return conv_norm(channels, out, kernel, stride, eps=1e-3, act=nn.SiLU)


class Split(nn.Module):
    """Half of the channels pass by; the results of all bottlenecks are concatenated."""

    def __init__(self, channels, out, count, shortcut):
        super().__init__()
        half = out // 2
        self.first, self.shortcut = cbs(channels, out), shortcut
        self.inner = nn.ModuleList(nn.Sequential(cbs(half, half, 3), cbs(half, half, 3)) for _ in range(count))
        self.last = cbs((2 + count) * half, out)

    def forward(self, x):
        parts = list(self.first(x).chunk(2, 1))
        for block in self.inner:
            y = block(parts[-1])
            parts.append(parts[-1] + y if self.shortcut else y)
        return self.last(torch.cat(parts, 1))


class Sppf(nn.Module):
    def __init__(self, channels, out):
        super().__init__()
        self.first, self.last = cbs(channels, out // 2), cbs(2 * out, out)

    def forward(self, x):
        chain = [self.first(x)]
        for _ in range(3):
            chain.append(F.max_pool2d(chain[-1], 5, 1, 2))
        return self.last(torch.cat(chain, 1))


class Output(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.first, self.last = cbs(channels, 64, 3), nn.Conv2d(64, 84, 1)

    def forward(self, x):
        return self.last(self.first(x))


class Yolo(nn.Module):
    def __init__(self):
        super().__init__()
        self.down1, self.down2, self.split1 = cbs(3, 16, 3, 2), cbs(16, 32, 3, 2), Split(32, 32, 1, True)
        self.down3, self.split2 = cbs(32, 64, 3, 2), Split(64, 64, 2, True)
        self.down4, self.split3 = cbs(64, 128, 3, 2), Split(128, 128, 2, True)
        self.down5, self.split4, self.sppf = cbs(128, 256, 3, 2), Split(256, 256, 1, True), Sppf(256, 256)
        self.split5, self.down6, self.split6 = Split(384, 128, 1, False), cbs(128, 128, 3, 2), Split(384, 256, 1, False)
        self.fine, self.coarse = Output(128), Output(256)

    def forward(self, x):
        x = self.split2(self.down3(self.split1(self.down2(self.down1(x)))))
        fine = self.split3(self.down4(x))
        coarse = self.sppf(self.split4(self.down5(fine)))
        fine = self.split5(torch.cat([F.interpolate(coarse, scale_factor=2, mode='nearest'), fine], 1))
        coarse = self.split6(torch.cat([self.down6(fine), coarse], 1))
        return self.fine(fine), self.coarse(coarse)


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.qkv, self.proj = heads, nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x):
        n, t, c = x.shape
        q, k, v = self.qkv(x).reshape(n, t, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        shares = ((q @ k.transpose(-2, -1)) * (c // self.heads) ** -0.5).softmax(-1)
        return self.proj((shares @ v).transpose(1, 2).reshape(n, t, c))


class Mlp(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(width, eps=1e-6), Attention(width, heads)
        self.norm2, self.mlp = nn.LayerNorm(width, eps=1e-6), Mlp(width)

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class DeiTDistilled(nn.Module):
    def __init__(self, side=224, patch=16, width=192, depth=12, heads=3, classes=1000):
        super().__init__()
        self.cls_token, self.dist_token = nn.Parameter(torch.zeros(1, 1, width)), nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(torch.zeros(1, (side // patch) ** 2 + 2, width))
        self.patch_embed = nn.ModuleDict({'proj': nn.Conv2d(3, width, patch, patch)})
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(depth)))
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.head, self.head_dist = nn.Linear(width, classes), nn.Linear(width, classes)

    def forward(self, x):
        x = self.patch_embed['proj'](x).flatten(2).transpose(1, 2)
        n = x.shape[0]
        x = torch.cat([self.cls_token.expand(n, -1, -1), self.dist_token.expand(n, -1, -1), x], 1) + self.pos_embed
        x = self.norm(self.blocks(x))
        return (self.head(x[:, 0]) + self.head_dist(x[:, 1])) / 2
