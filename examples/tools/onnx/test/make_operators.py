"""Makes the networks of operators/: NAME_OPSET.onnx with NAME_OPSET.input and NAME_OPSET.output (float32, raw).

    /usr/bin/python3 examples/tools/onnx/test/make_operators.py [NAME...]

Needs python3-onnx and python3-numpy; to run the tests they are not needed. Each network has one family of operators behind a convolution of
a small picture, in the forms that the specification allows: axes other than the usual, negative axes, sizes that do not divide, attributes
other than the default. Its output is a vector of the numbers of all branches. They are computed in float64 from the definitions of the
operators (operator_net.py), not by another engine. The numbers are random with a seed of each network's own.
"""
import math
import os
import sys

import numpy

from operator_net import (FOLDER, Net, convolve, convolve_transposed, erf, far_from, pool, resize_axis, same_pads, softmax)
import operator_inputs
import operator_parts


def quarters(random, shape):
    """Multiples of 1/4, which are exact in float32: halves, whole numbers and zeros among them."""
    return random.randint(-12, 13, shape) / 4.0


# ---- numbers of axes ---------------------------------------------------------------------------------------------------------

REDUCTIONS = {"ReduceSum": numpy.sum, "ReduceMean": numpy.mean, "ReduceMax": numpy.max, "ReduceMin": numpy.min,
              "ReduceL1": lambda x, **k: numpy.abs(x).sum(**k), "ReduceL2": lambda x, **k: numpy.sqrt((x**2).sum(**k)),
              "ReduceSumSquare": lambda x, **k: (x**2).sum(**k), "ReduceLogSum": lambda x, **k: numpy.log(x.sum(**k)),
              "ReduceLogSumExp": lambda x, **k: numpy.log(numpy.exp(x).sum(**k))}


def reductions(opset):
    """Every reduction over channels, rows, columns and sets of them, with the axes as attribute or as input; tokens and vectors, too."""
    net = Net("reductions", opset, (2, 3, 4))
    signed = net.conv(net.image, 3, 3, pads=1)
    positive = net.op("Exp", [signed], numpy.exp(signed.x))
    tokens = net.transpose(net.reshape(positive, 1, 3, 12), 0, 2, 1)
    vector = net.reshape(signed, 1, 36)
    sets = [([1], 1), ([-2], 0), ([3], 1), ([1, -1], 0), ([-3, 2], 1), ([2, 3], 0), ([0, 1, 2, 3], 0), ([-1, -2, 1], 1)]
    for i, (kind, compute) in enumerate(REDUCTIONS.items()):
        if opset == 13 and kind != "ReduceSum":  # the others are as in opset 11
            continue
        since = 13 if kind == "ReduceSum" else 18
        picture = positive if kind == "ReduceLogSum" else signed
        chosen = sets if kind in ("ReduceSum", "ReduceMax") and opset != 11 else sets[i % 2::2]
        for axes, keeps in chosen + ([(None, 1), (None, 0)] if i % 3 == 0 else []):
            result = compute(picture.x, axis=tuple(axes) if axes else None, keepdims=bool(keeps))
            lists = {"axes": axes} if axes else {}
            net.collect(net.listed(kind, [picture], result, 1, since, keepdims=keeps, **lists))
        if opset != 11:
            net.collect(net.listed(kind, [tokens], compute(tokens.x, axis=1), 1, since, keepdims=0, axes=[1]))
        if i % 2 == 0 and opset != 11:
            net.collect(net.listed(kind, [vector], compute(vector.x, axis=1, keepdims=True), 1, since, axes=[-1]))
    if opset >= 18:
        for kind, result in (("ReduceSum", signed.x), ("ReduceSumSquare", signed.x**2), ("ReduceL1", numpy.abs(signed.x))):
            net.collect(net.op(kind, [signed], result, noop_with_empty_axes=1))
    if opset != 13:
        for shift in (200, -200):  # whose exponentials are no numbers of float32
            far = net.op("Add", [signed, net.constant(float(shift))], signed.x + shift)
            result = numpy.log(numpy.exp(signed.x).sum((1, 3))) + shift
            net.collect(net.listed("ReduceLogSumExp", [far], result, 1, 18, axes=[1, 3], keepdims=0))
    return net


# ---- functions and activations -----------------------------------------------------------------------------------------------

