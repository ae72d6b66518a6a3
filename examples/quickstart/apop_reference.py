#!/usr/bin/env python3
"""The table of srd_apop, computed by numpy in float64 from the numbers in fashion_net.c; nothing is shared with the library.

    python3 apop_reference.py IMAGES LABELS      (IDX files compressed by gzip)

sample/apop.txt is what it prints for the pictures beside it; the test of srd_apop compares with that file. How close the two
largest scores of a run ever come is said on stderr: it must be far above the rounding of float32.
"""
import gzip
import pathlib
import re
import sys

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
BLOCKS = {"block1": 1, "block2": 2, "block3": 1, "block4": 2}  # with their strides


def read_idx(path):
    """The array of bytes in an IDX file."""
    data = gzip.open(path).read()
    shape = np.frombuffer(data, ">u4", data[3], 4).astype(int)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(shape)


def read_weights():
    """{name: array} of the constants in fashion_net.c and fashion_net.h, without the leading fashion_net_."""
    weights = {}
    text = (HERE / "fashion_net.c").read_text()
    for name, size, body in re.findall(r"const float fashion_net_(\w+)\[([^]]*)\] = \{(.*?)\};", text, flags=re.S):
        numbers = [np.float32(number.rstrip("f")) for number in body.replace(",", " ").split()]
        weights[name] = np.array(numbers, np.float64).reshape([int(n) for n in size.split("*")])
    for name, number in re.findall(r"#define FASHION_NET_(\w+) (\S+)f", (HERE / "fashion_net.h").read_text()):
        weights[name.lower()] = float(number)
    return weights


def conv_bn(w, where, number, x, stride):
    """Convolution with padding kernel / 2 and batch norm, [N][C][H][W]."""
    weight = w[f"{where}conv{number}_weight"]
    kernel = weight.shape[2]
    pad = kernel // 2
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (kernel, kernel), axis=(2, 3))[:, :, ::stride, ::stride]
    y = np.tensordot(windows, weight, ((1, 4, 5), (1, 2, 3))).transpose(0, 3, 1, 2)
    gamma, beta, mean, var = (w[f"{where}bn{number}_{part}"][:, None, None] for part in ("gamma", "beta", "mean", "var"))
    return (y - mean) / np.sqrt(var + w["bn_eps"]) * gamma + beta


def network(w, x, activate):
    """The logits of pictures; activate(y, number) stands for the ReLUs, which count from 0."""
    x = activate(conv_bn(w, "", 1, x, 1), 0)
    for number, (name, stride) in enumerate(BLOCKS.items()):
        block = name + "_"
        inner = activate(conv_bn(w, block, 1, x, stride), 2 * number + 1)
        shortcut = conv_bn(w, block, 3, x, stride) if block + "conv3_weight" in w else x
        x = activate(conv_bn(w, block, 2, inner, 1) + shortcut, 2 * number + 2)
    return x.mean((2, 3)) @ w["fc_weight"].reshape(10, 64).T + w["fc_bias"]


def answers(w, pictures, others):
    """Answers [row][column][N]: no pattern, each activation's, all; patterns only, on black, on others."""
    def prepare(images):
        return (images[:, None] / 255.0 - w["input_mean"]) / w["input_std"]

    def answer(images, activate):
        logits = network(w, prepare(images), activate)
        ordered = np.sort(logits, axis=1)
        margins.append(((ordered[:, -1] - ordered[:, -2]) / np.abs(logits).max(1)).min())
        return logits.argmax(1)

    def plain(y, number):
        return np.maximum(y, 0)

    def record(y, number):
        patterns.append(y > 0)
        return plain(y, number)

    patterns, margins, table = [], [], []
    black = np.zeros_like(pictures)
    table.append([answer(pictures, record), answer(black, plain), answer(others, plain)])
    for chosen in [[i] for i in range(9)] + [range(9)]:
        def only(y, number):
            return (y > 0) * 1.0 if number in chosen else plain(y, number)

        def impose(y, number):
            return y * patterns[number] if number in chosen else plain(y, number)

        table.append([answer(pictures, only), answer(black, impose), answer(others, impose)])
    return np.array(table), min(margins)


def main():
    """Read, compute in parts, print."""
    images, labels = (read_idx(path) for path in sys.argv[1:3])
    weights = read_weights()
    count = len(labels)
    other = np.array([next((j % count for j in range(i + 1, i + count) if labels[j % count] != labels[i]), i)
                      for i in range(count)])
    right, margin = np.zeros((11, 4), int), np.inf
    for start in range(0, count, 50):
        part = slice(start, start + 50)
        table, closest = answers(weights, images[part], images[other[part]])
        right[:, :3] += (table == labels[part]).sum(2)
        right[:, 3] += (table[:, 2] == labels[other[part]]).sum(1)
        margin = min(margin, closest)
    for row in 100 * right / count:
        print(*(f"{share:.2f}" for share in row))
    print(f"the two largest scores differ by at least {margin:.1e} of the largest |score|", file=sys.stderr)


if __name__ == "__main__":
    main()
