#!/bin/sh
# The C program of docs/first-program.md compiles without a warning and prints what the page says; and the same program with one number
# changed, so that a call fails, says which call it was and why.
#
#   sh first_program.sh SOURCE LIBRARY     LIBRARY: the static library; CC: the compiler
set -u
source=$1 library=$2 page=$1/docs/first-program.md
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0

awk '/^```c$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$page" >"$work/example.c"
[ -s "$work/example.c" ] || { echo "the page has no block of C"; exit 1; }

# build NAME: NAME.c to NAME.
build()
{
    "$CC" -std=c11 -Wall -Wextra -Wpedantic -Werror -I"$source/include" -o "$work/$1" "$work/$1.c" "$library" -lm ||
        { echo "FAILED: $1.c does not compile"; exit 1; }
}

build example
line=$("$work/example") || { echo "FAILED: the example fails"; failed=1; }
grep -qF "It prints \`$line\`" "$page" || { echo "FAILED: it prints \"$line\", the page says another line"; failed=1; }

# broken NAME FROM TO PATTERN...: with FROM replaced by TO the program fails, and each PATTERN is in its message.
broken()
{
    name=$1
    sed "s/$2/$3/" "$work/example.c" >"$work/$name.c"
    cmp -s "$work/example.c" "$work/$name.c" && { echo "FAILED: $name: the page has no \"$2\""; failed=1; return; }
    shift 3
    build "$name"
    if "$work/$name" >"$work/out" 2>"$work/err"; then echo "FAILED: $name: the program does not fail"; failed=1; fi
    [ -s "$work/out" ] && { echo "FAILED: $name: it prints an answer"; failed=1; }
    for pattern in "$@"; do
        grep -q "$pattern" "$work/err" ||
            { echo "FAILED: $name: no \"$pattern\" in its message: $(cat "$work/err")"; failed=1; }
    done
    echo "$name: $(cat "$work/err")"
}

#      what fails  from                  to                     what the message must hold: status, layer, reason
broken build '(int64_t\[\]){ 2, 1, 1, 2 }' '(int64_t[]){ 1, 2, 1, 2 }' SRD_ERR_SHAPE 'conv: bias has rank 1 and size 2'
broken run 'pixels\[\] = { 1, 3, 1 }' 'pixels[] = { 1, (float)(1e300 * 1e300 * 0), 1 }' SRD_ERR_NUMBER 'picture: .*NaN'
broken shape '(int64_t\[\]){ 1, 1, 3 }' '(int64_t[]){ 1, 3, 1 }' SRD_ERR_SHAPE ': [^ ]*: ..*'
broken ask 'view(map_numbers, 2, (int64_t\[\]){ 1, 3 })' 'view(map_numbers, 2, (int64_t[]){ 1, 2 })' SRD_ERR_SHAPE ': [^ ]*: ..*'
exit $failed
