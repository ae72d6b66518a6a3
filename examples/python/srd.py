"""libsrd from Python: explain neural networks by Sharing Ratio Decomposition (SRD). One file over ctypes and numpy.

    import numpy, srd

    with srd.Graph() as graph:
        x = graph.input(1, 1, 3, name='picture')
        x = graph.relu(graph.conv2d(x, numpy.array([[[[1, 1]]], [[[1, -1]]]]), bias=[-2, 0]))
        x = graph.linear(graph.global_avg_pool(x), [[1, 2]], bias=[1])
        graph.output(x)
        graph.seal()
        with srd.Explainer(graph) as explainer:
            explainer.run([[[1, 3, 1]]])
            print(explainer.ask(), explainer.report())      # [[-0.1875 5.625 -0.4375]]: together the score, 5

The library is loaded at the first use: the file that srd.load(path) or the environment variable SRD_LIBRARY names, or
the newest one in a folder build*/ of the checkout that this file lies in, or the installed one.

Arrays. What the library reads may be float32 of any strides, read-only or not, and is not copied. Integers, booleans,
float16 and other byte orders are converted, if float32 holds every value exactly; float64 arrays are a TypeError, because
the loss should be seen in the caller's program. Lists and numbers are converted. Results are new float32 arrays, or
written into the arrays given as `out`, which must be float32, C-contiguous and writable.

Layers are named by id (an int, as the layer calls return it) or by name. A batch has no axis unless Explainer(batch=N)
was said: then pictures are (N, C, H, W), values (N, C, H, W) and maps (N, H, W), otherwise (C, H, W) and (H, W). With
one_image=True only pictures have the axis: see Explainer.images().

Objects may be closed, or just dropped, in any order. One that is in use by a running call is freed when the call ends.
A graph being built and an explainer are for one thread at a time (a second one gets a RuntimeError); a sealed graph may be
used by many. An exception in a function that the library calls (progress, clock, write, build) ends the call at
the next occasion and is raised from it.

The words (site, ratio, PFV, ERF) and what each question computes: docs/method.md; every function: include/srd/*.h.
"""
import ctypes as C
import ctypes.util
import operator
import os
import pathlib
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np

VERSION = 100  # the interface that this file was written for: major * 10000 + minor * 100 + patch

# ---- constants, as in the headers without SRD_ -----------------------------------------------------------------------

OK, LAYER_NONE, FLOAT32, MAX_RANK, ALIGNMENT = 0, -1, 1, 4, 64
ERR_ARGUMENT, ERR_SHAPE, ERR_STATE, ERR_MEMORY, ERR_UNSUPPORTED = -10, -20, -30, -40, -50
ERR_NUMBER, ERR_OVERFLOW, ERR_CANCELLED = -60, -70, -80
WEIGHTS_COPY, WEIGHTS_BORROW = 0, 1
MODE_EXPLAIN, MODE_FORWARD = 0, 1
KEEP_ALL_IMAGES, KEEP_ONE_IMAGE = 0, 1
KEEP_VALUE, KEEP_GRADCAM, KEEP_PATTERN, KEEP_CHANNELS, KEEP_START, KEEP_MAP = 1, 2, 4, 8, 16, 32
PATTERNS_OFF, PATTERNS_ONLY, PATTERNS_IMPOSE = 0, 1, 2
TARGET_TOP, TARGET_CLASS, TARGET_AGAINST, TARGET_DIRECTION = 0, 1, 2, 3
ROLE_SOURCE, ROLE_POINTWISE, ROLE_GATHER, ROLE_MIXING, ROLE_POST, ROLE_NOTHING = 0, 1, 2, 3, 4, 5
VERDICT_EXACT, VERDICT_SINGLE, VERDICT_SOURCE, VERDICT_INNER, VERDICT_DEAD = 0, 1, 2, 3, 4
DUMP_TEXT, DUMP_DOT = 0, 1
COLOURS_DIVERGING, COLOURS_SEQUENTIAL, COLOURS_GREY, COLOUR_ENTRIES = 0, 1, 2, 256
SCALE_MAX, SCALE_PERCENTILE, SCALE_RANGE = 0, 1, 2
ENLARGE_NEAREST, ENLARGE_BILINEAR = 0, 1
BLEND_VALUE, BLEND_EVEN, BLEND_PRINT = 0, 1, 2


# ---- failures --------------------------------------------------------------------------------------------------------

class SrdError(Exception):
    """A call failed. Each status has a subclass; a status that this file does not know raises SrdError itself.

    status      the number, for instance srd.ERR_SHAPE
    layer       id of the layer concerned, or None
    layer_name  its name, or ''
    text        the reason in English; not to be parsed
    """

    def __init__(self, status, layer=None, layer_name='', text=''):
        super().__init__(status, layer, layer_name, text)
        self.status, self.layer, self.layer_name, self.text = status, layer, layer_name, text

    def __str__(self):
        where = f"layer '{self.layer_name}': " if self.layer_name else ''
        return f'{status_name(self.status)}: {where}{self.text}'


class SrdArgumentError(SrdError, ValueError):
    """SRD_ERR_ARGUMENT: an unknown layer, a value outside its range."""

class SrdShapeError(SrdError, ValueError):
    """SRD_ERR_SHAPE: shapes, ranks or channel counts that do not fit together."""

class SrdStateError(SrdError):
    """SRD_ERR_STATE: a call out of order (before seal, after seal, before a run), or something that was not kept."""

class SrdMemoryError(SrdError, MemoryError):
    """SRD_ERR_MEMORY: no memory, or a block that is too small or misaligned."""

class SrdUnsupportedError(SrdError):
    """SRD_ERR_UNSUPPORTED: a network or a question that the method or this build does not cover."""

class SrdNumberError(SrdError, ArithmeticError):
    """SRD_ERR_NUMBER: NaN or Inf in an input or a weight, or made by an overflow inside a layer."""

class SrdOverflowError(SrdError, OverflowError):
    """SRD_ERR_OVERFLOW: a size that does not fit the machine's integers."""

class SrdCancelledError(SrdError):
    """SRD_ERR_CANCELLED: the progress function asked to stop."""


_ERRORS = {ERR_ARGUMENT: SrdArgumentError, ERR_SHAPE: SrdShapeError, ERR_STATE: SrdStateError,
           ERR_MEMORY: SrdMemoryError, ERR_UNSUPPORTED: SrdUnsupportedError, ERR_NUMBER: SrdNumberError,
           ERR_OVERFLOW: SrdOverflowError, ERR_CANCELLED: SrdCancelledError}


