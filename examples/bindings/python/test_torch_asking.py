#!/usr/bin/env python3
"""Tests of srd.torch with small modules: questions and answers. Exit status 77: this interpreter has no torch.

    python3 test_torch_asking.py [library]
"""
import unittest
from concurrent.futures import ThreadPoolExecutor

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
        self.assertEqual(result.classes, [int(result.outputs.argmax())])
        np.testing.assert_allclose(result.outputs, self.module(self.image[None]).detach().numpy(), atol=1e-5)
        self.assertAlmostEqual(float(result.map.sum()) + result.report.head_bias, float(result.outputs.max()), places=4)

    def test_a_batch_is_explained_picture_by_picture(self):
        images = picture(3, 2, 8, 9)
        result = srd.torch.explain(self.module, images)
        self.assertEqual((result.map.shape, result.outputs.shape), ((3, 8, 9), (3, 4)))
        for image, values, index in zip(images, result.map, result.classes):
            np.testing.assert_array_equal(srd.torch.explain(self.module, image, index).map, values)

    def test_targets_and_further_questions(self):
        result = srd.torch.explain(self.module, self.image, srd.Target(1, against=2), contrastive=True)
        self.assertAlmostEqual(result.report.score, float(result.outputs[0, 1] - result.outputs[0, 2]), places=5)
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
        mish = prepare(nn.Sequential(nn.Conv2d(2, 6, 3), nn.Mish(), nn.Conv2d(6, 2, 1)))
        with self.assertRaisesRegex(ConversionError, r'1 \(Hardshrink\).*handlers'):
            srd.torch.explain(prepare(nn.Sequential(nn.Conv2d(2, 6, 3), nn.Hardshrink(), nn.Conv2d(6, 2, 1))), self.image, srd.Target(0))

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
        self.assertEqual(result.outputs.shape, (1, 42, 6))

    def test_double_precision_and_modules_without_weights(self):
        self.assertLess(srd.torch.explain(self.module.double(), self.image).difference, 5e-6)
        self.assertEqual(srd.torch.explain(nn.AvgPool2d(2).eval(), self.image).logits.shape, (1, 2, 4, 4))

    def test_pictures(self):
        result = srd.torch.explain(self.module, self.image[:1].expand(2, -1, -1), layers=['2'])
        self.assertEqual(result.picture().shape, (8, 9, 4))
        valid = prepare(nn.Sequential(nn.Conv2d(1, 1, 5), nn.ReLU(), nn.Conv2d(1, 1, 3)))
        result = srd.torch.explain(valid, torch.zeros(1, 8, 9), layers=['1'])
        result.maps['1'] = np.zeros((4, 5), np.float32)
        result.maps['1'][3, 4] = 1  # looks at pixel (5, 6); stretched over the picture, it would lie in the corner
        drawn = result.picture('1').astype(int)
        coloured = drawn[..., 0] != drawn[..., 2]
        self.assertEqual(np.argwhere(coloured).tolist(), [[5, 6]])
        grey = prepare(nn.Conv2d(1, 2, 3))
        self.assertEqual(srd.torch.explain(grey, self.image[:1]).picture(size=(16, 18)).shape, (16, 18, 4))


