# IBM Z: big-endian, 64 bits, char without a sign. How to use it: linux-gnu.cmake
set(CMAKE_SYSTEM_PROCESSOR s390x)
set(srd_triplet s390x-linux-gnu)
set(srd_qemu qemu-s390x)
include(${CMAKE_CURRENT_LIST_DIR}/linux-gnu.cmake)
