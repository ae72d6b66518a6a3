# exports.sh NM READELF LIBRARY SYMBOLS MAJOR -- the shared library exports exactly the committed list, each symbol with the
# version SRD_<MAJOR>, and its name for the linker is libsrd.so.<MAJOR>.
set -u
nm=$1 readelf=$2 library=$3 symbols=$4 major=$5
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# The version itself is listed as an absolute symbol.
"$nm" -D --defined-only "$library" | awk '$2 != "A" { print $3 }' | LC_ALL=C sort >"$work/exported"
grep -v '^#' "$symbols" | sed "s/\$/@@SRD_$major/" | LC_ALL=C sort >"$work/listed"
diff "$work/exported" "$work/listed" || { echo "FAILED: < exported only, > in $symbols only"; exit 1; }
"$readelf" -d "$library" | grep -q "SONAME.*\[libsrd\.so\.$major\]" || { echo "FAILED: the soname is not libsrd.so.$major"; exit 1; }
