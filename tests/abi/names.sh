# names.sh INCLUDE_DIR SYMBOLS -- the functions that the headers declare are those of the committed list, which is sorted.
set -u
include=$1 symbols=$2
failed=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# A declaration runs from SRD_API to its semicolon; its name is the first word before a parenthesis.
grep -hv '^#' "$include"/srd/*.h | tr '\n' ' ' | grep -oE 'SRD_API [^;]*;' |
    sed -E 's/^[^(]*[ *](srd_[a-z0-9_]+)\(.*/\1/' | LC_ALL=C sort >"$work/declared"
grep -v '^#' "$symbols" | sed 's/ .*//' >"$work/listed"
LC_ALL=C sort -cu "$work/listed" || exit 1
[ -s "$work/declared" ] || { echo "no declaration was found"; exit 1; }
# Every public function is called by some test; kinds.sh asks for more where layers are added. Layer calls without parameters
# (SRD__PLAIN) are called through the list of kinds, which tests include.
tests=$(dirname "$0")/..
sed -n 's/^SRD__PLAIN(\([a-z0-9_]*\),.*/srd_graph_\1/p' "$(dirname "$symbols")/layers/kinds.def" >"$work/plain"
while read -r name; do
    grep -qx "$name" "$work/plain" ||
    grep -qrw --include='*.c' --include='*.h' "$name" "$tests" || { echo "FAILED: no test calls $name"; failed=1; }
done <"$work/listed"
# Every public struct is known to srd_struct_size() and has its test.
grep -ohE '^typedef struct srd_[a-z0-9_]+ \{' "$include"/srd/*.h | sed 's/typedef struct //; s/ {//' | LC_ALL=C sort >"$work/structs"
grep -oE 'ENTRY\(srd_[a-z0-9_]+\)' "$(dirname "$symbols")/api/struct_size.c" | sed 's/ENTRY(//; s/)//' | LC_ALL=C sort >"$work/known"
grep -oE 'SIZE_OF\(srd_[a-z0-9_]+\)' "$(dirname "$0")/test_layout.c" | sed 's/SIZE_OF(//; s/)//' | LC_ALL=C sort >"$work/tested"
[ -s "$work/structs" ] || { echo "no struct was found"; exit 1; }
diff "$work/structs" "$work/known" || { echo "FAILED: < in the headers only, > known to srd_struct_size() only"; failed=1; }
diff "$work/structs" "$work/tested" || { echo "FAILED: < in the headers only, > tested only"; failed=1; }
diff "$work/declared" "$work/listed" || { echo "FAILED: < declared in the headers only, > in $symbols only"; exit 1; }
exit $failed
