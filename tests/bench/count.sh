#!/bin/sh
# count.sh PROGRAM [--write] -- instructions of one run of a small fixed network (count.c), counted by valgrind's callgrind, against
# the figures in instructions.txt: more than 3 % away, up or down, fails, so that a change of speed is noticed when it is made, and
# --write notes the new figures. The count is the same on every machine, but not for every compiler: for another than that of the
# figures they are only printed. callgrind knows no AVX-512.
set -u

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 1
program=$1
compiler="$("${CC:-cc}" -dumpmachine 2>/dev/null) $("${CC:-cc}" -dumpfullversion 2>/dev/null)"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# measure KERNELS MODE
measure()
{
    valgrind --tool=callgrind --callgrind-out-file="$work/out" --collect-atstart=no --toggle-collect=srd_explainer_run \
        "$program" "$1" "$2" >"$work/log" 2>&1 || { cat "$work/log" >&2; return 1; }
    # Lines of cost by function; what follows calls= is the cost of what is called, which has lines of its own. Those of the C library
    # are left out: it has other memset()s for other processors.
    awk '/^c?ob=/ { # "ob=(3) /path" names number 3 when it is first met, here or as the object of what is called
             id = $1; sub(/^c?ob=/, "", id)
             if (NF > 1) names[id] = $2
             if (/^ob=/) at = id
         }
         /^calls=/ { called = 1; next }
         /^[-+*0-9]/ { if (!called && names[at] !~ /lib[cm]\.so|ld-linux/) sum += $2; called = 0 }
         END { printf "%d\n", sum }' "$work/out"
}

status=0
{
    echo "# Instructions of one srd_explainer_run(), see count.sh"
    echo "compiler $compiler"
} >"$work/new"
for set in portable AVX2; do
    [ $set = AVX2 ] && ! grep -q avx2 /proc/cpuinfo && continue
    for mode in explain forward; do
        case $set in portable) kernels=1 ;; *) kernels=2 ;; esac
        case $mode in explain) number=$(measure "$kernels" 0) ;; *) number=$(measure "$kernels" 1) ;; esac || exit 1
        noted=$(sed -n "s/^$set $mode //p" "$here/instructions.txt" 2>/dev/null)
        echo "$set $mode $number" >>"$work/new"
        echo "$set $mode: $number instructions, noted ${noted:-none}"
        [ -n "$noted" ] && awk "BEGIN { d = $number / $noted - 1; exit d < 0.03 && d > -0.03 }" &&
            echo "  that is $(awk "BEGIN { printf \"%+.1f\", 100 * ($number / $noted - 1) }") %" && status=1
    done
done
[ "${2:-}" = --write ] && { cp "$work/new" "$here/instructions.txt"; exit 0; }
if ! grep -qx "compiler $compiler" "$here/instructions.txt"; then
    echo "the figures are those of another compiler: nothing is compared"
    exit 0
fi
exit $status