class Targets(unittest.TestCase):
    """A list is one class per picture; a sum is a list of srd.Target."""

    def setUp(self):
        self.module = prepare(nn.Sequential(nn.Conv2d(2, 6, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 4)))
        self.images = picture(2, 2, 8, 9)

    def alone(self, image, index):
        return srd.torch.explain(self.module, self.images[image], index).map

    def test_a_list_is_a_class_per_picture(self):
        logits = self.module(self.images).detach()
        for target in ([3, 1], (3, 1), np.array([3, 1]), torch.tensor([3, 1]), srd.Target([3, 1])):
            result = srd.torch.explain(self.module, self.images, target)
            self.assertEqual(result.classes, [3, 1])
            self.assertAlmostEqual(result.report.score, float(logits[0, 3] + logits[1, 1]), places=5)
            np.testing.assert_array_equal(result.map, [self.alone(0, 3), self.alone(1, 1)])
            if not isinstance(target, srd.Target):
                np.testing.assert_array_equal(result.ask(target), result.map)

    def test_a_list_for_one_picture_has_one_class(self):
        for image in (self.images[0], self.images[:1]):
            result = srd.torch.explain(self.module, image, [2])
            self.assertEqual(result.classes, [2])
            np.testing.assert_array_equal(result.map.reshape(8, 9), self.alone(0, 2))
            for target in ([0, 1], []):
                with self.assertRaisesRegex(ValueError, f'{len(target)} classes for 1 picture; .*list of srd.Target'):
                    result.ask(target)
                with self.assertRaisesRegex(ValueError, 'one class per picture'):
                    srd.torch.explain(self.module, image, target)

    def test_a_class_of_numpy_or_torch_is_one_for_all(self):
        for target in (2, np.int64(2), torch.tensor(2)):
            result = srd.torch.explain(self.module, self.images, target)
            self.assertEqual(result.classes, [2, 2])
            np.testing.assert_array_equal(result.map, [self.alone(0, 2), self.alone(1, 2)])

    def test_a_sum_is_a_list_of_targets(self):
        result = srd.torch.explain(self.module, self.images, [srd.Target(0), srd.Target(1)])
        self.assertIsNone(result.classes)
        np.testing.assert_allclose(result.map, [self.alone(i, 0) + self.alone(i, 1) for i in (0, 1)], atol=1e-5)
        with self.assertRaisesRegex(TypeError, 'not both'):
            result.ask([0, srd.Target(1)])


class Precision(unittest.TestCase):
    def setUp(self):
        self.module = prepare(nn.Sequential(nn.Conv2d(2, 6, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 4)))
        self.image = picture(2, 8, 9)

    def test_half_precision_is_explained_by_a_copy(self):
        for kind in (torch.bfloat16, torch.float16):
            half = self.module.to(kind)
            before = [p.clone() for p in half.parameters()]
            result = srd.torch.explain(half, self.image, 1)
            self.assertTrue(all(p.dtype == kind and torch.equal(p, b) for p, b in zip(half.parameters(), before)))
            copied = self.copied(half)
            np.testing.assert_array_equal(result.map, srd.torch.explain(copied, self.image, 1).map)
            np.testing.assert_allclose(result.outputs, copied(self.image[None]).detach(), atol=1e-6)
            self.assertLess(result.difference, 5e-6)
            self.assertIn(str(kind)[6:], result.notes[0])
            self.assertIn('the module itself', result.notes[1])

    @staticmethod
    def copied(half):
        single = prepare(nn.Sequential(nn.Conv2d(2, 6, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 4)))
        single.load_state_dict(half.state_dict())
        return single

    def ill(self, wrong=0.0):
        """A small difference of two large numbers, which float32 holds to a hundredth."""
        first = prepare(nn.Conv2d(2, 2, 1))
        with torch.no_grad():
            first.weight[1], first.bias[1] = first.weight[0] * (1 + 1e-5), first.bias[0]
        second = nn.Conv2d(2, 1, 1, bias=False)
        second.weight = nn.Parameter(torch.tensor([1e6, -1e6]).reshape(1, 2, 1, 1))
        module = nn.Sequential(first, second).eval()
        network = srd.torch.convert(module, self.image)
        with torch.no_grad():
            first.weight[1] *= 1 + wrong
        return network

    def test_a_network_that_is_sensitive_to_rounding_is_measured_against_its_own(self):
        result = self.ill().explain(self.image, srd.Target(0))
        self.assertGreater(result.difference, 1e-3)
        self.assertRegex(result.notes[0], 'sensitive to rounding: its float32 outputs differ by .*those of libsrd')

    def test_and_a_wrong_one_is_still_noticed(self):
        with self.assertRaisesRegex(ConversionError, 'This is no rounding: from the module in float64, the module in float32'):
            self.ill(wrong=1e-5).explain(self.image, srd.Target(0))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.act = nn.Conv2d(6, 6, 1), nn.ReLU()

    def forward(self, x):
        return self.act(self.a(x) + x).mul(2)


