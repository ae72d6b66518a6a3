"""make_small.py -- writes the small TensorFlow Lite files of this folder, with an input for each and what numpy computes (operators.py, float64).

    python3 make_small.py [FOLDER]

Python's standard library and numpy. The writer of FlatBuffers below is as small as these files allow: a table is a dictionary from the number
of a field to a value; what a field points to is put behind it.
"""
import struct
import sys

import numpy as np

import operators

# number of the operator, kind of its options, and the fields of those: name -> (number, struct format)
INT, BYTE, FLOAT = "<i", "<B", "<f"
WINDOW = {"padding": (0, BYTE), "stride_w": (1, INT), "stride_h": (2, INT)}
FUSED = {"fused": (0, BYTE)}
OPERATORS = {
    "ADD": (0, 11, FUSED), "AVERAGE_POOL_2D": (1, 5, {**WINDOW, "filter_width": (3, INT), "filter_height": (4, INT), "fused": (5, BYTE)}),
    "CONCATENATION": (2, 10, {"axis": (0, INT), "fused": (1, BYTE)}),
    "CONV_2D": (3, 1, {**WINDOW, "fused": (3, BYTE), "dilation_w": (4, INT), "dilation_h": (5, INT)}),
    "DEPTHWISE_CONV_2D": (4, 2, {**WINDOW, "depth_multiplier": (3, INT), "fused": (4, BYTE), "dilation_w": (5, INT), "dilation_h": (6, INT)}),
    "DEQUANTIZE": (6, 0, {}), "FULLY_CONNECTED": (9, 8, {"fused": (0, BYTE), "keep_num_dims": (2, BYTE)}), "LOGISTIC": (14, 0, {}),
    "MAX_POOL_2D": (17, 5, {**WINDOW, "filter_width": (3, INT), "filter_height": (4, INT), "fused": (5, BYTE)}), "MUL": (18, 21, FUSED),
    "RELU": (19, 0, {}), "RELU_N1_TO_1": (20, 0, {}), "RELU6": (21, 0, {}), "RESHAPE": (22, 0, {}),
    "RESIZE_BILINEAR": (23, 15, {"align_corners": (2, BYTE), "half_pixel_centers": (3, BYTE)}), "SOFTMAX": (25, 9, {"beta": (0, FLOAT)}),
    "TANH": (28, 0, {}), "PAD": (34, 22, {}), "TRANSPOSE": (39, 26, {}), "MEAN": (40, 27, {"keep_dims": (0, BYTE)}), "SUB": (41, 28, FUSED),
    "DIV": (42, 29, FUSED), "SQUEEZE": (43, 0, {}),
    "STRIDED_SLICE": (45, 32, {"begin_mask": (0, INT), "end_mask": (1, INT), "shrink_axis_mask": (4, INT)}), "SPLIT": (49, 35, {"num_splits": (0, INT)}),
    "PRELU": (54, 0, {}), "PADV2": (60, 43, {}), "SLICE": (65, 48, {}),
    "TRANSPOSE_CONV": (67, 49, {**WINDOW, "fused": (3, BYTE)}), "EXPAND_DIMS": (70, 52, {}), "SHAPE": (77, 55, {}), "PACK": (83, 59, {"axis": (1, INT)}),
    "RESIZE_NEAREST_NEIGHBOR": (97, 74, {"align_corners": (0, BYTE), "half_pixel_centers": (1, BYTE)}), "LEAKY_RELU": (98, 75, {"alpha": (0, FLOAT)}),
    "MIRROR_PAD": (100, 77, {"mode": (0, BYTE)}), "SPLIT_V": (102, 79, {"num_splits": (0, INT)}), "ELU": (111, 0, {}), "HARD_SWISH": (117, 0, {}), "QUANTIZE": (114, 0, {}), "EXP": (47, 0, {}),
    "MAXIMUM": (55, 0, {}), "MINIMUM": (57, 0, {}), "NEG": (59, 0, {}), "ABS": (101, 0, {}), "SUM": (74, 27, {"keep_dims": (0, BYTE)}),
    "REDUCE_MAX": (82, 27, {"keep_dims": (0, BYTE)}), "DEPTH_TO_SPACE": (5, 94, {"block_size": (0, INT)}), "SPACE_TO_DEPTH": (26, 19, {"block_size": (0, INT)}),
    "SQRT": (75, 0, {}), "Convolution2DTransposeBias": (32, 0, {}),
    "CUMSUM": (128, 0, {}),
}


