# Writes what other languages repeat of the list of layer kinds, lib/layers/kinds.def:
#
#   cmake -P cmake/kinds.cmake                writes
#   cmake -DCHECK=ON -P cmake/kinds.cmake     compares, and fails if something is out of date (the test abi_kinds)
#
#   - the layer calls without parameters in srd/graph.hpp of the C++ wrapper, between two marks;
#   - srd/kinds.py of the Python package: the signature of every layer call, and what those without parameters compute.
cmake_minimum_required(VERSION 3.16)
get_filename_component(root ${CMAKE_CURRENT_LIST_DIR} DIRECTORY)

# The one file of that name, wherever the examples keep it.
function(find_one pattern to)
    file(GLOB found ${root}/examples/${pattern} ${root}/examples/*/${pattern})
    list(LENGTH found count)
    if(NOT count EQUAL 1)
        message(FATAL_ERROR "examples/${pattern}: one was expected, there are these: ${found}")
    endif()
    set(${to} "${found}" PARENT_SCOPE)
endfunction()

function(write_or_compare path text)
    set(old)
    if(EXISTS ${path})
        file(READ ${path} old)
    endif()
    if(old STREQUAL text)
        return()
    endif()
    file(RELATIVE_PATH name ${root} ${path})
    if(CHECK)
        message(SEND_ERROR "${name} is not what lib/layers/kinds.def says: run cmake -P cmake/kinds.cmake")
    else()
        file(WRITE ${path} "${text}")
        message(STATUS "${name} was written")
    endif()
endfunction()

# The letter of a type in srd/native.py.
function(letter_of type to)
    if(type MATCHES "\\*$")
        set(${to} p PARENT_SCOPE)
    elseif(type STREQUAL "float")
        set(${to} f PARENT_SCOPE)
    elseif(type STREQUAL "double")
        set(${to} d PARENT_SCOPE)
    elseif(type MATCHES "^(int32_t|srd_layer)$")
        set(${to} i PARENT_SCOPE)
    else()
        message(FATAL_ERROR "kinds.def: the type '${type}' is not known here")
    endif()
endfunction()

set(methods)
set(signatures)
set(plain)
file(STRINGS ${root}/lib/layers/kinds.def lines REGEX "^SRD__")
foreach(line IN LISTS lines)
    if(line MATCHES "^SRD__PLAIN\\(([a-z0-9_]+), [A-Z0-9_]+, [A-Z]+, \"([^\"']*)\"\\)$")
        set(name ${CMAKE_MATCH_1})
        string(APPEND methods "    srd_layer ${name}(name n, srd_layer x) { return call(srd_graph_${name}, n, x); }\n")
        string(APPEND plain "    '${name}': '${CMAKE_MATCH_2}',\n")
        string(APPEND signatures "    'graph_${name}': 'L pti',\n")
    elseif(line MATCHES "^SRD__(LAYER|CALL)\\(([a-z0-9_]+), .*P[1-6]\\(([^()]*)\\)\\)$")
        set(name ${CMAKE_MATCH_2})
        string(REPLACE ", " ";" types "${CMAKE_MATCH_3}")
        set(letters pt)
        foreach(type IN LISTS types)
            letter_of("${type}" letter)
            string(APPEND letters ${letter})
        endforeach()
        string(APPEND signatures "    'graph_${name}': 'L ${letters}',\n")
    elseif(NOT line MATCHES "^SRD__INNER\\([a-z0-9_]+, [a-z0-9_]+, [A-Z0-9_]+, [A-Z]+\\)$")
        message(FATAL_ERROR "kinds.def: this line is not understood: ${line}")
    endif()
endforeach()

find_one(cpp/srd/graph.hpp wrapper)
file(READ ${wrapper} text)
set(first "    // without parameters: the lines down to the next comment are written by cmake/kinds.cmake\n")
set(last "    // with parameters\n")
string(FIND "${text}" "${first}" begin)
string(FIND "${text}" "${last}" end)
if(begin EQUAL -1 OR end LESS begin)
    message(FATAL_ERROR "${wrapper}: the marks were not found")
endif()
string(SUBSTRING "${text}" 0 ${begin} head)
string(SUBSTRING "${text}" ${end} -1 tail)
write_or_compare(${wrapper} "${head}${first}${methods}${tail}")

find_one(python/srd/native.py native)
get_filename_component(package ${native} DIRECTORY)
write_or_compare(${package}/kinds.py "\"\"\"The layer calls, written by cmake/kinds.cmake from the list of kinds of the library, kinds.def.\"\"\"

# Letters as in native.py.
SIGNATURES = {
${signatures}}

# Calls that take nothing but their input, and what they compute.
PLAIN = {
${plain}}
")
