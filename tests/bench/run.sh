#!/bin/sh
# Benchmarks of this machine: forward pass, forward pass with all sharing ratios, one map, memory, and, where python3-torch is, ratios
# to PyTorch's frozen forward pass and its input gradient in the same run (medians of interleaved rounds).
#
#   sh tests/bench/run.sh [--install] [--kernels SET] [NETWORK...]     --install: installs PyTorch on Debian if it is missing
#   sh tests/bench/run.sh [--kernels SET] steps NETWORK                each step's time, GFLOP/s and per cent of the peak, one thread
#
# SET is portable, avx2, avx512, neon or amx; without it the processor's best is measured.
set -u

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd) || exit 1
build=${SRD_BUILD_DIR:-$root/build}
python=${PYTHON:-/usr/bin/python3}

if [ "${1:-}" = --install ]; then
    shift
    "$python" -c 'import torch, torchvision' 2>/dev/null ||
        apt-get -q -y install --no-install-recommends python3-torch python3-torchvision >/dev/null || exit 1
fi
kernels=0 # SRD_KERNELS_...
if [ "${1:-}" = --kernels ]; then
    case ${2:-} in
        portable) kernels=1 ;;
        avx2) kernels=2 ;;
        avx512) kernels=3 ;;
        neon) kernels=4 ;;
        amx) kernels=5 ;;
        *) echo "no such set: ${2:-}" >&2; exit 2 ;;
    esac
    shift 2
fi
mkdir -p "$build"
{ cmake -S "$root" -B "$build" && cmake --build "$build" --target bench; } >"$build/bench.log" 2>&1 || { cat "$build/bench.log"; exit 1; }
if [ "${1:-}" = steps ]; then exec "$build/tests/bench/bench" "$2" 1 3 "$kernels" steps; fi
[ $# -gt 0 ] || set -- vgg16 resnet50 resnet18 densenet121 squeezenet1_1 mobilenet_v2
exec "$python" -B "$root/tests/bench/table.py" "$build/tests/bench/bench" "$kernels" "$@"
