"""From the traced operations to a sealed graph."""
import collections
import difflib
import inspect
import re

import numpy as np
import torch
from torch import fx

from ..graph import Graph
from ..native import SrdError
from . import functions, mixing, modules, moves, norms, positions, reductions, reference, responses, squares, steps, unfinished  # most of which register their functions
from .attention import PARTIAL, UNFINISHED, Scores, Weighted
from .basics import FUNCTIONS
from .proxy import inside
from .trace import Tracer, differs, leaves, live, where
from .settle import Settler
from .values import Refused, Value


# Functions whose result is another one at each call.
RANDOM = {'rand_like', 'randn_like', 'randint_like', 'bernoulli', 'multinomial', 'normal', 'uniform', 'poisson', 'exponential',
          'gumbel_softmax', 'rrelu', 'rand', 'randn', 'random', 'cauchy', 'geometric', 'log_normal', 'fractional_max_pool2d'}
# Kinds of an output's layer before which scores are taken.
ENDS = {'relu', 'clip', 'leaky_relu', 'prelu', 'elu', 'selu', 'gelu', 'silu', 'tanh', 'sigmoid', 'softplus', 'hard_swish',
        'hard_sigmoid', 'celu', 'mish', 'log_sigmoid', 'softsign', 'abs', 'exp', 'erf', 'softmax', 'local_response_norm',
        'layer_norm', 'rms_norm', 'l2_norm'}


class ConversionError(ValueError):
    """A module that cannot be explained: the operation and the reason."""
    __module__ = 'srd.torch'


class Output:
    """A tensor that the module returns: the layer, its layout, its place among the returned tensors, and what was left out
    behind it (a function of the tensor, or None). shape: torch's without the batch, where the layout is another one.

    before  the layer before an activation at the end, whose values are the scores; None: those are the output itself
    """

    def __init__(self, layer, layout, place, finish, shape=None):
        self.layer, self.layout, self.place, self.finish, self.before, self.shape = layer, layout, place, finish, None, shape

    def tensor(self, values):
        """The values (N, C, H, W) of the layer, shaped as torch has them."""
        tensor = self.scores(values)
        return tensor if self.finish is None else self.finish(tensor)

    def scores(self, values):
        """The same without what was left out."""
        names = 'NCHW'
        if 'H' not in self.layout:
            values, names = values.reshape(*values.shape[:2], -1), 'NCT'
        if 'T' not in self.layout and 'H' not in self.layout:
            values, names = values[..., 0], 'NC'
        if 'N' not in self.layout:
            values, names = values[0], names[1:]
        found = torch.from_numpy(np.ascontiguousarray(values.transpose([names.index(axis) for axis in self.layout])))
        return found if self.shape is None else found.reshape(len(found), *self.shape)


