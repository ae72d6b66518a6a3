"""Tracing a torch module with an example: torch.fx, but every operation is also carried out, so that sizes are numbers, and
Python that depends on them (unpacking x.shape, asserting a size) just runs. What would freeze the numbers of the example (a
buffer that forward fills, x.item()) is refused."""
import dataclasses
import itertools
import types
import weakref

import torch
from torch import fx

from .basics import FUNCTIONS
from .proxy import KNOWN_FOR_GOOD, Mark, Proxy, concrete, inside, same_numbers, storage
from .values import Refused

# Tensors whose numbers do not depend on the tensor that they are made like: they are constants.
CONSTANT_LIKE = {'zeros_like', 'ones_like', 'full_like', 'new_zeros', 'new_ones', 'new_full', 'new_tensor'}
# Tensors whose size depends on numbers of the picture: Python that reads the size would freeze it.
SIZED_BY_NUMBERS = {'nonzero', 'argwhere', 'unique', 'unique_consecutive', '_unique2', 'unique_dim', 'masked_select', 'bincount',
                    'nms', 'batched_nms'}
# These write statistics while training, and are refused then by their layer, for that reason.
WRITES_STATISTICS = {'batch_norm', 'instance_norm'}


class Tracer(fx.Tracer):
    """examples: {name: tensor} of the inputs; leaf(module): whether a module is one operation. Afterwards:

    made     {path: node of its result} of the modules that were traced through, if that is one tensor
    parts    {path: module}; modules that are registered nowhere have a path made up from where they ran and their class
    strange  the paths that were made up
    failed   the path of the innermost module in which an exception was raised
    """

    def __init__(self, examples, leaf):
        super().__init__()
        self.examples, self.leaf, self.made, self.parts, self.strange = examples, leaf, {}, {}, set()
        self.refused = self.failed = None
        self._alive, self._constants, self._within = [], {}, ['']

    # ---- refusing ----

    def refuse(self, reason, remember=True):
        """Raises Refused, and remembers it, since forward may catch exceptions. remember=False: for what torch itself tries."""
        error = Refused(f'in {self._within[-1]}: {reason}' if self._within[-1] else reason)
        if remember:
            self.refused = self.refused or error
        raise error

    def trace(self, root, concrete_args=None):
        graph = super().trace(root, concrete_args)
        if self.refused:
            raise self.refused
        return graph

    # ---- modules ----

    def create_args_for_root(self, root_fn, is_module, concrete_args=None):
        inputs = [self.create_proxy('placeholder', name, (), {}) for name in self.examples]
        return lambda root, *arguments: root(*arguments), [self.root, *inputs]  # a call: with hooks

    def getattr(self, attr, attr_val, parameter_proxy_cache):
        return attr_val  # parameters are tensors like others: what depends on nothing else is computed now

    _module_getattr = getattr

    def is_leaf_module(self, m, module_qualified_name):
        return self.leaf(m)

    def path_of_module(self, mod):
        path = next((path for path, part in self.parts.items() if part is mod), None)
        if path is None:
            try:
                path = super().path_of_module(mod)
            except NameError:  # a slice of a Sequential, a module made in forward or in a plain list
                base = '.'.join(filter(None, (self._within[-1], type(mod).__name__)))
                names = itertools.chain([base], (f'{base}_{i}' for i in itertools.count(1)))
                path = next(name for name in names if name not in self.parts and not self._registered(name))
                self.strange.add(path)
            self.parts[path] = mod
        return path

    def _registered(self, path):
        return any(path == name for name, _ in self.root.named_modules())

    def call_module(self, m, forward, args, kwargs):
        if not inside([args, kwargs], Proxy):
            return forward(*args, **kwargs)
        path = self.path_of_module(m)
        if isinstance(m, torch.jit.ScriptModule):
            self.refuse(f'{path or "it"} is a ScriptModule, whose Python is gone: give the module that it was made from, or export '
                        'it to ONNX')
        if self.leaf(m) and m is not self.root:
            return self._call_leaf(m, forward, path, args, kwargs)
        self._within.append(path)
        try:
            result = forward(*args, **kwargs)
        except Exception:
            self.failed = self.failed or path
            raise
        finally:
            self._within.pop()
        if isinstance(result, Proxy):
            self.made[path] = result.node
        return result

    def _call_leaf(self, m, forward, path, args, kwargs):
        """One operation between the hooks of its module, which see what every other Python of the module sees."""
        own, computes = m.__dict__.get('forward'), m.forward
        m.__dict__['forward'] = lambda *a, **k: self.create_proxy('call_module', path, a, k, compute=computes)
        try:
            return forward(*args, **kwargs)
        finally:
            m.__dict__.pop('forward')
            if own is not None:
                m.__dict__['forward'] = own

    # ---- operations ----

    def proxy(self, node):
        return Proxy(node, self)

    def create_arg(self, a):
        if isinstance(a, Proxy) and a.spoiled:
            self.refuse(a.spoiled)
        if isinstance(a, Proxy) and a.tracer is not self:
            self.refuse('a tensor that was kept from an earlier call')
        if isinstance(a, tuple) and hasattr(a, '_fields'):
            return type(a)(*map(self.create_arg, a))
        if dataclasses.is_dataclass(a) and not isinstance(a, (type, dict)):
            return {field.name: self.create_arg(getattr(a, field.name)) for field in dataclasses.fields(a)}
        try:
            return super().create_arg(a) if not isinstance(a, torch.Tensor) else a
        except NotImplementedError:
            return a

    def to_bool(self, obj):
        self.refuse(f"{obj.node.name}: the module's control flow depends on the numbers of the input")

    def iter(self, obj):
        return iter([obj[i] for i in range(len(obj.concrete))])

    def create_proxy(self, kind, target, args, kwargs, name=None, type_expr=None, proxy_factory_fn=None, compute=None):
        called = target if isinstance(target, str) else getattr(target, '__name__', str(target))
        if kind == 'call_function' and isinstance(target, types.FunctionType) and self.opened(target):
            return target(*args, **kwargs)
        proxies, constants = inside([args, kwargs], Proxy), inside([args, kwargs], torch.Tensor)
        if any(p.tracer is not self for p in proxies):
            self.refuse('a tensor that was kept from an earlier call')
        if proxies and self._sized_by_numbers(called, args):
            self.refuse(f'{called}: a tensor whose size depends on the numbers of the picture')
        for tensor in constants:
            self._constants.setdefault(storage(tensor), tensor)  # kept, so that its storage is not used again
        marks = [Mark(p.concrete) if isinstance(p.concrete, torch.Tensor) else None for p in proxies]
        constant_marks = [Mark(tensor) for tensor in constants]
        with torch.inference_mode(False), torch.no_grad():
            result = self._compute(kind, target, concrete(args), concrete(kwargs), compute)
        changed = [p for p, mark in zip(proxies, marks) if mark is not None and mark.written()]
        if called not in WRITES_STATISTICS:
            self._refuse_writes(called, result, changed, [m.tensor for m in constant_marks if m.written()])
        if not inside(_parts(result), torch.Tensor):
            if result is not None and kind != 'placeholder' and called.strip('_') not in KNOWN_FOR_GOOD:
                self.refuse(f'{called} of {proxies[0].node.name} would make the numbers of this picture a part of the network for '
                            'all pictures: compute with tensors')
            return result  # a size, a type: known for good
        if called in CONSTANT_LIKE and isinstance(result, torch.Tensor) and len(proxies) == 1:
            return result
        proxy = super().create_proxy(kind, target, args, kwargs, name, type_expr)
        proxy.concrete = result
        proxy.node.meta['within'] = self._within[-1]
        for p in changed:
            if p.concrete is result:  # others are views of it
                self._replace(p, proxy)
        if isinstance(result, (tuple, list)):
            parts = tuple(proxy[i] if inside(part, torch.Tensor) else part for i, part in enumerate(result))
            return type(result)(parts) if type(result).__module__ == 'torch.return_types' else parts  # whose parts have names, too
        proxy.node.meta.update(shape=tuple(result.shape), dtype=result.dtype)
        self._alive.append(weakref.ref(proxy))
        return proxy

    @staticmethod
    def _sized_by_numbers(called, args):
        """Whether the size of a result depends on the numbers of the picture."""
        if called == 'where':
            return len(args) == 1
        if called in ('__getitem__', 'getitem'):
            return any(p.concrete.dtype == torch.bool for p in inside(args[1:], Proxy))
        return called in SIZED_BY_NUMBERS

    @staticmethod
    def opened(target):
        """Whether a function that was hidden from torch.fx, by fx.wrap(), is looked into: it is Python of somebody else."""
        return not target.__module__.startswith('torch.') and target.__module__ != 'torch' and target.__name__ not in FUNCTIONS

    def _compute(self, kind, target, args, kwargs, compute):
        if kind == 'placeholder':
            return self.examples[target]
        if kind == 'call_module':
            return compute(*args, **kwargs)
        return target(*args, **kwargs) if kind == 'call_function' else getattr(args[0], target)(*args[1:], **kwargs)

    def _refuse_writes(self, called, result, changed, constants):
        """What an operation may not write to: constants, and traced tensors unless the result is that tensor."""
        places = {storage(p.concrete) for p in changed} - {None}
        if constants or any(place in self._constants for place in places):
            name = next((name for name, buffer in self.root.named_buffers() if any(buffer is c for c in constants)), None)
            what = f'the buffer {name}' if name else 'a tensor that does not depend on it'
            self.refuse(f'{called} writes numbers of the picture into {what}, which would be frozen: build the tensor by '
                        'torch.cat() or by sums of what depends on the picture')
        if changed and not any(result is p.concrete for p in changed) or len(places) > 1:
            self.refuse(f'{called} writes into {changed[0].node.name}: libsrd has no layer that overwrites')

    def _replace(self, changed, proxy):
        """An operation in place: whoever holds the old tensor holds the new one; views of it cannot follow."""
        self._alive = [reference for reference in self._alive if reference() is not None]
        place = storage(changed.concrete)
        changed.node = proxy.node
        for other in filter(lambda p: p is not None, [reference() for reference in self._alive]):
            if other.concrete is changed.concrete:
                other.node = proxy.node
            elif storage(other.concrete) == place:
                other.spoiled = f'{proxy.node.name} changed the tensor in place of which {other.node.name} is a view'


