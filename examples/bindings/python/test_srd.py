#!/usr/bin/env python3
"""Tests of the package srd. Exit status 77: this interpreter has no numpy.

    python3 test_srd.py [library]
"""
import gc
import pickle
import sys
import threading
import time
import unittest

try:
    import numpy as np
except ImportError:
    print('skipped: no numpy')
    sys.exit(77)

import srd
from srd import native

random = np.random.default_rng(7)


def numbers(*shape):
    return random.standard_normal(shape).astype(np.float32)


W1, B1, W2, B2 = numbers(4, 2, 3, 3), numbers(4), numbers(5, 4), numbers(5)
X = numbers(2, 6, 7)


def small(weight=W1, **options):
    """Two channels, 6 x 7: convolution with padding, ReLU, mean, fully connected with five scores."""
    graph = srd.Graph(**options)
    add_layers(graph, weight)
    return graph.seal()


def add_layers(graph, weight=W1):
    x = graph.input(2, 6, 7, name='picture')
    x = graph.relu(graph.conv2d(x, weight, B1, pad=1, name='conv'), name='features')
    graph.output(graph.linear(graph.global_avg_pool(x, name='mean'), W2, B2, name='scores'))


def forward(x, weight=W1):
    """The same with numpy: pre-activation, features, scores."""
    padded = np.pad(x.astype(np.float64), ((0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    y = np.einsum('chwij,ocij->ohw', windows, weight.astype(np.float64)) + B1[:, None, None]
    features = np.maximum(y, 0)
    return y, features, W2.astype(np.float64) @ features.mean((1, 2)) + B2


class Numbers(unittest.TestCase):
    def setUp(self):
        self.graph = small()
        keep = {'features': srd.KEEP_VALUE | srd.KEEP_GRADCAM | srd.KEEP_PATTERN}
        self.explainer = srd.Explainer(self.graph, keep=keep)
        self.explainer.run(X)

    def test_forward_pass(self):
        _, features, scores = forward(X)
        np.testing.assert_allclose(self.explainer.value('features'), features, atol=1e-5)
        np.testing.assert_allclose(self.explainer.value('scores').ravel(), scores, atol=1e-5)
        best, score = self.explainer.top_class()
        self.assertEqual(best, scores.argmax())
        self.assertAlmostEqual(score, scores.max(), places=5)

    def test_class_map_is_the_share_of_the_score(self):
        _, features, scores = forward(X)
        pixels = features.shape[1] * features.shape[2]
        share = np.einsum('c,chw->hw', W2[3], features) / pixels + B2[3] / pixels
        np.testing.assert_allclose(self.explainer.ask(3, 'features'), share, atol=1e-6)
        self.assertAlmostEqual(self.explainer.report().score, scores[3], places=5)

    def test_conservation(self):
        for contrastive in (False, True):
            picture, features = self.explainer.ask(2, ['picture', 'features'], contrastive=contrastive)
            report = self.explainer.report()
            self.assertLess(abs(report.lost), 1e-5 * report.magnitude)
            self.assertAlmostEqual(report.score, report.top + report.head_bias + report.subtracted, places=5)
            self.assertAlmostEqual(picture.sum(dtype=np.float64), report.at_inputs, places=5)
            self.assertAlmostEqual(features.sum(dtype=np.float64), report.top, places=5)
            site = self.explainer.site_report('features')
            self.assertAlmostEqual(site.relevance_in, site.relevance_out + site.unreached, places=5)
            self.assertEqual(site.paths, 9)
        self.assertAlmostEqual(self.explainer.erf('features', 2, 3).sum(), 1, places=5)

    def test_fast_cases_have_names(self):
        cases = self.explainer.fast_cases('scores') + self.explainer.fast_cases('features')
        self.assertTrue(cases and all(isinstance(name, str) and name for name in cases), cases)
        self.assertTrue(all(name in self.explainer.dump() for name in cases))
        self.assertIn('features  4 x 6 x 7', self.explainer.dump())
        general = srd.Explainer(self.graph, fast_cases=srd.FAST_CASES_NONE)
        self.assertEqual(general.fast_cases('features'), [])
        self.assertNotIn('fast', general.dump())
        self.assertGreaterEqual(general.kernels, srd.KERNELS_PORTABLE)

    def test_ways_to_ask_the_same(self):
        ask, best = self.explainer.ask, self.explainer.top_class()[0]
        np.testing.assert_array_equal(ask(), ask(best))
        np.testing.assert_array_equal(ask(), self.explainer.ask_top())
        np.testing.assert_array_equal(ask(1), self.explainer.ask_class(1))
        np.testing.assert_array_equal(ask(srd.Target([1])), ask(1))
        np.testing.assert_array_equal(ask(srd.Target(1, position=(0, 0))), ask(1))
        np.testing.assert_array_equal(ask(srd.Target(1, mask=[[1]])), ask(1))
        direction = [0, 1, 0, 0, -1]
        against = ask(srd.Target(1, against=4))
        np.testing.assert_array_equal(ask(srd.Target(direction=direction)), against)
        np.testing.assert_array_equal(self.explainer.ask_direction(direction), against)
        np.testing.assert_allclose(ask([1, 4]), ask(1) + ask(4), atol=1e-5)
        self.assertEqual(ask(1, []), [])
        self.assertIsInstance(ask(1, ['picture']), list)
        for wrong in ({'class_index': 1, 'direction': direction}, {'against': 1}, {'mask': [[1]], 'position': (0, 0)}):
            self.assertRaises(TypeError, srd.Target, **wrong)
        self.assertRaises(IndexError, ask, srd.Target(1, position=(0, -1)))
        self.assertRaises(ValueError, ask, srd.Target([1, 2]))

    def test_torch_is_not_loaded(self):
        self.assertNotIn('torch', sys.modules)

    def test_second_output(self):
        with srd.Graph() as graph:
            x = graph.relu(graph.conv2d(graph.input(2, 6, 7), W1, B1, pad=1))
            x = graph.global_avg_pool(x)
            graph.output(graph.linear(x, W2, B2))
            self.assertEqual(graph.output(graph.linear(x, -W2[:3], B2[:3])), 1)
            with srd.Explainer(graph.seal()) as explainer:
                explainer.run(X)
                want = explainer.ask(srd.Target(2, output=1))
                self.assertGreater(abs(want - explainer.ask_class(2)).max(), 1e-3)
                np.testing.assert_array_equal(explainer.ask_class(2, output=1), want)
                np.testing.assert_array_equal(explainer.ask_direction([0, 0, 1], output=1), want)
                np.testing.assert_array_equal(explainer.ask_top(output=1), explainer.ask(srd.Target(output=1)))
                self.assertEqual(explainer.top_class(output=1)[1], explainer.value(graph.outputs[1]).max())
                self.assertRaises(srd.SrdArgumentError, explainer.ask_top, output=2)
                self.assertRaises(TypeError, explainer.ask, output=1)  # there it belongs to the targets

    def test_gradcam(self):
        _, features, _ = forward(X)
        cam = np.einsum('c,chw->hw', W2[3], features) / features[0].size
        np.testing.assert_allclose(self.explainer.ask_gradcam(3, 'features', keep_sign=True), cam, atol=1e-6)
        clamped = self.explainer.ask_gradcam(3, 'features', site='features')
        np.testing.assert_allclose(clamped, np.maximum(cam, 0), atol=1e-6)

    def test_seeds(self):
        seed = np.zeros((6, 7), np.float32)
        seed[2, 3] = 1
        erf = self.explainer.erf('features', 2, 3)
        np.testing.assert_array_equal(self.explainer.seed('features', seed), erf)
        everywhere = self.explainer.erf('features')
        self.assertAlmostEqual(everywhere.sum() + self.explainer.report().unreached, 1, places=5)

    def test_patterns(self):
        y, _, _ = forward(X)
        self.explainer.run(-X, patterns=srd.PATTERNS_IMPOSE)
        imposed = forward(-X)[0] * (y > 0)
        np.testing.assert_allclose(self.explainer.value('features'), imposed, atol=1e-5)
        self.explainer.run(X, patterns=srd.PATTERNS_ONLY, pattern_layers=['features'])
        np.testing.assert_array_equal(self.explainer.value('features'), y > 0)
        self.assertRaises(srd.SrdArgumentError, self.explainer.run, X, patterns=srd.PATTERNS_ONLY, pattern_layers=[])

    def test_channels(self):
        with srd.Explainer(self.graph, keep={None: srd.KEEP_CHANNELS}) as explainer:
            explainer.run(X)
            planes = explainer.ask(1, channels=True)
            self.assertEqual(planes.shape, (2, 6, 7))
            np.testing.assert_allclose(planes.sum(0), explainer.ask(1), atol=1e-5)

    def test_inner_maps(self):
        inner = ['mean', 'conv']
        with srd.Explainer(self.graph, keep=dict.fromkeys(inner, srd.KEEP_MAP)) as explainer:
            explainer.run(X)
            maps = explainer.erf('scores', 0, 0, layers=inner)
            for name, m in zip(inner, maps):
                self.assertAlmostEqual(float(m.sum()), 1, places=5, msg=name)
        with self.assertRaises(srd.SrdStateError):
            self.explainer.ask(1, inner[0])

    def test_batch_workers_and_memory(self):
        batch = np.stack([X, -X, X[:, ::-1]])
        size = srd.Explainer.memory_size(self.graph, batch=3, workers=3)
        with srd.Explainer(self.graph, batch=3, workers=3, memory=srd.block(size)) as explainer:
            self.assertEqual(explainer.memory_used, size)
            explainer.run(batch)
            maps = explainer.ask(srd.Target([0, 1, 2]))
            self.assertEqual(maps.shape, (3, 6, 7))
            self.assertEqual(explainer.value('scores').shape, (3, 5, 1, 1))
            self.assertEqual(explainer.erf('features').shape, (3, 6, 7))
            for index, picture in enumerate(batch):
                self.explainer.run(picture)
                np.testing.assert_array_equal(maps[index], self.explainer.ask(index))
            with self.assertRaises(srd.SrdArgumentError):
                explainer.ask_class(9)
        for memory, error in ((srd.block(size - 64), srd.SrdMemoryError), (srd.block(size)[1:], srd.SrdMemoryError),
                              (bytes(size), ValueError)):
            self.assertRaises(error, srd.Explainer, self.graph, batch=3, workers=3, memory=memory)
        size = srd.Explainer.memory_size(self.graph)
        self.assertEqual(srd.Explainer.memory_size(self.graph, batch=3, one_image=True), size)
        with srd.Explainer(self.graph, batch=3, one_image=True) as explainer:
            numbers = []
            for index in explainer.images(batch):
                np.testing.assert_array_equal(maps[index], explainer.ask(index))
                self.assertEqual(explainer.value('scores').shape, (5, 1, 1))
                self.assertEqual(explainer.erf('features').shape, (6, 7))
                explainer.top_class(image=index)
                numbers.append(index)
            self.assertEqual(numbers, [0, 1, 2])
            with self.assertRaises(srd.SrdStateError):
                explainer.top_class(image=0)
        size = srd.graph_memory_size(add_layers)
        with srd.Graph(memory=srd.block(size)) as graph:
            add_layers(graph)
            self.assertEqual(graph.seal().memory_used, size)


class Arrays(unittest.TestCase):
    def setUp(self):
        self.explainer = srd.Explainer(small())
        self.explainer.run(X)
        self.scores = self.explainer.value('scores')

    def scores_of(self, picture):
        self.explainer.run(picture)
        return self.explainer.value('scores')

    def test_wrong_types(self):
        for wrong in (X.astype(np.float64), X.astype(np.complex64), X.astype(object), X.astype(str), None, 'picture',
                      np.full(X.shape, 2 ** 24 + 1), np.full(X.shape, -2 ** 40)):
            with self.assertRaises(TypeError) as caught:
                self.explainer.run(wrong)
            self.assertIn('input 0', str(caught.exception))
        self.assertRaises(TypeError, small, weight=W1.astype(np.float64))

    def test_odd_shapes(self):
        for wrong in (np.float32(1), np.zeros((2, 0, 7), np.float32), X[0], X[None, None], X[:, :5]):
            with self.assertRaises((srd.SrdShapeError, srd.SrdArgumentError)) as caught:
                self.explainer.run(wrong)
            self.assertTrue(caught.exception.text)
        np.testing.assert_array_equal(self.scores_of(X[None]), self.scores)  # a batch of one, as in C
        with self.assertRaisesRegex(TypeError, 'masked'):
            self.explainer.run(np.ma.masked_less(X, 0))
        self.assertRaises(ValueError, self.explainer.ask, 1, out=np.zeros((), np.float32))
        self.assertEqual(self.explainer.ask(1).shape, (6, 7))

    def test_tensors_of_the_library(self):
        size = srd.Tensor.memory_size(X.shape)
        for memory in (None, srd.block(size)):
            tensor = srd.Tensor(X.shape, memory=memory)
            self.assertEqual((tensor.shape, tensor.strides), (X.shape, (42, 7, 1)))
            array = tensor.array
            self.assertEqual((array.ctypes.data % srd.ALIGNMENT, np.count_nonzero(array)), (0, 0))
            tensor.copy_from(X[:, ::-1])
            np.testing.assert_array_equal(array, X[:, ::-1])
            array[...] = X
            np.testing.assert_array_equal(self.scores_of(tensor), self.scores)
            self.assertFalse(np.asarray(tensor).flags.writeable)
            self.assertEqual(np.array(tensor, np.float64).dtype, np.float64)
            self.assertRaises(srd.SrdShapeError, tensor.copy_from, X[0])
            del tensor
            gc.collect()
            np.testing.assert_array_equal(array, X)  # which keeps the tensor
        self.assertEqual(srd.Tensor(()).array.shape, ())
        self.assertGreater(srd.Tensor.view_memory_size(), 0)
        for shape, error in (((0,), srd.SrdArgumentError), ((1,) * 5, srd.SrdArgumentError), ((2 ** 40, 2 ** 40), srd.SrdOverflowError),
                             ((1.5,), TypeError), ((-1,), srd.SrdArgumentError)):
            self.assertRaises(error, srd.Tensor, shape)
        self.assertRaises(srd.SrdMemoryError, srd.Tensor, X.shape, memory=srd.block(size - 1))

    def test_converted_types(self):
        whole = np.round(X * 10)
        want = self.scores_of(whole)
        for kind in (np.int8, np.int16, np.int32, np.int64, np.float16, '>f4', '>i8'):
            np.testing.assert_array_equal(self.scores_of(whole.astype(kind)), want)
        np.testing.assert_array_equal(self.scores_of(whole.tolist()), want)
        np.testing.assert_array_equal(self.scores_of(X > 0), self.scores_of((X > 0).astype(np.float32)))

    def test_strides_and_read_only(self):
        last = np.ascontiguousarray(X.transpose(1, 2, 0)).transpose(2, 0, 1)
        wide = np.zeros((4, 12, 21), np.float32)
        wide[::2, ::2, ::3] = X
        flipped = np.ascontiguousarray(X[:, ::-1, ::-1])[:, ::-1, ::-1]
        fixed = X.copy()
        fixed.flags.writeable = False
        bytes_before = np.zeros(X.nbytes + 1, np.uint8)
        odd = bytes_before[1:].view(np.float32).reshape(X.shape)
        odd[...] = X
        packed = np.zeros(X.shape, [('flag', 'u1'), ('value', 'f4')])
        packed['value'] = X
        for array in (last, wide[::2, ::2, ::3], flipped, fixed, odd, packed['value'], np.asfortranarray(X)):
            np.testing.assert_array_equal(self.scores_of(array), self.scores)
        flat = np.broadcast_to(np.float32(0.5), X.shape)
        np.testing.assert_array_equal(self.scores_of(flat), self.scores_of(flat.copy()))

    def test_outputs(self):
        want, out = self.explainer.ask(1), np.zeros((6, 7), np.float32)
        self.assertIs(self.explainer.ask(1, out=out), out)
        np.testing.assert_array_equal(out, want)
        read_only = out.copy()
        read_only.flags.writeable = False
        for wrong, error in ((out.astype(np.float64), TypeError), (out.astype('>f4'), TypeError), (want.tolist(), TypeError),
                             (out.T, ValueError), (np.zeros((6, 14), np.float32)[:, ::2], ValueError),
                             (np.zeros((7, 6), np.float32), ValueError), (read_only, ValueError)):
            before = np.array(wrong)
            self.assertRaises(error, self.explainer.ask, 1, out=wrong)
            self.assertRaises(error, self.explainer.value, 'features', out=wrong)
            np.testing.assert_array_equal(before, wrong)
        self.assertRaises(ValueError, self.explainer.ask, 1, ['picture', 'features'], out=[out, out])
        self.assertRaises(ValueError, self.explainer.ask, 1, ['picture', 'features'], out=[out])

    def test_borrowed_weights_stay(self):
        weight = W1.copy()
        graph = small(weight=weight[::1], borrow=True)
        held = sys.getrefcount(weight)
        explainer = srd.Explainer(graph)
        graph.close()
        del graph
        gc.collect()
        self.assertEqual(sys.getrefcount(weight), held)
        weight *= 2  # read where they lie
        explainer.run(X)
        np.testing.assert_allclose(explainer.value('scores').ravel(), forward(X, weight)[2], atol=1e-5)
        explainer.close()
        gc.collect()
        self.assertEqual(sys.getrefcount(weight), held - 1)

    def test_weights_of_other_types(self):
        """A network of float16 or int8 weights is that of the numbers that these stand for, to the bit."""
        random = np.random.default_rng(5)
        x = random.standard_normal((2, 5, 5), np.float32)
        shapes = {'conv2d': (3, 2, 3, 3), 'conv_transpose2d': (3, 4, 2, 2), 'linear_tokens': (5, 4), 'linear': (3, 5 * 16)}

        def explain(borrow, weights):
            graph = srd.Graph(borrow=borrow)
            at = graph.input(2, 5, 5, name='x')
            for kind in shapes:
                at = graph.relu(getattr(graph, kind)(at, **weights[kind]))
            graph.output(at)
            explainer = srd.Explainer(graph.seal())
            explainer.run(x)
            return explainer.ask(0, ['x']), explainer.value(at)

        bytes_, halves, floats, floats_of_halves = {}, {}, {}, {}
        for kind, shape in shapes.items():
            outputs = 1 if kind == 'conv_transpose2d' else 0
            scale = np.abs(random.standard_normal(shape[outputs], np.float32)) / 100
            zero = random.integers(-20, 20, shape[outputs])
            weight = random.integers(-128, 128, shape, np.int8)
            spread = [1] * len(shape)
            spread[outputs] = -1
            bytes_[kind] = {'weight': weight, 'weight_scale': scale, 'weight_zero': zero}
            floats[kind] = {'weight': scale.reshape(spread) * (weight - zero.reshape(spread)).astype(np.float32)}
            halves[kind] = {'weight': floats[kind]['weight'].astype(np.float16)}
            floats_of_halves[kind] = {'weight': halves[kind]['weight'].astype(np.float32)}
        for borrow in (False, True):
            for given, meant in ((bytes_, floats), (halves, floats_of_halves)):
                for ours, theirs in zip(explain(borrow, given), explain(borrow, meant)):
                    np.testing.assert_array_equal(ours, theirs)
                    self.assertGreater(np.abs(ours).max(), 0)

    def test_weights_that_do_not_fit(self):
        weight, scale = np.ones((3, 2, 1, 1), np.int8), np.ones(3, np.float32)
        for arguments, error in (({'weight_scale': scale[:2]}, srd.SrdShapeError), ({'weight_zero': [0, 0, 0]}, srd.SrdArgumentError),
                                 ({'weight_scale': scale, 'weight_zero': [0, 0, 128]}, ValueError),
                                 ({'weight_scale': scale, 'weight_zero': [0, 0, .5]}, TypeError)):
            graph = srd.Graph()
            self.assertRaises(error, graph.conv2d, graph.input(2), weight, **arguments)
        graph = srd.Graph()
        self.assertRaises(TypeError, graph.conv2d, graph.input(2), weight.astype(np.uint8), weight_scale=scale)


class Lifetimes(unittest.TestCase):
    def test_any_order(self):
        for order in ('graph first', 'explainer first', 'dropped', 'twice', 'cycle'):
            graph = small()
            explainers = [srd.Explainer(graph) for _ in range(3)]
            explainers[0].run(X)
            if order == 'explainer first':
                explainers[1].close()
            if order == 'cycle':
                graph.itself, explainers[2].others = graph, explainers
            if order in ('graph first', 'twice'):
                graph.close()
                graph.close()
                self.assertRaises(ValueError, graph.shape, 0)
                self.assertRaises(ValueError, srd.Explainer, graph)
            del graph
            gc.collect()
            self.assertEqual(explainers[0].ask(0).shape, (6, 7))
            explainers[0].close()
            self.assertRaises(ValueError, explainers[0].ask, 0)
            self.assertRaises(ValueError, explainers[0].shape, 'picture')
            del explainers
            gc.collect()

    def test_closed_while_in_use(self):
        explainer = srd.Explainer(small())
        addresses = []
        explainer.run(X, progress=lambda done, total: (explainer.close(), addresses.append(explainer._handle.address))[0])
        self.assertTrue(all(addresses))  # freed when the run is over, not earlier
        self.assertIsNone(explainer._handle.address)
        self.assertRaises(ValueError, explainer.ask)
        graph = small()
        graph.dump(write=lambda piece: graph.close())
        self.assertRaises(ValueError, graph.dump)

    def test_one_call_at_a_time(self):
        explainer = srd.Explainer(small())
        with self.assertRaises(RuntimeError):
            explainer.run(X, progress=lambda done, total: explainer.ask())
        explainer.run(X)

    def test_threads_share_a_graph(self):
        graph, maps = small(), {}

        def work(number):
            with srd.Explainer(graph, workers=1 + number % 2) as explainer:
                for _ in range(20):
                    explainer.run(X)
                    maps[number] = explainer.ask(0)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for number in range(4):
            np.testing.assert_array_equal(maps[number], maps[0])

    def test_stepping_keeps_inputs(self):
        explainer = srd.Explainer(small())
        explainer.run(X)
        want = explainer.ask(0)
        self.assertRaises(srd.SrdStateError, explainer.step)
        explainer.begin(X.astype(np.int32).astype(np.float32) * 0 + X, clock=time.perf_counter_ns)
        gc.collect()
        self.assertRaises(srd.SrdShapeError, explainer.begin, X[:1])  # refused: the run goes on
        lefts = []
        while not lefts or lefts[-1]:
            lefts.append(explainer.step())
        self.assertEqual(lefts, list(range(explainer.step_count))[::-1])
        np.testing.assert_array_equal(explainer.ask(0), want)
        layers, ticks = zip(*map(explainer.step_info, range(explainer.step_count)))
        self.assertTrue(set(layers) <= set(range(5)) and sum(ticks) > 0)
        explainer.begin(X)
        explainer.close()  # in the middle


class Failures(unittest.TestCase):
    def fails(self, error, status, call, *arguments, **options):
        with self.assertRaises(error) as caught:
            call(*arguments, **options)
        self.assertEqual((type(caught.exception), caught.exception.status), (error, status))
        self.assertIn(srd.status_name(status), str(caught.exception))
        self.assertTrue(caught.exception.text)
        copy = pickle.loads(pickle.dumps(caught.exception))
        self.assertEqual((copy.status, copy.text), (status, caught.exception.text))
        return caught.exception

    def test_every_kind(self):
        graph = srd.Graph()
        graph.input(3, 6, 7, name='picture')
        why = self.fails(srd.SrdShapeError, srd.ERR_SHAPE, graph.conv2d, 'picture', W1, name='stem')
        self.assertEqual((why.layer, why.layer_name), (1, 'stem'))
        self.assertEqual(str(self.fails(srd.SrdShapeError, srd.ERR_SHAPE, graph.seal)), str(why))  # it sticks
        graph = srd.Graph()
        self.fails(srd.SrdOverflowError, srd.ERR_OVERFLOW, graph.zero_pad2d, graph.input(1, 9, 9), 2 ** 31 - 1)
        graph = srd.Graph()
        self.fails(srd.SrdNumberError, srd.ERR_NUMBER, graph.scale_shift, graph.input(1, 9, 9), [np.nan])
        graph = srd.Graph()
        graph.input(2, 6, 7)
        self.fails(srd.SrdStateError, srd.ERR_STATE, srd.Explainer, graph)
        self.fails(srd.SrdStateError, srd.ERR_STATE, graph.dump)
        self.fails(srd.SrdStateError, srd.ERR_STATE, graph.seal)
        graph = small()
        self.fails(srd.SrdStateError, srd.ERR_STATE, graph.relu, 0)
        self.fails(srd.SrdStateError, srd.ERR_STATE, graph.seal)
        self.fails(srd.SrdMemoryError, srd.ERR_MEMORY, srd.Graph, memory=srd.block(64))
        why = self.fails(srd.SrdArgumentError, srd.ERR_ARGUMENT, graph.shape, 'nothing')
        self.assertEqual(why.layer_name, 'nothing')
        for look in (graph.name, graph.kind, graph.info):
            self.fails(srd.SrdArgumentError, srd.ERR_ARGUMENT, look, 99)
        explainer = srd.Explainer(graph)
        self.fails(srd.SrdStateError, srd.ERR_STATE, explainer.ask)
        self.fails(srd.SrdStateError, srd.ERR_STATE, explainer.report)
        self.fails(srd.SrdShapeError, srd.ERR_SHAPE, explainer.run, X[:1])
        why = self.fails(srd.SrdNumberError, srd.ERR_NUMBER, explainer.run, X * np.float32(np.inf))
        self.assertEqual((why.layer, why.layer_name), (0, 'picture'))
        self.assertIn("layer 'picture'", str(why))
        self.fails(srd.SrdCancelledError, srd.ERR_CANCELLED, explainer.run, X, progress=lambda done, total: False)
        for other in (True, 1, 0, None, 'text'):  # what a progress bar may return
            explainer.run(X, progress=lambda done, total: other)
        explainer.run(X)
        self.fails(srd.SrdArgumentError, srd.ERR_ARGUMENT, explainer.ask, 5)
        self.fails(srd.SrdStateError, srd.ERR_STATE, explainer.value, 'features')
        unknown = native._failure(-12345, None, 'new')
        self.assertEqual((type(unknown), unknown.layer), (srd.SrdError, None))
        self.assertIs(native._ERRORS[srd.ERR_UNSUPPORTED], srd.SrdUnsupportedError)
        self.assertEqual(set(native._ERRORS), {value for name, value in vars(srd).items() if name.startswith('ERR_')})
        for builtin, error in ((ValueError, srd.SrdShapeError), (MemoryError, srd.SrdMemoryError)):
            self.assertTrue(issubclass(error, builtin) and issubclass(error, srd.SrdError))
        graph = srd.Graph()
        add_layers(graph)
        dead = graph.relu('picture')
        explainer = srd.Explainer(graph.seal())
        explainer.run(X)
        self.fails(srd.SrdUnsupportedError, srd.ERR_UNSUPPORTED, explainer.erf, dead, 0, 0)

    def test_numbers_and_names(self):
        graph = srd.Graph()
        x = graph.input(2, 6, 7)
        for wrong, error in ((2 ** 31, OverflowError), (1.5, TypeError), ('1', srd.SrdArgumentError), (None, TypeError)):
            self.assertRaises(error, graph.relu, wrong)
        self.assertRaises(OverflowError, graph.zero_channels, x, 2 ** 32, 0)
        self.assertRaises(OverflowError, graph.conv2d, x, W1, pad=2 ** 32)
        self.assertRaises(TypeError, graph.relu, x, name=b'name')
        self.assertRaises(ValueError, graph.relu, x, name='a\0b')
        for options in ({'stride': 0}, {'stride': (1, 2, 3)}, {'pad': (1, 2, 3)}, {'dilation': 0}, {'groups': 0}):
            self.assertRaises(ValueError, graph.conv2d, x, W1, **options)
        self.assertEqual(graph.name(graph.relu(x, name='größe')), 'größe')
        self.assertEqual(graph.find('größe'), 1)
        self.assertRaisesRegex(TypeError, "no option 'patterns'.* goes to run", srd.Explainer, small(), patterns=1)

    def test_callbacks_that_raise(self):
        class Mine(Exception):
            pass

        def broken(*_):
            raise Mine

        graph = small()
        explainer = srd.Explainer(graph)
        for options in ({'progress': broken}, {'clock': broken}, {'clock': lambda: 'noon'}):
            with self.assertRaises((Mine, TypeError)):
                explainer.run(X, **options)
            self.assertRaises(srd.SrdStateError, explainer.ask)  # the run was stopped
        explainer.begin(X, progress=broken)
        with self.assertRaises(Mine):
            while explainer.step():
                pass
        explainer.run(X)
        self.assertEqual(explainer.ask(0).shape, (6, 7))
        self.assertRaises(Mine, graph.dump, write=broken)
        self.assertRaises(Mine, srd.graph_memory_size, broken)
        self.assertRaises(KeyboardInterrupt, srd.graph_memory_size, lambda graph: (_ for _ in ()).throw(KeyboardInterrupt))
        kept = []
        srd.graph_memory_size(lambda graph: (add_layers(graph), kept.append(graph)))
        self.assertRaises(ValueError, kept[0].relu, 0)  # it was the library's, and is gone



class Given(unittest.TestCase):
    """Activations of another engine in place of the library's."""

    def test_values_of_the_host(self):
        graph = srd.Graph()
        x = graph.input(2, 4, 5, name='x')
        y = graph.relu(graph.conv2d(x, np.arange(54, dtype=np.float32).reshape(3, 2, 3, 3) / 20 - 1, pad=1), name='y')
        graph.output(graph.global_avg_pool(y))
        explainer = srd.Explainer(graph.seal(), keep={'y': srd.KEEP_VALUE})
        picture = np.linspace(-1, 1, 40, dtype=np.float32).reshape(2, 4, 5)
        explainer.run(picture)
        value, before = explainer.value('y'), explainer.ask()
        explainer.run(picture, given={'y': value})
        np.testing.assert_array_equal(explainer.ask(), before)
        self.assertEqual(explainer.given_error('y'), 0)
        explainer.run(picture, given={'y': value + np.float32(0.5)})
        self.assertAlmostEqual(explainer.given_error('y'), 0.5, places=6)
        np.testing.assert_array_equal(explainer.value('y'), value + np.float32(0.5))
        explainer.run(picture, given_pre_activations={'y': value - 1})
        np.testing.assert_array_equal(explainer.value('y'), np.maximum(value - 1, 0))
        with self.assertRaises(srd.SrdShapeError):
            explainer.run(picture, given={'y': value[:1]})
        with self.assertRaises(srd.SrdArgumentError):
            explainer.run(picture, given={'x': picture})


class Custom(unittest.TestCase):
    """Layers as Python functions."""

    def network(self, add):
        graph = srd.Graph()
        x = graph.input(2, 4, 6, name='x')
        weight = np.arange(54, dtype=np.float32).reshape(3, 2, 3, 3) / 20 - 1
        y = graph.relu(graph.conv2d(add(graph, x), weight, pad=1), name='y')
        graph.output(graph.global_avg_pool(y))
        explainer = srd.Explainer(graph.seal())
        explainer.run(np.sin(np.arange(48, dtype=np.float32)).reshape(2, 4, 6))
        return explainer

    def test_pointwise(self):
        ours = self.network(lambda g, x: g.custom(x, value=lambda y: np.maximum(y, 0)))
        np.testing.assert_array_equal(ours.ask(), self.network(lambda g, x: g.relu(x)).ask())

    def test_gather(self):
        def taps(shapes, inputs, position):
            (channels, _, width), = shapes
            row, column = divmod(position, width // 2)
            return [((2 * row + k // 2) * width + 2 * column + k % 2, 0, 0, channels, 0.25) for k in range(4)]

        ours = self.network(lambda g, x: g.custom(x, taps=taps, most_taps=4, shape=lambda s: (s[0][0], s[0][1] // 2, s[0][2] // 2)))
        theirs = self.network(lambda g, x: g.avg_pool2d(x, 2)).ask()
        np.testing.assert_allclose(ours.ask(), theirs, atol=2e-5 * abs(theirs).max())

    def test_black_box(self):
        ours = self.network(lambda g, x: g.custom(x, forward=lambda a: a[:, ::-1], passes=True))
        ours.ask()
        report = ours.report()
        self.assertLess(abs(report.lost), 1e-5 * report.magnitude)
        with self.assertRaises(srd.SrdUnsupportedError):
            self.network(lambda g, x: g.custom(x, forward=lambda a: a))

    def test_exceptions_are_the_cause(self):
        def broken(y):
            raise KeyError('mine')

        with self.assertRaises(srd.SrdNumberError) as caught:
            self.network(lambda g, x: g.custom(x, value=broken))
        self.assertIsInstance(caught.exception.__cause__, KeyError)

if __name__ == '__main__':
    srd.load(*sys.argv[1:2])
    unittest.main(argv=sys.argv[:1])
