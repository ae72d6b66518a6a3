#!/usr/bin/env python3
"""Tests of srd.torch with small modules: how results show themselves, what they hold, and how a run is watched. Exit status 77: this
interpreter has no torch.

    python3 test_torch_showing.py [library]
"""
import copy
import importlib.util
import io
import os
import pathlib
import pickle
import struct
import sys
import tempfile
import unittest
import unittest.mock
import zlib

from torch_cases import Lambda, main, nn, np, picture, prepare, srd, torch

NO_MATPLOTLIB = importlib.util.find_spec('matplotlib') is None


def network(last=nn.Identity(), classes=4):
    return prepare(nn.Sequential(nn.Conv2d(3, 6, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, classes), last))


def pixels(data):
    """The RGBA picture in the bytes of a PNG file without filters, checked chunk by chunk."""
    assert data[:8] == b'\x89PNG\r\n\x1a\n'
    chunks, at = {}, 8
    while at < len(data):
        length, = struct.unpack('>I', data[at:at + 4])
        kind, content = data[at + 4:at + 8], data[at + 8:at + 8 + length]
        assert struct.unpack('>I', data[at + 8 + length:at + 12 + length])[0] == zlib.crc32(kind + content), kind
        chunks[kind], at = content, at + 12 + length
    assert list(chunks) == [b'IHDR', b'IDAT', b'IEND'], list(chunks)
    width, height, *kind = struct.unpack('>IIBBBBB', chunks[b'IHDR'])
    assert kind == [8, 6, 0, 0, 0], kind
    rows = np.frombuffer(zlib.decompress(chunks[b'IDAT']), np.uint8).reshape(height, 1 + 4 * width)
    assert not rows[:, 0].any()
    return rows[:, 1:].reshape(height, width, 4)


