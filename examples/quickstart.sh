#!/bin/sh
# From a fresh Debian machine to the first explanation: installs what is missing, builds libsrd and the example, explains a
# picture. Asks nothing, needs no network besides Debian's own archive, exits with 0 only if all went well.
#
#   sh examples/quickstart.sh [picture.png]
set -u

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd) || exit 1
build=$root/build/quickstart
log=$build/build.log

fail()
{
    echo "quickstart: $*" >&2
    exit 1
}

# The packages to install, if any. A compiler without its C library or a libpng without its header would be found too late,
# so both are tried out.
missing_packages()
{
    compiler=${CC:-cc}
    try=$(mktemp -d) || fail "no folder for temporary files"
    echo 'int main(void) { return 0; }' >"$try/c.c"
    printf '#include <png.h>\nint main(void) { return png_access_version_number() == 0; }\n' >"$try/png.c"
    $compiler -o "$try/c" "$try/c.c" 2>/dev/null || echo gcc libc6-dev
    $compiler -o "$try/png" "$try/png.c" -lpng 2>/dev/null || echo libpng-dev
    command -v cmake >/dev/null || echo cmake
    command -v make >/dev/null || echo make
    rm -rf "$try"
}

# Install packages as root, or by sudo where it works without a password.
install_packages()
{
    if [ "$(id -u)" -eq 0 ]; then
        as_root='env'
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        as_root='sudo -n env'
    else
        fail "please install first what is missing, as root:  apt-get install $*"
    fi
    command -v apt-get >/dev/null || fail "please install first (these are Debian's names): $*"
    echo "Installing $* ..."
    # An update may fail in part, or be needless; what counts is whether the packages can be installed.
    $as_root DEBIAN_FRONTEND=noninteractive apt-get -q update >"$log" 2>&1
    $as_root DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=60 --no-install-recommends install "$@" \
        >>"$log" 2>&1 || {
        cat "$log" >&2
        fail "these packages could not be installed: $*"
    }
}

# Run a step of the build; its output is shown only if it fails.
step()
{
    "$@" >"$log" 2>&1 || {
        cat "$log" >&2
        fail "this failed: $*"
    }
}

[ $# -le 1 ] || fail "usage: sh examples/quickstart.sh [picture.png]"
picture=${1:-$root/examples/quickstart/pictures/sandal_82.png}
[ -f "$picture" ] || fail "$picture: there is no such picture"
mkdir -p "$build" || exit 1

packages=$(missing_packages) || exit 1
# The names are words, to be split.
# shellcheck disable=SC2086
if [ -n "$packages" ]; then install_packages $packages; fi

echo "Building libsrd and the example in $build ..."
step cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release \
    -DSRD_BUILD_SHARED=OFF -DSRD_BUILD_TESTS=OFF -DSRD_BUILD_EXAMPLES=ON
step cmake --build "$build" --target srd_quickstart --parallel "$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)"
echo
exec "$build/examples/quickstart/srd_quickstart" "$picture" "$build/quickstart-out"