class Translator(Settler):
    """Adds a layer, or some, for each operation. Functions get it as `t`; they use graph, name(), shape, settle(), fresh()."""

    def __init__(self, root, tracer, gates, handlers):
        self.root, self.tracer, self.gates, self.handlers = root, tracer, gates, handlers
        self.graph, self.names, self.short, self.notes, self.known = Graph(), {}, {}, [], {}
        self.node = self.shape = None
        self._taken, self._values, self._finish = set(), {}, {}
        self._uses = {}  # of modules that are called more than once: the number of this call, counted from 0

    def name(self, part=''):
        """A name for the next layer: that of the module or of the operation, and a part."""
        base = self._place()
        base = name = f'{base}.{part}' if part else base
        count = 0
        while name in self._taken:
            count += 1
            name = f'{base}_{count}'
        self._taken.add(name)
        return name

    def _place(self):
        """Where the node is; of a module that is called more than once with the number of this call."""
        place = where(self.node)
        return f'{place}_{self._uses[place]}' if place in self._uses else place

    def rows(self, layer, input):
        """The result of a linear layer over the last dimension."""
        whole = self.fresh(layer, 'NC')
        channels, last = whole.axes[0], input.dims[-1]
        if set(last) == set(sum(input.axes, ())):
            return Value(layer, (channels, (), ()), (*input.dims[:-1], channels))
        return Value(layer, (channels, *input.axes[1:]), (*input.dims[:-1], channels))

    def drop_at_output(self, finish, dim):
        """Whether nothing follows this operation, which is then left out; scores are asked before it anyway."""
        if any(user.op != 'output' for user in self.node.users):
            return False
        self._finish[self.node] = lambda tensor: finish(tensor, dim)
        self.notes.append(f'{where(self.node)}: the {finish.__name__} at the end is left out; scores are those before it')
        return True

    def _argument(self, argument):
        if isinstance(argument, fx.Node):
            value = self._values[argument]
            if isinstance(value, Refused):
                raise value
            return value
        if isinstance(argument, (tuple, list)):
            return type(argument)(map(self._argument, argument)) if not hasattr(argument, '_fields') else \
                type(argument)(*map(self._argument, argument))
        return argument

    def _call(self, node):
        arguments = [self._argument(a) for a in node.args]
        options = {key: self._argument(a) for key, a in node.kwargs.items() if key != 'out'}
        if node.op == 'call_module':
            module = self.tracer.parts[node.target]
            handler = modules.find(type(module), self.handlers)
            if handler is not None:
                arguments = unfinished.finished(self, arguments)
                x = self.settle(arguments[0], self.layout(arguments[0]))
                return self.fresh(handler(self.graph, module, x.layer, self.name()), self.layout(x))
            return modules.call(self, module, arguments, options)
        name = (node.target if isinstance(node.target, str) else node.target.__name__).strip('_')
        if inside([arguments, options], unfinished.Unfinished):
            return unfinished.call(self, name, arguments, options)
        if name not in FUNCTIONS:
            raise Refused('random numbers: every call would be another network' if name in RANDOM else
                          f'libsrd has no layer for the function {name}')
        if any(isinstance(a, Scores) for a in arguments) and name not in PARTIAL:
            raise Refused(UNFINISHED)
        first = 'tensors' if name.startswith('concat') or name == 'cat' else 'input'
        if not arguments and first in options:
            arguments = [options.pop(first)]
        return FUNCTIONS[name](self, *arguments, **options)

    def _check(self, value):
        """What the account of axes says against what torch computed; a difference is a mistake of this package."""
        if self.shape is not None and isinstance(value, (Value, Scores, Weighted, unfinished.Unfinished)) and value.shape != self.shape:
            raise Refused(f'translated to a tensor {value.shape}, but torch computes {self.shape}')
        dtype = self.node.meta.get('dtype')
        if dtype is not None and not dtype.is_floating_point and not (dtype == torch.bool and steps.is_step(self, value)):
            raise Refused(f'a tensor of {dtype}: rounding to it is no layer of libsrd')

    def _refusal(self, node, error):
        """The exception for the user: where, what, and why."""
        part = self.tracer.parts[node.target] if node.op == 'call_module' else None
        what = getattr(node.target, '__name__', node.target) if part is None else type(part).__name__
        if isinstance(error, AttributeError) and getattr(error, 'obj', None) is self.graph:
            error = Refused(f'this libsrd has no layer {error.name}')
        reason = error if isinstance(error, (Refused, SrdError)) else f'arguments that are not understood: {error}'
        strange = ' (it is registered in no module, so that eval() does not reach it)' if node.target in self.tracer.strange and \
            'eval()' in str(error) else ''
        return ConversionError(f'{where(node)} ({what}): {reason}{strange}')

    def run(self, traced, examples, input_names):
        """Translates all operations that reach the output; returns the Outputs."""
        needed = set(live(traced))
        called = collections.Counter(where(node) for node in traced.nodes if node in needed and node.op == 'call_module')
        self._uses = {place: -1 for place, count in called.items() if count > 1}
        inputs = iter(zip(examples, input_names))
        for node in traced.nodes:
            self.node, self.shape = node, node.meta.get('shape')
            if node.op == 'placeholder':
                self._values[node] = self._input(*next(inputs))
            elif node.op == 'output':
                return self._outputs(node.args[0])
            elif node in needed:
                if node.op == 'call_module' and node.target in self._uses:
                    self._uses[node.target] += 1
                try:
                    self._values[node] = value = self._call(node)
                    self._check(value)
                except (Refused, SrdError, TypeError, AttributeError, IndexError, ValueError) as error:
                    raise self._refusal(node, error) from error
                if isinstance(value, Value):
                    self.names[where(node)] = self.names[self._place()] = value.layer  # the former ends as the last call's
                    self.short[node.name] = value.layer
        raise AssertionError('a graph without an output')

    def _input(self, example, name):
        shape = tuple(example.shape)
        self._taken.add(name)
        layer = self.graph.input(*{4: shape[1:], 3: (shape[1], 1, shape[-1]), 2: (shape[1], 1, 1)}[len(shape)], name=name)
        self.names[name] = layer
        return self.fresh(layer, {4: 'NCHW', 3: 'NCT', 2: 'NC'}[len(shape)])

    def _outputs(self, structure):
        outputs, left_out = [], []
        for place, node in enumerate(leaves(structure)):
            if not isinstance(node, fx.Node):
                continue
            value = self._values[node]
            if isinstance(value, unfinished.Unfinished):
                value = self._finished(value)
            if steps.is_step(self, value):
                value = Refused('a comparison, which says nothing about where it comes from')
            if not isinstance(value, Value):
                left_out.append(f'output {place} is left out: {value if isinstance(value, Refused) else "no layer"}')
                continue
            if not value.dims:
                raise ConversionError(f'output {place} is a single number: return all scores, as (N, C), and choose one by target=')
            try:
                layout, flat = self._output_layout(value)
                layer = self.settle(flat, layout).layer
                self.graph.output(layer)
            except (Refused, SrdError) as error:
                raise ConversionError(f'output {place}: {error}') from error
            outputs.append(Output(layer, layout, place, self._finish.get(node), value.shape[1:] if flat is not value else None))
        if not outputs:
            raise ConversionError('; '.join(['the module returns no tensor that depends on the input', *left_out]))
        self.notes += left_out
        self._score_outputs(outputs)
        for path, node in self.tracer.made.items():
            if path and isinstance(self._values.get(node), Value):
                self.names.setdefault(path, self._values[node].layer)
        return outputs

    def _finished(self, value):
        """What is unfinished as a tensor, or why it is none."""
        try:
            return unfinished.finished(self, value)
        except Refused as reason:
            return reason

    def _output_layout(self, value):
        """A layout for an output, and the value in it: of more than four dimensions the last is that of the channels."""
        try:
            return self.layout(value), value
        except Refused:
            rank = len(value.dims)
            if rank < 2 or value.dims[0]:
                raise
            if rank > 4:
                return 'NTC', value.flatten(1, rank - 2)
            last = value.dims[-1]
            return {2: 'NC', 4: 'NCHW', 3: 'NTC' if last and all(a in value.axes[0] for a in last) else 'NCT'}[rank], value

    def _score_outputs(self, outputs):
        """What is before an activation at the end becomes an output too, behind those of the module, so that its value is kept."""
        graph = self.graph
        for output in outputs:
            if graph.kind(output.layer) in ENDS and not output.finish:
                output.before, = graph.inputs_of(output.layer)
                if graph.kind(output.before) in ('input', 'constant'):
                    output.before = None
                elif output.before not in graph.outputs:
                    graph.output(output.before)