class Shows(unittest.TestCase):
    def setUp(self):
        self.image = picture(3, 8, 9)
        self.result = srd.torch.explain(network(), self.image, 1, layers=['1'], keep={'0': srd.KEEP_MAP})

    def test_in_words(self):
        module = network(nn.Sigmoid())
        names = ['ant', 'bee', 'cat', 'dog']
        result = srd.torch.explain(module, self.image, 1, class_names=names)
        self.assertRegex(repr(result), rf'^<srd.torch.Explanation of class 1 \(bee\): score {result.report.score:.4g}, difference .* from '
                         r'the module\n  note: 5: scores are those before the sigmoid at the end')
        known = srd.torch.convert(module, self.image, class_names=names)
        for target, said in ((srd.Target(1, against=2), r'class 1 \(bee\) less 2 \(cat\): score'),
                             ([srd.Target(0), srd.Target(3)], 'the sum of 2 targets: score'),
                             (srd.Target(direction=[1, 0, 0, 1]), 'a weighting of classes: score')):
            self.assertRegex(repr(known.explain(self.image, target)), said)
        self.assertRegex(repr(known.explain(picture(2, 3, 8, 9), [0, 3], check=False)),
                         r'classes 0 \(ant\), 3 \(dog\): sum of the scores of 2 pictures .*, not compared with the module')
        self.assertIn('class 1: ', repr(self.result))
        self.assertIn(' 1, 1, ...: sum of the scores of 9 pictures', repr(srd.torch.explain(network(), picture(9, 3, 8, 9), 1)))

    def test_as_png_without_any_package(self):
        with unittest.mock.patch.dict(sys.modules, {'PIL': None, 'matplotlib': None}):
            seen = pixels(self.result._repr_png_())
            np.testing.assert_array_equal(seen, self.result.picture(size=seen.shape[:2]))
            self.assertGreaterEqual(max(seen.shape), 224)
            with tempfile.TemporaryDirectory() as folder:
                file = os.path.join(folder, 'why.png')
                self.result.save(file, '1')
                np.testing.assert_array_equal(pixels(pathlib.Path(file).read_bytes()), self.result.picture('1'))
                with self.assertRaisesRegex(ImportError, 'no .png need PIL'):
                    self.result.save(os.path.join(folder, 'why.jpg'))
            with self.assertRaisesRegex(ImportError, r"need matplotlib .*save\('why.png'\) do without"):
                self.result.figure()
            with self.assertRaisesRegex(ImportError, 'need matplotlib'):
                self.result.plot()

    def test_a_batch_and_what_is_no_picture(self):
        result = srd.torch.explain(network(), picture(3, 3, 8, 9), 1)
        one = pixels(self.result._repr_png_())
        self.assertEqual(pixels(result._repr_png_()).shape, (one.shape[0], 3 * one.shape[1], 4))
        vector = srd.torch.explain(prepare(nn.Sequential(nn.Linear(5, 6), nn.ReLU(), nn.Linear(6, 2))), picture(5), 1)
        self.assertIsNone(vector._repr_png_())

    def test_encode_png_refuses_what_is_no_picture(self):
        for wrong in (np.zeros((2, 3, 3), np.uint8), np.zeros((2, 3, 4), np.float32)):
            with self.assertRaisesRegex(ValueError, r'\(height, width, 4\) of uint8'):
                srd.encode_png(wrong)

    @unittest.skipIf(NO_MATPLOTLIB, 'no matplotlib')
    def test_plot(self):
        from matplotlib.figure import Figure
        axes = Figure().subplots()
        self.assertIs(self.result.plot(axes, '1'), axes)
        np.testing.assert_array_equal(axes.get_images()[0].get_array(), self.result.picture('1'))
        self.assertEqual(axes.get_title(), '1: 6 x 7')
        self.assertEqual(len(axes.figure.axes), 2)  # the scale is the second

    @unittest.skipIf(NO_MATPLOTLIB, 'no matplotlib')
    def test_scales_leave_zeros_and_outliers_out(self):
        result = srd.torch.explain(network(), picture(3, 30, 30), 1)
        for numbers, end in (([5, -1, 2], 5), ([1] * 399 + [-100], 1)):  # of 900, the rest is 0
            result.map[:] = 0
            result.map.reshape(-1)[:len(numbers)] = numbers
            scale, = [axes for axes in result.figure().axes if not axes.get_images() and axes.get_xlim() != (0, 1)]
            self.assertEqual(scale.get_xlim(), (-end, end))

    @unittest.skipIf(NO_MATPLOTLIB, 'no matplotlib')
    def test_figure(self):
        figure = self.result.figure()
        self.assertEqual([axes.get_title() for axes in figure.axes if axes.get_title()], ['picture', 'input: 8 x 9', '1: 6 x 7'])
        self.assertIn('class 1\nscore', figure.get_suptitle() if hasattr(figure, 'get_suptitle') else figure._suptitle.get_text())
        asked = self.result.figure(layers=['0', '1'])
        self.assertEqual([axes.get_title() for axes in asked.axes if axes.get_title()][2:], ['0: 6 x 7', '1: 6 x 7'])
        file = io.BytesIO()
        asked.savefig(file, format='png')
        self.assertEqual(file.getvalue()[:4], b'\x89PNG')

    def test_several_inputs_are_drawn_by_their_names(self):
        def forward(m, x, y):
            return m.a(x) + m.a(y)
        module = prepare(Lambda(forward, a=nn.Conv2d(3, 2, 3)))
        result = srd.torch.explain(module, (self.image, self.image * 2), srd.Target(1))
        self.assertEqual(result.inputs, ['inputs', 'input_1'])
        np.testing.assert_array_equal(result.values('input_1'), result.map[1])
        self.assertFalse(np.array_equal(result.picture('input_1'), result.picture()))


