"""Comparisons: 1 where they hold and 0 elsewhere, computed by a steep clip. They are gates: nothing is said about where they come from."""
import torch

from .basics import FUNCTIONS, as_tensor, function, refuse_if
from .values import Value

STEEP = 1e20  # differences larger than 1 / STEEP are told apart


def _difference(t, one, other):
    if isinstance(one, Value) and isinstance(other, Value):
        return FUNCTIONS['sub'](t, one, other)
    if isinstance(one, Value):
        return FUNCTIONS['add'](t, one, -as_tensor(other))
    return FUNCTIONS['add'](t, FUNCTIONS['neg'](t, other), as_tensor(one))


def _step(t, difference):
    """1 where the difference is above 0."""
    steep = FUNCTIONS['mul'](t, difference, torch.tensor(STEEP))
    return _marked(t, steep.on(t.graph.clip(steep.layer, 0.0, 1.0, name=t.name('step'))))


def _marked(t, value):
    t.known[value.layer] = ('step', None, None)
    return value


def inverse(t, step):
    """1 where it is 0."""
    less = FUNCTIONS['mul'](t, step, torch.tensor(-1.0))
    return _marked(t, FUNCTIONS['add'](t, less, torch.tensor(1.0)))


def is_step(t, value):
    """Whether a value is the result of a comparison."""
    return isinstance(value, Value) and t.known.get(value.layer, ('',))[0] == 'step'


@function('gt', 'greater')
def gt(t, input, other):
    return _step(t, _difference(t, input, other))


@function('lt', 'less')
def lt(t, input, other):
    return gt(t, other, input)


@function('ge', 'greater_equal')
def ge(t, input, other):
    return inverse(t, lt(t, input, other))


@function('le', 'less_equal')
def le(t, input, other):
    return inverse(t, gt(t, input, other))


@function('invert', 'logical_not', 'bitwise_not')
def invert(t, input):
    refuse_if(not is_step(t, input), 'the inverse of what is no comparison')
    return inverse(t, input)


@function('and', 'logical_and', 'bitwise_and')
def both(t, input, other):
    refuse_if(not (is_step(t, input) and is_step(t, other)), '"and" of what are no comparisons')
    one, gate = t.broadcast(input, other)
    return _marked(t, one.on(t.graph.gate(one.layer, gate.layer, name=t.name())))


@function('where')
def where(t, condition, input, other):
    if isinstance(condition, Value):
        refuse_if(not is_step(t, condition), 'a choice by what is no comparison')
        masks = condition, inverse(t, condition)
    else:
        masks = condition.float(), (~condition).float()
    return FUNCTIONS['add'](t, *(_kept(t, x, mask) for x, mask in zip((input, other), masks)))


def _kept(t, x, mask):
    x = x if isinstance(x, Value) else as_tensor(x)
    if not isinstance(mask, Value) and not isinstance(x, Value):
        return x * mask
    if isinstance(x, Value) and isinstance(mask, Value):
        x, mask = t.broadcast(x, mask)
        return x.on(t.graph.gate(x.layer, mask.layer, name=t.name('kept')))
    return FUNCTIONS['mul'](t, x, mask)
