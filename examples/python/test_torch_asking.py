#!/usr/bin/env python3
"""Tests of srd.torch with small modules: questions and answers. Exit status 77: this interpreter has no torch.

    python3 test_torch_asking.py [library]
"""
import unittest

from torch_cases import Lambda, main, nn, np, picture, prepare, srd, torch
from srd.torch import ConversionError


class Asking(unittest.TestCase):
    def setUp(self):
        self.module = prepare(nn.Sequential(nn.Conv2d(2, 6, 3), nn.ReLU(), nn.Sequential(nn.Conv2d(6, 6, 3), nn.ReLU()),
                                            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 4)))
        self.image = picture(2, 8, 9)

    def test_the_maps_are_those_of_the_library(self):
        result = srd.torch.explain(self.module, self.image, layers=['1', '2', '2.0'])
        weights = [p.detach().numpy() for p in self.module.parameters()]
        with srd.Graph() as graph:
            x = graph.relu(graph.conv2d(graph.input(2, 8, 9), weights[0], weights[1]), name='1')
            x = graph.relu(graph.conv2d(x, weights[2], weights[3], name='2.0'), name='2')
            graph.output(graph.linear(graph.global_avg_pool(x), weights[4], weights[5]))
            with srd.Explainer(graph.seal(), keep={'2.0': srd.KEEP_MAP}) as explainer:
                explainer.run(self.image.numpy())
                wanted = explainer.ask(None, [0, '1', '2', '2.0'])
        for name, values, want in zip(('input', '1', '2', '2.0'), (result.map, *result.maps.values()), wanted):
            np.testing.assert_array_equal(values, want, err_msg=name)
        self.assertEqual(result.classes, [int(result.logits.argmax())])
        np.testing.assert_allclose(result.logits, self.module(self.image[None]).detach().numpy(), atol=1e-5)
        self.assertAlmostEqual(float(result.map.sum()) + result.report.head_bias, float(result.logits.max()), places=4)

    def test_a_batch_is_explained_picture_by_picture(self):
        images = picture(3, 2, 8, 9)
        result = srd.torch.explain(self.module, images)
        self.assertEqual((result.map.shape, result.logits.shape), ((3, 8, 9), (3, 4)))
        for image, values, index in zip(images, result.map, result.classes):
            np.testing.assert_array_equal(srd.torch.explain(self.module, image, index).map, values)

    def test_targets_and_further_questions(self):
        result = srd.torch.explain(self.module, self.image, srd.Target(1, against=2), contrastive=True)
        self.assertAlmostEqual(result.report.score, float(result.logits[0, 1] - result.logits[0, 2]), places=5)
        self.assertEqual(result.ask(3, '2').shape, (4, 5))
        self.assertEqual([m.shape for m in result.ask(3, ['2', '1'])], [(4, 5), (6, 7)])

    def test_a_softmax_at_the_end_is_left_out_and_said(self):
        for last in (nn.Softmax(1), nn.LogSoftmax(1)):
            result = srd.torch.explain(nn.Sequential(*self.module, last).eval(), self.image)
            self.assertIn('left out', result.notes[0])
            self.assertLess(result.difference, 5e-6)
            np.testing.assert_array_equal(result.map, srd.torch.explain(self.module, self.image).map)

    def test_several_inputs_and_outputs(self):
        module = Lambda(lambda m, x, y: {'sum': m.a(x) + m.a(y), 'none': None, 'product': m.a(y).mean((2, 3))}, a=nn.Conv2d(2, 3, 3))
        result = srd.torch.explain(prepare(module), (self.image, self.image * 2), srd.Target(1, output=1))
        self.assertEqual(([m.shape for m in result.map], len(result.network.outputs)), ([(8, 9), (8, 9)], 2))
        self.assertEqual(np.abs(result.map[0]).max(), 0)

    def test_handlers_and_gates(self):
        mish = nn.Sequential(nn.Conv2d(2, 6, 3), nn.Mish(), nn.Conv2d(6, 2, 1))
        with self.assertRaisesRegex(ConversionError, r'1 \(Mish\).*handlers'):
            srd.torch.explain(prepare(mish), self.image)

        def add_mish(graph, module, layer, name):
            return graph.custom(layer, value=lambda y: y * np.tanh(np.log1p(np.exp(y))),
                                back=lambda y, direction: direction * np.tanh(np.log1p(np.exp(y))), name=name)

        result = srd.torch.explain(mish, self.image, srd.Target(0), handlers={nn.Mish: add_mish})
        self.assertLess(result.difference, 5e-6)

        product = prepare(Lambda(lambda m, x: m.c(m.a(x) * m.b(x)), a=nn.Conv2d(2, 3, 1), b=nn.Conv2d(2, 3, 1), c=nn.Conv2d(3, 2, 3)))
        with self.assertRaisesRegex(ConversionError, 'mul .*gate'):
            srd.torch.explain(product, self.image)
        maps = [srd.torch.explain(product, self.image, gates={'mul': which}, layers=['b']).maps['b'] for which in (0, 1)]
        self.assertGreater(np.abs(maps[0]).max(), 0)
        self.assertEqual(np.abs(maps[1]).max(), 0)

    def test_an_output_that_is_no_layer_is_left_out_and_said(self):
        module = Lambda(lambda m, x: m.a(*(m.p(x).flatten(2).transpose(1, 2),) * 3), p=nn.Conv2d(2, 6, 3),
                        a=nn.MultiheadAttention(6, 2, batch_first=True))
        result = srd.torch.explain(prepare(module), self.image)
        self.assertIn('output 1 is left out', result.notes[0])
        self.assertEqual(result.logits.shape, (1, 42, 6))

    def test_double_precision_and_modules_without_weights(self):
        self.assertLess(srd.torch.explain(self.module.double(), self.image).difference, 5e-6)
        self.assertEqual(srd.torch.explain(nn.AvgPool2d(2).eval(), self.image).logits.shape, (1, 2, 4, 4))

    def test_pictures(self):
        result = srd.torch.explain(self.module, self.image[:1].expand(2, -1, -1), layers=['2'])
        self.assertEqual(result.picture().shape, (8, 9, 4))
        grey = prepare(nn.Conv2d(1, 2, 3))
        self.assertEqual(srd.torch.explain(grey, self.image[:1]).picture(size=(16, 18)).shape, (16, 18, 4))


if __name__ == '__main__':
    main()
