#!/bin/sh
# The C file of a network gives the reader's maps bit for bit, with weights as arrays and by .incbin; stored in fewer bits they give nearly the same.
#   sh check_equal.sh PROGRAMS SRD_CODEGEN LIBRARY INCLUDE TOOLS WORK COMPILER [FLAGS...]
# PROGRAMS has onnx/srd-onnx and tflite/srd-tflite.
set -u

programs=$1
codegen=$2
library=$3
include=$4
tools=$5
work=$6
compiler=$7
shift 7
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 1
failed=0
count=0
rm -rf "$work" && mkdir -p "$work" || exit 1

fail()
{
    echo "FAILED: $*"
    failed=$((failed + 1))
}

# maps MODEL INPUT OPTIONS-OF-CODEGEN -- FLAGS...: reader.map and c.map. The options are words.
maps()
{
    model=$1
    input=$2
    options=$3
    shift 3
    reader=${model##*.}
    rm -f "$work"/*.map "$work/run" "$work"/model.c*
    # shellcheck disable=SC2086
    "$programs/$reader/srd-$reader" --map "$model" "$input" "$work/reader.map" >/dev/null 2>&1 &&
        "$codegen" $options "$model" "$work/model.c" 2>"$work/notes" &&
        "$compiler" -std=c11 -Wall -Wextra -pedantic -Werror -I "$include" -I "$here" "$work/model.c" "$here/run.c" "$library" -lm \
            -o "$work/run" "$@" &&
        "$work/run" "$input" "$work/c.map" >"$work/said" && [ "$(wc -c <"$work/c.map")" -ge 16 ]
}

# equal MODEL INPUT OPTIONS-OF-CODEGEN -- FLAGS...
equal()
{
    count=$((count + 1))
    maps "$@" && cmp "$work/reader.map" "$work/c.map" || fail "$1 ($3)"
}

# near MODEL INPUT OPTIONS-OF-CODEGEN PARTS -- FLAGS...: other bits, but within so many thousandths of the largest number of the map
near()
{
    count=$((count + 1))
    parts=$4
    model=$1
    input=$2
    options=$3
    shift 4
    maps "$model" "$input" "$options" "$@" || { fail "$model ($options)"; return; }
    for map in reader c; do od -An -v -tf4 -w4 "$work/$map.map" >"$work/$map.numbers"; done
    paste "$work/reader.numbers" "$work/c.numbers" |
        awk -v parts="$parts" '{ off = $1 - $2; if (off < 0) off = -off; if (off > most) most = off
                                 own = $1 < 0 ? -$1 : $1; if (own > largest) largest = own }
                               END { exit !(NR > 3 && most > 0 && most <= parts / 1000 * largest) }' ||
        fail "$model ($options): too far away, or equal: $(paste "$work/reader.numbers" "$work/c.numbers" | head -n 3)"
}

models=$tools/onnx/test
for input in "$models"/*.input; do
    name=$(basename "$input" .input)
    [ "$name" = open ] || equal "$models/${name}_13.onnx" "$input" "--arrays 1000000" "$@"
done
equal "$models/class_token_11.onnx" "$models/class_token.input" "--arrays 0" "$@"
for name in activations convolutions pools moves sizes; do
    equal "$tools/tflite/test/$name.tflite" "$tools/tflite/test/$name.input" "--arrays 1000" "$@"
done

# Weights of float16 are off by at most 2^-11 of each, those of int8 by 1/254 of the largest of their channel.
for most in 0 1000000; do
    near "$models/class_token_13.onnx" "$models/class_token.input" "--weights float16 --arrays $most" 5 "$@"
    near "$models/enlarge_13.onnx" "$models/enlarge.input" "--weights float16 --arrays $most" 5 "$@"
    near "$models/class_token_13.onnx" "$models/class_token.input" "--weights int8 --arrays $most" 50 "$@"
    near "$models/enlarge_13.onnx" "$models/enlarge.input" "--weights int8 --arrays $most" 50 "$@" # with a transposed convolution
done
near "$models/operators/transposed_11.onnx" "$models/operators/transposed_11.input" "--weights int8" 50 "$@" # with groups

# Each number of float16 is the nearest one: off by half of the distance of two neighbours at most, 2^-11 of it, or 2^-25.
"$codegen" "$models/class_token_13.onnx" "$work/floats.c" 2>/dev/null && "$codegen" --weights float16 "$models/class_token_13.onnx" "$work/halves.c" 2>/dev/null
{
    echo '#include <math.h>' && echo '#include <stdint.h>' && echo '#include <stdio.h>'
    sed -n '/ n1_0\[/,/^};/p' "$work/floats.c" | sed 's/n1_0/floats/'
    sed -n '/uint16_t n1_0\[/,/^};/p' "$work/halves.c" | sed 's/n1_0/halves/'
    cat <<'END'
int main(void)
{
    const int count = (int)(sizeof halves / sizeof halves[0]);

    for (int i = 0; i < count; ++i) {
        const int exponent = halves[i] >> 10 & 31, digits = halves[i] & 1023;
        const double size = exponent > 0 ? ldexp(1024 + digits, exponent - 25) : ldexp(digits, -24), w = floats[i];
        const double half = halves[i] & 0x8000 ? -size : size, most = fmax(ldexp(fabs(w), -11), ldexp(1, -25));
        if (!(fabs(half - w) <= most)) return printf("%g became %g\n", w, half), 1;
    }
    return count < 50;
}
END
} >"$work/halves_test.c"
"$compiler" -std=c11 "$work/halves_test.c" -lm -o "$work/run" "$@" && "$work/run" || fail "float16"
"$codegen" --weights int8 --arrays 0 "$models/class_token_13.onnx" "$work/bytes.c" 2>/dev/null
"$codegen" --arrays 0 "$models/class_token_13.onnx" "$work/floats.c" 2>/dev/null
[ $((2 * $(wc -c <"$work/bytes.c.bin"))) -lt "$(wc -c <"$work/floats.c.bin")" ] || fail "int8 takes more than half of the bytes"

# What cannot be written is told.
"$codegen" "$models/cumsum_13.onnx" "$work/none.c" 2>"$work/notes" && fail "a network that is refused is written"
grep -q 'CumSum /CumSum: this operator is not supported' "$work/notes" || fail "$(cat "$work/notes")"
"$codegen" --weights int4 "$models/gates_13.onnx" "$work/none.c" 2>/dev/null
[ $? -eq 2 ] || fail "--weights int4"
[ ! -e "$work/none.c" ] || fail "a file is left behind"
echo "$count networks, $failed failures"
[ "$failed" -eq 0 ] && [ "$count" -ge 28 ]
