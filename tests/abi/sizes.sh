# sizes.sh CMAKE SOURCE CC -- the table of struct sizes in docs/api-conventions.md is what the headers say, and what the compiler says
# for its own pointers; with -m32, or a compiler for 32-bit ARM, also for those of 32 bits. Headers need stddef.h and stdint.h only.
set -u
cmake=$1 source=$2 cc=$3
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

"$cmake" -DCHECK=ON -P "$source/cmake/struct_sizes.cmake" || exit 1
"$cmake" -DASSERTIONS="$work/sizes.c" -P "$source/cmake/struct_sizes.cmake" || exit 1
test "$(grep -c _Static_assert "$work/sizes.c")" -ge 20 || { echo "FAILED: structs were not found"; exit 1; }
"$cc" -std=c11 -ffreestanding -fsyntax-only -I"$source/include" "$work/sizes.c" || exit 1

# A wrong size must not get through, or the test says nothing.
sed 's/== 8 ? 320 : 320/== 8 ? 324 : 324/' "$work/sizes.c" >"$work/wrong.c"
if "$cc" -std=c11 -ffreestanding -fsyntax-only -I"$source/include" "$work/wrong.c" 2>/dev/null; then
    echo "FAILED: a wrong size was accepted"
    exit 1
fi

echo 'typedef char narrow[sizeof(void *) == 4 ? 1 : -1];' >"$work/narrow.c"
for narrow in "$cc -m32" arm-linux-gnueabihf-gcc arm-none-eabi-gcc; do
    # Word splitting is wanted.
    # shellcheck disable=SC2086
    $narrow -std=c11 -ffreestanding -fsyntax-only "$work/narrow.c" 2>/dev/null || continue
    # shellcheck disable=SC2086
    $narrow -std=c11 -ffreestanding -fsyntax-only -I"$source/include" "$work/sizes.c" || exit 1
    echo "32 bits by $narrow"
done
