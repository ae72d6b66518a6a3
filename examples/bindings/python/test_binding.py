#!/usr/bin/env python3
"""Tests of the package srd against the library's headers and structs, of looking at graphs, of rendering, and of explain.py.
Exit status 77: this interpreter has no numpy.

    python3 test_binding.py [library]
"""
import ctypes as C
import ctypes.util
import importlib.util
import json
import math
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
import zlib

try:
    import numpy as np
except ImportError:
    print('skipped: no numpy')
    sys.exit(77)

import explain
import srd
from srd import arrays, native

HERE = pathlib.Path(__file__).resolve().parent
HEADERS = HERE.parents[2] / 'include' / 'srd'
DESCRIBE = HERE.parents[2] / 'cmake' / 'interface'
TYPES = {'int32_t': C.c_int32, 'uint32_t': C.c_uint32, 'int64_t': C.c_int64, 'size_t': C.c_size_t, 'float': C.c_float,
         'double': C.c_double, 'void': None}

# Where a function is wrapped whose wrapper does not have its name.
WRAPPERS = {
    'tensor_create': 'Tensor', 'tensor_copy': 'Tensor.copy_from', 'tensor_data': 'Tensor.array', 'tensor_rank': 'Tensor.shape',
    'tensor_stride': 'Tensor.strides', 'graph_create': 'Graph', 'graph_free': 'Graph.close',
    'graph_memory_size': 'graph_memory_size', 'graph_layer_name': 'Graph.name', 'graph_layer_kind': 'Graph.kind',
    'graph_layer_shape': 'Graph.shape', 'graph_layer_info': 'Graph.info', 'graph_layer_operand': 'Graph.inputs_of',
    'graph_input_count': 'Graph.inputs', 'graph_input_layer': 'Graph.inputs', 'graph_output_count': 'Graph.outputs',
    'graph_output_layer': 'Graph.outputs', 'explainer_create': 'Explainer', 'explainer_free': 'Explainer.close',
    'explainer_layer_geometry': 'Explainer.geometry', 'explainer_layer_shape': 'Explainer.shape',
    'explainer_fast_case': 'Explainer.fast_cases', 'explainer_ask_erf': 'Explainer.erf', 'explainer_ask_seed': 'Explainer.seed',
    'graph_detail': 'SrdError', 'tensor_count': 'Tensor.shape', 'render_colour_map': 'colour_map',
}
# Python does these by itself: arrays that are read become views, and what is dropped is freed.
NOT_FOR_PYTHON = {'tensor_view', 'tensor_view_const', 'tensor_const_data', 'tensor_free', 'tensor_wrap', 'tensor_wrap_const', 'tensor_get',
                  'tensor_set'}


def interface():
    """What the headers declare, as cmake/interface/describe.py describes it."""
    sys.path.insert(0, str(DESCRIBE))
    try:
        import describe
        return describe.describe(describe.Reader(HEADERS))
    finally:
        sys.path.remove(str(DESCRIBE))


def turned(place, height):
    """The same grid in a layer whose rows are its columns."""
    place = srd.LayerGeometry.from_buffer_copy(place)
    place.row_stride, place.column_stride = 1, height
    return place


