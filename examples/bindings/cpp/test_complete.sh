# test_complete.sh SYMBOLS -- srd.hpp calls every public function, and a test of it adds every kind of layer with parameters.
set -u
here=$(dirname "$0") symbols=$1
failed=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# missing WHAT: lines of the file wanted that are not in the file found.
missing()
{
    [ -s "$work/wanted" ] || { echo "FAILED: found nothing to look for"; failed=1; }
    LC_ALL=C sort -u "$work/wanted" | LC_ALL=C comm -23 - "$work/found" >"$work/missing"
    [ ! -s "$work/missing" ] || { echo "FAILED: $1"; cat "$work/missing"; failed=1; }
}

# Words of the headers, without those in comments and in texts for people. srd_version() needs no wrapping, and a short view is view() without strides.
cat "$here"/srd/*.hpp | sed 's/"[^"]*"//g; s,//.*,,' | grep -oE 'srd_[a-z0-9_]+' | LC_ALL=C sort -u >"$work/found"
grep -v -e '^#' -e '^srd_version$' -e '^srd_tensor_wrap' "$symbols" | sed 's/ .*//' >"$work/wanted"
missing "srd.hpp does not call"

# Layer calls are the lines "call(srd_graph_kind, ...". Those without parameters, down to the mark, are written by a script and all
# alike: one that the test does not add need not be in it.
grep -oE 'net\.[a-z0-9_]+\(' "$here/test_layers.cpp" | sed 's/net\.//; s/(//' | LC_ALL=C sort -u >"$work/found"
sed '1,\|// with parameters|d' "$here/srd/graph.hpp" | sed -n 's/.*call(srd_graph_\([a-z0-9_]*\),.*/\1/p' >"$work/wanted"
missing "test_layers.cpp does not add"
exit $failed
