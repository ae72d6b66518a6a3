# parts.sh SOURCE BUILD WORK -- a project takes the parts beside the library, by find_package and by pkg-config, with the shared and with
# the static library; what is unknown or was not built is refused with a reason. Parts that this build does not have are named.
set -eu
source=$1 work=$3
user=$source/tests/package/parts
network=$source/examples/tools/onnx/test/gates_13.onnx
failed=0

fail() {
    echo "FAILED: $*"
    failed=1
}
[ -n "${CXX:-}" ] || { echo "no C++ compiler"; exit 77; }

parts=cpp
for part in pool onnx; do
    if [ -e "$work/prefix/$LIBDIR/cmake/srd/srd_$part.cmake" ]; then parts="$parts;$part"; else echo "not built: $part"; fi
done

# configure NAME OPTIONS...: what CMake says is in WORK/NAME.log
configure() {
    name=$1
    shift
    rm -rf "${work:?}/$name"
    "$CMAKE" -S "$user" -B "$work/$name" -DCMAKE_C_COMPILER="$CC" -DCMAKE_CXX_COMPILER="$CXX" -DCMAKE_PREFIX_PATH="$work/prefix" \
        "$@" >"$work/$name.log" 2>&1
}

# run FOLDER SHARED: the programs there work, and need libsrd.so or not
run() {
    for program in "$1"/user_*; do
        [ -x "$program" ] || continue
        case $program in *_onnx) "$program" "$network" ;; *) "$program" ;; esac >"$work/said" 2>&1 ||
            { cat "$work/said"; fail "$program"; }
        case $program in *_pool) continue ;; esac # takes nothing of the library
        needs=$("$READELF" -d "$program" | grep -c 'libsrd\.so' || true)
        [ "$needs" -eq "$2" ] || fail "$program links the wrong library"
    done
}

# by_cmake PARTS KIND SHARED
by_cmake() {
    folder=parts_$2
    configure "$folder" -DSRD_PARTS="$1" -DSRD_KIND="$2" || { cat "$work/$folder.log"; fail "$1, $2"; return 0; }
    "$CMAKE" --build "$work/$folder" >>"$work/$folder.log" 2>&1 || { cat "$work/$folder.log"; fail "$1, $2"; return 0; }
    run "$work/$folder" "$3"
}
by_cmake cpp "" 1
case $parts in *pool*) by_cmake pool "" 1 ;; esac
by_cmake "$parts" shared 1
by_cmake "$parts" static 0

# refuse WORDS OPTIONS...: CMake must say these words
refuse() {
    words=$1
    shift
    if configure parts_refused "$@"; then fail "$* was found"; fi
    tr -s '\n ' '  ' <"$work/parts_refused.log" | grep -q -F -e "$words" || { cat "$work/parts_refused.log"; fail "it should say: $words"; }
}
refuse "there is no component gpu" -DSRD_PARTS="cpp;gpu"
# As if a part had not been built.
cp -R "$work/prefix" "$work/prefix_less"
sed -i 's/^set(srd_why_not_pool .*/set(srd_why_not_pool [[it was wanted so]])/' "$work/prefix_less/$LIBDIR/cmake/srd/srdConfig.cmake"
rm -f "$work/prefix_less/$LIBDIR/cmake/srd/srd_pool.cmake"
refuse "the component pool was not installed: it was wanted so" -DSRD_PARTS=pool -DCMAKE_PREFIX_PATH="$work/prefix_less"
rm -rf "$work/prefix_less"

# by_pkg_config NAME SOURCE PACKAGES: shared, and wholly static
by_pkg_config() {
    name=$1 main=$user/$2
    shift 2
    case $main in *.c) compiler=$CC standard=-std=c99 ;; *) compiler=$CXX standard=-std=c++11 ;; esac
    mkdir -p "$work/pc_parts" "$work/pc_parts_static"
    # Word splitting of the flags is wanted.
    # shellcheck disable=SC2046
    "$compiler" $standard "$main" $(pkg-config --cflags --libs "$@") -o "$work/pc_parts/user_$name" || fail "$name: pkg-config"
    # shellcheck disable=SC2046
    "$compiler" $standard -static "$main" $(pkg-config --static --cflags --libs "$@") -o "$work/pc_parts_static/user_$name" ||
        fail "$name: pkg-config --static"
}
export PKG_CONFIG_LIBDIR="$work/prefix/$LIBDIR/pkgconfig"
export LD_LIBRARY_PATH="$work/prefix/$LIBDIR"
rm -rf "$work/pc_parts" "$work/pc_parts_static"
by_pkg_config cpp cpp.cpp srd
case $parts in *pool*) by_pkg_config pool pool.c srd-pool ;; esac
case $parts in *onnx*) by_pkg_config onnx onnx.cpp srd-onnx srd-pool ;; esac
run "$work/pc_parts" 1
run "$work/pc_parts_static" 0
exit $failed
