"""Networks whose input is no picture (N, C, H, W): what of it are the channels is told by the first node that takes an axis for them."""
from operator_net import Net


def inputs_last(opset):
    """A picture whose channels come last, as TensorFlow's do: scaled, moved, and given to a convolution."""
    net = Net("inputs_last", opset, (4, 5, 3))
    scale, shift = net.weights(3, shift=2.0), net.weights(3)
    v = net.op("Mul", [net.image, scale], net.image.x * scale.x)
    v = net.op("Sub", [v, shift], v.x - shift.x)
    v = net.transpose(v, 0, 3, 1, 2)
    net.collect(net.conv(v, 4, 3, 1))
    net.collect(v)
    return net


def inputs_tokens(opset):
    """A sequence of vectors (N, T, C): flattened, each vector by itself, and moved for a convolution along it."""
    net = Net("inputs_tokens", opset, (5, 4))
    flat = net.op("Flatten", [net.image], net.image.x.reshape(1, 20))
    weight, each = net.weights(20, 6, scale=0.3), net.weights(4, 3, scale=0.5)
    net.collect(net.op("MatMul", [flat, weight], flat.x @ weight.x))
    net.collect(net.op("MatMul", [net.image, each], net.image.x @ each.x))
    net.collect(net.conv(net.transpose(net.image, 0, 2, 1), 3, 3, 1))
    return net


def inputs_signal(opset):
    """A signal of several channels (N, C, L)."""
    net = Net("inputs_signal", opset, (3, 7))
    net.collect(net.conv(net.image, 4, 3, 1))
    return net


def inputs_plane(opset):
    """A plane without channels (N, H, W), as spectrograms are."""
    net = Net("inputs_plane", opset, (5, 6))
    v = net.listed("Unsqueeze", [net.image], net.image.x[:, None], 1, 13, axes=[1])
    net.collect(net.conv(v, 3, 3, 1))
    return net


def inputs_samples(opset):
    """Samples of a sound (N, L)."""
    net = Net("inputs_samples", opset, (11,))
    v = net.listed("Unsqueeze", [net.image], net.image.x[:, None], 1, 13, axes=[1])
    net.collect(net.conv(v, 3, 3, 1))
    return net


def inputs_vector(opset):
    """A vector without a batch axis (n)."""
    net = Net("inputs_vector", opset, (6,), lambda random, shape: random.randn(*shape[1:]))
    factor = net.weights(6)
    net.collect(net.op("Mul", [net.image, factor], net.image.x * factor.x))
    return net


FAMILIES = {inputs_last: (11,), inputs_tokens: (13,), inputs_signal: (11,), inputs_plane: (11, 13), inputs_samples: (13,), inputs_vector: (13,)}
