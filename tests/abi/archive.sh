# archive.sh NM READELF ARCHIVE ALLOWED -- what the static library holds and needs:
#   every global symbol begins with srd_; there is no data that could be written, so no mutable global state;
#   it needs nothing from outside but the names in ALLOWED ("-": whatever it needs).
set -u
nm=$1 readelf=$2 archive=$3 allowed=$4
failed=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# complain WHAT FILE: fails if the file is not empty.
complain() {
    [ -s "$2" ] || return 0
    echo "FAILED: $1"
    cat "$2"
    failed=1
}

# "name type ..." lines; members of the archive are announced by lines that end in a colon.
"$nm" -P -g "$archive" | awk 'NF >= 2 && $2 ~ /^[A-Za-z]$/' >"$work/all"
awk '$2 !~ /^[Uw]$/ { print $1 }' "$work/all" | sort -u >"$work/defined"
[ -s "$work/defined" ] || { echo "no symbol was found"; exit 1; }
grep -v '^srd_' "$work/defined" >"$work/foreign"
complain "global symbols that do not begin with srd_" "$work/foreign"

# Tables of pointers need relocation when the library is loaded and are read-only after it (.data.rel.ro).
"$readelf" -SW "$archive" | awk '
    /^File:/ { file = $2 }
    sub(/^ *\[ *[0-9]+\] */, "") && $7 ~ /W/ && $5 !~ /^0+$/ && $1 !~ /^\.data\.rel\.ro/ { print file, $1, "0x" $5 }' \
    >"$work/writable"
awk '$2 == "C" { print "common", $1 }' "$work/all" >>"$work/writable"
complain "sections that can be written, with their size" "$work/writable"

[ "$allowed" != - ] || exit $failed
awk '$2 ~ /^[Uw]$/ { print $1 }' "$work/all" | sort -u >"$work/needed"
grep -v '^#' "$allowed" | awk 'NF > 0 { print $1 }' | sort -u >"$work/allowed"
comm -23 "$work/needed" "$work/defined" | comm -23 - "$work/allowed" >"$work/outside"
complain "needs these from outside, which $allowed does not allow" "$work/outside"
exit $failed
