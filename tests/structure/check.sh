# check.sh LIB_DIR -- who includes whom. The folders of lib/ are floors of one house:
#
#   base < tensor < kernels < graph < layers < explain < paths < tiles < fast < run < ask < plan < api
#
# and render/ stands beside them on base/ and tensor/. Public headers (srd/*.h) are free to all. The rules:
#
# 1. A file includes files of its own folder or of lower ones.
# 2. In explain/, paths/, tiles/, run/, ask/ and plan/: a .c whose functions others use has a header of its name, and includes it first; that header declares
#    nothing of another file.
# 3. In base/ to layers/, fast/ and render/ several files may share a header, which declares nothing of another folder. api/ has no headers:
#    the public ones are its own.
# 4. No .c declares a function of another file, and no header one that nobody defines.
# 5. What a file uses (functions and tables of other files, by name) lies in its own folder or a lower one; inside one folder files
#    do not use each other in a circle.
#
# Prints a table of the folders, and every line that breaks a rule.
set -u
[ -d "$1" ] || { echo "there is no folder $1"; exit 1; }
script=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)/rooms.awk
cd "$1" || exit 1
# shellcheck disable=SC2046
LC_ALL=C awk -v order="base tensor kernels graph layers explain paths tiles fast run ask plan api" \
    -v with_headers="explain paths tiles run ask plan" -v apart="render:base,tensor" -f "$script" \
    $(find . -name '*.[ch]' -o -name '*.def' | LC_ALL=C sort)
