#!/bin/sh
# From a fresh Debian machine to the first explanation: installs what is missing, builds libsrd and the example, explains a
# picture. Asks nothing, needs no network besides Debian's own archive, exits with 0 only if all went well.
#
#   sh examples/quickstart.sh [picture.png]
#   sh examples/quickstart.sh apop             what the network knows from on/off patterns alone, over the 10,000 test
#                                              pictures of Fashion-MNIST (docs/howto/apop.md; some minutes)
set -u

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd) || exit 1
build=$root/build/quickstart
log=$build/build.log
test_set=/usr/share/datasets/fashion-mnist/t10k

fail()
{
    echo "quickstart: $*" >&2
    exit 1
}

# The packages that program $1 needs and that are missing. A compiler without its C library or a
# library without its header would be found too late, so they are tried out.
missing_packages()
{
    compiler=${CC:-cc}
    try=$(mktemp -d) || fail "no folder for temporary files"
    echo 'int main(void) { return 0; }' >"$try/c.c"
    printf '#include <png.h>\nint main(void) { return png_access_version_number() == 0; }\n' >"$try/png.c"
    $compiler -o "$try/c" "$try/c.c" 2>/dev/null || echo gcc libc6-dev
    $compiler -o "$try/png" "$try/png.c" -lpng 2>/dev/null || echo libpng-dev
    if [ "$1" = srd_apop ]; then
        printf '#include <zlib.h>\nint main(void) { return zlibVersion() == 0; }\n' >"$try/zlib.c"
        $compiler -o "$try/zlib" "$try/zlib.c" -lz 2>/dev/null || echo zlib1g-dev
        [ -f "$test_set-images-idx3-ubyte.gz" ] || echo dataset-fashion-mnist
    fi
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

# watched LOG COMMAND...: runs it. What it prints goes to LOG; meanwhile every tenth part of the way is told, as cmake --build and
# ctest count it: "[ 42%] ...", "[42/100] ...", "42/100 Test #7 ...".
watched()
{
    log=$1 told=0
    shift
    { "$@" 2>&1; echo $? >"$log.status"; } | tee "$log" | while IFS= read -r line; do
        case $line in
            '['*%']'*) at=${line%%\%*} all=100 ;;
            '['*/*']'*) at=${line%%/*} all=${line#*/} ;;
            *[0-9]/[0-9]*' Test '*) at=${line%%/*} all=${line#*/} ;;
            *) continue ;;
        esac
        at=$(echo "${at#"["}" | tr -cd 0-9) all=$(echo "${all%%[!0-9]*}" | tr -cd 0-9)
        if [ "${all:-0}" -eq 0 ] || [ -z "$at" ]; then continue; fi
        tenth=$((10 * at / all))
        if [ "$tenth" -gt "$told" ]; then
            told=$tenth
            printf ' %s' "${told}0%"
        fi
    done
    echo
    return "$(cat "$log.status")"
}

# Run a step of the build; its output is shown only if it fails.
step()
{
    "$@" >"$log" 2>&1 || {
        cat "$log" >&2
        fail "this failed: $*"
    }
}

[ $# -le 1 ] || fail "usage: sh examples/quickstart.sh [picture.png | apop]"
if [ "${1:-}" = apop ]; then
    program=srd_apop
    set -- "$test_set-images-idx3-ubyte.gz" "$test_set-labels-idx1-ubyte.gz"
else
    program=srd_quickstart
    set -- "${1:-$root/examples/quickstart/pictures/sandal_82.png}" "$build/quickstart-out"
    [ -f "$1" ] || fail "$1: there is no such picture"
fi
mkdir -p "$build" || exit 1

packages=$(missing_packages "$program") || exit 1
# The names are words, to be split.
# shellcheck disable=SC2086
if [ -n "$packages" ]; then install_packages $packages; fi

echo "Configuring in $build ..."
step cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release \
    -DSRD_BUILD_SHARED=OFF -DSRD_BUILD_TESTS=OFF -DSRD_BUILD_EXAMPLES=ON
echo "Building libsrd and the example (half a minute to two minutes) ..."
watched "$log" cmake --build "$build" --target "$program" --parallel "$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)" || {
    cat "$log" >&2
    fail "the build failed"
}
echo "Explaining ..."
echo
exec "$build/examples/quickstart/$program" "$@"
