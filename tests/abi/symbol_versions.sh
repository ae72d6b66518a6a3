# symbol_versions.sh CMAKE CC SOURCE WORK -- a function that a later version brings in has a version node of its own: a program that
# needs it is refused when it is loaded with an older library, and one that does not runs with both.
set -eu
cmake=$1 cc=$2 source=$3 work=$4
mkdir -p "$work/old" "$work/new"

printf '# a comment\nsrd_one\n' >"$work/old.symbols"
printf '# a comment\nsrd_one\nsrd_two 0.1.3\n' >"$work/new.symbols"
for age in old new; do
    "$cmake" -DLIST="$work/$age.symbols" -DABI=0.1 -DOUTPUT="$work/$age.map" -P "$source/cmake/symbol_versions.cmake"
done
echo 'int srd_one(void) { return 1; } int hidden(void) { return 0; }' >"$work/old.c"
echo 'int srd_one(void) { return 1; } int srd_two(void) { return 2; }' >"$work/new.c"
for age in old new; do
    "$cc" -shared -fPIC "$work/$age.c" -Wl,--version-script="$work/$age.map" -Wl,-soname,libx.so.0.1 -o "$work/$age/libx.so.0.1"
done
echo 'int srd_one(void); int main(void) { return srd_one() == 1 ? 0 : 1; }' >"$work/first.c"
# It calls what is new at the very end only.
echo 'int srd_one(void); int srd_two(void); int main(int n, char **a) { (void)a; return srd_one() == n ? 0 : srd_two(); }' >"$work/later.c"
for program in first later; do
    "$cc" "$work/$program.c" "$work/new/libx.so.0.1" -Wl,-z,lazy -o "$work/$program"
done

LD_LIBRARY_PATH="$work/old" "$work/first"
LD_LIBRARY_PATH="$work/new" "$work/first"
LD_LIBRARY_PATH="$work/new" "$work/later"
if LD_LIBRARY_PATH="$work/old" "$work/later" 2>"$work/said"; then
    echo "FAILED: a program that needs 0.1.3 was started with 0.1"
    exit 1
fi
grep -q 'SRD_0\.1\.3' "$work/said" || { cat "$work/said"; echo "FAILED: it does not say which version is missing"; exit 1; }

# A line that is no name with a version, and a version of another interface.
for line in 'srd_x 0.1.3 more' 'srd_x soon' 'srd_x 0.0.9'; do
    echo "$line" >"$work/bad.symbols"
    if "$cmake" -DLIST="$work/bad.symbols" -DABI=0.1 -DOUTPUT="$work/bad.map" -P "$source/cmake/symbol_versions.cmake" 2>/dev/null; then
        echo "FAILED: accepted: $line"
        exit 1
    fi
done
