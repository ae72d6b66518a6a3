"""Arrays in and out, functions that the library calls, and what lives how long."""
import ctypes as C
import difflib
import operator
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from .constants import ALIGNMENT, ERR_ARGUMENT, ERR_CANCELLED, FLOAT16, FLOAT32, INT8, OK
from .native import SrdArgumentError, _Memory, _PARALLEL_FOR, _WRITE, _call, _int32

# ---- arrays ----------------------------------------------------------------------------------------------------------

def _input(array, what):
    """The same numbers as native float32 that the library can read; a copy only where it must be."""
    if isinstance(array, (list, tuple, int, float)):
        array = np.asarray(array)  # these have no type of their own, so that 0.1 is no float64 that somebody chose
        if array.dtype.kind == 'f':
            array = array.astype(np.float32)
    if isinstance(array, np.ma.MaskedArray):
        raise TypeError(f'{what}: a masked array; fill it, for instance by array.filled(0)')
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


_NUMBER_TYPES = {np.dtype(np.float32): FLOAT32, np.dtype(np.float16): FLOAT16, np.dtype(np.int8): INT8}


def _typed(array, what, types):
    """An array of one of these types as it is; others as float32. A copy only where it must be."""
    if not isinstance(array, np.ndarray) or array.dtype not in types or isinstance(array, np.ma.MaskedArray):
        return _input(array, what)
    if not array.flags.aligned or any(stride % array.itemsize for stride in array.strides):
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

    def __init__(self, array, what='array', writable=False, types=()):
        self.array = array if writable else _typed(array, what, types)
        rank, out = self.array.ndim, C.c_void_p()
        shape = (C.c_int64 * rank)(*self.array.shape)
        strides = (C.c_int64 * rank)(*(stride // self.array.itemsize for stride in self.array.strides))
        _call('tensor_view' if writable else 'tensor_view_const', _NUMBER_TYPES[self.array.dtype], rank, shape, strides,
              self.array.ctypes.data, None, out)
        self.address = out.value

    def __del__(self):
        if self.address is not None:
            _call('tensor_free', self.address)


def _view(array, what):
    return None if array is None else _View(array, what)


def _weight(weight, scale, zero):
    """Views of a weight, its scale and its zero points; the latter two None unless they are given."""
    if scale is None and zero is None:
        return _View(weight, 'weight', types=(np.float16,)), None, None
    if not isinstance(weight, np.ndarray) or weight.dtype != np.int8:
        raise TypeError(f"weight: {getattr(weight, 'dtype', type(weight).__name__)}; with a weight_scale or weight_zero it must "
                        'be an array of int8')
    if zero is not None:
        zero = np.asarray(zero)
        if zero.dtype.kind not in 'iu':
            raise TypeError(f'weight_zero: an array of {zero.dtype}, it must be of integers')
        if zero.size and (zero.max() > 127 or zero.min() < -128):
            raise ValueError('weight_zero: a number beyond -128 to 127')
        zero = zero.astype(np.int8)
    return (_View(weight, 'weight', types=(np.int8,)), _view(scale, 'weight_scale'),
            None if zero is None else _View(zero, 'weight_zero', types=(np.int8,)))


def _addresses(views):
    return (C.c_void_p * len(views))(*(view.address for view in views))


def block(size):
    """Bytes for the `memory` of a graph or an explainer: a uint8 array that is aligned as the library wants it."""
    array = np.zeros(size + ALIGNMENT, np.uint8)
    start = -array.ctypes.data % ALIGNMENT
    return array[start:start + size]


class Tensor:
    """Numbers in memory of the library's own, float32, all 0 at first, aligned to srd.ALIGNMENT bytes.

    numpy arrays serve everywhere in this module; this is for numbers that shall lie in a given block, or that are to be
    copied between layouts without numpy. It may be given wherever an array is read.

    shape   its sizes, up to srd.MAX_RANK
    memory  a writable buffer of Tensor.memory_size(shape) bytes, see block(); None: malloc
    """
    _address = None

    def __init__(self, shape, *, memory=None):
        rank, sizes = _sizes(shape)
        self._memory, out = _memory(memory), C.c_void_p()
        _call('tensor_create', FLOAT32, rank, sizes, self._memory, out)
        self._address = out.value

    def __del__(self):
        if self._address is not None:
            _call('tensor_free', self._address)

    @staticmethod
    def memory_size(shape):
        """Bytes of the `memory` of a tensor of this shape."""
        size = C.c_size_t()
        _call('tensor_memory_size', FLOAT32, *_sizes(shape), size)
        return size.value

    @staticmethod
    def view_memory_size():
        """Bytes of the library's handle for an array of the caller's; this module makes these by malloc."""
        size = C.c_size_t()
        _call('tensor_view_memory_size', size)
        return size.value

    @property
    def shape(self):
        """Its sizes, a tuple."""
        return tuple(_call('tensor_shape', self._address, axis) for axis in range(_call('tensor_rank', self._address)))

    @property
    def strides(self):
        """Distances of neighbours along each axis, in numbers (not in bytes)."""
        return tuple(_call('tensor_stride', self._address, axis) for axis in range(len(self.shape)))

    @property
    def array(self):
        """The numbers as a numpy array, for reading and writing; it keeps the tensor alive."""
        return self._look(_call('tensor_data', self._address))

    def __array__(self, dtype=None, copy=None):
        array = self._look(_call('tensor_const_data', self._address))
        array.flags.writeable = False
        return array.copy() if copy else array if dtype is None else array.astype(dtype, copy=False)

    def _look(self, address):
        shape = self.shape
        numbers = (C.c_float * int(np.prod(shape))).from_address(address)
        numbers.tensor = self
        return np.frombuffer(numbers, np.float32).reshape(shape)

    def copy_from(self, array):
        """Copy the numbers of an array of the same shape, whatever its strides."""
        _call('tensor_copy', _View(array), self._address)


def _sizes(shape):
    sizes = [operator.index(size) for size in shape]
    return len(sizes), (C.c_int64 * len(sizes))(*sizes)


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
    struct = _Memory(buffer=array.ctypes.data, buffer_size=array.size)
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


class _Address(int):
    """The address of a graph, and `aliases`: further names of its layers, {name: id}."""


def _find(graph, layer):
    """The id of a layer given by id or name; graph: the address of a graph's handle."""
    if not isinstance(layer, str):
        return _int32(layer, 'layer')
    if layer in getattr(graph, 'aliases', ()):
        return graph.aliases[layer]
    found = _call('graph_find', graph, layer)
    if found < 0:
        raise SrdArgumentError(ERR_ARGUMENT, None, layer, 'there is no layer of this name' + _near(graph, layer))
    return found


def _near(graph, name):
    """A piece of a message: the names of layers that are most like a wrong one."""
    own = [_call('graph_layer_name', graph, layer).decode() for layer in range(_call('graph_layer_count', graph))]
    names = list(dict.fromkeys([*getattr(graph, 'aliases', ()), *own]))
    below = [other for other in names if other.startswith(name + '.')]  # 'layer4' of 'layer4.1.relu'
    close = difflib.get_close_matches(name, names, 4, 0.5)
    near = list(dict.fromkeys([*close[:1], *below[-2:], *close]))[:4]
    if near:
        return '; near it are ' + ', '.join(map(repr, near))
    return f'; the names are {", ".join(map(repr, names[:8]))}{", ..." if len(names) > 8 else ""}' if names else ''


def _ids(graph, layers):
    ids = [_find(graph, layer) for layer in layers]
    return (C.c_int32 * len(ids))(*ids)


def _dump(function, handle, format, write):
    pieces, guard = [], _Guard()
    with handle as pointer:
        def piece(_, text, length):
            guard.attempt(write or pieces.append, C.string_at(text, length))
            return ERR_CANCELLED if guard.error else OK

        call = _WRITE(piece)
        _call(function, pointer, format, call, None, guard=guard)
    return b''.join(pieces).decode() if write is None else None
