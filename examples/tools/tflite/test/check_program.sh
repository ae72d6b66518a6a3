#!/bin/sh
# srd-tflite as a user runs it: a picture in, heat maps out, and clear words when something is wrong.
#   sh check_program.sh SRD_TFLITE FOLDER PICTURE WORK
set -u

program=$1
folder=$2
picture=$3
work=$4
failed=0
rm -rf "$work" && mkdir -p "$work" || exit 1

fail()
{
    echo "FAILED: $*"
    failed=$((failed + 1))
}

# refuse WORDS OPTIONS...
refuse()
{
    words=$1
    shift
    "$program" --folder "$work/out" "$@" >"$work/said" 2>&1 && fail "$*: should fail"
    grep -q -F -e "$words" "$work/said" || { cat "$work/said"; fail "$*: should say $words"; }
}

printf 'cup\ndog\nhat\nhare\n' >"$work/names"
"$program" --folder "$work/out" --labels "$work/names" --layer relu_none "$folder/convolutions.tflite" "$picture" >"$work/said" 2>&1 &&
    fail "a layer that is not there"
"$program" --folder "$work/out" --labels "$work/names" --class 1 --against 3 "$folder/convolutions.tflite" "$picture" >"$work/said" 2>&1 ||
    { cat "$work/said"; fail "a picture"; }
grep -q '^score .* = inputs ' "$work/said" || fail "no balance"
grep -q '^class 1 dog against class 3 hare:$' "$work/said" || fail "no names"
grep -q 'the SOFTMAX at the end (softmax_[0-9]*) is left out' "$work/said" || fail "nothing is said of the softmax"
for kind in map overlay; do
    [ "$(dd if="$work/out/image_$kind.png" bs=1 skip=1 count=3 2>/dev/null)" = PNG ] || fail "no image_$kind.png"
done
# The files order numbers H, W, C: an input that has them so, and its map.
"$program" --map "$folder/convolutions.tflite" "$folder/convolutions.input" "$work/map" || fail "--map"
[ "$(wc -c <"$work/map")" -eq 252 ] || fail "--map: not 9 x 7 numbers"
"$program" --help >"$work/said" 2>"$work/errors" || fail "--help fails"
grep -q '^  --dequantise' "$work/said" && grep -q '^usage: srd-tflite ' "$work/said" && [ ! -s "$work/errors" ] || fail "--help does not print the options"
refuse "usage: srd-tflite" "$folder/convolutions.tflite"
refuse "No such file" "$folder/none.tflite" "$picture"
refuse "no sound TensorFlow Lite file" "$picture" "$picture"
refuse "has no output nowhere" --output nowhere "$folder/convolutions.tflite" "$picture"
echo "$failed failures"
[ "$failed" -eq 0 ]
