"""The families of make_operators.py that move, choose and combine numbers: parts, pads, sums, comparisons, products, attention, losses."""
import math

import numpy

from operator_net import Net, far_from, softmax

LAST = numpy.iinfo(numpy.int64).max
FIRST = numpy.iinfo(numpy.int64).min


def integers(net, *numbers):
    return net.constant(numpy.array(numbers, numpy.int64))


def picture_and_others(net, channels=3, kernel=2):
    """A convolution of the picture, and its numbers as tokens and as a vector."""
    v = net.conv(net.image, channels, kernel)
    count = v.x.shape[2] * v.x.shape[3]
    return v, net.transpose(net.reshape(v, 1, channels, count), 0, 2, 1), net.reshape(v, 1, channels * count)


# ---- parts -------------------------------------------------------------------------------------------------------------------

def parts(opset):
    """Slices with steps in both directions and ends outside, uneven splits, picks in any order and of any rank."""
    net = Net("parts", opset, (2, 4, 6))
    v, tokens, vector = picture_and_others(net, 4)

    def cut(w, **spans):
        axes = [int(k[1:]) if k[0] == "a" else -int(k[1:]) for k in spans]
        index = [slice(None)] * w.x.ndim
        for axis, (start, end, step) in zip(axes, spans.values()):
            ends = [None if n in (LAST, FIRST) else n for n in (start, end)]
            index[axis] = slice(*ends, step)
        starts, ends, steps = zip(*spans.values())
        if opset < 10:
            assert set(steps) == {1}
            net.collect(net.op("Slice", [w], w.x[tuple(index)], axes=axes, starts=starts, ends=ends))
        else:
            net.collect(net.op("Slice", [w, integers(net, *starts), integers(net, *ends), integers(net, *axes), integers(net, *steps)],
                               w.x[tuple(index)]))

    cut(v, a1=(1, 3, 1))
    cut(v, a2=(-3, LAST, 1), m1=(1, 100, 1))
    cut(v, a1=(-2, -1, 1), a3=(0, -2, 1))
    cut(tokens, a1=(3, -4, 1), a2=(1, 4, 1))
    cut(vector, m1=(5, 60, 1))
    if opset >= 10:
        cut(v, a2=(LAST, FIRST, -1))
        cut(v, a1=(-1, FIRST, -1), m1=(1, LAST, 2))
        cut(v, a3=(4, 0, -2), a2=(1, LAST, 2))
        cut(v, a1=(0, LAST, 3))
        cut(v, m2=(50, -50, -3))
        cut(tokens, a1=(-2, 2, -3))
        cut(tokens, a1=(2, LAST, 5), m1=(3, 0, -1))
        cut(vector, a1=(80, 3, -7))
        cut(vector, a1=(3, 80, 7))

    for w, axis, sizes in ((v, 1, (1, 3)), (v, -1, (1, 3, 1)), (v, 2, (2, 1)), (tokens, 1, (5, 7, 3)), (tokens, -1, (3, 1)),
                           (vector, 1, (10, 49, 1))):
        pieces = numpy.split(w.x, numpy.cumsum(sizes)[:-1], axis)
        made = split(net, w, axis, sizes, pieces)
        for piece in made[1:] if axis == 1 else made[:1]:
            net.collect(piece)
    halves = numpy.split(v.x, 2, 1)
    for piece in net.op("Split", [v], *halves, axis=1, **({"num_outputs": 2} if opset >= 18 else {})):
        net.collect(piece)

    if opset < 11:
        return net
    for w, axis, indices in ((v, 1, [2, 0, 3, 3, -2]), (v, 2, [2, 0]), (v, -1, [-1, 0, 0, 4, 2]), (v, -1, [[0, 3], [4, 1]]),
                             (v, 1, 2), (v, -2, -1), (v, 3, [1, 2, 3]), (v, 1, [[1, 2]]), (tokens, 1, [11, 3, 3, -5]),
                             (tokens, 2, [3, 1]), (tokens, 1, 0), (tokens, 1, [[4, 2, 7], [0, 1, 1]]), (vector, 1, [59, 4, 50, -60])):
        indices = numpy.array(indices, numpy.int64)
        net.collect(net.op("Gather", [w, net.constant(indices)], numpy.take(w.x, indices, axis), axis=axis))
    return net


