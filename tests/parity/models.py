#!/usr/bin/env python3
"""Trained networks that are kept outside this project, through examples/bindings/python/explain.py, against golden maps.

    PYTHONPATH=examples/bindings/python models.py MODELS_DIR [NAME...]

MODELS_DIR is a folder that you make; the project has none, because the weights of other people's networks are not ours to give
away. It holds NAME.json and NAME.npz as explain.py reads them (examples/bindings/python/coco_ssd.py writes such files, from a package that
anyone can fetch), and golden.npz with results that some other program has computed in float64: for NAME:PICTURE the
input x, the logits, the class explained, maps rel/SITE and contrastive/SITE, and erf/SITE of the vector erf_at = site, row,
column. Differences are relative to the largest number of what is compared; at most 5e-6 for logits and 2e-5 for maps.
"""
import pathlib
import sys

import numpy as np

import explain
import srd


def far(found, wanted):
    """max |found - wanted| / max |wanted|."""
    return np.abs(found - wanted).max() / np.abs(wanted).max()


def compare(explainer, graph, want):
    """{what: difference} for one picture; want(key): an array, or None."""
    explainer.run(want('x').astype(np.float32))
    differences = {'logits': far(explainer.value(graph.outputs[0]).ravel(), want('logits').ravel())}
    for kind in ('rel', 'contrastive', 'erf'):
        for site, wanted in want.maps(kind):
            if kind == 'erf':
                start, row, column = want('erf_at')
                found = explainer.erf(str(start), int(row), int(column), site)
            else:
                found = explainer.ask(int(want('class')), site, contrastive=kind == 'contrastive')
            differences[f'{kind}/{site}'] = far(found, wanted)
    return differences


class Wanted:
    """What golden.npz has for one network and picture."""

    def __init__(self, golden, key):
        self.golden, self.key = golden, key

    def __call__(self, what):
        return self.golden[f'{self.key}/{what}']

    def maps(self, kind):
        """Pairs of a site and its map."""
        start = f'{self.key}/{kind}/'
        return [(name[len(start):], self.golden[name]) for name in self.golden.files if name.startswith(start)]


def main():
    folder, passed, count = pathlib.Path(sys.argv[1]), 0, 0
    golden = np.load(folder / 'golden.npz')
    keys = sorted({key.split('/')[0] for key in golden.files})
    for key in (key for key in keys if not sys.argv[2:] or key.split(':')[0] in sys.argv[2:]):
        _, graph = explain.load_network(folder / key.split(':')[0])
        with srd.Explainer(graph) as explainer:
            for what, difference in compare(explainer, graph, Wanted(golden, key)).items():
                fine = difference <= (5e-6 if what == 'logits' else 2e-5)
                print(f'{key:32} {what:28} {difference:8.1e}  {"ok" if fine else "FAILED"}')
                passed, count = passed + fine, count + 1
    print(f'{passed} of {count} comparisons passed')
    sys.exit(passed < count or not count)


if __name__ == '__main__':
    main()
