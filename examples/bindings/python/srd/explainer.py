"""Explainers: runs and questions."""
import ctypes as C
import operator
import re

import numpy as np

from .constants import *
from .custom import _Calls
from .native import (LayerGeometry, MemoryInfo, PlanInfo, Report, SiteReport, SrdError, _CLOCK, _ExplainerOptions, _Given, _Keep, _PROGRESS,
                     _GradcamOptions, _QuestionOptions, _RunOptions, _ScoreOptions, _Target, _call, _int32)
from .arrays import (_Guard, _Handle, _Owner, _View, _addresses, _check_out, _dump, _find, _ids, _memory, _parallel_for, _view)


class Target:
    """A score to explain: of an output, before its softmax if it is one, summed over its positions.

    class_index  a class (in srd.torch also its name), or a list of one class per image; None (and no direction): the top class of each image
    against      explain class_index minus this class
    direction    in place of class_index: a weight for each class, [C] or [N][C]
    mask         weights of the positions, [H][W] or [N][H][W]
    position     (row, column): a mask with a single 1
    output       number of the output
    """

    def __init__(self, class_index=None, *, against=None, direction=None, mask=None, position=None, output=0):
        if (class_index is not None and direction is not None) or (mask is not None and position is not None):
            raise TypeError('a class or a direction, a mask or a position, not both')
        if against is not None and not isinstance(class_index, str) and not hasattr(class_index, '__index__'):
            raise TypeError('against: needs a class_index')
        self.class_index, self.against, self.direction = class_index, against, direction
        self.mask, self.position, self.output = mask, position, output

    def _struct(self, shape_of_output, batch):
        fields, mask, classes = {'output': self.output}, self.mask, None
        if isinstance(self.class_index, str) or isinstance(self.against, str):
            raise TypeError('a class is a number here; names are known to srd.torch, with class_names=')
        if self.position is not None:
            mask = np.zeros(shape_of_output(self.output)[1:], np.float32)
            if not all(0 <= at < size for at, size in zip(self.position, mask.shape)):
                raise IndexError(f'position {self.position} is outside of the output, {mask.shape}')
            mask[tuple(self.position)] = 1
        views = _view(self.direction, 'direction'), _view(mask, 'mask')
        if self.direction is not None:
            fields['kind'] = TARGET_DIRECTION
        elif self.against is not None:
            fields.update(kind=TARGET_AGAINST, class_index=self.class_index, other_class=self.against)
        elif hasattr(self.class_index, '__index__') and not np.ndim(self.class_index):
            fields.update(kind=TARGET_CLASS, class_index=self.class_index)
        elif self.class_index is not None:
            classes = (C.c_int32 * len(self.class_index))(*(_int32(c, 'class_index') for c in self.class_index))
            if len(classes) != batch:
                raise ValueError(f'{len(classes)} classes for {batch} images')
            fields.update(kind=TARGET_CLASS, classes=C.addressof(classes))
        struct = _Target(direction=views[0] and views[0].address, mask=views[1] and views[1].address, **fields)
        struct.kept = views, classes
        return struct


def _explainer_options(graph, guard, *, forward_only=False, batch=None, input_sizes=None, keep=(), workers=1,
                       one_image=False, kernels=KERNELS_BEST, ratios=RATIOS_FLOAT32, fast_cases=FAST_CASES_ALL, **unknown):
    """The struct of an Explainer's keyword arguments, and what must live as long as the explainer."""
    if unknown:
        raise TypeError(f"an explainer has no option {next(iter(unknown))!r}: forward_only, batch, input_sizes, keep, workers, one_image, "
                        "kernels, ratios, fast_cases. What belongs to a run (patterns, clock, given) goes to run()")
    entries = [(LAYER_NONE if layer is None else _find(graph, layer), _int32(what, 'keep'))
               for layer, what in (keep.items() if isinstance(keep, dict) else keep)]
    sizes = [_int32(size, 'input_sizes') for pair in input_sizes or () for size in pair]
    if batch is not None and batch < 1 or workers < 1 or len(sizes) != 2 * len(input_sizes or ()):
        raise ValueError('batch and workers are at least 1, input_sizes is a list of (height, width)')
    arrays = (_Keep * len(entries))(*entries), (C.c_int32 * len(sizes))(*sizes)
    call = _parallel_for(workers, guard) if workers > 1 else None
    struct = _ExplainerOptions(mode=MODE_FORWARD if forward_only else MODE_EXPLAIN, batch=batch or 0,
                               input_size_count=len(sizes) // 2, keep_count=len(entries), workers=workers,
                               input_sizes=C.addressof(arrays[1]) if sizes else None,
                               keeps=C.addressof(arrays[0]) if entries else None,
                               parallel_for=C.cast(call, C.c_void_p).value if call else None,
                               keep_images=IMAGES_ONE if one_image else IMAGES_ALL, keep_size=C.sizeof(_Keep), kernels=kernels,
                               ratios=ratios, fast_cases=fast_cases)
    struct.kept = arrays, call
    return struct


