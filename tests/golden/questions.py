"""What can be asked of a run: from a target to the first relevance maps, and from these to maps at any layer.

The head is directed or Grad-CAM; a seed needs none. Relevance is kept at sites, and an Explanation derives from it the maps
of gather layers, of swallowed layers and of the single channels of an input.
"""
import numpy as np


class Target:
    """A score: <t, output> at every position of an output or weighted by a mask, summed. For an output that is pointwise t
    acts on its pre-activation."""

    def __init__(self, run, t, output, mask=None):
        self.output, scored = output, run.scored(output)
        t, everywhere = np.asarray(t, run.net.dtype), np.ones(scored.shape[1:])
        self.direction = t[:, None, None] * np.asarray(everywhere if mask is None else mask, run.net.dtype)
        self.score = float((run.scores(output, mask) * t).sum())


class Explanation:
    """Relevance maps {site: (H, W)} and the account of where the score went.

    tops: the first maps. turned: the segments in which a direction became relevance, as (site, direction at its y as
    (positions, channels), whether each position mixes). straight: {input: direction at its value} where nothing mixes.
    passed: sites that only a direction went through."""

    def __init__(self, run, tops, score, constants=0.0, turned=(), straight=None, contrastive=False, passed=()):
        self.passed = passed
        self.run, self.turned, self.straight, self.contrastive = run, turned, straight or {}, contrastive
        if contrastive:
            tops = {k: v if k in run.net.constants() else without_mean(v) for k, v in tops.items()}
        self.tops, self.score, self.constants = tops, score, float(constants)
        self.maps, unreached = run.spread(tops)
        self.unreached = float(unreached)
        self.at_constants = float(sum(self.maps[c].sum() for c in run.net.constants() if c in self.maps))

    def map(self, layer):
        """At a site; at a gather layer's output positions, the sum over the paths through each; at a swallowed layer, the
        sum over the paths through it at each position of its site."""
        net = self.run.net
        layer = net.alias.get(layer, layer)
        if layer in self.passed and layer not in self.maps:
            raise ValueError('%s lies above the first relevance: it has no map' % layer)
        if layer in self.maps or layer in net.sites:
            return self.maps.get(layer, np.zeros(self.run.grid(layer)))
        total = np.zeros(self.run.frames[layer].positions + 1)
        for parts, amount in [*self._first(layer), *self._spread(layer)]:
            total += np.bincount(parts.ways.part, amount, len(total))
        return total[1:].reshape(self.run.grid(layer))

    def channels(self, name):
        """At an input, for each of its channels: (C, H, W)."""
        if name in self.tops and not (self.turned or self.straight):
            raise ValueError('the relevance at %s was given, not derived: it has no channels' % name)
        shape = self.run.value(name).shape
        first = self._add_channels(name, self._first(name), shape)
        if name in self.straight:
            first = first + self.straight[name] * self.run.value(name)
        if self.contrastive:
            first = np.stack([without_mean(m) for m in first])
        return first + self._add_channels(name, self._spread(name), shape)

    def _add_channels(self, name, pieces, shape):
        total, n, number = np.zeros(shape), shape[1] * shape[2], self.run.net.number[name]
        for parts, amount in pieces:
            rows = np.nonzero(parts.ways.source == number)[0]
            cell = (parts.ways.part[rows] - 1) * n + parts.ways.origin[rows]
            total += np.bincount(cell, amount[rows], total.size).reshape(shape)
        return total

    def _first(self, mark):
        """Where the head turned a direction into relevance: R = <P, g> of each part."""
        for name, g, mixing in self.turned:
            if self._touches(name, mark):
                parts = self.run.parts(name, mark)
                at = parts.ways.position
                yield parts, (parts.p * g[at]).sum(axis=1) * mixing[at]

    def _spread(self, mark):
        for name, r in self.maps.items():
            if self.run.net.by_name[name].kind != 'source' and self._touches(name, mark):
                parts = self.run.parts(name, mark)
                yield parts, parts.mu * r.reshape(-1)[parts.ways.position]

    def _touches(self, name, mark):
        """Whether the segment of a site has the marked layer in it, or as a source."""
        net = self.run.net
        pending = list(net.by_name[name].through)
        while pending:
            below = pending.pop()
            if below == mark:
                return True
            if below not in net.sites:
                pending += net.by_name[below].through
        return False


def without_mean(m):
    return m - m.mean() if m.size > 1 else m


def seeded(run, maps, contrastive=False):
    maps = {k: np.asarray(v, run.net.dtype) for k, v in maps.items()}
    return Explanation(run, maps, float(sum(v.sum() for v in maps.values())), contrastive=contrastive)


