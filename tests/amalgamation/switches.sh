# switches.sh SOURCE -- the amalgamation with every 0/1 macro that leaves a part out, in turn, and with all layer kinds but the input
# left out at once: it compiles without a warning as C99 and C++11, and has all public functions and no other global symbol. And
# optimised, as C and as C++, where compilers see more to warn about.
#
# The first compiler makes an object, whose symbols are looked at; the others only read, unless they are asked to optimise.
set -u
source=$1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)

"${CMAKE:-cmake}" -DOUTPUT="$work" -P "$source/cmake/amalgamate.cmake" || exit 1
grep -v '^#' "$source/lib/srd.symbols" | sed 's/ .*//' >"$work/listed"
kinds=$(grep -hoE '^#ifndef SRD_WITH_[A-Z0-9_]+' "$source/lib/base/switches.h" | awk '{ print "-D" $2 "=0" }')
switches=$(cat "$source"/lib/*/*.h | grep -oE '^#ifndef SRD_WITH_[A-Z0-9_]+' | awk '{ print "-D" $2 "=0" }' | sort -u)
[ -n "$kinds" ] || { echo "no switch was found"; exit 1; }

# WORK FOLDER OPTIONS...: by all compilers that there are.
cat >"$work/every.sh" <<'END'
work=$1 mine=$1/$2
shift 2
mkdir "$mine" && cd "$mine" || exit 1
made=

# try COMPILER OPTIONS...
try() {
    command -v "$1" >/dev/null 2>&1 || return 0
    case $made,$* in
        done,*' -O'*) set -- "$@" -c ;;
        done,*) set -- "$@" -fsyntax-only ;;
        *) set -- "$@" -c ;;
    esac
    "$@" -Wall -Wextra -Wpedantic -Werror "$work/srd.c" || { echo "FAILED: $*"; exit 1; }
    [ -f srd.o ] || return 0
    nm -P -g srd.o | awk '$2 !~ /^[Uw]$/ { print $1 }' | LC_ALL=C sort | diff - "$work/listed" || { echo "FAILED: $*: these names"; exit 1; }
    case $* in *SRD_WITH_MALLOC=0*)
        if nm -P -g srd.o | grep -E '^(malloc|free) '; then
            echo "FAILED: $*: malloc is still there"
            exit 1
        fi
    esac
    rm -f srd.o
    made=done
}

try clang -std=c99 "$@"
try gcc -std=c99 "$@"
try clang++ -x c++ -std=c++11 "$@"
# Which says nothing of a switch that clang++ does not say, and takes twice as long.
case $mine in */none | */O[0-9]) try g++ -x c++ -std=c++11 "$@" ;; esac
[ -n "$made" ] || { echo "no compiler was found"; exit 1; }
END

{
    echo none $kinds
    echo O2 -O2
    echo O3 -O3
    for switch in $switches; do echo "${switch#-D}" "$switch"; done
} | xargs -P "$jobs" -I LINE sh -c "sh '$work/every.sh' '$work' LINE" || exit 1
echo "$(echo "$switches" | wc -w) switches"