class Writer:
    def __init__(self):
        self.data = bytearray(struct.pack("<I4s", 0, b"TFL3"))

    def align(self, to, ahead=0):
        self.data += b"\0" * (-(len(self.data) + ahead) % to)

    def point(self, at):
        struct.pack_into("<I", self.data, at, len(self.data) - at)

    def table(self, at, fields):
        """Puts a table; the field at `at` points to it (the root: at 0)."""
        self.align(4)
        count = max(fields, default=-1) + 1
        sizes = {k: 4 if isinstance(v, (dict, list, bytes, np.ndarray)) else struct.calcsize(v[0]) for k, v in fields.items()}
        places, size = {}, 4
        for k in sorted(fields, key=lambda k: -sizes[k]):
            places[k] = size
            size += sizes[k]
        self.data += struct.pack("<HH%dH" % count, 4 + 2 * count, size, *[places.get(k, 0) for k in range(count)])
        back = 4 + 2 * count
        if len(self.data) % 4:
            self.data += b"\0\0"
            back += 2
        self.point(at)
        start = len(self.data)
        self.data += struct.pack("<i", back) + bytes(size - 4)
        for k, v in fields.items():
            if isinstance(v, tuple):
                struct.pack_into(v[0], self.data, start + places[k], v[1])
        for k, v in fields.items():
            if isinstance(v, dict):
                self.table(start + places[k], v)
            elif not isinstance(v, tuple):
                self.vector(start + places[k], v)

    def vector(self, at, v):
        if isinstance(v, list):
            self.align(4)
            self.point(at)
            start = len(self.data)
            self.data += struct.pack("<I", len(v)) + bytes(4 * len(v))
            for i, item in enumerate(v):
                self.table(start + 4 + 4 * i, item)
            return
        raw = v if isinstance(v, bytes) else v.tobytes()
        self.align(4 if isinstance(v, bytes) else 16, 4)
        self.point(at)
        self.data += struct.pack("<I", len(raw) if isinstance(v, bytes) or v.dtype == np.uint8 else v.size) + raw + b"\0"


TYPES = {"float32": 0, "float16": 1, "int32": 2, "uint8": 3, "int64": 4, "int8": 9}


