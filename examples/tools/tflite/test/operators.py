"""operators.py -- the operators of TensorFlow Lite in numpy and float64, on arrays (N, H, W, C); shares no code with the reader.

run(name, inputs, options) gives the list of outputs. Fields of options are named as in the schema of the format.
"""
import numpy as np


def activate(x, kind):
    return [lambda: x, lambda: np.maximum(x, 0), lambda: np.clip(x, -1, 1), lambda: np.clip(x, 0, 6), lambda: np.tanh(x)][kind]()


def pads(size, kernel, stride, dilation, padding):
    reach = (kernel - 1) * dilation + 1
    if padding == 1:  # VALID
        return (size - reach) // stride + 1, 0, 0
    out = -(-size // stride)
    total = max((out - 1) * stride + reach - size, 0)
    return out, total // 2, total - total // 2


def windows(x, kernel, o, fill, dilation=(1, 1)):
    """(H, W, kh, kw, C), and how many of a window lie inside."""
    h, top, bottom = pads(x.shape[1], kernel[0], o["stride_h"], dilation[0], o.get("padding", 0))
    w, left, right = pads(x.shape[2], kernel[1], o["stride_w"], dilation[1], o.get("padding", 0))
    x = np.pad(x[0], ((top, bottom), (left, right), (0, 0)), constant_values=fill)
    rows = np.arange(h)[:, None] * o["stride_h"] + np.arange(kernel[0])[None] * dilation[0]
    columns = np.arange(w)[:, None] * o["stride_w"] + np.arange(kernel[1])[None] * dilation[1]
    return x[rows[:, None, :, None], columns[None, :, None, :]]


def conv(i, o):
    x, w = i[0], i[1]
    dilation = o.get("dilation_h", 1), o.get("dilation_w", 1)
    groups = x.shape[3] // w.shape[3]
    t = windows(x, w.shape[1:3], o, 0, dilation)
    parts = [np.einsum("hwabi,oabi->hwo", t[..., g * w.shape[3]:(g + 1) * w.shape[3]],
                       w[g * (w.shape[0] // groups):(g + 1) * (w.shape[0] // groups)]) for g in range(groups)]
    return activate((np.concatenate(parts, -1) + (i[2] if len(i) > 2 else 0))[None], o.get("fused", 0))


def depthwise(i, o):
    x, w = i[0], i[1]
    t = windows(x, w.shape[1:3], o, 0, (o.get("dilation_h", 1), o.get("dilation_w", 1)))
    t = np.repeat(t, w.shape[3] // x.shape[3], axis=-1)
    return activate((np.einsum("hwabo,abo->hwo", t, w[0]) + (i[2] if len(i) > 2 else 0))[None], o.get("fused", 0))


def transpose_conv(i, o):
    shape, w, x = i[0].astype(int), i[1], i[2]
    h, top, _ = pads(shape[1], w.shape[1], o["stride_h"], 1, o.get("padding", 0))
    v, left, _ = pads(shape[2], w.shape[2], o["stride_w"], 1, o.get("padding", 0))
    assert (h, v) == x.shape[1:3]
    y = np.zeros((int(shape[1]), int(shape[2]), w.shape[0]))
    for r in range(x.shape[1]):
        for c in range(x.shape[2]):
            for a in range(w.shape[1]):
                for b in range(w.shape[2]):
                    p, q = r * o["stride_h"] + a - top, c * o["stride_w"] + b - left
                    if 0 <= p < y.shape[0] and 0 <= q < y.shape[1]:
                        y[p, q] += w[:, a, b] @ x[0, r, c]
    return activate((y + (i[3] if len(i) > 3 else 0))[None], o.get("fused", 0))


def transpose_bias(i, o):
    """The output of SAME is stride times the input; of VALID as large as the windows reach."""
    over = [max(i[1].shape[k] - o[s], 0) if o["padding"] == 1 else 0 for k, s in ((1, "stride_h"), (2, "stride_w"))]
    shape = np.array([1, i[0].shape[1] * o["stride_h"] + over[0], i[0].shape[2] * o["stride_w"] + over[1], i[1].shape[0]])
    return transpose_conv([shape, i[1], i[0], i[2]], {k: v for k, v in o.items() if k != "fused"})


def blocks(x, b, to_depth):
    """Blocks of b x b pixels as channels, the pixels of a block slowest, and back."""
    n, h, w, c = x.shape
    if to_depth:
        return x.reshape(n, h // b, b, w // b, b, c).transpose(0, 1, 3, 2, 4, 5).reshape(n, h // b, w // b, b * b * c)
    return x.reshape(n, h, w, b, b, c // b // b).transpose(0, 1, 3, 2, 4, 5).reshape(n, h * b, w * b, c // b // b)


def pool(i, o, is_max):
    kernel = o["filter_height"], o["filter_width"]
    t = windows(i[0], kernel, o, -np.inf)
    inside = np.isfinite(t)
    y = t.max((2, 3)) if is_max else np.where(inside, t, 0).sum((2, 3)) / inside.sum((2, 3))
    return activate(y[None], o.get("fused", 0))


def connected(i, o):
    x = i[0].reshape(-1, i[1].shape[1])
    y = x @ i[1].T + (i[2] if len(i) > 2 and i[2] is not None else 0)
    if o.get("keep_num_dims"):
        y = y.reshape(i[0].shape[:-1] + (-1,))
    return activate(y, o.get("fused", 0))


def resize(i, o, is_nearest):
    x, sizes = i[0], i[1]
    for axis in (1, 2):
        n, out = x.shape[axis], int(sizes[axis - 1])
        align, half = o.get("align_corners", 0), o.get("half_pixel_centers", 0)
        scale = (n - 1) / (out - 1) if align and out > 1 else n / out
        place = (np.arange(out) + (0.5 if half else 0)) * scale
        if is_nearest:
            at = np.minimum((np.floor(place + 0.5) if align else np.floor(place)).astype(int), n - 1)
            x = np.take(x, at, axis)
            continue
        place -= 0.5 if half else 0
        low = np.clip(np.floor(place).astype(int), 0, n - 1)
        high = np.clip(np.ceil(place).astype(int), 0, n - 1)
        part = np.clip(place - low, 0, 1).reshape([-1 if k == axis else 1 for k in range(4)])
        x = np.take(x, low, axis) * (1 - part) + np.take(x, high, axis) * part
    return x


def strided(i, o):
    cut = []
    for k in range(i[0].ndim):
        begin = None if o.get("begin_mask", 0) >> k & 1 else int(i[1][k])
        end = None if o.get("end_mask", 0) >> k & 1 else int(i[2][k])
        cut.append(int(i[1][k]) if o.get("shrink_axis_mask", 0) >> k & 1 else slice(begin, end, int(i[3][k])))
    return i[0][tuple(cut)]


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def run(name, i, o):
    simple = {
        "CONV_2D": conv, "DEPTHWISE_CONV_2D": depthwise, "TRANSPOSE_CONV": transpose_conv, "FULLY_CONNECTED": connected,
        "AVERAGE_POOL_2D": lambda i, o: pool(i, o, False), "MAX_POOL_2D": lambda i, o: pool(i, o, True),
        "MEAN": lambda i, o: i[0].mean(tuple(int(k) for k in i[1]), keepdims=bool(o.get("keep_dims"))),
        "ADD": lambda i, o: activate(i[0] + i[1], o.get("fused", 0)), "SUB": lambda i, o: activate(i[0] - i[1], o.get("fused", 0)),
        "MUL": lambda i, o: activate(i[0] * i[1], o.get("fused", 0)), "DIV": lambda i, o: activate(i[0] / i[1], o.get("fused", 0)),
        "CONCATENATION": lambda i, o: activate(np.concatenate(i, o["axis"]), o.get("fused", 0)),
        "RESHAPE": lambda i, o: i[0].reshape([int(k) for k in i[1]]),
        "SQUEEZE": lambda i, o: i[0].squeeze(tuple(o["squeeze_dims"])), "EXPAND_DIMS": lambda i, o: np.expand_dims(i[0], int(i[1].flat[0])),
        "TRANSPOSE": lambda i, o: i[0].transpose([int(k) for k in i[1]]),
        "PAD": lambda i, o: np.pad(i[0], i[1].astype(int)), "PADV2": lambda i, o: np.pad(i[0], i[1].astype(int), constant_values=float(i[2].flat[0])),
        "MIRROR_PAD": lambda i, o: np.pad(i[0], i[1].astype(int), mode="symmetric" if o.get("mode") else "reflect"),
        "RESIZE_BILINEAR": lambda i, o: resize(i, o, False), "RESIZE_NEAREST_NEIGHBOR": lambda i, o: resize(i, o, True),
        "RELU": lambda i, o: np.maximum(i[0], 0), "RELU6": lambda i, o: np.clip(i[0], 0, 6), "RELU_N1_TO_1": lambda i, o: np.clip(i[0], -1, 1),
        "LEAKY_RELU": lambda i, o: np.where(i[0] > 0, i[0], i[0] * np.float32(o["alpha"])), "PRELU": lambda i, o: np.where(i[0] > 0, i[0], i[0] * i[1]),
        "ELU": lambda i, o: np.where(i[0] > 0, i[0], np.expm1(np.minimum(i[0], 0))), "TANH": lambda i, o: np.tanh(i[0]),
        "HARD_SWISH": lambda i, o: i[0] * np.clip(i[0] + 3, 0, 6) / 6, "LOGISTIC": lambda i, o: 1 / (1 + np.exp(-i[0])),
        "SOFTMAX": lambda i, o: softmax(i[0]), "STRIDED_SLICE": strided, "DEQUANTIZE": lambda i, o: i[0],
        "SLICE": lambda i, o: i[0][tuple(slice(int(b), None if s == -1 else int(b + s)) for b, s in zip(i[1], i[2]))],
        "SHAPE": lambda i, o: np.array(i[0].shape), "PACK": lambda i, o: np.array([int(k) for k in i]),
    }
    simple.update({
        "MAXIMUM": lambda i, o: np.maximum(i[0], i[1]), "MINIMUM": lambda i, o: np.minimum(i[0], i[1]), "NEG": lambda i, o: -i[0],
        "ABS": lambda i, o: np.abs(i[0]), "EXP": lambda i, o: np.exp(i[0]),
        "SUM": lambda i, o: i[0].sum(tuple(int(k) for k in i[1]), keepdims=bool(o.get("keep_dims"))),
        "REDUCE_MAX": lambda i, o: i[0].max(tuple(int(k) for k in i[1]), keepdims=bool(o.get("keep_dims"))),
        "DEPTH_TO_SPACE": lambda i, o: blocks(i[0], o["block_size"], False), "SPACE_TO_DEPTH": lambda i, o: blocks(i[0], o["block_size"], True),
        "Convolution2DTransposeBias": transpose_bias,
    })
    if name == "SPLIT":
        return np.split(i[1], o["num_splits"], int(i[0].flat[0]))
    if name == "SPLIT_V":
        return np.split(i[0], np.cumsum(i[1].astype(int))[:-1], int(i[2].flat[0]))
    return [simple[name](i, o)]
