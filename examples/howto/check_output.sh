#!/bin/sh
# What a program prints is what its page says, in the block marked ```text. 77, skipped for ctest, without the command.
#
#   sh check_output.sh PAGE.md COMMAND arguments...
set -u
page=$1
shift
command -v "$1" >/dev/null 2>&1 || { echo "skipped: no $1"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
awk '/^```text$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$page" >"$work/want" || exit 1
[ -s "$work/want" ] || { echo "$page does not say what the program prints"; exit 1; }
"$@" >"$work/got" || { echo "$1 failed"; exit 1; }
diff "$work/want" "$work/got" && echo "as in $page"
