#!/bin/sh
# Runs the program as a user would: once as meant, and then on everything that can be wrong with its arguments, where it
# must say what is wrong on stderr and exit with a status other than 0.
#
#   sh test_program.sh PROGRAM PICTURE FOLDER      FOLDER is made anew
set -u
program=$1
picture=$2
folder=$3
failures=0

fail()
{
    echo "FAILED: $*" >&2
    failures=$((failures + 1))
}

# must_refuse WORDS ARGUMENTS...: the program fails, and its message has these words.
must_refuse()
{
    words=$1
    shift
    if "$program" "$@" >"$folder/stdout" 2>"$folder/stderr"; then
        fail "status 0 with: $*"
    elif ! grep -q "$words" "$folder/stderr"; then
        fail "no '$words' in the message: $(cat "$folder/stderr")"
    fi
}

rm -rf "$folder"
mkdir -p "$folder" || exit 1

if "$program" "$picture" "$folder/pictures" >"$folder/stdout"; then
    [ "$(find "$folder/pictures" -name '*.png' | wc -l)" -eq 16 ] || fail "there should be 16 pictures in $folder/pictures"
    grep -q 'nothing is lost' "$folder/stdout" || fail "no conservation line"
    grep -q '##' "$folder/stdout" || fail "no evidence in signs"
    if grep -q "$(printf '\033')" "$folder/stdout"; then fail "colours in a file"; fi
else
    fail "status $? on a good picture"
fi

echo 'not a picture' >"$folder/text.png"
: >"$folder/empty.png"
head -c 300 "$picture" >"$folder/cut.png"
must_refuse 'missing.png: No such file' "$folder/missing.png" "$folder/pictures"
must_refuse 'text.png: not a PNG file' "$folder/text.png" "$folder/pictures"
must_refuse 'empty.png: not a PNG file' "$folder/empty.png" "$folder/pictures"
must_refuse 'cut.png: the PNG file is damaged' "$folder/cut.png" "$folder/pictures"
must_refuse "$folder: not a PNG file" "$folder" "$folder/pictures"
must_refuse 'overview.png: the PNG file could not be written' "$picture" "$folder/text.png"
must_refuse 'nowhere/pictures: No such file' "$picture" "$folder/nowhere/pictures"
must_refuse 'usage' --colour
must_refuse 'usage' "$picture" "$folder/pictures" more
must_refuse 'missing.txt' --check "$folder/missing.txt"

[ "$failures" -eq 0 ] || exit 1
echo "the program works, and fails as it should"
