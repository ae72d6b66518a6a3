"""The modules of torch.nn that are one operation each: which function they are, with which of their attributes."""
from torch import nn

from . import multihead, recurrent
from .attention import PARTIAL, UNFINISHED, Scores
from .basics import FUNCTIONS, refuse_if
from .unfinished import finished

_NORM = ('running_mean', 'running_var', 'weight', 'bias')
_CONV = ('weight', 'bias', 'stride', 'padding', 'dilation', 'groups')

# Module: the name of its function, then the attributes that follow the input there.
SIMPLE = {
    nn.Conv2d: ('conv2d', *_CONV), nn.Conv1d: ('conv1d', *_CONV), nn.Linear: ('linear', 'weight', 'bias'),
    nn.ReLU: ('relu',), nn.ReLU6: ('relu6',), nn.LeakyReLU: ('leaky_relu', 'negative_slope'), nn.PReLU: ('prelu', 'weight'),
    nn.ELU: ('elu', 'alpha'), nn.SELU: ('selu',), nn.GELU: ('gelu', 'approximate'), nn.SiLU: ('silu',), nn.Tanh: ('tanh',),
    nn.Hardswish: ('hardswish',), nn.Hardsigmoid: ('hardsigmoid',), nn.Sigmoid: ('sigmoid',),
    nn.Hardtanh: ('hardtanh', 'min_val', 'max_val'), nn.Softplus: ('softplus', 'beta', 'threshold'),
    nn.Softmax: ('softmax', 'dim'), nn.LogSoftmax: ('log_softmax', 'dim'),
    nn.GroupNorm: ('group_norm', 'num_groups', 'weight', 'bias', 'eps'),
    nn.LayerNorm: ('layer_norm', 'normalized_shape', 'weight', 'bias', 'eps'),
    nn.LocalResponseNorm: ('local_response_norm', 'size', 'alpha', 'beta', 'k'),
    nn.MaxPool2d: ('max_pool2d', 'kernel_size', 'stride', 'padding', 'dilation', 'ceil_mode', 'return_indices'),
    nn.AvgPool2d: ('avg_pool2d', 'kernel_size', 'stride', 'padding', 'ceil_mode', 'count_include_pad', 'divisor_override'),
    nn.MaxPool1d: ('max_pool1d', 'kernel_size', 'stride', 'padding', 'dilation', 'ceil_mode', 'return_indices'),
    nn.AvgPool1d: ('avg_pool1d', 'kernel_size', 'stride', 'padding', 'ceil_mode', 'count_include_pad'),
    nn.AdaptiveAvgPool1d: ('adaptive_avg_pool1d', 'output_size'),
    nn.AdaptiveMaxPool1d: ('adaptive_max_pool1d', 'output_size', 'return_indices'),
    nn.PixelShuffle: ('pixel_shuffle', 'upscale_factor'), nn.PixelUnshuffle: ('pixel_unshuffle', 'downscale_factor'),
    nn.Fold: ('fold', 'output_size', 'kernel_size', 'dilation', 'padding', 'stride'),
    nn.Unfold: ('unfold', 'kernel_size', 'dilation', 'padding', 'stride'), nn.GLU: ('glu', 'dim'),
    nn.Softshrink: ('softshrink', 'lambd'), nn.Tanhshrink: ('tanhshrink',),
    nn.Mish: ('mish',), nn.CELU: ('celu', 'alpha'), nn.LogSigmoid: ('logsigmoid',), nn.Softsign: ('softsign',),
    nn.AdaptiveAvgPool2d: ('adaptive_avg_pool2d', 'output_size'),
    nn.AdaptiveMaxPool2d: ('adaptive_max_pool2d', 'output_size', 'return_indices'),
    nn.Upsample: ('interpolate', 'size', 'scale_factor', 'mode', 'align_corners', 'recompute_scale_factor'),
    nn.ZeroPad2d: ('pad', 'padding'), nn.Flatten: ('flatten', 'start_dim', 'end_dim'), nn.Unflatten: ('unflatten',),
    nn.Identity: ('identity',), nn.Dropout: ('dropout', 'p', 'training'), nn.Dropout2d: ('dropout', 'p', 'training'),
    nn.AlphaDropout: ('dropout', 'p', 'training'), nn.Dropout1d: ('dropout', 'p', 'training'),
}
for _name, _entry in {'RMSNorm': ('rms_norm', 'normalized_shape', 'weight', 'eps'), 'ChannelShuffle': ('channel_shuffle', 'groups')}.items():
    if hasattr(nn, _name):
        SIMPLE[getattr(nn, _name)] = _entry


