"""Norms that are written out. The square of a tensor is the beginning of one, and what is done to it is remembered until the tensor is
divided by the root: x * rsqrt(mean(x * x) + eps), x / norm(x), (x - mean(x)) / sqrt(var(x) + eps)."""
import torch

from .basics import FUNCTIONS, function, number, refuse_if, scaled, shifted
from .reductions import mean, named, total
from .unfinished import Unfinished, add_product, finished, taker
from .values import Value, product


class Squares(Unfinished):
    """power 1: s = factor * (sum of value^2 over dimensions) + eps; power 0.5: its root; power -0.5: 1 / root.

    value    the tensor
    centred  whether its mean over these dimensions is taken off first
    over     the dimensions that are summed; None: none yet
    view     what torch's tensor is made of; no layer
    floor    the least that s may be; 0
    source   the tensor that is squared; None: it has no layer, as that of var()
    """

    CALLS, RANK = {}, 1

    def __init__(self, value, centred=False, over=None, view=None, factor=1.0, eps=0.0, power=1.0, floor=0.0, source=None):
        self.value, self.centred, self.over, self.view = value, centred, over, value.with_dims(value.dims) if view is None else view
        self.source, self.factor, self.eps, self.power, self.floor = source, factor, eps, power, floor

    @property
    def shape(self):
        """The torch shape."""
        return self.view.shape

    def finished(self, t):
        """A square that is no part of a norm: x * x is x with itself as a gate."""
        refuse_if(self.power != 1 or self.floor or self.source is None, 'a norm or a deviation that no tensor is divided by; x / norm(x) and '
                  'x * rsqrt(mean(x * x) + eps) are understood')
        x = self.source
        result = x.on(t.graph.gate(x.layer, x.layer, name=t.name('square')))
        if self.over is not None:
            result = total(t, result, sorted(self.over), True)
        result = _times(t, result, self.factor)
        result = shifted(t, result, torch.tensor(self.eps), 'eps') if self.eps else result
        return Value(result.layer, result.axes, self.view.dims)

    def but(self, **changed):
        """The same but for some attributes."""
        return Squares(**{**self.__dict__, **changed})


squares = taker(Squares)
squares('addcmul')(add_product)


# ---- where squares begin -------------------------------------------------------------------------------------------------------

@function('square')
def square(t, input):
    kind, base, over = t.known.get(input.layer, (None, None, None))
    if kind == 'centred' and base[1] == input.dims:
        return Squares(base[0], True, over, input, source=input)
    return Squares(input, source=input)


@function('pow', 'float_power')
def power(t, input, exponent):
    refuse_if(not isinstance(input, Value) or exponent not in (1, 2, 3, 4), f'a power other than the first to the fourth: {exponent}')
    if exponent == 2:
        return square(t, input)
    result = input
    for _ in range(int(exponent) - 1):
        result = result.on(t.graph.gate(result.layer, input.layer, name=t.name()))
    return result


@function('norm', 'linalg_norm', 'linalg_vector_norm')
def norm(t, input, p=2, dim=None, keepdim=False, dtype=None, ord=2):
    refuse_if(p not in (2, 'fro', None) or ord not in (2, None), 'a norm other than the root of the sum of squares')
    return root(t, summed(t, Squares(input), dim, keepdim))


@function('var')
def variance(t, input, dim=None, unbiased=True, keepdim=False, correction=None):
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    over = named(input, dim)
    count = product([atom for i in over for atom in input.dims[i]])
    less = int(unbiased) if correction is None else correction
    refuse_if(count <= less, 'a variance of too few numbers')
    return _reduced(Squares(input, True, over), over, keepdim, 1 / (count - less))


@function('std')
def deviation(t, input, *how, **named_how):
    return root(t, variance(t, input, *how, **named_how))


@function('var_mean')
def variance_and_mean(t, input, dim=None, unbiased=True, keepdim=False, correction=None):
    dim = None if isinstance(dim, bool) else dim
    return variance(t, input, dim, unbiased, keepdim, correction), mean(t, input, dim, keepdim)


# ---- what is done to them ------------------------------------------------------------------------------------------------------

