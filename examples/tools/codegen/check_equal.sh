#!/bin/sh
# The C file of a network gives the importer's maps bit for bit, with weights as arrays and by .incbin.
#   sh check_equal.sh SRD_ONNX SRD_CODEGEN LIBRARY INCLUDE MODELS WORK COMPILER [FLAGS...]
set -u

onnx=$1
codegen=$2
library=$3
include=$4
models=$5
work=$6
compiler=$7
shift 7
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 1
failed=0
count=0
rm -rf "$work" && mkdir -p "$work" || exit 1

# compare NAME MODEL OPTIONS-OF-CODEGEN... -- FLAGS...
compare()
{
    name=$1
    model=$2
    most=$3
    shift 3
    "$onnx" --map "$model" "$models/$name.input" "$work/importer.map" >/dev/null 2>&1 &&
        "$codegen" --arrays "$most" "$model" "$work/model.c" 2>/dev/null &&
        "$compiler" -std=c11 -Wall -Wextra -pedantic -Werror -I "$include" -I "$here" "$work/model.c" "$here/run.c" "$library" -lm \
            -o "$work/run" "$@" &&
        "$work/run" "$models/$name.input" "$work/c.map" >"$work/said" &&
        cmp "$work/importer.map" "$work/c.map" &&
        [ "$(wc -c <"$work/c.map")" -ge 16 ] || {
        echo "$name ($most): FAILED"
        failed=$((failed + 1))
    }
    count=$((count + 1))
    rm -f "$work"/*.map "$work/run" "$work"/model.c*
}

for input in "$models"/*.input; do
    name=$(basename "$input" .input)
    [ "$name" = open ] && continue # its sizes are open: the two would have to be told
    compare "$name" "$models/${name}_13.onnx" 1000000 "$@"
done
compare class_token "$models/class_token_11.onnx" 0 "$@"
echo "$count networks, $failed failures"
[ "$failed" -eq 0 ] && [ "$count" -ge 15 ]
