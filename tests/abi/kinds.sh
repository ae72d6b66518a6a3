# kinds.sh SOURCE CMAKE -- what must exist for each kind of layer exists: the list lib/layers/kinds.def against the header, the
# switches, tests, the table of layers in the documentation, and what other languages repeat of it.
set -u
source=$1 cmake=$2
failed=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
tests=$source/tests
list=$source/lib/layers/kinds.def

complain() {
    echo "FAILED: $*"
    failed=1
}

# Lines of the list as words: macro name switch role; and whether a call takes more than what it reads.
sed -n 's/^SRD__\([A-Z]*\)(\([a-z0-9_]*\), \(.*\))$/\1 \2 \3/p' "$list" >"$work/list"
[ "$(wc -l <"$work/list")" -ge 50 ] || { complain "kinds.def has no list"; exit 1; }
# calls MACROS: names of calls by these macros.
calls() {
    awk -v macros=" $1 " 'index(macros, " " $1 " ") { print $2 }' "$work/list" | LC_ALL=C sort
}
# every WHAT FILES...: each name of the file wanted is called in one of the files.
every() {
    what=$1
    shift
    while read -r name; do
        grep -qw "srd_graph_$name" "$@" || complain "srd_graph_$name() is not in $what"
    done <"$work/wanted"
}

# The header.
sed -n 's/^SRD_API srd_layer srd_graph_\([a-z0-9_]*\)(srd_graph \*.*/\1/p' "$source/include/srd/layers.h" "$source/include/srd/gather.h" | LC_ALL=C sort >"$work/declared"
calls "PLAIN LAYER CALL" | diff "$work/declared" - || complain "< declared in a header only, > in kinds.def only"

# The switches.
grep -oE '^SRD__[A-Z]+\([^"]*' "$list" | grep -oE ', [A-Z][A-Z0-9_]+, |, [A-Z][A-Z0-9_]+, P' | grep -oE '[A-Z][A-Z0-9_]+' | grep -vx -e P \
    -e ALWAYS -e SOURCE -e MIXING -e POST -e POINTWISE -e GATHER -e NOTHING | LC_ALL=C sort -u >"$work/listed"
sed -n 's/^#ifndef SRD_WITH_//p' "$source/lib/base/switches.h" | LC_ALL=C sort | diff - "$work/listed" ||
    complain "< in base/switches.h only, > in kinds.def only"

# Tests that have all calls. Those without parameters come from the list where they are alike.
calls "LAYER CALL" >"$work/wanted"
every "tests/api/adders.h" "$tests/api/adders.h"
every "tests/fuzz" "$tests"/fuzz/*.c
# What takes parameters is given bad ones; what takes layers only has none that could be bad.
awk '$1 == "LAYER" || $1 == "CALL"' "$work/list" | grep -v -e 'P[12](srd_layer)$' -e 'P2(srd_layer, srd_layer)$' | awk '{ print $2 }' >"$work/wanted"
every "a test of bad parameters" "$tests/api/test_graph_parameters.c" "$tests/api/test_weight_errors.c" "$tests"/api/test_tokens.c "$tests"/api/test_custom.c "$tests"/api/test_image_norms.c "$tests"/api/test_position_moves.c
# Networks of the goldens cannot hold callbacks.
calls "LAYER CALL" | grep -vx custom >"$work/wanted"
every "tests/support/netlayers.c and netmoves.c" "$tests/support/netlayers.c" "$tests/support/netmoves.c"
sed -n 's/^\([a-z0-9_]*\) name=.*/\1/p' "$tests"/golden/*.net | LC_ALL=C sort -u >"$work/words"
calls "PLAIN LAYER CALL" | grep -v -e '^custom$' -e '_quantized$' | while read -r name; do
    grep -qx -e "$name" -e "${name%2d}" "$work/words" || echo "no network of tests/golden has the layer $name"
done >"$work/missing"
[ ! -s "$work/missing" ] || { cat "$work/missing"; failed=1; }

# The table of layers: | `name`, `name` | role | words |
cat "$source"/README.md "$source"/docs/*.md | grep -E '^\| `[a-z0-9_`, ]*` \| (source|mixing|post|pointwise|gather|none|any) \|' >"$work/table"
sed -n 's/^SRD__\(PLAIN\|LAYER\)(\([a-z0-9_]*\), [A-Z0-9_]*, \([A-Z]*\), .*/\2 \3/p' "$list" | tr 'A-Z' 'a-z' | sed 's/ nothing$/ none/' |
    while read -r name role; do
        grep -E "^[^|]*\|[^|]*\`$name\`[^|]*\| $role \|" "$work/table" >/dev/null || echo "no row of a table says that $name is a $role layer"
    done >"$work/missing"
[ ! -s "$work/missing" ] || { cat "$work/missing"; failed=1; }

# What other languages repeat.
"$cmake" -DCHECK=ON -P "$source/cmake/kinds.cmake" || failed=1
exit $failed
