# run.sh RUSTC LIBRARY WORK_DIR -- compiles smoke.rs against a static (.a) or shared library, without a warning, and runs it.
# 77, which ctest counts as skipped, when there is no rustc (RUSTC empty).
set -eu
rustc=$1 library=$2 work=$3
[ -n "$rustc" ] || { echo "skipped: no rustc"; exit 77; }

folder=$(dirname "$library")
case $library in
*.a) kind=static ;;
*) kind=dylib ;;
esac
program=$work/smoke_$kind
"$rustc" --edition 2021 -D warnings -C debug-assertions=on "$(dirname "$0")/smoke.rs" -L "native=$folder" -l "$kind=srd" -l m \
    -C "link-arg=-Wl,-rpath,$folder" -o "$program"
said=$("$program")
echo "$said"
[ "$said" = "5 = -0.1875 + 5.625 + -0.4375" ]
