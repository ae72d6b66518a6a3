# headers.sh INCLUDE_DIR CC [CXX [BELOW]] -- every public header, alone, as C99, C11 and C++11, without one warning; BELOW is the folder
# of the headers that these include.
set -u
include=$1 cc=$2 cxx=${3-} below=${4-$1}
failed=0

# try HEADER LANGUAGE STANDARD COMPILER
try() {
    if ! printf '#include "srd/%s"\n' "$1" | "$4" -x "$2" -std="$3" -fsyntax-only -I"$include" -I"$below" \
        -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wundef -Werror -; then
        echo "FAILED: srd/$1 as $3"
        failed=1
    fi
}

for path in "$include"/srd/*.h; do
    header=${path##*/}
    try "$header" c c99 "$cc"
    try "$header" c c11 "$cc"
    [ -z "$cxx" ] || try "$header" c++ c++11 "$cxx"
    # The guard is named after the path, so that no two headers share one.
    guard=SRD_$(printf '%s' "${header%.h}" | tr 'a-z-' 'A-Z_')_H
    grep -q "^#ifndef $guard\$" "$path" || { echo "FAILED: srd/$header has no guard $guard"; failed=1; }
done
[ -n "$cxx" ] || echo "no C++ compiler: C++11 was not tried"
exit $failed
