"""Graphs: a network, layer by layer."""
import ctypes as C

import numpy as np

from .constants import (BLOCKS_FIRST, BLOCKS_LAST, DUMP_TEXT, ERR_ARGUMENT, ERR_CANCELLED, OK, UPSAMPLE_BILINEAR, UPSAMPLE_NEAREST, WEIGHTS_BORROW,
                        WEIGHTS_COPY, WINDOWS_BLOCKS, WINDOWS_GRID)
from .native import (LayerInfo, SrdArgumentError, SrdError, _AttentionOptions, _BUILD, _Conv2dOptions, _ConvTranspose2dOptions, _Crop2dOptions,
                     _LinearOptions, _GraphOptions, _Pool2dOptions, _UpsampleOptions, _call)
from .custom import _Calls
from .kinds import PLAIN
from .arrays import _Address, _Guard, _dump, _Handle, _Owner, _View, _find, _ids, _memory, _view, _weight

# ---- numbers of layers -----------------------------------------------------------------------------------------------

def _pair(value, what):
    """Vertical and horizontal from one number or two; None is the library's default, which it writes 0."""
    if value is None:
        return 0, 0
    pair = tuple(value) if isinstance(value, (tuple, list, np.ndarray)) else (value, value)
    if len(pair) != 2 or min(pair) < 1:
        raise ValueError(f'{what}: one number or (vertical, horizontal), at least 1, not {value!r}')
    return pair


def _pads(value):
    """top, left, bottom, right from one number, (vertical, horizontal), or all four."""
    pads = tuple(value) if isinstance(value, (tuple, list, np.ndarray)) else (value, value)
    if len(pads) not in (2, 4):
        raise ValueError(f'pad: a number, (vertical, horizontal), or (top, left, bottom, right), not {value!r}')
    return pads if len(pads) == 4 else pads + pads


def _axes(what, value):
    """The fields what_h and what_w."""
    return dict(zip((what + '_h', what + '_w'), _pair(value, what)))


def _window(stride, pad):
    return {**_axes('stride', stride), **dict(zip(('pad_top', 'pad_left', 'pad_bottom', 'pad_right'), _pads(pad)))}


# ---- graphs ----------------------------------------------------------------------------------------------------------

