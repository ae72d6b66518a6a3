#!/bin/sh
# srd-onnx as a user runs it: a PNG and a JPEG in, heat maps out, and clear words when something is wrong.
#   sh check_program.sh SRD_ONNX FOLDER WORK
set -u

program=$1
folder=$2
work=$3
failed=0
rm -rf "$work" && mkdir -p "$work" || exit 1

fail()
{
    echo "FAILED: $*"
    failed=$((failed + 1))
}

# explain OPTIONS...: must work, say the balance, and write PNG files
explain()
{
    rm -rf "$work/out"
    "$program" --folder "$work/out" "$@" >"$work/said" 2>&1 || { cat "$work/said"; fail "$*"; return; }
    grep -q '^score .* = inputs ' "$work/said" || fail "$*: no balance"
    for kind in map overlay; do
        [ "$(dd if="$work/out/image_$kind.png" bs=1 skip=1 count=3 2>/dev/null)" = PNG ] || fail "$*: no image_$kind.png"
    done
}

# refuse WORDS OPTIONS...
refuse()
{
    words=$1
    shift
    "$program" --folder "$work/out" "$@" >"$work/said" 2>&1 && fail "$*: should fail"
    grep -q -F -e "$words" "$work/said" || { cat "$work/said"; fail "$*: should say $words"; }
}

explain "$folder/gates_13.onnx" "$folder/cat.png"
explain "$folder/gates_13.onnx" "$folder/cat.jpg"
explain --class 1 --against 2 --contrastive "$folder/class_token_11.onnx" "$folder/cat.jpg"
explain --size 20x30 --mean 0,0,0 --std 1,1,1 "$folder/open_13.onnx" "$folder/cat.png"
explain --layer /patch/Conv --layer /Concat --output out "$folder/class_token_13.onnx" "$folder/cat.png"
[ -s "$work/out/_Concat_map.png" ] && [ -s "$work/out/_patch_Conv_overlay.png" ] || fail "no maps of the layers"

# Threads change no bit.
explain "$folder/class_token_13.onnx" "$folder/cat.jpg"
mv "$work/out" "$work/alone"
for threads in 0 2 3; do
    explain --threads $threads "$folder/class_token_13.onnx" "$folder/cat.jpg"
    cmp "$work/alone/image_map.png" "$work/out/image_map.png" || fail "--threads $threads: another map"
done
refuse "usage" --threads 257 "$folder/gates_13.onnx" "$folder/cat.png"

# The same picture in both formats gives about the same score.
head -c 300 "$folder/cat.jpg" >"$work/cut.jpg"
head -c 300 "$folder/cat.png" >"$work/cut.png"
refuse "PNG" "$folder/gates_13.onnx" "$work/cut.png"
refuse "JPEG" "$folder/gates_13.onnx" "$work/cut.jpg"
refuse "not a PNG file" "$folder/gates_13.onnx" "$folder/gates_13.onnx"
refuse "No such file" "$folder/gates_13.onnx" "$work/none.png"
refuse "there is no layer nowhere" --layer nowhere "$folder/gates_13.onnx" "$folder/cat.png"
refuse "SRD_ERR" --class 6 "$folder/gates_13.onnx" "$folder/cat.png"
refuse "usage" --class -1 "$folder/gates_13.onnx" "$folder/cat.png"
refuse "usage" "$folder/gates_13.onnx"
refuse "does not have" --check "$folder/gates_13.onnx" "$folder/gates.output" "$folder/gates.output"
refuse "DIFFERENT" --check --tolerance 0 "$folder/gates_13.onnx" "$folder/gates.input" "$folder/gates.output"
echo "$failed failures"
[ "$failed" -eq 0 ]
