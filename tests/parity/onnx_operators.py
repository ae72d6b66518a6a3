"""The node tests of the ONNX project itself, through srd-onnx: for each operator how many pass, are refused, or are wrong.

    apt-get install libonnx-testdata python3-onnx
    /usr/bin/python3 tests/parity/onnx_operators.py SRD_ONNX [--data FOLDER] [--refusals]

Debian's data are those of ONNX 1.12. Newer ones lie in onnx/backend/test/data/node of the project's repository; --data names the folder.

The first float input of a test is the picture; its other inputs become constants. A picture of four or two axes and a batch of 1 goes in
as it is. Every other shape, and a picture that is refused so, is tried in several forms: some of the axes of the test's input are the
channels of a picture and the others its rows and columns, and a Reshape and a Transpose in front bring it to the shape of the test. The
operator under test, its attributes and its numbers are the same in every form. A test passes if one form does and none is wrong; with
--every all forms are run even if the first passes. A Softmax at the end gets a Relu behind it, because the importer would leave it
out. An output counts as right within 1e-4 of its largest number; DIFFER has those that are known to differ, and why. The status is 0 if
none is wrong and none crashed.
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
DIFFER = {"test_averagepool_2d_ceil_last_window_starts_on_pad": "the numbers of the test are rounded to four digits",
          "test_resize_downsample_scales_linear_align_corners": "onnxruntime takes the corners of the sizes, not of the scales"}
DATA = "/usr/share/libonnx-testdata/data/node"
MOST_FORMS = 16


def read_tensor(path):
    with open(path, "rb") as file:
        return numpy_helper.to_array(onnx.TensorProto.FromString(file.read()))


def is_float(info):
    return info.type.HasField("tensor_type") and info.type.tensor_type.elem_type == TensorProto.FLOAT


def prepare(folder):
    """The test as (model, picture's number, inputs' numbers, output, operator), or None where nothing in it is a picture."""
    model = onnx.load(os.path.join(folder, "model.onnx"))
    graph, data = model.graph, os.path.join(folder, "test_data_set_0")
    inputs = list(graph.input)
    if not graph.output or not is_float(graph.output[0]) or not any(is_float(i) for i in inputs):
        return None
    try:
        numbers = [read_tensor(os.path.join(data, f"input_{i}.pb")) for i in range(len(inputs))]
        output = read_tensor(os.path.join(data, "output_0.pb"))
    except (OSError, ValueError, TypeError, KeyError):
        return None
    picture = next(i for i, info in enumerate(inputs) if is_float(info))
    if numbers[picture].size == 0 or output.size == 0:
        return None
    operator = graph.node[-1].op_type if len(graph.node) == 1 else os.path.basename(folder).split("_expanded")[0] + " (expanded)"
    return model, picture, numbers, output, operator


def forms_of(shape):
    """How a shape may lie in a picture: None (as it is), or the axes that are channels."""
    found = [None] if len(shape) in (2, 4) and shape[0] == 1 else []
    axes = [i for i, size in enumerate(shape) if size > 1]
    choices = sorted(range(1 << len(axes)), key=lambda bits: abs(bin(bits).count("1") - 1))
    return found + [tuple(a for i, a in enumerate(axes) if bits >> i & 1) for bits in choices[:MOST_FORMS]]


def put_picture(graph, name, numbers, form):
    """Declares the input in a form. Returns the numbers as it takes them."""
    shape = list(numbers.shape)
    if form is None:
        graph.input.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        return numbers
    order = list(form) + [a for a in range(len(shape)) if a not in form]
    moved = numbers.transpose(order)
    grid = moved.shape[len(form):]
    channels = int(numpy.prod(moved.shape[:len(form)]))
    size = [1, channels, int(numpy.prod(grid[:-1])) if grid else 1, grid[-1] if grid else 1]
    graph.input.append(helper.make_tensor_value_info("srd_picture", TensorProto.FLOAT, size))
    graph.initializer.append(numpy_helper.from_array(numpy.array(moved.shape, numpy.int64), "srd_shape"))
    back = [order.index(a) for a in range(len(shape))]
    is_moved = back != sorted(back)
    front = [helper.make_node("Reshape", ["srd_picture", "srd_shape"], ["srd_moved" if is_moved else name], name="srd_reshape")]
    if is_moved:
        front.append(helper.make_node("Transpose", ["srd_moved"], [name], name="srd_transpose", perm=back))
    for node in reversed(front):
        graph.node.insert(0, node)
    return moved


def present(test, form):
    """The model, the picture and the output of a test in one form."""
    original, picture, numbers, output, _ = test
    model = onnx.ModelProto()
    model.CopyFrom(original)
    graph = model.graph
    inputs = list(graph.input)
    del graph.input[:]
    for i, info in enumerate(inputs):
        if i != picture:
            graph.initializer.append(numpy_helper.from_array(numbers[i], info.name))
    moved = put_picture(graph, inputs[picture].name, numbers[picture], form)
    first = graph.output[0].name
    last = next((n for n in graph.node if first in n.output), None)
    if last is not None and last.op_type in ("Softmax", "LogSoftmax"):
        graph.node.append(helper.make_node("Relu" if last.op_type == "Softmax" else "Neg", [first], ["srd_last"]))
        if last.op_type == "LogSoftmax":
            output = -output
        graph.output[0].name = "srd_last"
    return model, moved, output


def try_forms(program, test, every):
    """The result of a test, and what was said."""
    result = None
    for form in forms_of(test[2][test[1]].shape):
        model, picture, output = present(test, form)
        with tempfile.TemporaryDirectory() as work:
            one = run(program, work, model, picture, output)
        if one[0] in ("wrong", "crash"):
            return one
        if result is None or one[0] == "pass":
            result = one if result is None or result[0] != "pass" else result
        if result[0] == "pass" and not every:
            break
    return result


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
    parser.add_argument("--data", default=DATA, help="the folder of the tests")
    parser.add_argument("--only", default="", help="tests whose names contain this")
    parser.add_argument("--every", action="store_true", help="runs all forms of a test, also if one has passed")
    parser.add_argument("--refusals", action="store_true", help="says why each was refused")
    options = parser.parse_args()
    table = collections.defaultdict(collections.Counter)
    for name in sorted(os.listdir(options.data)):
        test = prepare(os.path.join(options.data, name)) if options.only in name else None
        if test is None:
            continue
        operator = test[4]
        result, said = try_forms(options.program, test, options.every)
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
