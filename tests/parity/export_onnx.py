"""Writes networks of torchvision as ONNX files, each with an input and torch's output for it.

    /usr/bin/python3 tests/parity/export_onnx.py FOLDER OPSET NETWORK...

Needs torch and torchvision (Debian: python3-torchvision). Nothing is downloaded: weights are seeded random numbers, and batch-norm
statistics are randomised too, since those of a fresh network (mean 0, variance 1) would hide what an importer does with them.
FOLDER/NETWORK.onnx, NETWORK.input and NETWORK.output (float32, NCHW, raw) are what `sh tests/parity/onnx.sh` compares.
"""
import os
import sys
import warnings

import torch
import torchvision

SIZES = {"inception_v3": 299}


def randomise(module):
    """Give every batch norm statistics and an affine part that matter but keep the signal's size."""
    for child in module.modules():
        if isinstance(child, torch.nn.BatchNorm2d):
            child.running_mean.uniform_(-0.2, 0.2)
            child.running_var.uniform_(0.5, 1.5)
            child.weight.uniform_(0.7, 1.3)
            child.bias.uniform_(-0.2, 0.2)


def export(folder, opset, name):
    torch.manual_seed(sum(name.encode()))
    more = {"init_weights": True} if name in ("googlenet", "inception_v3") else {}
    network = torchvision.models.get_model(name, weights=None, **more).eval()
    size = SIZES.get(name, 224)
    picture = torch.randn(1, 3, size, size)
    with torch.no_grad():
        randomise(network)
        if name.startswith("vit"):  # zero at the start of a training, which would make every class 0
            torch.nn.init.normal_(network.heads.head.weight, std=0.02)
            torch.nn.init.normal_(network.encoder.pos_embedding, std=0.02)
            torch.nn.init.normal_(network.class_token, std=0.02)
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
        print(network_name, flush=True)
