"""Norms that are written out. The square of a tensor is the beginning of one, and what is done to it is remembered until the tensor is
divided by the root: x * rsqrt(mean(x * x) + eps), x / norm(x), (x - mean(x)) / sqrt(var(x) + eps)."""
import torch

from .basics import function, number, refuse_if, scaled
from .reductions import mean, named
from .values import Refused, Value, product

SQUARES = {}  # functions of torch that may be called with Squares, by name


class Squares:
    """power 1: s = factor * (sum of value^2 over dimensions) + eps; power 0.5: its root; power -0.5: 1 / root.

    value    the tensor
    centred  whether its mean over these dimensions is taken off first
    over     the dimensions that are summed; None: none yet
    view     what torch's tensor is made of; no layer
    floor    the least that s may be; 0
    """

    def __init__(self, value, centred=False, over=None, view=None, factor=1.0, eps=0.0, power=1.0, floor=0.0):
        self.value, self.centred, self.over, self.view = value, centred, over, value.with_dims(value.dims) if view is None else view
        self.factor, self.eps, self.power, self.floor = factor, eps, power, floor

    @property
    def shape(self):
        """The torch shape."""
        return self.view.shape

    def but(self, **changed):
        """The same but for some attributes."""
        return Squares(**{**self.__dict__, **changed})


def squares(*names):
    """Registers what follows for functions of these names with Squares among their arguments."""
    def register(call):
        SQUARES.update(dict.fromkeys(names, call))
        return call

    return register


def call(t, name, arguments, options):
    """Translates a function with Squares among its arguments."""
    refuse_if(name not in SQUARES, 'the square of a tensor of the input is understood as a part of a norm only, such as x * rsqrt(mean(x * '
              "x) + eps) or x / norm(x); a product x * x of which one factor is a gate is written gates={'mul': 0}, by the product's name")
    return SQUARES[name](t, *arguments, **options)


# ---- where squares begin -------------------------------------------------------------------------------------------------------

@function('square')
def square(t, input):
    kind, base, over = t.known.get(input.layer, (None, None, None))
    if kind == 'centred' and base[1] == input.dims:
        return Squares(base[0], True, over, input)
    return Squares(input)


@function('pow', 'float_power')
def power(t, input, exponent):
    refuse_if(not isinstance(input, Value) or not isinstance(exponent, (int, float)) or exponent != 2, 'a power other than the second')
    return square(t, input)


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
    refuse_if(input.power != 1 or input.eps or input.view.dims != input.value.dims, 'a sum of what is no square any more')
    if input.centred and over != input.over:
        raise Refused('a variance over other dimensions than those of the mean')
    return _reduced(input, over, keepdim, 1.0)


@squares('mean')
def meaned(t, input, dim=None, keepdim=False, dtype=None):
    count = product([atom for i in named(input.view, dim) for atom in input.view.dims[i]])
    found = summed(t, input, dim, keepdim)
    return found.but(factor=found.factor / count)


@squares('add', 'radd', 'iadd')
def added(t, input, other, alpha=1):
    one, constant = (input, other) if isinstance(input, Squares) else (other, input)
    refuse_if(isinstance(constant, (Value, Squares)) or alpha != 1, 'a sum with the square of a tensor of the input')
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
    refuse_if(isinstance(x, Squares), 'a product of two squares')
    if isinstance(x, Value):
        refuse_if(by.power != -0.5, 'a tensor that is multiplied by a square or a norm')
        return _divided(t, x, by)
    factor = number(x, 'what a square is multiplied by')
    refuse_if(factor <= 0, f'a square that is multiplied by {factor}')
    factor **= 1 / by.power
    return by.but(factor=by.factor * factor, eps=by.eps * factor, floor=by.floor * factor)


@squares('div', 'truediv', 'itruediv', 'divide', 'true_divide')
def over(t, input, other, rounding_mode=None):
    refuse_if(rounding_mode, 'a division that rounds')
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
    outside = tuple(atom for atom in value.axes[0] if atom not in atoms)
    of_channels = all(atom in value.axes[0] for atom in atoms)
    refuse_if(not of_channels and (not by.centred or any(atom not in atoms for atom in value.grid)),
              'a norm over positions; libsrd has those over the channels of each position, and over all positions if the mean is taken off, too')
    refuse_if(by.centred and by.floor, 'a least deviation')
    count, factor = product(atoms), by.factor
    if of_channels:
        inside = tuple(atom for atom in value.axes[0] if atom in atoms)
        x = t.arrange(value, (inside, outside + value.axes[1], value.axes[2])) if outside else value
        if by.floor or not by.centred and not by.eps:
            layer = t.graph.l2_norm(x.layer, eps=max(by.floor / factor, 1e-60) ** 0.5, name=t.name())
            return _times(t, x.on(layer), factor ** -0.5)
        eps = by.eps / (factor * count)
        layer = t.graph.layer_norm(x.layer, None, None, eps, name=t.name()) if by.centred else t.graph.rms_norm(x.layer, None, eps, name=t.name())
    else:
        x = t.arrange(value, (outside + tuple(atom for atom in value.axes[0] if atom in atoms), *value.axes[1:]))
        layer = t.graph.group_norm(x.layer, product(outside), None, None, by.eps / (factor * count), name=t.name())
    return _times(t, x.on(layer), (factor * count) ** -0.5)


def _times(t, value, factor):
    return value if abs(factor - 1) < 1e-9 else scaled(t, value, torch.tensor(factor), 'size')