class Names(unittest.TestCase):
    """Torch's names are good everywhere."""

    def setUp(self):
        self.module = prepare(nn.Sequential(nn.Conv2d(2, 6, 3), Block(), Block(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                                            nn.Linear(6, 4)))
        self.image = picture(2, 8, 9)

    def test_functions_are_named_by_their_module(self):
        names = srd.torch.convert(self.module, self.image).names
        self.assertEqual([n for n in names if 'add' in n or 'mul' in n], ['1.add', '1.mul', '2.add_1', '2.mul_1'])
        self.assertEqual((names['1'], names['2']), (names['1.mul'], names['2.mul_1']))
        with self.assertRaisesRegex(ConversionError, r'^inner.sin \(sin\)'):
            srd.torch.convert(prepare(Lambda(lambda m, x: m.inner(x), inner=Lambda(lambda m, x: x.sin()))), self.image)

    def test_the_explainer_knows_them(self):
        network = srd.torch.convert(self.module, self.image)
        keep = {'1': srd.KEEP_MAP, '1.act': srd.KEEP_GRADCAM, '2.add_1': srd.KEEP_START, 'add': srd.KEEP_START}
        result = network.explain(self.image, 1, layers=['2.act'], keep=keep)
        explainer, ids = result.explainer, network.names
        for name in ('2.act', '2.add_1', 'add_1'):
            layer = network.layer(name)
            self.assertEqual(explainer.shape(name), (6, 6, 7))
            np.testing.assert_array_equal(explainer.erf(name, 2, 3), explainer.erf(layer, 2, 3))
            self.assertGreater(np.abs(explainer.erf(name, 2, 3)).max(), 0)
        seed = np.ones((6, 7), np.float32)
        np.testing.assert_array_equal(explainer.seed('2.act', seed), explainer.seed(ids['2.act'], seed))
        np.testing.assert_array_equal(explainer.ask_gradcam(1, site='1.act'), explainer.ask_gradcam(1, site=ids['1.act']))
        np.testing.assert_array_equal(explainer.ask(1, '1'), explainer.ask(1, ids['1']))
        np.testing.assert_array_equal(explainer.ask(1, '2.act'), result.maps['2.act'])

    def test_a_wrong_name_is_told_with_those_near_it(self):
        network = srd.torch.convert(self.module, self.image)
        result = network.explain(self.image, 1, layers=['1'])
        for call in (lambda: result.explainer.erf('2.akt', 0, 0), lambda: result.explainer.seed('2.akt', [[1]]),
                     lambda: result.explainer.ask_gradcam(1, site='2.akt'), lambda: result.ask(1, '2.akt'), lambda: result.picture('2.akt'),
                     lambda: result.explainer.geometry('2.akt'), lambda: result.explainer.shape('2.akt'),
                     lambda: result.explainer.value('2.akt'), lambda: network.layer('2.akt'),
                     lambda: network.explain(self.image, layers=['2.akt']),
                     lambda: network.explain(self.image, keep={'2.akt': srd.KEEP_START}),
                     lambda: srd.Explainer(network.graph, keep={'2.akt': srd.KEEP_START})):
            with self.assertRaisesRegex(srd.SrdArgumentError, "'2.akt': there is no layer of this name; near it are '2.act', "):
                call()
        with self.assertRaisesRegex(srd.SrdArgumentError, "the names are 'input', '0', '1.a', "):
            network.layer('qqqqqqqq')
        with self.assertRaisesRegex(ConversionError, "gates: there is no operation '1.ad'; near it are '1.add', "):
            srd.torch.convert(self.module, self.image, gates={'1.ad': 0})

    def test_what_must_be_kept_is_said_in_python(self):
        explainer = srd.torch.explain(self.module, self.image, 1).explainer
        with self.assertRaisesRegex(srd.SrdStateError, r"keep=\{'1.act': srd.KEEP_GRADCAM\} of srd.Explainer or srd.torch.explain"):
            explainer.ask_gradcam(1, site='1.act')
        with self.assertRaisesRegex(srd.SrdStateError, r"keep=\{'1.add': srd.KEEP_START\}"):
            explainer.erf('1.add', 0, 0)

    def test_gradcam_at_its_own_layer_is_gradcam(self):
        explainer = srd.torch.explain(self.module, self.image, 1, keep={'2.act': srd.KEEP_GRADCAM}).explainer
        kept = {}
        hook = self.module[2].act.register_forward_hook(lambda m, x, y: kept.update(y=y))
        score = self.module(self.image[None])[0, 1]
        gradient, = torch.autograd.grad(score, kept['y'])
        hook.remove()
        wanted = (kept['y'] * gradient.mean((2, 3), keepdim=True)).sum(1)[0].relu().detach().numpy()
        found = explainer.ask_gradcam(1, '2.act', site='2.act')
        self.assertGreater(wanted.max(), 0)
        np.testing.assert_allclose(found / found.max(), wanted / wanted.max(), atol=1e-5)

    def test_sites_are_those_that_need_no_keep(self):
        network = srd.torch.convert(self.module, self.image)
        result = network.explain(self.image)
        self.assertTrue({'input', '1.act', '2.act'} <= set(network.sites))
        self.assertNotIn('1.add', network.sites)
        for name in network.sites:
            if name != 'input':
                self.assertEqual(result.explainer.erf(name, 0, 0).shape, (8, 9))

    def test_a_module_that_is_called_twice_has_a_name_for_each_call(self):
        """The bare name is the last call; none of the names in the graph means another layer."""
        module = prepare(Lambda(lambda m, x: m.last(m.act(m.b(m.act(m.a(x)))).mean((2, 3))), a=nn.Conv2d(2, 6, 3), b=nn.Conv2d(6, 6, 3),
                                act=nn.ReLU(), last=nn.Linear(6, 4)))
        network = srd.torch.convert(module, self.image)
        first, last = network.layer('act_0'), network.layer('act_1')
        self.assertLess(first, last)
        self.assertEqual((network.layer('act'), network.graph.shape(first)), (last, (6, 6, 7)))
        self.assertTrue({'act_0', 'act_1', 'act'} <= set(network.sites))
        for layer in range(network.graph.layer_count):
            self.assertEqual(network.layer(network.graph.name(layer)), layer)
        result = network.explain(self.image, 1, keep={'act_0': srd.KEEP_GRADCAM})
        self.assertEqual(result.explainer.ask_gradcam(1, 'act_0', site='act_0').shape, (6, 7))
        with self.assertRaisesRegex(srd.SrdStateError, r"keep=\{'act_1': srd.KEEP_GRADCAM\}"):
            result.explainer.ask_gradcam(1, site='act')

    def test_threads_may_share_a_network(self):
        network = srd.torch.convert(self.module, self.image)
        images = picture(8, 2, 8, 9)
        wanted = [network.explain(image, 1).map for image in images]
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda image: network.explain(image, 1).map, images))
        np.testing.assert_array_equal(found, wanted)

    def test_progress_and_ratios(self):
        calls = []
        result = srd.torch.explain(self.module, self.image, progress=lambda done, total: calls.append((done, total)))
        self.assertEqual(calls[-1][0], calls[-1][1])
        half = srd.torch.explain(self.module, self.image, ratios=srd.RATIOS_FLOAT16)
        np.testing.assert_allclose(half.map, result.map, atol=1e-2)
        self.assertFalse(np.array_equal(half.map, result.map))
        with self.assertRaises(srd.SrdCancelledError):
            srd.torch.explain(self.module, self.image, progress=lambda done, total: False)
        with self.assertRaisesRegex(TypeError, 'one_image'):
            srd.torch.explain(self.module, self.image, one_image=True)


