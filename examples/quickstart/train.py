#!/usr/bin/env python3
"""Train the network of the quick start and write it out as C source.

The network is a small residual CNN with batch normalisation (about 96,000
parameters) for the 28x28 grey pictures of Fashion-MNIST. The script

  1. trains it on the 60,000 training pictures (30 epochs, about 10 minutes on
     two cores),
  2. rounds every parameter to the decimal number that is printed,
  3. measures the accuracy of the rounded network on the 10,000 test pictures,
  4. writes into the output directory

       fashion_net.h, fashion_net.c   the parameters as arrays of float,
       pictures/*.png                 some pictures of the test set,
       ACCURACY.txt                   the accuracy, and the logits of the
                                      rounded network for each picture.

The test pictures play no part in the training: the number of epochs is fixed,
and the parameters of the last step are the ones that are exported. The random
seeds are fixed too; another version of PyTorch, another processor or another
number of threads may still give slightly different parameters.

It needs Python 3, PyTorch, NumPy, Pillow and the data set. On Debian:

  apt install python3-torch python3-numpy python3-pil dataset-fashion-mnist
"""

import argparse
import gzip
import pathlib
import time

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

DATA = pathlib.Path("/usr/share/datasets/fashion-mnist")
LABELS = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
          "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")

# The input of the network is (pixel / 255 - INPUT_MEAN) / INPUT_STD.
INPUT_MEAN = 0.286
INPUT_STD = 0.353

BN_EPS = 1e-5
SEED = 2024
BATCH = 128
MAX_RATE = 0.15
WEIGHT_DECAY = 5e-4
LABEL_SMOOTHING = 0.1
SHIFT = 2           # training pictures are shifted by up to this many pixels
WIDTH = 120         # longest line of the C source

# The test pictures to write out: (index in the test set, class). The boot and
# the sneaker are high-top shoes, and the coat could almost be a shirt.
PICTURES = ((122, 9), (30, 8), (50, 4), (75, 3), (82, 5), (43, 7))


class Block(nn.Module):
    """relu(bn2(conv2(relu(bn1(conv1(x))))) + shortcut(x))

    The shortcut is the identity, or a 1x1 convolution with batch norm where
    the stride or the number of channels changes.
    """

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs, eps=BN_EPS)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs, eps=BN_EPS)
        self.has_projection = stride != 1 or inputs != outputs
        if self.has_projection:
            self.conv3 = nn.Conv2d(inputs, outputs, 1, stride, 0, bias=False)
            self.bn3 = nn.BatchNorm2d(outputs, eps=BN_EPS)

    def forward(self, x):
        shortcut = self.bn3(self.conv3(x)) if self.has_projection else x
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + shortcut)


class FashionNet(nn.Module):
    """1x28x28 -> 16x28x28 -> 32x14x14 -> 64x7x7 -> 64 -> 10 logits"""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16, eps=BN_EPS)
        self.block1 = Block(16, 16, 1)
        self.block2 = Block(16, 32, 2)
        self.block3 = Block(32, 32, 1)
        self.block4 = Block(32, 64, 2)
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.block4(self.block3(self.block2(self.block1(x))))
        return self.fc(x.mean(dim=(2, 3)))


# ---------------------------------------------------------------------------
# Data


def read_idx(name):
    """Read one gzipped IDX file of unsigned bytes into an array."""
    data = gzip.decompress((DATA / name).read_bytes())
    dims = data[3]
    shape = np.frombuffer(data, ">u4", dims, 4).astype(int)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * dims).reshape(shape)


def read_set(name):
    """Return the pictures [n][28][28] (bytes) and classes [n] of a set."""
    return (read_idx(f"{name}-images-idx3-ubyte.gz"),
            torch.from_numpy(read_idx(f"{name}-labels-idx1-ubyte.gz").astype(np.int64)))


def normalise(pictures, dtype):
    """Turn bytes [n][h][w] into the input of the network [n][1][h][w]."""
    x = torch.from_numpy(pictures.astype(np.float64))
    return ((x / 255 - INPUT_MEAN) / INPUT_STD).to(dtype).unsqueeze(1)


def augment(padded):
    """Shift each picture at random, and mirror about half of them.

    The pictures come with a black border of SHIFT pixels on every side.
    """
    n = len(padded)
    size = padded.shape[2] - 2 * SHIFT
    span = torch.arange(size)
    rows = torch.randint(0, 2 * SHIFT + 1, (n, 1)) + span
    columns = torch.randint(0, 2 * SHIFT + 1, (n, 1)) + span
    mirror = torch.rand(n, 1) < 0.5
    columns = torch.where(mirror, columns.flip(1), columns)
    item = torch.arange(n).view(n, 1, 1)
    return padded[item, 0, rows.unsqueeze(2), columns.unsqueeze(1)].unsqueeze(1)


