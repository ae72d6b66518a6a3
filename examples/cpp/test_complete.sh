# test_complete.sh SYMBOLS -- srd.hpp calls every public function, and a test of it adds every kind of layer.
set -u
here=$(dirname "$0") symbols=$1
failed=0

# Words, without those in comments and texts for people.
words=$(cat "$here"/srd/*.hpp | sed 's/"[^"]*"//g; s,//.*,,' | grep -oE 'srd_[a-z0-9_]+' | sort -u)
while read -r function; do
    case $function in '#'* | '') continue ;; esac
    [ "$function" != srd_version ] || continue # needs no wrapping
    echo "$words" | grep -qx "$function" || { echo "FAILED: srd.hpp does not call $function"; failed=1; }
done <"$symbols"

# Layer calls are the lines "call(srd_graph_kind, ...": each must be used by the test.
kinds=$(sed -n 's/.*call(srd_graph_\([a-z0-9_]*\),.*/\1/p' "$here/srd/graph.hpp")
[ -n "$kinds" ] || { echo "FAILED: no layer call was found"; exit 1; }
for kind in $kinds; do
    grep -q "net\.$kind(" "$here/test_layers.cpp" || { echo "FAILED: test_layers.cpp does not add $kind"; failed=1; }
done
exit $failed
