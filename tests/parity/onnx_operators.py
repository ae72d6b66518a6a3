"""The node tests of the ONNX project itself, through srd-onnx: for each operator how many pass, are refused, or are wrong.

    apt-get install libonnx-testdata python3-onnx
    /usr/bin/python3 tests/parity/onnx_operators.py SRD_ONNX [--data FOLDER] [--refusals]

The first float input of a test is the picture; its other inputs become constants. A picture of four or two axes and a batch of 1 goes in
as it is; any other shape is a vector that a Reshape in front brings to it. A Softmax at the end gets a Relu behind it, because the importer
would leave it out. An output counts as right within 1e-4 of its largest number; DIFFER has those that are known to differ, and why. The
status is 0 if none is wrong and none crashed.
"""
import argparse
import collections
import os
import subprocess
import sys
import tempfile

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

# What is computed as onnxruntime does, and not as the reference that made the numbers.
DIFFER = {"test_resize_downsample_scales_linear_align_corners": "onnxruntime takes the corners of the sizes, not of the scales"}
DATA = "/usr/share/libonnx-testdata/data/node"


def read_tensor(path):
    with open(path, "rb") as file:
        return numpy_helper.to_array(onnx.TensorProto.FromString(file.read()))


def is_float(info):
    return info.type.HasField("tensor_type") and info.type.tensor_type.elem_type == TensorProto.FLOAT


def prepare(folder):
    """The test as (model, picture, output, operator), or None where nothing in it is a picture."""
    model = onnx.load(os.path.join(folder, "model.onnx"))
    graph, data = model.graph, os.path.join(folder, "test_data_set_0")
    inputs = list(graph.input)
    if not graph.output or not is_float(graph.output[0]) or not any(is_float(i) for i in inputs):
        return None
    try:
        numbers = [read_tensor(os.path.join(data, f"input_{i}.pb")) for i in range(len(inputs))]
        output = read_tensor(os.path.join(data, "output_0.pb"))
    except (OSError, ValueError, TypeError):
        return None
    picture = next(i for i, info in enumerate(inputs) if is_float(info))
    if numbers[picture].size == 0 or output.size == 0:
        return None
    operator = graph.node[-1].op_type if len(graph.node) == 1 else os.path.basename(folder).split("_expanded")[0] + " (expanded)"
    del graph.input[:]
    for i, info in enumerate(inputs):
        if i != picture:
            graph.initializer.append(numpy_helper.from_array(numbers[i], info.name))
    put_picture(graph, inputs[picture].name, numbers[picture])
    first = graph.output[0].name
    if any(n.op_type in ("Softmax", "LogSoftmax") and first in n.output for n in graph.node):
        graph.node.append(helper.make_node("Relu" if graph.node[-1].op_type == "Softmax" else "Neg", [first], ["srd_last"]))
        if graph.node[-1].op_type == "Neg":
            output = -output
        graph.output[0].name = "srd_last"
    return model, numbers[picture], output, operator


def put_picture(graph, name, numbers):
    """Declares the input, behind a Reshape where its shape is none of a picture."""
    shape = list(numbers.shape)
    if len(shape) in (2, 4) and shape[0] == 1:
        graph.input.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        return
    graph.input.append(helper.make_tensor_value_info("srd_picture", TensorProto.FLOAT, [1, numbers.size]))
    graph.initializer.append(numpy_helper.from_array(numpy.array(shape, numpy.int64), "srd_shape"))
    graph.node.insert(0, helper.make_node("Reshape", ["srd_picture", "srd_shape"], [name], name="srd_reshape"))


def run(program, work, model, picture, output):
    """"pass", "refused", "wrong" or "crash", and what was said."""
    paths = [os.path.join(work, n) for n in ("model.onnx", "input", "output")]
    onnx.save(model, paths[0])
    picture.astype(numpy.float32).tofile(paths[1])
    output.astype(numpy.float32).tofile(paths[2])
    made = subprocess.run([program, "--check", "--tolerance", "1e-4", *paths], capture_output=True, text=True, timeout=60)
    said = (made.stderr + made.stdout).strip().replace(work + "/", "")
    if made.returncode == 0:
        return "pass", said
    if made.returncode != 1:
        return "crash", said
    return ("wrong" if "DIFFERENT" in said or "does not have" in said else "refused"), said


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--data", default=DATA)
    parser.add_argument("--refusals", action="store_true", help="says why each was refused")
    options = parser.parse_args()
    table = collections.defaultdict(collections.Counter)
    for name in sorted(os.listdir(options.data)):
        test = prepare(os.path.join(options.data, name))
        if test is None:
            continue
        model, picture, output, operator = test
        with tempfile.TemporaryDirectory() as work:
            result, said = run(options.program, work, model, picture, output)
        if result == "wrong" and name in DIFFER:
            result, said = "differs", DIFFER[name]
        table[operator][result] += 1
        if result in ("wrong", "crash", "differs") or (options.refusals and result == "refused"):
            print(f"{result}: {name}: {said}", flush=True)
    total = collections.Counter()
    columns = ("pass", "refused", "differs", "wrong", "crash")
    print(f"{'operator':<44}" + "".join(f"{c:>9}" for c in columns))
    for operator, counts in sorted(table.items()):
        total.update(counts)
        print(f"{operator:<44}" + "".join(f"{counts[c]:>9}" for c in columns))
    print(f"{'all ' + str(sum(total.values())):<44}" + "".join(f"{total[c]:>9}" for c in columns))
    return 1 if total["wrong"] + total["crash"] > 0 else 0


if __name__ == "__main__":
    sys.exit(main())
