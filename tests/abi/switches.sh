# switches.sh SOURCE -- every 0/1 macro that leaves a part out, in turn: the library still compiles without a warning, has all
# its public functions, and needs no internal symbol that has gone; and all layer kinds but the input at once.
#
# A switch is compiled into the files that ask for it; the objects of the others stay as they are with all parts. Which files ask is
# what gcc's preprocessor says (-dU), so this needs gcc.
set -u
source=$1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)

cat >"$work/flags" <<END
-std=c11 -DSRD_BUILDING -I$source/include -I$source/lib
END
cat >"$work/warnings" <<END
-O0 -fvisibility=hidden -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wundef -Werror
END
grep -v '^#' "$source/lib/srd.symbols" | sed 's/ .*//' >"$work/listed"
switches=$(grep -hoE '^#ifndef SRD_WITH_[A-Z0-9_]+' "$source"/lib/*/*.h | awk '{ print $2 }' | sort -u)
kinds=$(grep -hoE '^#ifndef SRD_WITH_[A-Z0-9_]+' "$source/lib/base/switches.h" | awk '{ print $2 }' | sort -u)
[ -n "$kinds" ] || { echo "no switch was found"; exit 1; }
find "$source/lib" -name '*.c' | sort >"$work/files"

# The names of the objects here fit together, with those of the files of all parts that are not here.
cat >"$work/look.sh" <<'END'
name=$1 work=$2
{
    for names in "$work"/objects/*.names; do
        object=${names##*/}
        [ -f "$names" ] || continue
        [ -f "${object%.names}.o" ] || echo "$names"
    done | xargs -r cat
    nm -P -g ./*.o
} | awk 'NF >= 2 && $2 ~ /^[A-Za-z]$/' >all
awk '$2 !~ /^[Uw]$/ { print $1 }' all | LC_ALL=C sort -u >defined
awk '$2 == "U" && $1 ~ /^srd_/ { print $1 }' all | LC_ALL=C sort -u >needed
if LC_ALL=C comm -13 defined needed | grep . || LC_ALL=C comm -13 defined "$work/listed" | grep .; then
    echo "FAILED: $name: these are missing"
    exit 1
fi
if [ "$name" = SRD_WITH_MALLOC ] && grep -E '^(malloc|free) ' all; then
    echo "FAILED: $name: malloc is still there"
    exit 1
fi
exit 0
END

# One switch: WORK SWITCH.
cat >"$work/try.sh" <<'END'
work=$1 switch=$2
mkdir "$work/$switch" && cd "$work/$switch" || exit 1
# shellcheck disable=SC2046
gcc $(cat "$work/flags" "$work/warnings") "-D$switch=0" -c $(cat "$work/asking-$switch") || { echo "FAILED: $switch"; exit 1; }
sh "$work/look.sh" "$switch" "$work" || exit 1
rm -rf "${work:?}/$switch"
END

# FILE: the switches that it asks for. What the macro is defined as is printed where it is first used.
cat >"$work/asks.sh" <<'END'
work=$1 file=$2
# shellcheck disable=SC2046
gcc -E -dU $(cat "$work/flags") "$file" | sed -n 's/^#define \(SRD_WITH_[A-Z0-9_]*\) .*/\1/p' | sort -u | sed "s|\$| $file|"
END

failed=0
mkdir "$work/objects" && cd "$work/objects" || exit 1
# shellcheck disable=SC2046
xargs -P "$jobs" -n 8 gcc $(cat "$work/flags" "$work/warnings") -c <"$work/files" || { echo "FAILED: all parts"; exit 1; }
sh "$work/look.sh" "all parts" "$work" || exit 1
for object in *.o; do nm -P -g "$object" >"${object%.o}.names"; done
xargs -P "$jobs" -n 1 sh "$work/asks.sh" "$work" <"$work/files" >"$work/asks" || exit 1
for switch in $switches; do
    awk -v switch="$switch" '$1 == switch { print $2 }' "$work/asks" | sort >"$work/asking-$switch"
    [ -s "$work/asking-$switch" ] || { echo "FAILED: $switch: no file asks for it"; failed=1; }
done
echo "$switches" | xargs -P "$jobs" -n 1 sh "$work/try.sh" "$work" || failed=1

mkdir "$work/none" && cd "$work/none" || exit 1
for kind in $kinds; do echo "-D$kind=0"; done >"$work/without"
# shellcheck disable=SC2046
xargs -P "$jobs" -n 8 gcc $(cat "$work/flags" "$work/warnings" "$work/without") -c <"$work/files" || { echo "FAILED: no layer kind"; failed=1; }
sh "$work/look.sh" "no layer kind" "$work" || failed=1
echo "$(echo "$switches" | wc -w) switches, $(wc -l <"$work/asks") files compiled for them"
exit $failed