def _parts(result):
    """A result with the tuples of torch.return_types and the like as tuples."""
    return tuple(result) if isinstance(result, tuple) else result


def leaves(structure):
    """What a module returns, or its nodes, as a flat list: of tuples, lists, mappings and dataclasses, in their order."""
    if dataclasses.is_dataclass(structure) and not isinstance(structure, (type, dict)):
        structure = [getattr(structure, field.name) for field in dataclasses.fields(structure)]
    if isinstance(structure, dict):
        structure = list(structure.values())
    if isinstance(structure, (tuple, list)):
        return [leaf for part in structure for leaf in leaves(part)]
    return [structure]


def live(graph):
    """The nodes that the output needs, in their order."""
    needed = set()
    for node in reversed(list(graph.nodes)):
        if node.op == 'output' or node in needed:
            needed.update([node, *node.all_input_nodes])
    return [node for node in graph.nodes if node in needed]


def differs(one, other, tracers):
    """Why two traces of a module with different pictures are not the same network; None: they are."""
    pairs = list(itertools.zip_longest(live(one), live(other)))
    number = {node: i for i, pair in enumerate(pairs) for node in pair}

    def same(a, b):
        if isinstance(a, fx.Node) or isinstance(b, fx.Node):
            return number.get(a) == number.get(b)
        if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor):
            return same_numbers(a, b)
        if isinstance(a, slice) and isinstance(b, slice):
            return same((a.start, a.stop, a.step), (b.start, b.stop, b.step))
        if isinstance(a, dict) and isinstance(b, dict):
            return list(a) == list(b) and same(list(a.values()), list(b.values()))
        if isinstance(a, (tuple, list)) and isinstance(b, (tuple, list)):
            return len(a) == len(b) and all(map(same, a, b))
        if isinstance(a, float) and isinstance(b, float):
            return a == b or (a != a and b != b)
        simple = (int, str, bool, type(None), torch.dtype, torch.device)
        return a == b if isinstance(a, simple) or isinstance(b, simple) else type(a) is type(b)

    for a, b in pairs:
        if a is None or b is None or (a.op, a.target) != (b.op, b.target) or a.meta.get('shape') != b.meta.get('shape'):
            return f'{where(a or b)}: another picture takes another way through the module'
        if not same([a.args, a.kwargs], [b.args, b.kwargs]):
            return f'{where(a)}: a constant is another one for another picture'
        if a.op == 'call_module' and a.target in tracers[0].strange:
            states = [tracer.parts[a.target].state_dict() for tracer in tracers]
            if not same(*states):
                return f'{where(a)}: its weights are others for another picture'
    return None


def where(node):
    """The path of a node's module, or for a function the path of the module that calls it and the name of the function."""
    if node.op == 'call_module':
        return node.target
    return '.'.join(filter(None, (node.meta.get('within', ''), node.name)))
