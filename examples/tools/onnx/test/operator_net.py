"""A network that is written as an ONNX file while numpy computes its values in float64: what make_operators.py builds with.

The values are computed from the definitions of the operators in the ONNX specification, by plain loops and numpy's elementwise functions.
Nothing here is shared with the importer.
"""
import itertools
import math
import os

import numpy
from onnx import TensorProto, helper, numpy_helper, save

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "operators")
# The version of the file format that came with an opset; readers ask for one that is new enough.
FORMATS = {7: 3, 9: 4, 10: 5, 11: 6, 13: 7, 18: 8, 20: 9, 21: 10, 23: 11, 24: 12}


class Value:
    """A tensor of the file: its name and its numbers."""

    def __init__(self, name, numbers):
        self.name, self.x = name, numpy.asarray(numbers)


class Net:
    """Nodes, constants and the numbers of all values. The output is a vector of all that is collected."""

    def __init__(self, name, opset, shape, numbers=None):
        self.name, self.opset = f"{name}_{opset}", opset
        self.random = numpy.random.RandomState(sum(self.name.encode()))
        picture = self.random.randn(1, *shape) if numbers is None else numbers(self.random, (1, *shape))
        self.image = Value("image", picture.astype(numpy.float32).astype(numpy.float64))
        self.nodes, self.constants, self.known, self.parts, self.count = [], [], {}, [], 0

    # ---- the file ----

    def constant(self, numbers, kind=None):
        """A constant in float32 unless its numbers are integers or truth values."""
        numbers = numpy.asarray(numbers)
        kind = kind or {"i": numpy.int64, "b": numpy.bool_}.get(numbers.dtype.kind, numpy.float32)
        stored = numbers.astype(kind)
        key = (stored.dtype.str, stored.shape, stored.tobytes())
        if key not in self.known:  # equal constants are written once
            self.known[key] = f"c{len(self.constants)}"
            self.constants.append(numpy_helper.from_array(stored, self.known[key]))
        return Value(self.known[key], stored.astype(numpy.float64) if kind is numpy.float32 else stored)

    def weights(self, *shape, scale=1.0, shift=0.0):
        return self.constant(self.random.randn(*shape) * scale + shift)

    def op(self, kind, inputs, *results, **attributes):
        """A node. inputs: values, or None for one that is left out; results: the numbers of its outputs."""
        outputs = [Value(f"v{self.count + i}", r) for i, r in enumerate(results)]
        self.count += len(outputs)
        names = [i.name if i is not None else "" for i in inputs]
        while names and names[-1] == "":
            names.pop()
        self.nodes.append(helper.make_node(kind, names, [o.name for o in outputs], **attributes))
        return outputs[0] if len(outputs) == 1 else outputs

    def listed(self, kind, inputs, result, position, since, **lists):
        """A node whose lists (axes, pads) are attributes before an opset, and inputs from it on."""
        attributes = {k: v for k, v in lists.items() if not isinstance(v, (list, tuple))}
        arrays = [(k, list(v)) for k, v in lists.items() if isinstance(v, (list, tuple))]
        if self.opset < since:
            return self.op(kind, inputs, result, **attributes, **dict(arrays))
        inputs = list(inputs) + [None] * (position - len(inputs))
        return self.op(kind, inputs + [self.constant(numpy.array(v, numpy.int64)) for _, v in arrays], result, **attributes)

    def reshape(self, v, *shape):
        return self.op("Reshape", [v, self.constant(numpy.array(shape, numpy.int64))], v.x.reshape(shape))

    def transpose(self, v, *order):
        return self.op("Transpose", [v], v.x.transpose(order), perm=order)

    def conv(self, v, channels, kernel=1, pads=0, **more):
        """A convolution with weights that keep the numbers near 1."""
        axes = v.x.ndim - 2
        w = self.weights(channels, v.x.shape[1], *[kernel] * axes, scale=1 / math.sqrt(v.x.shape[1] * kernel**axes))
        b = self.weights(channels, scale=0.3)
        result = convolve(v.x, w.x, b.x, [1] * axes, [pads] * 2 * axes, [1] * axes, 1)
        return self.op("Conv", [v, w, b], result, pads=[pads] * 2 * axes, **more)

    # ---- what is compared ----

    def collect(self, v):
        """Puts all numbers of a value into the output. The largest one is brought between 1/2 and 1 by a power of 2, so that all values are
        held to about the same accuracy."""
        assert numpy.isfinite(v.x).all() and numpy.abs(v.x).max() > 0, self.nodes[-1]
        power = -math.ceil(math.log2(numpy.abs(v.x).max()))
        scaled = v if power == 0 else self.op("Mul", [v, self.constant(2.0**power)], v.x * 2.0**power)
        is_vector = scaled.x.ndim == 2 and scaled.x.shape[0] == 1
        self.parts.append(scaled if is_vector else self.reshape(scaled, 1, -1))

    def write(self):
        result = numpy.concatenate([p.x for p in self.parts], axis=1)
        self.op("Concat", self.parts, result, axis=1)
        image = helper.make_tensor_value_info("image", TensorProto.FLOAT, self.image.x.shape)
        out = helper.make_tensor_value_info(self.nodes[-1].output[0], TensorProto.FLOAT, result.shape)
        graph = helper.make_graph(self.nodes, self.name, [image], [out], self.constants)
        version = max(v for k, v in FORMATS.items() if k <= self.opset)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=version)
        model.producer_name = "make_operators"
        save(model, os.path.join(FOLDER, self.name + ".onnx"))
        self.image.x.astype(numpy.float32).tofile(os.path.join(FOLDER, self.name + ".input"))
        result.astype(numpy.float32).tofile(os.path.join(FOLDER, self.name + ".output"))
        return result.size


