#!/bin/sh
# readers.sh -- fuzzes the readers of ONNX and TensorFlow Lite files with libFuzzer and the address and undefined-behaviour sanitizers; by
# hand, needs clang, and for ONNX what builds the importer (examples/tools/onnx/README.md).
#
#   sh tests/fuzz/readers.sh tflite|onnx [SECONDS]     for 60 (or so many) seconds, from the small files of the reader's test folder
#
# SRD_FUZZ_DIR chooses another working folder than build-fuzz/. An input that crashes, hangs or takes more than 1 GB is left there as crash-*,
# timeout-* or oom-*, and the exit status is not 0.
set -eu

reader=$1
seconds=${2:-60}
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
work=${SRD_FUZZ_DIR:-$root/build-fuzz}/$reader
clang=${CLANG:-clang}
tools=$root/examples/tools
mkdir -p "$work/inputs"

# The library and the reader as CMake builds them, with the sanitizers; the program and the tests are not wanted. What the library does
# with a network guides nothing, and is run without counting.
printf 'src:*/lib/*\n' >"$work/uncounted"
cmake -S "$root" -B "$work/build" -DCMAKE_C_COMPILER="$clang" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DSRD_BUILD_SHARED=OFF -DSRD_BUILD_TESTS=OFF \
    -DSRD_BUILD_TOOLS=ON -DCMAKE_C_FLAGS="-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fsanitize-coverage-ignorelist=$work/uncounted" >"$work/build.log" 2>&1 &&
    cmake --build "$work/build" --target "srd_$reader" >>"$work/build.log" 2>&1 || { cat "$work/build.log"; exit 1; }
libraries="$work/build/examples/tools/$reader/libsrd-$reader.a $work/build/lib/libsrd.a"
[ "$reader" != onnx ] || libraries="$libraries -lprotobuf-c"
# shellcheck disable=SC2086 # several words
"$clang" -g -O1 -std=c11 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -I"$root/include" -I"$tools/$reader/include" \
    "$tools/$reader/test/fuzz_$reader.c" $libraries -lm -o "$work/fuzz_$reader"
mkdir -p "$work/seeds"
cp "$tools/$reader/test"/*."$reader" "$work/seeds"
cd "$work"
exec "./fuzz_$reader" -max_total_time="$seconds" -max_len=40000 -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 inputs seeds
