# find_package.sh SOURCE BUILD WORK -- a project finds the installed package: by default, as static, as shared.
set -eu
source=$1 work=$3
user=$source/tests/package/user

# try NAME SHARED OPTIONS...: builds and runs user with these options; SHARED tells whether it must need libsrd.so.
try() {
    name=$1 shared=$2
    shift 2
    rm -rf "${work:?}/$name"
    "$CMAKE" -S "$user" -B "$work/$name" -DCMAKE_C_COMPILER="$CC" -DCMAKE_PREFIX_PATH="$work/prefix" \
        -DSRD_WAY=find_package "$@" >"$work/$name.log" 2>&1 || { cat "$work/$name.log"; exit 1; }
    "$CMAKE" --build "$work/$name" >>"$work/$name.log" 2>&1 || { cat "$work/$name.log"; exit 1; }
    "$work/$name/user"
    needs=$("$READELF" -d "$work/$name/user" | grep -c 'libsrd\.so\.0\.2' || true)
    test "$needs" -eq "$shared" || { echo "FAILED: $name links the wrong library"; exit 1; }
}

try find_default 1
try find_static 0 -DSRD_KIND=static
try find_shared 1 -DSRD_KIND=shared
try find_build_shared_off 0 -DBUILD_SHARED_LIBS=OFF

# Another minor version of 0.x is another interface.
rm -rf "$work/find_wrong"
if "$CMAKE" -S "$user" -B "$work/find_wrong" -DCMAKE_C_COMPILER="$CC" -DCMAKE_PREFIX_PATH="$work/prefix" \
    -DSRD_WAY=find_package -DSRD_WANTED=0.999 >/dev/null 2>&1; then
    echo "FAILED: version 0.999 was found"
    exit 1
fi
