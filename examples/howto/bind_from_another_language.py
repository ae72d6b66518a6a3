"""A binding of libsrd in seven steps, over ctypes alone. docs/howto/bind-from-another-language.md tells the story.

    python3 bind_from_another_language.py LIBSRD.so

examples/bindings/python/srd is the whole interface over numpy; this is how one begins.
"""
import ctypes as C
import sys


# Step 1: find the library, and see that it is the version that this file was written for.
def load(path):
    lib = C.CDLL(path)
    lib.srd_version.restype = C.c_int32
    if lib.srd_version() // 100 != 2:  # major * 10000 + minor * 100 + patch: 0.2
        raise ImportError("this file binds libsrd 0.2")
    return lib


# Step 2: failures. A detail is a plain struct; a status that is not 0 becomes an exception that carries it.
class Detail(C.Structure):  # srd_detail
    _fields_ = [("struct_size", C.c_uint32), ("status", C.c_int32), ("layer", C.c_int32), ("reserved", C.c_int32),
                ("layer_name", C.c_char * 64), ("text", C.c_char * 240)]

    def __init__(self):
        super().__init__(struct_size=C.sizeof(Detail))


class Failure(Exception):
    def __init__(self, status, why):
        super().__init__(f"status {status}, layer '{why.layer_name.decode()}': {why.text.decode()}")
        self.status = status


assert C.sizeof(Detail) == 320  # the table of struct sizes in docs/api-conventions.md

HANDLE, I32, I64S, F32S = C.c_void_p, C.c_int32, C.POINTER(C.c_int64), C.POINTER(C.c_float)
OUT, WHY = C.POINTER(C.c_void_p), C.POINTER(Detail)


# Step 3: the types of every function. Without them ctypes passes an int for each, and half of a pointer is lost.
def declare(lib):
    def function(name, result, *arguments):
        getattr(lib, name).restype = result
        getattr(lib, name).argtypes = arguments

    function("srd_tensor_wrap", I32, F32S, I32, I64S, OUT, WHY)
    function("srd_tensor_free", None, HANDLE)
    function("srd_graph_create", I32, HANDLE, HANDLE, OUT, WHY)
    function("srd_graph_input", I32, HANDLE, C.c_char_p, I32, I32, I32)
    function("srd_graph_conv2d", I32, HANDLE, C.c_char_p, I32, HANDLE, HANDLE, HANDLE)
    function("srd_graph_relu", I32, HANDLE, C.c_char_p, I32)
    function("srd_graph_global_avg_pool", I32, HANDLE, C.c_char_p, I32)
    function("srd_graph_linear", I32, HANDLE, C.c_char_p, I32, HANDLE, HANDLE, HANDLE)
    function("srd_graph_output", I32, HANDLE, I32, WHY)
    function("srd_graph_seal", I32, HANDLE, WHY)
    function("srd_graph_free", None, HANDLE)
    function("srd_explainer_create", I32, HANDLE, HANDLE, HANDLE, OUT, WHY)
    function("srd_explainer_run", I32, HANDLE, OUT, I32, HANDLE, WHY)
    function("srd_explainer_ask_top", I32, HANDLE, HANDLE, C.POINTER(I32), OUT, I32, WHY)
    function("srd_explainer_free", None, HANDLE)


# Step 4: arrays. A tensor is a view of numbers that this object keeps alive, for as long as the object lives.
class Tensor:
    def __init__(self, lib, shape, numbers):
        why, self.handle, self.free = Detail(), HANDLE(), lib.srd_tensor_free
        self.numbers = (C.c_float * len(numbers))(*numbers)
        status = lib.srd_tensor_wrap(self.numbers, len(shape), (C.c_int64 * len(shape))(*shape), C.byref(self.handle),
                                     C.byref(why))
        if status != 0:
            raise Failure(status, why)

    def __del__(self):
        self.free(self.handle)


# Step 5: the graph. Layer calls are not checked: the first failure sticks, and sealing raises it.
class Graph:
    def __init__(self, lib, build):
        why, self.handle, self.free = Detail(), HANDLE(), lib.srd_graph_free
        status = lib.srd_graph_create(None, None, C.byref(self.handle), C.byref(why))
        if status == 0:
            build(lib, self.handle)
            status = lib.srd_graph_seal(self.handle, C.byref(why))
        if status != 0:
            raise Failure(status, why)

    def __del__(self):
        self.free(self.handle)


# Steps 6 and 7: run and ask. The detail is always the last parameter, so all calls can be checked in one place.
class Explainer:
    def __init__(self, lib, graph):
        why, self.handle, self.lib = Detail(), HANDLE(), lib
        status = lib.srd_explainer_create(graph.handle, None, None, C.byref(self.handle), C.byref(why))
        if status != 0:
            raise Failure(status, why)

    def call(self, function, *arguments):
        why = Detail()
        status = function(self.handle, *arguments, C.byref(why))
        if status != 0:
            raise Failure(status, why)

    def run(self, picture):
        self.call(self.lib.srd_explainer_run, (HANDLE * 1)(picture.handle), 1, None)

    def ask_top(self, layer, tensor):
        self.call(self.lib.srd_explainer_ask_top, None, (I32 * 1)(layer), (HANDLE * 1)(tensor.handle), 1)
        return list(tensor.numbers)

    def __del__(self):
        self.lib.srd_explainer_free(self.handle)


# The network of the first program, whose numbers can be followed by hand.
def build(lib, graph):
    kernel, shift = Tensor(lib, [2, 1, 1, 2], [1, 1, 1, -1]), Tensor(lib, [2], [-2, 0])
    weight, bias = Tensor(lib, [1, 2], [1, 2]), Tensor(lib, [1], [1])
    x = lib.srd_graph_input(graph, b"picture", 1, 1, 3)
    x = lib.srd_graph_conv2d(graph, b"conv", x, kernel.handle, shift.handle, None)
    x = lib.srd_graph_relu(graph, b"features", x)
    x = lib.srd_graph_global_avg_pool(graph, b"mean", x)
    x = lib.srd_graph_linear(graph, b"score", x, weight.handle, bias.handle, None)
    lib.srd_graph_output(graph, x, None)


def wrong(lib, graph):
    x = lib.srd_graph_input(graph, b"picture", 1, 1, 3)
    lib.srd_graph_output(graph, lib.srd_graph_conv2d(graph, b"stem", x, None, None, None), None)


def main(path):
    lib = load(path)
    declare(lib)
    explainer = Explainer(lib, Graph(lib, build))  # the graph's object may go: the explainer keeps what it needs
    explainer.run(Tensor(lib, [1, 1, 3], [1, 3, 1]))
    shares = explainer.ask_top(0, Tensor(lib, [1, 3], [0, 0, 0]))
    print(sum(shares), "=", *shares)
    try:
        Graph(lib, wrong)
    except Failure as failure:
        print(failure)


main(sys.argv[1])
