# shellcheck shell=sh
# profile.sh SOURCE CC FLAGS... -- the library without malloc, for bare metal: compiles every source, with and without texts, with all
# layers and without those of libm.txt, and looks at what is needed from outside: nothing but the names of libm.txt and of libgcc.
# Then it is linked as a whole, with -nostdlib, against exactly these names.
set -u
source=$1
shift
here=$source/tests/firmware
nm=$(echo "$1" | sed 's/gcc$/nm/')
cc=$*
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0
LC_ALL=C
export LC_ALL

complain() {
    echo "FAILED: $*"
    failed=1
}

# The options are words.
# shellcheck disable=SC2086
compile() {
    $cc -std=c11 -Os -ffp-contract=off -DSRD_BUILDING -DSRD_WITH_MALLOC=0 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wundef -Werror \
        -I"$source/include" -I"$source/lib" -c "$@"
}

# objects NAME DEFINES...: all objects in the folder NAME.
objects() {
    mkdir "$work/$1" && cd "$work/$1" || exit 1
    shift
    compile "$@" "$source"/lib/*/*.c || complain "compiling with $*"
}

# needed FOLDER: names from outside.
needed() {
    "$nm" -P -g "$work/$1"/*.o | awk 'NF >= 2 && $2 ~ /^[A-Za-z]$/' >"$work/symbols"
    awk '$2 !~ /^[Uw]$/ { print $1 }' "$work/symbols" | sort -u >"$work/defined"
    [ -s "$work/defined" ] || complain "no symbol was found in $1"
    awk '$2 ~ /^[Uw]$/ { print $1 }' "$work/symbols" | sort -u | comm -23 - "$work/defined"
}

# shellcheck disable=SC2086
libgcc=$($cc -print-libgcc-file-name)
"$nm" -P -g "$libgcc" 2>/dev/null | awk 'NF >= 2 && $2 ~ /^[TtWDR]$/ { print $1 }' | sort -u >"$work/libgcc"
awk '!/^#/ && NF > 0 { print $1 }' "$here/libm.txt" | sort -u >"$work/allowed"

# ---- what is needed ----
objects all
objects plain -DSRD_WITH_TEXTS=0
for folder in all plain; do
    needed $folder | comm -23 - "$work/libgcc" >"$work/needed"
    comm -23 "$work/needed" "$work/allowed" | grep . && complain "$folder: these are needed, too"
    # memmove is allowed because compilers may ask for it. A processor with a floating-point unit has square roots.
    comm -13 "$work/needed" "$work/allowed" | grep -v -e '^memmove$' -e '^sqrtf*$' | grep . && complain "$folder: these are not needed"
done
for words in "NaN or Inf" "no memory for" "struct_size is"; do
    grep -l "$words" "$work/plain"/*.o && complain "texts are left: $words"
    grep -q "$words" "$work/all"/*.o || complain "there is no text with: $words"
done

# ---- which switch lets go of what: all switches of a function at once, and each of them is necessary ----
# Only the sources that need the function are looked at again.
grep -v '^#' "$here/libm.txt" | awk 'NF > 1' | while read -r function switches; do
    for kept in none $switches; do
        options=
        for switch in $switches; do [ "$switch" = "$kept" ] || options="$options -D$switch=0"; done
        rm -rf "$work/some" && mkdir "$work/some" && cd "$work/some" || exit 1
        for object in $("$nm" -P -g -A "$work/all"/*.o | sed -n "s/^\([^:]*\): $function U.*/\1/p"); do
            # shellcheck disable=SC2086
            compile $options "$source"/lib/*/"$(basename "$object" .o).c" || complain "compiling with $options"
        done
        if "$nm" -P -g ./*.o | grep -q "^$function U"; then has=yes; else has=no; fi
        case $kept,$has in
            none,no) echo "without $switches: no $function" ;;
            none,yes) complain "$function is needed with $options" ;;
            *,no) complain "$kept does not need $function" ;;
        esac
    done
    [ $failed -eq 0 ]
done || failed=1

# ---- the whole library, linked ----
# Against functions that have only the names; and against libm, whose functions want a place for errno.
sed "s/.*/void &(void); void &(void) {}/" "$work/allowed" >"$work/names.c"
echo 'int *__errno(void); static int number; int *__errno(void) { return &number; }' >"$work/errno.c"
# shellcheck disable=SC2086
link() {
    $cc -nostdlib -Wl,-e,srd_version -o "$work/whole.elf" "$work/all"/*.o "$@" -lgcc || complain "linking with $*"
}
cd "$work" || exit 1
# shellcheck disable=SC2086
$cc -fno-builtin -w -c names.c errno.c || complain "compiling the names"
# shellcheck disable=SC2086
$cc -Os -fno-tree-loop-distribute-patterns -c "$source/examples/firmware/mps2/runtime.c" || complain "compiling memcpy"
link names.o
link runtime.o -lm
exit $failed
