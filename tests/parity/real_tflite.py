"""What real_files.py needs of TensorFlow Lite files: who made a file, what srd-tflite says of it, and what TensorFlow Lite computes."""
import os
import re
import struct
import subprocess

import numpy

HERE = os.path.dirname(os.path.abspath(__file__))
ENGINE = ("@tensorflow/tfjs-tflite@0.0.1-alpha.10", "@tensorflow/tfjs-core@4.9.0", "@tensorflow/tfjs-backend-cpu@4.22.0", "playwright-core@1.65.1")
TOLERANCE = 2e-5
SOFTMAX = 25  # the number of the operator
TYPES = {0: "float32", 1: "float16", 2: "int32", 3: "uint8", 9: "int8"}


class Table:
    """A table of a flatbuffer: its fields by number."""

    def __init__(self, data, at):
        self.data, self.at = data, at
        self.fields = at - struct.unpack_from("<i", data, at)[0]

    def place(self, number):
        size = struct.unpack_from("<H", self.data, self.fields)[0]
        offset = struct.unpack_from("<H", self.data, self.fields + 4 + 2 * number)[0] if 4 + 2 * number < size else 0
        return self.at + offset if offset else None

    def follow(self, number):
        place = self.place(number)
        return None if place is None else place + struct.unpack_from("<I", self.data, place)[0]

    def text(self, number):
        place = self.follow(number)
        if place is None:
            return ""
        length = struct.unpack_from("<I", self.data, place)[0]
        return self.data[place + 4:place + 4 + length].rstrip(b"\0").decode("utf-8", "replace")

    def numbers(self, number):
        place = self.follow(number)
        return [] if place is None else list(struct.unpack_from(f"<{struct.unpack_from('<I', self.data, place)[0]}i", self.data, place + 4))

    def tables(self, number):
        place = self.follow(number)
        if place is None:
            return []
        starts = [place + 4 + 4 * i for i in range(struct.unpack_from("<I", self.data, place)[0])]
        return [Table(self.data, s + struct.unpack_from("<I", self.data, s)[0]) for s in starts]

    def byte(self, number):
        place = self.place(number)
        return 0 if place is None else self.data[place]


def described(data):
    """(exporter, inputs as (type, shape))."""
    model = Table(data, struct.unpack_from("<I", data, 0)[0])
    buffers = model.tables(4)
    exporter = model.text(3).strip() or "(none)"
    for metadata in model.tables(6):
        if metadata.text(0) == "min_runtime_version":
            place = metadata.place(1)
            exporter += " " + buffers[struct.unpack_from("<I", data, place)[0] if place else 0].text(0)
    graph = model.tables(2)[0]
    tensors = graph.tables(0)
    return exporter, [(TYPES.get(tensors[i].byte(1), "other"), tensors[i].numbers(0)) for i in graph.numbers(1)]


def take(file, program, work, run):
    """(verdict, exporter, reason, inputs) of one file, which is left in work."""
    if file.data[4:8] != b"TFL3":
        return "refused", "TensorFlow Lite (unknown)", "no TensorFlow Lite file", []
    exporter, inputs = described(file.data)
    exporter = "TensorFlow Lite: " + exporter
    if not any(kind in ("float32", "float16") or (kind in ("uint8", "int8") and len(shape) == 4) for kind, shape in inputs):
        return "-", exporter, "no input of floats", inputs
    if program is None:
        return "-", exporter, "no program was told", inputs
    path = os.path.join(work, file.name)
    with open(path, "wb") as written:
        written.write(file.data)
    status, said = run(program, "--layers", path)
    if status == 0:
        return "imports", exporter, "", inputs
    last = said.splitlines()[-1] if said else "nothing was said"
    return ("refused" if status == 1 else "CRASH"), exporter, last.replace(path + ": ", "").replace("srd-tflite: ", "", 1), inputs


def outputs(data):
    """(name, tensor) of each output; and the bytes with what goes into a softmax in the place of its output, before which srd-tflite ends."""
    model = Table(data, struct.unpack_from("<I", data, 0)[0])
    graph, codes = model.tables(2)[0], model.tables(1)
    tensors, changed, found = graph.tables(0), bytearray(data), []
    makers = {t: node for node in graph.tables(3) for t in node.numbers(2)}
    for i, tensor in enumerate(graph.numbers(2)):
        name, node = tensors[tensor].text(3), makers.get(tensor)
        if node is not None:
            place = node.place(0)
            code = codes[struct.unpack_from("<I", data, place)[0] if place else 0]
            if code.byte(0) == SOFTMAX:
                tensor = node.numbers(1)[0]
        struct.pack_into("<i", changed, graph.follow(2) + 4 + 4 * i, tensor)
        found.append((name, tensors[tensor].text(3)))
    return found, bytes(changed)


def run_engine(engine, model, picture, work):
    """The files of TensorFlow Lite's outputs by their names; or why there are none."""
    made = subprocess.run(["node", os.path.join(HERE, "real_tflite.mjs"), engine, model, picture, work], capture_output=True, text=True, timeout=600)
    if made.returncode != 0:
        said = [line for line in made.stderr.splitlines() if "Error" in line] or ["it said nothing"]
        return None, said[0].strip()[:160]
    return {line.split(" ", 1)[1]: os.path.join(work, line.split(" ", 1)[0]) for line in made.stdout.splitlines()}, None


def movement(engine, picture, work):
    """By output of work/engine.tflite: by what part of the largest number it moves when the numbers of the picture move by their last place."""
    def computed(numbers):
        numbers.tofile(picture)
        files = run_engine(engine, os.path.join(work, "engine.tflite"), picture, work)[0]
        return {name: numpy.fromfile(path, numpy.float32) for name, path in files.items()}

    numbers = numpy.fromfile(picture, numpy.float32)
    still, largest = computed(numbers), {}
    for seed in range(3):
        towards = numpy.random.RandomState(seed).choice([-numpy.inf, numpy.inf], numbers.shape).astype(numpy.float32)
        for name, moved in computed(numpy.nextafter(numbers, towards)).items():
            largest[name] = max(largest.get(name, 0.0), float(numpy.abs(moved - still[name]).max() / numpy.abs(still[name]).max()))
    numbers.tofile(picture)
    return largest


def differences(data, engine, program, path, picture, work, run):
    """(difference, what TensorFlow Lite's own output moves by) of srd-tflite by output, parts of the largest number; or words, why there is none."""
    names, changed = outputs(data)
    model = os.path.join(work, "engine.tflite")
    with open(model, "wb") as file:
        file.write(changed)
    files, why = run_engine(engine, model, picture, work)
    if files is None:
        return {}, why
    seen, far = {}, []
    for asked, named in names:
        if named not in files:
            return {}, f"TensorFlow Lite has no output {named}"
        _, said = run(program, "--output", asked.split(";")[0], "--check", path, picture, files[named])
        found = re.search(r"largest difference (\S+) of the largest output", said)
        if "is left out" in said and asked == named:
            why = "a softmax that is written out is left out by srd-tflite"
        elif found is None:
            why = said.splitlines()[-1]
        else:
            seen[asked] = (float(found.group(1)), 0.0)
            far += [(asked, named)] if seen[asked][0] > TOLERANCE else []
    moves = movement(engine, picture, work) if far else {}
    for asked, named in far:
        seen[asked] = (seen[asked][0], moves[named])
    return seen, why
