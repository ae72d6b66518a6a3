#!/bin/sh
# The small networks of this folder: what torch computed, and the calls that each pattern must become (kinds.txt), for both opsets. Then
# those of operators/: what the definitions of the operators give, and that the explanation of the top class loses nothing.
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
        # A tensor inside a network, by its name and by its node's: what the Softmax at the end reads.
        if [ "$name" = heads ]; then
            for inner in /b/Gemm_output_0 /b/Gemm; do check "${name}_$opset" "$name.output" --output "$inner"; done
        fi
        kinds=$(sh "$folder/kinds.sh" "$program" "$folder/${name}_$opset.onnx")
        [ -n "$kinds" ] && grep -F -x -q "$name: $kinds" "$folder/kinds.txt" || {
            echo "${name}_$opset: its calls are not those of kinds.txt but $kinds"
            failed=$((failed + 1))
        }
    done
done

# Nodes in no order, which engines sort: those of gates_13 from the last to the first.
check gates_unsorted gates.output
# Weights in a file beside it; an input and an output in float16, which libsrd takes and gives as float32.
check gates_external gates.output
check gates_half gates.output
# An input beside the picture that the output does not depend on; the number of the largest class as the output, before which scores are taken.
check gates_beside gates.output
check heads_choice heads.output

map=$(mktemp) || exit 1
trap 'rm -f "$map"' EXIT
for model in "$folder"/operators/*.onnx; do
    name=$(basename "$model" .onnx)
    numbers=$folder/operators/$name
    count=$((count + 1))
    "$program" --check "$model" "$numbers.input" "$numbers.output" 2>&1 || {
        echo "$name: FAILED"
        failed=$((failed + 1))
    }
    balance=$("$program" --map "$model" "$numbers.input" "$map" 2>&1 | grep -v ' is left out: ')
    case $name:$balance in
        # Its top class is 1 of a Hardmax, which no question's head passes.
        softmaxes_11:*"this custom layer has no back callback"*) ;;
        *"score "*", lost "*) echo "$balance" | awk '{ score = $2 < 0 ? -$2 : $2; lost = $NF < 0 ? -$NF : $NF
                                                      exit !(lost <= 1e-5 * (1 + score)) }' ;;
        *) false ;;
    esac || {
        echo "$name: not explained, or something is lost: $balance"
        failed=$((failed + 1))
    }
done
echo "$count outputs compared, $failed failures"
[ "$failed" -eq 0 ] && [ "$count" -ge 65 ]
