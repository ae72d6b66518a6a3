"""The pointwise layers of the reference implementation: one vector in, one vector out, at the same position.

The ratios never look at them. The directed head takes each as the linear map that it is on this input (`back`), and
Grad-CAM as its derivative (`derive`). At a kink the derivative is the one from the left at zero, and zero at the bounds of a clip.
"""
import math

import numpy as np

from layer import Layer

each_erfc = np.vectorize(math.erfc, otypes=[np.float64])
each_erf = np.vectorize(math.erf, otypes=[np.float64])


def logistic(y):
    e = np.exp(-abs(y))
    return np.where(y >= 0, 1, e) / (1 + e)


def over(a, y):
    """a / y, and 0 where y is 0."""
    return a / np.where(y == 0, 1, y)


class Pointwise(Layer):
    """Here `back` takes the place of the transpose: it carries a direction from the value to the pre-activation."""
    kind = 'pointwise'

    def back(self, y, g):
        raise NotImplementedError

    def derive(self, y, g):
        """The same by the derivative."""
        raise NotImplementedError


class Activation(Pointwise):
    """An activation is, on this input, the linear map with the slope of its secant from zero, plus the constant f(0)."""

    def function(self, y):
        raise NotImplementedError

    def secant(self, y):
        """(f(y) - f(0)) / y without cancellation; whatever is finite at y = 0."""
        raise NotImplementedError

    def slope_at_zero(self):
        """Mean of the left and right derivative at zero."""
        raise NotImplementedError

    def derivative(self, y):
        raise NotImplementedError

    def forward(self, f):
        return self.function(f.inputs[0]).astype(self.dtype)

    def back(self, y, g):
        return g * np.where(y == 0, self.slope_at_zero(), self.secant(y)).astype(self.dtype)

    def derive(self, y, g):
        return g * self.derivative(y).astype(self.dtype)


class Relu(Activation):
    def function(self, y):
        return np.maximum(y, 0)

    def secant(self, y):
        return (y > 0) * 1.0

    def slope_at_zero(self):
        return 0.5

    def derivative(self, y):
        return (y > 0) * 1.0


class Clip(Activation):
    def function(self, y):
        return np.clip(y, self.number('min'), self.number('max'))

    def secant(self, y):
        return over(self.function(y) - self.function(np.zeros_like(y)), y)

    def slope_at_zero(self):
        low, high = self.item['min'], self.item['max']
        return 0.5 * (low < 0 <= high) + 0.5 * (low <= 0 < high)

    def derivative(self, y):
        return ((y > self.item['min']) & (y < self.item['max'])) * 1.0


class Prelu(Activation):
    """A slope for each channel, or one for all."""

    def low(self):
        return self.array('slopes')[:, None, None]

    def function(self, y):
        return np.where(y > 0, y, y * self.low())

    def secant(self, y):
        return np.where(y > 0, 1, self.low())

    def slope_at_zero(self):
        return (1 + self.low()) / 2

    def derivative(self, y):
        return self.secant(y)


class LeakyRelu(Prelu):
    def low(self):
        return self.number('slope')


class Elu(Activation):
    def constants(self):
        return self.number('alpha'), 1

    def function(self, y):
        alpha, scale = self.constants()
        return scale * np.where(y > 0, y, alpha * np.expm1(np.minimum(y, 0)))

    def secant(self, y):
        alpha, scale = self.constants()
        return scale * np.where(y > 0, 1, alpha * over(np.expm1(np.minimum(y, 0)), y))

    def slope_at_zero(self):
        alpha, scale = self.constants()
        return scale * (1 + alpha) / 2

    def derivative(self, y):
        alpha, scale = self.constants()
        return scale * np.where(y > 0, 1, alpha * np.exp(np.minimum(y, 0)))


class Selu(Elu):
    def constants(self):
        return self.dtype(1.6732632423543772), self.dtype(1.0507009873554805)


class Gated(Activation):
    """y times something between 0 and 1 that is 1/2 at zero and depends on y: then that is the secant."""

    def function(self, y):
        return y * self.secant(y)

    def slope_at_zero(self):
        return 0.5