class Unregistered(unittest.TestCase):
    """Modules that are registered nowhere have made up names, and the maps of the same modules where they are registered."""

    def same(self, function, wanted, name, layer=None, **parts):
        image, module = picture(2, 8, 9), prepare(Lambda(function, **parts))
        result = srd.torch.explain(module, image, srd.Target(0), layers=[name])
        other = srd.torch.explain(prepare(wanted), image, srd.Target(0), layers=[layer] if layer else [])
        self.assertLess(result.difference, 5e-6)
        np.testing.assert_array_equal(result.map, other.map)
        if layer:
            np.testing.assert_array_equal(result.maps[name], other.maps[layer])

    def test_a_slice(self):
        parts = nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.Conv2d(3, 3, 2), nn.ReLU(), nn.Conv2d(3, 3, 1))
        self.same(lambda m, x: m.f[2:](m.f[:2](x)), parts, 'Sequential', '1', f=parts)

    def test_made_in_forward(self):
        conv, last = nn.Conv2d(2, 3, 3), nn.Sequential(nn.Conv2d(3, 2, 2), nn.ReLU(), nn.Conv2d(2, 2, 1))
        for made, name in ((lambda: nn.ReLU(), 'ReLU'), (lambda: nn.Upsample(size=(9, 7)), 'Upsample'), (lambda: nn.Tanh(), 'Tanh')):
            self.same(lambda m, x: m.d(made()(m.c(x))), nn.Sequential(conv, made(), last), name, '1', c=conv, d=last)
        twice = Lambda(lambda m, x: nn.ReLU()(x - nn.ReLU()(x)))
        self.assertEqual(list(srd.torch.convert(prepare(Lambda(lambda m, x: m.i(x), i=twice)), picture(2, 8, 9)).names)[1:],
                         ['i.ReLU', 'i.sub', 'i.ReLU_1', 'i'])

    def test_softmax_in_forward(self):
        conv = nn.Conv2d(2, 3, 3)
        self.same(lambda m, x: m.c(nn.Softmax(dim=1)(x)), nn.Sequential(nn.Softmax(1), conv), 'Softmax', '0', c=conv)

    def test_in_a_plain_list(self):
        hidden = [prepare(nn.Conv2d(2, 3, 3)), nn.BatchNorm2d(3)]
        image, wanted = picture(2, 8, 9), prepare(nn.Sequential(*hidden))
        module = Lambda(lambda m, x: m.l[1](m.l[0](x))).eval()
        module.l = hidden
        np.testing.assert_array_equal(srd.torch.explain(module, image, 1).map, srd.torch.explain(wanted, image, 1).map)
        hidden[1].train()
        with self.assertRaisesRegex(ConversionError, r'^BatchNorm2d \(BatchNorm2d\).*eval\(\) does not reach it'):
            srd.torch.explain(module, image)


