# switches.sh SOURCE -- the amalgamation with every 0/1 macro that leaves a part out, in turn, and with all layer kinds but the input
# left out at once: it compiles without a warning as C99 and C++11, and has all public functions and no other global symbol. And
# optimised, as C and as C++, where compilers see more to warn about.
set -u
source=$1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0

"${CMAKE:-cmake}" -DOUTPUT="$work" -P "$source/cmake/amalgamate.cmake" || exit 1
grep -v '^#' "$source/lib/srd.symbols" >"$work/listed"
cd "$work" || exit 1
kinds=$(grep -hoE '^#ifndef SRD_WITH_[A-Z0-9_]+' "$source/lib/base/switches.h" | awk '{ print "-D" $2 "=0" }')
switches=$(cat "$source"/lib/*/*.h | grep -oE '^#ifndef SRD_WITH_[A-Z0-9_]+' | awk '{ print "-D" $2 "=0" }' | sort -u)
[ -n "$kinds" ] || { echo "no switch was found"; exit 1; }

# try COMPILER OPTIONS...
try() {
    command -v "$1" >/dev/null 2>&1 || return
    "$@" -Wall -Wextra -Wpedantic -Werror -c srd.c -o srd.o || { echo "FAILED: $*"; failed=1; return; }
    nm -P -g srd.o | awk '$2 !~ /^[Uw]$/ { print $1 }' | LC_ALL=C sort | diff - listed || { echo "FAILED: $*: these names"; failed=1; }
    case $* in *SRD_WITH_MALLOC=0*)
        if nm -P -g srd.o | grep -E '^(malloc|free) '; then
            echo "FAILED: $*: malloc is still there"
            failed=1
        fi
    esac
}

# every OPTIONS...: by all compilers
every() {
    try gcc -std=c99 "$@"
    try clang -std=c99 "$@"
    try g++ -x c++ -std=c++11 "$@"
    try clang++ -x c++ -std=c++11 "$@"
}

every -O2
every -O3
for switch in $switches; do every "$switch"; done
# The switches are words.
# shellcheck disable=SC2086
every $kinds
exit $failed