def _batch_norm(t, m, input):
    return FUNCTIONS['batch_norm'](t, input, m.running_mean, m.running_var, m.weight, m.bias,
                                   m.training and m.running_mean is not None, 0.1, m.eps)


def _instance_norm(t, m, input):
    return FUNCTIONS['instance_norm'](t, input, m.running_mean, m.running_var, m.weight, m.bias,
                                      m.training or not m.track_running_stats, 0.1, m.eps)


def _conv_transpose2d(t, m, input, output_size=None):
    refuse_if(output_size is not None, 'a transposed convolution that is told its output size at the call')
    return FUNCTIONS['conv_transpose2d'](t, input, m.weight, m.bias, m.stride, m.padding, m.output_padding, m.groups,
                                         m.dilation)


def _conv_transpose1d(t, m, input, output_size=None):
    refuse_if(output_size is not None, 'a transposed convolution that is told its output size at the call')
    return FUNCTIONS['conv_transpose1d'](t, input, m.weight, m.bias, m.stride, m.padding, m.output_padding, m.groups, m.dilation)


def _softmax2d(t, m, input):
    return FUNCTIONS['softmax'](t, input, 1)


def _reflection_pad(t, m, input):
    return FUNCTIONS['pad'](t, input, m.padding, 'reflect')


def _replication_pad(t, m, input):
    return FUNCTIONS['pad'](t, input, m.padding, 'replicate')


def _conv_with_pad(t, m, input):
    """A convolution whose padding is made of the picture: the pad, then the convolution without one."""
    kind = 'conv1d' if isinstance(m, nn.Conv1d) else 'conv2d'
    padded = FUNCTIONS['pad'](t, input, m._reversed_padding_repeated_twice, m.padding_mode)
    return FUNCTIONS[kind](t, padded, m.weight, m.bias, m.stride, 0, m.dilation, m.groups)


def _constant_pad(t, m, input):
    return FUNCTIONS['pad'](t, input, m.padding, 'constant', m.value)


OTHERS = {nn.ConvTranspose1d: _conv_transpose1d, nn.InstanceNorm1d: _instance_norm, nn.ConstantPad1d: _constant_pad,
          nn.ReflectionPad1d: _reflection_pad, nn.ReflectionPad2d: _reflection_pad, nn.ReplicationPad1d: _replication_pad,
          nn.ReplicationPad2d: _replication_pad, nn.BatchNorm2d: _batch_norm, nn.BatchNorm1d: _batch_norm, nn.InstanceNorm2d: _instance_norm,
          nn.ConvTranspose2d: _conv_transpose2d, nn.ConstantPad2d: _constant_pad, nn.MultiheadAttention: multihead.module, nn.Softmax2d: _softmax2d,
          nn.LSTM: recurrent.recurrent, nn.GRU: recurrent.recurrent, nn.RNN: recurrent.recurrent}


def find(kind, table):
    """The entry of a class or of the nearest class above it; None."""
    return next((table[c] for c in kind.__mro__ if c in table), None)


def is_operation(module):
    """Whether a module is one operation of the tables; others of torch.nn, made of parts, are looked into."""
    kind = type(module)
    return (kind.__module__.startswith('torch.nn') and not isinstance(module, nn.Sequential) and
            (find(kind, SIMPLE) is not None or find(kind, OTHERS) is not None or not any(True for _ in module.children())))


def call(t, module, arguments, options):
    """Translates one call of such a module."""
    kind = type(module)
    arguments, options = finished(t, arguments), {key: finished(t, a) for key, a in options.items()}
    entry = find(kind, SIMPLE)
    refuse_if(any(isinstance(a, Scores) for a in arguments) and (entry is None or entry[0] not in PARTIAL), UNFINISHED)
    if getattr(module, 'padding_mode', 'zeros') != 'zeros':
        refuse_if(not isinstance(module, (nn.Conv1d, nn.Conv2d)), f'padding of the kind {module.padding_mode}')
        return _conv_with_pad(t, module, *arguments, **options)
    if find(kind, OTHERS):
        return find(kind, OTHERS)(t, module, *arguments, **options)
    refuse_if(entry is None, f'libsrd has no layer for the module {kind.__name__}; a layer of your own can be given by '
              'handlers=')
    return FUNCTIONS[entry[0]](t, *arguments, *(getattr(module, name) for name in entry[1:]), **options)
