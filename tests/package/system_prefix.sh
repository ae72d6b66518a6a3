# system_prefix.sh SOURCE BUILD WORK -- srd.pc of a library in the system's folders says nothing that the compiler knows anyway; in
# another folder it finds its prefix from where it lies.
set -eu
source=$1 work=$3
mkdir -p "$work"

for prefix in /usr /opt/srd; do
    rm -rf "$work/pc"
    "$CMAKE" -S "$source" -B "$work/pc" -DCMAKE_C_COMPILER="$CC" -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_LIBDIR=lib \
        -DSRD_BUILD_TESTS=OFF -DSRD_BUILD_EXAMPLES=OFF >"$work/pc.log" 2>&1 || { cat "$work/pc.log"; exit 1; }
    if [ "$prefix" = /usr ]; then
        grep -q '^prefix=/usr$' "$work/pc/srd.pc"
        # shellcheck disable=SC2016
        grep -q '^includedir=${prefix}/include$' "$work/pc/srd.pc"
        said=$(PKG_CONFIG_LIBDIR="$work/pc" PKG_CONFIG_SYSTEM_INCLUDE_PATH=/usr/include PKG_CONFIG_SYSTEM_LIBRARY_PATH=/usr/lib \
            pkg-config --cflags --libs srd | sed 's/ *$//')
        [ "$said" = "-lsrd" ] || { echo "FAILED: pkg-config says '$said' for /usr"; exit 1; }
    else
        # shellcheck disable=SC2016
        grep -q '^prefix=${pcfiledir}/' "$work/pc/srd.pc"
    fi
done
