# build.sh WAYS SOURCE FOLDER WORK BITS NM READELF -- srd.c of FOLDER, alone, without one warning: its global symbols are the public
# functions and no others, it needs nothing but what the library may need, and, linked with libm only, it computes the bits that
# the program BITS prints, which is linked with the library.
# WAYS: `languages` for C99 and C++11 by every compiler there is, `optimised` for $CC as users call it, allowed to use all that
# this processor has (fused products and sums above all).
set -u
ways=$1 source=$2 folder=$3 work=$4/$1 bits=$5 nm=$6 readelf=$7
cc=${CC:-cc}
failed=0
tried=0

rm -rf "$work"
mkdir -p "$work/include/srd" && cp "$folder/srd.h" "$work/include/srd" || exit 1
networks=$(cd "$source/tests/golden" && for file in *.net; do printf '%s ' "${file%.net}"; done)
grep -v '^#' "$source/lib/srd.symbols" | sed 's/ .*//' >"$work/listed"
# The names are words, to be split, here and below.
# shellcheck disable=SC2086
"$bits" "$source/tests/golden" $networks >"$work/expected" || exit 1
[ "$(wc -l <"$work/expected")" -ge 150 ] || { echo "FAILED: only these networks were run"; cat "$work/expected"; exit 1; }

# The same program with the other srd.h.
mkdir "$work/program" && cd "$work/program" || exit 1
"$cc" -std=c11 -c -I"$work/include" -I"$source/tests/support" "$source/tests/amalgamation/bits.c" "$source/tests/support/netfile.c" \
    "$source/tests/support/netbuild.c" "$source/tests/support/netlayers.c" "$source/tests/support/netmoves.c" || exit 1

# try COMPILER OPTIONS...
try() {
    command -v "$1" >/dev/null 2>&1 || { echo "$1 is not there: not tried"; return; }
    tried=$((tried + 1))
    rm -f "$work/srd.o" "$work/bits"
    "$@" -Wall -Wextra -Wpedantic -Werror -c "$folder/srd.c" -o "$work/srd.o" || { echo "FAILED: $*"; failed=1; return; }
    "$nm" -P -g "$work/srd.o" | awk '$2 !~ /^[Uw]$/ { print $1 }' | LC_ALL=C sort >"$work/defined"
    diff "$work/defined" "$work/listed" || { echo "FAILED: $*: < global, > public"; failed=1; }
    sh "$source/tests/abi/archive.sh" "$nm" "$readelf" "$work/srd.o" "$source/tests/abi/allowed_undefined.txt" ||
        { echo "FAILED: $*: see above"; failed=1; }
    "$cc" "$work"/program/*.o "$work/srd.o" -lm -o "$work/bits" || { echo "FAILED: $*: linking"; failed=1; return; }
    # shellcheck disable=SC2086
    "$work/bits" "$source/tests/golden" $networks >"$work/got" || { echo "FAILED: $*: the program"; failed=1; }
    diff "$work/expected" "$work/got" >"$work/differences" ||
        { head -20 "$work/differences"; echo "FAILED: $*: < library, > amalgamation"; failed=1; }
}

case $ways in
    languages)
        try gcc -std=c99
        try clang -std=c99
        try g++ -x c++ -std=c++11
        try clang++ -x c++ -std=c++11
        [ $tried -gt 0 ] || try "$cc" -std=c99
        ;;
    optimised)
        native=-march=native
        echo 'int x;' | "$cc" $native -x c -fsyntax-only - 2>/dev/null || native=
        # shellcheck disable=SC2086
        try "$cc" -O2 $native
        ;;
    *) exit 1 ;;
esac
exit $failed
