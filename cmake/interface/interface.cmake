# Target interface: srd_api.json and srd_cdef.h in the folder interface/ of the build, made from the headers and installed to
# share/srd. They need Python 3 and no compiler; without it they are left out, and nothing else changes.
find_package(Python3 3.7 COMPONENTS Interpreter QUIET)
if(NOT Python3_Interpreter_FOUND)
    message(STATUS "no Python 3: srd_api.json and srd_cdef.h are left out")
    return()
endif()

set(srd_interface ${PROJECT_BINARY_DIR}/interface)
file(GLOB srd_interface_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/srd/*.h ${CMAKE_CURRENT_LIST_DIR}/*.py)
add_custom_command(OUTPUT ${srd_interface}/srd_api.json ${srd_interface}/srd_cdef.h
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/describe.py ${srd_interface}
    DEPENDS ${srd_interface_sources}
    COMMENT "Writing srd_api.json and srd_cdef.h"
    VERBATIM)
add_custom_target(interface ALL DEPENDS ${srd_interface}/srd_api.json ${srd_interface}/srd_cdef.h)
if(SRD_INSTALL AND NOT SRD_IMITATE_AMX)
    install(FILES ${srd_interface}/srd_api.json ${srd_interface}/srd_cdef.h DESTINATION ${CMAKE_INSTALL_DATADIR}/srd
            COMPONENT srd_development)
endif()