class Model:
    """Operators one after the other, computed as they are added. A tensor is its number."""

    def __init__(self, name, shape, seed=1, kind="float32", scale=None):
        self.name, self.tensors, self.buffers, self.nodes, self.codes, self.values = name, [], [b""], [], [], []
        self.random = np.random.default_rng(seed)
        self.given = self.random.standard_normal(shape).astype(np.float32)
        self.input = self.tensor("image", shape, kind, scale=scale)
        self.values[self.input] = self.given.astype(np.float64)

    def tensor(self, name, shape, kind, data=None, scale=None, zero=0, axis=0):
        fields = {0: np.array(shape, "<i4"), 1: ("<b", TYPES[kind]), 2: ("<I", 0), 3: name.encode()}
        if data is not None:
            fields[2] = ("<I", len(self.buffers))
            self.buffers.append(np.frombuffer(data.tobytes(), np.uint8))
        if scale is not None:
            scale = np.atleast_1d(scale)
            fields[4] = {2: scale.astype("<f4"), 3: np.full(scale.size, zero, "<i8"), 6: ("<i", axis)}
        self.tensors.append(fields)
        self.values.append(None)
        return len(self.tensors) - 1

    def constant(self, values, kind=None):
        a = np.asarray(values)
        kind = kind or ("int32" if a.dtype.kind == "i" else "float32")
        a = a.astype(kind)
        t = self.tensor("constant_%d" % len(self.tensors), a.shape, kind, a)
        self.values[t] = a.astype(np.float64)
        return t

    def weight(self, *shape, kind=None):
        return self.constant(self.random.standard_normal(shape).astype(np.float32) / np.sqrt(np.prod(shape[1:3]) + 1), kind)

    def quantised(self, shape, scale, axis=0):
        q = self.random.integers(-127, 128, shape).astype(np.int8)
        t = self.tensor("integers_%d" % len(self.tensors), shape, "int8", q, scale, 0, axis)
        along = [-1 if k == axis else 1 for k in range(len(shape))]
        self.values[t] = q * np.atleast_1d(scale).astype(np.float32).astype(np.float64).reshape(along if np.size(scale) > 1 else [1] * len(shape))
        return t

    def add(self, op, inputs, outputs=1, version=1, extra=None, kind="float32", scale=None, **options):
        number, options_kind, known = OPERATORS[op]
        code = (number, version, op if number == 32 else None)
        if code not in self.codes:
            self.codes.append(code)
        try:
            values = operators.run(op, [self.values[t] for t in inputs], options)
        except KeyError:
            values = [self.values[inputs[0]]]
        made = []
        for k, v in enumerate(values[:outputs]):
            type_of = "int32" if op in ("SHAPE", "PACK") or (op == "STRIDED_SLICE" and v.dtype.kind == "i") else kind
            made.append(self.tensor("%s_%d" % (op.lower(), len(self.tensors)), v.shape, type_of, scale=scale))
            self.values[made[-1]] = v
        fields = {n: (f, options[o]) for o, (n, f) in known.items() if o in options}
        if "squeeze_dims" in options:
            fields[0], options_kind = np.array(options["squeeze_dims"], "<i4"), 30
        fields.update(extra or {})
        node = {0: ("<I", self.codes.index(code)), 1: np.array(inputs, "<i4"), 2: np.array(made, "<i4")}
        if number == 32:
            node[5] = np.array([1 if options["padding"] == 0 else 2, options["stride_w"], options["stride_h"]], "<i4").view(np.uint8)
        elif fields:
            node[3], node[4] = ("<B", options_kind), fields
        self.nodes.append(node)
        return made[0] if outputs == 1 else made

    def save(self, folder, output, compared=None, kind="output"):
        w = Writer()
        graph = {0: self.tensors, 1: np.array([self.input], "<i4"), 2: np.array([output], "<i4"), 3: self.nodes}
        codes = [{0: ("<B", min(number, 127)), 2: ("<i", version), 3: ("<i", number), **({1: name.encode()} if name else {})}
                 for number, version, name in self.codes]
        w.table(0, {0: ("<I", 3), 1: codes, 2: [graph], 4: [{0: b} if len(b) else {} for b in self.buffers]})
        with open("%s/%s.tflite" % (folder, self.name), "wb") as file:
            file.write(w.data)
        if compared is None:
            return
        self.given.tofile("%s/%s.input" % (folder, self.name))
        self.values[compared].astype("<f4").tofile("%s/%s.%s" % (folder, self.name, kind))


STRIDE = {"stride_h": 1, "stride_w": 1}
TWO = {"stride_h": 2, "stride_w": 2}


def head(m, t, classes=4):
    """A fully connected layer over what there is, in the order H, W, C."""
    size = int(np.prod(m.values[t].shape))
    return m.add("FULLY_CONNECTED", [m.add("RESHAPE", [t, m.constant([1, size])]), m.weight(classes, size), m.weight(classes)])


def convolutions(folder):
    m = Model("convolutions", (1, 9, 7, 3))
    t = m.add("CONV_2D", [m.input, m.weight(4, 3, 3, 3), m.weight(4)], fused=3, **TWO)  # SAME, uneven in height and width
    t = m.add("CONV_2D", [t, m.weight(6, 2, 3, 4), m.weight(6)], fused=1, **STRIDE)
    u = m.add("CONV_2D", [t, m.weight(6, 2, 2, 6), m.weight(6)], padding=1, fused=4, dilation_h=2, dilation_w=1, **STRIDE)
    u = m.add("DEPTHWISE_CONV_2D", [u, m.weight(1, 3, 2, 12), m.weight(12)], depth_multiplier=2, fused=2, stride_h=1, stride_w=2)
    u = m.add("CONV_2D", [u, m.weight(6, 1, 1, 4), m.weight(6)], padding=1, **STRIDE)  # three groups
    t = head(m, u)
    m.save(folder, m.add("SOFTMAX", [t], beta=1.0), t)