class Gelu(Gated):
    """y times the normal distribution (approximation=0), or its approximation by a hyperbolic tangent (1)."""
    INNER, CUBE = math.sqrt(2 / math.pi), 0.044715

    def secant(self, y):
        if not self.item['approximation']:
            return each_erfc(-y / math.sqrt(2)).astype(self.dtype) / 2
        return logistic(2 * self.INNER * (y + self.CUBE * y ** 3))

    def derivative(self, y):
        s = self.secant(y)
        if not self.item['approximation']:
            return s + y * np.exp(-y * y / 2) / math.sqrt(2 * math.pi)
        return s + y * s * (1 - s) * 2 * self.INNER * (1 + 3 * self.CUBE * y ** 2)


class Silu(Gated):
    def secant(self, y):
        return logistic(y)

    def derivative(self, y):
        s = logistic(y)
        return s + y * s * logistic(-y)


class HardSwish(Gated):
    def secant(self, y):
        return np.clip(y + 3, 0, 6) / 6

    def derivative(self, y):
        return np.where(y <= -3, 0, np.where(y < 3, y / 3 + 0.5, 1))


class Tanh(Activation):
    def function(self, y):
        return np.tanh(y)

    def secant(self, y):
        return over(np.tanh(y), y)

    def slope_at_zero(self):
        return 1

    def derivative(self, y):
        return 1 - np.tanh(y) ** 2


class Sigmoid(Activation):
    def function(self, y):
        return logistic(y)

    def secant(self, y):
        return over(np.tanh(y / 2), 2 * y)

    def slope_at_zero(self):
        return 0.25

    def derivative(self, y):
        return logistic(y) * logistic(-y)


class Softplus(Activation):
    def function(self, y):
        return np.maximum(y, 0) + np.log1p(np.exp(-abs(y)))

    def secant(self, y):
        # f(y) - f(0) = log((1 + exp(y)) / 2); for y > 0 the y is taken out of the logarithm
        return over(np.maximum(y, 0) + np.log1p(np.expm1(-abs(y)) / 2), y)

    def slope_at_zero(self):
        return 0.5

    def derivative(self, y):
        return logistic(y)


class HardSigmoid(Activation):
    def function(self, y):
        return np.clip(y + 3, 0, 6) / 6

    def secant(self, y):
        return np.where(abs(y) < 3, self.slope_at_zero(), over(np.sign(y) / 2, y))

    def slope_at_zero(self):
        return 1 / 6

    def derivative(self, y):
        return (abs(y) < 3) / 6


class Celu(Activation):
    def below(self, y):
        """y / alpha where y is not above zero, else 0."""
        return np.where(y > 0, 0, y) / self.number('alpha')

    def function(self, y):
        return np.where(y > 0, y, self.number('alpha') * np.expm1(self.below(y)))

    def secant(self, y):
        return np.where(y > 0, 1, over(self.function(y), y))

    def slope_at_zero(self):
        return 1

    def derivative(self, y):
        return np.where(y > 0, 1, np.exp(self.below(y)))


class Mish(Gated):
    """y times the hyperbolic tangent of softplus."""

    def softplus(self, y):
        return np.maximum(y, 0) + np.log1p(np.exp(-abs(y)))

    def secant(self, y):
        return np.tanh(self.softplus(y))

    def slope_at_zero(self):
        return 0.6

    def derivative(self, y):
        return self.secant(y) + y * logistic(y) / np.cosh(self.softplus(y)) ** 2


class LogSigmoid(Activation):
    """Minus softplus of -y."""

    def function(self, y):
        return -Softplus.function(self, -y)

    def secant(self, y):
        return Softplus.secant(self, -y)

    def slope_at_zero(self):
        return 0.5

    def derivative(self, y):
        return logistic(-y)


class Softsign(Gated):
    def secant(self, y):
        return 1 / (1 + abs(y))

    def slope_at_zero(self):
        return 1

    def derivative(self, y):
        return (1 + abs(y)) ** -2


class Abs(Activation):
    """Its derivative at zero is 0, as PyTorch's is, and not the one from the left."""

    def function(self, y):
        return abs(y)

    def secant(self, y):
        return np.sign(y)

    def slope_at_zero(self):
        return 0

    def derivative(self, y):
        return np.sign(y)