def _note_ends(translator, outputs):
    """Says which outputs are explained before their last layer."""
    graph = translator.graph
    for output in outputs:
        kind = graph.kind(output.layer)
        if kind in ENDS and not output.finish:
            name = next((name for name, layer in translator.names.items() if layer == output.layer), graph.name(output.layer))
            translator.notes.append(f'{name}: scores are those before the {kind} at the end, outputs are what the module returns, '
                                    'behind it')


def _failure(module, tracer, error, examples, images):
    """The ConversionError for an exception that came out of the module while it was traced."""
    try:
        with reference.untouched(module):
            reference.run(module, examples)
    except Exception as plain:
        return ConversionError(f'the module cannot compute the example, which was read as {images}; an input is a picture (C, H, '
                               'W) or (N, C, H, W), a signal (C, L) or (N, C, L), or a vector (C) or (N, C), and each is an '
                               f'argument of forward(). The module says: {type(plain).__name__}: {plain}')
    reason = tracer.refused or error
    if isinstance(reason, Refused):
        return ConversionError(str(reason))
    assigned = re.search(r"cannot assign .* (?:as|to) (buffer|parameter) '(.*?)'", str(error))
    if assigned:
        return ConversionError(f'{tracer.failed or "the module"}: forward writes numbers of the picture into its {assigned[1]} '
                               f'{assigned[2]}, which would be frozen')
    return ConversionError(f"torch.fx cannot follow {tracer.failed or 'this module'}, which computes the example otherwise: "
                           f'{type(error).__name__}: {error}. While a module is traced, something else stands for a tensor: '
                           'isinstance(x, torch.Tensor) is false, and what needs its numbers (as an index of another '
                           'tensor, to make a new one) fails')


