# Cortex-M3: no floating-point unit, every float is emulated by libgcc. How to use it: mps2.cmake
set(CMAKE_SYSTEM_PROCESSOR cortex-m3)
set(srd_cpu "-mcpu=cortex-m3 -mfloat-abi=soft")
set(srd_machine mps2-an385)
include(${CMAKE_CURRENT_LIST_DIR}/mps2.cmake)
