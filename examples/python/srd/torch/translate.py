"""From the traced operations to a sealed graph."""
import inspect

import numpy as np
import torch
from torch import fx
from torch.utils import _pytree

from ..graph import Graph
from ..native import SrdError
from . import modules, moves  # moves registers its functions
from .functions import ATTENTION, FUNCTIONS, Scores
from .trace import Tracer
from .values import Refused, Settler, Value


class ConversionError(ValueError):
    """A module that cannot be explained: the operation and the reason."""
    __module__ = 'srd.torch'


class Output:
    """A tensor that the module returns: the layer, its layout, its place among the returned tensors, and what was left out
    behind it (a function of the tensor, or None)."""

    def __init__(self, layer, layout, place, finish):
        self.layer, self.layout, self.place, self.finish = layer, layout, place, finish

    def tensor(self, values):
        """The values (N, C, H, W) of the layer, shaped as torch has them."""
        names = 'NCHW'
        if 'H' not in self.layout:
            values, names = values.reshape(*values.shape[:2], -1), 'NCT'
        if 'T' not in self.layout and 'H' not in self.layout:
            values, names = values[..., 0], 'NC'
        if 'N' not in self.layout:
            values, names = values[0], names[1:]
        tensor = torch.from_numpy(np.ascontiguousarray(values.transpose([names.index(axis) for axis in self.layout])))
        return tensor if self.finish is None else self.finish(tensor)


class Translator(Settler):
    """Adds a layer, or some, for each operation. Functions get it as `t`; they use graph, name(), shape, settle(), fresh()."""

    def __init__(self, root, tracer, gates, handlers):
        self.root, self.made, self.gates, self.handlers = root, tracer.made, gates, handlers
        self.graph, self.names, self.notes, self.known = Graph(), {}, [], {}
        self.node = self.shape = None
        self._taken, self._values, self._finish = set(), {}, {}

    def name(self, part=''):
        """A name for the next layer: that of the module or of the operation, and a part."""
        base = self.node.target if self.node.op == 'call_module' else self.node.name
        base = name = f'{base}.{part}' if part else base
        count = 0
        while name in self._taken:
            count += 1
            name = f'{base}_{count}'
        self._taken.add(name)
        return name

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
        self.notes.append(f'{self.node.name}: the {finish.__name__} at the end is left out; scores are those before it')
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
            module = self.root.get_submodule(node.target)
            handler = modules.find(type(module), self.handlers)
            if handler is not None:
                x = self.settle(arguments[0], self.layout(arguments[0]))
                return self.fresh(handler(self.graph, module, x.layer, self.name()), self.layout(x))
            return modules.call(self, module, arguments, options)
        name = (node.target if isinstance(node.target, str) else node.target.__name__).strip('_')
        if name not in FUNCTIONS:
            raise Refused(f'libsrd has no layer for the function {name}')
        if any(isinstance(a, Scores) for a in arguments) and name not in ATTENTION:
            raise Refused('a matrix product of two tensors of the input is understood as a part of an attention only')
        first = 'tensors' if name.startswith('concat') or name == 'cat' else 'input'
        if not arguments and first in options:
            arguments = [options.pop(first)]
        return FUNCTIONS[name](self, *arguments, **options)

    def _check(self, value):
        """What the account of axes says against what torch computed; a difference is a mistake of this package."""
        if self.shape is not None and isinstance(value, (Value, Scores)) and value.shape != self.shape:
            raise Refused(f'translated to a tensor {value.shape}, but torch computes {self.shape}')

    def run(self, traced, examples, input_names):
        """Translates all operations that reach the output; returns the Outputs."""
        live = _live(traced)
        inputs = iter(zip(examples, input_names))
        for node in traced.nodes:
            self.node, self.shape = node, node.meta.get('shape')
            if node.op == 'placeholder':
                self._values[node] = self._input(*next(inputs))
            elif node.op == 'output':
                return self._outputs(node.args[0])
            elif node in live:
                try:
                    self._values[node] = value = self._call(node)
                    self._check(value)
                except (Refused, SrdError, TypeError, AttributeError, IndexError, ValueError) as error:
                    what = type(self.root.get_submodule(node.target)).__name__ if node.op == 'call_module' else \
                        getattr(node.target, '__name__', node.target)
                    where = node.target if node.op == 'call_module' else node.name
                    reason = error if isinstance(error, (Refused, SrdError)) else f'arguments that are not understood: {error}'
                    raise ConversionError(f'{where} ({what}): {reason}') from error
                if isinstance(value, Value):
                    self.names[node.target if node.op == 'call_module' else node.name] = value.layer
        raise AssertionError('a graph without an output')

    def _input(self, example, name):
        shape = tuple(example.shape)
        self._taken.add(name)
        layer = self.graph.input(*(shape[1:] if len(shape) == 4 else (shape[1], 1, 1)), name=name)
        self.names[name] = layer
        return self.fresh(layer, 'NCHW' if len(shape) == 4 else 'NC')

    def _outputs(self, structure):
        outputs = []
        for place, node in enumerate(_pytree.tree_flatten(structure)[0]):
            if not isinstance(node, fx.Node):
                continue
            value = self._values[node]
            if not isinstance(value, Value):
                self.notes.append(f'output {place} is left out: {value if isinstance(value, Refused) else "no layer"}')
                continue
            try:
                layout = self.layout(value)
                layer = self.settle(value, layout).layer
                self.graph.output(layer)
            except (Refused, SrdError) as error:
                raise ConversionError(f'output {place}: {error}') from error
            outputs.append(Output(layer, layout, place, self._finish.get(node)))
        if not outputs:
            raise ConversionError('the module returns no tensor that depends on the input')
        for path, node in self.made.items():
            if path and isinstance(self._values.get(node), Value):
                self.names.setdefault(path, self._values[node].layer)
        return outputs


def _live(graph):
    """The nodes that the output needs."""
    live = set()
    for node in reversed(list(graph.nodes)):
        if node.op == 'output' or node in live:
            live.update([node], node.all_input_nodes)
    return live


def translate(module, examples, gates, handlers):
    """(translator, outputs): the sealed graph of a torch module, and what it returns."""
    if any(m.training for m in module.modules()):
        raise ConversionError('the module is in training mode: call eval() first')
    for example in examples:
        if example.dim() not in (2, 4):
            raise ConversionError(f'an input {tuple(example.shape)}: pictures (N, C, H, W) or vectors (N, C) are needed')

    def leaf(part):
        return modules.find(type(part), handlers) is not None or modules.is_operation(part)

    tracer = Tracer(examples, leaf)
    try:
        with torch.no_grad():
            traced = tracer.trace(module)
    except Refused as error:
        raise ConversionError(str(error)) from error
    except (fx.proxy.TraceError, AssertionError, NotImplementedError) as error:
        raise ConversionError(f'torch.fx cannot follow this module: {error}') from error
    names = [name for name in inspect.signature(module.forward).parameters]
    names = [names[i] if i < len(names) and names[i] not in ('args', 'kwargs') else f'input_{i}' for i in range(len(examples))]
    translator = Translator(module, tracer, gates, handlers)
    try:
        outputs = translator.run(traced, examples, names)
        translator.graph.seal()
    except SrdError as error:
        raise ConversionError(str(error)) from error
    return translator, outputs
