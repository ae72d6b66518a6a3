# install.sh SOURCE BUILD WORK -- installs into WORK/prefix, which is not the prefix that was configured, and looks at it.
set -eu
source=$1 build=$2 work=$3

rm -rf "$work/prefix"
"$CMAKE" --install "$build" --prefix "$work/prefix" >/dev/null
cd "$work/prefix"

# The headers of the library, those for C++, and those of the parts that were built.
headers() {
    ls "$source"/include/srd/*.h "$source"/examples/bindings/cpp/srd/*.hpp
    for part in pool onnx tflite; do
        [ ! -e "$LIBDIR/libsrd-$part.a" ] || ls "$source/examples/tools/$part"/include/srd/*.h*
    done
}
for header in $(headers); do
    cmp "$header" "$INCLUDEDIR/srd/${header##*/}"
done
# Nothing but headers there, and no internal header anywhere.
test "$(find . \( -name '*.h' -o -name '*.hpp' \) ! -name srd_cdef.h | wc -l)" -eq "$(headers | wc -l)"
test "$(find "$INCLUDEDIR" -type f | wc -l)" -eq "$(headers | wc -l)"
# What is made from the headers, if there was a Python to make it.
for file in srd_api.json srd_cdef.h; do
    [ ! -e "$build/interface/$file" ] || cmp "$build/interface/$file" "$DATADIR/srd/$file"
done
for file in libsrd.a libsrd.so libsrd.so.0.2 pkgconfig/srd.pc cmake/srd/srdConfig.cmake cmake/srd/srdConfigVersion.cmake; do
    test -e "$LIBDIR/$file" || { echo "FAILED: $LIBDIR/$file was not installed"; exit 1; }
done
for part in pool onnx tflite; do
    [ ! -e "$LIBDIR/libsrd-$part.a" ] || test -e "$LIBDIR/pkgconfig/srd-$part.pc"
done
cmp "$source/LICENSE" "$(find . -name LICENSE)"
# The programs, as far as they were built; whether they find their library where they lie now.
for program in srd-onnx srd-tflite srd-codegen; do
    [ -x "$(find "$build" -type f -name $program | head -n 1)" ] || { echo "not built: $program"; continue; }
    "$(find . -type f -name $program)" 2>&1 | grep -q '^usage: ' || { echo "FAILED: $program does not run"; exit 1; }
done
# An installed tree may be moved: no file knows where it was configured, built or installed.
! grep -rlF -e "$source" -e "$build" -e "$work" "$LIBDIR/pkgconfig" "$LIBDIR/cmake" "$DATADIR" 2>/dev/null || { echo "FAILED: paths inside"; exit 1; }