def transposed(folder):
    m = Model("transposed", (1, 4, 3, 2))
    t = m.add("TRANSPOSE_CONV", [m.constant([1, 8, 6, 3]), m.weight(3, 3, 3, 2), m.input], **TWO)
    t = m.add("TRANSPOSE_CONV", [m.constant([1, 17, 8, 2]), m.weight(2, 2, 3, 3), t, m.weight(2)], version=3, padding=1, stride_h=2, stride_w=1, fused=1)
    m.save(folder, t, t)


def pools(folder):
    m = Model("pools", (1, 7, 8, 3))
    t = m.add("AVERAGE_POOL_2D", [m.input], filter_height=3, filter_width=2, stride_h=2, stride_w=1)
    t = m.add("MAX_POOL_2D", [t], filter_height=2, filter_width=3, stride_h=1, stride_w=2, fused=1)
    t = m.add("PAD", [t, m.constant([[0, 0], [1, 0], [2, 1], [0, 1]])])
    t = m.add("PADV2", [t, m.constant([[0, 0], [0, 1], [0, 0], [0, 0]]), m.constant(np.float32([0.5]))])
    u = m.add("MEAN", [t, m.constant([1])], keep_dims=0)
    v = m.add("MEAN", [t, m.constant([1, 2])], keep_dims=1)
    w = m.add("FULLY_CONNECTED", [u, m.weight(4, 4), m.weight(4)], keep_num_dims=1)
    w = m.add("MEAN", [w, m.constant([1])], keep_dims=0)
    t = m.add("ADD", [m.add("RESHAPE", [v, m.constant([1, 4])]), w])
    m.save(folder, t, t)


def mirrored(folder):
    m = Model("mirrored", (1, 4, 5, 2))
    t = m.add("MIRROR_PAD", [m.input, m.constant([[0, 0], [3, 1], [2, 4], [0, 0]])])
    t = m.add("CONV_2D", [t, m.weight(3, 3, 3, 2), m.weight(3)], padding=1, **STRIDE)
    m.save(folder, t, t)


def sizes(folder):
    m = Model("sizes", (1, 4, 5, 2))
    a = m.add("RESIZE_BILINEAR", [m.input, m.constant([7, 9])], version=3, half_pixel_centers=1)
    b = m.add("RESIZE_BILINEAR", [m.input, m.constant([7, 9])], align_corners=1)
    c = m.add("RESIZE_NEAREST_NEIGHBOR", [m.input, m.constant([8, 10])], version=3, half_pixel_centers=1)
    d = m.add("RESIZE_NEAREST_NEIGHBOR", [m.input, m.constant([7, 9])])
    e = m.add("STRIDED_SLICE", [c, m.constant([0, 1, 0, 0]), m.constant([0, 8, -1, 0]), m.constant([1, 1, 1, 1])], begin_mask=1, end_mask=9)
    t = m.add("CONCATENATION", [a, b, d, e], axis=3, fused=1)
    m.save(folder, t, t)


def arithmetic(folder):
    m = Model("arithmetic", (1, 4, 5, 3))
    t = m.add("ADD", [m.input, m.weight(3)])
    t = m.add("MUL", [m.weight(1, 1, 1, 3), t])
    t = m.add("SUB", [m.weight(1), t], fused=1)
    t = m.add("SUB", [t, m.weight(4, 5, 3)])
    t = m.add("MUL", [t, m.weight(1, 4, 5, 1)])
    t = m.add("DIV", [t, m.constant(np.float32([2, 4, 0.5]))])
    u = m.add("MEAN", [t, m.constant([1, 2])], keep_dims=1)
    u = m.add("CONV_2D", [u, m.weight(3, 1, 1, 3), m.weight(3)], fused=1, **STRIDE)
    t = m.add("MUL", [t, m.add("LOGISTIC", [u])])  # squeeze and excitation
    s = m.add("MUL", [m.add("LOGISTIC", [t]), t])  # swish
    h = m.add("ADD", [t, m.constant(np.float32(3))], fused=3)
    h = m.add("MUL", [t, m.add("MUL", [h, m.constant(np.float32(1 / 6))])])  # hard swish, in parts
    t = m.add("SUB", [m.add("ADD", [s, h]), m.add("HARD_SWISH", [t])])
    m.save(folder, t, t)


