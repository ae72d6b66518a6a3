"""libsrd from Python: explain neural networks by Sharing Ratio Decomposition (SRD). The whole interface over ctypes and numpy.

    import numpy, srd

    with srd.Graph() as graph:
        x = graph.input(1, 1, 3, name='picture')
        x = graph.relu(graph.conv2d(x, numpy.array([[[[1, 1]]], [[[1, -1]]]]), bias=[-2, 0]))
        x = graph.linear(graph.global_avg_pool(x), [[1, 2]], bias=[1])
        graph.output(x)
        graph.seal()
        with srd.Explainer(graph) as explainer:
            explainer.run([[[1, 3, 1]]])
            print(explainer.ask(), explainer.report())      # [[-0.1875 5.625 -0.4375]]: together the score, 5

A PyTorch module is explained by srd.torch.explain(module, image); `import srd.torch` needs torch, the rest does not.

Install it by `pip install examples/bindings/python`, which puts the compiled library into the package, or copy the folder srd/ to
where your program finds it. The library is loaded at the first use: the file that srd.load(path) or the environment variable
SRD_LIBRARY names; else one that lies in the folder (as pip puts it) or beside it, the newest one in a folder build*/ of the
checkout that the package lies in, or the system's.

Arrays. What the library reads may be float32 of any strides, read-only or not, and is not copied. Integers, booleans,
float16 and other byte orders are converted, if float32 holds every value exactly; float64 arrays are a TypeError, because
the loss should be seen in the caller's program, and so are masked arrays. Lists and numbers are converted. Results are new
float32 arrays, or written into the arrays given as `out`, which must be float32, C-contiguous and writable.

Layers are named by id (an int, as the layer calls return it) or by name. A batch has no axis unless Explainer(batch=N)
was said: then pictures are (N, C, H, W), values (N, C, H, W) and maps (N, H, W), otherwise (C, H, W) and (H, W).

Objects may be closed, or just dropped, in any order. One that is in use by a running call is freed when the call ends.
A graph being built and an explainer are for one thread at a time (a second one gets a RuntimeError); a sealed graph may be
used by many. An exception in a function that the library calls (progress, clock, write, build) ends the call at
the next occasion and is raised from it.

The words (site, ratio, PFV, ERF) and what each question computes: docs/method.md; every function: include/srd/*.h.
"""
from .constants import *
from .native import (VERSION, LayerGeometry, LayerInfo, MemoryInfo, PlanInfo, Report, SiteReport, SrdArgumentError, SrdCancelledError,
                     SrdError, SrdInternalError, SrdMemoryError, SrdNumberError, SrdOverflowError, SrdShapeError, SrdStateError,
                     SrdUnsupportedError, load, status_name, struct_size, version)
from .arrays import Tensor, block
from .graph import Graph, graph_memory_size
from .explainer import Explainer, Target
from .render import colour_map, encode_png, render_map, render_overlay, render_scale
