#!/usr/bin/env python3
"""Compares the reference implementation with the expectations of test networks.

    check_netfile.py PATH_WITHOUT_EXTENSION...

Prints the largest deviation of every expectation, relative to the largest number expected.
"""
import sys

from asking import answer
from netfile import NetFile
from reference import Network


def check(path):
    f = NetFile(path)
    net = Network(f.items, f.outputs)
    cases = {c['name']: (net.run(*c['pictures']), c['pictures']) for c in f.cases}
    for case in f.cases:
        worst = {}
        for e in case['expect']:
            if e['what'] != 'total':
                scale = max(abs(e['values']).max(), 1e-30)
                deviation = abs(answer(case['name'], e, f.targets, cases) - e['values']).max() / scale
                label = e['what'] + ' ' + e['layer']
                worst[label] = max(worst.get(label, 0), deviation)
        print(path.split('/')[-1], case['name'], ', '.join('%s %.1e' % p for p in worst.items()))


if __name__ == '__main__':
    for p in sys.argv[1:]:
        check(p)