# ---------------------------------------------------------------------------
# Training


def train(epochs):
    """Return the trained network, in float32 and not rounded yet."""
    torch.manual_seed(SEED)
    pictures, classes = read_set("train")
    border = ((0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT))
    padded = normalise(np.pad(pictures, border), torch.float32)

    net = FashionNet().to(memory_format=torch.channels_last)
    optimiser = torch.optim.SGD(net.parameters(), lr=MAX_RATE, momentum=0.9,
                                nesterov=True, weight_decay=WEIGHT_DECAY)
    steps = len(padded) // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, MAX_RATE, total_steps=epochs * steps, pct_start=0.2,
        cycle_momentum=False)

    for epoch in range(epochs):
        start = time.time()
        total_loss = 0.0
        net.train()
        order = torch.randperm(len(padded))
        for step in range(steps):
            index = order[step * BATCH:(step + 1) * BATCH]
            x = augment(padded[index]).to(memory_format=torch.channels_last)
            loss = F.cross_entropy(net(x), classes[index],
                                   label_smoothing=LABEL_SMOOTHING)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total_loss += loss.item()
        print(f"epoch {epoch + 1} of {epochs}: loss {total_loss / steps:.4f}, "
              f"{time.time() - start:.1f} s", flush=True)
    return net.eval()


def logits_of(net, pictures):
    """Return the logits [n][10] in the precision of the network."""
    x = normalise(pictures, net.fc.weight.dtype)
    with torch.no_grad():
        return torch.cat([net(part) for part in x.split(500)])


# ---------------------------------------------------------------------------
# Export


def literal(value, digits):
    """Print a number as a short C constant of type float."""
    text = f"{value:.{digits}g}"
    if "." not in text and "e" not in text:
        text += "."
    if text.startswith(("0.", "-0.")) and text.strip("-0."):
        text = text.replace("0.", ".", 1)
    return text + "f"


def exported_tensors(net):
    """Yield (C name, layout, tensor, digits) for every exported tensor."""
    for path, layer in net.named_modules():
        name = "fashion_net_" + path.replace(".", "_")
        if isinstance(layer, nn.Conv2d):
            yield name + "_weight", "[out][in][kh][kw]", layer.weight, 4
        elif isinstance(layer, nn.BatchNorm2d):
            yield name + "_gamma", "[channel]", layer.weight, 6
            yield name + "_beta", "[channel]", layer.bias, 6
            yield name + "_mean", "[channel]", layer.running_mean, 6
            yield name + "_var", "[channel]", layer.running_var, 6
        elif isinstance(layer, nn.Linear):
            yield name + "_weight", "[out][in]", layer.weight, 6
            yield name + "_bias", "[out]", layer.bias, 6


def round_as_exported(net):
    """Replace every parameter by the float that its C constant stands for,
    and return the network in float64."""
    for _, _, tensor, digits in exported_tensors(net):
        values = [float(literal(value, digits)[:-1])
                  for value in tensor.detach().contiguous().view(-1).tolist()]
        rounded = torch.tensor(values, dtype=torch.float32)
        with torch.no_grad():
            tensor.copy_(rounded.view(tensor.shape))
    return net.double()


def parameter_count(net):
    """Count the learned parameters (not the mean and var of batch norm)."""
    return sum(p.numel() for p in net.parameters())


def wrapped(constants):
    """Lay constants out in lines of at most WIDTH columns."""
    lines, line = [], " "
    for constant in constants:
        if len(line) + len(constant) + 1 > WIDTH:
            lines.append(line)
            line = " "
        line += constant + ","
    lines.append(line)
    return "\n".join(lines)


def file_comment(what, accuracy, net):
    return f"""/*
 * {what}
 *
 * A small residual CNN with batch normalisation, made by train.py (do not
 * edit). It has {parameter_count(net)} parameters and classifies
 * {100 * accuracy:.2f} % of the 10,000 test pictures correctly.
 * Data set: Fashion-MNIST by Zalando Research (MIT licence).
 */
"""


def shape_comment(shape, layout):
    return f"/* {' x '.join(map(str, shape))}, {layout} */"


