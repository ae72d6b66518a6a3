# system_prefix.sh SOURCE BUILD WORK -- srd.pc of a library in the system's folders says nothing that the compiler knows anyway; in
# another folder it finds its prefix from where it lies. Which of them it is, only the installation knows.
set -eu
build=$2 work=$3

for prefix in /usr /usr/local /opt/srd; do
    rm -rf "$work/root"
    DESTDIR="$work/root" "$CMAKE" --install "$build" --prefix "$prefix" >"$work/pc.log" 2>&1 || { cat "$work/pc.log"; exit 1; }
    pc=$work/root$prefix/$LIBDIR/pkgconfig
    if [ "$prefix" != /opt/srd ]; then
        grep -qx "prefix=$prefix" "$pc/srd.pc"
        # shellcheck disable=SC2016
        grep -qx 'includedir=${prefix}/include' "$pc/srd.pc"
        said=$(PKG_CONFIG_LIBDIR="$pc" PKG_CONFIG_SYSTEM_INCLUDE_PATH="$prefix/include" \
            PKG_CONFIG_SYSTEM_LIBRARY_PATH="$prefix/$LIBDIR" pkg-config --cflags --libs srd | sed 's/ *$//')
        [ "$said" = "-lsrd" ] || { echo "FAILED: pkg-config says '$said' for $prefix"; exit 1; }
    else
        # shellcheck disable=SC2016
        grep -q '^prefix=${pcfiledir}/' "$pc/srd.pc"
    fi
done
