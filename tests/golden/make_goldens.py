#!/usr/bin/env python3
"""Writes the golden files beside this script: small networks, pictures, and what SRD must say of them.

    make_goldens.py [NAME...]

All is computed in float64 on weights and pictures that are float32 numbers. Before a network is written, its results are
checked against the laws of the method, and recomputed in float32: a draw whose maps lose more than a few millionths there
would test rounding instead of the method, and is drawn again.
"""
import os
import sys
import zlib

import numpy as np

from asking import answer, explanation, pattern_value, target
from architectures import ARCHITECTURES
from layer_networks import LAYER_NETWORKS
from layers import MaxPool
from more_networks import MORE_NETWORKS
from netfile import NetFile, Writer
from networks import BLACK, NETWORKS
from position_networks import POSITION_NETWORKS
from reference import Network

HERE = os.path.dirname(os.path.abspath(__file__))
LARGEST_RATIO = 200
MAP_LOSS, VALUE_LOSS = 5e-6, 1.5e-6       # what float32 may cost, as a part of the largest number


def relative(a, b):
    return abs(np.asarray(a, np.float64) - b).max() / max(abs(b).max(), 1e-30)


class Question:
    """A question as netfile.py writes it: what, and its keys. layers: where it is answered, a list of names or of (name,
    'channels'); None: wherever there is relevance. once: for the first case only."""

    def __init__(self, what, keys, layers=None, once=False):
        self.what, self.layers, self.once, self.keys = what, layers, once, keys

    def asked(self, layer=None):
        channels = {'channels': True} if isinstance(layer, tuple) else {}
        return dict(self.keys, what=self.what, layer=layer[0] if channels else layer, **channels)

    def answers(self, case, targets, cases):
        """[(layer, numbers)]"""
        if self.what == 'apop':
            layer = self.keys['layer']
            return [(layer, pattern_value(case, self.asked(layer), cases))]
        found = explanation(cases[case][0], self.asked(), targets)
        places = self.places(cases[case][0], found)
        return [(l[0], found.channels(l[0])) if isinstance(l, tuple) else (l, found.map(l)) for l in places]

    def places(self, run, found):
        """Without a choice: contrastive maps at the input only; fields not at the site itself; all others at all sites."""
        if self.layers is not None:
            return self.layers
        if self.what == 'contrastive':
            return run.net.inputs()
        return [s for s in run.net.sites if s in found.maps and s != self.keys.get('site')]


def wide_sites(run):
    """Sites with more than one position that are no inputs, in build order."""
    return [s for s in run.net.sites if np.prod(run.grid(s)) > 1 and run.net.by_name[s].kind != 'source']


