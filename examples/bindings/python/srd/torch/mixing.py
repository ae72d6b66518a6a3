"""Convolutions, linear layers and matrix products."""
import numpy as np
import torch

from .attention import Scores, attend
from .basics import array, function, pair, refuse_if
from .values import Value


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


def _without(value, atoms):
    """Rows and columns of a layer whose channels are to be these atoms."""
    rows, columns = (tuple(atom for atom in axis if atom not in atoms) for axis in value.axes[1:])
    return tuple(atom for atom in value.axes[0] if atom not in atoms) + rows, columns


@function('linear')
def linear(t, input, weight, bias=None, part=''):
    weight, bias, last = array(weight), array(bias), input.dims[-1]
    channels, grid = input.axes[0], input.grid
    if set(last) == set(channels + grid):  # a vector: in torch's order, which the columns of the weight follow
        order = [last.index(atom) for atom in channels + grid]
        columns = weight.reshape(len(weight), *(atom.size for atom in last)).transpose(0, *(1 + i for i in order))
        layer = t.graph.linear(input.layer, np.ascontiguousarray(columns).reshape(weight.shape), bias, name=t.name(part))
        return t.rows(layer, input)
    refuse_if(not last and input.grid, 'a linear layer over an axis of size 1')
    if set(last) != set(channels):  # channels that are not in it are positions, and positions that are in it channels
        input = t.arrange(input, (last, *_without(input, last)))
        channels = last
    order = [last.index(atom) for atom in channels]
    columns = weight.reshape(len(weight), *(atom.size for atom in last)).transpose(0, *(1 + i for i in order))
    layer = t.graph.linear_tokens(input.layer, np.ascontiguousarray(columns).reshape(weight.shape), bias, name=t.name(part))
    return t.rows(layer, input)


@function('conv1d')
def conv1d(t, input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    x, weight, kernel = t.settle(input, 'NCT'), array(weight)[:, :, None], (1, weight.shape[-1])
    stride, dilation = ((1, pair(one)[-1]) for one in (stride, dilation))
    padding = padding if isinstance(padding, str) else (0, pair(padding)[-1])
    return t.fresh(t.graph.conv2d(x.layer, weight, array(bias), stride=stride, groups=groups, dilation=dilation,
                                  pad=_pads(padding, kernel, dilation), name=t.name()), 'NCT')


@function('conv_transpose1d')
def conv_transpose1d(t, input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    x = t.settle(input, 'NCT')
    across = [pair(one)[-1] for one in (stride, padding, output_padding, dilation)]
    return t.fresh(t.graph.conv_transpose2d(x.layer, array(weight)[:, :, None], array(bias), stride=(1, across[0]), pad=(0, across[1]),
                                            output_pad=(0, across[2]), groups=groups, dilation=(1, across[3]), name=t.name()), 'NCT')


def _bare(tensor):
    """A constant matrix without dimensions of size 1 in front."""
    while tensor.dim() > 2 and tensor.shape[0] == 1:
        tensor = tensor[0]
    return tensor


@function('matmul', 'bmm', 'mm')
def matmul(t, input, other):
    if isinstance(input, Scores):
        return attend(t, input, other)
    if isinstance(other, Scores):  # the same, transposed
        refuse_if(not isinstance(input, Value), 'attention to a constant')
        return attend(t, other.transpose(-2, -1), input.transpose(-2, -1)).transpose(-2, -1)
    if isinstance(input, Value) and isinstance(other, torch.Tensor) and _bare(other).dim() == 2:
        return linear(t, input, _bare(other).t())
    if isinstance(other, Value) and isinstance(input, torch.Tensor) and _bare(input).dim() == 2:
        return linear(t, other.transpose(-2, -1), _bare(input)).transpose(-2, -1)
    refuse_if(not (isinstance(input, Value) and isinstance(other, Value)), 'a matrix product that is no linear layer')
    return Scores.of(input, other)


@function('addmm')
def addmm(t, input, mat1, mat2, beta=1, alpha=1):
    refuse_if(not isinstance(input, torch.Tensor) or not isinstance(mat2, torch.Tensor), 'a matrix product that is no linear layer')
    return linear(t, mat1, mat2.t() * alpha, (input * beta).expand(mat2.shape[1]))


@function('einsum')
def einsum(t, equation, *operands):
    operands = operands[0] if len(operands) == 1 and isinstance(operands[0], (tuple, list)) else operands
    equation = equation.replace(' ', '')
    inputs, output = equation.split('->') if '->' in equation else (equation, None)
    inputs = inputs.split(',')
    refuse_if(output is None or '.' in equation or any(len(set(one)) != len(one) for one in inputs),
              f'einsum {equation}: an equation with "->", without dots and with each index once in a tensor is needed')
    if len(operands) == 1:
        refuse_if(set(inputs[0]) != set(output), f'einsum {equation}')
        return operands[0].permute([inputs[0].index(i) for i in output])
    refuse_if(len(operands) != 2, f'einsum {equation}: of more than two tensors')
    return _einsum(t, equation, inputs, output, operands)


def _einsum(t, equation, inputs, output, operands):
    """Of two tensors: a matrix product between permutations."""
    one, other = inputs
    both = [i for i in one if i in other]
    summed = [i for i in both if i not in output]
    refuse_if(len(summed) != 1 or any(i not in output for i in set(one + other) - set(summed)),
              f'einsum {equation}: one index that is summed over is understood')
    shared = [i for i in both if i in output]
    free = [[i for i in part if i not in both] for part in inputs]
    orders = (shared + free[0] + summed, shared + summed + free[1])
    sizes = {i: size for part, operand in zip(inputs, operands) for i, size in zip(part, operand.shape)}
    ordered = [operand.permute([part.index(i) for i in order]) for part, operand, order in zip(inputs, operands, orders)]
    lead = [sizes[i] for i in shared]

    def matrix(value, shape):
        return value.reshape([*lead, *shape]) if len(value.shape) != len(lead) + 2 else value

    def size_of(names):
        return int(np.prod([sizes[i] for i in names], dtype=int))

    refuse_if(not isinstance(operands[0], (Value, Scores)) and shared and size_of(shared) > 1 or
              isinstance(operands[0], Value) and isinstance(operands[1], torch.Tensor) and size_of(shared) > 1,
              f'einsum {equation}: a constant for each index that is kept')
    result = matmul(t, matrix(ordered[0], [size_of(free[0]), sizes[summed[0]]]), matrix(ordered[1], [sizes[summed[0]], size_of(free[1])]))
    now = shared + free[0] + free[1]
    result = result.reshape([sizes[i] for i in now])
    return result.permute([now.index(i) for i in output])
