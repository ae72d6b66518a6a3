"""Maps as RGBA pictures."""
import ctypes as C
import struct
import zlib

import numpy as np

from .constants import BLEND_VALUE, COLOUR_ENTRIES, COLOURS_DIVERGING
from .native import _OverlayOptions, _RenderOptions, _call
from .arrays import _View


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


def _grid(map, place):
    """The part of a layer's map that lies on a grid, as the picture has it."""
    numbers = np.ascontiguousarray(map, np.float32).reshape(-1)
    last = place.first + (place.rows - 1) * place.row_stride + (place.columns - 1) * place.column_stride
    if last >= numbers.size:
        raise ValueError(f'place: a grid of {place.rows} x {place.columns} for a map of {numbers.size} positions')
    return np.lib.stride_tricks.as_strided(numbers[place.first:], (place.rows, place.columns),
                                           (4 * place.row_stride, 4 * place.column_stride), writeable=False)


def render_overlay(map, picture, size=None, *, blend=BLEND_VALUE, grey_picture=False, opacity=0, picture_low=0,
                   picture_high=0, place=None, out=None, **options):
    """The map over a picture, float32 [3][H][W] or [H][W]; size None: that of the picture; other options as in render_map().

    blend         BLEND_VALUE (strong values cover), BLEND_EVEN (the same cover everywhere) or BLEND_PRINT (as ink)
    grey_picture  True: the picture without its colours
    opacity       how much the strongest colour covers, 0: 1
    picture_low, picture_high  the numbers of the picture that are black and white; both 0: 0 and 1
    place         Explainer.geometry() of the map's layer, whose positions are drawn where they look; positions that have no
                  place (a class token) are not drawn. None: the map is stretched over the picture
    """
    view, below = _View(map if place is None else _grid(map, place), 'map'), _View(picture, 'picture')
    out = _canvas(size or below.array.shape[-2:], out)
    overlay = _OverlayOptions(blend=blend, grey_picture=bool(grey_picture), opacity=opacity, picture_low=picture_low,
                              picture_high=picture_high)
    if place is not None:
        overlay.step_y, overlay.step_x, overlay.offset_y, overlay.offset_x = (place.step_y, place.step_x, place.offset_y,
                                                                              place.offset_x)
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


def encode_png(rgba):
    """The bytes of a PNG file of a picture, uint8 (height, width, 4), as render_map() draws it."""
    rgba = np.asarray(rgba)
    if rgba.dtype != np.uint8 or rgba.ndim != 3 or rgba.shape[2] != 4:
        raise ValueError(f'rgba: an array (height, width, 4) of uint8 is needed, not {rgba.shape} of {rgba.dtype}')

    def chunk(kind, data):
        return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))

    height, width = rgba.shape[:2]
    rows = np.zeros((height, 1 + 4 * width), np.uint8)  # the first byte of a row says that it is not filtered
    rows[:, 1:] = rgba.reshape(height, -1)
    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 6, 0, 0, 0)) +
            chunk(b'IDAT', zlib.compress(rows.tobytes(), 9)) + chunk(b'IEND', b''))