def activations(folder):
    m = Model("activations", (1, 3, 4, 4))
    t = m.add("LEAKY_RELU", [m.input], alpha=0.2)
    t = m.add("PRELU", [t, m.weight(1, 1, 4)])
    t = m.add("ELU", [t])
    t = m.add("SOFTMAX", [t], beta=1.0)
    t = m.add("MUL", [t, m.constant(np.float32(9))])
    parts = [m.add("RELU6", [t]), m.add("RELU_N1_TO_1", [t]), m.add("TANH", [t]), m.add("RELU", [m.input])]
    t = m.add("CONCATENATION", parts, axis=-1)
    m.save(folder, t, t)


def moves(folder):
    m = Model("moves", (1, 4, 6, 6))
    a, b, c = m.add("SPLIT", [m.constant(3), m.input], outputs=3, num_splits=3)
    d, e = m.add("SPLIT_V", [m.input, m.constant([2, 4]), m.constant(3)], outputs=2, num_splits=2)
    f = m.add("SLICE", [m.input, m.constant([0, 1, 2, 3]), m.constant([1, 2, -1, 2])])
    g = m.add("STRIDED_SLICE", [a, m.constant([0, 0, 0, 0]), m.constant([1, 4, 6, 2]), m.constant([1, 2, 2, 1])])
    t = m.add("CONCATENATION", [b, c, a], axis=1)
    t = m.add("CONCATENATION", [t, m.add("CONCATENATION", [d, a, b], axis=1)], axis=2)
    t = m.add("TRANSPOSE", [t, m.constant([0, 2, 1, 3])])
    t = m.add("RESHAPE", [t, m.constant([1, 144, 2])])
    t = m.add("MEAN", [t, m.constant([1])], keep_dims=1)
    t = m.add("EXPAND_DIMS", [m.add("SQUEEZE", [t], squeeze_dims=[1]), m.constant(1)])
    shape = m.add("SHAPE", [e])
    batch = m.add("STRIDED_SLICE", [shape, m.constant([0]), m.constant([1]), m.constant([1])], shrink_axis_mask=1)
    flat = m.add("RESHAPE", [e, m.add("PACK", [batch, m.constant(96)], axis=0)])
    first = m.add("FULLY_CONNECTED", [flat, m.weight(5, 96), m.weight(5)], fused=1)
    swapped = m.add("RESHAPE", [m.add("TRANSPOSE", [f, m.constant([0, 3, 1, 2])]), m.constant([1, 16])])
    second = m.add("FULLY_CONNECTED", [swapped, m.weight(5, 16, kind="float32")])
    third = m.add("FULLY_CONNECTED", [m.add("RESHAPE", [m.add("TRANSPOSE", [f, m.constant([0, 2, 1, 3])]), m.constant([1, 16])]), m.weight(5, 16)])
    half = m.add("DEQUANTIZE", [m.weight(3, 1, 1, 2, kind="float16")])
    g = m.add("MEAN", [m.add("CONV_2D", [g, half, m.weight(3)], **STRIDE), m.constant([1, 2])])
    t = m.add("CONCATENATION", [m.add("RESHAPE", [t, m.constant([1, 2])]), first, second, third, g], axis=1)
    m.save(folder, t, t)


def written(folder):
    """Activations that are written out, and a softmax inside the network and at its end."""
    def softmax(t, axis, subtract=True):
        axis = m.constant([axis])
        e = m.add("EXP", [m.add("SUB", [t, m.add("REDUCE_MAX", [t, axis], keep_dims=1)]) if subtract else t])
        return m.add("DIV", [e, m.add("SUM", [e, axis], keep_dims=1)])

    m = Model("written", (1, 3, 4, 4))
    parts = [m.add("MAXIMUM", [m.add("MUL", [m.input, m.constant(np.float32(0.1))]), m.input]), m.add("MAXIMUM", [m.input, m.constant(np.float32([0]))]),
             m.add("MINIMUM", [m.constant(np.float32(0.5)), m.input]), m.add("MAXIMUM", [m.input, m.constant(np.float32(-0.25))]),
             m.add("EXP", [m.add("NEG", [m.add("ABS", [m.input])])]), m.add("MAXIMUM", [m.input, m.add("NEG", [m.add("TANH", [m.input])])]),
             m.add("MINIMUM", [m.add("TANH", [m.input]), m.input]), softmax(m.input, -1), softmax(m.input, 3, False)]
    t = head(m, m.add("CONV_2D", [m.add("CONCATENATION", parts, axis=-1), m.weight(3, 1, 1, 36), m.weight(3)], **STRIDE))
    m.save(folder, softmax(t, 1), t)


