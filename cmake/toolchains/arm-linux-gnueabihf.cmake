# 32-bit ARM with a floating-point unit: size_t and pointers of 32 bits. How to use it: linux-gnu.cmake
set(CMAKE_SYSTEM_PROCESSOR armv7l)
set(srd_triplet arm-linux-gnueabihf)
set(srd_qemu qemu-arm)
include(${CMAKE_CURRENT_LIST_DIR}/linux-gnu.cmake)
