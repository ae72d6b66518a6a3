"""The library as it is: failures, structs, functions; found, loaded, and called."""
import ctypes as C
import ctypes.util
import operator
import os
import pathlib
import sys
import threading

from . import kinds
from .constants import *

VERSION = 200  # the interface that this package was written for: major * 10000 + minor * 100 + patch


# ---- failures --------------------------------------------------------------------------------------------------------

class SrdError(Exception):
    """A call failed. Each status has a subclass; a status that this package does not know raises SrdError itself.

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

class SrdInternalError(SrdError):
    """SRD_ERR_INTERNAL: the library found that its own answer is wrong, and gives none: a fault to be reported."""


_ERRORS = {ERR_ARGUMENT: SrdArgumentError, ERR_SHAPE: SrdShapeError, ERR_STATE: SrdStateError,
           ERR_MEMORY: SrdMemoryError, ERR_UNSUPPORTED: SrdUnsupportedError, ERR_NUMBER: SrdNumberError,
           ERR_OVERFLOW: SrdOverflowError, ERR_CANCELLED: SrdCancelledError, ERR_INTERNAL: SrdInternalError}


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


class _Given(C.Structure):  # stands in arrays, has no struct_size
    _fields_ = [('layer', C.c_int32), ('what', C.c_int32), ('numbers', C.c_void_p)]


class _Keep(C.Structure):  # stands in arrays, has no struct_size
    _fields_ = [('layer', C.c_int32), ('what', C.c_int32)]


_WINDOW = 'stride_h stride_w pad_top pad_left pad_bottom pad_right '
_Memory = _struct('_Memory', 'u32 reserved ptr buffer size buffer_size ptr allocate release user')
_GraphOptions = _struct('_GraphOptions', 'i32 weight_policy')
_Conv2dOptions = _struct('_Conv2dOptions', f'i32 {_WINDOW} dilation_h dilation_w groups ptr weight_scale weight_zero')
_ConvTranspose2dOptions = _struct('_ConvTranspose2dOptions',
                                  f'i32 {_WINDOW} output_pad_h output_pad_w dilation_h dilation_w groups'
                                  ' ptr weight_scale weight_zero')
_UpsampleOptions = _struct('_UpsampleOptions', 'i32 mode align_corners height width f32 scale_h scale_w i32 reserved')
_Crop2dOptions = _struct('_Crop2dOptions', 'i32 top left bottom right step_h step_w reserved')
_AttentionOptions = _struct('_AttentionOptions', 'i32 heads f32 scale i32 rows ptr mask')
_CustomLayer = _struct('_CustomLayer', 'i32 role most_taps passes ptr user size workspace ptr shape value back taps forward')
_Pool2dOptions = _struct('_Pool2dOptions', f'i32 kernel_h kernel_w {_WINDOW} ceil_mode count_padding reserved')
_ExplainerOptions = _struct('_ExplainerOptions', 'i32 mode batch input_size_count keep_count workers'
                            ' ptr input_sizes keeps parallel_for parallel_user i32 keep_images kernels ratios inputs fast_cases keep_size')
_RunOptions = _struct('_RunOptions', 'i32 patterns pattern_count reserved'
                      ' ptr pattern_layers progress clock user each_image given i32 given_count given_size')
_QuestionOptions = _struct('_QuestionOptions', 'i32 contrastive')
_ScoreOptions = _struct('_ScoreOptions', 'i32 output contrastive')
_GradcamOptions = _struct('_GradcamOptions', 'i32 contrastive keep_sign')
_LinearOptions = _struct('_LinearOptions', 'i32 reserved ptr weight_scale weight_zero')
_CustomTap = _struct('_CustomTap', 'i32 position channel source_channel count f32 weight')
_Target = _struct('_Target', 'i32 kind output class_index other_class reserved ptr classes direction mask')
_RenderOptions = _struct('_RenderOptions', 'i32 colours scaling enlargement f32 percentile low high i32 reserved')
_OverlayOptions = _struct('_OverlayOptions', 'i32 blend grey_picture f32 opacity picture_low picture_high'
                          ' step_y step_x offset_y offset_x')
SiteReport = _struct('SiteReport', 'i32 paths f64 relevance_in relevance_out unreached largest_ratio_error'
                     ' i64 special_positions saturated_ratios', """The balance of one site: stored paths per position (1: a single one,
    whose ratio is 1), relevance_in, relevance_out, unreached, and of the last run largest_ratio_error,
    special_positions and saturated_ratios.""")
LayerInfo = _struct('LayerInfo', 'i32 role operand_count is_live is_site is_swallowed readers path_layers i64 parameters',
                    """What a layer is: role (srd.ROLE_...), operand_count, is_live, is_site, is_swallowed, readers,
    path_layers (source sites of a site's segment), parameters.""")
PlanInfo = _struct('PlanInfo', 'i32 verdict paths reserved i64 positions ratios multiply_adds ratio_bytes kept_bytes',
                   """What the method does at a layer and what it costs per image: verdict (srd.VERDICT_...), paths per
    position, positions, ratios stored, multiply_adds, ratio_bytes, kept_bytes.""")
MemoryInfo = _struct('MemoryInfo', 'i32 reserved i64 total tables working kept scratch', """Where an explainer's memory
    goes, in bytes: total, tables, working, kept (per image), scratch (per worker).""")


class LayerGeometry(C.Structure):  # stands in arrays, has no struct_size
    """Where the positions of a layer lie in the pixels of an input: entry (i, j) of a grid of rows times columns looks at row
    offset_y + i * step_y and column offset_x + j * step_x, pixels counted from 0 to their middles.

    first, row_stride, column_stride   the entry's number in a map of the layer: first + i * row_stride + j * column_stride
    field_top, field_left, field_bottom, field_right  the pixels that entry (0, 0) can see, which may lie outside
    state                              GEOMETRY_GRID
    """
    _fields_ = [(name, C.c_int32) for name in 'state first rows columns row_stride column_stride'.split()] + [
        (name, C.c_double) for name in 'step_y step_x offset_y offset_x field_top field_left field_bottom field_right'.split()]

    def __repr__(self):
        return f"LayerGeometry({', '.join(f'{name}={getattr(self, name)!r}' for name, _ in self._fields_)})"

    def place(self, row, column):
        """(y, x): where grid entry (row, column) looks."""
        return self.offset_y + row * self.step_y, self.offset_x + column * self.step_x


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
    saturated_ratios     ratios that float16 does not hold, in the last run: RATIOS_FLOAT16
    lost                 what rounding lost: score less head_bias, subtracted, at_inputs, at_constants and unreached (of Grad-CAM
                         top less the last three)
    """
    _fields_ = _fields('i32 reserved f64 score head_bias subtracted top at_inputs at_constants unreached magnitude'
                       ' largest_ratio_error i64 special_positions saturated_ratios f64 lost')


_TASK = C.CFUNCTYPE(None, C.c_void_p, C.c_int32, C.c_int32)
_PARALLEL_FOR = C.CFUNCTYPE(None, C.c_void_p, _TASK, C.c_void_p, C.c_int32, C.c_int32)
_PROGRESS = C.CFUNCTYPE(C.c_int32, C.c_void_p, C.c_int32, C.c_int32)
_CLOCK = C.CFUNCTYPE(C.c_uint64, C.c_void_p)
_WRITE = C.CFUNCTYPE(C.c_int32, C.c_void_p, C.c_void_p, C.c_size_t)
_EMIT = C.CFUNCTYPE(None, C.c_void_p, C.POINTER(_CustomTap))
_FLOATS, _INTS = C.POINTER(C.c_float), C.POINTER(C.c_int32)
_SHAPE = C.CFUNCTYPE(C.c_int32, C.c_void_p, _INTS, C.c_int32, _INTS)
_VALUE = C.CFUNCTYPE(None, C.c_void_p, _FLOATS, C.c_int32, C.c_void_p)
_BACK = C.CFUNCTYPE(None, C.c_void_p, _FLOATS, _FLOATS, C.c_int32)
_TAPS = C.CFUNCTYPE(None, C.c_void_p, _INTS, C.POINTER(_FLOATS), C.c_int32, C.c_int32, C.c_void_p, C.c_void_p)
_FORWARD = C.CFUNCTYPE(C.c_int32, C.c_void_p, _INTS, _FLOATS, _FLOATS, C.c_void_p)
_BUILD = C.CFUNCTYPE(C.c_int32, C.c_void_p, C.c_void_p)

# ---- functions -------------------------------------------------------------------------------------------------------

# A result and parameters: i int32, q int64, z size_t, f float, d double, t text, p pointer, v nothing; D, always last,
# a detail that _call() adds. The result of a call that can fail is s (a status) or L (a layer, whose detail is in the graph).
# The layer calls are in kinds.py.
_SIGNATURES = {
    'i': 'version', 't i': 'status_name', 'z t': 'struct_size',
    's iipppD': 'tensor_create', 's iipppppD': 'tensor_view tensor_view_const', 's pippD': 'tensor_wrap tensor_wrap_const graph_dump explainer_dump explainer_step_info',
    's iippD': 'tensor_memory_size', 's ppqD': 'tensor_get tensor_set',
    's pD': 'tensor_view_memory_size graph_seal', 'v p': 'tensor_free graph_free explainer_free', 's ppD': 'tensor_copy'
            ' explainer_report explainer_memory_info explainer_step',
    'i p': 'tensor_rank graph_layer_count graph_input_count graph_output_count explainer_batch explainer_step_count'
           ' explainer_kernels',
    'q pi': 'tensor_shape tensor_stride', 'q p': 'tensor_count', 'p p': 'tensor_data tensor_const_data',
    's pppD': 'graph_create', 's pppppD': 'graph_memory_size', 's piD': 'graph_output', 's pp': 'graph_detail',
    'i pt': 'graph_find', 't pi': 'graph_layer_name graph_layer_kind', 't pii': 'explainer_fast_case',
    'i pi': 'graph_is_site graph_input_layer graph_output_layer',
    's pipD': 'graph_layer_shape graph_layer_info explainer_layer_shape explainer_site_report explainer_plan_info'
              ' explainer_given_error explainer_value',
    's pipiiD': 'explainer_layer_geometry', 'i pii': 'graph_layer_operand',
    'z p': 'graph_memory_used explainer_memory_used', 's ppppD': 'explainer_memory_size explainer_create render_scale',
    's ppipD': 'explainer_run explainer_begin', 's piippD': 'explainer_top_class', 's ppipppiD': 'explainer_ask',
    's ppiipppiD': 'explainer_ask_gradcam', 's pipppiD': 'explainer_ask_class', 's piipppiD': 'explainer_ask_against',
    's ppppiD': 'explainer_ask_top', 's pppppiD': 'explainer_ask_direction', 's piiipppiD': 'explainer_ask_erf',
    's pippppiD': 'explainer_ask_seed',
    's pppqiiD': 'render_map', 's pppppqiiD': 'render_overlay', 's ipD': 'render_colour_map',
}
_TYPES = {'i': C.c_int32, 'q': C.c_int64, 'z': C.c_size_t, 'f': C.c_float, 'd': C.c_double, 't': C.c_char_p,
          'p': C.c_void_p, 'D': C.c_void_p, 'v': None, 's': C.c_int32, 'L': C.c_int32}


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
    if isinstance(value, (C.Structure, C._SimpleCData)):
        return C.byref(value)
    return getattr(value, 'address', value)  # of an array: that of the tensor that looks at it


_CONVERT = {'i': _int32, 'q': operator.index, 'f': float, 'd': float, 't': _text, 'p': _pointer}


def _candidates():
    """Where the library may be when nobody says: beside this package, in the newest build of its checkout, installed."""
    name = {'darwin': 'libsrd*.dylib', 'win32': 'srd.dll'}.get(sys.platform, 'libsrd.so*')
    package = pathlib.Path(__file__).resolve().parent
    for folder in (package, package.parent):
        yield from map(str, sorted(folder.glob(name)))
    root = package.parents[3] if len(package.parents) > 3 else package
    if (root / 'include' / 'srd').is_dir():
        found = {path.resolve() for pattern in ('build*', 'build*/*') for path in root.glob(f'{pattern}/lib/{name}')}
        for path in sorted(found, key=lambda path: -path.stat().st_mtime):
            if b'san_init' not in path.read_bytes():  # one with a sanitizer would end this process
                yield str(path)
    installed = ctypes.util.find_library('srd')
    if installed:
        yield installed
    yield {'darwin': 'libsrd.0.2.dylib', 'win32': 'srd.dll'}.get(sys.platform, 'libsrd.so.0.2')


def _open(path):
    """Load a library and declare all its functions: {name without srd_: (function, result letter, parameter letters)}."""
    library = C.CDLL(path)
    try:
        version = library.srd_version()
    except AttributeError:
        raise OSError(f'{path}: this is not libsrd') from None
    if version // 100 != VERSION // 100:
        raise OSError(f'{path}: the interface is {version // 10000}.{version // 100 % 100}, this package is for 0.2')
    signatures = {name: signature for signature, names in _SIGNATURES.items() for name in names.split()}
    functions = {}
    for name, signature in {**signatures, **kinds.SIGNATURES}.items():
        result, _, letters = signature.partition(' ')
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
    all its functions declared. Every use of this package loads it when that has not happened; it is loaded once."""
    global _loaded
    with _load_lock:
        path = path or (None if _loaded else os.environ.get('SRD_LIBRARY')) or None
        if path is not None and _loaded and not os.path.samefile(_loaded[0]._name, path):
            raise RuntimeError(f'another libsrd is in use: {_loaded[0]._name}')
        if not _loaded and path is not None:
            _loaded = _open(os.fspath(path))
        if not _loaded:
            tried = []
            for candidate in _candidates():
                try:
                    _loaded = _open(candidate)
                    break
                except OSError as error:
                    tried.append(str(error))
            else:
                raise OSError('libsrd was not found; `pip install examples/bindings/python` in a clone brings it, or give its path to '
                              'srd.load() or in the environment variable SRD_LIBRARY. Tried: ' + '; '.join(tried))
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
    if result == 's' and outcome != OK:
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


def struct_size(name):
    """Bytes of a public struct, such as 'srd_report', in the library; 0 if it does not know the name."""
    return _call('struct_size', name)