def focus(folder):
    """Every second row and column from each of the first four pixels, parts with steps, blocks of pixels."""
    m = Model("focus", (1, 6, 8, 4))
    one = m.constant([1, 2, 2, 1])
    parts = [m.add("STRIDED_SLICE", [m.input, m.constant([0, y, x, 0]), m.constant([1, 6, 8, 4]), one], end_mask=14) for y in (0, 1) for x in (0, 1)]
    t = m.add("CONCATENATION", parts, axis=3)
    u = m.add("SPACE_TO_DEPTH", [m.input], block_size=2)
    t = m.add("CONV_2D", [m.add("CONCATENATION", [t, u], axis=3), m.weight(12, 1, 1, 32), m.weight(12)], fused=1, **STRIDE)
    t = m.add("DEPTH_TO_SPACE", [t], block_size=2)
    t = m.add("STRIDED_SLICE", [t, m.constant([0, 1, 2, 1]), m.constant([1, 6, 8, 3]), m.constant([1, 2, 3, 1])])
    first = m.add("TRANSPOSE", [m.input, m.constant([0, 3, 1, 2])])  # as converters write it whose channels come first
    parts = [m.add("STRIDED_SLICE", [first, m.constant([0, 1, y, x]), m.constant([1, 4, 6, 8]), m.constant([1, 1, 2, 2])]) for y in (0, 1) for x in (1, 0)]
    u = m.add("CONCATENATION", [m.add("CONCATENATION", parts[:2], axis=1), m.add("CONCATENATION", parts[2:], axis=1)], axis=2, fused=1)
    u = m.add("SLICE", [m.add("CONCATENATION", [u, u], axis=3), m.constant([0, 1, 0, 2]), m.constant([1, 4, -1, 5])])
    u = m.add("CONV_2D", [m.add("TRANSPOSE", [u, m.constant([0, 2, 3, 1])]), m.weight(2, 6, 5, 4), m.weight(2)], padding=1, **STRIDE)
    t = m.add("CONCATENATION", [head(m, t), head(m, u)], axis=1)
    m.save(folder, t, t)


def anchors(folder):
    """The heads of a detector at two scales, two anchors each."""
    m = Model("anchors", (1, 4, 6, 3))
    small = m.add("CONV_2D", [m.input, m.weight(5, 3, 3, 3), m.weight(5)], fused=1, **TWO)
    heads = [m.add("RESHAPE", [m.add("CONV_2D", [t, m.weight(8, 1, 1, c), m.weight(8)], **STRIDE), m.constant([1, -1, 4])])
             for t, c in ((m.input, 3), (small, 5))]
    t = m.add("CONCATENATION", heads, axis=1)
    m.save(folder, t, t)


def channels_first(folder):
    """What a converter makes of a network whose channels come first: the input stays so."""
    m = Model("channels_first", (1, 3, 5, 6))
    t = m.add("STRIDED_SLICE", [m.input, m.constant([0, 0, 1, 0]), m.constant([1, 3, 5, 6]), m.constant([1, 1, 2, 1])])
    t = m.add("PAD", [t, m.constant([[0, 0], [0, 0], [1, 0], [2, 1]])])
    t = m.add("CONV_2D", [m.add("TRANSPOSE", [t, m.constant([0, 2, 3, 1])]), m.weight(4, 2, 3, 3), m.weight(4)], fused=1, **STRIDE)
    t = m.add("ADD", [m.add("TRANSPOSE", [t, m.constant([0, 3, 1, 2])]), m.weight(1, 4, 1, 1)])
    cells = [m.add("RESHAPE", [x, m.constant([1, 4, -1])]) for x in (t, m.add("SLICE", [t, m.constant([0, 0, 1, 0]), m.constant([1, 4, 2, 5])]))]
    t = m.add("CONCATENATION", [*cells, m.add("MUL", [cells[1], m.constant(np.float32(2))])], axis=2)
    t = m.add("CONCATENATION", [t, m.add("TANH", [m.add("SLICE", [t, m.constant([0, 2, 0]), m.constant([1, 1, -1])])])], axis=1)
    m.save(folder, t, t)


