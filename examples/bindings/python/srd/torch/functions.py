"""For each operation of torch the calls of libsrd. A function gets the translator and the arguments as torch has them, where
tensors that depend on the input are Values; the names of its parameters are those of torch. Here: sums, products with constants,
gates and what is done to each number; the other files have the rest."""
import numpy as np
import torch

from .attention import Scores, Weighted
from .basics import FUNCTIONS, array, as_tensor, function, number, refuse_if, scaled, shifted
from .trace import where
from .values import Value, product


# ---- sums and products with constants --------------------------------------------------------------------------------------

@function('add', 'radd', 'iadd')
def add(t, input, other, alpha=1):
    a, b = whole(input), whole(other)
    if isinstance(a, Scores) or isinstance(b, Scores):
        scores, mask = (a, b) if isinstance(a, Scores) else (b, a)
        refuse_if(isinstance(mask, (Value, Scores)), 'an attention mask that depends on the input')
        return scores.masked(as_tensor(mask) * (alpha if mask is b else 1))
    if isinstance(a, Value) and isinstance(b, Value):
        b = b if alpha == 1 else scale(t, b, alpha, 'alpha')
        a, b = t.broadcast(a, b)
        return a.on(t.graph.add([a.layer, b.layer], name=t.name()))
    if isinstance(a, Value):
        return shift(t, a, as_tensor(b) * alpha)
    return shift(t, b if alpha == 1 else scale(t, b, alpha, 'alpha'), as_tensor(a))


def whole(value):
    """What may stand in a sum."""
    refuse_if(isinstance(value, Weighted), 'positions that are multiplied by a softmax over them, without a sum over them')
    return value


def shift(t, value, constant):
    """value + constant."""
    result = shifted(t, value, constant)
    t.known[result.layer] = ('shift', value, constant.item() if constant.numel() == 1 else None)
    return result


def scale(t, value, constant, suffix=''):
    """value * constant."""
    constant = as_tensor(constant)
    if isinstance(value, Scores):
        return value.times(t, constant)
    kind, base, factor = t.known.get(value.layer, (None, None, None))
    if constant.numel() == 1 and kind == 'relu6(x + 3)' and abs(constant.item() * 6 - 1) < 1e-6:
        return base.on(t.graph.hard_sigmoid(base.layer, name=t.name(suffix)))
    if constant.numel() == 1 and kind == 'scale' and abs(constant.item() * factor - 1) < 1e-6:
        return base
    result = scaled(t, value, constant, suffix)
    if constant.numel() == 1:
        t.known[result.layer] = ('scale', value, constant.item())
    return result


@function('sub', 'isub', 'subtract')
def sub(t, input, other, alpha=1):
    if not isinstance(other, Value):
        return add(t, input, -other * alpha)
    result = add(t, input, scale(t, other, -alpha, 'minus'))
    if alpha == 1 and _is_own_mean(t, input, other):
        t.known[result.layer] = ('centred', (input, result.dims), t.known[other.layer][2])
    return result


def _is_own_mean(t, input, other):
    """Whether the other is the mean of this tensor over some of its dimensions."""
    kind, base, over = t.known.get(other.layer, (None, None, None))
    if kind != 'mean' or not isinstance(input, Value) or base.layer != input.layer or base.dims != input.dims or \
            len(other.dims) > len(input.dims):
        return False
    return all(mine == (() if i in over else whole_dim) for i, (mine, whole_dim) in
               enumerate(zip(other.padded(len(input.dims)).dims, input.dims)))


@function('rsub')
def rsub(t, input, other, alpha=1):
    return add(t, scale(t, input, -alpha, 'minus'), other)


@function('neg')
def neg(t, input):
    return scale(t, input, -1.0)


@function('div', 'truediv', 'itruediv', 'divide', 'true_divide')
def div(t, input, other, rounding_mode=None):
    refuse_if(isinstance(other, (Value, Scores)) or rounding_mode, 'a division by a tensor of the input, or one that rounds')
    return scale(t, input, 1 / as_tensor(other).double())


# ---- gates ---------------------------------------------------------------------------------------------------------------

def _ends_in_gate(t, layer):
    """Whether a layer is a sigmoid or the like, seen through layers that only move numbers, or 1 - sigmoid."""
    while t.graph.kind(layer) in ('reshape', 'transpose', 'shuffle', 'slice', 'select_tokens', 'flatten', 'upsample', 'concat', 'concat_tokens',
                                   'window_partition', 'window_reverse', 'crop2d', 'roll2d', 'gather_channels', 'scale_shift'):
        layer = t.graph.inputs_of(layer)[0]
    return t.graph.kind(layer) in ('sigmoid', 'hard_sigmoid', 'softmax') or t.known.get(layer, ('',))[0] == 'step'