def _failure(status, detail=None, text=''):
    """The exception for a status; the detail counts only if it belongs to this failure."""
    layer, name = None, ''
    if detail is not None and detail.status == status:
        layer = detail.layer if detail.layer >= 0 else None
        name, text = detail.layer_name.decode('utf-8', 'replace'), detail.text.decode('utf-8', 'replace')
    return _ERRORS.get(status, SrdError)(status, layer, name, text)


# ---- structs ---------------------------------------------------------------------------------------------------------

def _fields(text):
    """Fields of a struct from words: a type, then names, then perhaps another type; struct_size comes first."""
    types = {'i32': C.c_int32, 'u32': C.c_uint32, 'i64': C.c_int64, 'f32': C.c_float, 'f64': C.c_double,
             'size': C.c_size_t, 'ptr': C.c_void_p}
    fields, current = [('struct_size', C.c_uint32)], None
    for word in text.split():
        if word in types:
            current = types[word]
        else:
            fields.append((word, current))
    return fields


class _Struct(C.Structure):
    """A public struct with struct_size set and all else 0 or as given."""

    def __init__(self, **values):
        types = dict(self._fields_)
        for key, value in values.items():
            if types[key] is C.c_int32:
                values[key] = _int32(value, key)  # ctypes would cut it silently
        super().__init__(C.sizeof(self), **values)

    def __repr__(self):
        names = [name for name, _ in self._fields_ if name not in ('struct_size', 'reserved')]
        return f"{type(self).__name__}({', '.join(f'{n}={getattr(self, n)!r}' for n in names)})"


def _struct(name, words, doc=None):
    return type(name, (_Struct,), {'_fields_': _fields(words), '__doc__': doc, '__module__': __name__})


class _Detail(_Struct):
    _fields_ = _fields('i32 status layer reserved') + [('layer_name', C.c_char * 64), ('text', C.c_char * 240)]


class _Keep(C.Structure):  # stands in arrays, has no struct_size
    _fields_ = [('layer', C.c_int32), ('what', C.c_int32)]


_WINDOW = 'stride_h stride_w pad_top pad_left pad_bottom pad_right '
_Memory = _struct('_Memory', 'u32 reserved ptr block size block_size ptr allocate release user')
_GraphOptions = _struct('_GraphOptions', 'i32 weight_policy')
_Conv2dOptions = _struct('_Conv2dOptions', f'i32 {_WINDOW} dilation_h dilation_w groups')
_Pool2dOptions = _struct('_Pool2dOptions', f'i32 kernel_h kernel_w {_WINDOW} ceil_mode count_padding reserved')
_ExplainerOptions = _struct('_ExplainerOptions', 'i32 mode batch input_size_count keep_count workers'
                            ' ptr input_sizes keeps parallel_for parallel_user i32 keep_images reserved')
_RunOptions = _struct('_RunOptions', 'i32 patterns pattern_count reserved ptr pattern_layers progress clock user each_image')
_QuestionOptions = _struct('_QuestionOptions', 'i32 output contrastive keep_sign')
_Target = _struct('_Target', 'i32 kind output class_index other_class reserved ptr classes direction mask')
_RenderOptions = _struct('_RenderOptions', 'i32 colours scaling enlargement f32 percentile low high i32 reserved')
_OverlayOptions = _struct('_OverlayOptions', 'i32 blend grey_picture f32 opacity picture_low picture_high')
SiteReport = _struct('SiteReport', 'i32 paths f64 relevance_in relevance_out unreached largest_ratio_error'
                     ' i64 special_positions', """The balance of one site: stored paths per position (1: a single one,
    whose ratio is 1), relevance_in, relevance_out, unreached, and of the last run largest_ratio_error and
    special_positions.""")
LayerInfo = _struct('LayerInfo', 'i32 role input_count is_live is_site is_swallowed readers path_layers i64 parameters',
                    """What a layer is: role (srd.ROLE_...), input_count, is_live, is_site, is_swallowed, readers,
    path_layers (source sites of a site's segment), parameters.""")
PlanInfo = _struct('PlanInfo', 'i32 verdict paths reserved i64 positions ratios multiply_adds ratio_bytes kept_bytes',
                   """What the method does at a layer and what it costs per image: verdict (srd.VERDICT_...), paths per
    position, positions, ratios stored, multiply_adds, ratio_bytes, kept_bytes.""")
MemoryInfo = _struct('MemoryInfo', 'i32 reserved i64 total tables transient kept scratch', """Where an explainer's memory
    goes, in bytes: total, tables, transient, kept (per image), scratch (per worker).""")


class Report(_Struct):
    """What a question did with its relevance; sums run over the batch. Up to rounding
    score = top + head_bias + subtracted (not for Grad-CAM), and top = at_inputs + at_constants + unreached.

    score                the score explained; for a seed or an ERF the sum of the seed
    head_bias            what the biases above the first maps add to the score
    subtracted           contrastive: the sum of the means taken away
    top                  sum of the first maps
    at_inputs            relevance that arrived at the inputs
    at_constants         relevance that arrived at constants
    unreached            relevance that stayed at positions which no path reaches
    magnitude            largest sum over a site of |relevance|: the scale for judging differences
    largest_ratio_error  over all sites and positions: |sum of ratios - 1| / sum of |ratios|
    special_positions    positions where there was nothing to divide by, in the last run
    """
    _fields_ = _fields('i32 reserved f64 score head_bias subtracted top at_inputs at_constants unreached magnitude'
                       ' largest_ratio_error i64 special_positions')

    @property
    def lost(self):
        """What rounding lost on the way from the first maps down; compare it with magnitude."""
        return self.top - self.at_inputs - self.at_constants - self.unreached


_TASK = C.CFUNCTYPE(None, C.c_void_p, C.c_int32, C.c_int32)
_PARALLEL_FOR = C.CFUNCTYPE(None, C.c_void_p, _TASK, C.c_void_p, C.c_int32, C.c_int32)
_PROGRESS = C.CFUNCTYPE(C.c_int32, C.c_void_p, C.c_int32, C.c_int32)
_CLOCK = C.CFUNCTYPE(C.c_uint64, C.c_void_p)
_WRITE = C.CFUNCTYPE(None, C.c_void_p, C.c_void_p, C.c_size_t)
_BUILD = C.CFUNCTYPE(C.c_int32, C.c_void_p, C.c_void_p)

