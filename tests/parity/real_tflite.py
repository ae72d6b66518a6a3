"""What real_files.py needs of TensorFlow Lite files: who made a file, and what srd-tflite says of it."""
import os
import struct

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
