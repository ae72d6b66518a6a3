# meson.sh SOURCE BUILD WORK -- a build system that configures the checkout as if it were alone, and says so as Meson does, gets
# neither tests nor examples nor install rules, and libm by its name in the link interface.
set -eu
source=$1 work=$3
mkdir -p "$work"
rm -rf "$work/meson"

echo 'set(MESON_PS_LOADED ON)' >"$work/preload.cmake"
"$CMAKE" -S "$source" -B "$work/meson" -DCMAKE_C_COMPILER="$CC" -DCMAKE_PROJECT_INCLUDE="$work/preload.cmake" >"$work/meson.log" 2>&1 ||
    { cat "$work/meson.log"; exit 1; }
for option in SRD_BUILD_TESTS SRD_BUILD_EXAMPLES SRD_INSTALL; do
    grep -q "^$option:BOOL=OFF" "$work/meson/CMakeCache.txt" || { echo "FAILED: $option is on"; exit 1; }
done
