#!/bin/sh
# Compares torch modules with their translation by examples/bindings/python/srd/torch; needs python3 with numpy, torch, torchvision (Debian:
# python3-torchvision) and a built shared library. Exit status 77: one of them is missing.
#
#   sh tests/parity/fx.sh [--forward] [network...]
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd) || exit 1
SRD_PYTHON_NEEDS='numpy torch torchvision' PYTHONPATH="$root/examples/bindings/python" exec sh "$root/examples/bindings/python/run.sh" \
    "$root/tests/parity/fx.py" "$@"
