#!/usr/bin/env python3
"""Tests of srd.torch with small modules: what is refused, and in which words. Exit status 77: this interpreter has no torch.

    python3 test_torch_refusals.py [library]
"""
import unittest

from torch_cases import Lambda, main, nn, np, picture, prepare, srd, torch
import torch.nn.functional as F
from srd.torch import ConversionError


class Refusals(unittest.TestCase):
    def refuses(self, function, reason, *shape, **parts):
        with self.assertRaisesRegex(ConversionError, reason):
            srd.torch.convert(prepare(Lambda(function, **parts)), picture(*(shape or (4, 8, 9))))

    def test_what_is_refused_is_named(self):
        conv = {'conv': nn.Conv2d(4, 8, 3)}
        for function, reason in ((lambda m, x: torch.fft.fft2(m.conv(x)).real, 'fft'), (lambda m, x: m.conv(x) * m.conv(x), 'gate'),
                                 (lambda m, x: m.conv(x).sin(), 'sin'), (lambda m, x: m.conv(x).exp(), 'exp'),
                                 (lambda m, x: F.pixel_shuffle(m.conv(x), 2), 'pixel_shuffle'),
                                 (lambda m, x: x / m.conv(x).mean(), 'div.*division'), (lambda m, x: m.conv(x)[:, :, 1:], 'cut off'),
                                 (lambda m, x: m.conv(x).reshape(1, 6, 8, 7), 'reshape'), (lambda m, x: x.roll(1, 2), 'roll'),
                                 (lambda m, x: torch.cat([x, x], 2), 'concatenation'),
                                 (lambda m, x: m.conv(x) if x.sum() > 0 else x, 'control flow'),
                                 (lambda m, x: F.interpolate(x, scale_factor=2, mode='bicubic'), 'bicubic'),
                                 (lambda m, x: F.pad(x, (1, 1, 1, 1), mode='reflect'), 'reflect'),
                                 (lambda m, x: F.dropout(x), 'dropout'), (lambda m, x: torch.zeros(3), 'no tensor'),
                                 (lambda m, x: m.conv(x).log_softmax(1).relu(), 'logarithm'),
                                 (lambda m, x: F.layer_norm(x, x.shape[1:]), 'layer normalisation'),
                                 (lambda m, x: F.linear(x, torch.ones(3, 9)), 'over positions')):
            with self.subTest(reason=reason):
                self.refuses(function, reason, **conv)

    def test_matrix_products_that_are_no_attention(self):
        tokens = {'conv': nn.Conv2d(4, 8, 3)}
        for function, reason in ((lambda q: (q @ q.transpose(1, 2)).relu(), 'part of an attention'),
                                 (lambda q: (q @ q.transpose(1, 2)) @ q, 'without a softmax'),
                                 (lambda q: (q @ q.transpose(1, 2)).softmax(1) @ q, 'over the keys'),
                                 (lambda q: ((q @ q.transpose(1, 2)).softmax(2) + 1) @ q, 'after their softmax'),
                                 (lambda q: (q.transpose(1, 2) @ q).softmax(2) @ q.transpose(1, 2), 'no attention'),
                                 (lambda q: q @ q.transpose(1, 2), 'no tensor')):
            with self.subTest(reason=reason):
                self.refuses(lambda m, x: function(m.conv(x).flatten(2).transpose(1, 2)), reason, **tokens)

    def test_modules_that_are_refused(self):
        for module, reason in ((nn.Conv2d(4, 4, 3, padding=1, padding_mode='circular'), r'part \(Conv2d\).*circular'),
                               (nn.BatchNorm2d(4, track_running_stats=False), 'statistics of the batch'),
                               (nn.Softplus(beta=2), 'beta'), (nn.PixelShuffle(2), 'PixelShuffle'), (nn.Unfold(2), 'Unfold'),
                               (nn.MaxPool2d(2, dilation=2), 'dilation')):
            with self.subTest(reason=reason):
                self.refuses(lambda m, x: m.part(x), reason, part=module)

    def test_a_view_of_what_changed_in_place(self):
        def forward(m, x):
            y = m.a(x)
            z = y.flatten(1)
            F.relu_(y)
            return z

        self.refuses(forward, 'in place', a=nn.Conv2d(4, 2, 1))

    def test_training_mode_and_shapes(self):
        with self.assertRaisesRegex(ConversionError, 'eval'):
            srd.torch.explain(nn.Conv2d(3, 2, 1).train(), picture(3, 4, 4))
        with self.assertRaisesRegex(ConversionError, 'pictures'):
            srd.torch.explain(nn.Conv2d(3, 2, 1).eval(), picture(1, 1, 3, 4, 4))

    def test_a_wrong_translation_is_noticed(self):
        module = prepare(nn.Sequential(nn.Conv2d(4, 3, 1), nn.Tanh()))
        network = srd.torch.convert(module, picture(4, 5, 5))
        with torch.no_grad():
            module[0].bias += 1
        with self.assertRaisesRegex(ConversionError, 'differ'):
            network.explain(picture(4, 5, 5))
        self.assertIsNone(network.explain(picture(4, 5, 5), check=False).difference)


if __name__ == '__main__':
    main()
