"""torch's own attention with its projections: nn.MultiheadAttention and F.multi_head_attention_forward."""
import torch
from torch import nn

from .attention import Scores, additive, attend
from .basics import FUNCTIONS, function, refuse_if
from .values import Refused, Value


def projected(t, x, weight, bias, part):
    """A linear layer of a tensor of the input, or of a constant, which is a constant again."""
    if isinstance(x, torch.Tensor):
        return nn.functional.linear(x, weight, bias).detach()
    return FUNCTIONS['linear'](t, x, weight, bias, part)


def _queries_keys_values(t, inputs, weights, biases):
    """The three projections; of one tensor by one layer."""
    query, key, value = inputs
    if isinstance(weights, torch.Tensor) and query is key and key is value:
        whole = projected(t, query, weights, biases, 'in_proj')
        size = len(weights) // 3
        return [t.narrow(whole, 2, i * size, size) for i in range(3)]
    weights = weights.chunk(3) if isinstance(weights, torch.Tensor) else weights
    biases = (None,) * 3 if biases is None else biases.chunk(3)
    return [projected(t, x, w, b, part) for x, w, b, part in zip(inputs, weights, biases, ('q', 'k', 'v'))]


def _attention(t, inputs, weights, biases, heads, out, masks):
    """Tensors (N, T, C), of which N may be windows, to the attention of all heads, projected."""
    parts = []
    for x in _queries_keys_values(t, inputs, weights, biases):
        x = x if isinstance(x, Value) else t.constant(x)
        parts.append(x.reshape((*x.shape[:2], heads, x.shape[2] // heads)).transpose(1, 2))
    query, key, value = parts
    scores = Scores.of(query, key.transpose(2, 3))
    scores.scale = query.shape[-1] ** -0.5
    for mask in masks:
        scores = scores.masked(additive(~mask) if mask.dtype == torch.bool else mask)  # True is what a query may not see, here
    mixed = attend(t, scores.softmax(-1), value, 'attention').transpose(1, 2)
    return FUNCTIONS['linear'](t, mixed.flatten(2), *out)


def _masks(attn_mask, key_padding_mask, heads):
    """The masks as they are added to (N, heads, T, S)."""
    for mask, what in ((attn_mask, 'a mask'), (key_padding_mask, 'a padding mask')):
        refuse_if(mask is not None and not isinstance(mask, torch.Tensor), f'attention with {what} that depends on the input')
    found = []
    if attn_mask is not None:
        found.append(attn_mask if attn_mask.dim() == 2 else attn_mask.reshape(-1, heads, *attn_mask.shape[1:]))
    if key_padding_mask is not None:
        found.append(key_padding_mask.reshape(-1, 1, 1, key_padding_mask.shape[-1]))
    return found


def _called(t, inputs, first, *how):
    """The same for tensors of torch's shapes: with tokens first, or without a batch."""
    rank = len(inputs[0].shape)
    if rank == 2:
        changed = {id(x): x.unsqueeze(0) for x in inputs}
    else:
        changed = {id(x): x if first else x.transpose(0, 1) for x in inputs}
    result = _attention(t, [changed[id(x)] for x in inputs], *how)
    result = result.squeeze(0) if rank == 2 else result if first else result.transpose(0, 1)
    return result, Refused('the weights of an attention are no tensor that can be used')


def module(t, m, query, key, value, key_padding_mask=None, need_weights=True, attn_mask=None, average_attn_weights=True, is_causal=False):
    """nn.MultiheadAttention: a tuple like torch's, without the weights."""
    refuse_if(m.bias_k is not None or m.add_zero_attn or (m.training and m.dropout), 'attention with extra keys or dropout')
    weights = m.in_proj_weight if m.in_proj_weight is not None else (m.q_proj_weight, m.k_proj_weight, m.v_proj_weight)
    return _called(t, (query, key, value), m.batch_first, weights, m.in_proj_bias, m.num_heads, (m.out_proj.weight, m.out_proj.bias),
                   _masks(attn_mask, key_padding_mask, m.num_heads))


@function('multi_head_attention_forward')
def multi_head_attention_forward(t, query, key, value, embed_dim_to_check, num_heads, in_proj_weight, in_proj_bias, bias_k, bias_v, add_zero_attn,
                                 dropout_p, out_proj_weight, out_proj_bias, training=True, key_padding_mask=None, need_weights=True,
                                 attn_mask=None, use_separate_proj_weight=False, q_proj_weight=None, k_proj_weight=None, v_proj_weight=None,
                                 static_k=None, static_v=None, average_attn_weights=True, is_causal=False):
    refuse_if(bias_k is not None or add_zero_attn or (training and dropout_p) or static_k is not None or static_v is not None,
              'attention with extra keys or dropout')
    weights = (q_proj_weight, k_proj_weight, v_proj_weight) if use_separate_proj_weight else in_proj_weight
    return _called(t, (query, key, value), False, weights, in_proj_bias, num_heads, (out_proj_weight, out_proj_bias),
                   _masks(attn_mask, key_padding_mask, num_heads))
