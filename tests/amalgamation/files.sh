# files.sh SOURCE FOLDER CMAKE CC [CXX] -- what the target amalgamation wrote to FOLDER: the same two files whenever it runs, without
# a path of this machine; srd.h is the whole interface with its comments and reads alone, srd.c includes nothing else of ours.
set -u
source=$1 folder=$2 cmake=$3
shift 3
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0

complain() {
    echo "FAILED: $*"
    failed=1
}

(cd "$work" && "$cmake" -DOUTPUT="$work/again" -P "$source/cmake/amalgamate.cmake") || exit 1
for file in srd.c srd.h; do
    [ -s "$folder/$file" ] || { complain "there is no $file"; exit 1; }
    cmp "$folder/$file" "$work/again/$file" || complain "$file is another one when it is made again"
    grep -nF "$source" "$folder/$file" && complain "$file holds a path"
    LC_ALL=C grep -n '[[:cntrl:]]' "$folder/$file" | grep -v "$(printf '\t')" | head -3 | grep . && complain "$file holds control characters"
done

grep -n '^ *# *include' "$folder/srd.c" | grep -v '<[a-z_]*\.h>' | grep -v ':#include "srd.h"$' | grep -v ':#include SRD_CONFIG$' && complain "srd.c includes these"
grep -n '^ *# *include' "$folder/srd.h" | grep -v '<[a-z]*\.h>' && complain "srd.h includes these"
for file in "$source"/lib/*/*.c; do
    grep -qF "/* ======== lib/${file#"$source"/lib/} ======== */" "$folder/srd.c" || complain "srd.c is without ${file##*/}"
done

# Nothing of the headers is lost but the lines that include the others.
for header in "$source"/include/srd/*.h; do
    grep -v '^#include "' "$header" | grep . >"$work/lines"
    grep -n . "$folder/srd.h" | sed 's/^[0-9]*://' >"$work/all"
    sort "$work/lines" | uniq >"$work/a"
    sort "$work/all" | uniq | comm -23 "$work/a" - | grep . && complain "srd.h is without these lines of ${header##*/}"
done
mkdir -p "$work/include/srd" && cp "$folder/srd.h" "$work/include/srd" || exit 1
sh "$source/tests/abi/headers.sh" "$work/include" "$@" || failed=1
exit $failed