# ---- functions -------------------------------------------------------------------------------------------------------

# A result and parameters: i int32, q int64, z size_t, f float, d double, t text, p pointer, v nothing; D, always last,
# a detail that _call() adds. The result of a call that can fail is s (a status), G (a status whose detail is in the
# graph), L (a layer, likewise) or E (a status whose detail is in the explainer).
_SIGNATURES = {
    'i': 'version', 't i': 'status_name',
    's iipppD': 'tensor_create', 's iipppppD': 'tensor_view tensor_view_const', 's iipp': 'tensor_memory_size',
    's p': 'tensor_view_memory_size', 'v p': 'tensor_free graph_free explainer_free', 's ppD': 'tensor_copy',
    'i p': 'tensor_rank graph_layer_count graph_input_count graph_output_count explainer_step_count',
    'q pi': 'tensor_shape tensor_stride', 'p p': 'tensor_data tensor_const_data',
    's pppD': 'graph_create', 's pppppD': 'graph_memory_size', 's pD': 'graph_seal', 'G pi': 'graph_output',
    'L ptiii': 'graph_input graph_adaptive_avg_pool2d graph_zero_channels graph_subsample2d',
    'L ptippp': 'graph_conv2d', 'L ptipp': 'graph_linear graph_scale_shift', 'L ptippppd': 'graph_batch_norm',
    'L ptippd': 'graph_instance_norm', 'L ptiippd': 'graph_group_norm',
    'L ptpi': 'graph_add graph_concat',
    'L pti': 'graph_relu graph_selu graph_silu graph_tanh graph_sigmoid graph_softplus graph_hard_swish'
             ' graph_hard_sigmoid graph_softmax graph_global_avg_pool graph_flatten graph_dropout',
    'L ptiff': 'graph_clip', 'L ptif': 'graph_leaky_relu graph_elu', 'L ptii': 'graph_gelu',
    'L ptip': 'graph_prelu graph_max_pool2d graph_avg_pool2d', 'L ptiiiii': 'graph_zero_pad2d',
    'L ptiifff': 'graph_local_response_norm',
    's pp': 'graph_detail explainer_detail explainer_report explainer_memory_info', 'i pt': 'graph_find',
    't pi': 'graph_layer_name graph_layer_kind', 'i pi': 'graph_is_site graph_input_layer graph_output_layer',
    's pip': 'graph_layer_shape graph_layer_info explainer_layer_shape explainer_site_report explainer_plan_info',
    'i pii': 'graph_layer_input', 's pipp': 'graph_dump explainer_step_info',
    'z p': 'graph_memory_used explainer_memory_used', 's ppppD': 'explainer_memory_size explainer_create render_scale',
    'E ppip': 'explainer_run explainer_begin', 'E pp': 'explainer_step', 'E pip': 'explainer_value',
    'E piipp': 'explainer_top_class', 'E ppipppi': 'explainer_ask', 'E ppiipppi': 'explainer_ask_gradcam',
    'E pipppi': 'explainer_ask_class', 'E ppppi': 'explainer_ask_top', 'E pppppi': 'explainer_ask_direction',
    'E piiipppi': 'explainer_ask_erf', 'E pippppi': 'explainer_ask_seed',
    's pppqiiD': 'render_map', 's pppppqiiD': 'render_overlay', 's ipD': 'render_colour_map',
}
_TYPES = {'i': C.c_int32, 'q': C.c_int64, 'z': C.c_size_t, 'f': C.c_float, 'd': C.c_double, 't': C.c_char_p,
          'p': C.c_void_p, 'D': C.c_void_p, 'v': None, 's': C.c_int32, 'G': C.c_int32, 'L': C.c_int32, 'E': C.c_int32}


def _int32(value, what='a number'):
    value = operator.index(value)
    if not -2 ** 31 <= value < 2 ** 31:
        raise OverflowError(f'{what}: {value} does not fit 32 bits')
    return value


def _text(value):
    if value is None:
        return None
    if not isinstance(value, str):
        raise TypeError(f'a name is a str, not {type(value).__name__}')
    if '\0' in value:
        raise ValueError('a name cannot contain a NUL character')
    return value.encode('utf-8')


def _pointer(value):
    if isinstance(value, _View):
        return value.address
    return C.byref(value) if isinstance(value, (C.Structure, C._SimpleCData)) else value


_CONVERT = {'i': _int32, 'q': operator.index, 'f': float, 'd': float, 't': _text, 'p': _pointer}


def _candidates():
    """Where the library may be when nobody says: the newest build of this checkout, then what is installed."""
    name = {'darwin': 'libsrd*.dylib', 'win32': 'srd.dll'}.get(sys.platform, 'libsrd.so*')
    root = pathlib.Path(__file__).resolve().parent
    if len(root.parents) > 1 and (root.parents[1] / 'include' / 'srd').is_dir():
        root = root.parents[1]
        found = {path.resolve() for pattern in ('build*', 'build*/*') for path in root.glob(f'{pattern}/lib/{name}')}
        for path in sorted(found, key=lambda path: -path.stat().st_mtime):
            if b'san_init' not in path.read_bytes():  # one with a sanitizer would end this process
                yield str(path)
    installed = ctypes.util.find_library('srd')
    if installed:
        yield installed
    yield {'darwin': 'libsrd.0.1.dylib', 'win32': 'srd.dll'}.get(sys.platform, 'libsrd.so.0.1')


def _open(path):
    """Load a library and declare all its functions: {name without srd_: (function, result letter, parameter letters)}."""
    library = C.CDLL(path)
    try:
        version = library.srd_version()
    except AttributeError:
        raise OSError(f'{path}: this is not libsrd') from None
    if version // 100 != VERSION // 100:
        raise OSError(f'{path}: the interface is {version // 10000}.{version // 100 % 100}, srd.py is for 0.1')
    functions = {}
    for signature, names in _SIGNATURES.items():
        result, _, letters = signature.partition(' ')
        for name in names.split():
            try:
                function = library['srd_' + name]
            except AttributeError:
                raise OSError(f'{path}: srd_{name} is missing; was it built from another state of the sources?') from None
            function.argtypes, function.restype = [_TYPES[letter] for letter in letters], _TYPES[result]
            functions[name] = function, result, letters
    return library, functions