class Explainer(_Owner):
    """Runs a sealed graph on pictures, keeps the sharing ratios, and answers questions about them.

    graph         a sealed Graph; it may be closed before the explainer
    memory        a writable buffer of Explainer.memory_size() bytes that the explainer lives in; None: malloc
    forward_only  True: forward passes only, no questions
    batch         images per run; None: one, without an axis for it
    input_sizes   a list of (height, width) for each input, 0: as declared; None: all as declared
    keep          {layer: what}, what is kept for calls after a run: KEEP_VALUE, KEEP_GRADCAM (layer None: the last site
                  with several positions), KEEP_PATTERN (None: all activations), KEEP_CHANNELS (None: all inputs),
                  KEEP_START, KEEP_MAP (gather and swallowed layers whose maps are wanted); added up
    workers       threads that share the work; the numbers do not depend on it
    kernels       KERNELS_BEST, or those of one instruction set; SrdUnsupportedError if there are none here
    ratios        how they are kept: RATIOS_FLOAT32, RATIOS_FLOAT16 in half the memory, rounded, or RATIOS_RECOMPUTED: not;
                  each question runs the network again, as far as it must
    fast_cases    FAST_CASES_ALL, or FAST_CASES_NONE: all segments are computed in the general way, which is slower
    one_image     True: ratios and values exist for one image of the batch at a time, see images(). Questions, values and
                  targets are those of a single image, without an axis for the batch

    Questions return a new map for each of `layers`: a layer, or a list of them for a list of maps; None: the inputs (a
    list if there are several), []: nothing but the report. Keyword arguments of all questions (**how):

    out          an array, or a list of them, to be written instead of new ones
    contrastive  True: subtract from each first map its mean over positions
    channels     True: maps (C, H, W) of inputs, which add up to those per pixel; needs KEEP_CHANNELS
    """

    def __init__(self, graph, *, memory=None, **options):
        struct, out, self._guard = _memory(memory), C.c_void_p(), _Guard()
        with graph._handle as self._graph:  # the address stays good as long as the explainer has not been freed
            settings, kept = _explainer_options(self._graph, self._guard, **options), graph._handle.keep
            _call('explainer_create', self._graph, settings, struct, out)
        self.graph = graph  # may be closed
        self._images = options.get('batch')  # of a run
        self._batch, self._running = None if options.get('one_image') else self._images, None  # of a question
        self._handle = _Handle('explainer', out.value, 'explainer_free', [kept, struct, settings])

    @staticmethod
    def memory_size(graph, *, work=None, **options):
        """Bytes of the `memory` of an explainer with these options; work: a buffer to work in, None: malloc."""
        size = C.c_size_t()
        with graph._handle as address:
            _call('explainer_memory_size', address, _explainer_options(address, _Guard(), **options), _memory(work), size)
        return size.value

    def _custom_error(self):
        """The first exception in a function of a custom layer."""
        calls = [kept for kept in self.graph._handle.keep if isinstance(kept, _Calls) and kept.error is not None]
        error = calls[0].error if calls else None
        for call in calls:
            call.error = None
        return error

    def _start(self, function, inputs, *, patterns=PATTERNS_OFF, pattern_layers=None, progress=None, clock=None,
               given=None, given_pre_activations=None):
        views, guard = [_View(array, f'input {i}') for i, array in enumerate(inputs)], self._guard

        def step(_, done, total):  # always there, so that Ctrl-C is seen, too
            # Only False stops: a progress bar's update() may return True, and write() a number.
            going = not guard.error and guard.attempt(lambda: progress is None or progress(done, total), failed=False) is not False
            return OK if going else ERR_CANCELLED

        with self._handle as explainer:
            layers = None if pattern_layers is None else _ids(self._graph, pattern_layers)
            calls = _PROGRESS(step), clock and _CLOCK(lambda _: guard.attempt(lambda: operator.index(clock()), failed=0))
            addresses = [call and C.cast(call, C.c_void_p).value for call in calls]
            options = _RunOptions(patterns=patterns, pattern_count=len(layers or ()), progress=addresses[0],
                                  pattern_layers=None if layers is None else C.addressof(layers), clock=addresses[1])
            theirs = [(_find(self._graph, layer), what, _View(array, f'given {layer}'))
                      for what, arrays in ((GIVEN_VALUE, given), (GIVEN_PRE_ACTIVATION, given_pre_activations))
                      for layer, array in (arrays or {}).items()]
            entries = (_Given * len(theirs))(*((layer, what, view.address) for layer, what, view in theirs))
            options.given, options.given_count = C.addressof(entries) if theirs else None, len(theirs)
            options.given_size = C.sizeof(_Given)
            try:
                _call(function, explainer, _addresses(views), len(views), options, guard=guard)
            except SrdError as error:
                raise error from self._custom_error()
            self._running = (views, layers, calls, theirs) if function == 'explainer_begin' else None

    def run(self, *inputs, **options):
        """Run the network on one array per input and compute all sharing ratios.

        patterns        PATTERNS_ONLY: chosen activations put out 1[y > 0]; PATTERNS_IMPOSE: y where they were on in the
                        last plain run (kept by KEEP_PATTERN), 0 elsewhere
        pattern_layers  the chosen activations; None: all
        progress        progress(done, total) between steps. If it returns False (not None) the run stops: SrdCancelledError. So does
                        an exception, which comes out of run()
        clock           clock() for step_info(), for instance time.perf_counter_ns
        given           {site: array}: values that another engine has computed, in place of this library's
        given_pre_activations  the same before the nonlinearity; see given_error()
        """
        self._start('explainer_run', inputs, **options)

    def begin(self, *inputs, **options):
        """Start a run that step() carries on; options as in run(). The arrays are read until it is over: do not change them."""
        self._start('explainer_begin', inputs, **options)

    def step(self):
        """Do the next step; returns the number of steps that are left."""
        left = C.c_int32()
        with self._handle as explainer:
            _call('explainer_step', explainer, left, guard=self._guard)
            if left.value == 0:
                self._running = None
        return left.value

    def given_error(self, layer):
        """How far what was given for a site in the last run is from what this library computes."""
        error = C.c_float()
        self._look('given_error', _find(self._graph, layer), error)
        return error.value

    def images(self, *inputs, **options):
        """Run a batch and stop at the end of each image, whose number is yielded; options as in run(). With one_image=True
        it can be asked there, until the loop goes on:

            for image in explainer.images(pictures):
                maps[image] = explainer.ask()
        """
        self.begin(*inputs, **options)
        left = None
        while left != 0:
            left = self.step()
            if left % self.step_count == 0:
                yield (self._images or 1) - 1 - left // self.step_count

    def _look(self, function, *arguments):
        with self._handle as explainer:
            return _call('explainer_' + function, explainer, *arguments)

    @property
    def step_count(self):
        """Number of steps of one image."""
        return self._look('step_count')

    def step_info(self, step):
        """(layer, ticks): what a step makes, and how long that took in the last run."""
        layer, ticks = C.c_int32(), C.c_uint64()
        self._look('step_info', step, layer, ticks)
        return layer.value, ticks.value

    def _shape(self, explainer, layer):
        shape = (C.c_int32 * 3)()
        _call('explainer_layer_shape', explainer, layer, shape)
        return tuple(shape)

    def _output(self, out, shape, what):
        shape = shape if self._batch is None else (self._batch, *shape)
        return np.zeros(shape, np.float32) if out is None else _check_out(out, shape, what)

    def value(self, layer, *, out=None):
        """Value (C, H, W) of an output, or of a layer kept with KEEP_VALUE, in the last run."""
        with self._handle as explainer:
            layer = _find(self._graph, layer)
            out = self._output(out, self._shape(explainer, layer), 'out')
            _call('explainer_value', explainer, layer, _View(out, writable=True))
        return out

    def top_class(self, image=0, *, output=0):
        """(class, score): the largest score of an image."""
        index, score = C.c_int32(), C.c_float()
        self._look('top_class', image, output, index, score)
        return index.value, score.value

    def _ask(self, function, first, layers, options, *, out=None, channels=False, contrastive=False):
        """A question; first(explainer) gives its own parameters, options is the struct that it takes."""
        with self._handle as explainer:
            inputs = [_call('graph_input_layer', self._graph, i) for i in range(_call('graph_input_count', self._graph))]
            if layers is None:
                layers = inputs[0] if len(inputs) == 1 else inputs
            single = not isinstance(layers, (list, tuple, range))
            ids = _ids(self._graph, [layers] if single else layers)
            given = [None] * len(ids) if out is None else [out] if single else list(out)
            if len(given) != len(ids):
                raise ValueError(f'out: {len(given)} arrays for {len(ids)} layers')
            shapes = [self._shape(explainer, layer)[0 if channels and layer in inputs else 1:] for layer in ids]
            maps = [self._output(array, shape, 'out') for array, shape in zip(given, shapes)]
            if out is not None and any(np.may_share_memory(a, b) for i, a in enumerate(maps) for b in maps[:i]):
                raise ValueError('out: the arrays overlap')
            views = [_View(array, writable=True) for array in maps]
            options.contrastive = bool(contrastive)
            try:
                _call('explainer_' + function, explainer, *first(explainer), options, ids, _addresses(views), len(views),
                      guard=self._guard)
            except SrdError as error:
                kept = re.search(r'SRD_(KEEP_\w+)', error.text)
                if kept:  # said in the words of C
                    error.text += f'. In Python: keep={{{error.layer_name!r}: srd.{kept[1]}}} of srd.Explainer or srd.torch.explain()'
                raise
        return maps[0] if single else maps

    def _targets(self, explainer, target):
        def shape(output):
            return self._shape(explainer, _call('graph_output_layer', self._graph, output))

        structs = [(t if isinstance(t, Target) else Target(t))._struct(shape, self._batch or 1)
                   for t in (target if isinstance(target, (list, tuple)) else [target])]
        pointers = (C.c_void_p * len(structs))(*map(C.addressof, structs))
        pointers.kept = structs
        return pointers, len(structs)

    def ask(self, target=None, layers=None, **how):
        """Relevance of a score by the directed head. target: a class, a Target, a list of these (their sum), or None: the top
        class of each image."""
        return self._ask('ask', lambda e: self._targets(e, target), layers, _QuestionOptions(), **how)

    def ask_gradcam(self, target=None, layers=None, *, site=None, keep_sign=False, **how):
        """SRD started from Grad-CAM: Grad-CAM's map at a site, pushed down from there by the sharing ratios. At `layers=site` it
        is Grad-CAM itself; at the input it is not Grad-CAM drawn large, but what Grad-CAM's map there was made of.

        site       a layer kept with KEEP_GRADCAM; None: the last site with several positions, kept by keep={None: KEEP_GRADCAM}
        keep_sign  True: negative values of the first map are not set to 0
        others     as in ask()
        """
        def first(explainer):
            return (*self._targets(explainer, target), LAYER_NONE if site is None else _find(self._graph, site))

        return self._ask('ask_gradcam', first, layers, _GradcamOptions(keep_sign=bool(keep_sign)), **how)

    def ask_class(self, class_index, layers=None, *, output=0, **how):
        """ask() for one class, the same for every image; output=N: of this output, in place of the first."""
        return self._ask('ask_class', lambda e: (class_index,), layers, _ScoreOptions(output=output), **how)

    def ask_against(self, class_index, other_class, layers=None, *, output=0, **how):
        """ask() for the score of one class less that of another: why this one rather than that one; output as in ask_class()."""
        return self._ask('ask_against', lambda e: (class_index, other_class), layers, _ScoreOptions(output=output), **how)

    def ask_top(self, layers=None, *, output=0, **how):
        """ask() for the top class of each image; output as in ask_class()."""
        return self._ask('ask_top', lambda e: (), layers, _ScoreOptions(output=output), **how)

    def ask_direction(self, direction, layers=None, *, output=0, **how):
        """ask() for a weighting of the classes, [C] or [N][C]; output as in ask_class()."""
        view = _View(direction, 'direction')
        return self._ask('ask_direction', lambda e: (view,), layers, _ScoreOptions(output=output), **how)

    def erf(self, layer, row=None, column=None, layers=None, **how):
        """Effective receptive field: relevance 1 at (row, column) of a site, an output, or a layer kept with KEEP_START,
        pushed down. Without a position: 1 / N at each of the layer's N positions."""
        if row is None and column is None:
            height, width = self.shape(layer)[1:]
            shape = (height, width) if self._batch is None else (self._batch, height, width)
            return self.seed(layer, np.full(shape, 1 / (height * width), np.float32), layers, **how)
        return self._ask('ask_erf', lambda e: (_find(self._graph, layer), row, column), layers, _QuestionOptions(), **how)

    def seed(self, layer, seed, layers=None, **how):
        """Push down any relevance that begins at such a layer; seed is shaped like a map of that layer."""
        view = _View(seed, 'seed')
        return self._ask('ask_seed', lambda e: (_find(self._graph, layer), view), layers, _QuestionOptions(), **how)

    def _about(self, function, struct, *layers):
        with self._handle as explainer:
            _call('explainer_' + function, explainer, *(_find(self._graph, layer) for layer in layers), struct)
        return struct

    def report(self):
        """A Report of the last question."""
        return self._about('report', Report())

    def site_report(self, layer):
        """A SiteReport: the balance of one site."""
        return self._about('site_report', SiteReport(), layer)

    def plan_info(self, layer):
        """A PlanInfo: what the method does at a layer and what that costs, known before any run."""
        return self._about('plan_info', PlanInfo(), layer)

    def fast_cases(self, layer):
        """Names of the fast cases that the segment of a layer takes."""
        names = []
        with self._handle as explainer:
            while (name := _call('explainer_fast_case', explainer, _find(self._graph, layer), len(names))) is not None:
                names.append(name.decode())
        return names

    def dump(self, format=DUMP_TEXT, write=None):
        """As Graph.dump(), with the sizes that this explainer has bound and the fast cases of each segment."""
        return _dump('explainer_dump', self._handle, format, write)

    def memory_info(self):
        """A MemoryInfo."""
        return self._about('memory_info', MemoryInfo())

    def shape(self, layer):
        """(C, H, W) of a layer at the sizes of this explainer."""
        with self._handle as explainer:
            return self._shape(explainer, _find(self._graph, layer))

    def geometry(self, layer, input=None):
        """A LayerGeometry: where the positions of a layer lie in the pixels of an input (None: the first); None if they form
        no grid there. render_overlay() takes it as `place`."""
        with self._handle as explainer:
            input = _call('graph_input_layer', self._graph, 0) if input is None else _find(self._graph, input)
            places = (LayerGeometry * _call('graph_layer_count', self._graph))()
            _call('explainer_layer_geometry', explainer, input, C.addressof(places), len(places), C.sizeof(LayerGeometry))
            place = places[_find(self._graph, layer)]
        return LayerGeometry.from_buffer_copy(place) if place.state == GEOMETRY_GRID else None

    @property
    def memory_used(self):
        """Bytes of the explainer, as memory_size() says."""
        return self._look('memory_used')

    @property
    def batch(self):
        """Images of a run."""
        return self._look('batch')

    @property
    def kernels(self):
        """KERNELS_PORTABLE or another set."""
        return self._look('kernels')
