#!/bin/sh
# Parity of the ONNX importer: exports networks of torchvision at full size with seeded random weights, opsets 11 and 13, and compares what
# libsrd computes through srd-onnx with what torch computed. Prints a table; the exit status is 0 only if every output is within 2e-5 of
# its largest value.
#
#   sh tests/parity/onnx.sh [NETWORK...]
#
# Needs what builds srd-onnx (examples/tools/onnx/README.md) and Debian's python3-torchvision. One file at a time is written to the build
# folder, at most 550 MB, and deleted again. SRD_BUILD_DIR chooses another folder than build/; PYTHON another python3.
set -u

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd) || exit 1
build=${SRD_BUILD_DIR:-$root/build}/parity
python=${PYTHON:-/usr/bin/python3}
all="vgg16_bn resnet18 resnet50 resnext50_32x4d densenet121 inception_v3 googlenet squeezenet1_1 mobilenet_v2 mobilenet_v3_large
efficientnet_b0 shufflenet_v2_x1_0 convnext_tiny vit_b_16"

fail()
{
    echo "onnx.sh: $*" >&2
    exit 1
}

mkdir -p "$build" || exit 1
"$python" -c 'import torchvision' 2>/dev/null || fail "please install first (Debian's name): python3-torchvision"
cmake -S "$root" -B "$build" -DSRD_BUILD_TESTS=OFF -DSRD_BUILD_SHARED=OFF >"$build/build.log" 2>&1 &&
    cmake --build "$build" --target srd-onnx --parallel 2 >>"$build/build.log" 2>&1 ||
    { cat "$build/build.log" >&2; fail "srd-onnx was not built"; }

[ $# -gt 0 ] || set -- $all
failed=0
count=0
printf '%-20s %5s %7s %12s %15s %8s  %s\n' network opset layers 'largest out' 'max |difference|' seconds verdict
for network in "$@"; do
    for opset in 11 13; do
        rm -f "$build/$network".*
        "$python" "$root/tests/parity/export_onnx.py" "$build" $opset "$network" >"$build/export.log" 2>&1 ||
            { cat "$build/export.log" >&2; fail "$network could not be exported"; }
        began=$(date +%s.%N)
        "$build/examples/tools/onnx/srd-onnx" --check "$build/$network.onnx" "$build/$network.input" "$build/$network.output" \
            >"$build/check.log" 2>&1 || failed=$((failed + 1))
        took=$(echo "$(date +%s.%N) $began" | awk '{ printf "%.1f", $1 - $2 }')
        count=$((count + 1))
        # The line of --check: FILE: N layers, largest difference D of the largest output L: VERDICT
        sed -n 's/.*: \([0-9]*\) layers, largest difference \([^ ]*\) of the largest output \([^ ]*\): \(.*\)/\1 \2 \3 \4/p' \
            "$build/check.log" | {
            read -r layers difference largest verdict || { cat "$build/check.log"; verdict=FAILED; }
            printf '%-20s %5s %7s %12s %15s %8s  %s\n' "$network" $opset "${layers:--}" "${largest:--}" "${difference:--}" "$took" "$verdict"
        }
        rm -f "$build/$network".*
    done
done
echo
echo "$((count - failed)) of $count within 2e-5 of the largest output"
[ "$failed" -eq 0 ]
