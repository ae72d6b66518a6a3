#!/usr/bin/env python3
"""Tests of srd.torch with small modules: what is refused, and in which words. Exit status 77: this interpreter has no torch.

    python3 test_torch_refusals.py [library]
"""
import collections
import dataclasses
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
                                 (lambda m, x: m.conv(x).sin(), 'sin'), (lambda m, x: m.conv(x).tan(), 'tan'),
                                 (lambda m, x: x / m.conv(x).mean(), 'div.*division'),
                                 (lambda m, x: m.conv(x).reshape(1, 6, 8, 7), 'reshape'), (lambda m, x: x.roll(1), 'roll.*dims='),
                                 (lambda m, x: torch.cat([x, x], 0), 'along the batch'),
                                 (lambda m, x: torch.einsum('nchw,nchw->nc', x, x), 'einsum.*one index'),
                                 (lambda m, x: m.conv(x) if x.sum() > 0 else x, 'control flow'),
                                 (lambda m, x: F.interpolate(x, scale_factor=2, mode='bicubic'), 'bicubic'),
                                 (lambda m, x: F.dropout(x), 'dropout'), (lambda m, x: torch.zeros(3), 'no tensor'),
                                 (lambda m, x: m.conv(x).log_softmax(1).relu(), 'logarithm'),
                                 (lambda m, x: m.conv(x).cumsum(2), 'cumsum')):
            with self.subTest(reason=reason):
                self.refuses(function, reason, **conv)

    def test_matrix_products_that_are_no_attention(self):
        tokens = {'conv': nn.Conv2d(4, 8, 3)}
        for function, reason in ((lambda q: (q @ q.transpose(1, 2)).relu(), 'part of an attention'),
                                 (lambda q: (q @ q.transpose(1, 2)) @ q, 'without a softmax'),
                                 (lambda q: nn.Linear(42, 3)(q @ q.transpose(1, 2)), 'part of an attention'),
                                 (lambda q: (q @ q.transpose(1, 2)).softmax(1) @ q, 'over the keys'),
                                 (lambda q: ((q @ q.transpose(1, 2)).softmax(2) + 1) @ q, 'after their softmax'),
                                 (lambda q: q @ q.transpose(1, 2), 'no tensor')):
            with self.subTest(reason=reason):
                self.refuses(lambda m, x: function(m.conv(x).flatten(2).transpose(1, 2)), reason, **tokens)

    def test_modules_that_are_refused(self):
        for module, reason in ((nn.BatchNorm2d(4, track_running_stats=False), 'statistics of the batch'),
                               (nn.Softplus(beta=2), 'beta'), (nn.Threshold(0.1, 2), 'Threshold'), (nn.LPPool2d(2, 2), 'LPPool2d'),
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


class Words(unittest.TestCase):
    """What stands in the way is said, and what to do."""

    def says(self, module, image, reason):
        with self.assertRaisesRegex(ConversionError, reason):
            srd.torch.explain(module, image)

    def test_normalisation_by_the_batch_in_eval_mode(self):
        module = prepare(nn.Sequential(nn.Conv2d(2, 3, 1), nn.BatchNorm2d(3, track_running_stats=False)))
        self.says(module, picture(2, 8, 9), r'1 \(BatchNorm2d\).*also in eval mode.*InstanceNorm2d')

    def test_a_scripted_module(self):
        inner = prepare(nn.Sequential(nn.Conv2d(2, 3, 1)))
        script = torch.jit.script(inner)
        self.says(script, picture(2, 8, 9), '^the module is a ScriptModule.*made from')
        self.says(nn.Sequential(nn.ReLU(), script).eval(), picture(2, 8, 9), '^1 is a ScriptModule')

    def test_what_is_no_module(self):
        self.says(lambda x: x, picture(2, 8, 9), 'a torch.nn.Module is needed, not a function')

    def test_inputs_that_were_read_in_another_way(self):
        for module, shape, reason in ((nn.Conv1d(2, 3, 3), (4, 200), r'\(4, 200\) as a signal \(C, L\).*The module says: RuntimeError'),
                                      (nn.Conv1d(2, 3, 3), (1, 4, 200), r'\(1, 4, 200\) as signals \(N, C, L\)'),
                                      (nn.Conv2d(1, 3, 3), (8, 9), r'\(8, 9\) as vectors')):
            self.says(prepare(nn.Sequential(module)), picture(*shape), reason)

        class OfList(nn.Module):
            def forward(self, pictures):
                return pictures[0] + pictures[1]

        self.says(OfList().eval(), (picture(2, 8, 9),) * 2, r'each is an argument of forward\(\).*TypeError')

    def test_a_single_number(self):
        self.says(prepare(Lambda(lambda m, x: x.mean((2, 3))[0, 1])), picture(2, 8, 9), 'output 0 is a single number.*target=')

    def test_what_the_module_itself_asserts(self):
        def forward(m, x):
            assert isinstance(x, torch.Tensor), 'no tensor'
            return x.relu()

        self.says(prepare(Lambda(lambda m, x: m.i(x), i=Lambda(forward))), picture(2, 8, 9),
                  r'cannot follow i, .*AssertionError: no tensor.*isinstance\(x, torch.Tensor\) is false')

    def test_outputs_in_structures(self):
        kind = collections.namedtuple('kind', 'a b')

        @dataclasses.dataclass
        class Data:
            a: object
            b: object

        for make in (kind, Data, lambda a, b: [a, {'b': b}]):
            module = prepare(Lambda(lambda m, x: make(m.c(x), x.mean((2, 3))), c=nn.Conv2d(2, 3, 1)))
            result = srd.torch.explain(module, picture(2, 8, 9), srd.Target(1, output=1))
            self.assertEqual((len(result.network.outputs), result.logits.shape), (2, (1, 3, 8, 9)))
            self.assertAlmostEqual(result.report.score, picture(2, 8, 9)[1].mean().item(), places=6)

    def test_gates_are_named_by_their_module(self):
        parts = {'a': nn.Conv2d(2, 2, 1), 'b': nn.Conv2d(2, 2, 1)}
        module = prepare(Lambda(lambda m, x: m.i(x), i=Lambda(lambda m, x: m.a(x) * m.b(x), **parts)))
        self.says(module, picture(2, 8, 9), r"gates=\{'i.mul': 0\}")
        maps = [srd.torch.explain(module, picture(2, 8, 9), 0, gates=gates).map for gates in ({'i.mul': 0}, {'mul': 0}, {'mul': 1})]
        np.testing.assert_array_equal(maps[0], maps[1])
        self.assertFalse(np.array_equal(maps[0], maps[2]))


class Training(unittest.TestCase):
    def setUp(self):
        self.image = picture(2, 8, 9)
        self.module = prepare(nn.Sequential(nn.Conv2d(2, 3, 1), nn.BatchNorm2d(3), nn.Dropout(0.5)))

    def test_a_wrapper_around_a_module_in_eval_mode(self):
        wanted = srd.torch.explain(self.module, self.image).map
        for wrapper in (nn.Sequential(self.module), nn.DataParallel(self.module), Lambda(lambda m, x: m.i(x), i=self.module)):
            self.assertTrue(wrapper.training)
            np.testing.assert_array_equal(srd.torch.explain(wrapper, self.image).map, wanted)

    def test_a_part_that_is_in_training_is_named(self):
        for part, reason in ((1, r'^0.1 \(BatchNorm2d\) is in training'), (2, r'^0.2 \(Dropout\) is in training')):
            self.module.eval()[part].train()
            with self.assertRaisesRegex(ConversionError, reason):
                srd.torch.explain(nn.Sequential(self.module), self.image)

    def test_a_wrapper_that_does_something_else_in_training(self):
        class Wrapper(nn.Module):
            def __init__(self, inner):
                super().__init__()
                self.inner = inner

            def forward(self, x):
                return self.inner(x) if self.training else self.inner(x) * 2

        with self.assertRaisesRegex(ConversionError, r'the module itself \(Wrapper\) is in training'):
            srd.torch.explain(Wrapper(self.module), self.image)
        self.assertLess(srd.torch.explain(Wrapper(self.module).eval(), self.image).difference, 5e-6)


if __name__ == '__main__':
    main()
