"""Recurrent modules, step after step: each step is layers of its own. Sigmoids are gates of what they multiply."""
import numpy as np
import torch
from torch import nn

from .basics import array, refuse_if
from .values import Value, atoms_of

MOST_STEPS = 1024  # of all layers and directions together


class _Cell:
    """One layer in one direction; step(tokens of the input, state) -> state, of which the first is the hidden layer."""

    def __init__(self, t, m, suffix, part):
        self.t, self.size, self.part, self.m = t, m.hidden_size, part, m
        self.input_weight, self.hidden_weight = (array(getattr(m, f'weight_{kind}_{suffix}')) for kind in ('ih', 'hh'))
        self.biases = [array(getattr(m, f'bias_{kind}_{suffix}')) if m.bias else np.zeros(len(self.input_weight), np.float32)
                       for kind in ('ih', 'hh')]

    def name(self, what):
        return self.t.name(f'{self.part}.{what}')

    def linear(self, layer, weight, bias, what):
        return self.t.graph.linear_tokens(layer, np.ascontiguousarray(weight), bias, name=self.name(what))

    def part_of(self, layer, number, what):
        """One of the blocks of channels that a linear layer computes together."""
        return self.t.graph.slice(layer, number * self.size, self.size, name=self.name(what))

    def gated(self, value, gate, what):
        return self.t.graph.gate(value, gate, name=self.name(what))

    def sum(self, layers, what):
        return self.t.graph.add(layers, name=self.name(what)) if len(layers) > 1 else layers[0]

    def sigmoid(self, layer, what):
        return self.t.graph.sigmoid(layer, name=self.name(what))

    def tanh(self, layer, what):
        return self.t.graph.tanh(layer, name=self.name(what))


class _Lstm(_Cell):
    def before(self, tokens):
        return self.linear(tokens, self.input_weight, sum(self.biases), 'input')

    def step(self, given, state):
        if state:
            given = self.sum([given, self.linear(state[0], self.hidden_weight, None, 'hidden')], 'sum')
        let_in, forget, out = (self.sigmoid(self.part_of(given, i, what), what + '_gate') for i, what in ((0, 'in'), (1, 'forget'), (3, 'out')))
        cell = [self.gated(self.tanh(self.part_of(given, 2, 'new'), 'new_tanh'), let_in, 'let_in')]
        if state:
            cell.append(self.gated(state[1], forget, 'kept'))
        cell = self.sum(cell, 'cell')
        return self.gated(self.tanh(cell, 'cell_tanh'), out, 'out'), cell


class _Gru(_Cell):
    def before(self, tokens):
        return self.linear(tokens, self.input_weight, self.biases[0], 'input')

    def step(self, given, state):
        hidden = self.linear(state[0], self.hidden_weight, self.biases[1], 'hidden') if state else \
            self.t.graph.constant(self.biases[1][:, None, None], name=self.name('hidden'))
        reset, update = (self.sigmoid(self.sum([self.part_of(x, i, what) for x in (given, hidden)], what + '_sum'), what + '_gate')
                         for i, what in ((0, 'reset'), (1, 'update')))
        recalled = self.gated(self.part_of(hidden, 2, 'recalled'), reset, 'recalled_gated')
        new = self.tanh(self.sum([self.part_of(given, 2, 'new'), recalled], 'new_sum'), 'new_tanh')
        rest = self.t.graph.scale_shift(update, np.full(self.size, -1, np.float32), np.ones(self.size, np.float32), name=self.name('rest'))
        found = [self.gated(new, rest, 'renewed')]
        if state:
            found.append(self.gated(state[0], update, 'kept'))
        return (self.sum(found, 'out'),)


class _Rnn(_Cell):
    def before(self, tokens):
        return self.linear(tokens, self.input_weight, sum(self.biases), 'input')

    def step(self, given, state):
        if state:
            given = self.sum([given, self.linear(state[0], self.hidden_weight, None, 'hidden')], 'sum')
        return (self.t.graph.relu(given, name=self.name('out')) if self.m.nonlinearity == 'relu' else self.tanh(given, 'out'),)


def _run(t, cell, tokens, steps, back):
    """(the hidden layers of all steps as tokens, the last state)."""
    given, state, found = cell.before(tokens), (), []
    for step in reversed(range(steps)) if back else range(steps):
        state = cell.step(t.graph.select_tokens(given, step, 1, name=cell.name('step')), state)
        found.append(state[0])
    found = found[::-1] if back else found
    return t.graph.concat_tokens(found, name=cell.name('steps')) if steps > 1 else found[0], state


def recurrent(t, m, input, hx=None):
    """nn.LSTM, nn.GRU or nn.RNN: (output, last states) like torch's."""
    kind = next(cell for base, cell in ((nn.LSTM, _Lstm), (nn.GRU, _Gru), (nn.RNN, _Rnn)) if isinstance(m, base))
    first = [] if hx is None else list(hx) if isinstance(hx, (tuple, list)) else [hx]
    refuse_if(any(not isinstance(h, torch.Tensor) or bool(h.any()) for h in first), 'a recurrent network with a first state that is not 0')
    refuse_if(getattr(m, 'proj_size', 0) or m.training and m.dropout, 'a recurrent network with a projection or dropout')
    refuse_if(len(input.dims) != 3, 'a recurrent network without a batch')
    x, directions = t.settle(input, 'NTC' if m.batch_first else 'TNC'), 2 if m.bidirectional else 1
    steps = x.shape[1 if m.batch_first else 0]
    refuse_if(steps * m.num_layers * directions > MOST_STEPS, f'{steps * m.num_layers * directions} steps of a recurrent network, each of which '
              f'would be layers of its own; up to {MOST_STEPS} are converted')
    tokens, last = x.layer, []
    for number in range(m.num_layers):
        runs = []
        for back in range(directions):
            suffix = f'l{number}' + '_reverse' * back
            runs.append(_run(t, kind(t, m, suffix, suffix), tokens, steps, back))
        tokens = runs[0][0] if directions == 1 else t.graph.concat([run[0] for run in runs], name=t.name(f'l{number}'))
        last += [run[1] for run in runs]
    states = tuple(_stacked(t, [state[i] for state in last], m.hidden_size, part) for i, part in enumerate(('h', 'c')[:len(last[0])]))
    return t.fresh(tokens, 'NTC' if m.batch_first else 'TNC'), states if kind is _Lstm else states[0]


def _stacked(t, layers, size, part):
    """The last states of all layers and directions, (layers, N, channels)."""
    count, channels = atoms_of(len(layers)), atoms_of(size)
    layer = t.graph.concat(layers, name=t.name(part)) if len(layers) > 1 else layers[0]
    return Value(layer, (count + channels, (), ()), (count, (), channels))
