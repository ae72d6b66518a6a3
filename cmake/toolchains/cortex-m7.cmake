# Cortex-M7 with floating-point unit: float and double in hardware. How to use it: mps2.cmake
set(CMAKE_SYSTEM_PROCESSOR cortex-m7)
set(srd_cpu "-mcpu=cortex-m7 -mfloat-abi=hard -mfpu=fpv5-d16")
set(srd_machine mps2-an500)
include(${CMAKE_CURRENT_LIST_DIR}/mps2.cmake)
