"""Tracing a torch module with an example: torch.fx, but every operation is also carried out, so that sizes are numbers, and
Python that depends on them (unpacking x.shape, asserting a size) just runs."""
import weakref

import torch
from torch import fx

from .values import Refused


class _Proxy(fx.Proxy):
    """What stands for a tensor while a module runs. concrete: the tensor for the example; spoiled: why it is out of date."""
    concrete = spoiled = None

    def __getattr__(self, name):
        value = getattr(self.concrete, name)
        if callable(value):
            return fx.proxy.Attribute(self, name)
        if isinstance(value, torch.Tensor):  # such as x.T
            return self.tracer.create_proxy('call_function', getattr, (self, name), {})
        return value

    def __len__(self):
        return len(self.concrete)


def _concrete(argument):
    if isinstance(argument, _Proxy):
        return argument.concrete
    if isinstance(argument, (tuple, list)):
        parts = [_concrete(part) for part in argument]
        return type(argument)(*parts) if hasattr(argument, '_fields') else type(argument)(parts)
    if isinstance(argument, dict):
        return {key: _concrete(part) for key, part in argument.items()}
    if isinstance(argument, slice):
        return slice(*map(_concrete, (argument.start, argument.stop, argument.step)))
    return argument


def _proxies(argument):
    if isinstance(argument, _Proxy):
        return [argument]
    if isinstance(argument, dict):
        argument = list(argument.values())
    if isinstance(argument, slice):
        argument = [argument.start, argument.stop, argument.step]
    return [p for part in argument for p in _proxies(part)] if isinstance(argument, (tuple, list)) else []


def _version(proxy):
    """Changes whenever the tensor is written to; the results of a tuple have none."""
    return getattr(proxy.concrete, '_version', None)


def _storage(tensor):
    """Where the numbers lie, the same for all views."""
    return (tensor.untyped_storage() if hasattr(tensor, 'untyped_storage') else tensor.storage()).data_ptr()


class Tracer(fx.Tracer):
    """examples: a tensor for each input; leaf(module): whether a module is one operation. Afterwards `made` has, for the path
    of each module that was traced through, the node of its result, if that is one tensor."""

    def __init__(self, examples, leaf):
        super().__init__()
        self.examples, self.leaf, self.made, self._alive = examples, leaf, {}, []

    def proxy(self, node):
        return _Proxy(node, self)

    def create_args_for_root(self, root_fn, is_module, concrete_args=None):
        inputs = [self.create_proxy('placeholder', f'input_{i}', (), {}) for i in range(len(self.examples))]
        return root_fn, [self.root, *inputs]

    def getattr(self, attr, attr_val, parameter_proxy_cache):
        return attr_val  # parameters are tensors like others: what depends on nothing else is computed now

    _module_getattr = getattr

    def create_arg(self, a):
        if isinstance(a, _Proxy) and a.spoiled:
            raise Refused(a.spoiled)
        try:
            return super().create_arg(a) if not isinstance(a, torch.Tensor) else a
        except NotImplementedError:
            return a

    def to_bool(self, obj):
        raise Refused(f"{obj.node.name}: the module's control flow depends on the numbers of the input")

    def iter(self, obj):
        return iter([obj[i] for i in range(len(obj.concrete))])

    def is_leaf_module(self, m, module_qualified_name):
        return self.leaf(m)

    def call_module(self, m, forward, args, kwargs):
        if not _proxies([args, kwargs]):
            return forward(*args, **kwargs)
        path = self.path_of_module(m)
        if self.leaf(m):
            return self.create_proxy('call_module', path, args, kwargs)
        result = forward(*args, **kwargs)
        if isinstance(result, _Proxy):
            self.made[path] = result.node
        return result

    def create_proxy(self, kind, target, args, kwargs, name=None, type_expr=None, proxy_factory_fn=None):
        inputs = _proxies([args, kwargs])
        versions = [_version(p) for p in inputs]
        result = self._compute(kind, target, _concrete(args), _concrete(kwargs))
        found = []
        fx.node.map_aggregate(result, lambda part: found.append(part) if isinstance(part, torch.Tensor) else None)
        if not found:
            return result  # a size, a type: known for good
        proxy = super().create_proxy(kind, target, args, kwargs, name, type_expr)
        proxy.concrete = result
        for changed in (p for p, version in zip(inputs, versions) if _version(p) != version):
            self._replace(changed, proxy)
        if isinstance(result, (tuple, list)):
            return tuple(proxy[i] if isinstance(part, torch.Tensor) else part for i, part in enumerate(result))
        proxy.node.meta['shape'] = tuple(result.shape)
        self._alive.append(weakref.ref(proxy))
        return proxy

    def _compute(self, kind, target, args, kwargs):
        if kind == 'placeholder':
            return self.examples[int(target.rsplit('_', 1)[1])]
        if kind == 'call_module':
            return self.root.get_submodule(target)(*args, **kwargs)
        return target(*args, **kwargs) if kind == 'call_function' else getattr(args[0], target)(*args[1:], **kwargs)

    def _replace(self, changed, proxy):
        """An operation in place: whoever holds the old tensor holds the new one; views of it cannot follow."""
        self._alive = [reference for reference in self._alive if reference() is not None]
        place = _storage(changed.concrete)
        for other in filter(lambda p: p is not None, [reference() for reference in self._alive]):
            if other.concrete is changed.concrete:
                other.node = proxy.node
            elif _storage(other.concrete) == place:
                other.spoiled = f'{proxy.node.name} changed the tensor in place of which {other.node.name} is a view'