def usual_questions(run, layers):
    """Classes: the top one and the lowest; fields: corners of the deepest wide site, a place in the middle of the network,
    and the output vector where it mixes positions. layers: where they are answered, or None."""
    scores, out = run.scores(), run.net.outputs[0]
    top, low, wide = int(scores.argmax()), int(scores.argmin()), wide_sites(run)
    found = [Question('relevance', {'class': c}, layers) for c in (top, low)] + [Question('contrastive', {'class': top})]
    places = []
    if wide:
        h, w = run.grid(wide[-1])
        middle = wide[len(wide) // 2]
        places = [(wide[-1], h // 2, w // 2), (wide[-1], 0, w - 1), (middle, run.grid(middle)[0] - 1, 0)]
    if np.prod(run.grid(out)) == 1:
        places.append((out, 0, 0))
    below = layers and run.net.inputs() + run.net.constants()
    return found + [Question('erf', dict(site=s, row=r, column=c), below, once=True) for s, r, c in places]


def questions(plan, case, cases, places=None):
    """The usual ones, and those of the network's own plan with what only this case knows."""
    run, found = cases[case][0], []
    scores, (other,) = run.scores(), set(cases) - {case}
    for q in plan:
        keys, layers = dict(q['asked']), q['layers']
        if keys.get('class') in ('top', 'low'):
            keys['class'] = int(scores.argmax() if keys['class'] == 'top' else scores.argmin())
        if 'from' in keys:
            keys['from'] = other
        if keys['what'] == 'apop':
            keys['layers'], layers = layers, [keys['layer']]        # there the layers are what is changed
        found.append(Question(keys.pop('what'), keys, layers, q['once']))
    return usual_questions(run, places) + found


# ---- the laws -----------------------------------------------------------------------------------------------------

def check_contributions(run):
    """The contributions into a position add up to y, and the ratios to 1, wherever there is a path."""
    for s in run.net.sites:
        if run.net.by_name[s].kind == 'source':
            continue
        y, ways, _, p = run.segment(s)
        total = np.zeros_like(y)
        np.add.at(total, ways.position, p)
        ratios = run.ratios(s)
        reached = ratios.count > 0
        scale = max(abs(y).max(), abs(p).max() if len(p) else 0, 1e-30)
        assert abs(total - y)[reached].max(initial=0) <= 1e-12 * scale, (s, 'contributions')
        wrong = abs(ratios.sums() - 1)[reached] / np.maximum(ratios.magnitudes()[reached], 1)
        assert wrong.max(initial=0) <= 1e-12, (s, 'ratios')


def check_conservation(run, targets):
    """A score is what arrives at the inputs, in all their channels, what is stuck and what the head's biases make."""
    asked = [[run.one_hot(c)] for c in range(len(run.scores()))]
    asked += [[target(run, t)] for t in targets.values()] + [[target(run, t) for t in targets.values()]] * bool(targets)
    for scores in asked:
        e = run.explain(*scores)
        arrived = sum(e.maps[i].sum() for i in run.net.inputs() if i in e.maps)
        scale = max(abs(e.score), max(abs(m).sum() for m in e.maps.values()))
        arrived += e.at_constants
        assert abs(arrived + e.unreached + e.constants - e.score) <= 1e-12 * scale, 'conservation'
        check_channels(run, e)
        check_channels(run, run.explain(*scores, contrastive=True))


def check_channels(run, e):
    """The maps of an input's channels add up to its map."""
    largest = max(abs(m).max() for m in e.maps.values())
    for i in run.net.inputs():
        if i in e.maps:
            channels = e.channels(i)
            scale = max(abs(channels).sum(axis=0).max(), largest, 1e-30)
            assert abs(channels.sum(axis=0) - e.map(i)).max() <= 1e-12 * scale, (i, 'channels')


def check_parts(run):
    """What goes through the positions of a layer, and past it, is all that goes through a segment."""
    for name in run.net.sites:
        for mark in inside(run, name) if run.net.by_name[name].kind != 'source' else ():
            parts, (_, ways, _, p) = run.parts(name, mark), run.segment(name)
            check_sums(parts, parts.p, p, ways, (name, mark))
            check_sums(parts, parts.mu[:, None], run.ratios(name).mu[:, None], ways, (name, mark))


def inside(run, name):
    """The layers within the segment of a site."""
    pending, found = list(run.net.by_name[name].through), []
    while pending:
        layer = pending.pop()
        if layer not in run.net.sites and layer not in found:
            found.append(layer)
            pending += run.net.by_name[layer].through
    return found


def check_sums(parts, each, whole, ways, where):
    """The parts of every path add up to it."""
    total = np.zeros_like(whole)
    np.add.at(total, parts.ways.paths(), each)
    ordered = np.zeros_like(whole)
    ordered[ways.paths()] = whole
    scale = max(abs(each).max(initial=0), 1e-30)
    assert abs(total - ordered).max(initial=0) <= 1e-12 * scale, (where, 'parts')


def check_two_views(run, site):
    """The field of a PFV as the ratio-weighted sum of the fields one layer below is the relevance pushed down from it."""
    first, fields = run.net.inputs()[0], {}
    n = int(np.prod(run.grid(first)))
    for s in run.net.sites:
        if run.net.by_name[s].kind == 'source':
            fields[s] = np.eye(n) if s == first else np.zeros((int(np.prod(run.grid(s))), n))
            continue
        ratios = run.ratios(s)
        fields[s] = np.zeros((len(ratios.count), n))
        for source in np.unique(ratios.source):
            rows = ratios.source == source
            below = fields[run.net.layers[source].name]
            weights = np.zeros((len(ratios.count), len(below)))
            np.add.at(weights, (ratios.position[rows], ratios.origin[rows]), ratios.mu[rows])
            fields[s] += weights @ below
    h, w = run.grid(site)
    down = run.erf(site, h // 2, w // 2).map(first).reshape(-1)
    up = fields[site][h // 2 * w + w // 2]
    assert abs(up - down).max() <= 1e-12 * max(abs(up).max(), 1), (site, 'two views')


def check_starts(run):
    """A question may start at any layer, and nothing is lost on the way down."""
    for layer in run.net.layers:
        if layer.kind != 'source':
            h, w = run.grid(layer.name)
            e = run.erf(layer.name, h // 2, w // 2)
            total = sum(e.maps[i].sum() for i in run.net.inputs() if i in e.maps) + e.at_constants + e.unreached
            assert abs(total - 1) <= 1e-12 * max(abs(m).sum() for m in e.maps.values()), (layer.name, 'start')


# ---- whether float32 can be asked to follow -------------------------------------------------------------------------

def close_calls(run):
    """Max-pools whose winner hangs on rounding: the best two differ, but by almost nothing."""
    for layer in run.net.layers:
        if isinstance(layer, MaxPool):
            seen = run.frames[layer.name].frozen['seen']
            gap = seen.max(axis=0) - seen
            if ((gap > 0) & (gap < 1e-5 * abs(run.value(layer.name)).max())).any():
                return True
    return False


def largest_ratio(run):
    return max(abs(run.ratios(s).mu).max(initial=0) for s in run.net.sites if run.net.by_name[s].kind != 'source')


def complaint(drawn):
    """Why this draw is no good as a test, or None."""
    rough = Network(drawn.items, drawn.outputs, dtype=np.float32)
    coarse_cases = {k: (rough.run(*pictures), pictures) for k, (_, pictures) in drawn.cases.items()}
    for name, (run, _) in drawn.cases.items():
        if close_calls(run):
            return 'close call in a max-pool'
        if largest_ratio(run) > LARGEST_RATIO:
            return 'ratio of %g' % largest_ratio(run)
        coarse = coarse_cases[name][0]
        for out in run.net.outputs:
            if relative(coarse.value(out), run.value(out)) > VALUE_LOSS:
                return 'value of %s lost in float32' % out
        for q in questions(drawn.plan, name, drawn.cases, drawn.places):
            exact, lost = (q.answers(name, drawn.targets, cases) for cases in (drawn.cases, coarse_cases))
            limit = VALUE_LOSS if q.what == 'apop' else MAP_LOSS
            for (layer, numbers), (_, other) in zip(exact, lost):
                if abs(numbers).max() > 0 and relative(other, numbers) > limit:
                    return '%s %s at %s lost in float32' % (q.what, q.keys, layer)
    return None


# ---- drawing and writing ----------------------------------------------------------------------------------------------

class Drawn:
    """A network with drawn weights, and two cases: {name: (run, pictures)}."""

    def __init__(self, build, attempt):
        name = build.__name__
        b = build([zlib.crc32(name.encode()), attempt])
        self.items, self.outputs = b.items, getattr(b, 'outputs', []) or [b.items[-1]['name']]
        self.targets, self.plan = dict(getattr(b, 'targets', {})), getattr(b, 'plan', [])
        self.places = getattr(b, 'places', None)
        net = Network(self.items, self.outputs)
        first = [b.values[i].astype(np.float32) for i in net.pictures]
        second = [b.picture(*b.values[i].shape) for i in net.pictures]
        if name in BLACK:
            first[0][(slice(None),) + BLACK[name]] = 0
        self.cases = {'plain': (net.run(*first), first), 'second': (net.run(*second), second)}


def draw(build):
    """The first good draw, and its number."""
    for attempt in range(200):
        drawn = Drawn(build, attempt)
        why = complaint(drawn)
        if why is None:
            return drawn, attempt
        print('  %s: draw %d: %s' % (build.__name__, attempt, why))
    raise SystemExit(build.__name__ + ': no good draw')


def write_case(w, name, drawn, thorough):
    run, pictures = drawn.cases[name]
    w.case(name, *pictures)
    for out in run.net.outputs:
        w.expect_value(out, run.value(out))
    for q in questions(drawn.plan, name, drawn.cases, drawn.places):
        if q.once and not thorough:
            continue
        for layer, numbers in q.answers(name, drawn.targets, drawn.cases):
            if q.what == 'apop':
                keys = [(k, q.keys[k]) for k in ('layers', 'from') if k in q.keys]
                w.expect_value(layer, numbers, 'apop', keys)
            else:
                w.expect_map(q.what, q.keys.items(), layer, numbers)
        if q.what == 'relevance':
            e = explanation(run, q.asked(), drawn.targets)
            sources = {'at_constants': e.at_constants} if run.net.constants() else {}
            w.expect_total(q.keys.items(), score=e.score, constants=e.constants, unreached=e.unreached, **sources)


def check_laws(run, targets):
    check_contributions(run)
    check_parts(run)
    check_starts(run)
    check_conservation(run, targets)
    for site in {run.net.outputs[0], *wide_sites(run)[-1:]}:
        if site in run.net.sites:
            check_two_views(run, site)


def write(build):
    drawn, attempt = draw(build)
    runs = [run for run, _ in drawn.cases.values()]
    for run in runs:
        check_laws(run, drawn.targets)
    w, doc = Writer(), ' '.join((build.__doc__ or '').split())
    w.comment('%s%s Written by make_goldens.py, draw %d.' % (build.__name__, ': ' + doc if doc else '.', attempt))
    for item in drawn.items:
        w.layer(item)
    for out in drawn.outputs:
        w.output(out)
    for name, keys in drawn.targets.items():
        w.target(name, **keys)
    for name, thorough in zip(drawn.cases, (True, False)):
        write_case(w, name, drawn, thorough)
    path = os.path.join(HERE, build.__name__)
    w.save(path)
    check_reading(path, drawn)
    size = os.path.getsize(path + '.bin')
    print('%-20s %2d layers, %3d expectations, %6d bytes, largest ratio %.3g' % (
        build.__name__, len(drawn.items), sum(l.startswith('expect') for l in w.lines), size, max(map(largest_ratio, runs))))
    return size


def check_reading(path, drawn):
    """What was written reads back as what was meant."""
    f = NetFile(path)
    net = Network(f.items, f.outputs)
    cases = {c['name']: (net.run(*c['pictures']), c['pictures']) for c in f.cases}
    for case in f.cases:
        for out in f.outputs:
            assert (cases[case['name']][0].value(out) == drawn.cases[case['name']][0].value(out)).all(), path
        for e in case['expect']:
            if e['what'] == 'total':
                e['values'] = np.array([e['score'], e['constants'], e['unreached'], e.get('at_constants', 0)])
            again = answer(case['name'], e, f.targets, cases)
            assert relative(e['values'], again) < 1e-6 or abs(again).max() == 0, (path, e)


def main(names):
    networks = NETWORKS + MORE_NETWORKS + LAYER_NETWORKS + POSITION_NETWORKS + ARCHITECTURES
    total = sum(write(build) for build in networks if not names or build.__name__ in names)
    print('%d bytes in all' % total)


if __name__ == '__main__':
    main(sys.argv[1:])
