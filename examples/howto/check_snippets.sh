#!/bin/sh
# Every block of C, C++ or Python in the pages is, line by line, a part of one of the programs that its page links to.
#
#   sh check_snippets.sh FOLDER_OF_PAGES
set -u
cd "$1" || exit 1
failed=0
pages=0

for page in *.md; do
    # The programs: links such as (../../examples/howto/setup.c), each once.
    programs=$(sed -n 's/[^(]*(\(\.\.\/\.\.\/examples\/[A-Za-z_\/]*\.\(c\|h\|py\|cpp\)\))/\1\n/gp' "$page" | grep '^\.\./' | sort -u)
    [ -n "$programs" ] || { echo "$page links to no program"; failed=1; continue; }
    # shellcheck disable=SC2086
    awk -v page="$page" '
        FILENAME != page { if (FNR == 1) text = text "\n\f\n"; text = text $0 "\n"; next }
        /^```(c|cpp|python)$/ { inside = 1; block = "\n"; first = FNR; next }
        /^```$/ && inside {
            inside = 0
            ++blocks
            if (!index("\n" text, block)) { print page ":" first ": this block is in none of the programs"; bad = 1 }
        }
        inside { block = block $0 "\n" }
        END {
            if (!blocks) { print page ": no block of code"; bad = 1 }
            exit bad
        }' $programs "$page" || failed=1
    pages=$((pages + 1))
done
[ "$pages" -gt 0 ] || { echo "no pages"; exit 1; }
echo "$pages pages looked at"
exit $failed