class Numbers(unittest.TestCase):
    """outputs are what the module returns, scores what is explained."""

    def test_outputs_and_scores(self):
        images = picture(2, 3, 8, 9)
        for last, noted in ((nn.Sigmoid(), 'sigmoid'), (nn.Softmax(1), 'softmax'), (nn.LogSoftmax(1), 'softmax'), (nn.ReLU(), 'relu'),
                            (nn.LayerNorm(4), 'layer_norm'), (nn.Identity(), None)):
            module = network(last)
            result = srd.torch.explain(module, images, [1, 2])
            np.testing.assert_allclose(result.outputs, module(images).detach(), atol=1e-5)
            np.testing.assert_allclose(result.scores, module[:5](images).detach(), atol=1e-5)
            self.assertAlmostEqual(result.report.score, float(result.scores[0, 1] + result.scores[1, 2]), places=5)
            self.assertIs(result.logits, result.outputs)
            self.assertEqual(any(f'{noted} at the end' in note for note in result.notes), noted is not None)
            plain = srd.torch.explain(module[:5], images, [1, 2])
            np.testing.assert_array_equal(result.map, plain.map)

    def test_several_outputs(self):
        module = prepare(Lambda(lambda m, x: (m.a(x).mean((2, 3)).sigmoid(), m.b(x)), a=nn.Conv2d(3, 2, 3), b=nn.Conv2d(3, 4, 3)))
        image = picture(3, 8, 9)
        result = srd.torch.explain(module, image, 1)
        wanted = [y.detach().numpy() for y in module(image[None])]
        for found, want in zip(result.outputs, wanted):
            np.testing.assert_allclose(found, want, atol=1e-5)
        np.testing.assert_allclose(result.scores[0], np.log(wanted[0] / (1 - wanted[0])), atol=1e-5)
        np.testing.assert_allclose(result.scores[1], wanted[1], atol=1e-5)
        self.assertIs(result.logits, result.outputs[0])

    def test_both_the_scores_and_what_follows_are_returned(self):
        def forward(m, x):
            y = m.a(x).mean((2, 3))
            return y.sigmoid(), y
        result = srd.torch.explain(prepare(Lambda(forward, a=nn.Conv2d(3, 2, 3))), picture(3, 8, 9), 1)
        np.testing.assert_array_equal(result.scores[0], result.outputs[1])
        self.assertEqual(len(result.network.graph.outputs), 2)

    def test_each_number_of_a_vector(self):
        module = prepare(nn.Sequential(nn.Linear(5, 6), nn.ReLU(), nn.Linear(6, 3)))
        result = srd.torch.explain(module, picture(5), 2, keep={None: srd.KEEP_CHANNELS})
        each = result.ask(2, channels=True)
        self.assertEqual(each.shape, (5, 1, 1))
        self.assertGreater(np.abs(each).min(), 0)
        self.assertAlmostEqual(float(each.sum()), float(result.map[0, 0]), places=5)

    def test_pickle_and_copy(self):
        for image in (picture(3, 8, 9), picture(2, 3, 8, 9)):
            result = srd.torch.explain(network(nn.Sigmoid()), image, 1, layers=['1'], class_names='abcd')
            data = pickle.dumps(result)
            self.assertLess(len(data), 100000)
            for other in (pickle.loads(data), copy.copy(result), copy.deepcopy(result)):
                np.testing.assert_array_equal(other.map, result.map)
                np.testing.assert_array_equal(other.maps['1'], result.maps['1'])
                np.testing.assert_array_equal(other.scores, result.scores)
                self.assertEqual((repr(other), other.report.head_bias, other.classes), (repr(result), result.report.head_bias, result.classes))
                for name in (None, '1'):
                    np.testing.assert_array_equal(other.picture(name), result.picture(name))
                self.assertEqual(other._repr_png_(), result._repr_png_())
                with self.assertRaisesRegex(RuntimeError, 'no explainer any more .*pickled or copied'):
                    other.ask(2)
            result.ask(2)  # still there


