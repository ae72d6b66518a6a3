#!/usr/bin/env python3
"""Writes fashion_int8.c and fashion_int8.h: the quickstart's network with a byte for each weight, in place of a float.

    python3 quantise.py            (nothing but Python is needed)
    python3 quantise.py --check    writes nothing; exit status 1 if the files are not what it would write

The largest magnitude of an output channel becomes 127, so weight = scale[output] * byte, nearly, with scale a float32. Batch norms and
the bias stay float32, to the digit as they are in ../quickstart/fashion_net.c.
"""
import pathlib
import re
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent / "quickstart"
WIDTH = 126


def single(number):
    """The nearest float32."""
    return struct.unpack("<f", struct.pack("<f", number))[0]


def read_source():
    """[(name, size, [numbers as they are written])] of all constants, in their order, and the text of the labels."""
    text = (SOURCE / "fashion_net.c").read_text()
    labels = re.search(r"fashion_net_labels\[10\] = \{(.*?)\};", text, flags=re.S).group(1)
    found = re.findall(r"const float fashion_net_(\w+)\[([^]]*)\] = \{(.*?)\};", text, flags=re.S)
    return [(name, size, body.replace(",", " ").split()) for name, size, body in found], labels.split()


def quantise(numbers, outputs):
    """Scales and bytes of a weight whose first axis is that of the output channels."""
    inputs = len(numbers) // outputs
    scales, stored = [], []
    for o in range(outputs):
        row = numbers[o * inputs:(o + 1) * inputs]
        scale = single(max(abs(number) for number in row) / 127)
        scales.append(scale)
        stored += [round(number / scale) if scale > 0 else 0 for number in row]
    assert all(-128 < byte < 128 for byte in stored)
    return scales, stored


def wrapped(words):
    """Lines of words, each followed by a comma."""
    lines, line = [], "   "
    for word in words:
        if len(line) + len(word) + 2 > WIDTH:
            lines.append(line)
            line = "   "
        line += f" {word},"
    return "\n".join(lines + [line])


def array(kind, name, size, words):
    return f"const {kind} fashion_int8_{name}[{size}] = {{\n{wrapped(words)}\n}};\n"


def tables(arrays):
    """The text of all arrays, and of their declarations."""
    made = []
    for name, size, words in arrays:
        if name.endswith("_weight"):
            outputs = int(size.split("*")[0])
            scales, stored = quantise([single(float(word.rstrip("f"))) for word in words], outputs)
            made.append(("int8_t", name, size, [str(byte) for byte in stored]))
            made.append(("float", name.replace("_weight", "_scale"), str(outputs), [f"{scale:.9g}f" for scale in scales]))
        else:
            made.append(("float", name, size, words))
    return [array(*one) for one in made], [f"extern const {kind} fashion_int8_{name}[{size}];" for kind, name, size, _ in made]


def main():
    arrays, labels = read_source()
    bodies, declarations = tables(arrays)
    about = "the quickstart's network with a byte for each weight, by quantise.py; do not edit"
    macros = re.findall(r"^#define FASHION_NET_(\w+ \S+)$", (SOURCE / "fashion_net.h").read_text(), flags=re.M)
    texts = {
        "fashion_int8.h": "\n".join(
            [f"/* fashion_int8.h -- {about}. fashion_net.h says what is what. */", "#ifndef FIRMWARE_FASHION_INT8_H",
             "#define FIRMWARE_FASHION_INT8_H", "", "#include <stdint.h>", "", "/* clang-format off */"] +
            [f"#define FASHION_INT8_{macro}" for macro in macros] +
            ["", "extern const char *const fashion_int8_labels[10];"] + declarations +
            ["/* clang-format on */", "", "#endif", ""]),
        "fashion_int8.c": f"/* fashion_int8.c -- {about}. */\n#include \"fashion_int8.h\"\n\n/* clang-format off */\n" +
                          "const char *const fashion_int8_labels[10] = {\n    " + " ".join(labels) + "\n};\n" + "".join(bodies) +
                          "/* clang-format on */\n",
    }
    if sys.argv[1:] == ["--check"]:
        stale = [name for name, text in texts.items() if (HERE / name).read_text() != text]
        print("not what quantise.py writes: " + " ".join(stale) if stale else "as quantise.py writes them")
        sys.exit(1 if stale else 0)
    for name, text in texts.items():
        (HERE / name).write_text(text)


if __name__ == "__main__":
    main()