def _reduced(input, over, keepdim, factor):
    dims = [() if i in over else d for i, d in enumerate(input.view.dims) if keepdim or i not in over]
    return input.but(over=over, view=input.view.with_dims(dims), factor=input.factor * factor)


@squares('sum')
def summed(t, input, dim=None, keepdim=False, dtype=None):
    over = named(input.view, dim)
    fresh = input.power == 1 and not input.eps and not input.floor and input.view.dims == (input.source or input.value).dims
    if not fresh or input.centred and over != input.over:
        return total(t, finished(t, input), dim, keepdim)
    return _reduced(input, over, keepdim, 1.0)


@squares('mean')
def meaned(t, input, dim=None, keepdim=False, dtype=None):
    count = product([atom for i in named(input.view, dim) for atom in input.view.dims[i]])
    found = summed(t, input, dim, keepdim)
    return found.but(factor=found.factor / count) if isinstance(found, Squares) else scaled(t, found, torch.tensor(1 / count))


@squares('add', 'radd', 'iadd')
def added(t, input, other, alpha=1):
    one, constant = (input, other) if isinstance(input, Squares) else (other, input)
    if isinstance(constant, (Value, Squares)) or alpha != 1 or isinstance(constant, torch.Tensor) and constant.numel() > 1:
        return FUNCTIONS['add'](t, finished(t, input), finished(t, other), alpha)
    constant = number(constant, 'what is added to a square')
    if not constant:
        return one
    refuse_if(one.power != 1 or one.floor, f'{constant} that is added to the root of a norm: libsrd has the norms x / sqrt(mean(x^2) + eps) and '
              'x / max(norm, eps)')
    return one.but(eps=one.eps + constant)


@squares('sqrt')
def root(t, input):
    refuse_if(input.power != 1, 'a root of a root')
    return input.but(power=0.5)


@squares('rsqrt')
def inverse_root(t, input):
    refuse_if(input.power != 1, 'a root of a root')
    return input.but(power=-0.5)


@squares('reciprocal')
def inverse(t, input):
    refuse_if(abs(input.power) != 0.5, 'a division by a square')
    return input.but(power=-input.power)


@squares('pow', 'float_power')
def powered(t, input, exponent):
    refuse_if(input.power != 1 or exponent not in (0.5, -0.5), 'a power of a square')
    return input.but(power=exponent)


@squares('clamp', 'clip', 'clamp_min', 'maximum', 'max')
def bounded(t, input, min=None, max=None, other=None):
    bound = other if min is None else min
    input, bound = (input, bound) if isinstance(input, Squares) else (bound, input)
    refuse_if(max is not None or input.power < 0 or input.eps, 'bounds of a norm other than the least that it may be')
    bound = number(bound, 'a bound')
    return input.but(floor=bound ** (1 / input.power)) if bound > 0 else input


@squares('float', 'double', 'half', 'bfloat16', 'to', 'type_as', 'type', 'contiguous', 'clone', 'detach', 'cpu', 'cuda')
def same(t, input, *_, **__):
    return input


@squares('unsqueeze')
def unsqueezed(t, input, dim):
    return input.but(view=input.view.unsqueeze(dim))


@squares('expand', 'expand_as', 'broadcast_to')
def expanded(t, input, *_, **__):
    refuse_if(not isinstance(input, Squares) or t.shape != input.value.shape, 'a square that is repeated')
    _check_view(input)
    return input.but(view=input.value)


# ---- where they end ------------------------------------------------------------------------------------------------------------

@squares('mul', 'rmul', 'imul', 'multiply')
def times(t, input, other):
    x, by = (other, input) if isinstance(input, Squares) else (input, other)
    if isinstance(x, Value) and by.power == -0.5:
        return _divided(t, x, by)
    if isinstance(x, Value) and by.over is None and by.source.layer == x.layer and by.source.dims == x.dims:
        return x.on(t.graph.gate(finished(t, by).layer, x.layer, name=t.name()))
    if isinstance(x, (Value, Squares)) or isinstance(x, torch.Tensor) and x.numel() > 1:
        return FUNCTIONS['mul'](t, finished(t, x), finished(t, by))
    factor = number(x, 'what a square is multiplied by')
    if factor <= 0:
        return FUNCTIONS['mul'](t, finished(t, by), factor)
    factor **= 1 / by.power
    return by.but(factor=by.factor * factor, eps=by.eps * factor, floor=by.floor * factor)


