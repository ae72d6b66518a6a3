#!/usr/bin/env python3
"""The program of docs/howto/bind-from-another-language.md that declares nothing by itself: cffi reads srd_cdef.h.

    python3 read_the_interface.py libsrd.so srd_cdef.h
"""
import sys

try:
    from cffi import FFI
except ImportError:
    sys.exit(77)

library, declarations = sys.argv[1:]
ffi = FFI()
ffi.cdef(open(declarations, encoding='utf-8').read())
srd = ffi.dlopen(library)
why = ffi.new('srd_detail *', {'struct_size': ffi.sizeof('srd_detail')})


def check(status):
    if status != srd.SRD_OK:
        raise RuntimeError(ffi.string(why.text).decode())


def view(shape, numbers):
    out = ffi.new('srd_tensor **')
    check(srd.srd_tensor_wrap(numbers, len(shape), shape, out, why))
    return ffi.gc(out[0], srd.srd_tensor_free)


graph, explainer = ffi.new('srd_graph **'), ffi.new('srd_explainer **')
picture, weight, shares = ffi.new('float[]', [2, 3, 1]), ffi.new('float[]', [1, 2, -1]), ffi.new('float[3]')
check(srd.srd_graph_create(ffi.NULL, ffi.NULL, graph, why))
pixels = srd.srd_graph_input(graph[0], b'picture', 1, 1, 3)
score = srd.srd_graph_linear(graph[0], b'score', pixels, view([1, 3], weight), ffi.NULL, ffi.NULL)
check(srd.srd_graph_output(graph[0], score, why))
check(srd.srd_graph_seal(graph[0], why))
check(srd.srd_explainer_create(graph[0], ffi.NULL, ffi.NULL, explainer, why))
check(srd.srd_explainer_run(explainer[0], [view([1, 1, 3], picture)], 1, ffi.NULL, why))
check(srd.srd_explainer_ask_top(explainer[0], ffi.NULL, [pixels], [view([1, 3], shares)], 1, why))
print(sum(shares), '=', *shares)
srd.srd_explainer_free(explainer[0])
srd.srd_graph_free(graph[0])
