# What the toolchain files of this folder have in common: gcc for another processor, and qemu that runs what it makes, both as
# Debian packages them (gcc-TRIPLET, libc6-dev-ARCH-cross, qemu-user). Set before: srd_triplet, srd_qemu, CMAKE_SYSTEM_PROCESSOR.
#
#   sh tests/emulated/fetch_check.sh arm64 /where/check/goes
#   cmake -S . -B build-arm64 -DCMAKE_TOOLCHAIN_FILE=cmake/toolchains/aarch64-linux-gnu.cmake -DSRD_TARGET_ROOT=/where/check/goes
#   cmake --build build-arm64 && (cd build-arm64 && ctest)
#
# Without tests (-DSRD_BUILD_TESTS=OFF) the compiler is enough.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_C_COMPILER ${srd_triplet}-gcc)

set(SRD_TARGET_ROOT "" CACHE PATH "A folder with usr/include and usr/lib of the target, for what its C library does not have")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES SRD_TARGET_ROOT) # each try reads this file again and sets the environment below
set(CMAKE_FIND_ROOT_PATH /usr/${srd_triplet} ${SRD_TARGET_ROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

# pkg-config must not find what this machine has for itself.
set(ENV{PKG_CONFIG_PATH} "")
set(ENV{PKG_CONFIG_LIBDIR} ${SRD_TARGET_ROOT}/usr/lib/${srd_triplet}/pkgconfig)
set(ENV{PKG_CONFIG_SYSROOT_DIR} "${SRD_TARGET_ROOT}")

find_program(SRD_EMULATOR NAMES ${srd_qemu} ${srd_qemu}-static DOC "Runs programs of the target")
if(SRD_EMULATOR)
    set(CMAKE_CROSSCOMPILING_EMULATOR ${SRD_EMULATOR} -L /usr/${srd_triplet})
endif()
