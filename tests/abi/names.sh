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
# Every public function is called by some test, and every layer-adding one by all that is tested for all kinds.
tests=$(dirname "$0")/..
while read -r name; do
    grep -qrw --include='*.c' --include='*.h' "$name" "$tests" || { echo "FAILED: no test calls $name"; failed=1; }
done <"$work/listed"
grep -hoE '^SRD_API srd_layer srd_graph_[a-z0-9_]+\(srd_graph \*' "$include/srd/graph.h" | sed -E 's/.* (srd_graph_[a-z0-9_]+)\(.*/\1/' |
    while read -r name; do
        grep -qw "$name" "$tests/api/adders.h" || { echo "FAILED: $name is not in tests/api/adders.h"; exit 1; }
    done || failed=1

diff "$work/declared" "$work/listed" || { echo "FAILED: < declared in the headers only, > in $symbols only"; exit 1; }
exit $failed
