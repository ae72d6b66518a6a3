"""SRD in numpy, written to be read: the reference that the golden files are made with.

    net = Network(items)                items: dicts with op, name, inputs and the parameters of the layer (see netfile.py)
    run = net.run(x)                    one forward pass; run.value(layer)
    run.ratios(site)                    the sharing ratios into a site
    run.explain(run.one_hot(3))         relevance of a score at all layers, by the directed head: see questions.py
    run.erf(site, row, column)          effective receptive field of one PFV

Words: a *site* is a layer whose PFVs (channel vectors at one position) exchange relevance. Between sites lies a *segment*:
gather layers, at most one mixing layer, post layers. A *path* leads from one source PFV through a segment to one PFV y
(before the nonlinearity) and adds its contribution P there; its sharing ratio is <P, y> / <y, y>.
"""
import numpy as np

import questions
from layers import LAYERS, Add, Constant
from moving import ConstantPad
from pointwise import PATTERNED
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


class Parts:
    """The paths into a site in parts (see Ways): what each part contributes, and its part of the sharing ratio."""

    def __init__(self, ways, p, mu):
        self.ways, self.p, self.mu = ways, p, mu


class Network:
    def __init__(self, items, outputs=None, dtype=np.float64):
        layers = [LAYERS[i['op']](i, dtype) for i in items]
        outputs = outputs or [layers[-1].name]
        self.pictures = [l.name for l in layers if l.item['op'] == 'input']
        self.alias, kept = {}, []
        for layer in layers:                                        # dropout stands for what it reads
            layer.inputs = [self.alias.get(i, i) for i in layer.inputs]
            if layer.kind == 'removed':
                self.alias[layer.name] = layer.inputs[0]
            else:
                kept.append(layer)
        kept = fold_constants(kept, dtype)
        self.outputs = [self.alias.get(o, o) for o in outputs]
        live = set(self.outputs)
        for layer in reversed(kept):                                # what reaches no output is dropped
            if layer.name in live:
                live.update(layer.inputs)
        self.layers = [l for l in kept if l.name in live]
        self.by_name = {l.name: l for l in self.layers}
        self.number = {l.name: i for i, l in enumerate(self.layers)}
        for bit, layer in enumerate(l for l in self.layers if isinstance(l, ConstantPad)):
            layer.bit = bit
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
        return [l.name for l in self.layers if l.item['op'] == 'input']

    def constants(self):
        return [l.name for l in self.layers if l.item['op'] == 'constant']

    def activations(self):
        return [l.name for l in self.layers if l.item['op'] in PATTERNED]

    def run(self, *pictures):
        """One picture for each input of the network, in their order."""
        return Run(self, pictures)

    def pattern_run(self, pictures, chosen=None, first=None):
        """APOP: the chosen activation layers (None: all) say only where they are on, 1[y > 0]. Given a first run, they give
        y where that run had them on, and 0 elsewhere."""
        return Run(self, pictures, self.activations() if chosen is None else chosen, first)


