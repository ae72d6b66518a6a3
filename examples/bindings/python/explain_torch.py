#!/usr/bin/env python3
"""A PyTorch user's first steps, as docs/howto/bring-your-network.md tells them; needs numpy, torch, torchvision.

    python3 explain_torch.py

The network has random weights, so that nothing is downloaded: its maps mean nothing, but their numbers add up. Writes why.png.
"""
import numpy as np
import torch
import torchvision
from torch import nn

torch.manual_seed(1)
model = torchvision.models.resnet18(weights=None).eval()  # here comes your own
image = torch.randn(3, 224, 224)

import srd.torch
result = srd.torch.explain(model, image)
result.save('why.png')

print(result.classes)           # the class explained, for each picture
print(result.map.shape)         # numpy, (H, W): its sum is the score, up to what the report lists besides
print(result.scores.shape)      # what is explained: all scores, before a softmax or sigmoid at the end
print(result.outputs.shape)     # what the module returns, behind it
print(result.report)            # the balance: score, head bias, unreached, lost
print(result.difference)        # how far libsrd's outputs are from the module's, of their maximum
print(result.notes)             # what was left out of the module, and what is unusual about this map

network = srd.torch.convert(model, image)            # once: traces the module, copies its weights
print(network.names)                                 # {'x': 0, 'conv1': 1, ..., 'layer4.1.conv2': 63, ..., 'layer4': 66, ...}

result = network.explain(image, target=207, layers=['layer2', 'layer4.1.conv2'])
print(result.maps['layer2'].shape)
result.ask(srd.Target(207, against=208))             # the same run, another question
result.explainer.erf('layer3', 5, 7)                 # what the vector in row 5, column 7 is made of
print(list(network.sites))                           # the layers at which erf(), seed() and ask_gradcam() may begin

images = torch.stack([image, -image])
result = network.explain(images)                     # (N, C, H, W): result.map is (N, H, W)
print(result.map.shape, result.classes)
result = network.explain(images, [207, 208])         # one class per picture
for result in network.each(images):                  # one picture after the other, in the memory of one
    print(result)

network = nn.Sequential(nn.Conv1d(2, 8, 5), nn.ReLU(), nn.AdaptiveMaxPool1d(1), nn.Flatten(), nn.Linear(8, 3)).eval()
result = srd.torch.explain(network, torch.randn(2, 100))
print(result.map.shape)                              # (100,)


def slope(y):
    return (np.abs(y) > 0.5).astype(np.float32)


def add_hardshrink(graph, module, layer, name):
    return graph.custom(layer, value=lambda y: y * slope(y),                        # the channels of one position
                        back=lambda y, direction: direction * slope(y), name=name)  # where the head passes here


model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Hardshrink(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4)).eval()
result = srd.torch.explain(model, image[:, :32, :32], handlers={nn.Hardshrink: add_hardshrink})
print(result.report)

detector = torchvision.models.detection.fasterrcnn_mobilenet_v3_large_320_fpn(weights=None, weights_backbone=None).eval()
photograph = torch.rand(3, 96, 128)
image = detector.transform([photograph])[0].tensors[0]    # resized and normalised as the detector does
result = srd.torch.explain(srd.torch.dense(detector), image, srd.Target(1, position=(0, 7)))
print(result.map.shape)
