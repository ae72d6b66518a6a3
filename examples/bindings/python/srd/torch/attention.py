"""Attention in all its spellings: a matrix product of two tensors of the input is the beginning of one, and what is done to it
is remembered until the product with the values completes it. A softmax over positions is an attention whose query is a constant."""
import numpy as np
import torch

from .basics import FUNCTIONS, function, in_axes, number, refuse_if, scaled, shifted
from .values import Refused, Value, counterparts, matched, product

# What may be done to the scores or weights of an attention before it is complete.
PARTIAL = {'matmul', 'bmm', 'mm', 'einsum', 'baddbmm', 'add', 'radd', 'iadd', 'sub', 'mul', 'rmul', 'imul', 'multiply', 'div', 'truediv',
           'itruediv', 'divide', 'true_divide', 'softmax', 'masked_fill', 'dropout', 'contiguous', 'float', 'to', 'type_as', 'view',
           'reshape', 'flatten', 'permute', 'transpose', 'swapaxes', 'unsqueeze', 'squeeze', 'getattr', 't', 'expand', 'clone',
           'identity'}
UNFINISHED = 'a matrix product of two tensors of the input, or a softmax over positions, is understood as a part of an attention only'


class Scores:
    """scale * query x key + mask of an attention that is not complete yet; weights: after its softmax.

    query, key  (lead, channels of a head, tokens): the lead are heads, windows, in any order; query None: of ones
    view        what torch's tensor is made of: axes (lead, tokens of the query, tokens of the key), no layer
    mask        an array over these axes, of size 1 along those that it does not depend on; None
    """

    def __init__(self, query, key, view, scale=1.0, mask=None, weights=False):
        self.query, self.key, self.view, self.scale, self.mask, self.weights = query, key, view, scale, mask, weights

    @classmethod
    def of(cls, query, key):
        """From query (..., T, D) and key (..., D, S)."""
        rank = max(len(query.dims), len(key.dims))
        query, key = query.padded(rank).copied(), key.padded(rank).copied()
        query, key = matched([query.with_dims((*query.dims[:-2], query.dims[-1], query.dims[-2], ())),
                              key.with_dims((*key.dims[:-2], key.dims[-2], (), key.dims[-1]))])
        refuse_if([bool(d) for d in query.dims[:-2]] != [bool(d) for d in key.dims[:-2]],
                  f'a matrix product of two tensors of the input that is no attention: {query.shape[:-1]} and {key.shape[:-2] + key.shape[-1:]}')
        lead = query.dims[:-3]
        view = Value(None, (sum(lead, ()), query.dims[-2], key.dims[-1]), (*lead, query.dims[-2], key.dims[-1]))
        return cls(query.with_dims((sum(lead, ()), query.dims[-3], query.dims[-2])),
                   key.with_dims((sum(key.dims[:-3], ()), key.dims[-3], key.dims[-1])), view)

    @classmethod
    def over(cls, value, dim):
        """The weights of a softmax of a tensor over positions."""
        keys = value.dims[dim]
        lead = tuple(atom for d in value.dims for atom in d if atom not in keys)
        return cls(None, value.with_dims((lead, (), keys)), Value(None, (lead, (), keys), value.dims), weights=True)

    @property
    def shape(self):
        """The torch shape."""
        return self.view.shape

    @property
    def dims(self):
        """Those of the view."""
        return self.view.dims

    def axis(self, dim):
        """The number of a dimension, counted from the front."""
        return self.view.axis(dim)

    def with_view(self, view):
        """The same scores, seen in another way."""
        mask = self.mask
        return Scores(self.query, self.key, view, self.scale, mask, self.weights)

    def __getattr__(self, name):
        if name not in ('reshape', 'permute', 'transpose', 'flatten', 'unsqueeze', 'squeeze', 'padded'):
            raise AttributeError(name)
        return lambda *how: self.with_view(getattr(self.view, name)(*how))

    def _unfinished(self):
        refuse_if(self.weights, 'attention weights that are changed after their softmax')

    def times(self, t, tensor):
        """Times a constant: one number, or one for each head."""
        self._unfinished()
        factor = in_axes(self.view, tensor)
        mask = None if self.mask is None else self.mask * factor
        if factor.size == 1:
            return Scores(self.query, self.key, self.view, self.scale * number(tensor, 'the scale of attention'), mask)
        refuse_if(factor.shape[1:] != (1, 1), 'attention whose scores are multiplied by a constant that depends on the tokens')
        lead = [atom.size for atom in self.view.axes[0]]
        query = self.query.refined(0, lead)
        query = scaled(t, query, torch.from_numpy(factor.reshape(-1, 1, 1).copy()), 'scale')
        return Scores(query, self.key, self.view, self.scale, mask)

    def masked(self, tensor):
        """Plus a constant."""
        self._unfinished()
        mask = in_axes(self.view, tensor)
        return Scores(self.query, self.key, self.view, self.scale, mask if self.mask is None else self.mask + mask)

    def softmax(self, dim):
        """The weights, over the tokens of a dimension."""
        self._unfinished()
        over, (lead, queries, keys) = self.view.dims[self.axis(dim)], self.view.axes
        if over == queries and over != keys:  # of the transposed product
            mask = None if self.mask is None else self.mask.transpose(0, 2, 1)
            return Scores(self.key, self.query, Value(None, (lead, keys, queries), self.view.dims), self.scale, mask, True)
        refuse_if(over != keys, 'attention with a softmax that is not over the keys')
        return Scores(self.query, self.key, self.view, self.scale, self.mask, True)


