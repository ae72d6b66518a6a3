#!/bin/sh
# What a program prints is what its page says, in the block marked ```text with this number. 77, skipped for ctest, without the
# command, or if the program says so.
#
#   sh check_output.sh PAGE.md BLOCK COMMAND arguments...
set -u
page=$1 block=$2
shift 2
command -v "$1" >/dev/null 2>&1 || { echo "skipped: no $1"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
awk -v block="$block" '/^```text$/ { inside = ++count == block; next } /^```$/ { inside = 0 } inside' "$page" >"$work/want" || exit 1
[ -s "$work/want" ] || { echo "$page does not say what the program prints"; exit 1; }
"$@" >"$work/got"
status=$?
[ $status -ne 77 ] || { echo "skipped by the program"; exit 77; }
[ $status -eq 0 ] || { echo "$1 failed"; exit 1; }
diff "$work/want" "$work/got" && echo "as in $page"
