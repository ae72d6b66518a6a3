"""For each operation of torch the calls of libsrd. A function gets the translator and the arguments as torch has them, where
tensors that depend on the input are Values; the names of its parameters are those of torch."""
import numbers

import numpy as np
import torch

from .trace import where
from .values import Refused, Value, product

FUNCTIONS = {}  # by torch's name, without the underscores of methods in place and operators

# What may be done to the scores or weights of an attention before it is complete.
ATTENTION = {'matmul', 'bmm', 'add', 'radd', 'iadd', 'mul', 'rmul', 'imul', 'multiply', 'div', 'truediv', 'itruediv', 'divide',
             'true_divide', 'softmax', 'dropout', 'contiguous', 'float', 'to', 'type_as'}


def function(*names):
    """Registers what follows for functions, operators and methods of these names."""
    def register(call):
        FUNCTIONS.update(dict.fromkeys(names, call))
        return call

    return register


def array(tensor):
    """A constant for the library; None stays."""
    if tensor is None:
        return None
    if not isinstance(tensor, torch.Tensor):
        raise Refused('weights that depend on the input')
    return tensor.detach().to('cpu', torch.float32).contiguous().numpy()


def number(value, what):
    """A Python number, also from a constant of one element."""
    if isinstance(value, torch.Tensor) and value.numel() == 1:
        value = value.item()
    if not isinstance(value, numbers.Real):
        raise Refused(f'{what} is no number')
    return float(value)


def pair(value):
    """(vertical, horizontal)."""
    value = tuple(value) if isinstance(value, (tuple, list)) else (value, value)
    return value * 2 if len(value) == 1 else value


def refuse_if(condition, reason):
    """Raises the reason."""
    if condition:
        raise Refused(reason)


class Scores:
    """scale * query x key + mask of an attention that is not complete yet; weights: after its softmax."""

    def __init__(self, query, key, scale=1.0, mask=None, weights=False):
        self.query, self.key, self.scale, self.mask, self.weights = query, key, scale, mask, weights

    @property
    def shape(self):
        """The torch shape."""
        return self.query.shape[:-1] + self.key.shape[-1:]

    def scaled(self, factor):
        """Times a number."""
        refuse_if(self.weights, 'attention weights that are changed after their softmax')
        mask = None if self.mask is None else self.mask * factor
        return Scores(self.query, self.key, self.scale * factor, mask)

    def masked(self, tensor):
        """Plus a constant."""
        refuse_if(self.weights, 'attention weights that are changed after their softmax')
        return Scores(self.query, self.key, self.scale, tensor if self.mask is None else self.mask + tensor)


# ---- mixing ------------------------------------------------------------------------------------------------------------

def _pads(padding, kernel, dilation):
    """Four pads from torch's padding of a convolution with stride 1 where it is 'same'."""
    if padding == 'valid':
        return 0
    if padding == 'same':
        total = [d * (k - 1) for d, k in zip(pair(dilation), kernel)]
        return total[0] // 2, total[1] // 2, total[0] - total[0] // 2, total[1] - total[1] // 2
    return pair(padding)


