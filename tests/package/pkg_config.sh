# pkg_config.sh SOURCE BUILD WORK -- a program compiled with what pkg-config says, shared and wholly static.
set -eu
source=$1 work=$3
export PKG_CONFIG_LIBDIR="$work/prefix/$LIBDIR/pkgconfig"
main=$source/tests/package/user/main.c

test "$(pkg-config --modversion srd)" = "$(sed -n 's/^#define SRD_VERSION_\(MAJOR\|MINOR\|PATCH\) //p' "$source/include/srd/version.h" |
    paste -sd. -)"
# Word splitting of the flags is wanted.
# shellcheck disable=SC2046
"$CC" "$main" $(pkg-config --cflags --libs srd) -o "$work/pc_shared"
"$READELF" -d "$work/pc_shared" | grep -q 'libsrd\.so\.0\.2'
LD_LIBRARY_PATH="$work/prefix/$LIBDIR" "$work/pc_shared"

# shellcheck disable=SC2046
"$CC" -static "$main" $(pkg-config --static --cflags --libs srd) -o "$work/pc_static"
"$work/pc_static"
