"""What is the beginning of one layer in several operations, and no tensor yet: the square of a tensor, a channel's response."""
from .basics import FUNCTIONS, function, refuse_if
from .proxy import inside


class Unfinished:
    """CALLS  functions of torch that may be called with one among their arguments, by name
    RANK   of several kinds among the arguments the one of the highest rank is asked first
    shape  the torch shape
    """

    CALLS, RANK = {}, 0

    def finished(self, t):
        """As a tensor, where the layer is not made of it; raises Refused with the reason where it is none."""
        raise NotImplementedError


def taker(kind):
    """A decorator: registers what follows for functions of these names with such a thing among their arguments."""
    def names(*names):
        def register(call):
            kind.CALLS.update(dict.fromkeys(names, call))
            return call

        return register

    return names


def finished(t, value):
    """The value, also in lists, with everything unfinished as a tensor."""
    if isinstance(value, (tuple, list)):
        return [finished(t, part) for part in value]
    return value.finished(t) if isinstance(value, Unfinished) else value


def call(t, name, arguments, options):
    """Translates a function with something unfinished among its arguments."""
    found = inside([arguments, options], Unfinished)
    for thing in sorted(found, key=lambda thing: -thing.RANK):
        if name in thing.CALLS:
            return thing.CALLS[name](t, *arguments, **options)
    refuse_if(name not in FUNCTIONS, f'libsrd has no layer for the function {name}')
    return FUNCTIONS[name](t, *(finished(t, a) for a in arguments), **{key: finished(t, a) for key, a in options.items()})


@function('addcmul')
def add_product(t, input, tensor1, tensor2, value=1):
    product = call(t, 'mul', [tensor1, tensor2], {})
    product = product if value == 1 else call(t, 'mul', [product, value], {})
    return call(t, 'add', [input, product], {})
