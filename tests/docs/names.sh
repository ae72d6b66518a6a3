#!/bin/sh
# What the pages and comments name exists: files and folders, links and their anchors, identifiers, switches, and the numbered
# sections of docs/method.md that "METHOD section n" means.
#
#   sh names.sh SOURCE
#
# Names that are right although they are in no file (a program of the reader's, what a build writes) stand in allowed.txt
# beside this script, one a line.
set -u
source=$1
allowed=$source/tests/docs/allowed.txt
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$source" || exit 1

# All files and folders of the tree, without those that a build makes.
find . \( -name .git -o -name build -o -name 'build-*' -o -name __pycache__ -o -name target \) -prune -o -print |
    sed 's,^\./,,' | LC_ALL=C sort >"$work/tree"
sed -n 's,#.*,,; s, *$,,; /./p' "$allowed" >"$work/allowed"
{
    ls README.md docs/*.md docs/howto/*.md
    grep -E '^(examples|tests)/.*README\.md$' "$work/tree"
} >"$work/pages"

complain()
{
    echo "$*" >>"$work/complaints"
}

is_allowed()
{
    grep -qxF -e "$1" "$work/allowed"
}

# ---- files and folders ------------------------------------------------------------------------------------------------

# Is NAME, as FOLDER/PAGE says it, the end of some path of the tree?
exists()
{
    [ -e "$1" ] || [ -e "$2/$1" ] || grep -qE "(^|/)$(printf '%s' "${1%/}" | sed 's/[.+]/\\&/g')\$" "$work/tree"
}

while read -r page; do
    folder=$(dirname "$page")
    # Links. Those of the web are not followed.
    grep -oE '\]\([^)]+\)' "$page" | sed 's/^](//; s/)$//' | grep -vE '^https?:' | LC_ALL=C sort -u | while read -r link; do
        file=${link%%#*}
        target=$folder/$file
        [ -n "$file" ] || target=$page
        [ -e "$target" ] || { complain "$page: the link $link leads nowhere"; continue; }
        case $link in
            *.md\#* | \#*)
                # A heading's anchor: lower case, without marks, blanks as dashes.
                sed -n 's/^#\{1,\} //p' "$target" | tr '[:upper:]' '[:lower:]' | sed "s/[^a-z0-9 _-]//g; s/ /-/g" |
                    grep -qxF -e "${link#*#}" || complain "$page: $link: there is no such heading" ;;
        esac
    done
    # Names of files, and of folders in quotes.
    {
        grep -oE '[A-Za-z0-9_*.{}/-]*[A-Za-z0-9_*}]\.(c|h|hpp|cpp|py|sh|rs|md|txt|cmake|pgm|symbols)\b' "$page"
        grep -oE '`[A-Za-z0-9_./-]+/`' "$page" | tr -d '`'
    } | sed 's,^\./,,' | LC_ALL=C sort -u | while read -r name; do
        case $name in
            *[*{}]* | -*) continue ;; # patterns; options
        esac
        exists "$name" "$folder" || is_allowed "$name" || complain "$page: there is no file $name"
    done
done <"$work/pages"

# ---- identifiers ------------------------------------------------------------------------------------------------------

words()
{
    grep -ohE '\b(srd|SRD)_[A-Za-z0-9_]+' "$@" | LC_ALL=C sort -u
}

# shellcheck disable=SC2046
{
    words include/srd/*.h >"$work/public"
    words -r lib >"$work/internal"
    words -r lib include cmake CMakeLists.txt tests examples --include='*.c' --include='*.h' --include='*.hpp' --include='*.cpp' \
        --include='*.py' --include='*.rs' --include='*.sh' --include='CMakeLists.txt' --include='*.cmake' --include='*.in' >"$work/code"
}
grep -oE '\bsrd_[A-Za-z0-9_]+' "$work/tree" >>"$work/code"

while read -r page; do
    words "$page" | while read -r name; do
        case $name in
            # The beginning of names: srd_graph_...
            *_) grep -q "^$name" "$work/code" || complain "$page: nothing begins with $name" ;;
            srd__* | SRD__*) grep -qx "$name" "$work/internal" || is_allowed "$name" || complain "$page: lib/ has no $name" ;;
            srd_graph_* | srd_explainer_* | srd_tensor_* | srd_render_* | SRD_ERR_* | SRD_KEEP_* | SRD_TARGET_* | SRD_RATIOS_*)
                grep -qx "$name" "$work/public" || is_allowed "$name" || complain "$page: no header has $name" ;;
            SRD_WITH_*)
                grep -rqE "^# *ifndef $name\$" lib --include='*.h' || is_allowed "$name" || complain "$page: there is no switch $name" ;;
            *) grep -qx "$name" "$work/code" || is_allowed "$name" || complain "$page: nothing is called $name" ;;
        esac
    done
    # A call in quotes is a public function, whatever its name.
    grep -oE '`srd_[a-z0-9_]+\(' "$page" | tr -d '`(' | LC_ALL=C sort -u | while read -r name; do
        grep -qx "$name" "$work/public" || grep -qx "$name" "$work/internal" || is_allowed "$name" ||
            complain "$page: there is no function $name()"
    done
done <"$work/pages"

# README's tables leave the beginning of the names out. Each name stands for a function; and each layer has its row.
table() # the names in column $2 of the table whose head holds $1
{
    awk -F'|' -v head="$1" -v column="$2" '
        index($0, head) && /^\|/ { inside = 1; next }
        !/^\|/ { inside = 0 }
        inside { print $column }' README.md | grep -oE '`[a-z0-9_]+`' | tr -d '`' | LC_ALL=C sort -u
}
table 'call `srd_graph_...`' 2 >"$work/layers"
[ -s "$work/layers" ] || complain "README.md: the table of layers was not found"
while read -r name; do
    grep -qx "srd_graph_$name" "$work/public" || complain "README.md: there is no srd_graph_$name()"
done <"$work/layers"
grep -ohE '^SRD_API srd_layer srd_graph_[a-z0-9_]+\(srd_graph \*' include/srd/graph.h | sed -E 's/.*srd_graph_([a-z0-9_]+)\(.*/\1/' |
    while read -r name; do
        grep -qx "$name" "$work/layers" || complain "README.md: the table of layers has no $name"
    done

# ---- METHOD section n -------------------------------------------------------------------------------------------------

# Comments are broken anywhere: each file as one line, without what begins a line of a comment.
find lib include tests examples docs \( -name '*.[ch]' -o -name '*.[ch]pp' -o -name '*.py' -o -name '*.sh' -o -name '*.md' -o -name '*.rs' \) \
    ! -path 'tests/docs/*' -exec grep -l METHOD {} + | while read -r file; do
    tr '\n' ' ' <"$file" | sed -E 's,[ ]+(//|\*|#)?[ ]+, ,g' | grep -oE 'METHOD,? sections? [0-9]+(, [0-9]+)*( (to|and) [0-9]+)?' |
        grep -oE '[0-9]+' | LC_ALL=C sort -u | while read -r number; do
        grep -q "^## $number\. " docs/method.md || complain "$file: docs/method.md has no section $number"
        echo "$file $number" >>"$work/sections"
    done
done
[ "$(wc -l <"$work/sections")" -gt 30 ] || complain "the references to METHOD sections were not found"

# ---- the answer -------------------------------------------------------------------------------------------------------

echo "$(wc -l <"$work/pages") pages, $(wc -l <"$work/sections") references to METHOD sections"
[ -f "$work/complaints" ] || exit 0
LC_ALL=C sort -u "$work/complaints"
exit 1
