"""Normalisation."""
import torch

from .basics import array, function, refuse_if, scaled, shifted


@function('batch_norm')
def batch_norm(t, input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    refuse_if(training, 'batch normalisation by the statistics of the batch: call eval() first')
    refuse_if(running_mean is None, 'batch normalisation by the statistics of the batch also in eval mode (track_running_stats='
              'False): what it says about a picture depends on the others of the batch. For a picture alone it is InstanceNorm2d')
    layout = 'NCHW' if len(input.dims) == 4 else 'NCT' if len(input.dims) == 3 else 'NC'
    x = input if input.dims[1] == input.axes[0] else t.settle(input, layout)  # the rest, also a batch of tokens, are positions
    return x.on(t.graph.batch_norm(x.layer, array(weight), array(bias), array(running_mean), array(running_var), eps,
                                   name=t.name()))


@function('group_norm')
def group_norm(t, input, num_groups, weight=None, bias=None, eps=1e-5):
    x = t.settle(input, {4: 'NCHW', 3: 'NCT'}.get(len(input.dims), 'NC'))
    return x.on(t.graph.group_norm(x.layer, num_groups, array(weight), array(bias), eps, name=t.name()))


@function('instance_norm')
def instance_norm(t, input, running_mean=None, running_var=None, weight=None, bias=None, use_input_stats=True, momentum=0.1,
                  eps=1e-5):
    if not use_input_stats:
        return batch_norm(t, input, running_mean, running_var, weight, bias, eps=eps)
    x = t.settle(input, 'NCHW' if len(input.dims) == 4 else 'NCT')
    return x.on(t.graph.instance_norm(x.layer, array(weight), array(bias), eps, name=t.name()))


@function('layer_norm')
def layer_norm(t, input, normalized_shape, weight=None, bias=None, eps=1e-5):
    count = len(normalized_shape) if isinstance(normalized_shape, (tuple, list)) else 1
    over = sum(input.dims[len(input.dims) - count:], ())
    if set(over) == set(input.axes[0] + input.grid) and input.grid:  # of the whole picture: one group
        x = input.on(t.graph.group_norm(input.layer, 1, None, None, eps, name=t.name()))
        x = x if weight is None else scaled(t, x, weight, 'weight')
        return x if bias is None else shifted(t, x, bias, 'bias')
    if over and set(over) == set(input.grid):  # of all positions of a channel
        x = input.on(t.graph.instance_norm(input.layer, None, None, eps, name=t.name()))
        x = x if weight is None else scaled(t, x, weight, 'weight')
        return x if bias is None else shifted(t, x, bias, 'bias')
    input = _as_channels(t, input, over, f'layer normalisation over {normalized_shape}')
    gamma, beta = (None if a is None else array(a).ravel() for a in (weight, bias))
    return input.on(t.graph.layer_norm(input.layer, gamma, beta, eps, name=t.name()))


def _as_channels(t, input, over, what):
    """The value on a layer whose channels are these atoms, in this order: other channels, such as heads, become positions, and positions
    among them channels."""
    refuse_if(not over, f'{what} that is of single numbers')
    if over == input.axes[0]:
        return input
    rest = tuple(atom for atom in input.axes[0] if atom not in over)
    rows, columns = (tuple(atom for atom in axis if atom not in over) for axis in input.axes[1:])
    return t.arrange(input, (over, rest + rows, columns))


@function('normalize')
def normalize(t, input, p=2.0, dim=1, eps=1e-12, out=None):
    refuse_if(p != 2.0, f'a norm with the exponent {p}')
    over = input.dims[input.axis(dim)]
    if input.grid and set(over) == set(input.axes[0] + input.grid):
        input = t.vector(input)
        over = input.axes[0]
    input = _as_channels(t, input, over, 'a norm')
    return input.on(t.graph.l2_norm(input.layer, eps=eps, name=t.name()))


@function('rms_norm')
def rms_norm(t, input, normalized_shape, weight=None, eps=None):
    count = len(normalized_shape) if isinstance(normalized_shape, (tuple, list)) else 1
    over = sum(input.dims[len(input.dims) - count:], ())
    input = _as_channels(t, input, over, 'a norm')
    gamma = None if weight is None else array(weight).ravel()
    return input.on(t.graph.rms_norm(input.layer, gamma, torch.finfo(torch.float32).eps if eps is None else eps, name=t.name()))