class Run:
    def __init__(self, net, pictures, patterned=(), first=None):
        self.net, self.frames, self._ratios = net, {}, {}
        given = dict(zip(net.pictures, pictures))
        for layer in net.layers:
            f = self.frames[layer.name] = Frame([self.frames[i].value for i in layer.inputs])
            if layer.item['op'] == 'input':
                f.value = np.asarray(given[layer.name]).astype(net.dtype)
            elif layer.name not in patterned:
                f.value = layer.forward(f)
            else:
                on = (f if first is None else first.frames[layer.name]).inputs[0] > 0
                f.value = np.where(on, 1 if first is None else f.inputs[0], 0).astype(net.dtype)

    def value(self, name):
        return self.frames[self.net.alias.get(name, name)].value

    def grid(self, name):
        return self.frames[name].value.shape[1:]

    # ---- the contributions into a layer -------------------------------------------------------------------------

    def gathered(self, name, mark=None):
        """The PFVs of a layer as seen by its reader: as sources if it is a site, through the gather layers if not. A marked
        gather layer keeps apart what goes through its different positions, a marked input its channels."""
        layer, f = self.net.by_name[name], self.frames[name]
        if layer.kind == 'gather':
            ways = layer.carry(f, [self.gathered(i, mark) for i in layer.through])
            return ways.through() if name == mark else ways
        return Ways.identity(self.net.number[name], f.value, layer.kind == 'source' and name == mark)

    def contributions(self, name, start=True, mark=None):
        """Paths into a mixing, post or gather layer without their biases, and the bias groups. At the start of a question a
        layer is looked into even where it is a site; below, a site is a source."""
        layer, f = self.net.by_name[name], self.frames[name]
        if layer.kind == 'gather' or (name in self.net.sites and not start):
            return self._without_constants(self.gathered(name, mark).without_taps(), f)
        if layer.kind == 'mixing':
            ways, groups = self._without_constants(layer.carry(f, [self.gathered(i, mark) for i in layer.inputs]), f)
        else:
            ways, groups = self._after(layer, f, mark)
        if layer.bias(f) is not None:
            value = np.broadcast_to(layer.bias(f), f.value.shape).reshape(len(f.value), -1).T
            groups.append(BiasGroup(np.arange(len(ways)), value, self._fully_connected(name, start)))
        return (ways.through() if name == mark and not start else ways), groups

    def _without_constants(self, ways, f):
        """What constant pads have added becomes a bias of the paths through them."""
        paths, groups = ways.take(ways.source >= 0), []
        for s in np.unique(ways.source[ways.source < 0]):
            rows = ways.source == s
            value = np.zeros((f.positions, len(f.value)), self.net.dtype)
            np.add.at(value, ways.position[rows], ways.vector[rows])
            groups.append(BiasGroup(np.nonzero(paths.pads >> (-1 - s) & 1)[0], value, False))
        return paths, groups

    def _after(self, layer, f, mark):
        """Paths and bias groups that a post layer takes over from the layers it reads."""
        tables, groups, offset = [], [], 0
        for i in layer.inputs:
            ways, below = self.contributions(i, False, mark)
            for g in below:
                value = layer.scaled(f, g.value.T.reshape(f.value.shape)).reshape(len(f.value), -1).T
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
        ways = self.gathered(layer.inputs[0])
        return len(np.unique(self.places(ways.take(ways.source >= 0)))) > 1

    def places(self, ways):
        """A number per row for the source position: equal for equal row and column of equal grids, whatever the site."""
        grids = [self.frames[l.name].value.shape[1:] for l in self.net.layers]
        return np.array([(h << 40) + (w << 20) for h, w in grids], int)[ways.source] + ways.origin

    def below(self, name):
        """Whose value is the y of a site, or of the layer where a question starts; and whether that is where it starts."""
        layer = self.net.by_name[name]
        return (layer.inputs[0], False) if layer.kind == 'pointwise' else (name, True)

    def segment(self, name):
        """Into a site, or into the layer where a question starts: y (positions, channels), the paths without their biases,
        the bias groups, and the contributions P with their shares of the biases. The sum of P over the paths into a
        position is y there."""
        below, start = self.below(name)
        ways, groups = self.contributions(below, start)
        y = self.frames[below].value
        return y.reshape(len(y), -1).T, ways, groups, share_biases(ways, groups, y.shape[1] * y.shape[2])

    # ---- ratios and their spread --------------------------------------------------------------------------------

    def ratios(self, name):
        if name not in self._ratios:
            y, ways, _, p = self.segment(name)
            mu, here = along(p, y, ways.position)
            count = np.bincount(ways.position, minlength=len(y))
            self._ratios[name] = Ratios(ways, np.where(here > 0, mu, 1 / count[ways.position]), len(y))
        return self._ratios[name]

    def parts(self, name, mark):
        """The paths into a site in parts: their ways through the marked layer, or the channels of the marked input. A path's
        share of the biases is divided in proportion to the norms of its parts; where they are all zero, and where y is
        zero, evenly."""
        y, whole, _, p = self.segment(name)
        below, start = self.below(name)
        ways, _ = self.contributions(below, start, mark)
        path, number = ways.paths(), whole.paths()
        biases, mu = np.zeros_like(p), np.zeros(len(p))
        biases[number], mu[number] = p - whole.vector, self.ratios(name).mu
        norms, n = np.sqrt((ways.vector ** 2).sum(axis=1)), np.bincount(path, minlength=len(p))
        total = np.bincount(path, norms, len(p))[path]
        share = np.where(total > 0, norms / np.where(total > 0, total, 1), 1 / n[path])
        p = ways.vector + biases[path] * share[:, None].astype(norms.dtype)
        part, here = along(p, y, ways.position)
        return Parts(ways, p, np.where(here > 0, part, mu[path] / n[path]))

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
                self.deposit(flat, s, ratios.origin[rows], ratios.mu[rows] * r[ratios.position[rows]])
        return {k: v.reshape(self.grid(k)) for k, v in flat.items()}, unreached

    def deposit(self, flat, source, origin, amount):
        name = self.net.layers[source].name
        n = self.frames[name].positions
        flat[name] = flat.get(name, np.zeros(n, self.net.dtype)) + np.bincount(origin, amount, n).astype(self.net.dtype)

    # ---- questions ----------------------------------------------------------------------------------------------

    def scored(self, output=None):
        """What a direction acts on: the output, or its pre-activation if it is pointwise."""
        return self.frames[self.below(output or self.net.outputs[0])[0]].value

    def scores(self, output=None, mask=None):
        """Summed over the positions, or over those of a mask."""
        v = self.scored(output)
        return (v if mask is None else v * mask).sum(axis=(1, 2))

    def one_hot(self, index, output=None, against=None, mask=None):
        """The target of a class, or of one class against another."""
        t = np.zeros(len(self.scored(output)))
        t[index] = 1
        if against is not None:
            t[against] -= 1
        return self.target(t, output, mask)

    def target(self, t, output=None, mask=None):
        return questions.Target(self, t, output or self.net.outputs[0], mask)

    def explain(self, *targets, contrastive=False):
        """Relevance of the sum of the scores by the directed head."""
        return questions.directed(self, targets, contrastive)

    def gradcam(self, *targets, site=None, clamp=True, contrastive=False):
        return questions.gradcam(self, targets, site, clamp, contrastive)

    def seed(self, maps, contrastive=False):
        """Relevance for given first maps {layer: (H, W)}, at any layers."""
        return questions.seeded(self, maps, contrastive)

    def erf(self, name, row, column, contrastive=False):
        """Relevance of all layers below for R = 1 at one PFV; the question may start at any layer."""
        first = np.zeros(self.grid(name))
        first[row, column] = 1
        return self.seed({name: first}, contrastive)

    def output_erf(self, output=None, contrastive=False):
        """The same for an output as a whole: 1 / N at each of its N positions."""
        output = output or self.net.outputs[0]
        return self.seed({output: np.full(self.grid(output), 1 / np.prod(self.grid(output)))}, contrastive)


def fold_constants(layers, dtype):
    """Layers that read constants only become constants themselves, and constant operands of an add its bias."""
    folded, values = [], {}
    for layer in layers:
        known = [values[i] for i in layer.inputs if i in values]
        if layer.item['op'] != 'input' and len(known) == len(layer.inputs):
            values[layer.name] = value = layer.forward(Frame(known))
            layer = Constant(dict(op='constant', name=layer.name, inputs=[], value=value), dtype)
        elif known and isinstance(layer, Add):
            layer.inputs, layer.offset = [i for i in layer.inputs if i not in values], sum(known)
        folded.append(layer)
    return folded


def along(p, y, position):
    """<P, y> / <y, y> of each row, and <y, y> up to a factor; y is scaled so that neither overflows nor underflows."""
    scale = abs(y).max(axis=1, keepdims=True)
    scale = np.where(scale > 0, scale, 1)
    y, p = y / scale, p / scale[position]
    here = (y * y).sum(axis=1)[position]
    return (p * y[position]).sum(axis=1) / np.where(here > 0, here, 1), here


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
