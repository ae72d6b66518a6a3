"""ConvNeXt V2's global response norm, which torch has no function for: x + gamma * (x * N) + beta, N = |x_c| / (mean over the channels of
|x_c| + eps), |x_c| the root of a channel's sum of squares. It is followed from that mean to the sum."""
import torch

from .basics import FUNCTIONS, in_axes, number, refuse_if
from .reductions import named
from .squares import Squares, meaned, squares
from .unfinished import Unfinished, add_product, finished, taker
from .values import Refused, Value

MEAN, SHARE, PRODUCT = 'the mean response of the channels', 'the share of a channel in the response', 'a tensor times the shares of its channels'


class Response(Unfinished):
    """stage  MEAN: the mean over the channels, plus eps; SHARE: N; PRODUCT: gamma * (x * N) + beta
    norms  the Squares whose root is |x_c|
    view   what torch's tensor is made of; no layer
    gamma, beta   torch's constants
    """

    CALLS, RANK = {}, 2

    def __init__(self, stage, norms, view, eps=0.0, gamma=None, beta=None):
        self.stage, self.norms, self.view, self.eps = stage, norms, view, eps
        self.gamma = torch.tensor(1.0) if gamma is None else gamma
        self.beta = torch.tensor(0.0) if beta is None else beta

    @property
    def shape(self):
        """The torch shape."""
        return self.view.shape

    def but(self, **changed):
        """The same but for some attributes."""
        return Response(**{**self.__dict__, **changed})

    def finished(self, t):
        raise Refused(f'{self.stage}: it is understood in a global response norm only, x + gamma * (x * N) + beta')


responses = taker(Response)
responses('addcmul')(add_product)


@squares('mean')
def mean_response(t, input, dim=None, keepdim=False, dtype=None):
    value, over = input.value, named(input.view, dim)
    channels = {atom for i in over for atom in input.view.dims[i]}
    whole = input.power == 0.5 and not (input.centred or input.floor or input.eps) and input.factor == 1 and input.over is not None
    if not whole or not channels or channels != set(value.axes[0]) or {atom for i in input.over for atom in value.dims[i]} != set(value.grid):
        return meaned(t, input, dim, keepdim, dtype)
    refuse_if(not keepdim and len(input.view.dims) > 1, 'a mean response without keepdim=True')
    return Response(MEAN, input, input.view.with_dims([() if i in over else d for i, d in enumerate(input.view.dims)]))


@responses('div', 'truediv', 'itruediv', 'divide', 'true_divide')
def share(t, input, other, rounding_mode=None):
    ours = isinstance(other, Response) and other.stage == MEAN and isinstance(input, Squares) and not rounding_mode
    if not ours or input.value is not other.norms.value or input.view.dims != other.norms.view.dims or input.power != 0.5:
        return FUNCTIONS['div'](t, finished(t, input), finished(t, other))
    return other.but(stage=SHARE, view=input.view)


@responses('mul', 'rmul', 'imul', 'multiply')
def times(t, input, other):
    ours, by = (input, other) if isinstance(input, Response) else (other, input)
    x = ours.norms.value
    if ours.stage == SHARE and isinstance(by, Value) and by.layer == x.layer and by.dims == x.dims:
        return ours.but(stage=PRODUCT, view=by)
    if ours.stage != PRODUCT or isinstance(by, (Value, Unfinished)):
        return FUNCTIONS['mul'](t, finished(t, input), finished(t, other))
    return ours.but(gamma=ours.gamma * by, beta=ours.beta * by)


@responses('add', 'radd', 'iadd')
def added(t, input, other, alpha=1):
    ours, by = (input, other) if isinstance(input, Response) else (other, input)
    if ours.stage == MEAN and alpha == 1 and not isinstance(by, (Value, Unfinished)):
        return ours.but(eps=ours.eps + number(by, 'what is added to a mean response'))
    refuse_if(ours.stage != PRODUCT or isinstance(by, Unfinished) or alpha != 1, 'a sum with ' + ours.stage)
    if not isinstance(by, Value):
        return ours.but(beta=ours.beta + by)
    x = ours.norms.value
    refuse_if(by.layer != x.layer or by.dims != x.dims, 'the sum of another tensor and ' + ours.stage)
    gamma, beta = (_of_channels(x, constant) for constant in (ours.gamma, ours.beta))
    return x.on(t.graph.global_response_norm(x.layer, gamma, beta, ours.eps, name=t.name()))


def _of_channels(value, constant):
    """A constant as one number for each channel of the layer."""
    refuse_if(constant.dim() > len(value.dims), f'a constant {tuple(constant.shape)} for a tensor {value.shape}')
    grid = set(value.grid)
    sizes = (1,) * (len(value.dims) - constant.dim()) + tuple(constant.shape)
    refuse_if(any(size > 1 and set(dim) & grid for size, dim in zip(sizes, value.dims)), 'a response norm whose factors differ between positions')
    constant = constant.reshape(sizes).expand([1 if set(dim) & grid else size for dim, size in zip(value.dims, value.shape)])
    return in_axes(value, constant).ravel()