def _smooth(t, x, g):
    """x * g, where that is a smooth activation that is written out; None."""
    kind = t.graph.kind(g.layer)
    if x.dims != g.dims:
        return None
    if kind in ('sigmoid', 'hard_sigmoid', 'tanh'):
        inner, = t.graph.inputs_of(g.layer)
        if kind != 'tanh' and inner == x.layer:
            return x.on((t.graph.silu if kind == 'sigmoid' else t.graph.hard_swish)(x.layer, name=t.name()))
        if kind == 'tanh' and t.graph.kind(inner) == 'softplus' and t.graph.inputs_of(inner) == [x.layer]:
            return x.on(t.graph.mish(x.layer, name=t.name()))
        known, base, factor = t.known.get(inner, (None, None, None))
        if kind == 'sigmoid' and known == 'scale' and factor > 0 and base.layer == x.layer:
            return scale(t, x.on(t.graph.silu(inner, name=t.name('silu'))), 1 / factor)
    known, base, shift_by = t.known.get(g.layer, (None, None, None))
    if known == 'relu6(x + 3)' and base.layer == x.layer:
        return _times_known(t, x.on(t.graph.hard_swish(x.layer, name=t.name('hard_swish'))), 6.0)
    if known == 'shift' and shift_by == 1 and t.graph.kind(base.layer) == 'erf':
        inner = t.known.get(t.graph.inputs_of(base.layer)[0], (None, None, 0))
        half = t.known.get(x.layer, (None, None, 0))
        if inner[0] == 'scale' and abs(inner[2] - 0.5 ** 0.5) < 1e-6:
            of, factor = (x, 1.0) if x.layer == inner[1].layer else (half[1], half[2]) if half[0] == 'scale' else (None, 0)
            if factor and of.layer == inner[1].layer and of.dims == x.dims:
                gelu = x.on(t.graph.gelu(of.layer, name=t.name('gelu')))
                return gelu if factor == 0.5 else _times_known(t, gelu, 2 * factor)
    return None


def _times_known(t, value, factor):
    """value * factor, which a division by it takes back."""
    result = value.on(t.graph.scale_shift(value.layer, np.full(product(value.axes[0]), factor, np.float32), name=t.name()))
    t.known[result.layer] = ('scale', value, factor)
    return result


@function('mul', 'rmul', 'imul', 'multiply')
def mul(t, input, other):
    a, b = whole(input), whole(other)
    if isinstance(a, Scores) and isinstance(b, Value) or isinstance(a, Value) and isinstance(b, Scores):
        return Weighted(a, b) if isinstance(a, Scores) else Weighted(b, a)
    if isinstance(a, Scores) or isinstance(b, Scores) or not (isinstance(a, Value) and isinstance(b, Value)):
        return scale(t, a, b) if isinstance(a, (Value, Scores)) else scale(t, b, a)
    if a.layer == b.layer and a.dims == b.dims and not {where(t.node), t.node.name} & set(t.gates):
        return FUNCTIONS['square'](t, a)
    for x, g in ((a, b), (b, a)):
        smooth = _smooth(t, x, g)
        if smooth is not None:
            return smooth
    rank = max(len(a.dims), len(b.dims))
    a, b = a.padded(rank), b.padded(rank)
    small = [all(p in (1, q) for p, q in zip(x.shape, y.shape)) for x, y in ((a, b), (b, a))]
    if not any(small):
        a, b = t.broadcast(a, b)
    if a.shape == b.shape:
        small = [_ends_in_gate(t, x.layer) for x in (a, b)]
        chosen = t.gates.get(where(t.node), t.gates.get(t.node.name))
        if chosen is not None:
            small = [chosen == 0, chosen == 1]
        refuse_if(small[0] == small[1], 'a product of which neither factor or both end in a sigmoid: say which one is the gate, '
                  f"gates={{'{where(t.node)}': 0}} or 1")
    value, gate = t.together(*((b, a) if small[0] else (a, b)))
    return value.on(t.graph.gate(value.layer, _as_gate(t, value, gate), name=t.name()))


def _as_gate(t, value, gate):
    """The layer of a gate: along each axis of the layer it has one place, or all."""
    sizes = [(product(a), product(b)) for a, b in zip(value.axes, gate.axes)]
    if all(small in (1, whole_axis) for whole_axis, small in sizes):
        return gate.layer
    return t.together(value, t.expanded(gate, value.shape))[1].layer


# ---- pointwise -------------------------------------------------------------------------------------------------------------

for _torch, _srd in {'mish': 'mish', 'abs': 'abs', 'absolute': 'abs', 'logsigmoid': 'log_sigmoid', 'softsign': 'softsign', 'exp': 'exp',
                     'erf': 'erf', 'relu': 'relu', 'selu': 'selu', 'silu': 'silu', 'tanh': 'tanh', 'sigmoid': 'sigmoid',
                     'hardswish': 'hard_swish', 'hardsigmoid': 'hard_sigmoid'}.items():
    def _pointwise(t, input, inplace=False, srd=_srd):
        return input.on(getattr(t.graph, srd)(input.layer, name=t.name()))

    FUNCTIONS[_torch] = _pointwise


LARGEST = torch.finfo(torch.float32).max