@squares('div', 'truediv', 'itruediv', 'divide', 'true_divide')
def over(t, input, other, rounding_mode=None):
    refuse_if(rounding_mode, 'a division that rounds')
    if isinstance(other, torch.Tensor) and other.numel() > 1:
        return FUNCTIONS['div'](t, finished(t, input), other)
    if not isinstance(other, Squares):
        return times(t, input, 1 / number(other, 'what a square is divided by'))
    refuse_if(isinstance(input, Squares) or other.power != 0.5, 'a division by a square')
    if isinstance(input, Value):
        return _divided(t, input, other.but(power=-0.5))
    return times(t, other.but(power=-0.5), input)


def _check_view(by):
    """Refuses a norm whose dimensions are no more beside those of its tensor."""
    view = by.view.padded(max(len(by.view.dims), len(by.value.dims)))
    refuse_if(by.over is None, 'a tensor that is divided by its own size, number by number')
    refuse_if(len(view.dims) != len(by.value.dims) or any(mine and mine != whole or not mine and whole and i not in by.over for i, (mine, whole) in
              enumerate(zip(view.dims, by.value.dims))), 'a norm whose dimensions are not those of its tensor: keepdim=True')


def _divided(t, x, by):
    """x times 1 / root."""
    _check_view(by)
    value, dims = by.value, by.value.dims
    if by.centred:
        kind, base, over_dims = t.known.get(x.layer, (None, None, None))
        same_tensor = kind == 'centred' and base[0].layer == value.layer and base[0].dims == dims and base[1] == x.dims and over_dims == by.over
        refuse_if(not same_tensor, 'a division by the deviation of a tensor whose mean was not taken off')
    else:
        refuse_if(x.layer != value.layer or x.dims != dims, 'a division by the norm of another tensor')
    atoms = [atom for i in sorted(by.over) for atom in dims[i]]
    return _normed(t, value, atoms, by)


def _normed(t, value, atoms, by):
    """The value divided by the root of what is summed over these factors of its channels and positions."""
    refuse_if(not atoms, 'a norm of single numbers')
    if value.grid and not by.centred and set(atoms) == set(value.axes[0] + value.grid):
        value = t.vector(value)
        atoms = value.axes[0]
    refuse_if(by.centred and by.floor, 'a least deviation')
    count, factor = product(atoms), by.factor
    outside = tuple(atom for atom in value.axes[0] if atom not in atoms)
    if by.centred and value.grid and all(atom in atoms for atom in value.grid):  # of whole channels
        x = t.arrange(value, (outside + tuple(atom for atom in value.axes[0] if atom in atoms), *value.axes[1:]))
        layer = t.graph.group_norm(x.layer, product(outside), None, None, by.eps / (factor * count), name=t.name())
        return _times(t, x.on(layer), (factor * count) ** -0.5)
    rows, columns = (tuple(atom for atom in axis if atom not in atoms) for axis in value.axes[1:])
    inside = tuple(atom for axis in value.axes for atom in axis if atom in atoms)
    x = t.arrange(value, (inside, outside + rows, columns)) if (outside or inside != value.axes[0]) else value
    if by.floor or not by.centred and not by.eps:
        layer = t.graph.l2_norm(x.layer, eps=max(by.floor / factor, 1e-60) ** 0.5, name=t.name())
        return _times(t, x.on(layer), factor ** -0.5)
    eps = by.eps / (factor * count)
    layer = t.graph.layer_norm(x.layer, None, None, eps, name=t.name()) if by.centred else t.graph.rms_norm(x.layer, None, eps, name=t.name())
    return _times(t, x.on(layer), (factor * count) ** -0.5)


def _times(t, value, factor):
    return value if abs(factor - 1) < 1e-9 else scaled(t, value, torch.tensor(factor), 'size')
