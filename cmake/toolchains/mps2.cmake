# What the toolchain files for Cortex-M have in common: gcc for bare metal, and qemu-system-arm with one of Arm's MPS2 boards, as
# Debian packages them (gcc-arm-none-eabi, libnewlib-arm-none-eabi for libm and its headers, qemu-system-arm). Set before:
# srd_cpu (options of the compiler), srd_machine, CMAKE_SYSTEM_PROCESSOR.
#
#   cmake -S . -B build-m4f -DCMAKE_TOOLCHAIN_FILE=cmake/toolchains/cortex-m4f.cmake
#   cmake --build build-m4f && (cd build-m4f && ctest)
#
# A program of the target is linked with the start-up code, the linker script and the board's functions of examples/firmware/mps2;
# the emulator takes it by -kernel, shows what it writes by semihosting, and ends with its exit status. An instruction takes a
# nanosecond of the board's time (-icount), so that its timer counts instructions, always the same number.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY) # a program needs start-up code

# No errno: who looks at it after a square root? What an address is not aligned to is not read at once, so that board.c may make a
# fault of it. No calls of memset for loops over a few numbers. Unused functions are left to the linker to drop.
set(CMAKE_C_FLAGS_INIT "${srd_cpu} -mthumb -mno-unaligned-access -fno-math-errno -fno-tree-loop-distribute-patterns")
string(APPEND CMAKE_C_FLAGS_INIT " -ffunction-sections -fdata-sections")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-nostdlib -Wl,--gc-sections")
set(CMAKE_BUILD_TYPE MinSizeRel CACHE STRING "Debug, Release, RelWithDebInfo or MinSizeRel")

set(SRD_CONFIG ${CMAKE_CURRENT_LIST_DIR}/../../examples/firmware/srd_config.h CACHE FILEPATH
    "A header with the switches and sizes of this build")
set(SRD_BUILD_SHARED OFF CACHE BOOL "Build the shared library")

set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

find_program(SRD_EMULATOR NAMES qemu-system-arm DOC "Runs programs of the target")
if(SRD_EMULATOR)
    set(CMAKE_CROSSCOMPILING_EMULATOR ${SRD_EMULATOR} -M ${srd_machine} -nographic -monitor none -serial none -icount shift=0
                                      -semihosting-config enable=on,target=native -kernel)
endif()
