"""What stands for a tensor while a module is traced, and what tells whether an operation wrote into a tensor."""
import torch
from torch import fx

# What may be asked of a traced tensor though it gives no tensor: it depends on its size, type or place only. Whatever else
# gives no tensor may depend on the numbers of the picture, and is refused. Names without the underscores around them.
KNOWN_FOR_GOOD = set(
    'size dim ndimension numel nelement stride storage_offset type get_device element_size len sym_size '
    'is_floating_point is_complex is_signed is_contiguous is_pinned is_shared is_inference is_same_size is_coalesced '
    'is_conj is_neg is_tensor is_storage has_names result_type can_cast promote_types is_autocast_enabled'.split())


class _Reading:
    """A method of Proxy that Python calls for the numbers. remember: not where torch just tries what an argument is."""

    def __init__(self, what, remember=False):
        self.what, self.remember = what, remember

    def __get__(self, proxy, kind=None):
        if proxy is None:
            return self

        def refuse(*_, **__):
            proxy.tracer.refuse(f'{self.what} of {proxy.node.name} would make the numbers of this picture a part of the network '
                                'for all pictures: compute with tensors', self.remember)
        return refuse


class Proxy(fx.Proxy):
    """What stands for a tensor while a module runs. concrete: the tensor for the example; spoiled: why it is out of date."""
    concrete = spoiled = None

    def __getattr__(self, name):
        value = getattr(self.concrete, name)
        if callable(value):
            return fx.proxy.Attribute(self, name)
        if isinstance(value, torch.Tensor):  # such as x.T
            return self.tracer.create_proxy('call_function', getattr, (self, name), {})
        return value

    def __setattr__(self, name, value):
        if name in ('data', 'real', 'imag'):
            self.tracer.refuse(f'an assignment to {self.node.name}.{name}: libsrd has no layer that overwrites')
        super().__setattr__(name, value)

    def __len__(self):
        return len(self.concrete)

    def __iter__(self):  # that of torch.fx looks into the bytecode of the caller
        return iter([self[i] for i in range(len(self.concrete))])

    __float__, __int__, __index__, __complex__ = map(_Reading, ('float()', 'int()', 'an index', 'complex()'))
    __round__, __trunc__, __floor__, __ceil__ = map(_Reading, ('round()', 'math.trunc()', 'math.floor()', 'math.ceil()'))
    __array__, __contains__ = _Reading('a numpy array', True), _Reading('"in"', True)

    def __format__(self, how):
        if how:
            self.tracer.refuse(f'{self.node.name} written with the format {how!r} shows numbers, which are unknown while the '
                               'module is traced')
        return repr(self)

    def __setitem__(self, index, value):
        self.tracer.refuse(f'an assignment to a part of {self.node.name}: libsrd has no layer that overwrites; build the tensor '
                           'by torch.cat() of its parts, or multiply it by a mask')

    __delitem__ = __setitem__


def concrete(argument):
    """The same arguments with tensors in the place of proxies."""
    if isinstance(argument, Proxy):
        return argument.concrete
    if isinstance(argument, (tuple, list)):
        parts = [concrete(part) for part in argument]
        return type(argument)(*parts) if hasattr(argument, '_fields') else type(argument)(parts)
    if isinstance(argument, dict):
        return {key: concrete(part) for key, part in argument.items()}
    if isinstance(argument, slice):
        return slice(*map(concrete, (argument.start, argument.stop, argument.step)))
    return argument


def inside(argument, kind):
    """All objects of a class in nested arguments."""
    if isinstance(argument, kind):
        return [argument]
    if isinstance(argument, dict):
        argument = list(argument.values())
    if isinstance(argument, slice):
        argument = [argument.start, argument.stop, argument.step]
    return [found for part in argument for found in inside(part, kind)] if isinstance(argument, (tuple, list)) else []


class Mark:
    """Tells later whether a tensor was written to since."""

    def __init__(self, tensor):
        self.tensor, self.inference = tensor, tensor.is_inference()
        self.state = tensor.clone() if self.inference else tensor._version  # the former count no writes

    def written(self):
        """Whether it was."""
        if self.inference:
            return not same_numbers(self.state, self.tensor)
        return self.tensor._version != self.state


def storage(tensor):
    """Where the numbers lie, the same for all views; None: nowhere."""
    if tensor.layout != torch.strided:
        return None
    place = (tensor.untyped_storage() if hasattr(tensor, 'untyped_storage') else tensor.storage()).data_ptr()
    return place or None


def same_numbers(one, other):
    """Whether two tensors hold the same bits, but for the kind of NaN."""
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    if one.is_floating_point() or one.is_complex():
        one, other = (torch.nan_to_num(t.detach(), 0.5) * 1 + t.isnan() * 3 for t in (one, other))
    return torch.equal(one, other)
