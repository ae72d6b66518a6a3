# Cortex-M4 with its floating-point unit: float in hardware, double emulated. How to use it: mps2.cmake
set(CMAKE_SYSTEM_PROCESSOR cortex-m4)
set(srd_cpu "-mcpu=cortex-m4 -mfloat-abi=hard -mfpu=fpv4-sp-d16")
set(srd_machine mps2-an386)
include(${CMAKE_CURRENT_LIST_DIR}/mps2.cmake)
