#!/bin/sh
# Runs srd_apop on a few pictures, compares its table with that of apop_reference.py, and checks that it refuses bad files.
#
#   sh test_apop.sh PROGRAM SAMPLE FOLDER      SAMPLE has the pictures and apop.txt, FOLDER is made anew
set -u
program=$1
images=$2/images-idx3-ubyte.gz
labels=$2/labels-idx1-ubyte.gz
expected=$2/apop.txt
folder=$3
failures=0

fail()
{
    echo "FAILED: $*" >&2
    failures=$((failures + 1))
}

# must_refuse WORDS ARGUMENTS...: the program fails, its message has these words, and it prints no table.
must_refuse()
{
    words=$1
    shift
    if "$program" "$@" >"$folder/stdout" 2>"$folder/stderr"; then
        fail "status 0 with: $*"
    elif ! grep -q "$words" "$folder/stderr"; then
        fail "no '$words' in the message: $(cat "$folder/stderr")"
    elif [ -s "$folder/stdout" ]; then
        fail "a table in spite of: $words"
    fi
}

rm -rf "$folder"
mkdir -p "$folder" || exit 1

if "$program" "$images" "$labels" >"$folder/table"; then
    # The last four columns of the rows.
    awk '$NF ~ /^[0-9.]+$/ && $(NF - 3) ~ /^[0-9.]+$/ { print $(NF - 3), $(NF - 2), $(NF - 1), $NF }' "$folder/table" |
        diff "$expected" - || fail "the table is not that of apop_reference.py"
else
    fail "status $? on good files"
fi

gzip -dc "$images" >"$folder/plain" && gzip -dc "$labels" >"$folder/labels" || exit 1
head -c 5000 "$folder/plain" >"$folder/cut"
head -c 3000 "$images" >"$folder/cut.gz"
head -c 7 "$folder/plain" >"$folder/head"
printf '\000\000\010\003\177\377\377\377\077\377\377\377\077\377\377\377' >"$folder/huge"
printf '\000\000\010\001\000\000\000\001\001' >"$folder/one-label"
printf '\000\000\010\003\000\000\000\001\000\000\000\001\000\000\000\001\001' >"$folder/one-pixel"
{ head -c 27 "$folder/labels" && printf '\012'; } >"$folder/class-10"
: >"$folder/empty"
must_refuse 'usage' "$images"
must_refuse 'usage' "$images" "$labels" more
must_refuse 'missing: No such file' "$folder/missing" "$labels"
must_refuse 'labels: not an IDX file of bytes with 3 dimensions' "$folder/labels" "$labels"
must_refuse 'not an IDX file of bytes with 1 dimensions' "$images" "$images"
must_refuse 'empty: not an IDX file' "$folder/empty" "$labels"
must_refuse 'not an IDX file' "$folder" "$labels"
must_refuse 'cut: the file is cut off' "$folder/cut" "$labels"
must_refuse 'cut.gz: the file is cut off' "$folder/cut.gz" "$labels"
must_refuse 'head: the file is cut off' "$folder/head" "$labels"
must_refuse 'huge: a size is too large' "$folder/huge" "$labels"
must_refuse 'one-pixel: not 28 x 28' "$folder/one-pixel" "$folder/one-label"
must_refuse 'one-label: not as many labels' "$images" "$folder/one-label"
must_refuse 'class-10: a label is not a class' "$folder/plain" "$folder/class-10"

[ "$failures" -eq 0 ] || exit 1
echo "the table is right, and bad files are refused"
