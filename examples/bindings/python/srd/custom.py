"""Layers of the caller's own, as Python functions."""
import ctypes as C

import numpy as np

from .constants import CUSTOM_BLACK_BOX, CUSTOM_GATHER, CUSTOM_POINTWISE, ERR_ARGUMENT, OK
from .native import _BACK, _CustomLayer, _CustomTap, _EMIT, _FORWARD, _SHAPE, _TAPS, _VALUE


def _array(pointer, *shape):
    return np.ctypeslib.as_array(pointer, shape)


def _planes(pointer, shape):
    """(C, H, W) of what lies [position][channel], without a copy."""
    channels, height, width = shape
    return _array(pointer, height, width, channels).transpose(2, 0, 1)


def _tap(position, channel, source_channel, count, weight):
    return _CustomTap(position=position, channel=channel, source_channel=source_channel, count=count, weight=weight)


class _Calls:
    """The callbacks of one layer. An exception in one of them is kept as `error`; the library is told that it failed."""

    def __init__(self, *, value=None, back=None, taps=None, forward=None, shape=None, most_taps=0, passes=False):
        self.error, self.value, self.back, self.taps, self.forward, self.shape = None, value, back, taps, forward, shape
        role = CUSTOM_GATHER if taps else CUSTOM_BLACK_BOX if forward else CUSTOM_POINTWISE
        self.functions = {key: kind(getattr(self, f'_{key}')) for key, kind, given in (
            ('value', _VALUE, value), ('back', _BACK, back), ('taps', _TAPS, taps), ('forward', _FORWARD, forward),
            ('shape', _SHAPE, shape)) if given is not None}
        self.struct = _CustomLayer(role=role, most_taps=most_taps, passes=int(bool(passes)),
                                   **{key: C.cast(f, C.c_void_p).value for key, f in self.functions.items()})

    def _keep(self, error):
        self.error = self.error or error

    def _value(self, _, y, channels, __):
        row = _array(y, channels)
        try:
            row[:] = self.value(row.copy())
        except BaseException as error:
            self._keep(error)
            row[:] = np.nan  # ends the run

    def _back(self, _, y, direction, channels):
        row = _array(direction, channels)
        try:
            row[:] = self.back(_array(y, channels).copy(), row.copy())
        except BaseException as error:
            self._keep(error)
            row[:] = np.nan

    def _shape(self, _, inputs, count, output):
        try:
            output[0], output[1], output[2] = self.shape([tuple(inputs[3 * i:3 * i + 3]) for i in range(count)])
            return OK
        except BaseException as error:
            self._keep(error)
            return ERR_ARGUMENT

    def _taps(self, _, shapes, inputs, count, position, emit, context):
        tell = C.cast(emit, _EMIT)
        try:
            arrays = [_planes(inputs[i], shapes[3 * i:3 * i + 3]) for i in range(count)] if inputs else None
            for tap in self.taps([tuple(shapes[3 * i:3 * i + 3]) for i in range(count)], arrays, position):
                tell(context, C.byref(_tap(*tap)))
        except BaseException as error:
            self._keep(error)
            tell(context, C.byref(_tap(-1, 0, 0, 1, 1.0)))  # none that there is: ends the run

    def _forward(self, _, shape, x, y, __):
        try:
            _planes(y, shape[:3])[:] = self.forward(_planes(x, shape[:3]).copy())
            return OK
        except BaseException as error:
            self._keep(error)
            return ERR_ARGUMENT
