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
    ls README.md CHANGELOG.md CONTRIBUTING.md docs/*.md docs/howto/*.md
    grep -E '^(examples|tests)/.*README\.md$' "$work/tree"
} >"$work/pages"

complain()
{
    echo "$*" >>"$work/complaints"
}

# ---- links ------------------------------------------------------------------------------------------------------------

# Those of the web are not followed.
while read -r page; do
    folder=$(dirname "$page")
    for link in $(grep -oE '\]\([^) ]+\)' "$page" | sed 's/^](//; s/)$//' | grep -vE '^https?:' | LC_ALL=C sort -u); do
        target=$folder/${link%%#*}
        [ -n "${link%%#*}" ] || target=$page
        [ -e "$target" ] || { complain "$page: the link $link leads nowhere"; continue; }
        case $link in
            *.md\#* | \#*)
                # A heading's anchor: lower case, without marks, blanks as dashes.
                sed -n 's/^#\{1,\} //p' "$target" | tr '[:upper:]' '[:lower:]' | sed "s/[^a-z0-9 _-]//g; s/ /-/g" |
                    grep -qxF -e "${link#*#}" || complain "$page: $link: there is no such heading" ;;
        esac
    done
done <"$work/pages"

# ---- files, folders, identifiers --------------------------------------------------------------------------------------

words()
{
    grep -ohE '\b(srd|SRD)_[A-Za-z0-9_]+' "$@" | LC_ALL=C sort -u
}

words include/srd/*.h examples/tools/*/include/srd/*.h >"$work/public"
words -r lib >"$work/internal"
grep -rhoE --include='*.h' '^# *ifndef SRD_WITH_[A-Z0-9_]+' lib | sed 's/.* //' | LC_ALL=C sort -u >"$work/switches"
words -r lib include cmake CMakeLists.txt tests examples --include='*.c' --include='*.h' --include='*.hpp' --include='*.cpp' \
    --include='*.py' --include='*.rs' --include='*.sh' --include='CMakeLists.txt' --include='*.cmake' --include='*.in' >"$work/code"
grep -oE '\bsrd_[A-Za-z0-9_]+' "$work/tree" >>"$work/code"

# What the pages name, one a line: the page, f and the name of a file or folder; c and a call in quotes; w and a word.
while read -r page; do
    {
        grep -oE '[A-Za-z0-9_*.{}/-]*[A-Za-z0-9_*}]\.(c|h|hpp|cpp|py|sh|rs|md|txt|cmake|pgm|symbols)\b' "$page" | sed 's/^/f /'
        grep -oE '`[A-Za-z0-9_./-]+/`' "$page" | tr -d '`' | sed 's/^/f /'
        grep -oE '`srd_[a-z0-9_]+\(' "$page" | tr -d '`(' | sed 's/^/c /'
        words "$page" | sed 's/^/w /'
    } | LC_ALL=C sort -u | sed "s,^,$page ,"
done <"$work/pages" >"$work/named"

awk -v allowed="$work/allowed" -v tree="$work/tree" -v public="$work/public" -v internal="$work/internal" \
    -v code="$work/code" -v switches="$work/switches" '
    function read(file, set,  line) { while ((getline line <file) > 0) set[line] = 1; close(file) }
    # The beginning of names, such as srd_graph_ of "srd_graph_...".
    function begins(set, beginning,  name) { for (name in set) if (index(name, beginning) == 1) return 1; return 0 }
    # Path and NAME as a page in FOLDER says it, without "." and "..".
    function plain(folder, name,  parts, count, kept, i, path) {
        count = split(folder "/" name, parts, "/")
        kept = 0
        for (i = 1; i <= count; ++i) {
            if (parts[i] == ".." && kept > 0) --kept
            else if (parts[i] != "." && parts[i] != "") parts[++kept] = parts[i]
        }
        path = parts[1]
        for (i = 2; i <= kept; ++i) path = path "/" parts[i]
        return path
    }
    function complain(text) { print $1 ": " text }
    BEGIN {
        read(allowed, is_allowed); read(public, is_public); read(internal, is_internal); read(code, is_code)
        read(switches, is_switch)
        while ((getline path <tree) > 0) { # every end of a path names the file
            is_file[path] = 1
            while ((at = index(path, "/")) > 0) { path = substr(path, at + 1); is_file[path] = 1 }
        }
    }
    is_allowed[$3] { next }
    $2 == "f" {
        if ($3 ~ /[*{}]/ || $3 ~ /^-/) next # patterns; options
        folder = $1
        if (!sub(/\/[^\/]*$/, "", folder)) folder = "."
        name = $3
        sub(/^\.\//, "", name); sub(/\/$/, "", name)
        if (!is_file[name] && !is_file[plain(folder, name)]) complain("there is no file " $3)
        next
    }
    $2 == "c" { if (!is_public[$3] && !is_internal[$3]) complain("there is no function " $3 "()"); next }
    $3 ~ /_$/ { if (!begins(is_code, $3)) complain("nothing begins with " $3); next }
    $3 ~ /^(srd|SRD)__/ { if (!is_internal[$3]) complain("lib/ has no " $3); next }
    $3 ~ /^srd_(graph|explainer|tensor|render)_/ || $3 ~ /^SRD_(ERR|KEEP|TARGET|RATIOS)_/ {
        if (!is_public[$3]) complain("no header has " $3)
        next
    }
    $3 ~ /^SRD_WITH_/ { if (!is_switch[$3]) complain("there is no switch " $3); next }
    !is_code[$3] { complain("nothing is called " $3) }' "$work/named" >>"$work/complaints"

# The table of layers leaves the beginning of the names out. Each name stands for a function; and each layer has its row.
table() # the names in column $2 of the table whose head holds $1
{
    awk -F'|' -v head="$1" -v column="$2" '
        index($0, head) && /^\|/ { inside = 1; next }
        !/^\|/ { inside = 0 }
        inside { print $column }' docs/layers.md | grep -oE '`[a-z0-9_]+`' | tr -d '`' | LC_ALL=C sort -u
}
table 'call `srd_graph_...`' 2 >"$work/layers"
[ -s "$work/layers" ] || complain "docs/layers.md: the table of layers was not found"
while read -r name; do
    grep -qx "srd_graph_$name" "$work/public" || complain "docs/layers.md: there is no srd_graph_$name()"
done <"$work/layers"
grep -ohE '^SRD_API srd_layer srd_graph_[a-z0-9_]+\(srd_graph \*' include/srd/graph.h | sed -E 's/.*srd_graph_([a-z0-9_]+)\(.*/\1/' |
    while read -r name; do
        grep -qx "$name" "$work/layers" || complain "docs/layers.md: the table of layers has no $name"
    done