def header_text(net, accuracy):
    declarations = []
    for name, layout, tensor, _ in exported_tensors(net):
        size = " * ".join(map(str, tensor.shape))
        declarations.append(f"extern const float {name}[{size}]; /* {layout} */")
    return file_comment("fashion_net.h: the network of the quick start.",
                        accuracy, net) + f"""
#ifndef FASHION_NET_H
#define FASHION_NET_H

/*
 * The input is one picture of 1 x 28 x 28 values, light clothes on black:
 *   (pixel / 255 - FASHION_NET_INPUT_MEAN) / FASHION_NET_INPUT_STD
 *
 * The layers; every 3x3 convolution has padding 1, none has a bias:
 *   conv1   3x3    1 -> 16  28 x 28    bn1, relu
 *   block1        16 -> 16  28 x 28
 *   block2        16 -> 32  14 x 14    stride 2, projection
 *   block3        32 -> 32  14 x 14
 *   block4        32 -> 64   7 x 7     stride 2, projection
 *   global average pool
 *   fc            64 -> 10  logits     with bias
 *
 * A block computes relu(bn2(conv2(relu(bn1(conv1(x))))) + shortcut(x)), with
 * 3x3 convolutions; the stride is that of conv1. The shortcut is the identity,
 * or where the block has a projection bn3(conv3(x)), with the 1x1 convolution
 * conv3 of the same stride and without padding.
 *
 * Batch norm is gamma * (x - mean) / sqrt(var + FASHION_NET_BN_EPS) + beta.
 */
#define FASHION_NET_INPUT_MEAN {INPUT_MEAN}f
#define FASHION_NET_INPUT_STD {INPUT_STD}f
#define FASHION_NET_BN_EPS {BN_EPS:g}f

extern const char *const fashion_net_labels[{len(LABELS)}];

""" + "\n".join(declarations) + "\n\n#endif\n"


def source_text(net, accuracy):
    labels = "\n".join(f'  "{label}",' for label in LABELS)
    parts = [file_comment("fashion_net.c: the parameters of the network of the quick start.",
                          accuracy, net),
             '#include "fashion_net.h"\n',
             f"const char *const fashion_net_labels[{len(LABELS)}] = {{\n{labels}\n}};\n"]
    for name, layout, tensor, digits in exported_tensors(net):
        size = " * ".join(map(str, tensor.shape))
        values = tensor.detach().contiguous().view(-1).tolist()
        parts.append(f"{shape_comment(tensor.shape, layout)}\n"
                     f"const float {name}[{size}] = {{\n"
                     + wrapped(literal(value, digits) for value in values) + "\n};\n")
    return "\n".join(parts)


def file_name(index, label):
    return LABELS[label].lower().replace(" ", "_").replace("/", "_") + f"_{index}.png"


def export(net, out):
    """Round the network, measure it and write all the files into out."""
    net = round_as_exported(net)
    pictures, classes = read_set("t10k")
    logits = logits_of(net, pictures)
    predicted = logits.argmax(1)
    accuracy = (predicted == classes).double().mean().item()
    print(f"test accuracy of the exported network: {100 * accuracy:.2f} %")

    folder = out / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    (out / "fashion_net.h").write_text(header_text(net, accuracy))
    (out / "fashion_net.c").write_text(source_text(net, accuracy))

    report = [
        "The network of the quick start, measured by train.py on the numbers that",
        "fashion_net.c contains, in float64.",
        "",
        f"accuracy {100 * accuracy:.2f} % of the {len(classes)} test pictures of Fashion-MNIST",
        f"parameters {parameter_count(net)}",
        "",
        "The pictures (the number in a name is the index in the test set), each",
        "with the class that the network gives it and the 10 logits in the order",
        "of fashion_net_labels:"]
    for index, label in PICTURES:
        assert classes[index] == label
        if predicted[index] != label:
            print(f"picture {index} is left out: it is taken for {LABELS[predicted[index]]}")
            continue
        name = file_name(index, label)
        Image.fromarray(pictures[index]).save(folder / name)
        report += ["", f"{name}: {LABELS[label]}",
                   *(f"  {value:.9g}" for value in logits[index].tolist())]
    (out / "ACCURACY.txt").write_text("\n".join(report) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--epochs", type=int, default=30, metavar="N",
                        help="passes over the training set (default: 30)")
    parser.add_argument("--out", type=pathlib.Path, metavar="DIR",
                        default=pathlib.Path(__file__).resolve().parent,
                        help="where to write (default: beside this script)")
    options = parser.parse_args()
    torch.set_num_threads(2)
    export(train(options.epochs), options.out)


if __name__ == "__main__":
    main()
