"""What the functions of the translation have in common: their table, constants as arrays, constants in the axes of a layer."""
import numbers

import numpy as np
import torch

from .values import Refused, product

FUNCTIONS = {}  # by torch's name, without the underscores of methods in place and operators


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


def as_tensor(value):
    """A number as a tensor; tensors stay."""
    return value if isinstance(value, torch.Tensor) else torch.tensor(float(value))


def in_axes(value, tensor, whole=False):
    """A constant that broadcasts to a tensor, as an array over the channels, rows and columns of its layer, of size 1 along
    those that it does not depend on. whole=True: of full size."""
    refuse_if(tensor.dim() > len(value.dims), f'a constant {tuple(tensor.shape)} for a tensor {value.shape}')
    tensor = tensor.reshape((1,) * (len(value.dims) - tensor.dim()) + tuple(tensor.shape))
    refuse_if(any(size not in (1, whole) for size, whole in zip(tensor.shape, value.shape)),
              f'a constant {tuple(tensor.shape)} for a tensor {value.shape}')
    varies = {atom: size > 1 or whole for dim, size in zip(value.dims, tensor.shape) for atom in dim}
    order = sum(value.dims, ())
    values = array(tensor).reshape([atom.size if varies[atom] else 1 for atom in order])
    values = values.transpose([order.index(atom) for axis in value.axes for atom in axis])
    shape = []
    for axis in value.axes:
        here = any(varies[atom] for atom in axis)
        shape += [atom.size if here else 1 for atom in axis]
    values = np.broadcast_to(values, shape)
    return np.ascontiguousarray(values.reshape([product(axis) if any(varies[a] for a in axis) else 1 for axis in value.axes]))


def expand_to(t, value, tensor):
    """The value, repeated where the constant is larger."""
    rank = max(len(value.dims), tensor.dim())
    shapes = (1,) * (rank - len(value.dims)) + value.shape, (1,) * (rank - tensor.dim()) + tuple(tensor.shape)
    shape = tuple(max(a, b) for a, b in zip(*shapes))
    return value if shape == value.shape else t.expanded(value, shape)


def shifted(t, value, tensor, part=''):
    """value + constant."""
    value = expand_to(t, value, tensor)
    constant = in_axes(value, tensor)
    if constant.shape[1:] == (1, 1):
        vector = np.ascontiguousarray(np.broadcast_to(constant.ravel(), product(value.axes[0])))
        return value.on(t.graph.scale_shift(value.layer, None, vector, name=t.name(part)))
    return value.on(t.graph.add_constant(value.layer, constant, name=t.name(part)))


def scaled(t, value, tensor, part=''):
    """value * constant."""
    value = expand_to(t, value, tensor)
    constant = in_axes(value, tensor)
    if constant.shape[1:] == (1, 1):
        vector = np.ascontiguousarray(np.broadcast_to(constant.ravel(), product(value.axes[0])))
        return value.on(t.graph.scale_shift(value.layer, vector, name=t.name(part)))
    gate = t.graph.constant(constant, name=t.name('constant'))
    return value.on(t.graph.gate(value.layer, gate, name=t.name(part)))