class Notes(unittest.TestCase):
    def network(self, last):
        return prepare(nn.Sequential(nn.Conv2d(2, 6, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 4), last))

    def test_what_is_explained_before_an_activation_at_the_end(self):
        image = picture(2, 8, 9)
        for last, kind in ((nn.Sigmoid(), 'sigmoid'), (nn.Softplus(), 'softplus'), (nn.Tanh(), 'tanh'), (nn.ReLU(), 'relu'),
                           (nn.ReLU6(), 'clip'), (nn.SiLU(), 'silu'), (nn.Hardsigmoid(), 'hard_sigmoid'),
                           (nn.LayerNorm(4), 'layer_norm')):
            module = self.network(last)
            result = srd.torch.explain(module, image, 1)
            self.assertRegex(result.notes[0], f'^5: scores are those before the {kind} at the end')
            self.assertAlmostEqual(result.report.score, module[:5](image[None])[0, 1].item(), places=5)
            self.assertAlmostEqual(float(result.outputs[0, 1]), module(image[None])[0, 1].item(), places=5)
        self.assertEqual(srd.torch.explain(self.network(nn.Identity()), image, 1).notes, [])

    def test_a_score_of_many_positions(self):
        module, image = prepare(nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.Conv2d(3, 2, 1))), picture(2, 6, 7)
        self.assertIn('the sum over 4 x 5 positions', srd.torch.explain(module, image, 1).notes[-1])
        self.assertEqual(srd.torch.explain(module, image, srd.Target(1, position=(1, 2))).notes, [])

    def test_a_map_that_head_bias_has_eaten(self):
        def forward(m, x):
            return ((m.a(x) * 1e6).mean((2, 3)).softmax(1) + (m.b(x) * 1e6).mean((2, 3)).softmax(1)) / 2

        module = prepare(Lambda(forward, a=nn.Conv2d(2, 3, 1), b=nn.Conv2d(2, 3, 1)))
        result = srd.torch.explain(module, picture(2, 8, 9))
        self.assertRegex(result.notes[-1], 'next to nothing: .* of the score 0.5')
        self.assertLess(np.abs(result.map).sum(), 1e-3 * 0.5)
        module = self.network(nn.Linear(4, 3))
        nn.init.zeros_(module[5].weight)
        nn.init.zeros_(module[5].bias)
        self.assertEqual(srd.torch.explain(module, picture(2, 8, 9)).notes, [])  # no score, so that nothing holds it

    def test_an_input_that_only_gates(self):
        module = prepare(Lambda(lambda m, x, y: m.a(x) * y.sigmoid(), a=nn.Conv2d(2, 2, 1)))
        result = srd.torch.explain(module, (picture(2, 8, 9),) * 2, srd.Target(0))
        self.assertEqual(len(result.notes), 2)  # the other one: the score is a sum over positions
        self.assertRegex(result.notes[1], 'input input_1 is all 0.*gates only')
        self.assertEqual((result.map[0].any(), result.map[1].any()), (True, False))


if __name__ == '__main__':
    main()
