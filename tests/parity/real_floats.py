"""Networks of other numbers as the float32 networks that srd-onnx takes them for: float16 computed in float32, and onnxruntime's quantize_dynamic
without its rounding of activations. What ONNX Runtime computes of these is what srd-onnx is compared with. And networks without weights, such as
ONNX's own light models, with random ones: sums of 25,000 equal numbers say more about roundings than about the network."""
import math

import numpy
from onnx import TensorProto, helper, numpy_helper


def _widen_types(graph):
    for info in (*graph.input, *graph.output, *graph.value_info):
        if info.type.tensor_type.elem_type == TensorProto.FLOAT16:
            info.type.tensor_type.elem_type = TensorProto.FLOAT
    tensors = list(graph.initializer)
    for node in graph.node:
        for attribute in node.attribute:
            if node.op_type == "Cast" and attribute.name == "to" and attribute.i == TensorProto.FLOAT16:
                attribute.i = TensorProto.FLOAT
            if attribute.HasField("t"):
                tensors.append(attribute.t)
    for tensor in tensors:
        if tensor.data_type == TensorProto.FLOAT16:
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(numpy.float32), tensor.name))


def _without_quantisation(graph):
    """DynamicQuantizeLinear becomes an Identity with the scale 1, and the products of integers become products of floats."""
    weights, nodes = {t.name: numpy_helper.to_array(t) for t in graph.initializer}, []
    for node in graph.node:
        if node.op_type == "DynamicQuantizeLinear":
            y, scale, zero = node.output
            nodes.append(helper.make_node("Identity", [node.input[0]], [y]))
            for name, value in ((scale, numpy.array(1, numpy.float32)), (zero, numpy.array(0, numpy.uint8))):
                nodes.append(helper.make_node("Constant", [], [name], value=numpy_helper.from_array(value)))
        elif node.op_type in ("ConvInteger", "MatMulInteger"):
            w = weights[node.input[1]].astype(numpy.float32)
            zero = weights[node.input[3]].astype(numpy.float32) if len(node.input) > 3 else numpy.float32(0)
            w = w - (zero.reshape(-1, *[1] * (w.ndim - 1)) if node.op_type == "ConvInteger" and zero.ndim else zero)
            nodes.append(helper.make_node("Constant", [], [f"{node.output[0]}/floats"], value=numpy_helper.from_array(w)))
            made = helper.make_node(node.op_type.removesuffix("Integer"), [node.input[0], f"{node.output[0]}/floats"], node.output)
            made.attribute.extend(node.attribute)
            nodes.append(made)
        else:
            nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)


def as_floats(model):
    """The model, changed; and what was changed, as words for the table."""
    told = []
    kinds = [i.type.tensor_type.elem_type for i in model.graph.input] + [t.data_type for t in model.graph.initializer]
    casts = [a.i for n in model.graph.node if n.op_type == "Cast" for a in n.attribute if a.name == "to"]
    if TensorProto.FLOAT16 in kinds + casts:
        _widen_types(model.graph)
        told.append("float16 as float32")
    if any(n.op_type == "DynamicQuantizeLinear" for n in model.graph.node):
        _without_quantisation(model.graph)
        told.append("without the rounding of quantize_dynamic")
    return ", ".join(told)


MANY = 100_000  # numbers of one value are no weights


def filled(model):
    """Whether the model's weights are made by ConstantOfShape; then they have become random ones."""
    shapes, nodes, found = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}, [], False
    for node in model.graph.node:
        shape = shapes.get(node.input[0]) if node.op_type == "ConstantOfShape" else None
        if shape is None or len(shape) < 2 or math.prod(int(n) for n in shape) < 16:
            nodes.append(node)
            continue
        found = found or math.prod(int(n) for n in shape) >= MANY
        fan_in = math.prod(int(n) for n in shape[1:])
        numbers = numpy.random.RandomState(len(nodes)).standard_normal(shape).astype(numpy.float32) * numpy.float32(math.sqrt(2 / fan_in))
        model.graph.initializer.append(numpy_helper.from_array(numbers, node.output[0]))
    if found:
        del model.graph.node[:]
        model.graph.node.extend(nodes)
    return found