class Exp(Activation):
    def function(self, y):
        return np.exp(y)

    def secant(self, y):
        return over(np.expm1(y), y)

    def slope_at_zero(self):
        return 1

    def derivative(self, y):
        return np.exp(y)


class Erf(Activation):
    def function(self, y):
        return each_erf(y)

    def secant(self, y):
        return over(each_erf(y), y)

    def slope_at_zero(self):
        return 2 / math.sqrt(math.pi)

    def derivative(self, y):
        return 2 / math.sqrt(math.pi) * np.exp(-y * y)


class Softmax(Pointwise):
    def forward(self, f):
        e = np.exp(f.inputs[0] - f.inputs[0].max(axis=0))
        return e / e.sum(axis=0)

    def back(self, y, g):
        e = np.exp(y - y.max(axis=0))
        p = e / e.sum(axis=0)
        return p * (g - (p * g).sum(axis=0))

    derive = back


class LocalResponseNorm(Pointwise):
    """y / (k + alpha / size * sum of squares over a window of channels) ** beta. Both heads freeze the denominator."""

    def window_sums(self, squares):
        """Over the channels c - size // 2 ... c + (size - 1) // 2."""
        before, after = self.item['size'] // 2, (self.item['size'] - 1) // 2
        return np.stack([squares[max(c - before, 0):c + after + 1].sum(axis=0) for c in range(len(squares))])

    def base(self, y):
        return self.number('k') + self.number('alpha') / self.item['size'] * self.window_sums(y * y)

    def forward(self, f):
        return f.inputs[0] * self.base(f.inputs[0]) ** -self.number('beta')

    def back(self, y, g):
        return g * self.base(y) ** -self.number('beta')

    derive = back


class LayerNorm(Pointwise):
    """Over the channels of each position. Both heads freeze the deviation and keep the subtraction of the mean."""

    def gamma(self):
        gamma = self.array('gamma')
        return 1 if gamma is None else gamma[:, None, None]

    def deviation(self, y):
        return np.sqrt(y.var(axis=0) + self.dtype(self.item['eps']))

    def forward(self, f):
        y, beta = f.inputs[0], self.array('beta')
        x = (y - y.mean(axis=0)) / self.deviation(y) * self.gamma()
        return x if beta is None else x + beta[:, None, None]

    def back(self, y, g):
        g = g * self.gamma() / self.deviation(y)
        return g - g.mean(axis=0)

    derive = back


class RmsNorm(Pointwise):
    """Over the channels of each position, nothing subtracted. Both heads freeze the root."""

    def factor(self, y):
        gamma = self.array('gamma')
        return (1 if gamma is None else gamma[:, None, None]) / np.sqrt((y * y).mean(axis=0) + self.dtype(self.item['eps']))

    def forward(self, f):
        return f.inputs[0] * self.factor(f.inputs[0])

    def back(self, y, g):
        return g * self.factor(y)

    derive = back


class L2Norm(RmsNorm):
    def factor(self, y):
        root = np.maximum(np.sqrt((y * y).sum(axis=0)), self.dtype(self.item['eps']))
        return np.where(root > 0, 1, 0) / np.where(root > 0, root, 1)


POINTWISE = {
    'relu': Relu, 'clip': Clip, 'leaky_relu': LeakyRelu, 'prelu': Prelu, 'elu': Elu, 'selu': Selu, 'gelu': Gelu, 'silu': Silu,
    'tanh': Tanh, 'sigmoid': Sigmoid, 'softplus': Softplus, 'hard_swish': HardSwish, 'hard_sigmoid': HardSigmoid,
    'celu': Celu, 'mish': Mish, 'log_sigmoid': LogSigmoid, 'softsign': Softsign, 'abs': Abs, 'exp': Exp, 'erf': Erf,
    'softmax': Softmax, 'local_response_norm': LocalResponseNorm, 'layer_norm': LayerNorm,
    'rms_norm': RmsNorm, 'l2_norm': L2Norm,
}
PATTERNED = tuple(k for k in POINTWISE if k not in ('softmax', 'local_response_norm', 'layer_norm', 'rms_norm', 'l2_norm'))    # on or off
