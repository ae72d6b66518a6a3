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

# A dense output that ends in a sigmoid: its values are no scores and get no softmax, and the scores of the positions add up to that of all.
explain --class 2 "$folder/cells_13.onnx" "$folder/cat.png"
grep -q 'the Sigmoid at the end (/Sigmoid)' "$work/said" || fail "nothing is said of the sigmoid"
grep -q '^  class .* sigmoid .* most at [0-2],[0-4]$' "$work/said" || { cat "$work/said"; fail "no cell of the largest value"; }
grep -q 'softmax' "$work/said" && fail "a softmax of probabilities"
all=$(sed -n 's/^score \([^ ]*\) = .*, lost [-+][0-9.e-]*$/\1/p' "$work/said")
for row in 0 1 2; do
    for column in 0 1 2 3 4; do
        explain --class 2 --position $row,$column "$folder/cells_13.onnx" "$folder/cat.png"
        sed -n 's/^score \([^ ]*\) = .*/\1/p' "$work/said"
    done
done >"$work/scores"
awk -v all="$all" '{ sum += $1 } END { exit !(NR == 15 && all != "" && sum - all < 2e-4 && all - sum < 2e-4) }' "$work/scores" ||
    fail "the scores of the positions do not add up to $all: $(cat "$work/scores")"
# White at the first two of five columns: the sum of those positions, and its balance.
explain --class 2 --mask "$folder/left.png" "$folder/cells_13.onnx" "$folder/cat.png"
sed -n 's/^score \([^ ]*\) = .*, lost [-+][0-9.e-]*$/\1/p' "$work/said" | cat - "$work/scores" |
    awk 'NR == 1 { all = $1; next }
         (NR - 2) % 5 < 2 { sum += $1 }
         END { exit !(NR == 16 && sum - all < 1e-4 && all - sum < 1e-4) }' || fail "the positions below the mask do not add up: $(cat "$work/said")"
grep '^  class' "$work/said" | grep -q -v 'most at [0-2],[01]$' && fail "a cell outside the mask is told: $(cat "$work/said")"
grep -q '^summed over 3 x 5 positions, weighed by .*left.png:$' "$work/said" || fail "nothing is said of the mask"
refuse "black.png is black at all positions" --mask "$folder/black.png" "$folder/cells_13.onnx" "$folder/cat.png"
refuse "No such file" --mask "$work/none.png" "$folder/cells_13.onnx" "$folder/cat.png"
refuse "--position and --mask say both where to ask" --mask "$folder/left.png" --position 0,0 "$folder/cells_13.onnx" "$folder/cat.png"
refuse "--position 3,0: the output has 3 x 5 positions" --position 3,0 "$folder/cells_13.onnx" "$folder/cat.png"
refuse "what is --position 1?" --position 1 "$folder/cells_13.onnx" "$folder/cat.png"

# Names of classes, and which one the question is about.
printf 'cup\r\nold dog\n\nhare' >"$work/names" # the third has none; the last line has no end
explain --labels "$work/names" --class 1 --against 3 "$folder/cells_13.onnx" "$folder/cat.png"
grep -q '^class 1 old dog against class 3 hare:$' "$work/said" || { cat "$work/said"; fail "the question has no names"; }
grep -q '^  class     0 .*   cup$' "$work/said" || { cat "$work/said"; fail "the classes have no names"; }
refuse "has 4 lines, but the output has 6 classes" --labels "$work/names" "$folder/gates_13.onnx" "$folder/cat.png"
refuse "No such file" --labels "$work/none" "$folder/gates_13.onnx" "$folder/cat.png"
refuse "no list of names" --labels "$folder/cat.png" "$folder/gates_13.onnx" "$folder/cat.png"

# Over the whole picture at its own size, also of a layer; one without a place is told.
explain --photo --crop 0.5 --layer /patch/Conv --layer /Concat "$folder/class_token_13.onnx" "$folder/cat.png"
[ -s "$work/out/image_photo.png" ] && [ -s "$work/out/_patch_Conv_photo.png" ] || fail "no overlays of the photo"
for kind in photo:"$folder/cat.png" overlay:"$work/out/image_map.png"; do
    cmp -s -i 16 -n 8 "$work/out/image_${kind%%:*}.png" "${kind#*:}" || fail "image_${kind%%:*}.png has not the size of ${kind#*:}"
done

# A part of the picture.
explain "$folder/cells_13.onnx" "$folder/cat.png"
mv "$work/out" "$work/whole"
explain --crop 1 "$folder/cells_13.onnx" "$folder/cat.png"
cmp "$work/whole/image_map.png" "$work/out/image_map.png" || fail "--crop 1 is not the default"
explain --crop 0.5 "$folder/cells_13.onnx" "$folder/cat.png"
cmp -s "$work/whole/image_overlay.png" "$work/out/image_overlay.png" && fail "--crop 0.5 crops nothing"
for part in 0 1.5 -1 nan x; do refuse "what is --crop $part?" --crop $part "$folder/cells_13.onnx" "$folder/cat.png"; done

"$program" --help >"$work/said" 2>"$work/errors" || fail "--help fails"
[ ! -s "$work/errors" ] || fail "--help complains"
# The options that README.md tells of are those of --help.
sed -n 's/^| `--\([^|]*\)|.*/\1/p' "$folder/../README.md" | tr -d '`' | tr ',' '\n' | awk '{ sub(/^ *-*/, ""); print $1 }' | grep '^[a-z]' | sort -u >"$work/told"
sed -n 's/^  --\([a-z-]*\).*/\1/p' "$work/said" | grep -v -e '^help$' -e '^tolerance$' | sort -u >"$work/printed"
diff "$work/told" "$work/printed" || fail "README.md and --help have other options"

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