class Runs(unittest.TestCase):
    def setUp(self):
        self.module, self.image = network(), picture(3, 8, 9)

    def test_classes_and_layers_by_name(self):
        names = [f'kind {i}' for i in range(srd.torch.explain(self.module, self.image).scores.shape[1])]
        known = srd.torch.convert(self.module, self.image, class_names=names)
        for target, same in (('kind 1', 1), (['kind 1'], [1]), (srd.Target('kind 1', against='kind 0'), srd.Target(1, against=0))):
            result, wanted = known.explain(self.image, target), known.explain(self.image, same)
            np.testing.assert_array_equal(result.map, wanted.map)
            self.assertEqual((result.classes, result.explained()), (wanted.classes, wanted.explained()))
        np.testing.assert_array_equal(result.ask('kind 1'), result.ask(1))
        with self.assertRaisesRegex(ValueError, "no class 'kind'; near it are 'kind "):
            known.explain(self.image, 'kind')
        with self.assertRaisesRegex(ValueError, 'only numbers are known; .* class_names='):
            srd.torch.explain(self.module, self.image, 'kind 1')
        with self.assertRaisesRegex(ValueError, f'class_names: 1 names for {len(names)} classes'):
            srd.torch.explain(self.module, self.image, class_names=['kind'])
        first = next(name for name in known.sites if name != 'input')
        alone, listed = known.explain(self.image, 1, layers=first), known.explain(self.image, 1, layers=[first])
        np.testing.assert_array_equal(alone.maps[first], listed.maps[first])
        with self.assertRaisesRegex(TypeError, "keep: a dict such as"):
            known.explain(self.image, keep=first)
        with self.assertRaisesRegex(TypeError, 'a picture is a tensor or an array .* not str'):
            srd.torch.explain(self.module, 'cat.jpg')

    def test_progress(self):
        calls = []
        srd.torch.explain(self.module, self.image, progress=lambda done, total: calls.append((done, total)))
        self.assertEqual([done for done, _ in calls], sorted({done for done, _ in calls}))
        self.assertEqual({total for _, total in calls}, {calls[-1][0]})
        with self.assertRaises(srd.SrdCancelledError):
            srd.torch.explain(self.module, self.image, progress=lambda done, total: done != 1)

        def fail(done, total):
            raise KeyError('mine')

        with self.assertRaisesRegex(KeyError, 'mine'):
            srd.torch.explain(self.module, self.image, progress=fail)

    def test_pictures_of_another_size(self):
        known = srd.torch.convert(self.module, self.image)
        large = picture(3, 12, 11)
        result = known.explain(large, 1, input_sizes=[(12, 11)])
        self.assertLess(result.difference, 5e-6)
        np.testing.assert_array_equal(result.map, srd.torch.explain(self.module, large, 1).map)
        with self.assertRaises(srd.SrdShapeError):
            known.explain(large, 1)

    def test_one_picture_after_the_other(self):
        known, images = srd.torch.convert(self.module, self.image), picture(3, 3, 8, 9)
        whole = known.explain(images, layers=['1'])
        results = []
        for number, result in enumerate(known.each((image for image in images), layers=['1'])):
            np.testing.assert_array_equal(result.ask(2), known.explain(images[number], 2).map)
            results.append(result)
        np.testing.assert_array_equal([r.map for r in results], whole.map)
        np.testing.assert_array_equal([r.maps['1'] for r in results], whole.maps['1'])
        np.testing.assert_array_equal(np.concatenate([r.scores for r in results]), whole.scores)
        self.assertEqual([r.classes[0] for r in results], whole.classes)
        np.testing.assert_array_equal(results[1].picture('1'), whole.picture('1', 1))
        with self.assertRaisesRegex(RuntimeError, 'the loop has gone on'):
            results[0].ask(2)

    def test_targets_of_one_after_the_other(self):
        known, images = srd.torch.convert(self.module, self.image), picture(3, 3, 8, 9)
        self.assertEqual([r.classes for r in known.each(images, [3, 1, 2])], [[3], [1], [2]])
        self.assertEqual([r.classes for r in known.each(images, 2)], [[2]] * 3)
        sums = [r.map for r in known.each(images, [srd.Target(0), srd.Target(1)])]
        np.testing.assert_array_equal(sums, known.explain(images, [srd.Target(0), srd.Target(1)]).map)
        with self.assertRaisesRegex(ValueError, '2 classes, but there are more pictures'):
            list(known.each(images, [3, 1]))
        with self.assertRaisesRegex(TypeError, 'one_image: not here; use each'):
            known.explain(images, one_image=True)


if __name__ == '__main__':
    main()
