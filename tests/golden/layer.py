"""What a layer of the reference implementation knows.

Every layer knows four things: its value, how it carries the contributions of source PFVs to its own output, the bias it
adds, and its transpose (with everything that depends on the data frozen at the values of this forward pass).
"""
import numpy as np


class Layer:
    kind = ''                       # source, pointwise, gather, mixing or post

    def __init__(self, item, dtype):
        self.name, self.inputs, self.item, self.dtype = item['name'], list(item['inputs']), item, dtype

    @property
    def through(self):
        """The layers read whose PFVs this layer passes on; what else it reads (a gate, queries and keys) is frozen."""
        return self.inputs

    def array(self, key):
        a = self.item.get(key)
        return None if a is None else np.asarray(a).astype(self.dtype)

    def number(self, key):
        return self.dtype(self.item[key])

    def forward(self, f):
        raise NotImplementedError

    def carry(self, f, tables):
        """Contributions to this layer's value, bias left out, from those to the values that it passes on."""
        raise NotImplementedError

    def bias(self, f):
        """The vector this layer adds at every position, broadcastable to its value, or None."""
        return None

    def transpose(self, f, g):
        """Directions at the values that it passes on, for the direction g at this layer's value."""
        raise NotImplementedError


class Gather(Layer):
    kind = 'gather'
