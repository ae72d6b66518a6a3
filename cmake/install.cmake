# Install rules: libraries, headers, programs, the CMake package (find_package(srd)) and what pkg-config reads.
include(CMakePackageConfigHelpers)

set(srd_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/srd)
set(srd_targets)
if(SRD_BUILD_STATIC)
    list(APPEND srd_targets srd_static)
endif()
if(SRD_BUILD_SHARED)
    list(APPEND srd_targets srd_shared)
endif()

# A target file per library, so that either may be absent.
foreach(target ${srd_targets})
    install(TARGETS ${target} EXPORT ${target}
            RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT srd_runtime
            LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT srd_runtime NAMELINK_COMPONENT srd_development
            ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT srd_development)
    install(EXPORT ${target} NAMESPACE srd:: FILE ${target}.cmake DESTINATION ${srd_package_dir} COMPONENT srd_development)
endforeach()

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/srd DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT srd_development
        FILES_MATCHING PATTERN "*.h")
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT srd_runtime)

# The parts beside the library: components of the package. What of the library they link, srdConfig.cmake decides, because static or
# shared is the user's choice. A part that is not built leaves its reason there.
set(srd_parts cpp)
set(srd_option_of_pool SRD_BUILD_POOL)
set(srd_option_of_onnx SRD_BUILD_TOOLS)
set(srd_option_of_tflite SRD_BUILD_TOOLS)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/examples/bindings/cpp/srd DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        COMPONENT srd_development FILES_MATCHING PATTERN "*.hpp")
foreach(part pool onnx tflite)
    if(TARGET srd_${part})
        list(APPEND srd_parts ${part})
        install(DIRECTORY ${PROJECT_SOURCE_DIR}/examples/tools/${part}/include/srd DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
                COMPONENT srd_development FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")
        set(srd_why_not_${part} "")
    else()
        get_property(srd_why_not_${part} GLOBAL PROPERTY srd_why_not_${part})
        if(NOT srd_why_not_${part})
            set(srd_why_not_${part} "${srd_option_of_${part}} was off")
        endif()
    endif()
endforeach()
foreach(part ${srd_parts})
    install(TARGETS srd_${part} EXPORT srd_${part} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT srd_development
            INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
    install(EXPORT srd_${part} NAMESPACE srd:: FILE srd_${part}.cmake DESTINATION ${srd_package_dir} COMPONENT srd_development)
endforeach()

# The programs; where they need the shared library they find it from where they lie.
file(RELATIVE_PATH srd_bin_to_lib /${CMAKE_INSTALL_BINDIR} /${CMAKE_INSTALL_LIBDIR})
foreach(program srd-onnx srd-tflite srd-codegen)
    if(TARGET ${program})
        if(APPLE)
            set_target_properties(${program} PROPERTIES INSTALL_RPATH "@loader_path/${srd_bin_to_lib}")
        else()
            set_target_properties(${program} PROPERTIES INSTALL_RPATH "$ORIGIN/${srd_bin_to_lib}")
        endif()
        install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT srd_tools)
    endif()
endforeach()

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/srdConfig.cmake.in ${PROJECT_BINARY_DIR}/srdConfig.cmake
                              INSTALL_DESTINATION ${srd_package_dir})
# Before 1.0 a new minor version may break what was there, from 1.0 on only a new major version (docs/abi.md).
set(srd_compatibility SameMajorVersion)
if(PROJECT_VERSION_MAJOR EQUAL 0)
    set(srd_compatibility SameMinorVersion)
endif()
write_basic_package_version_file(${PROJECT_BINARY_DIR}/srdConfigVersion.cmake COMPATIBILITY ${srd_compatibility})
install(FILES ${PROJECT_BINARY_DIR}/srdConfig.cmake ${PROJECT_BINARY_DIR}/srdConfigVersion.cmake
        DESTINATION ${srd_package_dir} COMPONENT srd_development)

# srd.pc finds its prefix from where it lies, so an installed tree may be moved. In the system's folders nothing moves, and pkg-config
# leaves out -I/usr/include and -L/usr/lib only where it can recognise them. Which it is, only the installation knows: --prefix.
if(IS_ABSOLUTE ${CMAKE_INSTALL_LIBDIR})
    set(srd_pc_moved "\${CMAKE_INSTALL_PREFIX}")
    set(srd_pc_libdir ${CMAKE_INSTALL_LIBDIR})
else()
    file(RELATIVE_PATH srd_pc_up /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
    set(srd_pc_moved "\\\${pcfiledir}/${srd_pc_up}")
    set(srd_pc_libdir "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
endif()
if(IS_ABSOLUTE ${CMAKE_INSTALL_INCLUDEDIR})
    set(srd_pc_includedir ${CMAKE_INSTALL_INCLUDEDIR})
else()
    set(srd_pc_includedir "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()
# A shared library brings libm along; with the static one alone everybody must name it.
set(srd_pc_libs "-lm")
set(srd_pc_libs_private)
if(SRD_BUILD_SHARED)
    set(srd_pc_libs)
    set(srd_pc_libs_private "-lm")
endif()
set(srd_pc_prefix "@SRD_PC_PREFIX@")
# srd_install_pc(name): the file for pkg-config of which cmake/NAME.pc.in is the pattern.
function(srd_install_pc name)
    configure_file(${PROJECT_SOURCE_DIR}/cmake/${name}.pc.in ${PROJECT_BINARY_DIR}/${name}.pc.in @ONLY)
    install(CODE "
        set(SRD_PC_PREFIX \"${srd_pc_moved}\")
        if(CMAKE_INSTALL_PREFIX MATCHES \"^/(usr/?|usr/local/?)?\$\")
            set(SRD_PC_PREFIX \${CMAKE_INSTALL_PREFIX})
        endif()
        configure_file(\"${PROJECT_BINARY_DIR}/${name}.pc.in\" \"${PROJECT_BINARY_DIR}/${name}.pc\" @ONLY)
    " COMPONENT srd_development)
    install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT srd_development)
endfunction()
srd_install_pc(srd)
if(TARGET srd_pool)
    srd_install_pc(srd-pool)
endif()
if(TARGET srd_onnx)
    srd_install_pc(srd-onnx)
endif()
if(TARGET srd_tflite)
    srd_install_pc(srd-tflite)
endif()
