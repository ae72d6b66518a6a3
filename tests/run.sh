#!/bin/sh
# Builds libsrd and runs its tests. On Debian it installs what is missing (as root, or by sudo); elsewhere it says what.
#
#   sh tests/run.sh        the everyday tests, some minutes at most
#   sh tests/run.sh full   the longer tier: other compilers and processors, sanitizers, valgrind, static analysis, format,
#                          reference
#   sh tests/run.sh nightly [COUNT]   so many random networks (default 1000000) on all processors, see tests/random
#   sh tests/run.sh coverage   lines and branches of lib/ that the test programs reach; fails below 95 % and 90 %
#
# SRD_BUILD_DIR chooses another folder than build/; SRD_WERROR=ON makes compiler warnings errors. The exit status is 0 only if
# everything passed.
set -u

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd) || exit 1
build=${SRD_BUILD_DIR:-$root/build}
jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
CTEST_OUTPUT_ON_FAILURE=1
export CTEST_OUTPUT_ON_FAILURE

fail()
{
    echo "run.sh: $*" >&2
    exit 1
}

has()
{
    command -v "$1" >/dev/null 2>&1
}

# ---- what is needed ---------------------------------------------------------------------------------------------------

# Debian packages of what is missing. A compiler without its C library is no compiler, so it is tried.
missing_packages()
{
    try=$(mktemp -d) || exit 1
    echo 'int main(void) { return 0; }' >"$try/c.c"
    "${CC:-cc}" -o "$try/c" "$try/c.c" 2>/dev/null || echo gcc libc6-dev
    has c++ || has g++ || has clang++ || echo g++
    has cmake || echo cmake
    has make || has ninja || echo make
    has readelf || echo binutils
    has pkg-config || echo pkg-config
    has pkg-config && pkg-config --exists check || echo check
    rm -rf "$try"
}

# Packages that only examples need, which are left out without them: pictures, and the ONNX importer.
missing_for_examples()
{
    try=$(mktemp -d) || exit 1
    printf '#include <png.h>\nint main(void) { return 0; }\n' >"$try/png.c"
    printf '#include <stdio.h>\n#include <jpeglib.h>\nint main(void) { return 0; }\n' >"$try/jpeg.c"
    printf '#include <protobuf-c/protobuf-c.h>\nint main(void) { return 0; }\n' >"$try/protobuf.c"
    "${CC:-cc}" -o "$try/png" "$try/png.c" -lpng 2>/dev/null || echo libpng-dev
    "${CC:-cc}" -o "$try/jpeg" "$try/jpeg.c" -ljpeg 2>/dev/null || echo libjpeg-dev
    "${CC:-cc}" -o "$try/protobuf" "$try/protobuf.c" -lprotobuf-c 2>/dev/null || echo libprotobuf-c-dev
    has protoc-c || echo protobuf-c-compiler
    [ -f /usr/include/onnx/onnx.proto ] || echo libonnx-dev
    rm -rf "$try"
}

# Packages for the longer tier, by the command that is missing. Each is optional: its step is skipped without it.
missing_tools()
{
    for tool in clang valgrind clang-tidy clang-format cppcheck doxygen ccache python3; do
        has "$tool" || echo "$tool"
    done
    has abidiff || echo abigail-tools
}

# Fails without stopping when nothing can be installed.
install_packages()
{
    if [ "$(id -u)" -eq 0 ]; then
        as_root='env'
    elif has sudo && sudo -n true 2>/dev/null; then
        as_root='sudo -n env'
    else
        return 1
    fi
    has apt-get || return 1
    echo "Installing $* ..."
    # An update may fail in part; what counts is whether the packages can be installed.
    $as_root DEBIAN_FRONTEND=noninteractive apt-get -q update >/dev/null 2>&1
    $as_root DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120 --no-install-recommends install "$@" \
        >"$build/apt.log" 2>&1 || { tail -5 "$build/apt.log" >&2; return 1; }
}

# ---- the everyday tests -----------------------------------------------------------------------------------------------

