# exports.sh NM READELF LIBRARY SYMBOLS ABI BASE -- the shared library exports exactly the committed list, each symbol with the
# version that the list gives it, or SRD_<BASE>, with which the interface began; its name for the linker is libsrd.so.<ABI>.
set -u
nm=$1 readelf=$2 library=$3 symbols=$4 abi=$5 base=$6
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# The version itself is listed as an absolute symbol.
"$nm" -D --defined-only "$library" | awk '$2 != "A" { print $3 }' | LC_ALL=C sort >"$work/exported"
grep -v '^#' "$symbols" | awk -v base="$base" '{ print $1 "@@SRD_" (NF > 1 ? $2 : base) }' | LC_ALL=C sort >"$work/listed"
diff "$work/exported" "$work/listed" || { echo "FAILED: < exported only, > in $symbols only"; exit 1; }
"$readelf" -d "$library" | grep -q "SONAME.*\[libsrd\.so\.$abi\]" || { echo "FAILED: the soname is not libsrd.so.$abi"; exit 1; }
