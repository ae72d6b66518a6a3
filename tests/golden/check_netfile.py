#!/usr/bin/env python3
"""Compares the reference implementation with the expectations of test networks.

    check_netfile.py PATH_WITHOUT_EXTENSION...

Prints the largest deviation of every expectation, relative to the largest number expected.
"""
import sys

import numpy as np

from netfile import NetFile
from reference import Network


def answer(run, e):
    if e['what'] == 'value':
        return run.value(e['layer']).reshape(-1)
    if e['what'] == 'erf':
        maps, _ = run.erf(e['site'], e['row'], e['column'])
    else:
        maps = run.explain(run.one_hot(e['class']), contrastive=e['what'] == 'contrastive').maps
    return maps[e['layer']]


def check(path):
    f = NetFile(path)
    net = Network(f.items, f.outputs)
    for case in f.cases:
        run, worst = net.run(case['input']), {}
        for e in case['expect']:
            if e['what'] != 'total':
                scale = max(abs(e['values']).max(), 1e-30)
                deviation = abs(answer(run, e) - e['values']).max() / scale
                label = e['what'] + ' ' + e['layer']
                worst[label] = max(worst.get(label, 0), deviation)
        print(path.split('/')[-1], case['name'], ', '.join('%s %.1e' % p for p in worst.items()))


if __name__ == '__main__':
    for p in sys.argv[1:]:
        check(p)
