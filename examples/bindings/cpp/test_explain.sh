# test_explain.sh PROGRAM PICTURE FOLDER -- the example names the class, keeps the balance, and writes a picture.
set -eu
program=$1 picture=$2 out=$3/explained.ppm
rm -f "$out"
said=$("$program" "$picture" "$out")
echo "$said"
echo "$said" | grep -q '^The network says Sandal, score 3.911'
echo "$said" | grep -q '^Shared out among the pixels: 3.911'
[ "$(head -c 15 "$out" | tr '\n' ' ')" = "P6 448 448 255 " ]
[ "$(wc -c <"$out")" -eq $((15 + 448 * 448 * 3)) ]
# Something must be red, that is evidence for; and a missing picture is an error with a reason.
[ "$(tail -c +16 "$out" | od -An -v -tu1 -w3 | awk '$1 > $3 + 60' | wc -l)" -gt 100 ]
if "$program" /nonexistent.pgm "$out" 2>"$3/explain.err"; then exit 1; fi
grep -q 'not a 28 x 28 picture' "$3/explain.err"
