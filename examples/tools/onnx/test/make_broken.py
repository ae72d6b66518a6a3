"""Makes the files of this folder that an importer must refuse: broken_NAME.onnx, and mean_, norm_ and long_NAME.onnx and gates_ and heads_NAME.onnx, which it must not. check_refusals.sh has what must be said.

    /usr/bin/python3 examples/tools/onnx/test/make_broken.py

Needs python3-onnx (Debian's name); to run the tests it is not needed.
"""
import os

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

FOLDER = os.path.dirname(os.path.abspath(__file__))


def tensor(name, *shape):
    return numpy_helper.from_array(numpy.ones(shape, numpy.float32), name)


def integers(name, *numbers):
    return numpy_helper.from_array(numpy.array(numbers, numpy.int64), name)


def write(name, nodes, constants, shape=(1, 3, 6, 6), opset=13, more_inputs=(), change=None, prefix="broken"):
    inputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in (("image", shape), *more_inputs)]
    outputs = [helper.make_tensor_value_info("out", TensorProto.FLOAT, None)]
    graph = helper.make_graph(nodes, "graph", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    if change:
        change(model)
    with open(os.path.join(FOLDER, f"{prefix}_{name}.onnx"), "wb") as file:
        file.write(model.SerializeToString())


def node(op, inputs, output="out", **attributes):
    return helper.make_node(op, inputs, [output], name="the_" + op.lower(), **attributes)


def claim_more(model):
    model.graph.initializer[0].dims[3] = 5


def send_away(**where):
    """The first weight lies in another file."""
    def change(model):
        weight = model.graph.initializer[0]
        weight.data_location = TensorProto.EXTERNAL
        weight.ClearField("raw_data")
        weight.external_data.extend(onnx.StringStringEntryProto(key=key, value=value) for key, value in where.items())

    return change


def hold_bytes(model):
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.UINT8


CONV = node("Conv", ["image", "w"])
write("weight", [CONV], [tensor("w", 4, 3, 3, 3)], change=claim_more)
for name, where in (("external", {"location": "nothing.data"}), ("outside", {"location": "a/../../w.data"}), ("absolute", {"location": "/w.data"}),
                    ("nowhere", {}), ("behind", {"location": "gates_external.data", "offset": "1048576"}),
                    ("length", {"location": "gates_external.data", "length": "7"}), ("offset", {"location": "gates_external.data", "offset": "-4"})):
    write(name, [CONV], [tensor("w", 4, 3, 3, 3)], change=send_away(**where))
NAMELESS = tensor("", 1, 3, 6, 6)
NAMELESS.ClearField("name")
NAMELESS.ClearField("raw_data")
NAMELESS.data_location = TensorProto.EXTERNAL
write("nameless", [node("Constant", [], "c", value=NAMELESS), node("Add", ["image", "c"])], [])
write("channels", [CONV], [tensor("w", 4, 2, 3, 3)])
write("window", [CONV], [tensor("w", 4, 3, 9, 9)])
write("stride", [node("Conv", ["image", "w"], strides=[0, 1])], [tensor("w", 4, 3, 3, 3)])
write("one_axis", [node("Conv", ["image", "w"])], [tensor("w", 4, 3, 3)])
write("batch", [CONV], [tensor("w", 4, 3, 3, 3)], shape=(2, 3, 6, 6))
write("bytes", [CONV], [tensor("w", 4, 3, 3, 3)], change=hold_bytes)
write("layout", [CONV], [tensor("w", 4, 3, 3, 3)], shape=(1, 6, 6, 3))
write("obstacles", [node("Asin", ["image"], "a"), node("Relu", ["a"], "b"), node("Acos", ["b"], "c"), node("Asin", ["c"], "d"),
                    node("Add", ["d", "a"]), node("Atan", ["image"], "unread")], [])
IMAGE = (1, 3, 4, 5)
TRUE = numpy_helper.from_array(numpy.array(True), "on")


def resize(name, constants, opset=18, prefix="broken", **attributes):
    write(name, [node("Resize", ["image", "", *(c.name if c else "" for c in constants)], **attributes)], [c for c in constants if c],
          shape=IMAGE, opset=opset, prefix=prefix)


def attend(name, opset=13, **attributes):
    """softmax(q k) q of four tokens, each of five channels"""
    write(name, [node("Reshape", ["image", "s"], "k"), node("Transpose", ["k"], "q", perm=[0, 2, 1]), node("MatMul", ["q", "k"], "a"),
                 node("Softmax", ["a"], "p", **attributes), node("MatMul", ["p", "q"])], [integers("s", 1, 5, 4)], shape=(1, 5, 1, 4),
          opset=opset)


HALF = numpy_helper.from_array(numpy.array([1, 1, 0.5, 0.5], numpy.float32), "scales")
resize("antialias", [HALF], mode="linear", antialias=1)
resize("scales", [numpy_helper.from_array(numpy.array([1, 1, numpy.nan, 1], numpy.float32), "scales")], mode="linear")
resize("aspect", [None, integers("sizes", 1, 3, 8, 8)], mode="linear", keep_aspect_ratio_policy="not_larger")
resize("half_pixel", prefix="long", constants=[None, integers("sizes", 1, 3, 1, 5)], mode="linear", coordinate_transformation_mode="pytorch_half_pixel")
write("nearest", [node("Resize", ["image", "scales"], mode="nearest")], [HALF], shape=IMAGE, opset=10)
attend("softmax_axis", axis=-2)
attend("softmax_flat", opset=11)
write("batches", [node("Reshape", ["image", "s"], "a"), node("InstanceNormalization", ["a", "w", "w"])],
      [integers("s", 3, 1, 4, 5), tensor("w", 1)], shape=IMAGE, prefix="norm")
write("dropout", [node("Dropout", ["image", "", "on"])], [TRUE], shape=IMAGE)
write("no_axes", [node("ReduceMean", ["image", "axes"])], [integers("axes")], shape=IMAGE, opset=18, prefix="mean")
write("no_axes_no_mean", [node("ReduceMean", ["image", "axes"], noop_with_empty_axes=1)], [integers("axes")], shape=IMAGE, opset=18,
      prefix="mean")
write("attribute", [node("Relu", ["image"], slope=2)], [], shape=IMAGE)
write("input", [node("Relu", ["image", "w"])], [tensor("w", 1)], shape=IMAGE)
write("opset", [CONV], [tensor("w", 4, 3, 3, 3)], opset=5)
write("norm", [node("BatchNormalization", ["image", "a", "a", "a", "a"])], [tensor("a", 4)])
write("reshape", [node("Reshape", ["image", "s"])], [integers("s", 1, 5, -1)])
write("transpose", [node("Transpose", ["image"], perm=[0, 1, 1, 2])], [])
write("gather", [node("Gather", ["image", "i"], axis=1)], [integers("i", 2, 0)], prefix="long")
write("picks", [node("Gather", ["image", "i"], axis=1)], [integers("i", 1 - (1 << 62), -(1 << 63), (1 << 63) - 1)])
write("slice", [node("Slice", ["image", "a", "b", "c"])], [integers("a", 4), integers("b", 4), integers("c", 2)])
write("circle", [node("Relu", ["later"]), node("Tanh", ["out"], "later")], [])
write("inputs", [node("Add", ["image", "other"])], [], more_inputs=[("other", (1, 3, 6, 6))])
write("domain", [helper.make_node("Relu", ["image"], ["out"], name="mine", domain="com.example")], [])
write("constant", [node("Relu", ["a"])], [tensor("a", 1, 3, 6, 6)])
write("huge", [node("ConstantOfShape", ["s"], "big"), node("Add", ["image", "big"])], [integers("s", 1 << 20, 1 << 20)])
write("many", [node("ConstantOfShape", ["s"], "big"), node("Neg", ["big"], "more"), node("Add", ["image", "more"])], [integers("s", 1 << 11, 1 << 11)])
write("stretch", [node("Add", ["image", "a"])], [tensor("a", 1, 3, 6, 7)])



def changed(name, base, change):
    """A network of this folder, changed."""
    model = onnx.load(os.path.join(FOLDER, f"{base}.onnx"))
    change(model.graph)
    onnx.save(model, os.path.join(FOLDER, f"{name}.onnx"))


def reverse(graph):
    nodes = list(reversed(graph.node))
    del graph.node[:]
    graph.node.extend(nodes)


def stand_beside(graph):
    """A state that goes in and comes out, which the first output does not depend on."""
    graph.input.insert(0, helper.make_tensor_value_info("state", TensorProto.FLOAT, (1, 7)))
    graph.output.append(helper.make_tensor_value_info("new_state", TensorProto.FLOAT, None))
    graph.node.append(helper.make_node("Relu", ["state"], ["new_state"]))


def choose(graph):
    """The number of the class that is largest, after the softmax."""
    first = graph.output[0].name
    graph.output[0].CopyFrom(helper.make_tensor_value_info("choice", TensorProto.INT64, None))
    graph.node.append(helper.make_node("ArgMax", [first], ["choice"], axis=1))


def move_out(graph):
    """Weights in a file of their own, the last first."""
    data = b"not a weight"
    for weight in reversed(graph.initializer):
        if len(weight.raw_data) < 64:
            continue
        entries = {"location": "gates_external.data", "offset": str(len(data)), "length": str(len(weight.raw_data))}
        data += weight.raw_data
        weight.data_location = TensorProto.EXTERNAL
        weight.ClearField("raw_data")
        weight.external_data.extend(onnx.StringStringEntryProto(key=key, value=value) for key, value in entries.items())
    with open(os.path.join(FOLDER, "gates_external.data"), "wb") as file:
        file.write(data)


def halve(graph):
    """Input and output in float16; float32 between them."""
    for info, old, new in ((graph.input[0], graph.input[0].name, "half"), (graph.output[0], graph.output[0].name, "half_output")):
        info.name, info.type.tensor_type.elem_type = new, TensorProto.FLOAT16
        first, last = ([new], [old]) if new == "half" else ([old], [new])
        graph.node.append(helper.make_node("Cast", first, last, to=TensorProto.FLOAT if new == "half" else TensorProto.FLOAT16))


changed("gates_external", "gates_13", move_out)
changed("gates_half", "gates_13", halve)
changed("gates_unsorted", "gates_13", reverse)
changed("gates_beside", "gates_13", stand_beside)
changed("heads_choice", "heads_13", choose)