class Weighted:
    """Weights of an attention times values, of which the sum over the positions is still to come."""

    def __init__(self, scores, value):
        self.scores, self.value = scores, value
        self.shape = tuple(max(a, b) for a, b in zip(scores.shape, value.shape))

    def sum(self, t, dim, keepdim):
        """The sum over a dimension."""
        scores, value, rank = self.scores, self.value, len(self.shape)
        dim = dim % rank
        refuse_if(scores.view.dims[dim] != scores.view.axes[2], 'a sum of weighted positions over another dimension than the softmax')
        lead = [i for i in range(rank) if i != dim and scores.dims[i]]
        rest = [i for i in range(rank) if i != dim and not scores.dims[i]]
        view = scores.view.with_dims((*(scores.dims[i] for i in lead), (), scores.dims[dim]))
        mixed = attend(t, scores.with_view(view), value.with_dims((*(value.dims[i] for i in lead), value.dims[dim],
                                                                   sum((value.dims[i] for i in rest), ()))))
        dims = dict(zip(lead, mixed.dims))
        left = list(mixed.dims[-1])
        for i in rest:
            dims[i], size = [], value.shape[i]
            while product(dims[i]) < size:
                dims[i].append(left.pop(0))
        dims[dim] = ()
        return mixed.with_dims([dims[i] for i in range(rank) if i != dim or keepdim])


def _complete(t, scores, value):
    """(view, query, key, value, lead of the value) with atoms of the same sizes; value has dims (lead..., keys, channels)."""
    view = scores.view.with_dims((*scores.dims[:-2], scores.dims[-1], scores.dims[-2], ()))
    refuse_if(view.dims[-3] != view.axes[2], 'a matrix product of attention weights that is not over the keys')
    rank = len(view.dims)
    value = value.padded(rank - 1).copied()
    value = value.with_dims((*value.dims[:-1], (), value.dims[-1]))
    wanted = tuple(max(a, b) for a, b in zip(value.shape, (*view.shape[:-2], 1, value.shape[-1])))
    value = t.expanded(value, wanted) if wanted != value.shape else value
    view, value = matched([view, value])
    lead, keys = ([atom.size for atom in view.axes[i]] for i in (0, 2))
    queries = [atom.size for atom in view.axes[1]]
    query = scores.query and scores.query.refined(0, lead).refined(2, queries)
    return view, query, scores.key.refined(0, lead).refined(2, keys), value


