# 64-bit ARM: the kernels for NEON, char without a sign. How to use it: linux-gnu.cmake
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(srd_triplet aarch64-linux-gnu)
set(srd_qemu qemu-aarch64)
include(${CMAKE_CURRENT_LIST_DIR}/linux-gnu.cmake)
