# symbol_versions.sh CMAKE CC SOURCE WORK -- a function that a later version brings in has a version node of its own: a program that
# needs it is refused when it is loaded with an older library, and one that does not runs with both. Before 1.0 and from 1.0 on.
set -eu
cmake=$1 cc=$2 source=$3 work=$4

# script LIST VERSION OUTPUT
script() {
    "$cmake" -DLIST="$1" -DVERSION="$2" -DOUTPUT="$3" -P "$source/cmake/symbol_versions.cmake"
}

# grown FIRST LATER NODE_OF_FIRST NODE_OF_LATER: a library of version FIRST has srd_one(), one of version LATER has srd_two(), too.
grown() {
    rm -rf "$work"
    mkdir -p "$work/old" "$work/new"
    printf '# a comment\nsrd_one\n' >"$work/old.symbols"
    printf '# a comment\nsrd_one\nsrd_two %s\n' "$4" >"$work/new.symbols"
    script "$work/old.symbols" "$1" "$work/old.map"
    script "$work/new.symbols" "$2" "$work/new.map"
    echo 'int srd_one(void) { return 1; } int hidden(void) { return 0; }' >"$work/old.c"
    echo 'int srd_one(void) { return 1; } int srd_two(void) { return 2; }' >"$work/new.c"
    for age in old new; do
        "$cc" -shared -fPIC "$work/$age.c" -Wl,--version-script="$work/$age.map" -Wl,-soname,libx.so.0 -o "$work/$age/libx.so.0"
        grep -qF "SRD_$3 {" "$work/$age.map" || { echo "FAILED: $age: the interface does not begin with SRD_$3"; exit 1; }
    done
    echo 'int srd_one(void); int main(void) { return srd_one() == 1 ? 0 : 1; }' >"$work/first.c"
    # It calls what is new at the very end only.
    echo 'int srd_one(void); int srd_two(void); int main(int n, char **a) { (void)a; return srd_one() == n ? 0 : srd_two(); }' >"$work/later.c"
    for program in first later; do
        "$cc" "$work/$program.c" "$work/new/libx.so.0" -Wl,-z,lazy -o "$work/$program"
    done

    LD_LIBRARY_PATH="$work/old" "$work/first"
    LD_LIBRARY_PATH="$work/new" "$work/first"
    LD_LIBRARY_PATH="$work/new" "$work/later"
    if LD_LIBRARY_PATH="$work/old" "$work/later" 2>"$work/said"; then
        echo "FAILED: a program that needs $4 was started with $1"
        exit 1
    fi
    grep -qF "SRD_$4" "$work/said" || { cat "$work/said"; echo "FAILED: it does not say which version is missing"; exit 1; }
}

grown 0.1.0 0.1.3 0.1 0.1.3
grown 1.0.2 1.1.0 1.0 1.1
grown 1.3.0 1.12.4 1.0 1.12
grown 2.0.0 2.1.0 2.0 2.1

# refused LINE VERSION: a line that is no name with a version, or with one that cannot have brought it in.
refused() {
    echo "$1" >"$work/bad.symbols"
    if script "$work/bad.symbols" "$2" "$work/bad.map" 2>/dev/null; then
        echo "FAILED: accepted in $2: $1"
        exit 1
    fi
}
refused 'srd_x 0.1.3 more' 0.1.3
refused 'srd_x soon' 0.1.3
refused 'srd_x 0.0.9' 0.1.3 # another interface
refused 'srd_x 0.1.4' 0.1.3 # later than the library
refused 'srd_x 0.1' 0.1.3   # that is what no version means
refused 'srd_x 0.2' 0.2.1
refused 'srd_x 1.0' 1.2.0
refused 'srd_x 1.1.2' 1.2.0 # a repair brings nothing in
refused 'srd_x 1.3' 1.2.0
refused 'srd_x 0.9' 1.2.0
refused 'srd_x 1.1' 2.0.0
refused 'srd_x' 1.2
