# switches.sh SOURCE -- every 0/1 macro that leaves a part out, in turn: the library still compiles without a warning, has all
# its public functions, and needs no internal symbol that has gone; and all layer kinds but the input at once.
set -u
source=$1
cc=${CC:-cc}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0

grep -v '^#' "$source/lib/srd.symbols" >"$work/listed"
switches=$(grep -hoE '^#ifndef SRD_WITH_[A-Z0-9_]+' "$source"/lib/*/*.h | awk '{ print $2 }' | sort -u)
kinds=$(grep -hoE '^#ifndef SRD_WITH_[A-Z0-9_]+' "$source/lib/base/switches.h" | awk '{ print $2 }' | sort -u)
[ -n "$kinds" ] || { echo "no switch was found"; exit 1; }

# try NAME DEFINES...: compiles everything as one list of objects and looks at the names.
try() {
    name=$1
    shift
    rm -rf "$work/objects"
    mkdir "$work/objects"
    cd "$work/objects" || exit 1
    find "$source/lib" -name '*.c' -print0 | xargs -0 "$cc" -std=c11 -O1 -c -DSRD_BUILDING -fvisibility=hidden -Wall -Wextra -Wpedantic \
        -Wconversion -Wshadow -Wundef -Werror -I"$source/include" -I"$source/lib" "$@" || { echo "FAILED: $name"; failed=1; return; }
    nm -P -g ./*.o | awk 'NF >= 2 && $2 ~ /^[A-Za-z]$/' >"$work/all"
    awk '$2 !~ /^[Uw]$/ { print $1 }' "$work/all" | LC_ALL=C sort -u >"$work/defined"
    awk '$2 == "U" && $1 ~ /^srd_/ { print $1 }' "$work/all" | LC_ALL=C sort -u >"$work/needed"
    if LC_ALL=C comm -13 "$work/defined" "$work/needed" | grep . || LC_ALL=C comm -13 "$work/defined" "$work/listed" | grep .; then
        echo "FAILED: $name: these are missing"
        failed=1
    fi
    # shellcheck disable=SC2046
    if [ "$name" = SRD_WITH_MALLOC ] && grep -E '^(malloc|free) ' "$work/all"; then
        echo "FAILED: $name: malloc is still there"
        failed=1
    fi
}

try "all parts"
for switch in $switches; do try "$switch" "-D$switch=0"; done
# shellcheck disable=SC2046
try "no layer kind" $(for kind in $kinds; do printf -- '-D%s=0 ' "$kind"; done)
exit $failed