_loaded = None
_load_lock = threading.Lock()


def load(path=None):
    """Load the library, by its path or found as the head of this file says, and return the ctypes.CDLL with the types of
    all its functions declared. Every use of srd.py loads it when that has not happened; it is loaded once."""
    global _loaded
    with _load_lock:
        path = path or (None if _loaded else os.environ.get('SRD_LIBRARY'))
        if path is not None and _loaded and not os.path.samefile(_loaded[0]._name, path):
            raise RuntimeError(f'another libsrd is in use: {_loaded[0]._name}')
        if not _loaded and path is not None:
            _loaded = _open(os.fspath(path))
        if not _loaded:
            for candidate in _candidates():
                try:
                    _loaded = _open(candidate)
                    break
                except OSError as error:
                    reason = error
            else:
                raise OSError(f'libsrd was not found ({reason}); give its path to srd.load() or in SRD_LIBRARY')
        return _loaded[0]


def _call(name, *values, guard=None):
    """Call srd_NAME; raise the exception of a callback, then that of a failure; return the result."""
    if _loaded is None:
        load()
    function, result, letters = _loaded[1][name]
    arguments = [_CONVERT[letter](value) for letter, value in zip(letters, values)]
    detail = _Detail()
    if letters[-1:] == 'D':
        arguments.append(C.byref(detail))
    outcome = function(*arguments)
    if guard is not None:
        guard.check()
    if result in 'sGE' and outcome != OK:
        if result in 'GE':
            _call('graph_detail' if result == 'G' else 'explainer_detail', values[0], detail)
        raise _failure(outcome, detail, f'srd_{name}() was refused')
    if result == 'L' and outcome < 0:
        _call('graph_detail', values[0], detail)
        raise _failure(detail.status or ERR_STATE, detail, 'the graph is sealed')
    return outcome


def version():
    """Version of the library as major * 10000 + minor * 100 + patch."""
    return _call('version')


def status_name(status):
    """Name of a status, such as 'SRD_ERR_SHAPE'."""
    return _call('status_name', status).decode()


# ---- arrays ----------------------------------------------------------------------------------------------------------

def _input(array, what):
    """The same numbers as native float32 that the library can read; a copy only where it must be."""
    if isinstance(array, (list, tuple, int, float)):
        array = np.asarray(array)  # these have no type of their own, so that 0.1 is no float64 that somebody chose
        if array.dtype.kind == 'f':
            array = array.astype(np.float32)
    array = np.asarray(array)
    if array.dtype != np.float32 or not array.dtype.isnative:
        if array.dtype.kind not in 'biu' and not np.can_cast(array.dtype, np.float32, 'safe'):
            raise TypeError(f'{what}: an array of {array.dtype}; convert it, for instance by array.astype(numpy.float32)')
        if array.dtype.kind in 'iu' and array.size and (array.max() > 2 ** 24 or array.min() < -2 ** 24):
            raise TypeError(f'{what}: {array.dtype} numbers beyond 2**24, which float32 cannot hold exactly')
        array = array.astype(np.float32)
    if not array.flags.aligned or any(stride % 4 for stride in array.strides):
        array = array.copy()
    return array


def _check_out(array, shape, what, dtype=np.float32):
    if not isinstance(array, np.ndarray):
        raise TypeError(f'{what}: a numpy array, not {type(array).__name__}')
    if array.dtype != dtype or not array.dtype.isnative:
        raise TypeError(f'{what}: an array of {array.dtype}, it must be {np.dtype(dtype)}')
    if not array.flags.writeable:
        raise ValueError(f'{what}: the array is read-only')
    if not array.flags.c_contiguous or not array.flags.aligned:
        raise ValueError(f'{what}: the array is not C-contiguous')
    if shape is not None and array.shape != tuple(shape):
        raise ValueError(f'{what}: the shape is {array.shape}, it must be {tuple(shape)}')
    return array


