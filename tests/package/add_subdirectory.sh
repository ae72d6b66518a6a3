# add_subdirectory.sh SOURCE BUILD WORK -- the checkout as part of a larger project: only the library is built, nothing of it
# is tested or installed. The user's CMakeLists.txt checks that the options are off.
set -eu
source=$1 work=$3
mkdir -p "$work"
rm -rf "$work/sub" "$work/sub_prefix"

"$CMAKE" -S "$source/tests/package/user" -B "$work/sub" -DCMAKE_C_COMPILER="$CC" -DSRD_WAY=add_subdirectory \
    -DSRD_CHECKOUT="$source" >"$work/sub.log" 2>&1 || { cat "$work/sub.log"; exit 1; }
"$CMAKE" --build "$work/sub" -j 2 >>"$work/sub.log" 2>&1 || { cat "$work/sub.log"; exit 1; }
"$work/sub/user"
"$CMAKE" --install "$work/sub" --prefix "$work/sub_prefix" >>"$work/sub.log" 2>&1
test "$(find "$work/sub_prefix" -type f | wc -l)" -eq 1 || { echo "FAILED: more than the user's program was installed"; exit 1; }
# Only libraries and the user's program: no test, no example.
if find "$work/sub" -type f \( -name 'test_*' -o -name '*quickstart*' \) | grep .; then
    echo "FAILED: these belong to tests or examples"
    exit 1
fi