def functions(opset):
    """Functions of one number: of a picture, of tokens and of a vector. Those with steps see numbers that are exactly at the steps."""
    net = Net("functions", opset, (2, 3, 4), quarters)
    signed = net.conv(net.image, 2, 2)
    positive = net.op("Add", [net.op("Abs", [signed], numpy.abs(signed.x)), net.constant(0.25)], numpy.abs(signed.x) + 0.25)
    tokens = net.transpose(net.reshape(signed, 1, 2, 6), 0, 2, 1)
    vector = net.reshape(positive, 1, 12)
    for kind, compute in (("Ceil", numpy.ceil), ("Floor", numpy.floor), ("Round", numpy.rint), ("Sign", numpy.sign)):
        if opset >= 11 or kind != "Round":
            net.collect(net.op(kind, [net.image], compute(net.image.x)))
            far_from(tokens.x, numpy.arange(-8, 9) / 2)
            net.collect(net.op(kind, [tokens], compute(tokens.x)))
    for kind, compute in (("Sin", numpy.sin), ("Cos", numpy.cos), ("Atan", numpy.arctan), ("Sinh", numpy.sinh),
                          ("Asinh", numpy.arcsinh), ("Erf", erf), ("Exp", numpy.exp), ("Abs", numpy.abs), ("Neg", numpy.negative)):
        for v in (signed, tokens):
            net.collect(net.op(kind, [v], compute(v.x)))
    for kind, compute in (("Sqrt", numpy.sqrt), ("Reciprocal", lambda x: 1 / x), ("Log", numpy.log)):
        for v in (positive, vector):
            net.collect(net.op(kind, [v], compute(v.x)))
    for v, exponent in ((signed, 1.0), (net.image, 2.0), (tokens, 3.0), (positive, 0.5), (vector, -0.5), (positive, -1.0)):
        net.collect(net.op("Pow", [v, net.constant(exponent)], v.x**exponent))
    net.collect(net.op("Pow", [net.image, net.constant(numpy.full((2, 1, 1), 2.0))], net.image.x**2))
    relu = net.op("Relu", [net.image], numpy.maximum(net.image.x, 0))
    net.collect(net.op("Sqrt", [relu], numpy.sqrt(relu.x)))
    return net


def activations(opset):
    """Activations with the attributes that they have by default and with others."""
    net = Net("activations", opset, (2, 3, 4))
    v = net.conv(net.image, 2, 2)
    v = net.op("Mul", [v, net.constant(1.5)], v.x * 1.5)
    x = v.x
    sigmoid = 1 / (1 + numpy.exp(-x))
    soft = numpy.log1p(numpy.exp(x))

    def put(kind, result, **attributes):
        net.collect(net.op(kind, [v], result, **attributes))

    def elu(alpha):
        return numpy.where(x > 0, x, alpha * (numpy.exp(x) - 1))

    if opset < 11:  # the limits of Clip are attributes; all else is as later
        put("Clip", numpy.clip(x, -0.4, 0.9), min=-0.4, max=0.9)
        put("Clip", numpy.minimum(x, 0.3), max=0.3)
        return net
    low, high = net.constant(-0.4), net.constant(0.9)
    net.collect(net.op("Clip", [v, low, high], numpy.clip(x, -0.4, 0.9)))
    net.collect(net.op("Clip", [v, None, high], numpy.minimum(x, 0.9)))
    net.collect(net.op("Clip", [v, low], numpy.maximum(x, -0.4)))
    put("Elu", elu(1))
    put("Elu", elu(0.4), alpha=0.4)
    put("Selu", 1.05070102 * elu(1.67326319))
    put("Selu", 0.9 * elu(1.2), alpha=1.2, gamma=0.9)
    put("LeakyRelu", numpy.where(x > 0, x, 0.01 * x))
    put("LeakyRelu", numpy.where(x > 0, x, -0.3 * x), alpha=-0.3)
    put("HardSigmoid", numpy.clip(0.2 * x + 0.5, 0, 1))
    put("HardSigmoid", numpy.clip(0.35 * x + 0.3, 0, 1), alpha=0.35, beta=0.3)
    put("Softplus", soft)
    put("Softsign", x / (1 + numpy.abs(x)))
    put("Sigmoid", sigmoid)
    put("Tanh", numpy.tanh(x))
    for alpha in (1.0, 0.6, 0.0, -0.7):
        far_from(x, alpha or 0.5)  # at 0 there is no step
        put("ThresholdedRelu", numpy.where(x > alpha, x, 0), **({} if alpha == 1 else {"alpha": alpha}))
    for bias, most in ((0.0, 0.5), (0.2, 0.8), (-0.3, 0.25)):
        far_from(x, (most, -most))
        put("Shrink", numpy.where(x < -most, x + bias, numpy.where(x > most, x - bias, 0)), bias=bias, lambd=most)
    far_from(x, (-0.5, 0.5))
    put("Shrink", numpy.where(numpy.abs(x) > 0.5, x, 0))
    slope = net.weights(2, 1, 1)
    net.collect(net.op("PRelu", [v, slope], numpy.where(x > 0, x, slope.x * x)))
    slope = net.constant(numpy.array([0.3]))
    net.collect(net.op("PRelu", [v, slope], numpy.where(x > 0, x, 0.3 * x)))
    if opset >= 12:
        for alpha in (1.0, 0.6):
            put("Celu", numpy.maximum(x, 0) + numpy.minimum(0, alpha * (numpy.exp(x / alpha) - 1)),
                **({} if alpha == 1 else {"alpha": alpha}))
    if opset >= 14:
        put("HardSwish", x * numpy.clip(x / 6 + 0.5, 0, 1))
    if opset >= 18:
        put("Mish", x * numpy.tanh(soft))
    if opset >= 20:
        put("Gelu", 0.5 * x * (1 + erf(x / math.sqrt(2))))
        put("Gelu", 0.5 * x * (1 + numpy.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))), approximate="tanh")
    if opset >= 24:
        put("Swish", x * sigmoid)
        put("Swish", x / (1 + numpy.exp(-1.7 * x)), alpha=1.7)
    return net


