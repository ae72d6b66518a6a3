#!/bin/sh
# run.sh -- fuzzes the public interface with libFuzzer and the address and undefined-behaviour sanitizers; by hand, needs clang.
#
#   sh tests/fuzz/run.sh [SECONDS [PROCESSES]]   fuzz for 60 (or so many) seconds, on one (or so many) processors
#   sh tests/fuzz/run.sh keep                    the smallest set of inputs that reaches all that is known to be reached goes to
#                                                tests/fuzz/corpus, beside what is there already
#
# SRD_FUZZ_DIR chooses another working folder than build-fuzz/. Inputs that reach something new gather in its folder inputs/;
# an input that breaks a promise, crashes, or takes longer than 10 seconds is left in it as crash-*, timeout-* or oom-*, and the exit
# status is not 0. To see it again: build-fuzz/fuzz_api build-fuzz/crash-...   When the fault is mended, copy the input to
# tests/fuzz/corpus: the everyday tests replay that folder without clang (replay.c).
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
work=${SRD_FUZZ_DIR:-$root/build-fuzz}
kept=$root/tests/fuzz/corpus
clang=${CLANG:-clang}
# As the library is built (docs/numerics.md: no contraction), with everything a sanitizer sees as the end. Comparisons are not
# traced: no long constant is to be guessed here, and half of the time would go there.
flags='-g -O2 -std=c11 -ffp-contract=off -fno-omit-frame-pointer -fno-sanitize-recover=all'

mkdir -p "$work/objects" "$work/inputs"
for source in $(cd "$root" && find lib -name '*.c') tests/fuzz/basics.c tests/fuzz/layers.c tests/fuzz/more_layers.c tests/fuzz/running.c tests/fuzz/looking.c \
    tests/fuzz/fuzz_api.c; do
    object=$work/objects/$(echo "$source" | tr / _).o
    # shellcheck disable=SC2086 # flags are several words
    echo "'$clang' $flags -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-coverage=trace-cmp -DSRD_BUILDING -I'$root/include' -I'$root/lib' -c '$root/$source' -o '$object'"
done | xargs -P "$(getconf _NPROCESSORS_ONLN)" -I{} sh -c '{}'
# shellcheck disable=SC2086
"$clang" $flags -fsanitize=fuzzer,address,undefined "$work"/objects/*.o -lm -o "$work/fuzz_api"

cd "$work"
if [ "${1:-}" = keep ]; then
    # By edges alone: with their counts the set would be 20 times as large.
    exec ./fuzz_api -set_cover_merge=1 -use_counters=0 -max_len=1024 "$kept" inputs
fi
# The corpus is only read: new inputs go to the first folder.
if [ "${2:-1}" -gt 1 ]; then
    exec ./fuzz_api -max_total_time="${1:-60}" -max_len=400 -timeout=10 -entropic=0 -fork="$2" inputs "$kept"
fi
exec ./fuzz_api -max_total_time="${1:-60}" -max_len=400 -timeout=10 -entropic=0 -print_final_stats=1 inputs "$kept"
