"""Writes networks of torchvision as ONNX files, each with an input and torch's output for it.

    /usr/bin/python3 tests/parity/export_onnx.py FOLDER OPSET NETWORK...

Needs torch and torchvision (Debian: python3-torchvision). Nothing is downloaded: weights are seeded random numbers. FOLDER/NETWORK.onnx,
NETWORK.input and NETWORK.output (float32, NCHW, raw) are what `sh tests/parity/onnx.sh` compares.

A fresh network would test little: its batch norms do nothing, its layer scales are 1e-6, and its signal dies away or explodes on
the way up, so that the output is the last bias. So batch norms are given the statistics of random pictures, then statistics and affine
parts are shaken, and layer scales, tokens and position embeddings get numbers that count.
"""
import os
import sys
import warnings

import torch
import torchvision

SIZES = {"inception_v3": 299}


def calibrate(network, size):
    """Batch norms with the statistics of six random pictures, shaken; an affine part that is not 1 and 0."""
    norms = [m for m in network.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    if not norms:
        return
    for norm in norms:
        norm.weight.uniform_(0.7, 1.3)
        norm.bias.uniform_(-0.2, 0.2)
        norm.momentum = 1.0
        norm.train()  # only the norms: nothing is dropped
    network(torch.randn(6, 3, size, size))
    for norm in norms:
        norm.eval()
        norm.running_mean += norm.running_var.sqrt() * torch.empty_like(norm.running_mean).uniform_(-0.2, 0.2)
        norm.running_var *= torch.empty_like(norm.running_var).uniform_(0.7, 1.3)


def wake(network):
    """Parameters that are near nothing at the start of a training."""
    for name, parameter in network.named_parameters():
        if name.endswith("layer_scale"):
            parameter.uniform_(0.2, 1.0)
        elif name.endswith("pos_embedding") or name.endswith("class_token"):
            parameter.normal_(std=0.5)
        elif "ln" in name.split(".")[-2:-1] or "ln_" in name:
            parameter.add_(torch.randn_like(parameter) * 0.1)
        elif name == "heads.head.weight":
            parameter.normal_(std=0.02)


def make(name):
    torch.manual_seed(sum(name.encode()))
    more = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    network = torchvision.models.get_model(name, weights=None, **more).eval()
    size = SIZES.get(name, 224)
    with torch.no_grad():
        calibrate(network, size)
        wake(network)
    return network, torch.randn(1, 3, size, size)


def export(folder, opset, name):
    network, picture = make(name)
    with torch.no_grad():
        output = network(picture)
    path = os.path.join(folder, name)
    # PRESERVE: batch norms stay layers of their own; EVAL would fold them into convolutions, and they would not be tested.
    torch.onnx.export(network, picture, path + ".onnx", opset_version=opset, do_constant_folding=True,
                      training=torch.onnx.TrainingMode.PRESERVE, input_names=["image"], output_names=["logits"])
    picture.numpy().tofile(path + ".input")
    output.detach().numpy().tofile(path + ".output")


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    for network_name in sys.argv[3:]:
        export(sys.argv[1], int(sys.argv[2]), network_name)