# ---- the version ------------------------------------------------------------------------------------------------------

version=$(sed -n 's/^#define SRD_VERSION_\(MAJOR\|MINOR\|PATCH\) \([0-9]*\).*/\2/p' include/srd/version.h | paste -sd.)
grep -qx "version: $version" CITATION.cff || complain "CITATION.cff: its version is not $version, as in include/srd/version.h"

# ---- METHOD section n -------------------------------------------------------------------------------------------------

# Comments are broken anywhere: each file as one line, without what begins a line of a comment.
find lib include tests examples docs \( -name '*.[ch]' -o -name '*.[ch]pp' -o -name '*.py' -o -name '*.sh' -o -name '*.md' -o -name '*.rs' \) \
    ! -path 'tests/docs/*' -exec grep -l METHOD {} + >"$work/files"
sed -n 's/^## \([0-9]*\)\. .*/\1/p' docs/method.md >"$work/numbers"
# shellcheck disable=SC2046
awk -v numbers="$work/numbers" '
    function look(  reference, number) {
        while (match(text, /METHOD,? sections? [0-9]+(, [0-9]+)*( (to|and) [0-9]+)?/)) {
            reference = substr(text, RSTART, RLENGTH)
            text = substr(text, RSTART + RLENGTH)
            while (match(reference, /[0-9]+/)) {
                number = substr(reference, RSTART, RLENGTH)
                reference = substr(reference, RSTART + RLENGTH)
                ++count
                if (!is_section[number]) print file ": docs/method.md has no section " number
            }
        }
        text = ""
    }
    BEGIN { while ((getline number <numbers) > 0) is_section[number] = 1 }
    FNR == 1 { look(); file = FILENAME }
    { sub(/^[ \t]*(\/\/|\*|#)?[ \t]*/, ""); text = text " " $0 }
    END { look(); if (count < 60) print count " references to METHOD sections were found: these are too few" }
    ' $(cat "$work/files") >>"$work/complaints"

# ---- heads of files ---------------------------------------------------------------------------------------------------

# A comment "name.c -- what it is" at the top of a file has the file's name.
find lib include examples tests \( -name '*.[ch]' -o -name '*.[ch]pp' -o -name '*.sh' \) -exec awk '
    FNR <= 12 && /(^|[ *#])[a-z_0-9]+\.(c|h|hpp|cpp|sh)( [^ ]*)? -- / {
        name = FILENAME
        sub(/.*\//, "", name)
        if (index($0, name) == 0) print FILENAME ": its head has another name"
    }' {} + >>"$work/complaints"

# ---- the answer -------------------------------------------------------------------------------------------------------

echo "$(wc -l <"$work/pages") pages, $(wc -l <"$work/named") names, METHOD in $(wc -l <"$work/files") files"
[ -s "$work/complaints" ] || exit 0
LC_ALL=C sort -u "$work/complaints"
exit 1
