"""Makes left.png, 9 x 6 pixels of which the three columns on the left are white, and black.png, for the tests of --mask.

    python3 examples/tools/onnx/test/make_masks.py
"""
import pathlib
import struct
import zlib


def png(path, rows):
    """Writes grey pixels of 8 bits."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows), 9)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b""))


if __name__ == "__main__":
    folder = pathlib.Path(__file__).resolve().parent
    png(folder / "left.png", [[255] * 3 + [0] * 6] * 6)
    png(folder / "black.png", [[0] * 9] * 6)