@unittest.skipUnless(HEADERS.is_dir() and DESCRIBE.is_dir(), 'the headers are not here')
class Headers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.api = interface()
        cls.aliases = {alias['name']: alias['type'] for alias in cls.api['types']}
        cls.functions = {'callback', *(callback['name'] for callback in cls.api['callbacks'])}

    def ctype(self, declared):
        """The ctypes type of a parameter, a field or a result."""
        if declared['pointers'] or declared['base'] in self.functions:
            return C.c_char_p if declared['type'] == 'const char *' else C.c_void_p
        found = TYPES[self.aliases.get(declared['base'], declared['base'])] if declared['base'] != 'char' else C.c_char
        return found * declared['count'] if 'count' in declared else found

    def test_functions(self):
        library = srd.load()
        for declared in self.api['functions']:
            name = declared['name']
            function = native._loaded[1][name[4:]][0]
            self.assertEqual([self.ctype(parameter) for parameter in declared['parameters']], function.argtypes, name)
            self.assertEqual(self.ctype(declared['returns']), function.restype, name)
            self.assertTrue(hasattr(library, name))
        self.assertGreater(len(self.api['functions']), 90)
        self.assertEqual({declared['name'][4:] for declared in self.api['functions']}, set(native._loaded[1]))

    def test_every_function_is_wrapped(self):
        """Each function of lib/srd.symbols has a method, function or property of its own, with a docstring."""
        symbols = HEADERS.parents[1] / 'lib' / 'srd.symbols'
        lines = symbols.read_text(encoding='utf-8').splitlines()
        names = {line.split()[0][4:] for line in lines if line.startswith('srd_')}
        self.assertEqual(names, set(native._loaded[1]))
        for name in sorted(names - NOT_FOR_PYTHON):
            kind, _, rest = name.partition('_')
            owner = {'tensor': srd.Tensor, 'graph': srd.Graph, 'explainer': srd.Explainer}.get(kind)
            path = WRAPPERS.get(name, f'{owner.__name__}.{rest}' if owner else name)
            place = srd
            for part in path.split('.'):
                place = getattr(place, part, None)
            self.assertTrue(place is not None and place.__doc__, f'{name}: no {path} with a docstring')
        self.assertLessEqual(NOT_FOR_PYTHON | set(WRAPPERS), names)

    def test_docstrings(self):
        for name, thing in vars(srd).items():
            if name.startswith('Srd') or not name.startswith('_') and (isinstance(thing, type) or callable(thing)):
                self.assertTrue(thing.__doc__, name)
                for member, method in vars(thing).items() if isinstance(thing, type) else ():
                    if not member.startswith('_') and (callable(method) or isinstance(method, (property, staticmethod))):
                        self.assertTrue(method.__doc__, f'{name}.{member}')

    def test_structs(self):
        size = 'size64' if C.sizeof(C.c_void_p) == 8 else 'size32'
        for declared in self.api['structs']:
            name = declared['name']
            public = ''.join(word.capitalize() for word in name[4:].split('_'))
            struct = getattr(srd, public, None)
            if not (isinstance(struct, type) and issubclass(struct, C.Structure)):
                struct = getattr(native, '_' + public)
            self.assertEqual(struct._fields_, [(field['name'], self.ctype(field)) for field in declared['fields']], name)
            self.assertEqual(C.sizeof(struct), declared[size], name)
        self.assertGreaterEqual(len(self.api['structs']), 17)

    def test_constants(self):
        """Each constant of the headers, and no other."""
        declared = {constant['name'][4:]: constant['value'] for constant in self.api['constants']
                    if not constant['name'].startswith('SRD_VERSION')}
        self.assertGreater(len(declared), 40)
        ours = {name: value for name, value in vars(srd.constants).items() if name.isupper()}
        self.assertEqual(ours, declared)
        for name, value in declared.items():
            self.assertEqual(getattr(srd, name), value, name)


