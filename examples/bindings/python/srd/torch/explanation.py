"""What was found about some pictures: maps, numbers, the balance; how it shows itself, and further questions."""
import numpy as np

from ..constants import ENLARGE_BILINEAR
from ..explainer import Target
from ..render import encode_png, render_map, render_overlay
from . import show

MOST_SHOWN = 8  # pictures of a batch, in words and in a notebook


def _strip(length):
    """The (height, width) of the picture of a signal's map."""
    return max(8, length // 8), length


class Explanation:
    """What was found, and the explainer for more questions. In a notebook it shows itself as a picture.

    map         the map of the input, (H, W) or (N, H, W), of a signal (L,) or (N, L); a list if the module has several inputs
    maps        {name: map} of the layers asked for
    outputs     what the module returns: a numpy array of torch's shape, or a list of them if there are several
    scores      what is explained, for all classes: the same shape, but before a softmax, sigmoid or the like at the end; where
                there is none of these, outputs and scores are equal
    logits      the first of the outputs, as this was called at first; see scores for what is before a sigmoid
    classes     the class explained of each picture (None for other targets)
    report      the balance, an srd.Report; its score is the sum of the scores explained
    difference  of libsrd's outputs and the module's: max |a - b| / max |b|; None: not checked
    notes       what was left out of the module, and what is unusual about this map
    inputs      names of the inputs
    class_names what the classes are called; None: only numbers are known
    explainer   an srd.Explainer after its run; it knows layers by torch's names, too
    network     the Network

    An Explanation can be pickled and copied: the numbers and the pictures go with it, the explainer and the network do not.
    """

    def __init__(self, network, explainer, images, target, layers, contrastive, difference, notes=()):
        self.network, self._explainer, self.difference, self._gone = network, explainer, difference, None
        tensors, self._batched = network.pictures(images)
        self._signals = 3 in network.ranks and 4 not in network.ranks
        self.images, self.target, self.contrastive = images, target, contrastive
        self._picture = tensors[0].detach().cpu().numpy()
        self.class_names = network.class_names
        outputs, scores = network.values(explainer), network.scores(explainer)
        self.outputs, self.scores = ([t.numpy() for t in tensors] if len(tensors) > 1 else tensors[0].numpy()
                                     for tensors in (outputs, scores))
        scored = scores[getattr(target, 'output', 0)] if not isinstance(target, list) else scores[0]
        if self.class_names is not None and len(self.class_names) != scored.shape[1]:
            raise ValueError(f'class_names: {len(self.class_names)} names for {scored.shape[1]} classes')
        self.classes = self._classes(target)
        inputs = network.graph.inputs
        self.inputs = [network.graph.name(layer) for layer in inputs]
        answers = list(map(self._in_a_row, explainer.ask(target, inputs + list(layers.values()), contrastive=contrastive)))
        self.map = answers[0] if len(inputs) == 1 else answers[:len(inputs)]
        self.maps = dict(zip(layers, answers[len(inputs):]))
        self.report = explainer.report()
        self.notes = [*network.notes, *notes, *self._unusual(answers[:len(inputs)], contrastive)]
        self._places = {}

    def _in_a_row(self, values):
        """The map of a layer; in a network of signals without the axis of height, which is 1."""
        return values[..., 0, :] if self._signals and values.shape[-2:-1] == (1,) and values.shape[-1] > 1 else values

    @property
    def count(self):
        """Number of pictures."""
        return len(self._picture)

    @property
    def logits(self):
        """The first of the outputs."""
        return self.outputs[0] if isinstance(self.outputs, list) else self.outputs

    @property
    def explainer(self):
        """The srd.Explainer for further questions."""
        if self._explainer is None:
            raise RuntimeError(f'there is no explainer any more for further questions about these pictures: {self._gone}')
        return self._explainer

    def _release(self, why):
        """Lets go of the explainer; what is needed to draw is taken along."""
        if self._explainer is not None:
            self._places = {name: self._place(name) for name in self.maps}
            self._explainer, self._gone = None, why

    def __getstate__(self):
        """The numbers and the pictures."""
        other = Explanation.__new__(Explanation)
        other.__dict__.update(self.__dict__)
        other._release('it was pickled or copied')
        other.network, other.images = None, None
        return other.__dict__

    def _unusual(self, maps, contrastive):
        """Notes about maps that are empty, and about scores of many positions."""
        report, graph, notes = self.report, self.network.graph, []
        height, width = self._explainer.shape(graph.outputs[getattr(self.target, 'output', 0)])[1:]
        whole = getattr(self.target, 'mask', None) is None and getattr(self.target, 'position', None) is None
        if height * width > 1 and whole and not isinstance(self.target, list):
            notes.append(f'the score is the sum over {height} x {width} positions; srd.Target(class, position=) explains one, mask= '
                         'a region')
        if not contrastive and report.magnitude < 1e-3 * abs(report.score):
            notes.append(f'the map holds next to nothing: {report.top:.1e} of the score {report.score:.4g}, the rest is head bias, '
                         'which belongs to no position (a saturated softmax or sigmoid inside does that)')
            return notes
        return notes + [f'the map of the input {graph.name(layer)} is all 0: it reaches the score by gates only, or not at all'
                        for layer, values in zip(graph.inputs, maps) if len(maps) > 1 and not values.any()]

    def _classes(self, target):
        if isinstance(target, list):
            return None
        if target is None or (isinstance(target, Target) and target.class_index is None and target.direction is None):
            output = target.output if target is not None else 0
            return [self.explainer.top_class(image, output=output)[0] for image in range(self.count)]
        index = target.class_index if isinstance(target, Target) else target
        return index if index is None else list(index) if hasattr(index, '__len__') else [index] * self.count

    def label(self, index):
        """A class in words: its number, and its name if that is known."""
        names = self.class_names
        return str(index) if names is None or not 0 <= index < len(names) else f'{index} ({names[index]})'

    def explained(self):
        """What was explained, in words."""
        against = getattr(self.target, 'against', None)
        less = '' if against is None else f' less {self.label(against)}'
        if self.classes is None:
            return 'a weighting of classes' if isinstance(self.target, Target) else f'the sum of {len(self.target)} targets'
        shown = ', '.join(map(self.label, self.classes[:MOST_SHOWN])) + (', ...' if len(self.classes) > MOST_SHOWN else '')
        return ('class ' if len(self.classes) == 1 else 'classes ') + shown + less

    def __repr__(self):
        sum_of = 'score' if self.count == 1 else f'sum of the scores of {self.count} pictures'
        differs = 'not compared with the module' if self.difference is None else \
            f'difference {self.difference:.1e} from the module'
        notes = ''.join(f'\n  note: {note}' for note in self.notes)
        return f'<srd.torch.Explanation of {self.explained()}: {sum_of} {self.report.score:.4g}, {differs}{notes}>'

    def ask(self, target=None, layers=None, **how):
        """Another question about the same run: target as in explain(), layers by torch's names, and **how as for
        srd.Explainer.ask()."""
        from .network import read_target
        return self.explainer.ask(read_target(target, self.count, self.class_names), layers, **how)

    def values(self, name=None, image=0):
        """One map as an array (H, W), of a signal (L,): of an input, or of a layer, which is asked for if it is not among `maps`.

        name   of a layer, torch's or its id, or of an input, which is called as in forward(); None: the first input
        image  the number of a picture in the batch
        """
        name = self.inputs[0] if name is None else name
        if name in self.maps:
            values = self.maps[name]
        elif name in self.inputs:
            values = self.map[self.inputs.index(name)] if isinstance(self.map, list) else self.map
        else:
            values = self._in_a_row(self.explainer.ask(self.target, name, contrastive=self.contrastive))
        return values[image] if self._batched else values

    def _place(self, name):
        """Where the positions of a layer look; None: they are stretched over the picture."""
        if name is None or name in self.inputs:
            return None
        if self._explainer is None:
            return self._places.get(name)
        return self._explainer.geometry(name)

    def picture(self, name=None, image=0, size=None):
        """A map as RGBA, uint8 (height, width, 4), over the grey picture: of the input, or of a layer, whose positions are drawn
        where they look (stretched over the picture if they form no grid there). That of a signal is a strip."""
        values, below = self.values(name, image), self._picture[image]
        if values.ndim == 1:
            return render_map(values[None], size or _strip(len(values)), **show.SCALING)
        if below.ndim != 3 or len(below) not in (1, 3):
            return render_map(values, size, **show.SCALING)
        below = (below - below.min()) / max(float(below.max() - below.min()), 1e-30)
        smooth = {} if values.shape == below.shape[1:] else {'enlargement': ENLARGE_BILINEAR}
        return render_overlay(values, below if len(below) == 3 else below[0], size, grey_picture=True, opacity=0.9, place=self._place(name),
                              **show.SCALING, **smooth)

    def save(self, path, name=None, image=0, size=None, **how):
        """Write picture() to a file. PNG needs nothing; other kinds, and **how for it, need PIL."""
        picture = self.picture(name, image, size)
        if not how and str(path).lower().endswith('.png'):
            with open(path, 'wb') as file:
                file.write(encode_png(picture))
            return
        try:
            from PIL import Image
        except ImportError as error:
            raise ImportError('files that are no .png need PIL (Debian: python3-pil; pip install pillow)') from error
        Image.fromarray(picture[..., :3]).save(path, **how)  # it is opaque, and JPEG knows no fourth channel

    def _repr_png_(self):
        """The pictures side by side, for notebooks; None where there is nothing to draw."""
        first = self.values()
        if first.size < 2:
            return None
        factor = max(1, -(-224 // max(first.shape)))  # small pictures large enough to be seen
        size = tuple(factor * length for length in first.shape) if first.ndim == 2 else _strip(factor * len(first))
        return encode_png(np.concatenate([self.picture(image=i, size=size) for i in range(min(self.count, MOST_SHOWN))], axis=1))

    def plot(self, ax=None, name=None, image=0, colorbar=True):
        """Draw picture() into axes of matplotlib (None: the current ones), with a title and a scale; returns the axes."""
        return show.plot(self, ax, name, image, colorbar)

    def figure(self, layers=None, image=0):
        """A figure of matplotlib: the picture, the maps of the inputs and of layers (None: those of `maps`; others are asked for)
        side by side, each with its scale. It is good for notebooks and for figure.savefig('why.pdf')."""
        return show.figure(self, list(self.maps) if layers is None else layers, image)