def _check_gates(gates, traced):
    """Refuses a name in gates= that no operation has: it would say nothing."""
    known = {name: None for node in traced.nodes for name in (where(node), node.name)}
    for name in gates:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, 3, 0.5)
            raise ConversionError(f'gates: there is no operation {name!r}' + ('; near it are ' + ', '.join(map(repr, near)) if near else ''))


def _traced(module, names, examples, leaf, images):
    """(tracer, its graph) of the module, whose state changes as it changes it."""
    tracer = Tracer({name: example.detach().clone() for name, example in zip(names, examples)}, leaf)
    is_tensor = torch.is_tensor
    try:
        with torch.no_grad():
            torch.is_tensor = lambda x: is_tensor(x) or isinstance(x, fx.Proxy)
            return tracer, tracer.trace(module)
    except Exception as error:
        raise _failure(module, tracer, error, examples, images) from error
    finally:
        torch.is_tensor = is_tensor


def _names(module, count):
    """What forward calls its first arguments."""
    names = list(inspect.signature(module.forward).parameters)
    return [names[i] if i < len(names) and names[i] not in ('args', 'kwargs') else f'input_{i}' for i in range(count)]


def translate(module, examples, gates, handlers, images):
    """(translator, outputs): the sealed graph of a torch module, and what it returns. A second trace, with another picture, must
    give the same network. images: how the examples were read."""
    def leaf(part):
        return modules.find(type(part), handlers) is not None or modules.is_operation(part)

    reason = reference.in_training(module)
    if reason:
        raise ConversionError(reason)
    for example in examples:
        if example.dim() not in (2, 3, 4):
            raise ConversionError(f'an input {tuple(example.shape)}: pictures (N, C, H, W), signals (N, C, L) or vectors (N, C) are needed'
                                  + ('; a picture has height and width and no third axis (video, volumes)' if example.dim() == 5 else ''))
    names = _names(module, len(examples))
    with torch.random.fork_rng(devices=[]):  # the traces draw different random numbers, the user's program the same ones
        with reference.untouched(module):
            tracer, traced = _traced(module, names, examples, leaf, images)
            _check_gates(gates, traced)
            translator = Translator(module, tracer, gates, handlers)
            try:
                outputs = translator.run(traced, examples, names)
                translator.graph.seal()
            except SrdError as error:
                raise ConversionError(str(error)) from error
        with reference.untouched(module):
            others = [o.to(e.device, e.dtype) for o, e in zip(reference.other_pictures(examples), examples)]
            second, other = _traced(module, names, others, leaf, images)
            reason = differs(traced, other, (tracer, second))
    if reason:
        raise ConversionError(f'{reason}. It is computed from the numbers of the picture, or from random numbers, by Python that '
                              'torch.fx does not see: compute with tensors')
    _note_ends(translator, outputs)
    return translator, outputs