class Sizes(unittest.TestCase):
    def test_sizes_of_options(self):
        """The smallest struct_size that is not refused for being too small, and the first byte that must be 0 because the
        library does not know it, both lie where ours ends."""
        def refusal(call, struct_size, place):
            longer = (C.c_uint32 * 40)()
            longer[place // 4] = 1
            longer[0] = struct_size
            try:
                call(longer)
            except srd.SrdError as error:
                return error.text
            return ''

        out, handle, picture = C.c_void_p(), C.c_void_p(), np.zeros((4, 4), np.float32)
        rgba, view = np.zeros((4, 4, 4), np.uint8), arrays._View(picture)

        def graph_with(layer):
            def call(options):
                graph = srd.Graph()
                x = graph.input(1, 4, 4)
                with graph._handle as address:
                    layer(address, x, options)
            return call

        graph = srd.Graph()
        graph.output(graph.relu(graph.input(1, 4, 4)))
        explainer = srd.Explainer(graph.seal())
        explainer.run(picture[None])

        def explains(function, *arguments):
            def call(options):
                values = [C.addressof(options) if value is Ellipsis else value for value in arguments]
                with explainer._handle as address:
                    native._call(function, address, *values)
            return call

        def ask(target):
            explains('explainer_ask', (C.c_void_p * 1)(C.addressof(target)), 1, None, None, None, 0)(target)

        draw = (rgba.ctypes.data, 16, 4, 4)
        calls = {
            native._GraphOptions: lambda o: native._call('graph_create', o, None, out),
            native._Memory: lambda o: native._call('graph_create', None, o, handle),
            native._Conv2dOptions: graph_with(lambda g, x, o: native._call(
                'graph_conv2d', g, None, x, arrays._View([[[[1]]]]), None, o)),
            native._Pool2dOptions: graph_with(lambda g, x, o: native._call('graph_max_pool2d', g, None, x, o)),
            native._ScoreOptions: explains('explainer_ask_top', ..., None, None, 0),
            native._QuestionOptions: explains('explainer_ask_erf', 1, 0, 0, ..., None, None, 0),
            native._Target: ask,
            native._ExplainerOptions: lambda o: native._call('explainer_create', explainer._graph, o, None, handle),
            native._RenderOptions: lambda o: native._call('render_map', view, o, *draw),
            native._OverlayOptions: lambda o: native._call('render_overlay', view, view, None, o, *draw),
        }
        grown = {native._ExplainerOptions: native._ExplainerOptions.keep_images.offset,  # their first version is still accepted
                 native._Conv2dOptions: native._Conv2dOptions.weight_scale.offset,
                 native._OverlayOptions: native._OverlayOptions.step_y.offset}
        for struct, call in calls.items():
            size, first = C.sizeof(struct), grown.get(struct, C.sizeof(struct))
            self.assertIn('struct_size', refusal(call, first - 4, 0), struct.__name__)
            self.assertNotIn('struct_size', refusal(call, first, 0), struct.__name__)
            self.assertIn('does not know', refusal(call, 160, size), struct.__name__)

    def test_sizes_of_reports(self):
        """The library sets what it does not know to 0 and writes nothing behind struct_size."""
        graph = srd.Graph()
        x = graph.input(1, 2, 3)
        graph.output(graph.relu(x))
        explainer = srd.Explainer(graph.seal())
        explainer.run(np.ones((1, 2, 3), np.float32))
        explainer.ask()
        for struct, call in ((srd.Report, 'explainer_report'), (srd.MemoryInfo, 'explainer_memory_info')):
            longer = (C.c_uint8 * 256)(*[255] * 256)
            C.cast(longer, C.POINTER(C.c_uint32))[0] = 200
            with explainer._handle as address:
                native._call(call, address, longer)
            self.assertEqual(bytes(longer)[C.sizeof(struct):], bytes(200 - C.sizeof(struct)) + b'\xff' * 56)
            self.assertEqual(bytes(longer)[4:C.sizeof(struct)], bytes(getattr(explainer, call[10:])())[4:])


class Looking(unittest.TestCase):
    def test_introspection(self):
        graph = srd.Graph()
        x = graph.input(2, name='x')
        y = graph.conv2d(x, np.ones((3, 2, 1, 1), np.float32), name='y')
        z = graph.relu(y, name='z')
        graph.output(graph.add([z, z], name='sum'))
        self.assertFalse(graph.is_site('z'))
        graph.seal()
        self.assertEqual((graph.layer_count, graph.inputs, graph.outputs), (4, [x], [graph.find('sum')]))
        self.assertEqual([graph.kind(i) for i in range(4)], ['input', 'conv2d', 'relu', 'add'])
        self.assertEqual((graph.name(y), graph.shape(z), graph.inputs_of('sum')), ('y', (3, 0, 0), [z, z]))
        self.assertEqual((graph.is_site(x), graph.is_site(y), graph.is_site(z)), (True, False, True))
        info = graph.info(y)
        self.assertEqual((info.role, info.is_swallowed, info.parameters), (srd.ROLE_MIXING, 1, 6))
        self.assertIn('is_swallowed=1', repr(info))
        self.assertIn('digraph', graph.dump(srd.DUMP_DOT))
        pieces = []
        self.assertIsNone(graph.dump(write=pieces.append))
        self.assertEqual(b''.join(pieces).decode(), graph.dump())
        explainer = srd.Explainer(graph, input_sizes=[(4, 5)], forward_only=True)
        self.assertEqual(explainer.shape('z'), (3, 4, 5))
        self.assertEqual(explainer.plan_info('z').positions, 20)
        self.assertEqual(explainer.memory_info().total, explainer.memory_used)
        explainer.run(np.ones((2, 4, 5)).astype(int))
        np.testing.assert_array_equal(explainer.value('sum'), np.full((3, 4, 5), 4))
        self.assertRaises(srd.SrdStateError, explainer.ask)

    def test_aliases_are_further_names(self):
        with srd.Graph() as graph:
            x = graph.input(1, 2, 3, name='x')
            y = graph.relu(graph.conv2d(x, [[[[2]]]], name='c'), name='y')
            graph.aliases.update({'block': y, 'c': x})  # the latter hides a name of the graph's own
            graph.output(graph.global_avg_pool('block'))
            graph.seal()
            self.assertEqual([graph.find(name) for name in ('x', 'c', 'block', 'y')], [x, x, y, y])
            self.assertEqual((graph.kind('block'), graph.shape('c')), ('relu', (1, 2, 3)))
            with srd.Explainer(graph, keep={'block': srd.KEEP_VALUE}) as explainer:
                graph.close()
                explainer.run([[[1, -2, 3], [4, 5, 6]]])
                np.testing.assert_array_equal(explainer.value('block'), [[[2, 0, 6], [8, 10, 12]]])
                np.testing.assert_array_equal(explainer.erf('block', 1, 2), [[0, 0, 0], [0, 0, 1]])
        with srd.Graph() as graph:
            self.assertEqual(graph.aliases, {})
            with self.assertRaisesRegex(srd.SrdArgumentError, 'no layer of this name'):
                graph.find('block')

    def test_every_layer_call(self):
        """Layers without a test of their own in test_srd.py: they are made, and simple ones are computed by numpy."""
        x = np.linspace(-4, 4, 2 * 4 * 4, dtype=np.float32).reshape(2, 4, 4)
        pooled = x.reshape(2, 2, 2, 2, 2)
        sigmoid, plus = 1 / (1 + np.exp(-x)), np.clip(x + 3, 0, 6) / 6
        elu, response = np.where(x > 0, x, np.exp(x) - 1), np.sqrt((x * x).sum((1, 2), keepdims=True))
        cases = {
            'selu': ((), 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * (np.exp(x) - 1))),
            'silu': ((), x * sigmoid), 'tanh': ((), np.tanh(x)), 'sigmoid': ((), sigmoid), 'hard_swish': ((), x * plus),
            'softplus': ((), np.log1p(np.exp(x))), 'hard_sigmoid': ((), plus), 'elu': ((), elu), 'dropout': ((), x),
            'softmax': ((), np.exp(x) / np.exp(x).sum(0)), 'clip': ((0, 2), np.clip(x, 0, 2)),
            'celu': ((0.5,), np.where(x > 0, x, 0.5 * np.expm1(x / 0.5))), 'mish': ((), x * np.tanh(np.log1p(np.exp(x)))),
            'log_sigmoid': ((), np.log(sigmoid)), 'softsign': ((), x / (1 + abs(x))), 'abs': ((), abs(x)), 'exp': ((), np.exp(x)),
            'erf': ((), np.vectorize(math.erf)(x)),
            'leaky_relu': ((0.1,), np.where(x > 0, x, 0.1 * x)), 'flatten': ((), x.reshape(-1, 1, 1)),
            'prelu': (([0.5, 2],), np.where(x > 0, x, x * np.array([0.5, 2])[:, None, None])),
            'gelu': ((), x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x ** 3))), {'tanh': True}),
            'local_response_norm': ((1, 2, 0.5, 1), x / np.sqrt(1 + 2 * x ** 2)),
            'batch_norm': (([2, 2], None, [1, 1], [4, 4], 0), x - 1),
            'instance_norm': (([2, 3], [1, 0], 1.0), (x - x.mean((1, 2), keepdims=True))
                              / np.sqrt(x.var((1, 2), keepdims=True) + 1) * np.array([2, 3])[:, None, None]
                              + np.array([1, 0])[:, None, None]),
            'group_norm': ((1, None, None, 0), (x - x.mean()) / x.std()),
            'global_response_norm': (([2, 3], [1, 0], 0.5), x * (np.array([2, 3])[:, None, None] * response / (response.mean() + 0.5) + 1)
                                     + np.array([1, 0])[:, None, None]),
            'rms_norm': (([2, 3], 0.5), x / np.sqrt((x * x).mean(0) + 0.5) * np.array([2, 3])[:, None, None]),
            'l2_norm': ((3,), x / np.maximum(np.sqrt((x * x).sum(0)), 3)),
            'scale_shift': (([2, 3], [1, 0]), x * np.array([2, 3])[:, None, None] + np.array([1, 0])[:, None, None]),
            'max_pool2d': ((2,), pooled.max((2, 4))), 'avg_pool2d': (((2, 2),), pooled.mean((2, 4))),
            'adaptive_avg_pool2d': ((2,), pooled.mean((2, 4))), 'global_avg_pool': ((), x.mean((1, 2), keepdims=True)),
            'adaptive_max_pool2d': ((2,), pooled.max((2, 4))), 'global_max_pool': ((), x.max((1, 2), keepdims=True)),
            'sum': ((srd.AXIS_WIDTH,), x.sum(2, keepdims=True)), 'max': ((srd.AXIS_HEIGHT,), x.max(1, keepdims=True)),
            'max_channels': ((1,), x.max(0, keepdims=True)),
            'zero_pad2d': (((1, 2, 0, 3),), np.pad(x, ((0, 0), (1, 0), (2, 3)))),
            'gather_channels': (([1, 0, 1],), x[[1, 0, 1]]),
            'depth_to_space': (((1, 2),), x.reshape(2, 1, 4, 4).transpose(1, 2, 3, 0).reshape(1, 4, 8)),
            'space_to_depth': ((2,), pooled.transpose(0, 2, 4, 1, 3).reshape(8, 2, 2), {'last': True}),
            'crop2d': (((1, 0, 0, 2),), x[:, 1:, :-2][:, ::-1], {'step': (-1, 1)}), 'roll2d': ((1, -2), np.roll(x, (1, -2), (1, 2))),
            'reflection_pad2d': (((1, 2, 0, 3),), np.pad(x, ((0, 0), (1, 0), (2, 3)), 'reflect')),
            'replication_pad2d': (((1, 2, 0, 5),), np.pad(x, ((0, 0), (1, 0), (2, 5)), 'edge')),
            'circular_pad2d': (((1, 2, 4, 3),), np.pad(x, ((0, 0), (1, 4), (2, 3)), 'wrap')),
            'window_partition': (((2, 4),), x.reshape(2, 2, 8)),
            'window_reverse': (((2, 8), (2, 2)), x.reshape(2, 1, 4, 2, 2).transpose(0, 1, 3, 2, 4).reshape(2, 2, 8)),
            'zero_channels': ((1, 2), np.pad(x, ((1, 2), (0, 0), (0, 0)))), 'subsample2d': (((1, 2),), x[:, :, ::2]),
        }
        for kind, (arguments, want, *options) in cases.items():
            with srd.Graph() as graph:
                layer = getattr(graph, kind)(graph.input(2, 4, 4), *arguments, name='it', **dict(*options))
                graph.output(graph.concat([layer, layer]))
                graph.seal()
                with srd.Explainer(graph) as explainer:
                    explainer.run(x)
                    value = explainer.value(graph.outputs[0])
                    np.testing.assert_allclose(value, np.concatenate([want, want]), atol=2e-6, err_msg=kind)
                    explainer.ask(0)
                    self.assertLess(abs(explainer.report().lost), 1e-5 * explainer.report().magnitude + 1e-12, kind)

    def test_largest_of_layers(self):
        with srd.Graph() as graph:
            x = graph.input(2, 2, 2)
            y = graph.scale_shift(x, [-1, 1], [1, 1])
            graph.output(graph.concat([graph.maximum([x, y]), graph.minimum([x, y])]))
            graph.seal()
            with srd.Explainer(graph) as explainer:
                values = np.arange(8, dtype=np.float32).reshape(2, 2, 2) - 1
                other = values * np.array([-1, 1])[:, None, None] + 1
                explainer.run(values)
                np.testing.assert_array_equal(explainer.value(graph.outputs[0]), np.concatenate([np.maximum(values, other),
                                                                                                 np.minimum(values, other)]))

    def test_places(self):
        """Where layers look, and a map that is drawn there."""
        graph = srd.Graph()
        x = graph.input(1, 8, 9, name='picture')
        top = graph.relu(graph.conv2d(x, np.ones((1, 1, 3, 3), np.float32), stride=2))
        tokens = graph.concat_tokens([graph.constant([0]), graph.reshape(top, 0, 0)], name='tokens')
        graph.output(graph.relu(tokens))
        graph.output(graph.select_tokens(tokens, 0, 1, name='class'))
        explainer = srd.Explainer(graph.seal())
        place = explainer.geometry(top)
        self.assertEqual((place.rows, place.columns, place.place(0, 0), place.place(2, 3)), (3, 4, (1, 1), (5, 7)))
        self.assertEqual((place.field_top, place.field_bottom), (0, 2))
        row = explainer.geometry('tokens', input='picture')
        self.assertEqual((row.first, row.rows, row.columns, row.step_y, row.offset_x), (1, 3, 4, 2, 1))
        self.assertIsNone(explainer.geometry('class'))
        self.assertRaises(srd.SrdArgumentError, explainer.geometry, 'class', input=top)
        values = np.zeros((3, 4), np.float32)
        values[1, 2] = 1
        lit = np.zeros((8, 9), bool)
        lit[2:4, 4:6] = True  # around (3, 5), in pixels of the picture
        for where, shape in ((place, values), (row, np.concatenate([[9], values.ravel()])[None].astype(np.float32))):
            pixels = srd.render_overlay(shape, np.zeros((8, 9), np.float32), place=where)
            np.testing.assert_array_equal(pixels[..., :3].any(axis=2), lit)
        self.assertRaises(ValueError, srd.render_overlay, values[:2], values, place=place)
        pixels = srd.render_overlay(values.T, np.zeros((8, 9), np.float32), place=turned(place, 3))
        np.testing.assert_array_equal(pixels[..., :3].any(axis=2), lit)

    def test_rendering(self):
        values = np.array([[-2, 0], [1, 2]], np.float32)
        table = srd.colour_map()
        pixels = srd.render_map(values)
        self.assertEqual((pixels.shape, pixels.dtype), ((2, 2, 4), np.uint8))
        np.testing.assert_array_equal(pixels[0, 0], [*table[1], 255])
        np.testing.assert_array_equal(pixels[1, 1], [*table[255], 255])
        np.testing.assert_array_equal(srd.render_map(values, (4, 6)), pixels.repeat(2, 0).repeat(3, 1))
        self.assertEqual(srd.render_scale(values), (-2, 2))
        self.assertEqual(srd.render_scale(values, scaling=srd.SCALE_RANGE, low=-4, high=4), (-4, 4))
        sheet = np.zeros((5, 7, 4), np.uint8)
        srd.render_map(values, out=sheet[1:3, 2:4])
        np.testing.assert_array_equal(sheet[1:3, 2:4], pixels)
        self.assertEqual(np.count_nonzero(sheet.sum(2)), 4)
        grey = srd.render_overlay(np.zeros((2, 2), np.float32), np.full((3, 3), 0.5, np.float32))
        np.testing.assert_array_equal(grey, np.broadcast_to(np.array([128, 128, 128, 255], np.uint8), (3, 3, 4)))
        for wrong, error in ((sheet[:, :, :3], ValueError), (sheet.astype(int), TypeError), (sheet[:, ::2], ValueError)):
            self.assertRaises(error, srd.render_map, values, out=wrong)
        self.assertRaises(srd.SrdArgumentError, srd.render_map, values, colours=9)
        self.assertRaises(srd.SrdNumberError, srd.render_map, values * np.float32(np.nan))


