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
was said: then pictures are (N, C, H, W), values (N, C, H, W) and maps (N, H, W), otherwise (C, H, W) and (H, W).

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
KEEP_VALUE, KEEP_GRADCAM, KEEP_PATTERN = 1, 2, 4
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
                            ' ptr input_sizes keeps parallel_for parallel_user')
_RunOptions = _struct('_RunOptions', 'i32 patterns pattern_count reserved ptr pattern_layers progress clock user')
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
    score = top + head_bias + subtracted, and top = at_inputs + at_constants + unreached.

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
        """What the balance misses by rounding; compare it with magnitude."""
        ends = self.at_inputs + self.at_constants + self.unreached
        return self.score - ends - self.head_bias - self.subtracted


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
    return C.byref(value) if isinstance(value, (C.Structure, C._SimpleCData)) else value


_CONVERT = {'i': _int32, 'q': operator.index, 'f': float, 'd': float, 't': _text, 'p': _pointer}


def _candidates():
    """Where the library may be when nobody says: the newest build of this checkout, then what is installed."""
    name = {'darwin': 'libsrd*.dylib', 'win32': 'srd.dll'}.get(sys.platform, 'libsrd.so*')
    root = pathlib.Path(__file__).resolve().parent
    if len(root.parents) > 1 and (root.parents[1] / 'include' / 'srd').is_dir():
        root = root.parents[1]
        found = {path.resolve() for pattern in ('build*', 'build*/*') for path in root.glob(f'{pattern}/lib/{name}')}
        yield from map(str, sorted(found, key=lambda path: -path.stat().st_mtime))
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


def _address(view):
    return None if view is None else view.address


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
            guard.attempt(other.result)
        guard.attempt(work, 0)  # what an interruption left; a task that is not called would leave numbers unwritten

    return _PARALLEL_FOR(parallel_for)


def _memory(buffer):
    """srd_memory of a writable buffer, and what must live as long."""
    if buffer is None:
        return None, None
    array = np.frombuffer(buffer, np.uint8)
    if not array.flags.writeable:
        raise ValueError('memory: the buffer is read-only')
    return _Memory(block=array.ctypes.data, block_size=array.size), array


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