class _View:
    """A tensor of the library that looks at an array."""
    address = None

    def __init__(self, array, what='array', writable=False):
        self.array = array if writable else _input(array, what)
        rank, out = self.array.ndim, C.c_void_p()
        shape = (C.c_int64 * rank)(*self.array.shape)
        strides = (C.c_int64 * rank)(*(stride // 4 for stride in self.array.strides))
        _call('tensor_view' if writable else 'tensor_view_const', FLOAT32, rank, shape, strides, self.array.ctypes.data,
              None, out)
        self.address = out.value

    def __del__(self):
        if self.address is not None:
            _call('tensor_free', self.address)


def _view(array, what):
    return None if array is None else _View(array, what)


def _addresses(views):
    return (C.c_void_p * len(views))(*(view.address for view in views))


def block(size):
    """Bytes for the `memory` of a graph or an explainer: a uint8 array that is aligned as the library wants it."""
    array = np.zeros(size + ALIGNMENT, np.uint8)
    start = -array.ctypes.data % ALIGNMENT
    return array[start:start + size]


# ---- callbacks and lifetimes -----------------------------------------------------------------------------------------

class _Guard:
    """Keeps the first exception of functions that the library calls; none may pass through the library."""

    def __init__(self):
        self.error = None

    def attempt(self, function, *arguments, failed=None):
        try:
            return function(*arguments)
        except BaseException as error:
            self.error = self.error or error
            return failed

    def check(self):
        error, self.error = self.error, None
        if error is not None:
            raise error


def _parallel_for(workers, guard):
    """A parallel_for over threads of our own; ctypes lets go of Python's lock while a task runs."""
    pool = ThreadPoolExecutor(workers - 1)

    def parallel_for(_, task, context, count, workers):
        indices, others = iter(range(count)), []

        def work(worker):
            for index in indices:
                task(context, index, worker)

        def share():
            for worker in range(1, min(workers, count)):
                others.append(pool.submit(work, worker))
            work(0)

        guard.attempt(share)
        for other in others:
            while not other.done():
                guard.attempt(other.result)
        guard.attempt(work, 0)  # what an interruption left; a task that is not called would leave numbers unwritten

    return _PARALLEL_FOR(parallel_for)


def _memory(buffer):
    """srd_memory of a writable buffer, which the struct keeps alive."""
    if buffer is None:
        return None
    array = np.frombuffer(buffer, np.uint8)
    if not array.flags.writeable:
        raise ValueError('memory: the buffer is read-only')
    struct = _Memory(block=array.ctypes.data, block_size=array.size)
    struct.kept = array
    return struct


class _Handle:
    """A handle of the library and what must live as long. It is freed once, and not while a call uses it."""

    def __init__(self, what, address, free, keep=(), exclusive=True):
        self.what, self.address, self.free, self.keep, self.exclusive = what, address, free, keep, exclusive
        self.uses, self.closed, self.lock = 0, False, threading.Lock()

    def __enter__(self):
        with self.lock:
            if self.closed:
                raise ValueError(f'the {self.what} is closed')
            if self.exclusive and self.uses:
                raise RuntimeError(f'the {self.what} is in use by another call; it is for one thread at a time')
            self.uses += 1
            return self.address

    def __exit__(self, *_):
        self._leave(1, False)

    def close(self):
        self._leave(0, True)

    def _leave(self, uses, close):
        with self.lock:
            self.uses -= uses
            self.closed = self.closed or close
            if not self.closed or self.uses or self.address is None:
                return
            address, self.address = self.address, None
        if self.free is not None:
            _call(self.free, address)
        self.keep = ()

    def __del__(self):
        self.close()


class _Owner:
    """What Graph and Explainer have in common: they are closed by close(), at the end of a `with`, or when dropped."""
    _handle = None

    def close(self):
        """Free the handle, after the calls that are using it. Closing twice is allowed."""
        if self._handle is not None:
            self._handle.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _find(graph, layer):
    """The id of a layer given by id or name; graph: the address of a graph's handle."""
    if not isinstance(layer, str):
        return _int32(layer, 'layer')
    found = _call('graph_find', graph, layer)
    if found < 0:
        raise SrdArgumentError(ERR_ARGUMENT, None, layer, 'there is no layer of this name')
    return found


def _ids(graph, layers):
    ids = [_find(graph, layer) for layer in layers]
    return (C.c_int32 * len(ids))(*ids)


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

    borrow  see above
    memory  a writable buffer that the graph lives in, of graph_memory_size() bytes; see block(). None: malloc
    """

    def __init__(self, *, borrow=False, memory=None):
        self._borrow, struct, out = borrow, _memory(memory), C.c_void_p()
        _call('graph_create', _GraphOptions(weight_policy=WEIGHTS_BORROW if borrow else WEIGHTS_COPY), struct, out)
        self._handle = _Handle('graph', out.value, 'graph_free', [struct])

    def _add(self, kind, name, inputs, *rest):
        with self._handle as graph:
            if isinstance(inputs, (list, tuple)):
                ids = _ids(graph, inputs)
                return _call('graph_' + kind, graph, name, ids, len(ids))
            return _call('graph_' + kind, graph, name, _find(graph, inputs), *rest)

    def _add_weights(self, kind, name, input, weight, *rest):
        weight = _View(weight, 'weight')
        layer = self._add(kind, name, input, weight, *rest)
        if self._borrow:
            self._handle.keep.append(weight.array)
        return layer

    def input(self, channels, height=0, width=0, name=None):
        """A picture given at each run; height and width 0: left to each explainer, which may bind other sizes anyway."""
        with self._handle as graph:
            return _call('graph_input', graph, name, channels, height, width)

    def conv2d(self, input, weight, bias=None, *, stride=None, pad=0, dilation=None, groups=1, name=None):
        """Convolution; weight [O][I / groups][kernel_h][kernel_w], bias [O]. stride and dilation: a number or (vertical,
        horizontal); pad: a number, (vertical, horizontal), or (top, left, bottom, right)."""
        if groups < 1:
            raise ValueError(f'groups: at least 1, not {groups}')
        options = _Conv2dOptions(**_window(stride, pad), **_axes('dilation', dilation), groups=groups)
        return self._add_weights('conv2d', name, input, weight, _view(bias, 'bias'), options)

    def linear(self, input, weight, bias=None, *, name=None):
        """Fully connected over the whole input in the order C, H, W; weight [O][C * H * W], bias [O]; gives (O, 1, 1)."""
        return self._add_weights('linear', name, input, weight, _view(bias, 'bias'))

    def batch_norm(self, input, gamma, beta, mean, variance, eps, *, name=None):
        """(x - mean) / sqrt(variance + eps) * gamma + beta per channel; gamma and beta may be None: 1 and 0."""
        arrays = {'gamma': gamma, 'beta': beta, 'mean': mean, 'variance': variance}
        return self._add('batch_norm', name, input, *(_view(a, what) for what, a in arrays.items()), eps)

    def instance_norm(self, input, gamma=None, beta=None, eps=1e-5, *, name=None):
        """(x - mean) / sqrt(variance + eps) * gamma + beta, the statistics of each channel of each image over its positions;
        gamma and beta may be None: 1 and 0."""
        return self._add('instance_norm', name, input, _view(gamma, 'gamma'), _view(beta, 'beta'), eps)

    def group_norm(self, input, groups, gamma=None, beta=None, eps=1e-5, *, name=None):
        """The same with the statistics of groups of neighbouring channels; groups divides their number."""
        return self._add('group_norm', name, input, groups, _view(gamma, 'gamma'), _view(beta, 'beta'), eps)

    def scale_shift(self, input, scale=None, shift=None, *, name=None):
        """x * scale + shift per channel; None: 1 and 0."""
        return self._add('scale_shift', name, input, _view(scale, 'scale'), _view(shift, 'shift'))

    def add(self, inputs, *, name=None):
        """Sum of a list of two or more layers of equal shape."""
        return self._add('add', name, list(inputs))

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
        return [self._look('layer_input', layer, i) for i in range(self.info(layer).input_count)]

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
        pieces, guard = [], _Guard()
        with self._handle as graph:
            call = _WRITE(lambda _, text, length: None if guard.error else
                          guard.attempt(write or pieces.append, C.string_at(text, length)))
            _call('graph_dump', graph, format, call, None, guard=guard)
        return b''.join(pieces).decode() if write is None else None


def _simple_layer(kind, doc):
    def method(self, input, *, name=None):
        return self._add(kind, name, input)

    method.__name__, method.__qualname__, method.__doc__ = kind, f'Graph.{kind}', doc
    setattr(Graph, kind, method)


for _kind, _doc in {
        'relu': 'max(y, 0).', 'selu': 'ELU with its two usual constants.', 'silu': 'y / (1 + exp(-y)).',
        'tanh': 'tanh(y).', 'sigmoid': '1 / (1 + exp(-y)).', 'softplus': 'log(1 + exp(y)).',
        'hard_swish': 'y * min(max(y + 3, 0), 6) / 6.', 'hard_sigmoid': 'min(max(y + 3, 0), 6) / 6.',
        'softmax': 'exp(y) / sum of exp over the channels, at each position.',
        'global_avg_pool': 'Mean over all positions: (C, 1, 1).', 'flatten': '(C, H, W) to (C * H * W, 1, 1).',
        'dropout': 'Nothing: removed before sites are decided.'}.items():
    _simple_layer(_kind, _doc)


def graph_memory_size(build, *, borrow=False, work=None):
    """Bytes of the `memory` that a graph needs. build(graph) adds the layers and outputs and does not seal; work: a buffer
    to work in, None: malloc."""
    guard, size = _Guard(), C.c_size_t()

    def run(address, _):
        graph = Graph.__new__(Graph)
        graph._borrow = borrow
        graph._handle = _Handle('graph', address, None, [])  # the library's: never freed here, and closed when build returns
        try:
            guard.attempt(build, graph)
        finally:
            graph.close()
        return ERR_CANCELLED if guard.error else OK

    options = _GraphOptions(weight_policy=WEIGHTS_BORROW if borrow else WEIGHTS_COPY)
    _call('graph_memory_size', _BUILD(run), None, options, _memory(work), size, guard=guard)
    return size.value


# ---- explainers ------------------------------------------------------------------------------------------------------

class Target:
    """A score to explain: of an output, before its softmax if it is one, summed over its positions.

    class_index  a class, or a list of one class per image; None (and no direction): the top class of each image
    against      explain class_index minus this class
    direction    in place of class_index: a weight for each class, [C] or [N][C]
    mask         weights of the positions, [H][W] or [N][H][W]
    position     (row, column): a mask with a single 1
    output       number of the output
    """

    def __init__(self, class_index=None, *, against=None, direction=None, mask=None, position=None, output=0):
        if (class_index is not None and direction is not None) or (mask is not None and position is not None):
            raise TypeError('a class or a direction, a mask or a position, not both')
        if against is not None and not hasattr(class_index, '__index__'):
            raise TypeError('against: needs a class_index')
        self.class_index, self.against, self.direction = class_index, against, direction
        self.mask, self.position, self.output = mask, position, output

    def _struct(self, shape_of_output, batch):
        fields, mask, classes = {'output': self.output}, self.mask, None
        if self.position is not None:
            mask = np.zeros(shape_of_output(self.output)[1:], np.float32)
            if not all(0 <= at < size for at, size in zip(self.position, mask.shape)):
                raise IndexError(f'position {self.position} is outside of the output, {mask.shape}')
            mask[tuple(self.position)] = 1
        views = _view(self.direction, 'direction'), _view(mask, 'mask')
        if self.direction is not None:
            fields['kind'] = TARGET_DIRECTION
        elif self.against is not None:
            fields.update(kind=TARGET_AGAINST, class_index=self.class_index, other_class=self.against)
        elif hasattr(self.class_index, '__index__') and not np.ndim(self.class_index):
            fields.update(kind=TARGET_CLASS, class_index=self.class_index)
        elif self.class_index is not None:
            classes = (C.c_int32 * len(self.class_index))(*(_int32(c, 'class_index') for c in self.class_index))
            if len(classes) != batch:
                raise ValueError(f'{len(classes)} classes for {batch} images')
            fields.update(kind=TARGET_CLASS, classes=C.addressof(classes))
        struct = _Target(direction=views[0] and views[0].address, mask=views[1] and views[1].address, **fields)
        struct.kept = views, classes
        return struct


def _explainer_options(graph, guard, *, forward_only=False, batch=None, input_sizes=None, keep=(), workers=1,
                       one_image=False):
    """The struct of an Explainer's keyword arguments, and what must live as long as the explainer."""
    entries = [(LAYER_NONE if layer is None else _find(graph, layer), _int32(what, 'keep'))
               for layer, what in (keep.items() if isinstance(keep, dict) else keep)]
    sizes = [_int32(size, 'input_sizes') for pair in input_sizes or () for size in pair]
    if batch is not None and batch < 1 or workers < 1 or len(sizes) != 2 * len(input_sizes or ()):
        raise ValueError('batch and workers are at least 1, input_sizes is a list of (height, width)')
    arrays = (_Keep * len(entries))(*entries), (C.c_int32 * len(sizes))(*sizes)
    call = _parallel_for(workers, guard) if workers > 1 else None
    struct = _ExplainerOptions(mode=MODE_FORWARD if forward_only else MODE_EXPLAIN, batch=batch or 0,
                               input_size_count=len(sizes) // 2, keep_count=len(entries), workers=workers,
                               input_sizes=C.addressof(arrays[1]) if sizes else None,
                               keeps=C.addressof(arrays[0]) if entries else None,
                               parallel_for=C.cast(call, C.c_void_p).value if call else None,
                               keep_images=KEEP_ONE_IMAGE if one_image else KEEP_ALL_IMAGES)
    struct.kept = arrays, call
    return struct


class Explainer(_Owner):
    """Runs a sealed graph on pictures, keeps the sharing ratios, and answers questions about them.

    graph         a sealed Graph; it may be closed before the explainer
    memory        a writable buffer of Explainer.memory_size() bytes that the explainer lives in; None: malloc
    forward_only  True: forward passes only, no questions
    batch         images per run; None: one, without an axis for it
    input_sizes   a list of (height, width) for each input, 0: as declared; None: all as declared
    keep          {layer: what}, what is kept for calls after a run: KEEP_VALUE, KEEP_GRADCAM (layer None: the last site
                  with several positions), KEEP_PATTERN (None: all activations), KEEP_CHANNELS (None: all inputs),
                  KEEP_START, KEEP_MAP (gather and swallowed layers whose maps are wanted); added up
    workers       threads that share the work; the numbers do not depend on it
    one_image     True: ratios and values exist for one image of the batch at a time, see images(). Questions, values and
                  targets are those of a single image, without an axis for the batch

    Questions return a new map for each of `layers`: a layer, or a list of them for a list of maps; None: the inputs (a
    list if there are several), []: nothing but the report. Keyword arguments of all questions (**how):

    out          an array, or a list of them, to be written instead of new ones
    contrastive  True: subtract from each first map its mean over positions
    channels     True: maps (C, H, W) of inputs, which add up to those per pixel; needs KEEP_CHANNELS
    """

    def __init__(self, graph, *, memory=None, **options):
        struct, out, self._guard = _memory(memory), C.c_void_p(), _Guard()
        with graph._handle as self._graph:  # the address stays good as long as the explainer has not been freed
            settings, kept = _explainer_options(self._graph, self._guard, **options), graph._handle.keep
            _call('explainer_create', self._graph, settings, struct, out)
        self.graph = graph  # may be closed
        self._images = options.get('batch')  # of a run
        self._batch, self._running = None if options.get('one_image') else self._images, None  # of a question
        self._handle = _Handle('explainer', out.value, 'explainer_free', [kept, struct, settings])

    @staticmethod
    def memory_size(graph, *, work=None, **options):
        """Bytes of the `memory` of an explainer with these options; work: a buffer to work in, None: malloc."""
        size = C.c_size_t()
        with graph._handle as address:
            _call('explainer_memory_size', address, _explainer_options(address, _Guard(), **options), _memory(work), size)
        return size.value

    def _start(self, function, inputs, *, patterns=PATTERNS_OFF, pattern_layers=None, progress=None, clock=None):
        views, guard = [_View(array, f'input {i}') for i, array in enumerate(inputs)], self._guard

        def step(_, done, total):  # always there, so that Ctrl-C is seen, too
            return 1 if guard.error else guard.attempt(lambda: int(bool(progress and progress(done, total))), failed=1)

        with self._handle as explainer:
            layers = None if pattern_layers is None else _ids(self._graph, pattern_layers)
            calls = _PROGRESS(step), clock and _CLOCK(lambda _: guard.attempt(lambda: operator.index(clock()), failed=0))
            addresses = [call and C.cast(call, C.c_void_p).value for call in calls]
            options = _RunOptions(patterns=patterns, pattern_count=len(layers or ()), progress=addresses[0],
                                  pattern_layers=None if layers is None else C.addressof(layers), clock=addresses[1])
            _call(function, explainer, _addresses(views), len(views), options, guard=guard)
            self._running = (views, layers, calls) if function == 'explainer_begin' else None

    def run(self, *inputs, **options):
        """Run the network on one array per input and compute all sharing ratios.

        patterns        PATTERNS_ONLY: chosen activations put out 1[y > 0]; PATTERNS_IMPOSE: y where they were on in the
                        last plain run (kept by KEEP_PATTERN), 0 elsewhere
        pattern_layers  the chosen activations; None: all
        progress        progress(done, total) between steps; a true result stops the run: SrdCancelledError
        clock           clock() for step_info(), for instance time.perf_counter_ns
        """
        self._start('explainer_run', inputs, **options)

    def begin(self, *inputs, **options):
        """Start a run that step() carries on; options as in run(). The arrays are read until it is over: do not change them."""
        self._start('explainer_begin', inputs, **options)

    def step(self):
        """Do the next step; returns the number of steps that are left."""
        left = C.c_int32()
        with self._handle as explainer:
            _call('explainer_step', explainer, left, guard=self._guard)
            if left.value == 0:
                self._running = None
        return left.value

    def images(self, *inputs, **options):
        """Run a batch and stop at the end of each image, whose number is yielded; options as in run(). With one_image=True
        it can be asked there, until the loop goes on:

            for image in explainer.images(pictures):
                maps[image] = explainer.ask()
        """
        self.begin(*inputs, **options)
        left = None
        while left != 0:
            left = self.step()
            if left % self.step_count == 0:
                yield (self._images or 1) - 1 - left // self.step_count

    def _look(self, function, *arguments):
        with self._handle as explainer:
            return _call('explainer_' + function, explainer, *arguments)

    @property
    def step_count(self):
        """Number of steps of one image."""
        return self._look('step_count')

    def step_info(self, step):
        """(layer, ticks): what a step makes, and how long that took in the last run."""
        layer, ticks = C.c_int32(), C.c_uint64()
        self._look('step_info', step, layer, ticks)
        return layer.value, ticks.value

    def _shape(self, explainer, layer):
        shape = (C.c_int32 * 3)()
        _call('explainer_layer_shape', explainer, layer, shape)
        return tuple(shape)

    def _output(self, out, shape, what):
        shape = shape if self._batch is None else (self._batch, *shape)
        return np.zeros(shape, np.float32) if out is None else _check_out(out, shape, what)

    def value(self, layer, *, out=None):
        """Value (C, H, W) of an output, or of a layer kept with KEEP_VALUE, in the last run."""
        with self._handle as explainer:
            layer = _find(self._graph, layer)
            out = self._output(out, self._shape(explainer, layer), 'out')
            _call('explainer_value', explainer, layer, _View(out, writable=True))
        return out

    def top_class(self, image=0, *, output=0):
        """(class, score): the largest score of an image."""
        index, score = C.c_int32(), C.c_float()
        self._look('top_class', image, output, index, score)
        return index.value, score.value

    def _ask(self, function, first, layers, *, out=None, channels=False, contrastive=False, keep_sign=False):
        """A question; first(explainer) gives its own parameters."""
        with self._handle as explainer:
            inputs = [_call('graph_input_layer', self._graph, i) for i in range(_call('graph_input_count', self._graph))]
            if layers is None:
                layers = inputs[0] if len(inputs) == 1 else inputs
            single = not isinstance(layers, (list, tuple, range))
            ids = _ids(self._graph, [layers] if single else layers)
            given = [None] * len(ids) if out is None else [out] if single else list(out)
            if len(given) != len(ids):
                raise ValueError(f'out: {len(given)} arrays for {len(ids)} layers')
            shapes = [self._shape(explainer, layer)[0 if channels and layer in inputs else 1:] for layer in ids]
            maps = [self._output(array, shape, 'out') for array, shape in zip(given, shapes)]
            if out is not None and any(np.may_share_memory(a, b) for i, a in enumerate(maps) for b in maps[:i]):
                raise ValueError('out: the arrays overlap')
            views = [_View(array, writable=True) for array in maps]
            options = _QuestionOptions(contrastive=bool(contrastive), keep_sign=bool(keep_sign))
            _call('explainer_' + function, explainer, *first(explainer), options, ids, _addresses(views), len(views),
                  guard=self._guard)
        return maps[0] if single else maps

    def _targets(self, explainer, target):
        def shape(output):
            return self._shape(explainer, _call('graph_output_layer', self._graph, output))

        structs = [(t if isinstance(t, Target) else Target(t))._struct(shape, self._batch or 1)
                   for t in (target if isinstance(target, (list, tuple)) else [target])]
        pointers = (C.c_void_p * len(structs))(*map(C.addressof, structs))
        pointers.kept = structs
        return pointers, len(structs)

    def ask(self, target=None, layers=None, **how):
        """Relevance of a score by the directed head. target: a class, a Target, a list of these (their sum), or None: the top
        class of each image."""
        return self._ask('ask', lambda e: self._targets(e, target), layers, **how)

    def ask_gradcam(self, target=None, layers=None, *, site=None, **how):
        """As ask(), with Grad-CAM at a site kept with KEEP_GRADCAM in place of the directed head; None: the last site with
        several positions. keep_sign=True: negative values of the first map are not set to 0."""
        def first(explainer):
            return (*self._targets(explainer, target), LAYER_NONE if site is None else _find(self._graph, site))

        return self._ask('ask_gradcam', first, layers, **how)

    def ask_class(self, class_index, layers=None, **how):
        """ask() for one class of the first output, the same for every image."""
        return self._ask('ask_class', lambda e: (class_index,), layers, **how)

    def ask_top(self, layers=None, **how):
        """ask() for the top class of each image."""
        return self._ask('ask_top', lambda e: (), layers, **how)

    def ask_direction(self, direction, layers=None, **how):
        """ask() for a weighting of the classes of the first output, [C] or [N][C]."""
        view = _View(direction, 'direction')
        return self._ask('ask_direction', lambda e: (view,), layers, **how)

    def erf(self, layer, row=None, column=None, layers=None, **how):
        """Effective receptive field: relevance 1 at (row, column) of a site, an output, or a layer kept with KEEP_START,
        pushed down. Without a position: 1 / N at each of the layer's N positions."""
        if row is None and column is None:
            height, width = self.shape(layer)[1:]
            shape = (height, width) if self._batch is None else (self._batch, height, width)
            return self.seed(layer, np.full(shape, 1 / (height * width), np.float32), layers, **how)
        return self._ask('ask_erf', lambda e: (_find(self._graph, layer), row, column), layers, **how)

    def seed(self, layer, seed, layers=None, **how):
        """Push down any relevance that begins at such a layer; seed is shaped like a map of that layer."""
        view = _View(seed, 'seed')
        return self._ask('ask_seed', lambda e: (_find(self._graph, layer), view), layers, **how)

    def _about(self, function, struct, *layers):
        with self._handle as explainer:
            _call('explainer_' + function, explainer, *(_find(self._graph, layer) for layer in layers), struct)
        return struct

    def report(self):
        """A Report of the last question."""
        return self._about('report', Report())

    def site_report(self, layer):
        """A SiteReport: the balance of one site."""
        return self._about('site_report', SiteReport(), layer)

    def plan_info(self, layer):
        """A PlanInfo: what the method does at a layer and what that costs, known before any run."""
        return self._about('plan_info', PlanInfo(), layer)

    def memory_info(self):
        """A MemoryInfo."""
        return self._about('memory_info', MemoryInfo())

    def shape(self, layer):
        """(C, H, W) of a layer at the sizes of this explainer."""
        with self._handle as explainer:
            return self._shape(explainer, _find(self._graph, layer))

    @property
    def memory_used(self):
        """Bytes of the explainer, as memory_size() says."""
        return self._look('memory_used')


# ---- rendering -------------------------------------------------------------------------------------------------------

def _canvas(size, out):
    """An RGBA picture to draw into: new, or the caller's, which may be a part of a larger one."""
    if out is None:
        return np.zeros((*size, 4), np.uint8)
    if not isinstance(out, np.ndarray) or out.dtype != np.uint8:
        raise TypeError('out: a numpy array of uint8 is needed')
    if not out.flags.writeable or out.ndim != 3 or out.shape[2] != 4 or out.strides[1:] != (4, 1):
        raise ValueError('out: a writable array (height, width, 4) is needed, whose rows are contiguous')
    return out


def render_map(map, size=None, *, out=None, **options):
    """The map (H, W) as an RGBA picture: uint8 (height, width, 4).

    size         (height, width) of the picture; None: that of the map. out: draw into this array instead
    colours      COLOURS_DIVERGING (signed), COLOURS_SEQUENTIAL or COLOURS_GREY (how much)
    scaling      SCALE_MAX, SCALE_PERCENTILE (percentile=99.5) or SCALE_RANGE (low=..., high=...)
    enlargement  ENLARGE_NEAREST or ENLARGE_BILINEAR
    """
    view = _View(map, 'map')
    out = _canvas(size or view.array.shape[-2:], out)
    _call('render_map', view, _RenderOptions(**options), out.ctypes.data, out.strides[0], *out.shape[:2])
    return out


def render_overlay(map, picture, size=None, *, blend=BLEND_VALUE, grey_picture=False, opacity=0, picture_low=0,
                   picture_high=0, out=None, **options):
    """The map over a picture, float32 [3][H][W] or [H][W]; size None: that of the picture; other options as in render_map().

    blend         BLEND_VALUE (strong values cover), BLEND_EVEN (the same cover everywhere) or BLEND_PRINT (as ink)
    grey_picture  True: the picture without its colours
    opacity       how much the strongest colour covers, 0: 1
    picture_low, picture_high  the numbers of the picture that are black and white; both 0: 0 and 1
    """
    view, below = _View(map, 'map'), _View(picture, 'picture')
    out = _canvas(size or below.array.shape[-2:], out)
    overlay = _OverlayOptions(blend=blend, grey_picture=bool(grey_picture), opacity=opacity, picture_low=picture_low,
                              picture_high=picture_high)
    _call('render_overlay', view, below, _RenderOptions(**options), overlay, out.ctypes.data, out.strides[0], *out.shape[:2])
    return out


def render_scale(map, **options):
    """(low, high): the numbers that the first and the last colour stand for; options as in render_map()."""
    low, high = C.c_float(), C.c_float()
    _call('render_scale', _View(map, 'map'), _RenderOptions(**options), low, high)
    return low.value, high.value


def colour_map(colours=COLOURS_DIVERGING):
    """The table of colours, for legends: uint8 (256, 3)."""
    rgb = np.zeros((COLOUR_ENTRIES, 3), np.uint8)
    _call('render_colour_map', colours, rgb.ctypes.data)
    return rgb