@function('conv2d')
def conv2d(t, input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    x, weight = t.settle(input, 'NCHW'), array(weight)
    return t.fresh(t.graph.conv2d(x.layer, weight, array(bias), stride=pair(stride), groups=groups, dilation=pair(dilation),
                                  pad=_pads(padding, weight.shape[2:], dilation), name=t.name()), 'NCHW')


@function('conv_transpose2d')
def conv_transpose2d(t, input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    x = t.settle(input, 'NCHW')
    return t.fresh(t.graph.conv_transpose2d(x.layer, array(weight), array(bias), stride=pair(stride), pad=pair(padding),
                                            output_pad=pair(output_padding), groups=groups, dilation=pair(dilation),
                                            name=t.name()), 'NCHW')


@function('linear')
def linear(t, input, weight, bias=None):
    weight, bias, last = array(weight), array(bias), input.dims[-1]
    channels, grid = input.axes[0], input.grid
    if set(last) == set(channels + grid):  # a vector: in torch's order, which the columns of the weight follow
        order = [last.index(atom) for atom in channels + grid]
        columns = weight.reshape(len(weight), *(atom.size for atom in last)).transpose(0, *(1 + i for i in order))
        layer = t.graph.linear(input.layer, np.ascontiguousarray(columns).reshape(weight.shape), bias, name=t.name())
        return t.rows(layer, input)
    if set(last) != set(channels):
        raise Refused('a linear layer over positions, or over a part of the channels')
    order = [last.index(atom) for atom in channels]
    columns = weight.reshape(len(weight), *(atom.size for atom in last)).transpose(0, *(1 + i for i in order))
    layer = t.graph.linear_tokens(input.layer, np.ascontiguousarray(columns).reshape(weight.shape), bias, name=t.name())
    return t.rows(layer, input)


@function('matmul', 'bmm')
def matmul(t, input, other):
    if isinstance(input, Scores):
        return attend(t, input, other)
    if isinstance(input, Value) and isinstance(other, torch.Tensor) and other.dim() == 2:
        return linear(t, input, other.t())
    refuse_if(not (isinstance(input, Value) and isinstance(other, Value)), 'a matrix product that is no linear layer')
    return Scores(input, other)


def _heads(value, head_dim, what):
    """How many heads a tensor (..., heads, tokens, channels of a head) has; checks that it is one."""
    heads = sum(value.dims[:-2], ())
    channels, tokens = (value.dims[-1], value.dims[-2]) if head_dim == -1 else (value.dims[-2], value.dims[-1])
    if heads + channels != value.axes[0] or tokens != value.grid:
        raise Refused(f'a matrix product of two tensors of the input that is no attention: its {what} is {value.shape}')
    return product(heads)


def _row(t, value):
    """The layer as (C, 1, T)."""
    if product(value.axes[1]) == 1:
        return value.layer
    return t.graph.reshape(value.layer, name=t.name('row'))


def attend(t, scores, value, part=''):
    """The layer of a complete attention, as torch's tensor (..., heads, tokens, channels of a head)."""
    refuse_if(not isinstance(value, Value), 'attention to a constant')
    refuse_if(not scores.weights, 'a matrix product of three tensors without a softmax')
    heads = _heads(scores.query, -1, 'query')
    if {heads} != {_heads(scores.key, -2, 'key'), _heads(value, -1, 'value')}:
        raise Refused('query, key and value of different numbers of heads')
    layer = t.graph.attention(_row(t, scores.query), _row(t, scores.key), _row(t, value), heads=heads, scale=scores.scale,
                              mask=_mask(scores.mask, heads, *scores.shape[-2:]), name=t.name(part))
    channels, tokens = value.dims[-1], scores.query.dims[-2]
    head = sum(value.dims[:-2], ())
    return Value(layer, (head + channels, (), tokens), (*value.dims[:-2], tokens, channels))


def _mask(mask, heads, tokens, keys):
    """[T][S] or [heads][T][S] from torch's mask of any rank, booleans already turned into numbers."""
    if mask is None:
        return None
    mask = mask.to(torch.float32)
    while mask.dim() > 2 and mask.shape[0] == 1:
        mask = mask[0]
    refuse_if(mask.dim() > 3, 'an attention mask for each image')
    return array(mask.expand(*([heads] if mask.dim() == 3 else []), tokens, keys))


def additive(mask):
    """A mask to be added from one that says what may be seen."""
    return torch.zeros(mask.shape).masked_fill(~mask.cpu(), float('-inf'))


@function('scaled_dot_product_attention')
def scaled_dot_product_attention(t, query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None):
    refuse_if(dropout_p, 'dropout in attention: call eval() first')
    if is_causal:
        attn_mask = torch.ones(query.shape[-2], key.shape[-2], dtype=torch.bool).tril()
    if attn_mask is not None and attn_mask.dtype == torch.bool:
        attn_mask = additive(attn_mask)
    scale = query.shape[-1] ** -0.5 if scale is None else scale
    return attend(t, Scores(query, key.transpose(-2, -1), scale, attn_mask, True), value)


# ---- post --------------------------------------------------------------------------------------------------------------

@function('batch_norm')
def batch_norm(t, input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    refuse_if(training, 'batch normalisation by the statistics of the batch: call eval() first')
    refuse_if(running_mean is None, 'batch normalisation by the statistics of the batch also in eval mode (track_running_stats='
              'False): what it says about a picture depends on the others of the batch. For a picture alone it is InstanceNorm2d')
    layout = 'NCHW' if len(input.dims) == 4 else 'NCT' if len(input.dims) == 3 else 'NC'
    x = t.settle(input, layout)
    return x.on(t.graph.batch_norm(x.layer, array(weight), array(bias), array(running_mean), array(running_var), eps,
                                   name=t.name()))


@function('group_norm')
def group_norm(t, input, num_groups, weight=None, bias=None, eps=1e-5):
    x = t.settle(input, 'NCHW' if len(input.dims) == 4 else 'NCT')
    return x.on(t.graph.group_norm(x.layer, num_groups, array(weight), array(bias), eps, name=t.name()))


@function('instance_norm')
def instance_norm(t, input, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True, momentum=0.1,
                  eps=1e-5):
    if not use_input_stats:
        return batch_norm(t, input, running_mean, running_var, weight, bias, eps=eps)
    x = t.settle(input, 'NCHW' if len(input.dims) == 4 else 'NCT')
    return x.on(t.graph.instance_norm(x.layer, array(weight), array(bias), eps, name=t.name()))


@function('layer_norm')
def layer_norm(t, input, normalized_shape, weight=None, bias=None, eps=1e-5):
    count = len(normalized_shape) if isinstance(normalized_shape, (tuple, list)) else 1
    over = sum(input.dims[len(input.dims) - count:], ())
    if over != input.axes[0]:
        raise Refused(f'layer normalisation over {normalized_shape}, which is not the channels of each position')
    gamma, beta = (None if a is None else array(a).ravel() for a in (weight, bias))
    return input.on(t.graph.layer_norm(input.layer, gamma, beta, eps, name=t.name()))


def _per_channel(value, tensor):
    """A constant that broadcasts to a tensor, as a vector of its channels; None: it depends on the position."""
    if tensor.dim() > len(value.dims):
        raise Refused(f'a constant {tuple(tensor.shape)} for a tensor {value.shape}')
    tensor = tensor.reshape((1,) * (len(value.dims) - tensor.dim()) + tuple(tensor.shape))
    for size, whole in zip(tensor.shape, value.shape):
        refuse_if(size not in (1, whole), f'a constant {tuple(tensor.shape)} for a tensor {value.shape}')
    whole = product(value.axes[0])
    varying = [i for i, size in enumerate(tensor.shape) if size > 1]
    if not varying:
        return np.full(whole, array(tensor).item(), np.float32)
    if len(varying) == 1 and value.dims[varying[0]] == value.axes[0]:
        return array(tensor).ravel()
    return None


def constant_in(tensor, layout):
    """A constant in a layout as (C, H, W), with axes of size 1 where it has them."""
    values = array(tensor.reshape((1,) * (len(layout) - tensor.dim()) + tuple(tensor.shape)))
    names = layout.replace('T', 'W')
    refuse_if('N' in names and values.shape[names.index('N')] != 1, 'a constant for each image of a batch')
    if 'N' in names:
        values = values[(slice(None),) * names.index('N') + (0,)]
        names = names.replace('N', '')
    order = [names.index(axis) for axis in 'CHW' if axis in names]
    values = values.transpose(order)
    return np.ascontiguousarray(values[:, None] if order and 'H' not in names and 'W' in names else
                                values.reshape(-1, 1, 1) if 'W' not in names else values)


def _tensor(value):
    return value if isinstance(value, torch.Tensor) else torch.tensor(float(value))


@function('add', 'radd', 'iadd')
def add(t, input, other, alpha=1):
    a, b = input, other
    if isinstance(a, Scores) or isinstance(b, Scores):
        scores, mask = (a, b) if isinstance(a, Scores) else (b, a)
        refuse_if(isinstance(mask, (Value, Scores)), 'an attention mask that depends on the input')
        return scores.masked(_tensor(mask) * (alpha if mask is b else 1))
    if isinstance(a, Value) and isinstance(b, Value):
        b = b if alpha == 1 else scale(t, b, alpha, 'alpha')
        layout, (a, b) = t.settle_all(a, b)
        refuse_if(a.shape != b.shape, f'a sum of {a.shape} and {b.shape}: only constants may broadcast')
        return t.fresh(t.graph.add([a.layer, b.layer], name=t.name()), layout)
    if isinstance(a, Value):
        return shift(t, a, _tensor(b) * alpha)
    return shift(t, b if alpha == 1 else scale(t, b, alpha, 'alpha'), _tensor(a))


def shift(t, value, constant):
    """value + constant."""
    vector = _per_channel(value, constant)
    if vector is None:
        layout = t.layout(value)
        x = t.settle(value, layout)
        return x.on(t.graph.add_constant(x.layer, constant_in(constant, layout), name=t.name()))
    result = value.on(t.graph.scale_shift(value.layer, None, vector, name=t.name()))
    t.known[result.layer] = ('shift', value, constant.item() if constant.numel() == 1 else None)
    return result


def scale(t, value, constant, suffix=''):
    """value * constant."""
    constant = _tensor(constant)
    if isinstance(value, Scores):
        return value.scaled(number(constant, 'the scale of attention'))
    vector = _per_channel(value, constant)
    if vector is None:
        layout = t.layout(value)
        x = t.settle(value, layout)
        gate = t.graph.constant(constant_in(constant, layout), name=t.name('constant'))
        return x.on(t.graph.gate(x.layer, gate, name=t.name(suffix)))
    kind, base, factor = t.known.get(value.layer, (None, None, None))
    if constant.numel() == 1 and kind == 'relu6(x + 3)' and abs(constant.item() * 6 - 1) < 1e-6:
        return base.on(t.graph.hard_sigmoid(base.layer, name=t.name(suffix)))
    if constant.numel() == 1 and kind == 'scale' and abs(constant.item() * factor - 1) < 1e-6:
        return base
    result = value.on(t.graph.scale_shift(value.layer, vector, name=t.name(suffix)))
    if constant.numel() == 1:
        t.known[result.layer] = ('scale', value, constant.item())
    return result


@function('sub', 'isub', 'subtract')
def sub(t, input, other, alpha=1):
    if isinstance(other, Value):
        return add(t, input, scale(t, other, -alpha, 'minus'))
    return add(t, input, -other * alpha)


@function('rsub')
def rsub(t, input, other, alpha=1):
    return add(t, scale(t, input, -alpha, 'minus'), other)


@function('neg')
def neg(t, input):
    return scale(t, input, -1.0)


@function('div', 'truediv', 'itruediv', 'divide', 'true_divide')
def div(t, input, other, rounding_mode=None):
    refuse_if(isinstance(other, (Value, Scores)) or rounding_mode, 'a division by a tensor of the input, or one that rounds')
    return scale(t, input, 1 / _tensor(other).double())


# ---- gates ---------------------------------------------------------------------------------------------------------------

def _ends_in_gate(t, layer):
    """Whether a layer is a sigmoid or the like, seen through layers that only move numbers."""
    while t.graph.kind(layer) in ('reshape', 'transpose', 'shuffle', 'slice', 'select_tokens', 'flatten', 'upsample'):
        layer = t.graph.inputs_of(layer)[0]
    return t.graph.kind(layer) in ('sigmoid', 'hard_sigmoid', 'softmax')


@function('mul', 'rmul', 'imul', 'multiply')
def mul(t, input, other):
    a, b = input, other
    if isinstance(a, Scores) or isinstance(b, Scores) or not (isinstance(a, Value) and isinstance(b, Value)):
        return scale(t, a, b) if isinstance(a, (Value, Scores)) else scale(t, b, a)
    for x, g in ((a, b), (b, a)):  # a smooth activation that is written out
        kind = t.graph.kind(g.layer)
        if kind in ('sigmoid', 'hard_sigmoid') and t.graph.inputs_of(g.layer)[0] == x.layer and x.dims == g.dims:
            call = t.graph.silu if kind == 'sigmoid' else t.graph.hard_swish
            return x.on(call(x.layer, name=t.name()))
        if t.known.get(g.layer, ('',))[0] == 'relu6(x + 3)' and t.known[g.layer][1].layer == x.layer:
            swish = x.on(t.graph.hard_swish(x.layer, name=t.name('hard_swish')))
            result = x.on(t.graph.scale_shift(swish.layer, np.full(product(x.axes[0]), 6, np.float32), name=t.name()))
            t.known[result.layer] = ('scale', swish, 6.0)
            return result
    layout, (a, b) = t.settle_all(a, b)
    small = [all(p in (1, q) for p, q in zip(x.shape, y.shape)) for x, y in ((a, b), (b, a))]
    refuse_if(not any(small), f'a product of {a.shape} and {b.shape}, neither of which broadcasts to the other')
    if a.shape == b.shape:
        small = [_ends_in_gate(t, x.layer) for x in (a, b)]
        chosen = t.gates.get(where(t.node), t.gates.get(t.node.name))
        if chosen is not None:
            small = [chosen == 0, chosen == 1]
        refuse_if(small[0] == small[1], 'a product of which neither factor or both end in a sigmoid: say which one is the gate, '
                  f"gates={{'{where(t.node)}': 0}} or 1")
    gate, value = (a, b) if small[0] else (b, a)
    return t.fresh(t.graph.gate(value.layer, gate.layer, name=t.name()), layout)


# ---- pointwise -------------------------------------------------------------------------------------------------------------

for _torch, _srd in {'relu': 'relu', 'selu': 'selu', 'silu': 'silu', 'tanh': 'tanh', 'sigmoid': 'sigmoid',
                     'hardswish': 'hard_swish', 'hardsigmoid': 'hard_sigmoid'}.items():
    def _pointwise(t, input, inplace=False, srd=_srd):
        return input.on(getattr(t.graph, srd)(input.layer, name=t.name()))

    FUNCTIONS[_torch] = _pointwise


@function('clamp', 'clip')
def clamp(t, input, min=None, max=None):
    if max is None and min is not None and number(min, 'the bound') == 0:
        return FUNCTIONS['relu'](t, input)
    refuse_if(min is None or max is None, 'a clamp with one bound that is not 0')
    low, high = number(min, 'a bound'), number(max, 'a bound')
    result = input.on(t.graph.clip(input.layer, low, high, name=t.name()))
    kind, base, constant = t.known.get(input.layer, (None, None, None))
    if (low, high, kind, constant) == (0, 6, 'shift', 3):
        t.known[result.layer] = ('relu6(x + 3)', base, None)
    return result


@function('hardtanh')
def hardtanh(t, input, min_val=-1.0, max_val=1.0, inplace=False):
    return clamp(t, input, min_val, max_val)


@function('relu6')
def relu6(t, input, inplace=False):
    return clamp(t, input, 0, 6)


@function('leaky_relu')
def leaky_relu(t, input, negative_slope=0.01, inplace=False):
    return input.on(t.graph.leaky_relu(input.layer, negative_slope, name=t.name()))


@function('prelu')
def prelu(t, input, weight):
    if weight.numel() > 1 and (len(input.dims) < 2 or input.dims[1] != input.axes[0]):
        input = t.settle(input, 'NCHW' if len(input.dims) == 4 else 'NCT' if len(input.dims) == 3 else 'NC')
    return input.on(t.graph.prelu(input.layer, array(weight), name=t.name()))


@function('elu')
def elu(t, input, alpha=1.0, inplace=False):
    return input.on(t.graph.elu(input.layer, alpha, name=t.name()))


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
        refuse_if(dim not in (-1, len(input.shape) - 1), 'attention with a softmax that is not over the keys')
        return Scores(input.query, input.key, input.scale, input.mask, True)
    axis = input.axis(1 if dim is None else dim)
    if t.drop_at_output(torch.softmax, axis):
        return input
    refuse_if(input.dims[axis] != input.axes[0], 'a softmax that is not over the channels of each position; if it belongs '
              'to what is done with the scores afterwards (boxes of a detector), let the module return the scores')
    return input.on(t.graph.softmax(input.layer, name=t.name()))