def attend(t, scores, value, part=''):
    """The layer of a complete attention, as torch's tensor (..., tokens, channels of a head)."""
    refuse_if(not isinstance(value, Value), 'attention to a constant')
    refuse_if(not scores.weights, 'a matrix product of three tensors without a softmax')
    if scores.query is None and scores.dims[-2]:  # several weightings of the same positions, each as a head
        return attend(t, scores.unsqueeze(-2), value.unsqueeze(-3), part).squeeze(-2)
    view, query, key, value = _complete(t, scores, value)
    pairs = counterparts(view, value)
    refuse_if(any(atom not in pairs for atom in view.axes[0]), f'attention weights {scores.shape} for values {value.shape}')
    heads = [i for i, atom in enumerate(view.axes[0]) if pairs[atom] in value.axes[0]]
    rows = [i for i in range(len(view.axes[0])) if i not in heads]
    lead = [pairs[atom] for atom in view.axes[0]]

    def part_of(operand, of):
        return [operand.dims[0][i] for i in of] if operand is not value else [lead[i] for i in of]

    def placed(operand, channels, tokens):
        return t.arrange(operand, ((*part_of(operand, heads), *channels), part_of(operand, rows), tokens)).layer

    keys = [pairs[atom] for atom in view.axes[2]]
    count, windows = (product([view.axes[0][i] for i in of]) for of in (heads, rows))
    asked = placed(query, query.dims[1], query.dims[2]) if query is not None else \
        t.graph.constant(np.ones((count, windows, 1), np.float32), name=t.name('query'))
    layer = t.graph.attention(asked, placed(key, key.dims[1], key.dims[2]), placed(value, value.dims[-1], keys), heads=count,
                              scale=scores.scale, mask=_mask(scores, view, heads, rows), name=t.name(part),
                              **({'rows': True} if windows > 1 else {}))
    axes = ((*(view.axes[0][i] for i in heads), *value.dims[-1]), [view.axes[0][i] for i in rows], view.axes[1])
    return Value(layer, axes, (*view.dims[:-3], view.dims[-2], value.dims[-1]))


def _mask(scores, view, heads, rows):
    """[T][S], [heads][T][S] or [rows][heads][T][S]."""
    if scores.mask is None:
        return None
    lead, queries, keys = ([atom.size for atom in axis] for axis in view.axes)
    whole = scores.mask.shape[0], int(np.prod(queries, dtype=int)), int(np.prod(keys, dtype=int))
    mask = np.broadcast_to(scores.mask, whole)
    if mask.shape[0] == 1:
        return np.ascontiguousarray(mask[0], np.float32)
    mask = mask.reshape(*lead, *whole[1:]).transpose(*rows, *heads, len(lead), len(lead) + 1)
    mask = np.ascontiguousarray(mask.reshape(int(np.prod([lead[i] for i in rows], dtype=int)), -1, *whole[1:]), np.float32)
    return mask[0] if np.array_equal(mask, np.broadcast_to(mask[:1], mask.shape), equal_nan=True) else mask


def additive(mask):
    """A mask to be added from one that says what may be seen."""
    return torch.zeros(mask.shape).masked_fill(~mask.cpu(), float('-inf'))


@function('scaled_dot_product_attention')
def scaled_dot_product_attention(t, query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None):
    refuse_if(dropout_p, 'dropout in attention: call eval() first')
    if is_causal:
        attn_mask = torch.ones(query.shape[-2], key.shape[-2], dtype=torch.bool).tril()
    scores = Scores.of(query, key.transpose(-2, -1))
    scores.scale = query.shape[-1] ** -0.5 if scale is None else scale
    if attn_mask is not None:
        scores = scores.masked(additive(attn_mask) if attn_mask.dtype == torch.bool else attn_mask)
    return attend(t, scores.softmax(-1), value)


@function('masked_fill')
def masked_fill(t, input, mask, value):
    value = number(value, 'what is filled in')
    if not isinstance(mask, torch.Tensor):
        refuse_if(not isinstance(mask, Value) or isinstance(input, Scores), 'a mask that depends on the input')
        return FUNCTIONS['where'](t, mask, value, input)
    if isinstance(input, Scores):
        refuse_if(value > -1e4, f'attention scores that are filled with {value}: what may not be seen is filled with -inf')
        return input.masked(torch.zeros(mask.shape).masked_fill(mask.cpu(), value))
    keep = scaled(t, input, (~mask).float(), 'kept')
    return keep if value == 0 else shifted(t, keep, mask.float() * value)

