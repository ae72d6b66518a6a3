"""Makes the files of this folder that an importer must refuse: broken_NAME.onnx. check_refusals.sh has what must be said.

    /usr/bin/python3 examples/tools/onnx/test/make_broken.py

Needs python3-onnx (Debian's name); to run the tests it is not needed.
"""
import os

import numpy
from onnx import TensorProto, helper, numpy_helper

FOLDER = os.path.dirname(os.path.abspath(__file__))


def tensor(name, *shape):
    return numpy_helper.from_array(numpy.ones(shape, numpy.float32), name)


def integers(name, *numbers):
    return numpy_helper.from_array(numpy.array(numbers, numpy.int64), name)


def write(name, nodes, constants, shape=(1, 3, 6, 6), opset=13, more_inputs=(), change=None):
    inputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in (("image", shape), *more_inputs)]
    outputs = [helper.make_tensor_value_info("out", TensorProto.FLOAT, None)]
    graph = helper.make_graph(nodes, "graph", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    if change:
        change(model)
    with open(os.path.join(FOLDER, f"broken_{name}.onnx"), "wb") as file:
        file.write(model.SerializeToString())


def node(op, inputs, output="out", **attributes):
    return helper.make_node(op, inputs, [output], name="the_" + op.lower(), **attributes)


def claim_more(model):
    model.graph.initializer[0].dims[3] = 5


def send_away(model):
    model.graph.initializer[0].data_location = TensorProto.EXTERNAL
    model.graph.initializer[0].ClearField("raw_data")


def hold_bytes(model):
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.UINT8


CONV = node("Conv", ["image", "w"])
write("weight", [CONV], [tensor("w", 4, 3, 3, 3)], change=claim_more)
write("external", [CONV], [tensor("w", 4, 3, 3, 3)], change=send_away)
write("channels", [CONV], [tensor("w", 4, 2, 3, 3)])
write("window", [CONV], [tensor("w", 4, 3, 9, 9)])
write("stride", [node("Conv", ["image", "w"], strides=[0, 1])], [tensor("w", 4, 3, 3, 3)])
write("one_axis", [node("Conv", ["image", "w"])], [tensor("w", 4, 3, 3)])
write("batch", [CONV], [tensor("w", 4, 3, 3, 3)], shape=(2, 3, 6, 6))
write("bytes", [CONV], [tensor("w", 4, 3, 3, 3)], change=hold_bytes)
write("layout", [CONV], [tensor("w", 4, 3, 3, 3)], shape=(1, 6, 6, 3))
write("obstacles", [node("Asin", ["image"], "a"), node("Relu", ["a"], "b"), node("Acos", ["b"], "c"), node("Asin", ["c"], "d"),
                    node("Add", ["d", "a"]), node("Atan", ["image"], "unread")], [])
write("opset", [CONV], [tensor("w", 4, 3, 3, 3)], opset=5)
write("norm", [node("BatchNormalization", ["image", "a", "a", "a", "a"])], [tensor("a", 4)])
write("reshape", [node("Reshape", ["image", "s"])], [integers("s", 1, 5, -1)])
write("transpose", [node("Transpose", ["image"], perm=[0, 1, 1, 2])], [])
write("gather", [node("Gather", ["image", "i"], axis=1)], [integers("i", 2, 0)])
write("slice", [node("Slice", ["image", "a", "b", "c"])], [integers("a", 4), integers("b", 4), integers("c", 2)])
write("order", [node("Relu", ["later"]), node("Tanh", ["image"], "later")], [])
write("inputs", [node("Add", ["image", "other"])], [], more_inputs=[("other", (1, 3, 6, 6))])
write("domain", [helper.make_node("Relu", ["image"], ["out"], name="mine", domain="com.example")], [])
write("constant", [node("Relu", ["a"])], [tensor("a", 1, 3, 6, 6)])
write("huge", [node("ConstantOfShape", ["s"], "big"), node("Add", ["image", "big"])], [integers("s", 1 << 20, 1 << 20)])
write("stretch", [node("Add", ["image", "a"])], [tensor("a", 1, 3, 6, 7)])
