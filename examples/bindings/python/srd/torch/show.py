"""Explanations drawn by matplotlib, which is loaded when somebody asks for it."""
import numpy as np

from ..constants import SCALE_PERCENTILE
from ..render import colour_map, render_scale

SCALING = {'scaling': SCALE_PERCENTILE, 'percentile': 99.5}  # of the numbers that are not 0: a few outliers shall not make all else pale


def _matplotlib():
    try:
        import matplotlib
    except ImportError as error:
        raise ImportError('plot() and figure() need matplotlib (Debian: python3-matplotlib; pip install matplotlib); '
                          'picture() and save(\'why.png\') do without') from error
    return matplotlib


def _scale(figure, values, **where):
    """A colour scale of the library's colours, from the lowest to the highest number that has a colour of its own."""
    _matplotlib()
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, Normalize
    low, high = render_scale(np.atleast_2d(values), **SCALING)
    return figure.colorbar(ScalarMappable(Normalize(low, high), ListedColormap(colour_map() / 255)), orientation='horizontal',
                           ticks=[low, (low + high) / 2, high], format='%.3g', **where)


def _draw(axes, result, name, image):
    """The map over the picture; returns its numbers."""
    values = result.values(name, image)
    axes.imshow(result.picture(name, image), interpolation='nearest')
    shape = ' x '.join(map(str, values.shape))
    axes.set_title(f'{result.inputs[0] if name is None else name}: {shape}')
    axes.set_axis_off()
    return values


def plot(result, axes, name, image, colorbar):
    """Explanation.plot()."""
    _matplotlib()
    if axes is None:
        from matplotlib import pyplot
        axes = pyplot.gca()
    values = _draw(axes, result, name, image)
    if colorbar:
        _scale(axes.figure, values, ax=axes, fraction=0.05, pad=0.03)
    return axes


def _picture_for_eyes(values):
    """The network's input (C, H, W) as an array that imshow() draws; None: it is no picture."""
    if values.ndim != 3 or len(values) not in (1, 3):
        return None
    values = (values - values.min()) / max(float(values.max() - values.min()), 1e-30)
    return values.transpose(1, 2, 0) if len(values) == 3 else values[0]


def figure(result, layers, image):
    """Explanation.figure()."""
    _matplotlib()
    from matplotlib.figure import Figure
    names = [*result.inputs, *([layers] if isinstance(layers, str) else layers)]
    seen = _picture_for_eyes(result._picture[image])
    columns = len(names) + (seen is not None)
    drawn = Figure(figsize=(3.2 * columns, 4), layout='constrained')
    label = result.explained() if result.count == 1 else f'picture {image} of {result.count}: {result.explained()}'
    drawn.suptitle(f'{label}\nscore {result.report.score:.4g}' if result.count == 1 else label)
    above, below = (list(row) for row in drawn.subplots(2, columns, squeeze=False, gridspec_kw={'height_ratios': [24, 1]}))
    if seen is not None:
        above[0].imshow(seen, cmap='gray', vmin=0, vmax=1)
        above[0].set_title('picture')
        above.pop(0).set_axis_off()
        below.pop(0).set_axis_off()
    for axes, scale, name in zip(above, below, names):
        _scale(drawn, _draw(axes, result, name, image), cax=scale)
    return drawn