def split(net, w, axis, sizes, pieces):
    if net.opset < 13:
        return net.op("Split", [w], *pieces, axis=axis, split=sizes)
    return net.op("Split", [w, integers(net, *sizes)], *pieces, axis=axis)


def pad_axis(x, axis, before, after, mode, number):
    """One axis, longer on both sides: every place is one of the numbers within, or a number of its own."""
    n = x.shape[axis]
    turns = list(range(n)) + list(range(n - 2, 0, -1))
    found = {"constant": lambda i: i if 0 <= i < n else None, "edge": lambda i: min(max(i, 0), n - 1), "wrap": lambda i: i % n,
             "reflect": lambda i: turns[i % len(turns)]}[mode]
    places = [found(i) for i in range(-before, n + after)]
    lines = [numpy.full_like(numpy.take(x, 0, axis), number) if i is None else numpy.take(x, i, axis) for i in places]
    return numpy.stack(lines, axis)


def pads(opset):
    """Pads of all modes, along any axes, also negative ones."""
    net = Net("pads", opset, (2, 3, 4))
    v, tokens, vector = picture_and_others(net)

    def pad(w, amounts, mode="constant", number=None, axes=None):
        over = axes if axes is not None else range(w.x.ndim)
        result = w.x
        for a, before, after in zip(over, amounts[:len(amounts) // 2], amounts[len(amounts) // 2:]):
            n = result.shape[a]
            result = numpy.take(result, range(max(0, -before), n - max(0, -after)), a)
            result = pad_axis(result, a, max(0, before), max(0, after), mode, number or 0)
        more = {} if mode == "constant" else {"mode": mode}
        if opset < 11:
            more.update({} if number is None else {"value": number})
            net.collect(net.op("Pad", [w], result, pads=amounts, **more))
            return
        filling = None if number is None else net.constant(numpy.float32(number))
        inputs = [w, integers(net, *amounts), filling, None if axes is None else integers(net, *axes)]
        net.collect(net.op("Pad", inputs, result, **more))

    pad(v, [0, 0, 1, 2, 0, 0, 0, 1])
    pad(v, [0, 0, 1, 0, 0, 0, 2, 1], number=-0.75)
    pad(v, [0, 1, 0, 0, 0, 2, 0, 0])
    pad(v, [0, 0, -1, 2, 0, 0, 0, -2])
    pad(v, [0, 0, 1, 2, 0, 0, 3, 1], "reflect")
    pad(v, [0, 1, 2, 0, 0, 0, 0, 4], "edge")
    pad(v, [0, 2, 0, 0, 0, 1, 0, 0], "reflect")
    pad(tokens, [0, 2, 0, 0, 1, 3])
    pad(tokens, [0, 3, 1, 0, 4, 0], "reflect")
    pad(tokens, [0, 0, 2, 0, 2, 1], "edge")
    pad(vector, [0, 3, 0, 5])
    pad(vector, [0, 3, 0, -8], "edge")
    if opset >= 18:
        pad(v, [1, 2, 0, 3], axes=[3, 2])
        pad(v, [2, 1, 1, 0], "reflect", axes=[-1, 1])
        pad(tokens, [1, 2], "edge", axes=[-2])
    if opset >= 19:
        pad(v, [0, 0, 3, 1, 0, 0, 2, 4], "wrap")
        pad(tokens, [2, 1], "wrap", axes=[2])
    return net


def shapes(opset):
    """Depth and space, stretches, axes that come and go, flattening, joining."""
    net = Net("shapes", opset, (2, 3, 4))
    v, tokens, vector = picture_and_others(net, 8)
    n, c, h, w = v.x.shape
    x = v.x.reshape(n, 2, 2, c // 4, h, w).transpose(0, 3, 4, 1, 5, 2).reshape(n, c // 4, 2 * h, 2 * w)
    net.collect(net.op("DepthToSpace", [v], x, blocksize=2))
    if opset >= 11:
        net.collect(net.op("DepthToSpace", [v], x, blocksize=2, mode="DCR"))
        x = v.x.reshape(n, c // 4, 2, 2, h, w).transpose(0, 1, 4, 2, 5, 3).reshape(n, c // 4, 2 * h, 2 * w)
        net.collect(net.op("DepthToSpace", [v], x, blocksize=2, mode="CRD"))
    few = net.reshape(vector, 1, 4, 2, 6)
    x = few.x.reshape(1, 4, 1, 2, 3, 2).transpose(0, 3, 5, 1, 2, 4).reshape(1, 16, 1, 3)
    net.collect(net.op("SpaceToDepth", [few], x, blocksize=2))
    for order in ((0, 2, 3, 1), (0, 1, 3, 2), (0, 3, 1, 2), (3, 0, 2, 1)):
        net.collect(net.op("Transpose", [few], few.x.transpose(order), perm=order)) if opset >= 11 else None
    net.collect(net.op("Transpose", [tokens], tokens.x.transpose()))
    for axis in (0, 2, -1) if opset >= 11 else (1, 3):
        at = axis % 4
        net.collect(net.op("Flatten", [v], v.x.reshape(math.prod(v.x.shape[:at]), -1), axis=axis))
    mean = net.op("GlobalAveragePool", [v], v.x.mean((2, 3), keepdims=True))
    flat = net.listed("Squeeze", [mean], mean.x[0, :, 0, 0], 1, 13, axes=[0, -1, 2] if opset >= 11 else [0, 2, 3])
    net.collect(net.listed("Unsqueeze", [flat], flat.x[None, :, None], 1, 13, axes=[0, 2]))
    if opset < 13:
        return net
    for w, axis in ((v, 1), (v, 2), (v, 3), (tokens, 1), (tokens, 2)):
        more = net.op("Neg", [w], -w.x)
        joined = numpy.concatenate([more.x, w.x], axis)
        net.collect(net.op("Concat", [more, w], joined, axis=axis - (w.x.ndim if axis == 2 else 0)))
    extra = net.weights(1, 8, 1, 3)
    net.collect(net.op("Concat", [v, extra], numpy.concatenate([v.x, extra.x], 2), axis=2))
    extra = net.weights(1, 3, 2, 3)
    net.collect(net.op("Concat", [extra, v], numpy.concatenate([extra.x, v.x], 1), axis=1))
    return net


def stretches(opset):
    """Expand: axes of size 1 of channels, rows, columns and tokens, and new axes in front."""
    net = Net("stretches", opset, (2, 4, 5))
    v, tokens, vector = picture_and_others(net)
    mean = net.op("GlobalAveragePool", [v], v.x.mean((2, 3), keepdims=True))
    rows = net.listed("ReduceMax", [v], v.x.max(3, keepdims=True), 1, 18, axes=[3])
    one = net.listed("ReduceMax", [v], v.x.max(1, keepdims=True), 1, 18, axes=[1])
    token = net.listed("ReduceMax", [tokens], tokens.x.max(1, keepdims=True), 1, 18, axes=[1])
    for w, shape in ((mean, (1, 3, 2, 5)), (rows, (1, 3, 3, 4)), (one, (1, 5, 3, 4)), (mean, (2, 1)), (token, (1, 4, 1)),
                     (token, (4, 3)), (vector, (2, 1, 36)), (v, (1, 1, 1, 1)), (v, (3, 1, 4))):
        net.collect(net.op("Expand", [w, integers(net, *shape)], w.x * numpy.ones(shape)))
    return net


# ---- sums, products, choices -------------------------------------------------------------------------------------------------

def sums(opset):
    """Sum, Mean, Add, Sub, Mul, Div with constants and with values of smaller shapes, on either side."""
    net = Net("sums", opset, (2, 3, 4))
    v, tokens, vector = picture_and_others(net)
    other = net.conv(net.image, 3, 2)
    mean = net.op("GlobalAveragePool", [v], v.x.mean((2, 3), keepdims=True))
    one = net.listed("ReduceMax", [v], v.x.max(1, keepdims=True), 1, 18, axes=[1])
    column = net.listed("ReduceMax", [v], v.x.max(3, keepdims=True), 1, 18, axes=[-1])
    token = net.listed("ReduceMax", [tokens], tokens.x.max(2, keepdims=True), 1, 18, axes=[2])
    shapes = ((v, ((), (3, 1, 1), (3,), (2, 1), (1, 1, 2, 3), (1, 3, 2, 3), (3, 2, 1), (1,))), (tokens, ((3,), (6, 1), (1, 6, 3))),
              (vector, ((18,), (1,))), (mean, ((2, 4), (1, 1, 2, 1))), (one, ((5, 1, 1), (2, 3))),
              (column, ((4,),)), (token, ((3,), (2, 1, 1))))
    for w, sets in shapes:
        for shape in sets:
            c = net.constant(net.random.rand(*shape) + 0.5)
            net.collect(net.op("Sub", [c, w], c.x - w.x))
            net.collect(net.op("Mul", [c, w], c.x * w.x) if len(shape) % 2 else net.op("Div", [w, c], w.x / c.x))
            if len(shape) > 2:
                net.collect(net.op("Add", [w, c], w.x + c.x))
    for a, b in ((v, other), (v, mean), (one, v), (v, column), (column, one), (mean, one), (tokens, token), (token, tokens)):
        net.collect(net.op("Add", [a, b], a.x + b.x))
        net.collect(net.op("Sub", [a, b], a.x - b.x))
    c = net.weights(2, 1)
    net.collect(net.op("Sum", [v, other, one, v], 2 * v.x + other.x + one.x))
    net.collect(net.op("Sum", [v], v.x))
    net.collect(net.op("Sum", [c, v, mean], v.x + c.x + mean.x))
    net.collect(net.op("Mean", [v, other, mean], (v.x + other.x + mean.x) / 3))
    net.collect(net.op("Mean", [c, v], (v.x + c.x) / 2))
    gate = net.op("Sigmoid", [other], 1 / (1 + numpy.exp(-other.x)))
    net.collect(net.op("Div", [v, gate], v.x / gate.x))
    c = net.weights(3, 1, 3)
    net.collect(net.op("Div", [c, gate], c.x / gate.x))
    small = net.op("Exp", [one], numpy.exp(one.x))
    net.collect(net.op("Div", [v, small], v.x / small.x))
    net.collect(net.op("Mul", [v, v], v.x * v.x))
    net.collect(net.op("Mul", [one, v], one.x * v.x))
    net.collect(net.op("Mul", [v, column], v.x * column.x))
    net.collect(net.op("Mul", [token, tokens], token.x * tokens.x))
    return net


def choices(opset):
    """Comparisons with one number, Where by constants and by comparisons, Max and Min with numbers."""
    net = Net("choices", opset, (1, 3, 4), lambda random, shape: random.randint(-8, 9, shape) / 4.0)
    v, tokens, _ = picture_and_others(net)
    image, other = net.image, net.conv(net.image, 3, 2)
    forms = ["Less", "Greater"] + (["LessOrEqual", "GreaterOrEqual"] if opset >= 12 else [])
    compare = {"Less": numpy.less, "Greater": numpy.greater, "LessOrEqual": numpy.less_equal, "GreaterOrEqual": numpy.greater_equal}
    for kind in forms:
        for w, bound in ((image, 0.25), (image, 0.0), (tokens, -0.1)) if kind != "Less" else ((image, -0.5), (v, 0.2)):
            if w is not image:
                far_from(w.x, bound)
            test = net.op(kind, [w, net.constant(bound)], compare[kind](w.x, bound))
            net.collect(net.op("Cast", [test], test.x.astype(float), to=1))
            c, d = net.weights(w.x.shape[-1]), net.constant(-0.6)
            more = net.op("Sin", [w], numpy.sin(w.x))
            net.collect(net.op("Where", [test, w, d], numpy.where(test.x, w.x, d.x)))
            net.collect(net.op("Where", [test, c, w], numpy.where(test.x, c.x, w.x)))
            net.collect(net.op("Where", [test, more, w], numpy.where(test.x, more.x, w.x)))
    for w, shape in ((v, (1, 3, 2, 3)), (v, (2, 3)), (v, (3, 1, 1)), (tokens, (6, 1)), (tokens, (3,))):
        mask = numpy.arange(math.prod(shape)).reshape(shape) % 3 != 1
        test, c, d = net.constant(mask), net.weights(*w.x.shape[-2:]), net.constant(0.4)
        more = net.op("Exp", [w], numpy.exp(w.x))
        net.collect(net.op("Where", [test, w, c], numpy.where(mask, w.x, c.x)))
        net.collect(net.op("Where", [test, d, w], numpy.where(mask, d.x, w.x)))
        net.collect(net.op("Where", [test, w, more], numpy.where(mask, w.x, more.x)))
    net.collect(net.op("Where", [net.constant(mask), other, v], numpy.where(mask, other.x, v.x)))
    low, high = net.constant(-0.3), net.constant(numpy.full((3, 1, 1), 0.5))
    zero = net.constant(numpy.zeros((1,)))
    for w in (v, image, tokens):
        net.collect(net.op("Max", [w, low], numpy.maximum(w.x, low.x)))
        bent, turned = net.op("Tanh", [w], numpy.tanh(w.x)), net.op("Neg", [w], -w.x)
        net.collect(net.op("Max", [bent, w, turned], numpy.maximum(numpy.maximum(bent.x, w.x), turned.x)))
        net.collect(net.op("Min", [w, bent], numpy.minimum(w.x, bent.x)))
        net.collect(net.op("Min", [low, w], numpy.minimum(w.x, low.x)))
        net.collect(net.op("Max", [zero, w], numpy.maximum(w.x, 0)))
        net.collect(net.op("Min", [w, zero], numpy.minimum(w.x, 0)))
    net.collect(net.op("Min", [v, high], numpy.minimum(v.x, 0.5)))
    net.collect(net.op("Max", [zero, v, low], numpy.maximum(v.x, 0)))
    net.collect(net.op("Min", [v], v.x))
    return net


def matrices(opset):
    """MatMul by constants on either side, also one for each batch; Gemm with its factors."""
    net = Net("matrices", opset, (2, 3, 4))
    v, tokens, vector = picture_and_others(net)
    for w, shape, is_left in ((v, (3, 5), False), (v, (3, 3, 2), False), (v, (1, 3, 3, 2), False), (v, (3, 2), True), (v, (3, 4, 2), True),
                              (tokens, (3, 4), False), (tokens, (5, 6), True), (tokens, (2, 3, 4), False), (vector, (18, 5), False)):
        m = net.weights(*shape, scale=0.4)
        result = net.op("MatMul", [m, w] if is_left else [w, m], m.x @ w.x if is_left else w.x @ m.x)
        net.collect(result)
        b = net.weights(result.x.shape[-1])
        net.collect(net.op("Add", [b, result], result.x + b.x))
    for shape, turned, alpha, beta, bias in (((18, 4), 0, 1, 1, (4,)), ((5, 18), 1, 0.3, 2, (1, 5)), ((5, 18), 1, -1.2, 0.5, ()),
                                             ((18, 3), 0, 0.7, 1, (1,)), ((18, 2), 0, 2, 1, None)):
        m, c = net.weights(*shape, scale=0.2), None if bias is None else net.weights(*bias)
        result = alpha * (vector.x @ (m.x.T if turned else m.x)) + (0 if c is None else beta * c.x)
        if c is not None or opset >= 11:
            net.collect(net.op("Gemm", [vector, m, c], result, transB=turned, alpha=float(alpha), beta=float(beta)))
    return net


def constants(opset):
    """What a file computes from constants alone is folded. Each result is added to one number of the picture."""
    net = Net("constants", opset, (1, 2, 3))
    picture = net.conv(net.image, 1)
    scalar = net.op("ReduceMax", [picture], picture.x.max(), axes=[0, 1, 2, 3], keepdims=0)
    a, b = net.weights(2, 3), net.weights(1, 3)
    i, j = integers(net, 7, -7, 8, -9), integers(net, 2, 2, -3, 4)

    def put(v):
        net.collect(net.op("Add", [scalar, v], scalar.x + v.x))

    def cast(v, kind, numbers):
        return net.op("Cast", [v], numbers, to=kind)

    def put_integers(kind, inputs, result, **attributes):
        result = numpy.asarray(result)
        put(cast(net.op(kind, inputs, result, **attributes), 1, result.astype(float)))

    for kind, compute in (("Abs", numpy.abs), ("Neg", numpy.negative), ("Exp", numpy.exp), ("Floor", numpy.floor), ("Ceil", numpy.ceil),
                          ("Sign", numpy.sign), ("Sin", numpy.sin), ("Cos", numpy.cos), ("Reciprocal", lambda x: 1 / x)):
        put(net.op(kind, [a], compute(a.x)))
    halves = net.constant(numpy.array([0.5, 1.5, -2.5, 1.4]))
    put(net.op("Round", [halves], numpy.rint(halves.x)))
    for kind, compute in (("Sub", numpy.subtract), ("Div", numpy.divide), ("Max", numpy.maximum), ("Min", numpy.minimum)):
        put(net.op(kind, [a, b], compute(a.x, b.x)))
    c = net.weights(2, 1)
    put(net.op("Max", [a, b, c], numpy.maximum(numpy.maximum(a.x, b.x), c.x)))
    put(net.op("Min", [c, a, b], numpy.minimum(numpy.minimum(a.x, b.x), c.x)))
    put(net.op("Sum", [b, c, a], a.x + b.x + c.x))
    put(net.op("Mean", [b, a, c], (a.x + b.x + c.x) / 3))
    for kind, compute in (("Div", lambda x, y: numpy.trunc(x / y)), ("Mod", numpy.mod), ("Equal", numpy.equal), ("Less", numpy.less),
                          ("GreaterOrEqual", numpy.greater_equal), ("Max", numpy.maximum)):
        put_integers(kind, [i, j], compute(i.x, j.x))
    p, q = net.constant(i.x > 0), net.constant(j.x > 0)
    for kind, compute in (("And", numpy.logical_and), ("Or", numpy.logical_or), ("Xor", numpy.logical_xor)):
        put_integers(kind, [p, q], compute(p.x, q.x))
    put_integers("Not", [p], ~p.x)
    put_integers("Where", [p, i, j], numpy.where(p.x, i.x, j.x))
    put_integers("Pow", [integers(net, 2, 3, 5), net.constant(0.5)], [1, 1, 2])
    put_integers("Range", [net.constant(numpy.array(n)) for n in (9, 1, -3)], numpy.arange(9, 1, -3))
    third = a.x.astype(numpy.float16).astype(float)
    put(cast(cast(a, 10, third), 1, third))
    bits = (a.x.astype(numpy.float32).view(numpy.uint32).astype(numpy.int64) + 0x8000) >> 16 << 16  # no number lies half-way
    short = bits.astype(numpy.uint32).view(numpy.float32).astype(float)
    put(cast(cast(a, 16, short), 1, short))
    half = [cast(v, 10, v.x.astype(float)) for v in (i, j)]
    put(cast(net.op("Div", half, half[0].x / half[1].x), 1, half[0].x / half[1].x))
    put(cast(cast(i, 9, i.x != 0), 1, (i.x != 0).astype(float)))
    put(cast(cast(halves, 9, halves.x != 0), 1, (halves.x != 0).astype(float)))
    put(cast(cast(halves, 6, numpy.trunc(halves.x)), 1, numpy.trunc(halves.x)))
    for kind, compute in (("ReduceSum", numpy.sum), ("ReduceProd", numpy.prod), ("ReduceMin", numpy.min),
                          ("ReduceL2", lambda x, axis: numpy.sqrt((x**2).sum(axis=axis))),
                          ("ReduceLogSumExp", lambda x, axis: numpy.log(numpy.exp(x).sum(axis=axis)))):
        put(net.listed(kind, [a], compute(a.x, axis=1), 1, 13 if kind == "ReduceSum" else 18, axes=[-1], keepdims=0))
    put(net.op("Slice", [a, integers(net, 2), integers(net, -9), integers(net, -1), integers(net, -2)], a.x[:, 2::-2]))
    put(net.op("Gather", [a, net.constant(numpy.array([[2, 0], [-1, 1]]))], numpy.take(a.x, [[2, 0], [-1, 1]], 1), axis=1))
    put(net.op("Concat", [a, c], numpy.concatenate([a.x, c.x], 1), axis=-1))
    put(net.op("Transpose", [a], a.x.T))
    put_integers("Shape", [net.image], net.image.x.shape[1:3], start=-3, end=-1)
    return net


# ---- attention and losses ----------------------------------------------------------------------------------------------------

def attend(q, k, v, scale=None, mask=0.0, softcap=0.0):
    """Heads (B, H, T, d); keys that are fewer are shared by neighbouring heads."""
    k, v = (numpy.repeat(a, q.shape[1] // a.shape[1], axis=1) for a in (k, v))
    scores = q @ k.transpose(0, 1, 3, 2) * (1 / math.sqrt(q.shape[-1]) if scale is None else scale)
    if softcap:
        scores = softcap * numpy.tanh(scores / softcap)
    return softmax(scores + mask, (3,)) @ v


def in_heads(x, count):
    return x.reshape(x.shape[0], x.shape[1], count, -1).transpose(0, 2, 1, 3)


def out_of_heads(x):
    return x.transpose(0, 2, 1, 3).reshape(x.shape[0], x.shape[2], -1)


def attention(opset):
    """The operator Attention: heads of three and of four axes, keys and values of the picture and constant ones, masks and its options."""
    net = Net("attention", opset, (2, 3, 4))
    v, tokens, _ = picture_and_others(net, 12)
    key, value_ = (net.transpose(net.reshape(net.conv(net.image, n, 2), 1, n, 6), 0, 2, 1) for n in (12, 6))
    hidden = numpy.where(numpy.arange(6)[None] > numpy.arange(6)[:, None], -numpy.inf, 0.0)
    mask = net.weights(6, 6)
    seen = (numpy.arange(36).reshape(6, 6) % 5 != 2)
    plain = {"q_num_heads": 3, "kv_num_heads": 3}
    q, k, w = (in_heads(a.x, 3) for a in (tokens, key, value_))

    def put(inputs, result, **attributes):
        net.collect(net.op("Attention", inputs, out_of_heads(result) if inputs[0].x.ndim == 3 else result, **attributes))

    put([tokens, key, value_], attend(q, k, w), **plain)
    put([tokens, key, value_], attend(q, k, w, scale=0.7), scale=0.7, **plain)
    put([tokens, key, value_], attend(q, k, w, mask=hidden), is_causal=1, **plain)
    put([tokens, key, value_, mask], attend(q, k, w, mask=mask.x), **plain)
    put([tokens, key, value_, mask], attend(q, k, w, mask=mask.x + hidden), is_causal=1, **plain)
    put([tokens, key, value_, net.constant(seen)], attend(q, k, w, mask=numpy.where(seen, 0, -numpy.inf)), **plain)
    each = net.weights(3, 6, 6)
    put([tokens, key, value_, each], attend(q, k, w, mask=each.x), **plain)
    four = [net.transpose(net.reshape(a, 1, 6, 3, a.x.shape[2] // 3), 0, 2, 1, 3) for a in (tokens, key, value_)]
    put(four, attend(q, k, w))
    put([*four, mask], attend(q, k, w, mask=mask.x, scale=1.3), scale=1.3)
    picture = net.reshape(v, 1, 2, 6, 6)
    put([picture, picture, picture], attend(picture.x, picture.x, picture.x))

    keys, values = net.weights(1, 5, 12), net.weights(1, 5, 6)
    k, w = in_heads(keys.x, 3), in_heads(values.x, 3)
    late = numpy.where(numpy.arange(5)[None] > numpy.arange(6)[:, None], -numpy.inf, 0.0)
    mask = net.weights(6, 5)
    put([tokens, keys, values], attend(q, k, w), **plain)
    put([tokens, keys, values], attend(q, k, w, softcap=0.8), softcap=0.8, **plain)
    put([tokens, keys, values, mask], attend(q, k, w, mask=mask.x, scale=0.3, softcap=1.5), scale=0.3, softcap=1.5, **plain)
    put([tokens, keys, values], attend(q, k, w, mask=late), is_causal=1, **plain)
    past = net.weights(1, 3, 2, 4), net.weights(1, 3, 2, 2)
    k, w = numpy.concatenate([past[0].x, k], 2), numpy.concatenate([past[1].x, w], 2)
    mask = net.weights(6, 7)
    put([tokens, keys, values, None, *past], attend(q, k, w), **plain)
    put([tokens, keys, values, mask, *past], attend(q, k, w, mask=mask.x), **plain)
    shared = net.weights(1, 2, 7, 3), net.weights(1, 2, 7, 2)
    wide = net.transpose(net.reshape(tokens, 1, 6, 4, 3), 0, 2, 1, 3)
    put([wide, *shared], attend(wide.x, shared[0].x, shared[1].x))
    flat = [net.constant(out_of_heads(s.x)) for s in shared]
    put([tokens, *flat], attend(in_heads(tokens.x, 4), shared[0].x, shared[1].x), q_num_heads=4, kv_num_heads=2)
    if opset >= 24:
        lengths = integers(net, 4)
        few = numpy.where(numpy.arange(7) < 4, 0, -numpy.inf)
        put([wide, *shared, None, None, None, lengths], attend(wide.x, shared[0].x, shared[1].x, mask=few))
    return net


def losses(opset):
    """The losses of constant classes with their reductions, weights and a class that is ignored."""
    net = Net("losses", opset, (2, 3, 4))
    v = net.conv(net.image, 5, 2)
    rows, vector = net.transpose(net.reshape(v, 5, 6), 1, 0), net.reshape(net.conv(net.image, 1, 2), 1, 6)
    weights = net.constant(net.random.rand(5) + 0.5)
    for w in (v, rows, vector):
        classes = w.x.shape[1]
        numbers = net.random.randint(0, classes, [w.x.shape[0], *w.x.shape[2:]])
        target = net.constant(numbers)
        log = numpy.log(softmax(w.x, (1,)))
        for kind, scores in (("NegativeLogLikelihoodLoss", w.x), ("SoftmaxCrossEntropyLoss", log)):
            for weighted in (False, True) if classes == 5 else (False,):
                for ignored in (None, int(numbers.flat[0])) if weighted else (None,):
                    each = (weights.x if weighted else numpy.ones(classes))[numbers] * (numbers != ignored)
                    loss = -numpy.take_along_axis(scores, numbers[:, None], 1)[:, 0] * each
                    for reduction in ("none", "sum", "mean"):
                        result = {"none": loss, "sum": loss.sum(), "mean": loss.sum() / each.sum()}[reduction]
                        more = {} if ignored is None else {"ignore_index": ignored}
                        inputs = [w, target] + ([weights] if weighted else [])
                        net.collect(net.op(kind, inputs, result, **({} if reduction == "mean" else {"reduction": reduction}), **more))
    return net


def strides(opset):
    """Channels that are evenly apart, by Gather and Slice; one half of a shuffle, as ShuffleNet's units take it."""
    net = Net("strides", opset, (12, 2, 3))
    v = net.conv(net.image, 12)
    for indices in ([0, 2, 4, 6, 8, 10], [1, 4, 7, 10], [-9, -5], [7]):
        net.collect(net.op("Gather", [v, net.constant(numpy.array(indices))], numpy.take(v.x, indices, 1), axis=1))
    one = [net.constant(numpy.array([n])) for n in (3, 11, 1, 4)]
    net.collect(net.op("Slice", [v, *one], v.x[:, 3:11:4]))
    halves = net.reshape(net.transpose(net.reshape(v, 6, 2, 6), 1, 0, 2), 2, -1, 6, 2, 3)
    for half in (0, 1):
        net.collect(net.op("Gather", [halves, net.constant(numpy.array(half))], halves.x[half], axis=0))
    return net


def experimental(opset):
    """Affine, Crop and ImageScaler as ONNX Runtime defines them, which no release of ONNX has."""
    net = Net("experimental", opset, (3, 5, 6))
    bias = [0.5, -1.25, 2.0]
    v = net.op("ImageScaler", [net.image], net.image.x * 0.75 + numpy.array(bias).reshape(1, 3, 1, 1), scale=0.75, bias=bias)
    net.collect(v)
    net.collect(net.op("Crop", [v], v.x[:, :, 2:4, 1:3], border=[1, 2, 3, 1]))
    net.collect(net.op("Crop", [v], v.x[:, :, 1:4, 2:6], border=[2, 1, 0, 0], scale=[3, 4]))
    net.collect(net.op("Affine", [v], v.x * -1.5 + 0.25, alpha=-1.5, beta=0.25))
    return net


def anchors(opset):
    """Heads of a detector on three scales, one of a single position: channels are anchors times numbers, and all anchors are put into one
    sequence; the softmax is over the numbers of each."""
    net = Net("anchors", opset, (3, 4, 6))
    heads, turned = [], []
    for side in ((4, 6), (2, 3), (1, 1)):
        kernel = [4 // side[0], 6 // side[1]]
        v = net.op("AveragePool", [net.image], net.image.x.reshape(1, 3, side[0], kernel[0], side[1], kernel[1]).mean((3, 5)),
                   kernel_shape=kernel, strides=kernel)
        count = 2 if side[0] > 1 else 3
        v = net.conv(v, count * 4)
        heads.append(net.reshape(net.transpose(v, 0, 2, 3, 1), 1, -1, 4))
        apart = net.transpose(net.reshape(v, 1, 4, count, *side), 0, 3, 4, 2, 1)
        turned.append(net.reshape(apart, 1, -1, 4))
    for parts in (heads, turned):
        v = net.op("Concat", parts, numpy.concatenate([p.x for p in parts], 1), axis=1)
        net.collect(v)
        e = numpy.exp(v.x - v.x.max(2, keepdims=True))
        net.collect(net.op("Softmax", [v], e / e.sum(2, keepdims=True), axis=2))
    return net


FAMILIES = {anchors: (13,), experimental: (7,), strides: (13,), constants: (16,), parts: (9, 18), pads: (10, 19), shapes: (9, 13), stretches: (13,), sums: (13,), choices: (16,),
            matrices: (13,), attention: (24,), losses: (13,)}