class Programs(unittest.TestCase):
    def test_explain(self):
        weights = {'c.w': np.ones((2, 3, 3, 3), np.float32), 'c.b': np.array([0, -1], np.float32),
                   'f.w': np.array([[1, 2], [-1, 1]], np.float32), 'f.b': np.zeros(2, np.float32)}
        network = {'input': {'name': 'x', 'shape': [1, 3, 8, 8]}, 'output': 'f', 'labels': ['yes', 'no'], 'nodes': [
            {'op': 'conv', 'in': ['x'], 'out': 'c', 'w': 'c.w', 'b': 'c.b', 'stride': [1, 1], 'pad': [1, 1, 1, 1]},
            {'op': 'relu', 'in': ['c'], 'out': 'r/1'},
            {'op': 'maxpool', 'in': ['r/1'], 'out': 'm', 'k': [2, 2], 'stride': [2, 2]},
            {'op': 'gap', 'in': ['m'], 'out': 'g'},
            {'op': 'linear', 'in': ['g'], 'out': 'f', 'w': 'f.w', 'b': 'f.b'}]}
        with tempfile.TemporaryDirectory() as folder:
            base = os.path.join(folder, 'net')
            with open(base + '.json', 'w', encoding='utf-8') as file:
                json.dump(network, file)
            np.savez(base + '.npz', **weights)
            np.save(base + '.npy', np.arange(192, dtype=np.float32).reshape(3, 8, 8) / 192)
            command = [sys.executable, '-B', str(HERE / 'explain.py'), base, base + '.npy', '-o', folder, '--workers', '2',
                       '--library', srd.load()._name, '--erf', 'r/1', '3', '3']
            hidden = os.path.join(folder, 'hidden')  # a place where PIL and matplotlib are found, and cannot be imported
            os.mkdir(hidden)
            for module in ('PIL', 'matplotlib'):
                pathlib.Path(hidden, module + '.py').write_text('raise ImportError("hidden")', encoding='utf-8')
            sheets = importlib.util.find_spec('matplotlib') is not None
            for options, places in (([], ''), (['--gradcam', '--contrastive'], hidden),
                                    (['--class', '1', '--against', '0', '--layers', 'x,r/1'], '')):
                text = subprocess.run([*command, *options], check=True, capture_output=True, text=True,
                                      env={**os.environ, 'PYTHONPATH': places}).stdout
                self.assertRegex(text, r'conservation: inputs .* lost \d\.\de-\d\d')
                self.assertIn('ERF of r/1', text)
                self.assertEqual('without matplotlib' in text, bool(places) or not sheets)
                for name in ('net_net_x.png', 'net_net_r-1.png', 'net_net_erf_r-1_3_3.png'):
                    self.check_png(os.path.join(folder, name))
                    os.remove(os.path.join(folder, name))
            self.assertEqual(os.path.exists(os.path.join(folder, 'net_net_sheet.png')), sheets)
            network['nodes'][1]['op'] = 'mul'
            with open(base + '.json', 'w', encoding='utf-8') as file:
                json.dump(network, file)
            self.assertRaisesRegex(ValueError, 'mul', explain.load_network, base)

    def check_png(self, path):
        with open(path, 'rb') as file:
            data = file.read()
        self.assertTrue(data.startswith(b'\x89PNG\r\n\x1a\n'))
        width, height = int.from_bytes(data[16:20], 'big'), int.from_bytes(data[20:24], 'big')
        place, pixels = 8, b''
        while place < len(data):
            length, kind = int.from_bytes(data[place:place + 4], 'big'), data[place + 4:place + 8]
            pixels += data[place + 8:place + 8 + length] if kind == b'IDAT' else b''
            place += length + 12
        self.assertEqual((width, height, len(zlib.decompress(pixels))), (448, 448, 448 * (1 + 4 * 448)))

    def test_finding_the_library(self):
        def run(code, **environment):
            return subprocess.run([sys.executable, '-B', '-c', 'import srd; ' + code], capture_output=True, text=True, cwd=HERE,
                                  env={**os.environ, **environment})

        path = srd.load()._name
        self.assertEqual(run('print(srd.version())', SRD_LIBRARY=path).stdout.strip(), str(srd.version()))
        self.assertIn('OSError', run('srd.version()', SRD_LIBRARY='/nowhere/libsrd.so').stderr)
        self.assertEqual(run(f'srd.load({path!r}); srd.load(); srd.load({path!r})', SRD_LIBRARY='/nowhere').returncode, 0)
        # Handles that are still alive when the interpreter ends are no trouble.
        end = run('g = srd.Graph(); g.output(g.input(1, 2, 2)); e = srd.Explainer(g.seal(), workers=2)', SRD_LIBRARY=path)
        self.assertEqual((end.returncode, end.stderr), (0, ''))
        with tempfile.TemporaryDirectory() as folder:  # copied somewhere else: beside the package, or nowhere
            shutil.copytree(HERE / 'srd', os.path.join(folder, 'srd'))
            elsewhere = {'PYTHONPATH': folder, 'SRD_LIBRARY': '', 'LD_LIBRARY_PATH': ''}
            code = f'import sys; sys.path.insert(0, {folder!r}); import srd; print(srd.load()._name)'

            def from_there():
                return subprocess.run([sys.executable, '-B', '-c', code], capture_output=True, text=True, cwd=folder,
                                      env={**os.environ, **elsewhere})

            if not C.util.find_library('srd'):
                self.assertRegex(from_there().stderr, r'OSError: libsrd was not found; .* give its path .* Tried: libsrd\.so')
            shutil.copy(path, os.path.join(folder, 'libsrd.so.0'))
            self.assertEqual(os.path.basename(from_there().stdout.strip()), 'libsrd.so.0')
        math = C.util.find_library('m')
        if math:
            self.assertIn('not libsrd', run(f'srd.load({math!r})').stderr)


if __name__ == '__main__':
    srd.load(*sys.argv[1:2])
    unittest.main(argv=sys.argv[:1])
