#!/bin/sh
# The small networks of this folder: what torch computed, and the calls that each pattern must become (kinds.txt), for both opsets.
#   sh check_small.sh SRD_ONNX FOLDER
set -u

program=$1
folder=$2
failed=0
count=0

# check MODEL NUMBERS OPTIONS...
check()
{
    model=$1
    numbers=$2
    shift 2
    count=$((count + 1))
    "$program" "$@" --check "$folder/$model.onnx" "$folder/${model%_*}.input" "$folder/$numbers" 2>&1 || {
        echo "$model: FAILED"
        failed=$((failed + 1))
    }
}

for input in "$folder"/*.input; do
    name=$(basename "$input" .input)
    for opset in 11 13; do
        check "${name}_$opset" "$name.output" --size 8x10
        # heads has a second output, whose channels come last
        if [ "$name" = heads ]; then check "${name}_$opset" "$name.second" --output second; fi
        kinds=$(sh "$folder/kinds.sh" "$program" "$folder/${name}_$opset.onnx")
        [ -n "$kinds" ] && grep -F -x -q "$name: $kinds" "$folder/kinds.txt" || {
            echo "${name}_$opset: its calls are not those of kinds.txt but $kinds"
            failed=$((failed + 1))
        }
    done
done
echo "$count outputs compared, $failed failures"
[ "$failed" -eq 0 ] && [ "$count" -ge 30 ]