@function('clamp', 'clip')
def clamp(t, input, min=None, max=None):
    if isinstance(min, torch.Tensor) and min.numel() > 1 or isinstance(max, torch.Tensor) and max.numel() > 1:
        input = input if min is None else FUNCTIONS['maximum'](t, input, min)
        return input if max is None else FUNCTIONS['minimum'](t, input, max)
    refuse_if(any(isinstance(bound, Value) for bound in (min, max)), 'a bound that depends on the input: torch.maximum() and torch.minimum() work')
    if max is None and number(min, 'the bound') == 0:
        return FUNCTIONS['relu'](t, input)
    low, high = (LARGEST * sign if bound is None else number(bound, 'a bound') for bound, sign in ((min, -1), (max, 1)))
    result = input.on(t.graph.clip(input.layer, low, high, name=t.name()))
    kind, base, constant = t.known.get(input.layer, (None, None, None))
    if (low, high, kind, constant) == (0, 6, 'shift', 3):
        t.known[result.layer] = ('relu6(x + 3)', base, None)
    return result


@function('clamp_min')
def clamp_min(t, input, min):
    return clamp(t, input, min)


@function('clamp_max')
def clamp_max(t, input, max):
    return clamp(t, input, None, max)


@function('hardtanh')
def hardtanh(t, input, min_val=-1.0, max_val=1.0, inplace=False):
    return clamp(t, input, min_val, max_val)


@function('relu6')
def relu6(t, input, inplace=False):
    return clamp(t, input, 0, 6)


@function('softshrink')
def softshrink(t, input, lambd=0.5):
    above, below = (FUNCTIONS['relu'](t, shift(t, x, torch.tensor(-float(lambd)))) for x in (input, scale(t, input, -1.0, 'minus')))
    return add(t, above, scale(t, below, -1.0, 'below'))


@function('tanhshrink')
def tanhshrink(t, input):
    return sub(t, input, input.on(t.graph.tanh(input.layer, name=t.name('tanh'))))


@function('glu')
def glu(t, input, dim=-1):
    size = input.shape[dim] // 2
    value, gate = (t.narrow(input, dim, first, size) for first in (0, size))
    value, gate = t.together(value, gate.on(t.graph.sigmoid(gate.layer, name=t.name('sigmoid'))))
    return value.on(t.graph.gate(value.layer, gate.layer, name=t.name()))


@function('lerp')
def lerp(t, input, end, weight):
    weight = as_tensor(weight)
    return add(t, scale(t, input, 1 - weight, 'start') if isinstance(input, Value) else input * (1 - weight),
               scale(t, end, weight, 'end') if isinstance(end, Value) else end * weight)


@function('leaky_relu')
def leaky_relu(t, input, negative_slope=0.01, inplace=False):
    return input.on(t.graph.leaky_relu(input.layer, negative_slope, name=t.name()))


@function('prelu')
def prelu(t, input, weight):
    if weight.numel() > 1 and (len(input.dims) < 2 or input.dims[1] != input.axes[0]):
        input = t.settle(input, {4: 'NCHW', 3: 'NCT'}.get(len(input.dims), 'NC'))
    return input.on(t.graph.prelu(input.layer, array(weight), name=t.name()))


@function('elu')
def elu(t, input, alpha=1.0, inplace=False):
    return input.on(t.graph.elu(input.layer, alpha, name=t.name()))


@function('celu')
def celu(t, input, alpha=1.0, inplace=False):
    return input.on(t.graph.celu(input.layer, alpha, name=t.name()))


@function('gelu')
def gelu(t, input, approximate='none'):
    return input.on(t.graph.gelu(input.layer, tanh=approximate == 'tanh', name=t.name()))


@function('softplus')
def softplus(t, input, beta=1, threshold=20):
    refuse_if(beta != 1, f'softplus with beta {beta}')
    return input.on(t.graph.softplus(input.layer, name=t.name()))


@function('local_response_norm')
def local_response_norm(t, input, size, alpha=1e-4, beta=0.75, k=1.0):
    x = t.settle(input, 'NCHW')
    return x.on(t.graph.local_response_norm(x.layer, size, alpha, beta, k, name=t.name()))


@function('log_softmax')
def log_softmax(t, input, dim=None, _stacklevel=3, dtype=None):
    dropped = t.drop_at_output(torch.log_softmax, 1 if dim is None else dim)
    refuse_if(not dropped, 'a logarithm of a softmax inside of the network')
    return input


@function('softmax')
def softmax(t, input, dim=None, _stacklevel=3, dtype=None):
    if isinstance(input, Scores):
        return input.softmax(-1 if dim is None else dim)
    axis = input.axis(1 if dim is None else dim)
    if t.drop_at_output(torch.softmax, axis):
        return input
    over = input.dims[axis]
    if over and all(atom in input.grid for atom in over):
        return Scores.over(input, axis)
    refuse_if(not over or any(atom not in input.axes[0] for atom in over), 'a softmax that is over channels and positions at once; if '
              'it belongs to what is done with the scores afterwards (boxes of a detector), let the module return the scores')
    if set(over) != set(input.axes[0]):  # other channels of a position are positions of their own
        rest = tuple(atom for atom in input.axes[0] if atom not in over)
        input = t.arrange(input, (over, rest + input.axes[1], input.axes[2]))
    return input.on(t.graph.softmax(input.layer, name=t.name()))