def far_from(x, points, least=1e-3):
    """That no number lies so near to a step that rounding in float32 would decide. Numbers that are exactly there are exact in float32."""
    for point in numpy.ravel(points):
        distance = numpy.abs(x - point)
        assert distance[distance > 0].min() > least, (point, distance[distance > 0].min())
    return x


# ---- definitions -------------------------------------------------------------------------------------------------------------

def windows(size, kernel, stride, pads, dilation, ceil=False):
    """How many windows an axis has. Rounded up, a window that begins behind the padded start is left out."""
    room = size + sum(pads) - ((kernel - 1) * dilation + 1)
    count = (-(-room // stride) if ceil else room // stride) + 1
    return count - 1 if ceil and (count - 1) * stride >= size + pads[0] else count


def same_pads(sizes, kernel, strides, dilations, upper):
    """The pads of auto_pad = SAME_UPPER or SAME_LOWER, all starts and then all ends."""
    all_pads = [max(0, (-(-n // s) - 1) * s + (k - 1) * d + 1 - n) for n, k, s, d in zip(sizes, kernel, strides, dilations)]
    starts = [p // 2 if upper else p - p // 2 for p in all_pads]
    return starts + [p - s for p, s in zip(all_pads, starts)]


def convolve(x, w, b, strides, pads, dilations, groups):
    axes = x.ndim - 2
    padded = numpy.pad(x, [(0, 0), (0, 0)] + [(pads[i], pads[i + axes]) for i in range(axes)])
    kernel = w.shape[2:]
    counts = [windows(x.shape[2 + i], kernel[i], strides[i], (pads[i], pads[i + axes]), dilations[i]) for i in range(axes)]
    out = numpy.zeros((x.shape[0], w.shape[0], *counts))
    own, outs = w.shape[1], w.shape[0] // groups
    for place in itertools.product(*map(range, counts)):
        cut = tuple(slice(p * s, p * s + (k - 1) * d + 1, d) for p, s, k, d in zip(place, strides, kernel, dilations))
        for o in range(w.shape[0]):
            first = o // outs * own
            seen = padded[(slice(None), slice(first, first + own)) + cut]
            out[(slice(None), o) + place] = (seen * w[o]).reshape(x.shape[0], -1).sum(1)
    return out + (0 if b is None else b.reshape(1, -1, *[1] * axes))


def convolve_transposed(x, w, b, strides, pads, dilations, groups, more):
    """Each number of the input adds its multiple of the kernel to the output, which is then cut by the pads, or grows at its end."""
    axes = x.ndim - 2
    kernel, own = w.shape[2:], w.shape[0] // groups
    full = [(x.shape[2 + i] - 1) * strides[i] + (kernel[i] - 1) * dilations[i] + 1 + more[i] + max(0, -pads[i + axes])
            for i in range(axes)]
    out = numpy.zeros((x.shape[0], w.shape[1] * groups, *full))
    for c in range(w.shape[0]):
        group = c // own
        for place in itertools.product(*map(range, x.shape[2:])):
            cut = tuple(slice(p * s, p * s + (k - 1) * d + 1, d) for p, s, k, d in zip(place, strides, kernel, dilations))
            for o in range(w.shape[1]):
                at = (slice(None), group * w.shape[1] + o)
                number = x[(slice(None), c) + place].reshape(-1, *[1] * axes)
                out[at + cut] += number * w[c, o]
    cut = tuple(slice(pads[i], full[i] - max(0, pads[i + axes])) for i in range(axes))
    return out[(slice(None), slice(None)) + cut] + (0 if b is None else b.reshape(1, -1, *[1] * axes))


def pool(x, kind, kernel, strides, pads, ceil=False, with_pads=False):
    axes = x.ndim - 2
    counts = [windows(x.shape[2 + i], kernel[i], strides[i], (pads[i], pads[i + axes]), 1, ceil) for i in range(axes)]
    out = numpy.zeros((*x.shape[:2], *counts))
    for place in itertools.product(*map(range, counts)):
        starts = [p * s - pads[i] for i, (p, s) in enumerate(zip(place, strides))]
        cut = tuple(slice(max(b, 0), min(b + k, n)) for b, k, n in zip(starts, kernel, x.shape[2:]))
        seen = x[(slice(None), slice(None)) + cut].reshape(*x.shape[:2], -1)
        # Pads count, but not what rounding up adds behind them.
        among = math.prod(min(b + k, n + pads[i + axes]) - b for i, (b, k, n) in enumerate(zip(starts, kernel, x.shape[2:])))
        value = seen.max(-1) if kind == "MaxPool" else seen.sum(-1) / (among if with_pads else seen.shape[-1])
        out[(slice(None), slice(None)) + place] = value
    return out


def softmax(x, axes):
    e = numpy.exp(x - x.max(axis=axes, keepdims=True))
    return e / e.sum(axis=axes, keepdims=True)


def erf(x):
    return numpy.vectorize(math.erf)(x)


def resize_axis(x, axis, scale, out, mode, way, rounding="round_prefer_floor", cubic=-0.75, excludes=False):
    """One axis by the equations of the specification."""
    n = x.shape[axis]
    rows = []
    for i in range(out):
        place = {"half_pixel": (i + 0.5) / scale - 0.5,
                 "pytorch_half_pixel": (i + 0.5) / scale - 0.5 if out > 1 else 0,
                 "asymmetric": i / scale,
                 "align_corners": i * (n - 1) / (out - 1) if out > 1 else 0,
                 "half_pixel_symmetric": n / 2 * (1 - out / (scale * n)) + (i + 0.5) / scale - 0.5}[way]
        if mode == "nearest":
            low = math.floor(place)
            half = place - low == 0.5
            near = {"floor": low, "ceil": math.ceil(place), "round_prefer_floor": low if half else math.floor(place + 0.5),
                    "round_prefer_ceil": low + 1 if half else math.floor(place + 0.5)}[rounding]
            rows.append(numpy.take(x, min(max(near, 0), n - 1), axis))
            continue
        low = math.floor(place)
        t = place - low
        a = cubic
        if mode == "linear":
            weights = {low: 1 - t, low + 1: t}
        else:
            weights = {low - 1: ((a * (t + 1) - 5 * a) * (t + 1) + 8 * a) * (t + 1) - 4 * a,
                       low: ((a + 2) * t - (a + 3)) * t * t + 1,
                       low + 1: ((a + 2) * (1 - t) - (a + 3)) * (1 - t) * (1 - t) + 1,
                       low + 2: ((a * (2 - t) - 5 * a) * (2 - t) + 8 * a) * (2 - t) - 4 * a}
        if excludes:
            weights = {k: v for k, v in weights.items() if 0 <= k < n}
            total = sum(weights.values())
            weights = {k: v / total for k, v in weights.items()}
        rows.append(sum(v * numpy.take(x, min(max(k, 0), n - 1), axis) for k, v in weights.items()))
    return numpy.stack(rows, axis)