# ---- Grad-CAM -----------------------------------------------------------------------------------------------------

def gradcam(run, targets, site=None, clamp=True, contrastive=False):
    """At the value x of a site: the mean derivative of the score by each channel, times x, summed over the channels."""
    net, gradient = run.net, {}
    site = site or [s for s in net.sites if run.frames[s].positions > 1][-1]
    for t in targets:
        below, _ = run.below(t.output)
        gradient[below] = gradient.get(below, 0) + t.direction
    for layer in reversed(net.layers):
        if layer.name == site:
            break
        if layer.name not in gradient or layer.kind == 'source':
            continue
        g, f = gradient[layer.name], run.frames[layer.name]
        back = [layer.derive(f.inputs[0], g)] if layer.kind == 'pointwise' else layer.transpose(f, g)
        for i, h in zip(layer.through, back):
            gradient[i] = gradient.get(i, 0) + h
    g = gradient.get(site, np.zeros_like(run.value(site)))
    r = (g.mean(axis=(1, 2))[:, None, None] * run.value(site)).sum(axis=0)
    top = {site: np.maximum(r, 0) if clamp else r}
    return Explanation(run, top, sum(t.score for t in targets), contrastive=contrastive)


# ---- the directed head --------------------------------------------------------------------------------------------

def directed(run, targets, contrastive=False):
    head = Head(run, targets)
    tops = {k: v.reshape(run.grid(k)) for k, v in head.flat.items()}
    return Explanation(run, tops, sum(t.score for t in targets), head.constants, head.turned, head.straight, contrastive,
                       head.directions)


class Head:
    """The first relevance maps for a sum of scores, and the constant terms of the head above them.

    The direction g of the score walks down as long as PFVs depend on one position only: so far the head is taken as
    the linear map that it is on this input. Where positions mix, every path gets R = <P, g>."""

    def __init__(self, run, targets):
        self.run, self.flat, self.constants, self.turned, self.straight = run, {}, 0.0, [], {}
        self.directions, started = {}, {}                           # at the values; and at the pre-activations of outputs
        for t in targets:
            started[t.output] = started.get(t.output, 0) + t.direction
        for layer in reversed(run.net.layers):
            g = started.get(layer.name)
            if layer.name in self.directions:
                above = self._pre_activation(layer, self.directions[layer.name])
                g = above if g is None else g + above
            if g is not None and layer.kind == 'source':
                self.straight[layer.name] = g
                amount = (run.frames[layer.name].value * g).sum(axis=0).reshape(-1)
                run.deposit(self.flat, run.net.number[layer.name], np.arange(len(amount)), amount)
            elif g is not None:
                self._descend(layer, g)

    def _pre_activation(self, layer, g):
        """The direction at the value carried back to y. What this loses of the score is the activation's value at zero."""
        if layer.kind != 'pointwise':
            return g
        f = self.run.frames[layer.name]
        back = layer.back(f.inputs[0], g)
        self.constants += (f.value * g).sum() - (f.inputs[0] * back).sum()
        return back

    def _descend(self, layer, g):
        """From the direction g at a pre-activation: relevance where positions mix, the direction handed on elsewhere."""
        run = self.run
        y, ways, groups, p = run.segment(layer.name)
        shape, g = g.shape, g.reshape(len(g), -1).T
        pairs = np.unique(np.stack([ways.position, run.places(ways)]), axis=1)
        different = np.bincount(pairs[0], minlength=len(y))         # source positions that feed each position
        rows = np.nonzero(different[ways.position] > 1)[0]
        if len(rows):
            self.turned.append((layer.name, g, different > 1))
        for s in np.unique(ways.source[rows]):
            part = rows[ways.source[rows] == s]
            run.deposit(self.flat, s, ways.origin[part], (p[part] * g[ways.position[part]]).sum(axis=1))
        single = (different == 1)[:, None]
        if single.any():
            self._hand_on(layer, (g * single).T.reshape(shape))
        biases = sum((b.value for b in groups), np.zeros_like(y))
        self.constants += (y * g)[different == 0].sum() + (biases * g * single).sum()

    def _hand_on(self, layer, g):
        """The transpose of a segment: the direction at y becomes directions at the values of the source sites."""
        run, directions = self.run, self.directions
        below, start = run.below(layer.name)
        pending = [(below, g, start)]
        while pending:
            name, g, start = pending.pop()
            if name in run.net.sites and not start:
                directions[name] = directions.get(name, 0) + g
                continue
            below = run.net.by_name[name]
            pending += [(i, h, False) for i, h in zip(below.through, below.transpose(run.frames[name], g))]