class Graph(_Owner):
    """A network, built by one call per layer and then sealed.

    A layer call takes the layer(s) it reads (ids or names) first and returns the new layer's id. `name` is unique; None
    lets the library make one. Arrays are copied unless borrow=True: then the weights of conv2d and linear are read where
    they lie, and the graph and its explainers keep those arrays alive; do not change their numbers. A failure raises at
    once, and the graph can then only be closed.

    The weight of conv2d, conv_transpose2d, linear and linear_tokens may be an array of float16, or of int8 with a
    weight_scale: then it stands for weight_scale[o] * (weight - weight_zero[o]) in output channel o. weight_scale [O] is
    float32, weight_zero [O] integers from -128 to 127, or None: 0.

    borrow  see above
    memory  a writable buffer that the graph lives in, of graph_memory_size() bytes; see block(). None: malloc

    aliases  {name: id}, at first empty: further names by which layers may be called, which come before the graph's own
    """

    def __init__(self, *, borrow=False, memory=None):
        self._borrow, struct, out = borrow, _memory(memory), C.c_void_p()
        _call('graph_create', _GraphOptions(weight_policy=WEIGHTS_BORROW if borrow else WEIGHTS_COPY), struct, out)
        address = _Address(out.value)
        address.aliases = self.aliases = {}
        self._handle = _Handle('graph', address, 'graph_free', [struct])

    def _add(self, kind, name, inputs, *rest):
        with self._handle as graph:
            if isinstance(inputs, (list, tuple)):
                ids = _ids(graph, inputs)
                return _call('graph_' + kind, graph, name, ids, len(ids))
            return _call('graph_' + kind, graph, name, _find(graph, inputs), *rest)

    def _keep(self, weight, layer):
        if self._borrow:
            self._handle.keep.append(weight.array)
        return layer

    def _convolve(self, kind, name, input, weight, scale, zero, bias, options):
        weight, scale, zero = _weight(weight, scale, zero)
        options.weight_scale, options.weight_zero = (view.address if view is not None else None for view in (scale, zero))
        return self._keep(weight, self._add(kind, name, input, weight, _view(bias, 'bias'), options))

    def _connect(self, kind, name, input, weight, scale, zero, bias):
        weight, scale, zero = _weight(weight, scale, zero)
        options = _LinearOptions(weight_scale=scale and scale.address, weight_zero=zero and zero.address)
        return self._keep(weight, self._add(kind, name, input, weight, _view(bias, 'bias'), options))

    def input(self, channels, height=0, width=0, name=None):
        """A picture given at each run; height and width 0: left to each explainer, which may bind other sizes anyway."""
        with self._handle as graph:
            return _call('graph_input', graph, name, channels, height, width)

    def conv2d(self, input, weight, bias=None, *, stride=None, pad=0, dilation=None, groups=1, weight_scale=None,
               weight_zero=None, name=None):
        """Convolution; weight [O][I / groups][kernel_h][kernel_w], bias [O]. stride and dilation: a number or (vertical,
        horizontal); pad: a number, (vertical, horizontal), or (top, left, bottom, right)."""
        if groups < 1:
            raise ValueError(f'groups: at least 1, not {groups}')
        options = _Conv2dOptions(**_window(stride, pad), **_axes('dilation', dilation), groups=groups)
        return self._convolve('conv2d', name, input, weight, weight_scale, weight_zero, bias, options)

    def linear(self, input, weight, bias=None, *, weight_scale=None, weight_zero=None, name=None):
        """Fully connected over the whole input in the order C, H, W; weight [O][C * H * W], bias [O]; gives (O, 1, 1)."""
        return self._connect('linear', name, input, weight, weight_scale, weight_zero, bias)

    def batch_norm(self, input, gamma, beta, mean, variance, eps, *, name=None):
        """(x - mean) / sqrt(variance + eps) * gamma + beta per channel; gamma and beta may be None: 1 and 0."""
        arrays = {'gamma': gamma, 'beta': beta, 'mean': mean, 'variance': variance}
        return self._add('batch_norm', name, input, *(_view(a, what) for what, a in arrays.items()), eps)

    def constant(self, value, *, name=None):
        """A value that is the same in every run, [C][H][W] or [C]: a class token, or an operand of add(), which makes it a
        bias."""
        with self._handle as graph:
            return _call('graph_constant', graph, name, _View(value, 'value'))

    def add_constant(self, input, constant, *, name=None):
        """input + constant (a position embedding), a bias: rank 3 with axes of the input's size or 1, or [C]."""
        return self._add('add_constant', name, input, _View(constant, 'constant'))

    def linear_tokens(self, input, weight, bias=None, *, weight_scale=None, weight_zero=None, name=None):
        """The same fully connected layer at every position; weight [O][I], bias [O]."""
        return self._connect('linear_tokens', name, input, weight, weight_scale, weight_zero, bias)

    def conv_transpose2d(self, input, weight, bias=None, *, stride=None, pad=0, output_pad=0, dilation=None, groups=1,
                         weight_scale=None, weight_zero=None, name=None):
        """Transposed convolution; weight [I][O / groups][kernel_h][kernel_w]; other numbers as in conv2d()."""
        if groups < 1:
            raise ValueError(f'groups: at least 1, not {groups}')
        extra = tuple(output_pad) if isinstance(output_pad, (tuple, list)) else (output_pad, output_pad)
        options = _ConvTranspose2dOptions(**_window(stride, pad), **_axes('dilation', dilation), groups=groups,
                                          output_pad_h=extra[0], output_pad_w=extra[1])
        return self._convolve('conv_transpose2d', name, input, weight, weight_scale, weight_zero, bias, options)

    def instance_norm(self, input, gamma=None, beta=None, eps=1e-5, *, name=None):
        """(x - mean) / sqrt(variance + eps) * gamma + beta, the statistics of each channel of each image over its positions;
        gamma and beta may be None: 1 and 0."""
        return self._add('instance_norm', name, input, _view(gamma, 'gamma'), _view(beta, 'beta'), eps)

    def global_response_norm(self, input, gamma=None, beta=None, eps=1e-6, *, name=None):
        """(gamma * N + 1) * x + beta per channel; N is the root of a channel's sum of squares over the positions of each image,
        divided by the mean of these roots over the channels plus eps (ConvNeXt V2)."""
        return self._add('global_response_norm', name, input, _view(gamma, 'gamma'), _view(beta, 'beta'), eps)

    def group_norm(self, input, groups, gamma=None, beta=None, eps=1e-5, *, name=None):
        """The same with the statistics of groups of neighbouring channels; groups divides their number."""
        return self._add('group_norm', name, input, groups, _view(gamma, 'gamma'), _view(beta, 'beta'), eps)

    def rms_norm(self, input, gamma=None, eps=1e-6, *, name=None):
        """y / sqrt(mean(y^2) + eps) * gamma over the channels of each position."""
        return self._add('rms_norm', name, input, _view(gamma, 'gamma'), eps)

    def l2_norm(self, input, eps=1e-12, *, name=None):
        """y / max(sqrt(sum(y^2)), eps) over the channels of each position."""
        return self._add('l2_norm', name, input, eps)

    def layer_norm(self, input, gamma=None, beta=None, eps=1e-6, *, name=None):
        """The same with the statistics of all channels of each position."""
        return self._add('layer_norm', name, input, _view(gamma, 'gamma'), _view(beta, 'beta'), eps)

    def gate(self, value, gate, *, name=None):
        """value * gate; axes of size 1 of the gate stand for all of value's. The gate gets no relevance."""
        with self._handle as graph:
            return _call('graph_gate', graph, name, _find(graph, value), _find(graph, gate))

    def attention(self, query, key, value, *, heads=1, scale=0.0, mask=None, rows=False, name=None):
        """Multi-head attention over tokens (C, 1, T); scale 0: 1 / sqrt(channels of a head); mask [T][S] or [heads][T][S],
        added, may hold -inf. query and key get no relevance. With rows=True each row of (C, R, T) is a sequence of its own
        (windows), and the mask may be [R][heads][T][S]."""
        view = _view(mask, 'mask')
        options = _AttentionOptions(heads=heads, scale=scale, rows=bool(rows), mask=view.address if view is not None else None)
        with self._handle as graph:
            return _call('graph_attention', graph, name, *(_find(graph, x) for x in (query, key, value)), options)

    def slice(self, input, first, count, *, name=None):
        """Channels first to first + count - 1."""
        return self._add('slice', name, input, first, count)

    def shuffle(self, input, groups, *, name=None):
        """Channels in another order: number i * groups + k is the input's k * (C / groups) + i."""
        return self._add('shuffle', name, input, groups)

    def reshape(self, input, height=0, width=0, *, name=None):
        """The same positions as another grid; 0: what the other leaves; both 0: one row of tokens."""
        return self._add('reshape', name, input, height, width)

    def concat_tokens(self, inputs, *, name=None):
        """The tokens of a list of layers, one after the other."""
        return self._add('concat_tokens', name, list(inputs))

    def select_tokens(self, input, first, count=1, *, name=None):
        """Tokens first to first + count - 1."""
        return self._add('select_tokens', name, input, first, count)

    def upsample(self, input, *, size=None, scale=None, bilinear=True, align_corners=False, name=None):
        """Bilinear or nearest interpolation to size = (height, width) or by scale, a number or (vertical, horizontal)."""
        options = _UpsampleOptions(mode=UPSAMPLE_BILINEAR if bilinear else UPSAMPLE_NEAREST, align_corners=bool(align_corners))
        if size is not None:
            options.height, options.width = _pair(size, 'size')
        if scale is not None:
            options.scale_h, options.scale_w = scale if isinstance(scale, (tuple, list)) else (scale, scale)
        return self._add('upsample', name, input, options)

    def gather_channels(self, input, channels, *, name=None):
        """Channels by their numbers, a list; one may come several times, or not at all."""
        numbers = [int(c) for c in channels]
        return self._add('gather_channels', name, input, (C.c_int32 * len(numbers))(*numbers), len(numbers))

    def depth_to_space(self, input, block, *, last=False, name=None):
        """Channels to blocks of positions, block a number or (height, width). last: as torch.nn.PixelShuffle and ONNX's CRD, else as
        TensorFlow and ONNX's DCR."""
        return self._add('depth_to_space', name, input, *_pair(block, 'block'), BLOCKS_LAST if last else BLOCKS_FIRST)

    def space_to_depth(self, input, block, *, last=False, name=None):
        """Blocks of positions to channels. last: as torch.nn.PixelUnshuffle, else as TensorFlow and ONNX."""
        return self._add('space_to_depth', name, input, *_pair(block, 'block'), BLOCKS_LAST if last else BLOCKS_FIRST)

    def crop2d(self, input, pad=0, *, step=1, name=None):
        """Rows and columns taken off, pad as in conv2d(); of those that are left every step-th one, a number or (vertical, horizontal);
        a negative step begins with the last one, so that -1 flips."""
        steps = tuple(step) if isinstance(step, (tuple, list, np.ndarray)) else (step, step)
        if len(steps) != 2 or 0 in steps:
            raise ValueError(f'step: one number or (vertical, horizontal), not 0, not {step!r}')
        options = _Crop2dOptions(**dict(zip(('top', 'left', 'bottom', 'right'), _pads(pad))), step_h=steps[0], step_w=steps[1])
        return self._add('crop2d', name, input, options)

    def roll2d(self, input, shift_h, shift_w, *, name=None):
        """Rows and columns moved round in a circle, as torch.roll(x, (shift_h, shift_w), (-2, -1))."""
        return self._add('roll2d', name, input, shift_h, shift_w)

    def reflection_pad2d(self, input, pad, *, name=None):
        """The picture mirrored at its borders, which are not repeated; pad as in conv2d()."""
        return self._add('reflection_pad2d', name, input, *_pads(pad))

    def replication_pad2d(self, input, pad, *, name=None):
        """The border repeated; pad as in conv2d()."""
        return self._add('replication_pad2d', name, input, *_pads(pad))

    def circular_pad2d(self, input, pad, *, name=None):
        """The picture goes on with its other end; pad as in conv2d()."""
        return self._add('circular_pad2d', name, input, *_pads(pad))

    def window_partition(self, input, window, *, grid=False, name=None):
        """(C, H, W) to (C, windows, tokens of a window), window a number or (height, width); grid: windows have positions from all over
        the picture, as in MaxViT, else of neighbours."""
        return self._add('window_partition', name, input, *_pair(window, 'window'), WINDOWS_GRID if grid else WINDOWS_BLOCKS)

    def window_reverse(self, input, size, window, *, grid=False, name=None):
        """The inverse: to a picture of size = (height, width)."""
        return self._add('window_reverse', name, input, *_pair(size, 'size'), *_pair(window, 'window'),
                         WINDOWS_GRID if grid else WINDOWS_BLOCKS)

    def constant_pad2d(self, input, pad, value, *, name=None):
        """A number around the picture; pad as in conv2d()."""
        return self._add('constant_pad2d', name, input, *_pads(pad), value)

    def mean(self, input, axes, *, name=None):
        """Mean over rows (AXIS_HEIGHT), columns (AXIS_WIDTH) or both."""
        return self._add('mean', name, input, axes)

    def sum(self, input, axes, *, name=None):
        """Sum over rows (AXIS_HEIGHT), columns (AXIS_WIDTH) or both."""
        return self._add('sum', name, input, axes)

    def max(self, input, axes, *, name=None):
        """Largest value over rows (AXIS_HEIGHT), columns (AXIS_WIDTH) or both."""
        return self._add('max', name, input, axes)

    def custom(self, inputs, *, value=None, back=None, taps=None, forward=None, shape=None, most_taps=0, passes=False,
               name=None):
        """A layer of your own, by functions that workers and threads may call at the same time. One of:

        value(y) -> f(y)     pointwise: the channels of one position; back(y, direction): a direction at f(y) becomes one at y
        taps(shapes, inputs, position) -> (position of input 0, channel, source channel, count, weight), ...
                             gather, at most most_taps a position; inputs None: all that any run may have; shape(shapes) -> (C, H, W)
        forward(x) -> y      black box of one shape; passes=True: relevance passes with ratio 1

        After a failure the exception of a function is the cause of what is raised."""
        calls = _Calls(value=value, back=back, taps=taps, forward=forward, shape=shape, most_taps=most_taps, passes=passes)
        self._handle.keep.append(calls)
        try:
            with self._handle as graph:
                ids = _ids(graph, inputs if isinstance(inputs, (list, tuple)) else [inputs])
                return _call('graph_custom', graph, name, ids, len(ids), calls.struct)
        except SrdError as error:
            raise error from calls.error

    def scale_shift(self, input, scale=None, shift=None, *, name=None):
        """x * scale + shift per channel; None: 1 and 0."""
        return self._add('scale_shift', name, input, _view(scale, 'scale'), _view(shift, 'shift'))

    def add(self, inputs, *, name=None):
        """Sum of a list of two or more layers of equal shape."""
        return self._add('add', name, list(inputs))

    def maximum(self, inputs, *, name=None):
        """The largest of a list of two or more layers of equal shape, number by number; the first of them on a tie."""
        return self._add('maximum', name, list(inputs))

    def minimum(self, inputs, *, name=None):
        """The smallest of a list of two or more layers of equal shape, number by number; the first of them on a tie."""
        return self._add('minimum', name, list(inputs))

    def max_channels(self, input, groups=1, *, name=None):
        """The largest channel of each group of neighbouring channels, at each position."""
        return self._add('max_channels', name, input, groups)

    def concat(self, inputs, *, name=None):
        """The channels of a list of layers, one after the other."""
        return self._add('concat', name, list(inputs))

    def clip(self, input, low, high, *, name=None):
        """min(max(y, low), high); ReLU6 is clip(x, 0, 6)."""
        return self._add('clip', name, input, low, high)

    def leaky_relu(self, input, slope, *, name=None):
        """y for y > 0, slope * y otherwise."""
        return self._add('leaky_relu', name, input, slope)

    def prelu(self, input, slopes, *, name=None):
        """y for y > 0, slope * y otherwise; slopes [C], or [1] for all channels."""
        return self._add('prelu', name, input, _view(slopes, 'slopes'))

    def elu(self, input, alpha=1.0, *, name=None):
        """y for y > 0, alpha * (exp(y) - 1) otherwise."""
        return self._add('elu', name, input, alpha)

    def celu(self, input, alpha=1.0, *, name=None):
        """y for y > 0, alpha * (exp(y / alpha) - 1) otherwise."""
        return self._add('celu', name, input, alpha)

    def gelu(self, input, *, tanh=False, name=None):
        """y * Phi(y), Phi the normal distribution; tanh=True: its usual approximation."""
        return self._add('gelu', name, input, bool(tanh))

    def local_response_norm(self, input, size, alpha, beta, k, *, name=None):
        """y / (k + alpha / size * sum of y^2 over size neighbouring channels)^beta."""
        return self._add('local_response_norm', name, input, size, alpha, beta, k)

    def max_pool2d(self, input, kernel, *, stride=None, pad=0, ceil_mode=False, name=None):
        """Largest value of each window; numbers as in conv2d(), stride None: the kernel's size."""
        options = _Pool2dOptions(**_axes('kernel', kernel), **_window(stride, pad), ceil_mode=bool(ceil_mode))
        return self._add('max_pool2d', name, input, options)

    def avg_pool2d(self, input, kernel, *, stride=None, pad=0, ceil_mode=False, count_padding=False, name=None):
        """Mean of each window, over its pixels inside the input, or with count_padding over those of the padding too."""
        options = _Pool2dOptions(**_axes('kernel', kernel), **_window(stride, pad), ceil_mode=bool(ceil_mode),
                                 count_padding=bool(count_padding))
        return self._add('avg_pool2d', name, input, options)

    def adaptive_avg_pool2d(self, input, size, *, name=None):
        """Mean of windows that divide the input into size = (height, width) parts."""
        return self._add('adaptive_avg_pool2d', name, input, *_pair(size, 'size'))

    def adaptive_max_pool2d(self, input, size, *, name=None):
        """Largest value of windows that divide the input into size = (height, width) parts."""
        return self._add('adaptive_max_pool2d', name, input, *_pair(size, 'size'))

    def zero_pad2d(self, input, pad, *, name=None):
        """Zeros around the picture; pad as in conv2d()."""
        return self._add('zero_pad2d', name, input, *_pads(pad))

    def zero_channels(self, input, before, after, *, name=None):
        """Channels of zeros before and after the input's."""
        return self._add('zero_channels', name, input, before, after)

    def subsample2d(self, input, stride, *, name=None):
        """Every stride-th row and column, from the first."""
        return self._add('subsample2d', name, input, *_pair(stride, 'stride'))

    def output(self, layer):
        """Name a layer as an output; returns the output's number."""
        with self._handle as graph:
            _call('graph_output', graph, _find(graph, layer))
            return _call('graph_output_count', graph) - 1

    def seal(self):
        """Check and prepare the graph, which never changes again; returns the graph."""
        with self._handle as graph:
            _call('graph_seal', graph)
            self._handle.exclusive = False
        return self

    def _look(self, function, layer, *rest):
        with self._handle as graph:
            return _call('graph_' + function, graph, _find(graph, layer), *rest)

    def _label(self, function, layer):
        text = self._look(function, layer)
        if text is None:
            raise SrdArgumentError(ERR_ARGUMENT, None, '', f'there is no layer {layer!r}')
        return text.decode()

    def _count(self, function):
        with self._handle as graph:
            return _call('graph_' + function, graph)

    def find(self, name):
        """The id of the layer of this name."""
        with self._handle as graph:
            return _find(graph, str(name))

    def name(self, layer):
        """Name of a layer."""
        return self._label('layer_name', layer)

    def kind(self, layer):
        """Kind of a layer, such as 'conv2d'."""
        return self._label('layer_kind', layer)

    def shape(self, layer):
        """(C, H, W) at the declared input sizes; 0 where an input left them open."""
        shape = (C.c_int32 * 3)()
        self._look('layer_shape', layer, shape)
        return tuple(shape)

    def is_site(self, layer):
        """Whether the PFVs of the layer exchange relevance; known after seal()."""
        return bool(self._look('is_site', layer))

    def info(self, layer):
        """A LayerInfo."""
        info = LayerInfo()
        self._look('layer_info', layer, info)
        return info

    def inputs_of(self, layer):
        """Ids of the layers that a layer reads."""
        return [self._look('layer_operand', layer, i) for i in range(self.info(layer).operand_count)]

    @property
    def layer_count(self):
        """Number of layers; their ids are 0 to layer_count - 1."""
        return self._count('layer_count')

    @property
    def inputs(self):
        """Ids of the inputs."""
        return [self._look('input_layer', i) for i in range(self._count('input_count'))]

    @property
    def outputs(self):
        """Ids of the outputs, in the order of their numbers."""
        return [self._look('output_layer', i) for i in range(self._count('output_count'))]

    @property
    def memory_used(self):
        """Bytes that the graph holds."""
        return self._count('memory_used')

    def dump(self, format=DUMP_TEXT, write=None):
        """A description of the sealed graph, as text or for Graphviz (DUMP_DOT): returned as a str, or given to write(bytes)
        piece by piece."""
        return _dump('graph_dump', self._handle, format, write)


def _simple_layer(kind, doc):
    def method(self, input, *, name=None):
        return self._add(kind, name, input)

    method.__name__, method.__qualname__, method.__doc__ = kind, f'Graph.{kind}', doc
    setattr(Graph, kind, method)


for _kind, _doc in PLAIN.items():
    _simple_layer(_kind, _doc)


def graph_memory_size(build, *, borrow=False, work=None):
    """Bytes of the `memory` that a graph needs. build(graph) adds the layers and outputs and does not seal; work: a buffer
    to work in, None: malloc."""
    guard, size = _Guard(), C.c_size_t()

    def run(address, _):
        graph = Graph.__new__(Graph)
        graph._borrow, graph.aliases = borrow, {}
        graph._handle = _Handle('graph', address, None, [])  # the library's: never freed here, and closed when build returns
        try:
            guard.attempt(build, graph)
        finally:
            graph.close()
        return ERR_CANCELLED if guard.error else OK

    options = _GraphOptions(weight_policy=WEIGHTS_BORROW if borrow else WEIGHTS_COPY)
    _call('graph_memory_size', _BUILD(run), None, options, _memory(work), size, guard=guard)
    return size.value
