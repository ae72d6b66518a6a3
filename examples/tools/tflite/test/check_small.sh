#!/bin/sh
# The small networks of this folder (make_small.py): what numpy computed, and what must be refused, with the words.
#   sh check_small.sh SRD_TFLITE FOLDER
set -u

program=$1
folder=$2
failed=0
count=0

fail()
{
    echo "FAILED: $*"
    failed=$((failed + 1))
}

for output in "$folder"/*.output; do
    name=$(basename "$output" .output)
    count=$((count + 1))
    "$program" --check "$folder/$name.tflite" "$folder/$name.input" "$output" || fail "$name"
done

# A tensor inside the network: what the softmax at the end reads.
"$program" --check --output fully_connected_20 "$folder/convolutions.tflite" "$folder/convolutions.input" "$folder/convolutions.output" ||
    fail "an inner tensor"
"$program" --layers --output conv_2d_9 "$folder/convolutions.tflite" | grep -q '^input image, output conv_2d_9$' || fail "the name of an inner tensor"

# kinds NAME FUNCTION...: layers that must come of it
kinds()
{
    name=$1
    shift
    for function in "$@"; do
        "$program" --layers "$folder/$name.tflite" 2>/dev/null | grep -q "^ *[0-9]* *$function " || fail "$name has no $function"
    done
}

kinds arithmetic silu hard_swish gate scale_shift
kinds transposed conv_transpose2d
kinds mirrored reflection_pad2d
kinds moves conv2d linear crop2d concat_tokens
kinds written leaky_relu clip maximum minimum softmax
kinds focus crop2d space_to_depth depth_to_space
kinds anchors depth_to_space concat_tokens
kinds segment conv_transpose2d

# refuse NAME WORDS OPTIONS...
refuse()
{
    name=$1
    words=$2
    shift 2
    count=$((count + 1))
    said=$("$program" "$@" --layers "$folder/$name.tflite" 2>&1) && fail "$name should be refused"
    case $said in *"$words"*) ;; *) fail "$name should say $words, but says $said" ;; esac
}

refuse refused_activation "ADD add_2: its fused activation, number 5, is not supported"
refuse refused_batch "the input image is a batch of 2"
refuse refused_beta "its beta is not 1"
refuse refused_bilinear "half_pixel_centers is"
refuse refused_gate "nothing tells which one is the gate"
refuse refused_inputs "MAXIMUM maximum_2: it has 1 inputs, not 2"
refuse refused_obstacles "in the way are 2 SQRT, 1 operator 128"
refuse refused_option "it has an option (number 5) that is not known"
refuse refused_quantize "the tensor quantize_1 is int8 (scale 0.1, zero point 0)"
refuse refused_shape "another shape"
refuse refused_version "version 99 of this operator is not known; up to 3 are"
refuse hybrid "the tensor integers_1 is int8 (scale 0.01 and others, zero point 0)"
refuse integers "the tensor image is int8 (scale 0.1, zero point 0)"
for name in hybrid integers; do
    count=$((count + 1))
    "$program" --dequantise --check "$folder/$name.tflite" "$folder/$name.input" "$folder/$name.floats" >"${TMPDIR:-/tmp}/said.$$" 2>&1 ||
        { cat "${TMPDIR:-/tmp}/said.$$"; fail "$name as floats"; }
    grep -q "is explained as its float original: the integer network that TensorFlow Lite runs differs" "${TMPDIR:-/tmp}/said.$$" ||
        fail "$name: nothing is said of its integers"
    rm -f "${TMPDIR:-/tmp}/said.$$"
done
echo "$count files, $failed failures"
[ "$failed" -eq 0 ] && [ "$count" -ge 21 ]
