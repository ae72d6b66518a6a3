"""The answer of a run to an expectation of a test network, as netfile.py describes and reads them."""
import numpy as np


def target(run, t):
    """From the keys of a target line."""
    mask = t.get('mask')
    if 'at' in t:
        mask = np.zeros(run.scored(t['output']).shape[1:])
        mask[t['at']] = 1
    if 'direction' in t:
        return run.target(t['direction'], t['output'], mask)
    return run.one_hot(t['class'], t['output'], t.get('against'), mask)


def explanation(run, e, targets):
    """For a question about maps; targets: {name: keys of its line}."""
    scores = [target(run, targets[name]) for name in e.get('target', [])]
    if 'class' in e:
        scores.append(run.one_hot(e['class']))
    what, contrastive = e['what'], bool(e.get('contrastive'))
    if what == 'gradcam':
        return run.gradcam(*scores, site=e.get('site'), clamp=bool(e['clamp']), contrastive=contrastive)
    if what == 'erf':
        return run.erf(e['site'], e['row'], e['column'], contrastive)
    if what == 'seed':
        return run.seed({e['site']: e['seed']}, contrastive)
    if what == 'output_erf':
        return run.output_erf(e['output'], contrastive)
    return run.explain(*scores, contrastive=what == 'contrastive')


def pattern_value(case, e, cases):
    """cases: {name: (run, pictures)}"""
    run, pictures = cases[case]
    chosen = None if list(e['layers']) == ['all'] else e['layers']
    first = cases[e['from']][0] if 'from' in e else None
    return run.net.pattern_run(pictures, chosen, first).value(e['layer'])


def answer(case, e, targets, cases):
    """Shaped as the numbers in the file; for a total: score, constants, unreached and at constants."""
    run = cases[case][0]
    if e['what'] == 'value':
        return run.value(e['layer']).reshape(-1)
    if e['what'] == 'apop':
        return pattern_value(case, e, cases).reshape(-1)
    found = explanation(run, e, targets)
    if e['what'] == 'total':
        return np.array([found.score, found.constants, found.unreached, found.at_constants])
    return found.channels(e['layer']) if 'channels' in e else found.map(e['layer'])
