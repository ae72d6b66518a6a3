"""A U-Net as it is often written, padded to its skips; and weights for all."""
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