def softmaxes(opset):
    """Softmax, LogSoftmax and Hardmax over one axis, and, before opset 13, over all axes from one on."""
    net = Net("softmaxes", opset, (2, 3, 4))
    v = net.conv(net.image, 3, 2)
    picture = net.op("Mul", [v, net.constant(2.0)], v.x * 2)
    tokens = net.transpose(net.reshape(picture, 1, 3, 6), 0, 2, 1)
    vector = net.reshape(picture, 1, 18)
    for v, axes in ((picture, (1, 2, -1, None)), (tokens, (1, -1)), (vector, (-1, None))):
        for axis in axes:
            at = (1 if opset < 13 else -1) if axis is None else axis
            over = tuple(range(at % v.x.ndim, v.x.ndim)) if opset < 13 else (at % v.x.ndim,)
            attributes = {} if axis is None else {"axis": axis}
            result = softmax(v.x, over)
            net.collect(net.op("Softmax", [v], result, **attributes))
            net.collect(net.op("LogSoftmax", [v], numpy.log(result), **attributes))
            net.collect(net.op("Hardmax", [v], (v.x == v.x.max(axis=over, keepdims=True)).astype(float), **attributes))
    return net


# ---- norms -------------------------------------------------------------------------------------------------------------------

def normalised(x, axes, eps):
    return (x - x.mean(axis=axes, keepdims=True)) / numpy.sqrt(x.var(axis=axes, keepdims=True) + eps)


def last_axes_norms(net, forms):
    """LayerNormalization and RMSNormalization over the axes from one on, with and without scale and shift."""
    for i, (v, axis) in enumerate(forms):
        axes = tuple(range(axis % v.x.ndim, v.x.ndim))
        shape = [v.x.shape[a] for a in axes]
        scale, shift = net.weights(*shape, shift=1), net.weights(*shape)
        if net.opset >= 23 or i < 4:
            result = normalised(v.x, axes, 1e-5 if i % 2 else 0.02) * scale.x
            more = {} if i % 2 else {"epsilon": 0.02}
            net.collect(net.op("LayerNormalization", [v, scale, shift], result + shift.x, axis=axis, **more))
            net.collect(net.op("LayerNormalization", [v, scale], result, axis=axis, **more))
        if net.opset >= 23:
            result = v.x / numpy.sqrt((v.x**2).mean(axis=axes, keepdims=True) + (1e-5 if i % 2 else 0.1)) * scale.x
            net.collect(net.op("RMSNormalization", [v, scale], result, axis=axis, **({} if i % 2 else {"epsilon": 0.1})))


