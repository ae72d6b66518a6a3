#!/bin/sh
# fetch_check.sh ARCHITECTURE FOLDER -- Check (the library that the tests are written with) for another architecture of Debian
# (arm64, s390x, armhf), below FOLDER/usr. It is downloaded and unpacked, not installed, with lists of packages of our own, so
# that this machine's packages and the architectures it knows stay as they are. Needs no rights but those to write to FOLDER.
set -u
[ $# -eq 2 ] || { echo "usage: sh fetch_check.sh ARCHITECTURE FOLDER" >&2; exit 2; }
architecture=$1

find "$2" -name libcheck_pic.a 2>/dev/null | grep -q . && exit 0
for tool in apt-get dpkg; do
    command -v "$tool" >/dev/null 2>&1 || { echo "$tool is missing"; exit 1; }
done
mkdir -p "$2" && root=$(CDPATH='' cd -- "$2" && pwd) || exit 1
state=$root/packages
mkdir -p "$state/lists/partial" "$state/archives/partial" || exit 1
: >"$state/status"

apt()
{
    apt-get -q -o APT::Architecture="$architecture" -o APT::Architectures::="$architecture" -o Dir::State::lists="$state/lists" \
        -o Dir::State::status="$state/status" -o Dir::Cache="$state" "$@"
}

# An update may fail in part, where a source has no such architecture; what counts is whether the packages come.
apt update >"$state/log" 2>&1
(cd "$state/archives" && apt download check libsubunit-dev) >>"$state/log" 2>&1 || { tail -5 "$state/log"; exit 1; }
for package in "$state/archives"/*.deb; do
    dpkg -x "$package" "$root" || exit 1
done
rm -rf "$state"
