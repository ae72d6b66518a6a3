#!/bin/sh
# Prints the table of examples/zoo; installs PyTorch on Debian if it is missing. Needs some 4 GB of memory and 5 minutes.
#
#   sh tests/parity/zoo.sh [NAME...]
set -u

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd) || exit 1
build=${SRD_BUILD_DIR:-$root/build}
python=${SRD_PYTHON:-/usr/bin/python3}

if ! "$python" -c 'import torch, torchvision, numpy' 2>/dev/null; then
    echo "Installing PyTorch ..."
    apt-get -q -y install --no-install-recommends python3-torch python3-torchvision python3-numpy >/dev/null || exit 1
fi
mkdir -p "$build"
{
    cmake -S "$root" -B "$build" -DSRD_BUILD_SHARED=ON -DSRD_BUILD_TESTS=ON -DSRD_BUILD_EXAMPLES=ON &&
        cmake --build "$build" --parallel "$(getconf _NPROCESSORS_ONLN)"
} >"$build/parity.log" 2>&1 || { cat "$build/parity.log"; exit 1; }
errors=$build/golden_errors.txt
rm -f "$errors"
SRD_GOLDEN_ERRORS=$errors "$build/tests/test_golden" >"$build/parity.log" || { cat "$build/parity.log"; exit 1; }
exec "$python" -B "$root/tests/parity/zoo.py" "$build/lib/libsrd.so" "$build/examples/zoo/libzoo.so" "$build/examples/zoo/zoo" \
    "$errors" "$@"