def older_norms(net, v, tokens, sequence):
    x = v.x
    for w, axis, p in ((v, 1, 1), (v, 1, 2), (v, -1, 2), (v, 2, 1), (tokens, -1, 2), (tokens, 1, 1)):
        size = numpy.abs(w.x).sum(axis, keepdims=True) if p == 1 else numpy.sqrt((w.x**2).sum(axis, keepdims=True))
        net.collect(net.op("LpNormalization", [w], w.x / size, axis=axis, p=p))
    net.collect(net.op("LpNormalization", [v], x / numpy.sqrt((x**2).sum(-1, keepdims=True))))
    for axes in ([0, 2, 3], [1], [-1], [1, 2, 3]):
        result = (x - x.mean(axis=tuple(axes), keepdims=True)) / x.std(axis=tuple(axes), keepdims=True)
        net.collect(net.op("MeanVarianceNormalization", [v], result, **({} if len(axes) == 3 and axes[0] == 0 else {"axes": axes})))
    for w in (v, sequence):
        channels = w.x.shape[1]
        s, t = net.weights(channels, shift=1), net.weights(channels)
        column = (1, channels) + (1,) * (w.x.ndim - 2)
        result = normalised(w.x, tuple(range(2, w.x.ndim)), 0.003) * s.x.reshape(column) + t.x.reshape(column)
        net.collect(net.op("InstanceNormalization", [w, s, t], result, epsilon=0.003))
        mean, variance = net.weights(channels), net.constant(net.random.rand(channels) + 0.5)
        result = (w.x - mean.x.reshape(column)) / numpy.sqrt(variance.x.reshape(column) + 1e-5)
        net.collect(net.op("BatchNormalization", [w, s, t, mean, variance], result * s.x.reshape(column) + t.x.reshape(column)))
    around = numpy.stack([(x[:, max(0, c - 1):c + 2]**2).sum(1) for c in range(6)], 1)
    net.collect(net.op("LRN", [v], x / (1.5 + 0.6 / 3 * around)**0.8, size=3, alpha=0.6, beta=0.8, bias=1.5))


def response_norms(net, forms):
    """Global response norms: of channels first and last, with both constants, one and none."""
    for k, (v, rows, channels) in enumerate(forms):
        column = [1] * v.x.ndim
        column[channels] = v.x.shape[channels]
        gamma, beta = net.weights(*column), net.weights(*column)
        length = net.listed("ReduceL2", [v], numpy.sqrt((v.x ** 2).sum(axis=rows, keepdims=True)), 1, 18, axes=rows)
        mean = net.listed("ReduceMean", [length], length.x.mean(axis=channels, keepdims=True), 1, 18, axes=(channels,))
        below = mean if k == 2 else net.op("Add", [mean, net.constant(numpy.float32(1e-3))], mean.x + numpy.float32(1e-3))
        share = net.op("Div", [length, below], length.x / below.x)
        product = net.op("Mul", [v, share] if k % 2 == 0 else [share, v], v.x * share.x)
        if k != 2:
            product = net.op("Mul", [gamma, product], gamma.x * product.x)
        if k == 0:
            product = net.op("Add", [beta, product], beta.x + product.x)
        net.collect(net.op("Add", [product, v], product.x + v.x))


