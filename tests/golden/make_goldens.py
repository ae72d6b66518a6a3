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

from layers import MaxPool
from netfile import NetFile, Writer
from networks import BLACK, NETWORKS
from reference import Network

HERE = os.path.dirname(os.path.abspath(__file__))
LARGEST_RATIO = 200
MAP_LOSS, VALUE_LOSS = 5e-6, 1.5e-6       # what float32 may cost, as a part of the largest number


def relative(a, b):
    return abs(np.asarray(a, np.float64) - b).max() / max(abs(b).max(), 1e-30)


class Question:
    """One map question, and its answer by a run."""

    def __init__(self, what, keys, ask):
        self.what, self.keys, self.ask = what, keys, ask


def class_question(what, index):
    def ask(run):
        return run.explain(run.one_hot(index), contrastive=what == 'contrastive').maps
    return Question(what, [('class', index)], ask)


def erf_question(site, row, column):
    return Question('erf', [('site', site), ('row', row), ('column', column)], lambda run: run.erf(site, row, column)[0])


def wide_sites(run):
    """Sites with more than one position that are no inputs, in build order."""
    return [s for s in run.net.sites if np.prod(run.grid(s)) > 1 and run.net.by_name[s].kind != 'source']


def questions(run):
    """Classes: the top one and the lowest; fields: corners of the deepest wide site, a place in the middle of the network,
    and the output vector where it mixes positions."""
    scores, out = run.scores(), run.net.outputs[0]
    top, low, wide = int(scores.argmax()), int(scores.argmin()), wide_sites(run)
    found = [class_question('relevance', top), class_question('relevance', low), class_question('contrastive', top)]
    if wide:
        h, w = run.grid(wide[-1])
        found += [erf_question(wide[-1], h // 2, w // 2), erf_question(wide[-1], 0, w - 1)]
        middle = wide[len(wide) // 2]
        h, w = run.grid(middle)
        found.append(erf_question(middle, h - 1, 0))
    if np.prod(run.grid(out)) == 1:
        found.append(erf_question(out, 0, 0))
    return found


def layers_to_write(run, question, maps):
    """Contrastive maps at the input only; fields not at the site itself; all others wherever there is relevance."""
    if question.what == 'contrastive':
        return run.net.inputs()
    start = dict(question.keys).get('site')
    return [s for s in run.net.sites if s in maps and s != start]


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


def check_conservation(run):
    scores = run.scores()
    for index in range(len(scores)):
        e = run.explain(run.one_hot(index))
        arrived = sum(e.maps[i].sum() for i in run.net.inputs() if i in e.maps)
        scale = max(abs(e.score), max(abs(m).sum() for m in e.maps.values()))
        assert abs(arrived + e.unreached + e.constants - e.score) <= 1e-12 * scale, ('conservation', index)


def check_two_views(run, site):
    """The field of a PFV as the ratio-weighted sum of the fields one layer below is the relevance pushed down from it."""
    first, fields = run.net.inputs()[0], {}
    n = int(np.prod(run.grid(first)))
    for s in run.net.sites:
        if s == first:
            fields[s] = np.eye(n)
            continue
        ratios = run.ratios(s)
        fields[s] = np.zeros((len(ratios.count), n))
        for source in np.unique(ratios.source):
            rows = ratios.source == source
            below = fields[run.net.layers[source].name][ratios.origin[rows]]
            np.add.at(fields[s], ratios.position[rows], ratios.mu[rows, None] * below)
    h, w = run.grid(site)
    down = run.erf(site, h // 2, w // 2)[0][first].reshape(-1)
    up = fields[site][h // 2 * w + w // 2]
    assert abs(up - down).max() <= 1e-12 * max(abs(up).max(), 1), (site, 'two views')


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


def complaint(items, runs):
    """Why this draw is no good as a test, or None."""
    rough = Network(items, dtype=np.float32)
    for run, picture in runs:
        if close_calls(run):
            return 'close call in a max-pool'
        if largest_ratio(run) > LARGEST_RATIO:
            return 'ratio of %g' % largest_ratio(run)
        coarse, out = rough.run(picture), run.net.outputs[0]
        if relative(coarse.value(out), run.value(out)) > VALUE_LOSS:
            return 'value lost in float32'
        for q in questions(run):
            maps, lost = q.ask(run), q.ask(coarse)
            for layer in layers_to_write(run, q, maps):
                if abs(maps[layer]).max() > 0 and relative(lost[layer], maps[layer]) > MAP_LOSS:
                    return '%s %s at %s lost in float32' % (q.what, q.keys, layer)
    return None


# ---- drawing and writing ----------------------------------------------------------------------------------------------

def draw(build):
    """The first good draw: items, and runs with their pictures."""
    name = build.__name__
    for attempt in range(200):
        b = build([zlib.crc32(name.encode()), attempt])
        pictures = [b.values['x'].astype(np.float32), b.picture(*b.values['x'].shape)]
        if name in BLACK:
            pictures[0][(slice(None),) + BLACK[name]] = 0
        net = Network(b.items)
        runs = [(net.run(p), p) for p in pictures]
        why = complaint(b.items, runs)
        if why is None:
            return b.items, runs, attempt
        print('  %s: draw %d: %s' % (name, attempt, why))
    raise SystemExit(name + ': no good draw')


def write_case(w, name, run, picture, thorough):
    out = run.net.outputs[0]
    w.case(name, picture)
    w.expect_value(out, run.value(out))
    for q in questions(run):
        if not thorough and q.what == 'erf':
            continue
        maps = q.ask(run)
        for layer in layers_to_write(run, q, maps):
            w.expect_map(q.what, q.keys, layer, maps[layer])
        if q.what == 'relevance':
            e = run.explain(run.one_hot(q.keys[0][1]))
            w.expect_total(q.keys[0][1], e.score, e.constants, e.unreached)


def write(build):
    items, runs, attempt = draw(build)
    for run, _ in runs:
        check_contributions(run)
        check_conservation(run)
        for site in {run.net.outputs[0], *wide_sites(run)[-1:]}:
            if site in run.net.sites:
                check_two_views(run, site)
    w = Writer()
    doc = ' '.join((build.__doc__ or '').split())
    w.comment('%s%s Written by make_goldens.py, draw %d.' % (build.__name__, ': ' + doc if doc else '.', attempt))
    for item in items:
        w.layer(item)
    w.output(items[-1]['name'])
    for (run, picture), name, thorough in zip(runs, ('plain', 'second'), (True, False)):
        write_case(w, name, run, picture, thorough)
    path = os.path.join(HERE, build.__name__)
    w.save(path)
    check_reading(path, items, runs)
    size = os.path.getsize(path + '.bin')
    print('%-20s %2d layers, %3d expectations, %6d bytes, largest ratio %.3g' % (
        build.__name__, len(items), sum(l.startswith('expect') for l in w.lines), size, max(largest_ratio(r) for r, _ in runs)))
    return size


def check_reading(path, items, runs):
    """What was written reads back as what was meant."""
    f = NetFile(path)
    net = Network(f.items, f.outputs)
    for (run, _), case in zip(runs, f.cases):
        again = net.run(case['input'])
        assert (again.value(f.outputs[0]) == run.value(items[-1]['name'])).all(), path
        for e in case['expect']:
            if e['what'] == 'relevance':
                maps = again.explain(again.one_hot(e['class'])).maps
                assert relative(e['values'], maps[e['layer']]) < 1e-6 or abs(maps[e['layer']]).max() == 0, (path, e)


def main(names):
    total = sum(write(build) for build in NETWORKS if not names or build.__name__ in names)
    print('%d bytes in all' % total)


if __name__ == '__main__':
    main(sys.argv[1:])
