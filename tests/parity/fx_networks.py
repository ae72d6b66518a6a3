"""Networks that torchvision does not have, written as their authors write them; and weights for all."""
import torch
import torch.nn.functional as F
from torch import nn


class _Double(nn.Sequential):
    def __init__(self, inside, out):
        super().__init__(nn.Conv2d(inside, out, 3, padding=1, bias=False), nn.BatchNorm2d(out), nn.ReLU(inplace=True),
                         nn.Conv2d(out, out, 3, padding=1, bias=False), nn.BatchNorm2d(out), nn.ReLU(inplace=True))


class UNet(nn.Module):
    """Three levels; enlarged bilinearly or by transposed convolutions, padded to the skip, joined with it."""

    def __init__(self, bilinear, width=16, classes=5):
        super().__init__()
        sizes = [width, 2 * width, 4 * width, 8 * width]
        self.start = _Double(3, width)
        self.down = nn.ModuleList(nn.Sequential(nn.MaxPool2d(2), _Double(a, b)) for a, b in zip(sizes, sizes[1:]))
        self.up = nn.ModuleList(nn.Sequential(nn.Upsample(scale_factor=2, mode='bilinear', align_corners=True),
                                              nn.Conv2d(b, a, 1)) if bilinear else nn.ConvTranspose2d(b, a, 2, stride=2)
                                for a, b in zip(sizes, sizes[1:]))
        self.join = nn.ModuleList(_Double(2 * a, a) for a in sizes[:-1])
        self.out = nn.Conv2d(width, classes, 1)

    def forward(self, x):
        skips = [self.start(x)]
        for down in self.down:
            skips.append(down(skips[-1]))
        x = skips.pop()
        for up, join in zip(reversed(self.up), reversed(self.join)):
            x, skip = up(x), skips.pop()
            height, width = skip.size()[2] - x.size()[2], skip.size()[3] - x.size()[3]
            x = F.pad(x, [width // 2, width - width // 2, height // 2, height - height // 2])
            x = join(torch.cat([skip, x], dim=1))
        return self.out(x)


class _Attention(nn.Module):
    """Self-attention as DeiT and timm write it: one projection, a reshape to five axes, two matrix products."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.scale = heads, (width // heads) ** -0.5
        self.qkv, self.proj, self.drop = nn.Linear(width, 3 * width), nn.Linear(width, width), nn.Dropout(0.1)

    def forward(self, x):
        batch, tokens, width = x.shape
        qkv = self.qkv(x).reshape(batch, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv[0], qkv[1], qkv[2]
        weights = self.drop(((q @ k.transpose(-2, -1)) * self.scale).softmax(dim=-1))
        return self.proj((weights @ v).transpose(1, 2).reshape(batch, tokens, width))


class _Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1, self.attn, self.norm2 = nn.LayerNorm(width, 1e-6), _Attention(width, heads), nn.LayerNorm(width, 1e-6)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class Deit(nn.Module):
    """DeiT-tiny, distilled: a class token and a distillation token, the mean of two heads."""

    def __init__(self, size=224, patch=16, width=192, depth=12, heads=3, classes=1000):
        super().__init__()
        self.patch_embed = nn.Conv2d(3, width, patch, stride=patch)
        self.cls_token, self.dist_token = (nn.Parameter(torch.zeros(1, 1, width)) for _ in range(2))
        self.pos_embed = nn.Parameter(torch.zeros(1, (size // patch) ** 2 + 2, width))
        self.blocks = nn.Sequential(*(_Block(width, heads) for _ in range(depth)))
        self.norm = nn.LayerNorm(width, 1e-6)
        self.head, self.head_dist = nn.Linear(width, classes), nn.Linear(width, classes)

    def forward(self, x):
        batch = x.shape[0]
        x = self.patch_embed(x).flatten(2).transpose(1, 2)
        tokens = self.cls_token.expand(batch, -1, -1), self.dist_token.expand(batch, -1, -1)
        x = self.norm(self.blocks(torch.cat((*tokens, x), dim=1) + self.pos_embed))
        return (self.head(x[:, 0]) + self.head_dist(x[:, 1])) / 2


def randomise(model, examples):
    """Weights of He's size, biases and shifts that are not 0, and batch-norm statistics of random pictures, disturbed: nothing is
    left that a mistake could hide behind."""
    with torch.no_grad():
        for name, p in model.named_parameters():
            if name.endswith('layer_scale'):
                p.uniform_(-1, 1)
            elif p.dim() > 1:
                p.normal_(0, (2 / p[0].numel()) ** 0.5 if p.shape[0] > 1 else 0.5)
            elif name.endswith('bias'):
                p.normal_(0, 0.1)
            else:
                p.uniform_(0.8, 1.2)
        norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
        if norms:
            for norm in norms:
                norm.momentum = 1.0  # the statistics of this one batch
            model.train()(examples)
            for norm in norms:
                deviation = norm.running_var.sqrt()
                norm.running_mean += 0.1 * deviation * torch.randn_like(deviation)
                norm.running_var *= torch.empty_like(deviation).uniform_(0.8, 1.25)
    return model.eval()