# configure FOLDER OPTIONS...; quiet unless it fails.
configure()
{
    folder=$1
    shift
    mkdir -p "$folder"
    cmake -S "$root" -B "$folder" "$@" >"$folder/configure.log" 2>&1 || { cat "$folder/configure.log"; return 1; }
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

# build_in FOLDER; what the compilers say is shown, also when it is only a warning.
build_in()
{
    watched "$1/build.log" cmake --build "$1" --parallel "$jobs" || { cat "$1/build.log"; return 1; }
    grep -A 6 'warning:' "$1/build.log" || true
}

# The single checks inside the test programs, from the log of the last run of ctest in FOLDER.
count_checks()
{
    sed -n 's/^[0-9]*%: Checks: \([0-9]*\),.*/\1/p' "$1/Testing/Temporary/LastTest.log" 2>/dev/null |
        awk '{ sum += $1 } END { print sum + 0 }'
}

# In a subshell, because of the folder.
everyday_tests()
(
    cd "$build" && ctest --parallel "$jobs"
)

everyday()
{
    configure "$build" -DSRD_BUILD_SHARED=ON -DSRD_BUILD_TESTS=ON -DSRD_BUILD_EXAMPLES=ON -DSRD_WERROR="${SRD_WERROR:-OFF}" || return 1
    echo "Building in $build (some minutes; what the compiler says goes to build.log there) ..."
    build_in "$build" || return 1
    echo "Testing (some minutes) ..."
    watched "$build/ctest.log" everyday_tests
    status=$?
    cat "$build/ctest.log"
    total=$(sed -n 's/.*tests failed out of \([0-9]*\).*/\1/p' "$build/ctest.log")
    failed=$(sed -n 's/.*, \([0-9]*\) tests failed out of .*/\1/p' "$build/ctest.log")
    [ "${total:-0}" -gt 0 ] || { echo "no test was run"; return 1; }
    echo
    echo "$((total - failed)) of $total tests passed ($(count_checks "$build") checks in the programs)"
    return $status
}

# COUNT random networks, from another seed each day. What fails is written to the folder random/ of the build.
nightly()
{
    configure "$build" -DSRD_BUILD_TESTS=ON && cmake --build "$build" --parallel "$jobs" --target random_graphs >"$build/build.log" 2>&1 ||
        { cat "$build/build.log"; return 1; }
    mkdir -p "$build/random"
    "$build/tests/random_graphs" "$(date +%Y%m%d)0000000" "$1" "$jobs" "$build/random"
}

# ---- the longer tier --------------------------------------------------------------------------------------------------

passed=0
failed=0

# step NAME FUNCTION ARGUMENTS...: runs it, tells how long it took, counts it. What it prints is shown when it fails.
step()
{
    name=$1
    shift
    began=$(date +%s)
    if "$@" >"$build/step.log" 2>&1; then
        passed=$((passed + 1))
        echo "passed  $name ($(($(date +%s) - began)) s)"
    else
        failed=$((failed + 1))
        cat "$build/step.log"
        echo "FAILED  $name ($(($(date +%s) - began)) s)"
    fi
}

# step_with COMMAND NAME ...: a step, or a message when the command is not there.
step_with()
{
    tool=$1
    shift
    if has "$tool"; then step "$@"; else echo "skipped $1: $tool is missing"; fi
}

# build_and_test FOLDER CTEST_OPTIONS -- CMAKE_OPTIONS...; TARGETS, if not empty: only these are built.
build_and_test()
{
    folder=$build/full-$1
    ctest_options=$2
    shift 3
    configure "$folder" -DCMAKE_EXPORT_COMPILE_COMMANDS=ON "$@" || return 1
    # shellcheck disable=SC2086
    if [ -n "$targets" ]; then cmake --build "$folder" --parallel "$jobs" --target $targets || return 1; else build_in "$folder" || return 1; fi
    # shellcheck disable=SC2086
    (cd "$folder" && $runner ctest --parallel "$jobs" $ctest_options)
}
targets=
runner=

# ThreadSanitizer of older compilers stumbles over the wide address randomisation of newer kernels; without it, it runs.
with_threads()
{
    if has setarch && setarch "$(uname -m)" -R true 2>/dev/null; then runner="setarch $(uname -m) -R"; fi
    # The processes that Check forks are one thread each, which is not what is wanted here.
    targets=test_threads
    CK_FORK=no build_and_test threads "-R ^threads$" -- -DCMAKE_BUILD_TYPE=RelWithDebInfo -DSRD_SANITIZE=thread \
        -DSRD_BUILD_EXAMPLES=OFF
    status=$?
    runner=
    targets=
    return $status
}

with_valgrind()
{
    for program in fail memory tensor graph explainer explainer_memory oom; do
        echo "$program"
        CK_FORK=no valgrind --quiet --error-exitcode=9 --leak-check=full --show-leak-kinds=all --errors-for-leak-kinds=all \
            "$build/tests/test_$program" || return 1
    done
}

with_clang_tidy()
{
    [ -f "$build/full-clang/compile_commands.json" ] || { echo "there is no build by clang to look at"; return 1; }
    find "$root/lib" -name '*.c' ! -path '*/base/fail.c' -print0 | xargs -0 -P "$jobs" -n 4 clang-tidy -p "$build/full-clang" --quiet \
        --extra-arg=-include --extra-arg="$root/tests/support/analyzer.h"
    status=$?
    find "$root/lib/base/fail.c" "$root/tests" -name '*.c' ! -path '*/package/*' ! -path '*/tests/firmware/*' ! -path '*/tests/budgets/*' -print0 |
        xargs -0 -P "$jobs" -n 4 clang-tidy -p "$build/full-clang" --quiet || status=1
    return $status
}

with_cppcheck()
{
    cppcheck --quiet --std=c11 -USRD_CONFIG --enable=warning,performance,portability --inline-suppr --suppress=missingIncludeSystem \
        --error-exitcode=1 -j "$jobs" -I "$root/include" -I "$root/lib" "$root/lib"
}

# Generated data (the trained network of the example) is left as its generator writes it.
with_clang_format()
{
    find "$root/include" "$root/lib" "$root/tests" "$root/examples" \( -name '*.c' -o -name '*.h' -o -name '*.[ch]pp' \) \
        ! -name 'fashion_net.*' -print0 | xargs -0 clang-format --dry-run --Werror
}

# The reference from the headers and the pages. cmake looks for doxygen again if it was missing before.
with_doxygen()
{
    configure "$build" && cmake --build "$build" --target docs
}

# Packages with a compiler and an emulator for TRIPLET, of Debian's ARCHITECTURE, run by QEMU, where they are missing.
missing_for_target()
{
    try=$(mktemp -d) || exit 1
    echo 'int main(void) { return 0; }' >"$try/c.c"
    "$1-gcc" -o "$try/c" "$try/c.c" 2>/dev/null || echo "gcc-$1 libc6-dev-$2-cross"
    has "$3" || has "$3-static" || echo qemu-user
    rm -rf "$try"
}

# emulated NAME TRIPLET ARCHITECTURE QEMU CTEST_OPTIONS: everything but examples and packaging on another processor, which qemu
# imitates. A step, or a message where the tools or Check for it are not to be had.
emulated()
{
    packages=$(missing_for_target "$2" "$3" "$4")
    # shellcheck disable=SC2086,SC2116
    if [ -n "$packages" ] && ! install_packages $packages; then
        echo "skipped $1: these could not be installed: $(echo $packages)"
        return
    fi
    if ! sh "$root/tests/emulated/fetch_check.sh" "$3" "$build/target-$3"; then
        echo "skipped $1: Check for $3 could not be fetched"
        return
    fi
    step "$1" with_emulator "$2" "$3" "$5"
}

# Some ten times slower than this machine, which the limits of Check's must know.
with_emulator()
{
    CK_TIMEOUT_MULTIPLIER=10 build_and_test "$2" "$3" -- -DCMAKE_TOOLCHAIN_FILE="$root/cmake/toolchains/$1.cmake" \
        -DSRD_TARGET_ROOT="$build/target-$2" -DSRD_BUILD_EXAMPLES=OFF -DSRD_TEST_VARIANTS=OFF -DSRD_WERROR=ON
}

# The library with debug information against the committed interface; on another processor than x86-64 there is nothing to compare.
with_abidiff()
{
    has python3 || { echo "python3 is missing"; return 1; }
    configure "$build/full-abi" -DCMAKE_BUILD_TYPE=Debug -DSRD_BUILD_STATIC=OFF -DSRD_BUILD_SHARED=ON -DSRD_BUILD_TESTS=OFF \
        -DSRD_BUILD_EXAMPLES=OFF && build_in "$build/full-abi" || return 1
    python3 "$root/tests/abi/abidiff.py" check "$build/full-abi/lib/libsrd.so"
    status=$?
    [ $status -eq 77 ] || return $status
}

# Debian packages for bare metal: compiler, libm, machines.
missing_for_bare_metal()
{
    has arm-none-eabi-gcc || echo gcc-arm-none-eabi
    arm-none-eabi-gcc -E -include math.h -x c /dev/null >/dev/null 2>&1 ||
        echo libnewlib-arm-none-eabi
    has qemu-system-arm || echo qemu-system-arm
}

# bare_metal NAMES...: the library in microcontrollers that qemu imitates, by the toolchain files of these names, with its budgets. A
# step each, or a message where the tools are not to be had.
bare_metal()
{
    packages=$(missing_for_bare_metal)
    # shellcheck disable=SC2086,SC2116
    if [ -n "$packages" ] && ! install_packages $packages; then
        echo "skipped microcontrollers ($*): these could not be installed: $(echo $packages)"
        return
    fi
    for target in "$@"; do
        step "microcontroller: $target" build_and_test "$target" "" -- -DSRD_WERROR=ON \
            -DCMAKE_TOOLCHAIN_FILE="$root/cmake/toolchains/$target.cmake"
    done
}

# Other compilers and processors have the programs to run. What is not repeated with them: scripts about the source, the package and the
# bindings, and builds of the library with other switches.
few='-E ^(amalgamation_|docs_|firmware_quantise|howto_|package_|python_|rust_)'
plain='-DSRD_BUILD_SHARED=OFF -DSRD_BUILD_EXAMPLES=OFF -DSRD_TEST_VARIANTS=OFF -DSRD_RANDOM_COUNT=1000'

# An emulator takes minutes for what depends on the size of a pointer only: the 32-bit one does it.
numbers='-E ^(arena_networks|extreme_sizes|geometry|graph_errors|kept|null_pointers|oom|render_resize|struct_sizes)$'

# with_gcc: the everyday build may have been that already.
with_gcc()
{
    if grep -q '^SRD_WERROR:BOOL=ON' "$build/CMakeCache.txt" && "${CC:-cc}" --version | grep -q 'Free Software Foundation'; then
        echo "see the everyday build"
        return 0
    fi
    build_and_test gcc "$few" -- -DCMAKE_C_COMPILER=gcc -DSRD_WERROR=ON -DSRD_RANDOM_COUNT=1000
}

longer()
{
    # Most files are the same for several steps.
    if has ccache; then
        CMAKE_C_COMPILER_LAUNCHER=ccache CMAKE_CXX_COMPILER_LAUNCHER=ccache
        export CMAKE_C_COMPILER_LAUNCHER CMAKE_CXX_COMPILER_LAUNCHER
    fi
    # What reads the sources first: it is quick, and most faults are found there.
    step_with clang-format "clang-format" with_clang_format
    step_with doxygen "reference without warnings" with_doxygen
    step_with cppcheck "cppcheck" with_cppcheck
    step "compiler without warnings: gcc" with_gcc
    step_with clang "compiler without warnings: clang" build_and_test clang "$few" -- -DCMAKE_C_COMPILER=clang -DSRD_WERROR=ON \
        -DSRD_RANDOM_COUNT=1000
    step_with clang-tidy "clang-tidy" with_clang_tidy
    step "address and undefined sanitizers" build_and_test sanitize "$few" -- -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS_DEBUG="-O1 -g" \
        -DSRD_SANITIZE=address,undefined -DSRD_BUILD_SHARED=OFF -DSRD_RANDOM_COUNT=1000
    step "thread sanitizer" with_threads
    # The options are words.
    # shellcheck disable=SC2086
    {
        step "kernels: portable" build_and_test portable "-L program" -- -DSRD_KERNELS=PORTABLE $plain
        if grep -q avx2 /proc/cpuinfo 2>/dev/null; then
            step "kernels: AVX2" build_and_test avx2 "-L program" -- -DSRD_KERNELS=AVX2 $plain
        fi
        if grep -q amx_bf16 /proc/cpuinfo 2>/dev/null; then
            step "kernels: AMX" build_and_test amx "-L program" -- -DSRD_KERNELS=AMX $plain
        elif grep -q avx512dq /proc/cpuinfo 2>/dev/null; then
            step "kernels: AMX, imitated" build_and_test amx-imitated "-L program" -- -DSRD_KERNELS=AMX -DSRD_IMITATE_AMX=ON $plain
        fi
    }
    emulated "64-bit ARM, kernels: NEON" aarch64-linux-gnu arm64 qemu-aarch64 "$numbers"
    emulated "big-endian: s390x" s390x-linux-gnu s390x qemu-s390x "$numbers"
    emulated "32 bits: ARM" arm-linux-gnueabihf armhf qemu-arm ""
    bare_metal cortex-m3 cortex-m4f cortex-m7
    step_with abidiff "binary interface against its baseline" with_abidiff
    step_with gcc "switches that leave parts out" sh "$root/tests/abi/switches.sh" "$root"
    step "the same in the amalgamation" sh "$root/tests/amalgamation/switches.sh" "$root"
    step_with valgrind "valgrind" with_valgrind
    step_with valgrind "instruction counts" sh "$root/tests/bench/count.sh" "$build/tests/bench/count"
    echo
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}

# ---- coverage ---------------------------------------------------------------------------------------------------------

# A table of lines, then one of branches, each with what is missing. Counters of an earlier run do not count. Counting is
# slow, and the tests that watch the time must know.
coverage()
{
    folder=$build/coverage
    imitate=OFF
    if grep -q avx512dq /proc/cpuinfo 2>/dev/null && ! grep -q amx_bf16 /proc/cpuinfo; then imitate=ON; fi
    configure "$folder" -DCMAKE_C_COMPILER=gcc -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS_DEBUG=-O1 -DSRD_COVERAGE=ON \
        -DSRD_BUILD_SHARED=OFF -DSRD_BUILD_EXAMPLES=OFF -DSRD_IMITATE_AMX=$imitate || return 1
    build_in "$folder" || return 1
    find "$folder" -name '*.gcda' -exec rm -f {} +
    (cd "$folder" && CK_TIMEOUT_MULTIPLIER=20 ctest --parallel "$jobs" -L program >ctest.log 2>&1) ||
        { cat "$folder/ctest.log"; return 1; }
    cd "$root" || return 1
    gcovr --root . --filter lib/ "$folder" &&
        gcovr --root . --filter lib/ --branches --fail-under-line 95 --fail-under-branch 90 "$folder"
}

# ---- begin ------------------------------------------------------------------------------------------------------------

tier=${1-everyday}
case $#,$tier in
    0,* | 1,full | 1,coverage | 1,nightly | 2,nightly) ;;
    *) fail "usage: sh tests/run.sh [full | coverage | nightly [COUNT]]" ;;
esac
mkdir -p "$build" || exit 1
build=$(CDPATH='' cd -- "$build" && pwd) || exit 1

packages=$(missing_packages)
if [ -n "$packages" ]; then
    # The names are words, to be split.
    # shellcheck disable=SC2086,SC2116
    install_packages $packages || fail "please install first (these are Debian's names): $(echo $packages)"
fi
packages=$(missing_for_examples)
if [ -n "$packages" ]; then
    # shellcheck disable=SC2086,SC2116
    install_packages $packages || echo "examples are left out that need $(echo $packages)"
fi
case $tier in
    everyday) everyday; exit ;;
    nightly)
        nightly "${2:-1000000}"
        exit
        ;;
    coverage)
        has gcovr || install_packages gcovr || fail "please install gcovr first"
        coverage
        exit
        ;;
esac
tools=$(missing_tools)
# shellcheck disable=SC2086,SC2116
if [ -n "$tools" ]; then install_packages $tools || echo "not all tools could be installed: $(echo $tools)"; fi
[ -x "$build/tests/test_tensor" ] || everyday >"$build/everyday.log" 2>&1 || { cat "$build/everyday.log"; exit 1; }
longer
