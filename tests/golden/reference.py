"""SRD in numpy, written to be read: the reference that the golden files are made with.

    net = Network(items)                items: dicts with op, name, inputs and the parameters of the layer (see netfile.py)
    run = net.run(x)                    one forward pass; run.value(layer)
    run.ratios(site)                    the sharing ratios into a site
    run.explain(run.one_hot(3))         relevance of a score at all sites, by the directed head
    run.erf(site, row, column)          effective receptive field of one PFV

Words: a *site* is a layer whose PFVs (channel vectors at one position) exchange relevance. Between sites lies a *segment*:
gather layers, at most one mixing layer, post layers. A *path* leads from one source PFV through a segment to one PFV y
(before the nonlinearity) and adds its contribution P there; its sharing ratio is <P, y> / <y, y>.
"""
import numpy as np

from layers import LAYERS
from ways import Frame, Ways


class BiasGroup:
    """A vector added at one layer of a segment, and the paths that run through that layer."""

    def __init__(self, rows, value, evenly):
        self.rows, self.value, self.evenly = rows, value, evenly     # value: (positions, channels), as measured at y


class Ratios:
    """The sharing ratios into one site, a row per path: R(origin of source) += mu * R(position)."""

    def __init__(self, ways, mu, positions):
        self.source, self.origin, self.position, self.mu = ways.source, ways.origin, ways.position, mu
        self.count = np.bincount(ways.position, minlength=positions)

    def sums(self):
        return np.bincount(self.position, self.mu, len(self.count))

    def magnitudes(self):
        return np.bincount(self.position, abs(self.mu), len(self.count))


class Explanation:
    """Relevance maps {site: (H, W)} and the account of where the score went."""

    def __init__(self, maps, score, constants, unreached):
        self.maps, self.score, self.constants, self.unreached = maps, score, constants, unreached


class Network:
    def __init__(self, items, outputs=None, dtype=np.float64):
        layers = [LAYERS[i['op']](i, dtype) for i in items]
        outputs = outputs or [layers[-1].name]
        self.alias, kept = {}, []
        for layer in layers:                                        # dropout stands for what it reads
            layer.inputs = [self.alias.get(i, i) for i in layer.inputs]
            if layer.kind == 'removed':
                self.alias[layer.name] = layer.inputs[0]
            else:
                kept.append(layer)
        self.outputs = [self.alias.get(o, o) for o in outputs]
        live = set(self.outputs)
        for layer in reversed(kept):                                # what reaches no output is dropped
            if layer.name in live:
                live.update(layer.inputs)
        self.layers = [l for l in kept if l.name in live]
        self.by_name = {l.name: l for l in self.layers}
        self.number = {l.name: i for i, l in enumerate(self.layers)}
        self.dtype = dtype
        self.sites = [l.name for l in self.layers if self._is_site(l)]

    def _is_site(self, layer):
        if layer.kind in ('source', 'pointwise'):
            return True
        return layer.kind in ('mixing', 'post') and not self._swallowed(layer)

    def _swallowed(self, layer):
        """Read exactly once, by a layer that continues the segment. Being an output is no read."""
        readers = [r for r in self.layers for i in r.inputs if i == layer.name]
        return len(readers) == 1 and readers[0].kind in ('post', 'pointwise')

    def inputs(self):
        return [l.name for l in self.layers if l.kind == 'source']

    def run(self, x):
        return Run(self, x)