def segment(folder):
    m = Model("segment", (1, 3, 4, 2))
    t = m.add("Convolution2DTransposeBias", [m.input, m.weight(3, 2, 2, 2), m.weight(3)], padding=0, stride_h=2, stride_w=2)
    t = m.add("Convolution2DTransposeBias", [t, m.weight(2, 3, 4, 3), m.weight(2)], padding=1, stride_h=1, stride_w=2)
    m.save(folder, m.add("LOGISTIC", [t]), m.add("LOGISTIC", [t]))


def integers(folder):
    """Weights of integers beside floats; and a network of integers throughout: floats only if asked for."""
    m = Model("hybrid", (1, 4, 4, 2))
    t = m.add("CONV_2D", [m.input, m.quantised((3, 3, 3, 2), [0.01, 0.02, 0.03]), m.weight(3)], version=5, **STRIDE)
    m.save(folder, t, t, "floats")
    m = Model("integers", (1, 4, 4, 2), kind="int8", scale=0.1)
    t = m.add("CONV_2D", [m.input, m.quantised((3, 3, 3, 2), 0.01), m.weight(3)], version=3, kind="int8", scale=0.2, **STRIDE)
    m.save(folder, t, t, "floats")


def refused(folder):
    m = Model("refused_obstacles", (1, 4, 4, 2))
    t = m.add("CUMSUM", [m.add("SQRT", [m.add("SQRT", [m.input])])])
    m.save(folder, t)
    m = Model("refused_version", (1, 4, 4, 2))
    m.save(folder, m.add("RELU", [m.input], version=99))
    m = Model("refused_option", (1, 4, 4, 2))
    m.save(folder, m.add("ADD", [m.input, m.weight(2)], fused=1, extra={5: ("<B", 1)}))
    m = Model("refused_activation", (1, 4, 4, 2))
    m.save(folder, m.add("ADD", [m.input, m.weight(2)], extra={0: ("<B", 5)}))
    m = Model("refused_beta", (1, 4, 4, 2))
    m.save(folder, m.add("ADD", [m.add("SOFTMAX", [m.input], beta=2.0), m.weight(2)]))
    m = Model("refused_bilinear", (1, 4, 4, 2))
    m.save(folder, m.add("RESIZE_BILINEAR", [m.input, m.constant([8, 8])]))
    m = Model("refused_gate", (1, 4, 4, 2))
    m.save(folder, m.add("MUL", [m.add("TANH", [m.input]), m.add("ELU", [m.input])]))
    m = Model("refused_shape", (1, 4, 4, 2))
    t = m.add("RELU", [m.input])
    m.tensors[t][0] = np.array([1, 4, 2, 4], "<i4")
    m.save(folder, t)
    m = Model("refused_batch", (2, 4, 4, 2))
    m.save(folder, m.add("RELU", [m.input]))
    m = Model("refused_inputs", (1, 4, 4, 2))
    t = m.add("MAXIMUM", [m.input, m.weight(2)])
    m.nodes[-1][1] = np.array([m.input], "<i4")
    m.save(folder, t)
    m = Model("refused_quantize", (1, 4, 4, 2))
    t = m.add("QUANTIZE", [m.input], kind="int8", scale=0.1)
    m.save(folder, m.add("DEQUANTIZE", [t]))


if __name__ == "__main__":
    where = sys.argv[1] if len(sys.argv) > 1 else "."
    for make in (convolutions, transposed, pools, mirrored, sizes, arithmetic, activations, moves, written, focus, anchors, channels_first, segment, integers, refused):
        make(where)