def norms(opset):
    """Norms over channels, groups, positions and any axes."""
    net = Net("norms", opset, (2, 3, 4))
    v = net.conv(net.image, 6, 2)
    tokens = net.transpose(net.reshape(v, 1, 6, 6), 0, 2, 1)
    sequence, last = net.reshape(v, 2, 3, 6), net.transpose(v, 0, 2, 3, 1)
    if opset in (17, 23):
        last_axes_norms(net, ((v, 1), (v, -1), (v, 2), (tokens, -1), (tokens, 1), (last, 3), (last, -2), (net.reshape(v, 1, 36), -1)))
    if opset in (17, 23):
        response_norms(net, ((v, (2, 3), 1), (last, (1, 2), 3), (v, (3, 2), 1), (tokens, (1,), 2)))
    if opset < 13:
        older_norms(net, v, tokens, sequence)
    for w, groups in ((v, 2), (v, 6), (v, 1), (sequence, 3)) if opset >= 18 else ():
        channels, count = w.x.shape[1], groups if opset < 21 else w.x.shape[1]
        s, t = net.weights(count, shift=1), net.weights(count)
        parts = w.x.reshape(w.x.shape[0], groups, -1)
        result = normalised(parts, (2,), 1e-5).reshape(w.x.shape)
        column = (1, channels) + (1,) * (w.x.ndim - 2)
        result = result * numpy.repeat(s.x, channels // count).reshape(column) + numpy.repeat(t.x, channels // count).reshape(column)
        net.collect(net.op("GroupNormalization", [w, s, t], result, num_groups=groups))
    return net


# ---- integers ----------------------------------------------------------------------------------------------------------------

def integers(opset):
    """quantize_dynamic: the numbers are those without the rounding of activations, which is left out; weights of 8 bits."""
    net = Net("integers", opset, (3, 4, 5))

    def quantized(v):
        return net.op("DynamicQuantizeLinear", [v], v.x, numpy.array(1.0), numpy.array(0))

    def product(op, v, weight, zero, scale, axis, result, **attributes):
        """Result is the product with the weight that is dequantised but for its scale."""
        y, by, nought = quantized(v)
        made = net.op(op, [y, net.constant(weight, numpy.int8), nought, net.constant(zero, numpy.int8)], result, **attributes)
        whole = net.op("Cast", [made], result, to=1)
        return net.op("Mul", [whole, net.op("Mul", [by, net.constant(scale)], scale)], result * scale)

    def drawn(*shape):
        return net.random.randint(-128, 128, shape).astype(numpy.int8)

    for groups, zero in ((1, numpy.int8(0)), (3, numpy.int8(7)), (1, net.random.randint(-9, 9, 6).astype(numpy.int8))):
        w = drawn(6, 3 // groups, 2, 2)
        by = numpy.float32(0.004)
        without = w.astype(float) - numpy.asarray(zero, float).reshape(-1, 1, 1, 1)
        result = convolve(net.image.x, without, None, (1, 1), [0] * 4, (1, 1), groups)
        last = product("ConvInteger", net.image, w, zero, by, 0, result, group=groups)
        net.collect(last)
    tokens = net.transpose(net.reshape(last, 1, 6, 12), 0, 2, 1)
    for zero in (numpy.int8(-3), net.random.randint(-9, 9, 5).astype(numpy.int8)):
        w = drawn(6, 5)
        net.collect(product("MatMulInteger", tokens, w, zero, numpy.float32(0.01), 1, tokens.x @ (w.astype(float) - zero)))
    for shape, axis in (((), None), ((6,), 0), ((3,), 1), ((2,), -1)):
        w, scale = drawn(6, 3, 2, 2), net.weights(*shape, scale=0.001, shift=0.01)
        zero = net.constant(net.random.randint(-5, 6, shape).astype(numpy.int8), numpy.int8)
        column = [1] * 4 if axis is None else [n if i == axis % 4 else 1 for i, n in enumerate(w.shape)]
        numbers = (w.astype(float) - zero.x.reshape(column)) * scale.x.reshape(column)
        float_weight = net.op("DequantizeLinear", [net.constant(w, numpy.int8), scale, zero], numbers, **({} if axis in (None, 1) else {"axis": axis}))
        net.collect(net.op("Conv", [net.image, float_weight], convolve(net.image.x, numbers, None, (1, 1), [0] * 4, (1, 1), 1)))
    return net


# ---- windows -----------------------------------------------------------------------------------------------------------------

def unlike_default(strides, dilations, groups):
    attributes = {"strides": strides} if max(strides) > 1 else {}
    attributes.update({"dilations": dilations} if max(dilations) > 1 else {})
    return {**attributes, "group": groups} if groups > 1 else attributes


def put_conv(net, v, channels, kernel, strides, pads, dilations, groups, auto=None):
    x = v.x
    w = net.weights(channels, x.shape[1] // groups, *kernel)
    b = net.weights(channels) if channels % 2 == 0 else None
    if auto is not None:
        pads = same_pads(x.shape[2:], kernel, strides, dilations, auto == "SAME_UPPER") if auto != "VALID" else [0] * 2 * len(kernel)
    more = {"pads": pads} if auto is None else {"auto_pad": auto}
    result = convolve(x, w.x, None if b is None else b.x, strides, pads, dilations, groups)
    net.collect(net.op("Conv", [v, w, b], result, **unlike_default(strides, dilations, groups), **more))


def put_transposed(net, v, channels, kernel, strides, pads, dilations, groups, more=None, shape=None, auto=None):
    x = v.x
    axes = x.ndim - 2
    w, b = net.weights(x.shape[1], channels // groups, *kernel), net.weights(channels)
    attributes = unlike_default(strides, dilations, groups)
    if more is not None:
        attributes["output_padding"] = more
    if shape is not None or auto is not None:
        sizes = shape or [n * s for n, s in zip(x.shape[2:], strides)]
        total = [s * (n - 1) + a + (k - 1) * d + 1 - o
                 for s, n, a, k, d, o in zip(strides, x.shape[2:], more or [0] * axes, kernel, dilations, sizes)]
        starts = [t // 2 if auto == "SAME_UPPER" else t - t // 2 for t in total]
        pads = starts + [t - s for t, s in zip(total, starts)]
        attributes.update({k: a for k, a in (("output_shape", shape), ("auto_pad", auto)) if a is not None})
    else:
        attributes["pads"] = pads
    result = convolve_transposed(x, w.x, b.x, strides, pads, dilations, groups, more or [0] * axes)
    net.collect(net.op("ConvTranspose", [v, w, b], result, **attributes))


def put_pool(net, v, kind, kernel, strides, pads, auto=None, **more):
    x = v.x
    if auto is not None:
        is_upper = auto == "SAME_UPPER"
        pads = same_pads(x.shape[2:], kernel, strides, [1] * len(kernel), is_upper) if auto != "VALID" else [0] * 2 * len(kernel)
    result = pool(x, kind, kernel, strides, pads, bool(more.get("ceil_mode")), bool(more.get("count_include_pad")))
    attributes = {"pads": pads} if auto is None else {"auto_pad": auto}
    net.collect(net.op(kind, [v], result, kernel_shape=kernel, strides=strides, **attributes, **more))


def sequences(opset):
    """Windows of sequences (N, C, L), also where N is larger than 1."""
    net = Net("sequences", opset, (2, 2, 9))
    v = net.conv(net.image, 4, 2)
    one = net.reshape(v, 1, 4, 8)
    two = net.reshape(v, 2, 2, 8)
    turned = net.transpose(net.reshape(v, 1, 4, 8), 0, 2, 1)
    for s in (one, two, turned):
        c = s.x.shape[1]
        put_conv(net, s, 2, [3], [2], [2, 0], [1], 2)
        put_conv(net, s, 1, [2], [1], [0, 1], [3 if s.x.shape[2] > 4 else 1], 1)
        put_conv(net, s, 1, [4], [3], [], [1], 1, "SAME_LOWER")
        put_conv(net, s, 1, [4], [3], [], [1], 1, "SAME_UPPER")
        put_transposed(net, s, 2, [3], [2], [1, 0], [1], 2, [1])
        put_pool(net, s, "MaxPool", [3], [2], [1, 0])
        put_pool(net, s, "MaxPool", [2], [2], [], "SAME_LOWER")
        put_pool(net, s, "AveragePool", [3], [2], [0, 2])
        put_pool(net, s, "AveragePool", [3], [2], [1, 1], count_include_pad=1)
        if opset >= 10:
            put_pool(net, s, "MaxPool", [3], [2], [0, 0], ceil_mode=1)
            put_pool(net, s, "AveragePool", [3], [2], [1, 0], ceil_mode=1)
        net.collect(net.op("GlobalAveragePool", [s], s.x.mean(2, keepdims=True)))
        net.collect(net.op("GlobalMaxPool", [s], s.x.max(2, keepdims=True)))
    return net


def batches(opset):
    """Windows of a picture whose channels are a batch of pictures."""
    net = Net("batches", opset, (2, 4, 6))
    v = net.conv(net.image, 6, 2)
    for s in (net.reshape(v, 2, 3, 3, 5), net.reshape(v, 3, 2, 3, 5)):
        c = s.x.shape[1]
        put_conv(net, s, 2 * c, [3, 2], [1, 2], [1, 0, 0, 1], [1, 1], c)
        put_conv(net, s, 3, [2, 2], [2, 1], [], [1, 2], 1, "SAME_UPPER")
        put_transposed(net, s, 2, [2, 3], [2, 1], [0, 1, 1, 0], [1, 1], 1)
        put_pool(net, s, "MaxPool", [2, 3], [1, 2], [1, 0, 0, 1])
        put_pool(net, s, "AveragePool", [2, 3], [2, 1], [0, 1, 1, 1])
        net.collect(net.op("GlobalAveragePool", [s], s.x.mean((2, 3), keepdims=True)))
        net.collect(net.op("GlobalMaxPool", [s], s.x.max((2, 3), keepdims=True)))
    five = net.reshape(v, 1, 6, 3, 1, 5)
    net.collect(net.op("GlobalAveragePool", [five], five.x.mean((2, 3, 4), keepdims=True)))
    net.collect(net.op("GlobalMaxPool", [five], five.x.max((2, 3, 4), keepdims=True)))
    return net


def pools(opset):
    """Convolutions and pools of a picture whose sizes their strides do not divide."""
    net = Net("pools", opset, (2, 5, 6))
    v = net.conv(net.image, 4, 2)
    for auto in ("SAME_UPPER", "SAME_LOWER", "VALID"):
        put_conv(net, v, 2, [3, 2], [2, 3], [], [1, 1], 2, auto)
        put_conv(net, v, 1, [2, 3], [1, 2], [], [2, 1], 1, auto)
        put_pool(net, v, "MaxPool", [2, 3], [1, 2], [], auto)
        put_pool(net, v, "AveragePool", [3, 2], [2, 2], [], auto)
    for kind in ("MaxPool", "AveragePool"):
        put_pool(net, v, kind, [3, 2], [2, 3], [1, 0, 2, 1])
        if opset >= 10:
            put_pool(net, v, kind, [2, 3], [3, 2], [0, 1, 1, 1], ceil_mode=1)
            put_pool(net, v, kind, [3, 2], [2, 2], [0, 0, 0, 0], ceil_mode=1)
    put_pool(net, v, "AveragePool", [3, 3], [2, 2], [1, 2, 1, 0], count_include_pad=1)
    if opset >= 10:
        put_pool(net, v, "AveragePool", [3, 3], [2, 3], [1, 1, 1, 1], count_include_pad=1, ceil_mode=1)
    return net


def transposed(opset):
    """Transposed convolutions whose size is said by output_shape or auto_pad; groups, dilations, more outputs."""
    net = Net("transposed", opset, (2, 3, 4))
    v = net.conv(net.image, 4, 2)
    put_transposed(net, v, 2, [3, 3], [2, 3], [1, 0, 0, 1], [1, 1], 2)
    put_transposed(net, v, 1, [2, 3], [3, 2], [0, 1, 0, 1], [2, 1], 1, [2, 1])
    put_transposed(net, v, 4, [3, 2], [1, 2], [], [1, 1], 4, shape=[3, 5])
    put_transposed(net, v, 1, [4, 4], [2, 2], [], [1, 1], 1, shape=[3, 5])
    put_transposed(net, v, 1, [3, 3], [2, 2], [], [1, 1], 1, shape=[6, 8])  # a row and a column behind the last window
    put_transposed(net, v, 2, [3, 4], [2, 1], [], [1, 2], 2, shape=[3, 4], auto="SAME_UPPER")
    put_transposed(net, v, 1, [3, 4], [2, 3], [], [1, 1], 1, auto="SAME_UPPER")
    put_transposed(net, v, 1, [3, 4], [2, 3], [], [1, 1], 1, auto="SAME_LOWER")
    put_transposed(net, v, 1, [4, 3], [2, 2], [], [1, 1], 1, [1, 0], auto="SAME_LOWER")
    return net


# ---- sizes -------------------------------------------------------------------------------------------------------------------

def put_resize(net, v, factors, mode, way, sizes=False, axes=None, rounding="round_prefer_floor", cubic=-0.75, excludes=False):
    """Resize of opset 10 (scales only), 11 and later; the axes are named from opset 18 on."""
    x, scales = v.x, numpy.array(factors, numpy.float32).astype(numpy.float64)
    over = axes if axes is not None else list(range(x.ndim))
    news = [math.floor(x.shape[a] * s) for a, s in zip(over, scales)]
    for a, n, s in zip(over, news, scales):
        if n != x.shape[a] or (s != 1 and not sizes):
            x = resize_axis(x, a, n / x.shape[a] if sizes else s, n, mode, way, rounding, cubic, excludes)
    attributes = {"mode": mode}
    if net.opset >= 11:
        attributes["coordinate_transformation_mode"] = way
        attributes.update({"nearest_mode": rounding} if mode == "nearest" else {})
        attributes.update({"cubic_coeff_a": cubic, "exclude_outside": int(excludes)} if mode == "cubic" else {})
        attributes.update({"axes": axes} if axes is not None else {})
    given = net.constant(numpy.array(news, numpy.int64)) if sizes else net.constant(scales)
    inputs = [v, given] if net.opset < 11 else [v, None, None, given] if sizes else [v, None, given]
    if 11 <= net.opset < 13:  # empty tensors stand for inputs that are left out
        none = net.constant(numpy.zeros(0))
        inputs = [v, none, none, given] if sizes else [v, none, given]
    net.collect(net.op("Resize" if net.opset >= 10 else "Upsample", inputs, x, **attributes))


def sizes(opset):
    """Resize by nearest with every rounding, linear and cubic, in the coordinates of each."""
    net = Net("sizes", opset, (2, 3, 4))
    v, one = net.conv(net.image, 2), net.conv(net.image, 1)
    if opset < 11:
        put_resize(net, v, (1, 1, 2, 3), "nearest", "asymmetric", rounding="floor") if opset < 10 else None
        put_resize(net, v, (1, 1, 2, 3), "linear", "asymmetric")
        put_resize(net, v, (1, 1, 1.5, 1), "linear", "asymmetric")
        return net
    for way in ("half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel") if opset < 18 else ("half_pixel_symmetric",):
        by_size = way == "align_corners"
        for rounding in ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil"):
            if way in ("half_pixel", "asymmetric"):
                put_resize(net, one, (1, 1, 1.75, 0.5), "nearest", way, rounding=rounding)
            else:
                put_resize(net, one, (1, 1, 0.7, 1.5), "nearest", way, True, rounding=rounding)
        put_resize(net, v, (1, 1, 2, 3), "nearest", way, by_size)
        for factors in ((1, 1, 2, 3), (1, 1, 1.3, 1), (1, 1, 0.75, 1.7), (1, 1, 0.34, 2)):
            put_resize(net, one, factors, "linear", way, by_size or factors[3] == 1.7)
            if not by_size and factors[3] != 3:
                put_resize(net, one, factors, "cubic", way, factors[3] == 1.7)
        if not by_size:
            put_resize(net, v, (1, 1, 2, 1.6), "cubic", way, cubic=-0.5, excludes=True)
    tokens = net.transpose(net.reshape(v, 1, 2, 12), 0, 2, 1)
    put_resize(net, tokens, (1, 0.6, 1), "linear", "half_pixel", True)
    put_resize(net, tokens, (1, 1, 3), "nearest", "asymmetric", True, rounding="floor")
    put_resize(net, v, (1, 2, 1, 1), "linear", "half_pixel", True)
    if opset >= 18:
        put_resize(net, v, (2, 1.5), "linear", "half_pixel", axes=[3, 2])
        put_resize(net, v, (3,), "nearest", "half_pixel", axes=[-2], rounding="ceil")
        put_resize(net, v, (0.5, 2), "cubic", "half_pixel", True, axes=[-1, 1])
    return net


FAMILIES = {reductions: (11, 13, 18), functions: (13,), activations: (9, 24), softmaxes: (11, 13), norms: (11, 17, 18, 23), integers: (13, 21),
            sequences: (11,), batches: (11,), pools: (11,), transposed: (11,), sizes: (9, 10, 11, 19), **operator_parts.FAMILIES, **operator_inputs.FAMILIES}

if __name__ == "__main__":
    os.makedirs(FOLDER, exist_ok=True)
    for family, opsets in FAMILIES.items():
        for one in opsets if len(sys.argv) == 1 or family.__name__ in sys.argv[1:] else ():
            made = family(one)
            print(f"{made.name}: {made.write()} numbers", flush=True)