class Run:
    def __init__(self, net, x):
        self.net, self.frames, self._ratios = net, {}, {}
        for layer in net.layers:
            f = self.frames[layer.name] = Frame([self.frames[i].value for i in layer.inputs])
            f.value = np.asarray(x).astype(net.dtype) if layer.kind == 'source' else layer.forward(f)

    def value(self, name):
        return self.frames[self.net.alias.get(name, name)].value

    def grid(self, name):
        return self.frames[name].value.shape[1:]

    # ---- the contributions into a layer -------------------------------------------------------------------------

    def gathered(self, name):
        """The PFVs of a layer as seen by its reader: as sources if it is a site, through the gather layers if not."""
        layer, f = self.net.by_name[name], self.frames[name]
        if layer.kind == 'gather':
            return layer.carry(f, [self.gathered(i) for i in layer.inputs])
        return Ways.identity(self.net.number[name], f.value)

    def contributions(self, name, start=True):
        """Paths into a mixing, post or gather layer without their biases, and the bias groups. At the start of a question a
        layer is looked into even where it is a site; below, a site is a source."""
        layer, f = self.net.by_name[name], self.frames[name]
        if layer.kind == 'gather' or (name in self.net.sites and not start):
            return self.gathered(name).without_taps(), []
        if layer.kind == 'mixing':
            ways, groups = layer.carry(f, [self.gathered(i) for i in layer.inputs]), []
        else:
            ways, groups = self._after(layer, f)
        if layer.bias(f) is not None:
            value = np.broadcast_to(layer.bias(f), f.value.shape).reshape(len(f.value), -1).T
            groups.append(BiasGroup(np.arange(len(ways)), value, self._fully_connected(name, start)))
        return ways, groups

    def _after(self, layer, f):
        """Paths and bias groups that a post layer takes over from the layers it reads."""
        tables, groups, offset = [], [], 0
        for i in layer.inputs:
            ways, below = self.contributions(i, start=False)
            for g in below:
                value = layer.scaled(g.value.T.reshape(f.value.shape)).reshape(len(f.value), -1).T
                groups.append(BiasGroup(g.rows + offset, value, g.evenly))
            tables.append(ways)
            offset += len(ways)
        return layer.carry(f, tables), groups

    def _fully_connected(self, name, start):
        """A mixing layer with one output position that is fed by several source positions, however it is written; a bias
        added after it and before the first add of branches is treated as its own."""
        layer = self.net.by_name[name]
        if name in self.net.sites and not start:
            return False
        if layer.kind == 'post':
            return len(layer.inputs) == 1 and self._fully_connected(layer.inputs[0], False)
        if layer.kind != 'mixing' or self.frames[name].positions != 1:
            return False
        return len(np.unique(self.places(self.gathered(layer.inputs[0])))) > 1

    def places(self, ways):
        """A number per row for the source position: equal for equal row and column of equal grids, whatever the site."""
        grids = [self.frames[l.name].value.shape[1:] for l in self.net.layers]
        return np.array([(h << 40) + (w << 20) for h, w in grids], int)[ways.source] + ways.origin

    def segment(self, name):
        """Into a site, or into the layer where a question starts: y (positions, channels), the paths without their biases,
        the bias groups, and the contributions P with their shares of the biases. The sum of P over the paths into a
        position is y there."""
        layer = self.net.by_name[name]
        below = layer.inputs[0] if layer.kind == 'pointwise' else name
        ways, groups = self.contributions(below, start=layer.kind != 'pointwise')
        y = self.frames[below].value
        return y.reshape(len(y), -1).T, ways, groups, share_biases(ways, groups, y.shape[1] * y.shape[2])

    # ---- ratios and their spread --------------------------------------------------------------------------------

    def ratios(self, name):
        if name not in self._ratios:
            y, ways, _, p = self.segment(name)
            scale = abs(y).max(axis=1, keepdims=True)               # so that <y, y> neither overflows nor underflows
            scale = np.where(scale > 0, scale, 1)
            y, p = y / scale, p / scale[ways.position]
            yy, count = (y * y).sum(axis=1), np.bincount(ways.position, minlength=len(y))
            here = yy[ways.position]
            evenly = 1 / count[ways.position]
            mu = np.where(here > 0, (p * y[ways.position]).sum(axis=1) / np.where(here > 0, here, 1), evenly)
            self._ratios[name] = Ratios(ways, mu, len(y))
        return self._ratios[name]

    def spread(self, maps):
        """Pushes relevance {layer: (H, W)} down through every site to the sources. Returns the maps of all sites that get
        some (and those given) and the relevance that stayed at positions which no path reaches."""
        flat = {k: np.array(v, self.net.dtype).reshape(-1) for k, v in maps.items()}
        unreached = 0.0
        for layer in reversed(self.net.layers):
            if layer.name not in flat or layer.kind == 'source':
                continue
            r, ratios = flat[layer.name], self.ratios(layer.name)
            unreached += r[ratios.count == 0].sum()
            for s in np.unique(ratios.source):
                rows = ratios.source == s
                self._deposit(flat, s, ratios.origin[rows], ratios.mu[rows] * r[ratios.position[rows]])
        return {k: v.reshape(self.grid(k)) for k, v in flat.items()}, unreached

    def _deposit(self, flat, source, origin, amount):
        name = self.net.layers[source].name
        n = self.frames[name].positions
        flat[name] = flat.get(name, np.zeros(n, self.net.dtype)) + np.bincount(origin, amount, n).astype(self.net.dtype)

    def erf(self, name, row, column):
        """Relevance of all sites below for R = 1 at one PFV; at a layer that is no site the question may start too."""
        seed = np.zeros(self.grid(name))
        seed[row, column] = 1
        return self.spread({name: seed})

    # ---- the directed head --------------------------------------------------------------------------------------

    def scores(self, output=None):
        """What a direction acts on: the output, or its pre-activation if it is pointwise; summed over the positions."""
        return self._scored(output or self.net.outputs[0]).sum(axis=(1, 2))

    def _scored(self, output):
        layer = self.net.by_name[output]
        return self.frames[layer.inputs[0] if layer.kind == 'pointwise' else output].value

    def one_hot(self, index, output=None):
        t = np.zeros(len(self.scores(output)))
        t[index] = 1
        return t

    def head(self, t, output=None):
        """The first relevance maps for the score <t, output>, and the constant terms of the head above them.

        The direction g of the score walks down as long as PFVs depend on one position only: so far the head is taken as
        the linear map that it is on this input. Where positions mix, every path gets R = <P, g>."""
        output = output or self.net.outputs[0]
        t = np.asarray(t, self.net.dtype)
        g = np.broadcast_to(t[:, None, None], self._scored(output).shape)
        directions, flat, constants = {output: g}, {}, 0.0
        for layer in reversed(self.net.layers):
            if layer.name not in directions:
                continue
            g = directions[layer.name]
            if layer.kind == 'source':
                self._deposit(flat, self.net.number[layer.name], np.arange(g[0].size), self._dot(layer.name, g).reshape(-1))
                continue
            if layer.kind == 'pointwise' and layer.name != output:
                value, y = self.frames[layer.name].value, self.frames[layer.inputs[0]].value
                above, g = (value * g).sum(), layer.back(y, g)
                constants += above - (y * g).sum()                  # the activation's value at zero
            constants += self._descend(layer, g, directions, flat)
        return {k: v.reshape(self.grid(k)) for k, v in flat.items()}, constants

    def _dot(self, name, g):
        return (self.frames[name].value * g).sum(axis=0)

    def _descend(self, layer, g, directions, flat):
        """From the direction g at a pre-activation: relevance where positions mix, the direction handed on elsewhere.
        Returns the constant terms."""
        y, ways, groups, p = self.segment(layer.name)
        shape, g = g.shape, g.reshape(len(g), -1).T
        pairs = np.unique(np.stack([ways.position, self.places(ways)]), axis=1)
        different = np.bincount(pairs[0], minlength=len(y))         # source positions that feed each position
        rows = np.nonzero(different[ways.position] > 1)[0]
        for s in np.unique(ways.source[rows]):
            part = rows[ways.source[rows] == s]
            self._deposit(flat, s, ways.origin[part], (p[part] * g[ways.position[part]]).sum(axis=1))
        single = (different == 1)[:, None]
        if single.any():
            self._hand_on(layer, (g * single).T.reshape(shape), directions)
        biases = sum((b.value for b in groups), np.zeros_like(y))
        return (y * g)[different == 0].sum() + (biases * g * single).sum()

    def _hand_on(self, layer, g, directions):
        """The transpose of a segment: the direction at y becomes directions at the values of the source sites."""
        pending = [(layer.inputs[0], g, False)] if layer.kind == 'pointwise' else [(layer.name, g, True)]
        while pending:
            name, g, start = pending.pop()
            if name in self.net.sites and not start:
                directions[name] = directions.get(name, 0) + g
                continue
            below = self.net.by_name[name]
            pending += [(i, h, False) for i, h in zip(below.inputs, below.transpose(self.frames[name], g))]

    # ---- questions ----------------------------------------------------------------------------------------------

    def explain(self, t, output=None, contrastive=False):
        """Relevance of the score <t, output> at all sites below the head."""
        output = output or self.net.outputs[0]
        tops, constants = self.head(t, output)
        if contrastive:
            tops = {k: v - v.mean() if v.size > 1 else v for k, v in tops.items()}
        maps, unreached = self.spread(tops)
        score = float((self.scores(output) * np.asarray(t)).sum())
        return Explanation(maps, score, float(constants), float(unreached))


def share_biases(ways, groups, positions):
    """The contributions with their shares of the biases. A bias is shared in proportion to the norms of the bias-free
    contributions of the paths through its layer; evenly in a fully connected layer, or where all those norms are zero.
    Where no path runs through its layer but others reach the position, these take it: contributions must add up to y."""
    p, norms = ways.vector.copy(), np.sqrt((ways.vector ** 2).sum(axis=1))
    for group in groups:
        p[group.rows] += shares(ways.position[group.rows], norms[group.rows], group, positions)
        orphan = np.bincount(ways.position[group.rows], minlength=positions) == 0
        rest = np.nonzero(orphan[ways.position])[0]
        if len(rest):
            p[rest] += shares(ways.position[rest], norms[rest], group, positions)
    return p


def shares(position, norms, group, positions):
    total, count = np.bincount(position, norms, positions)[position], np.bincount(position, minlength=positions)[position]
    spoken = (total > 0) & (not group.evenly)
    share = np.where(spoken, norms / np.where(total > 0, total, 1), 1 / count)
    return group.value[position] * share[:, None].astype(norms.dtype)
