# Compares a list of sources with the *.c files below a folder. Included when configuring; run as a test by
#   cmake -DFOLDER=lib "-DSOURCES=a.c;b.c" -P check_sources.cmake
function(srd_check_sources folder sources)
    file(GLOB_RECURSE present RELATIVE ${folder} ${folder}/*.c)
    set(unlisted ${present})
    list(REMOVE_ITEM unlisted ${sources})
    set(missing ${sources})
    if(present)
        list(REMOVE_ITEM missing ${present})
    endif()
    if(unlisted OR missing)
        message(FATAL_ERROR "${folder}/CMakeLists.txt: not in the list of sources: [${unlisted}]; in the list but not there: [${missing}]")
    endif()
endfunction()

if(CMAKE_SCRIPT_MODE_FILE)
    srd_check_sources(${FOLDER} "${SOURCES}")
endif()
