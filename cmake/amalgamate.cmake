# Writes the whole library as two files, srd.c and srd.h:
#
#   cmake -DOUTPUT=FOLDER -P cmake/amalgamate.cmake        (the target `amalgamation` does this in the build folder)
#
# A CMake script, because who builds with CMake has CMake, and neither a compiler for this machine nor an interpreter is needed.
#
# The sources come in the order of SRD_SOURCES, headers where the first #include asks for them. What is done to the text:
#   - names of one file (static functions and tables, types) that occur in another get the name of their file in front: shape of
#     flatten.c becomes flatten__shape. Tokens are rewritten, not #defined: a #define would also catch members of structs that are
#     declared elsewhere (layer->shape). Comments, texts and members (declared, behind . and ->, in offsetof) stay;
#   - macros of a *.c file are #undefined at its end;
#   - a list of macro calls (layers/kinds.def) stands in full at each place of a *.c file that includes it;
#   - functions and tables that files share become static, so that only the public functions are left for the linker;
#   - { .name = value } becomes a list of all members in order, which C++11 can read.
# Whatever this misses does not compile: tests/amalgamation tries five ways.
cmake_minimum_required(VERSION 3.16)

get_filename_component(root ${CMAKE_CURRENT_LIST_DIR} DIRECTORY)
if(NOT OUTPUT)
    message(FATAL_ERROR "amalgamate.cmake: say where to write, by -DOUTPUT=FOLDER")
endif()

# Characters that mean something to lists of CMake are put aside while text is worked on.
string(ASCII 1 semicolon)
string(ASCII 2 open)
string(ASCII 3 close)
string(ASCII 4 backslash)
string(ASCII 5 begin) # marks of identifiers
string(ASCII 6 end)

function(read_text path to)
    file(READ ${root}/${path} text)
    string(REPLACE "\r\n" "\n" text "\n${text}") # a line begins behind \n
    string(REPLACE ";" "${semicolon}" text "${text}")
    string(REPLACE "[" "${open}" text "${text}")
    string(REPLACE "]" "${close}" text "${text}")
    string(REPLACE "\\" "${backslash}" text "${text}")
    set(${to} "${text}" PARENT_SCOPE)
endfunction()

function(write_text path text)
    string(REPLACE "${backslash}" "\\" text "${text}")
    string(REPLACE "${close}" "]" text "${text}")
    string(REPLACE "${open}" "[" text "${text}")
    string(REPLACE "${semicolon}" ";" text "${text}")
    string(REGEX REPLACE "\n\n\n+" "\n\n" text "${text}")
    file(WRITE ${OUTPUT}/${path} "${text}")
endfunction()

# A line that says which file begins here.
function(headline path to)
    set(${to} "\n\n/* ======== ${path} ======== */\n\n" PARENT_SCOPE)
endfunction()

# ---- headers -----------------------------------------------------------------------------------------------------------

# Appends the headers that text includes to ${collect}, each once and behind those that it includes, and removes the lines.
macro(take_includes text folder collect)
    string(REGEX MATCHALL "\n#include \"[^\"]*\\.h\"" lines_ "${${text}}")
    string(REGEX REPLACE "\n#include \"[^\"]*\\.h\"" "" ${text} "${${text}}")
    foreach(line_ IN LISTS lines_)
        string(REGEX REPLACE ".*\"(.*)\"" "\\1" header_ "${line_}")
        if(NOT header_ MATCHES "^srd/" OR ${folder} STREQUAL "include")
            take_header(${folder} ${header_} ${collect})
        endif()
    endforeach()
endmacro()

function(take_header folder header collect)
    get_property(taken GLOBAL PROPERTY srd_taken)
    if(header IN_LIST taken)
        return()
    endif()
    set_property(GLOBAL APPEND PROPERTY srd_taken ${header})
    read_text(${folder}/${header} text)
    take_includes(text ${folder} ${collect})
    # A list (*.def) that a header includes declares tables, which is done by their definitions here.
    string(REGEX REPLACE "(\n#define [^\n]*)*\n#include \"[^\"]*\\.def\"" "" text "${text}")
    if(folder STREQUAL "lib") # nobody else can include it; guards of public headers stay, for programs that know both forms
        if(NOT text MATCHES "\n#ifndef SRD_[A-Z0-9_]+_H\n#define SRD_[A-Z0-9_]+_H\n.*\n#endif\n$")
            message(FATAL_ERROR "${folder}/${header}: no guard was found")
        endif()
        string(REGEX REPLACE "\n#ifndef SRD_[A-Z0-9_]+_H\n#define SRD_[A-Z0-9_]+_H\n" "\n" text "${text}")
        string(REGEX REPLACE "\n#endif\n$" "\n" text "${text}")
    endif()
    headline(${folder}/${header} line)
    set_property(GLOBAL APPEND_STRING PROPERTY ${collect} "${line}${text}")
endfunction()

# Puts the text of a list (*.def) where it is included; its comments stay behind.
function(insert_lists text to)
    while(text MATCHES "\n#include \"([^\"]*\\.def)\"")
        set(line "${CMAKE_MATCH_0}")
        read_text(lib/${CMAKE_MATCH_1} list)
        string(REGEX REPLACE "/\\*[^*]*\\*+([^/*][^*]*\\*+)*/" "" list "${list}")
        string(REPLACE "${line}" "${list}" text "${text}")
    endwhile()
    set(${to} "${text}" PARENT_SCOPE)
endfunction()

# ---- names of one file -------------------------------------------------------------------------------------------------

# Names that a *.c file declares for itself, found in lines that begin at the margin (clang-format sees to that).
function(find_names text to)
    set(names)
    string(REGEX MATCHALL "\n[A-Za-z][^\n]*" lines "${text}")
    foreach(line IN LISTS lines)
        set(name srd_)
        foreach(declaration IN ITEMS "^\n(typedef )?(struct|enum|union) ([A-Za-z0-9_]+) {"
                                     "^\n(typedef) ([^()]*[ *])([A-Za-z0-9_]+)${semicolon}"
                                     "^\n()([^(=]*[ *])([A-Za-z0-9_]+)\\("
                                     "^\n(static) ([^(=]*[ *])([A-Za-z0-9_]+)(${open}[^=]*${close})? =")
            if(line MATCHES "${declaration}")
                set(name ${CMAKE_MATCH_3})
                break()
            endif()
        endforeach()
        if(NOT name MATCHES "^srd_" AND NOT name IN_LIST names)
            list(APPEND names ${name})
        endif()
    endforeach()
    set(${to} "${names}" PARENT_SCOPE)
endfunction()

# Puts marks around the identifiers of text, apart from those in comments and texts, and members of structs: where they are declared,
# behind . or ->, and in offsetof().
function(mark_identifiers text to)
    set(string "\"([^\"${backslash}]|${backslash}.)*\"")
    set(comment "/\\*[^*]*\\*+([^/*][^*]*\\*+)*/")
    set(character "'([^'${backslash}]|${backslash}.)'")
    string(REGEX MATCHALL "${string}|${comment}|${character}|[^\"/']+|/" pieces "${text}")
    set(marked)
    foreach(piece IN LISTS pieces)
        if(NOT piece MATCHES "^(\"|'|/\\*)")
            string(REGEX REPLACE "([A-Za-z_][A-Za-z0-9_]*)" "${begin}\\1${end}" piece "${piece}")
            string(REPLACE ".${begin}" "." piece "${piece}")
            string(REPLACE "->${begin}" "->" piece "${piece}")
            string(REGEX REPLACE "(offsetof${end}\\([^,]*, )${begin}" "\\1" piece "${piece}")
        endif()
        string(APPEND marked "${piece}")
    endforeach()
    # Members where a struct declares them: what stands before a semicolon, a comma or a bracket.
    string(REGEX MATCHALL "struct${end}( ${begin}[A-Za-z0-9_]+${end})? {[^{}]*}" structs "${marked}")
    foreach(struct IN LISTS structs)
        string(REGEX REPLACE "${begin}([A-Za-z0-9_]+)${end}([${semicolon},${open}])" "\\1\\2" members "${struct}")
        string(REPLACE "${struct}" "${members}" marked "${marked}")
    endforeach()
    set(${to} "${marked}" PARENT_SCOPE)
endfunction()

# ---- lists of members --------------------------------------------------------------------------------------------------

# The members of a struct of the internal headers or of text, as a list of name=zero, where zero is what stands for 0.
function(find_members type text to)
    get_property(headers GLOBAL PROPERTY srd_internal)
    if(NOT "${headers}${text}" MATCHES "struct ${type} {([^{}]*)}")
        message(FATAL_ERROR "the struct ${type} was not found")
    endif()
    string(REGEX REPLACE "/\\*[^*]*\\*+([^/*][^*]*\\*+)*/" "" body "${CMAKE_MATCH_1}")
    string(REGEX REPLACE "[ \n]+" " " body "${body}")
    string(REPLACE "${semicolon}" ";" body "${body}")
    set(members)
    foreach(declaration IN LISTS body)
        if(declaration MATCHES "\\(\\*([A-Za-z0-9_]+)\\)")
            list(APPEND members "${CMAKE_MATCH_1}=NULL")
            continue()
        endif()
        string(REGEX REPLACE "^ (const )?(struct )?([A-Za-z0-9_]+) .*" "\\3" of "${declaration}")
        string(REPLACE "," ";" declarators "${declaration}")
        foreach(declarator IN LISTS declarators)
            if(NOT declarator MATCHES "([A-Za-z0-9_]+)(${open}.*)?$")
                continue()
            endif()
            set(name ${CMAKE_MATCH_1})
            if(declarator MATCHES "${open}")
                set(zero "{ 0 }")
            elseif(declarator MATCHES "\\*")
                set(zero NULL)
            elseif("${headers}${text}" MATCHES "struct ${of} {")
                find_members(${of} "${text}" inner)
                list(TRANSFORM inner REPLACE "^[^=]*=" "")
                list(JOIN inner ", " inner)
                set(zero "{ ${inner} }")
            else()
                set(zero 0)
            endif()
            list(APPEND members "${name}=${zero}")
        endforeach()
    endforeach()
    set(${to} "${members}" PARENT_SCOPE)
endfunction()

# type variable = { .b = 1, .a = 2 } becomes type variable = { 2, 1, 0 }, and { 0 } for a struct of ours { 0, 0, 0 }.
function(list_members text to)
    string(REGEX REPLACE "(srd__[a-z0-9_]+ [a-z0-9_]+ = {) 0 }" "\\1 . }" text "${text}")
    while(text MATCHES "([A-Za-z0-9_]+) [A-Za-z0-9_#]+ = {[ \n]*\\.([^{}]*)}")
        set(whole "${CMAKE_MATCH_0}")
        set(given "${CMAKE_MATCH_2}")
        find_members(${CMAKE_MATCH_1} "${text}" members)
        string(REGEX REPLACE "{.*" "" left "${whole}")
        string(REGEX REPLACE "[ \n${backslash}]+" " " given ", .${given}")
        string(REGEX REPLACE ", \\.([A-Za-z0-9_]+) = " ";\\1=" given "${given}")
        foreach(pair IN LISTS given)
            if(pair MATCHES "^([A-Za-z0-9_]+)=(.*)$")
                set(name ${CMAKE_MATCH_1})
                string(STRIP "${CMAKE_MATCH_2}" value)
                list(FILTER members INCLUDE REGEX ".") # a list, also of one
                set(filled)
                set(found NO)
                foreach(member IN LISTS members)
                    if(member MATCHES "^${name}=")
                        set(member "${name}=${value}")
                        set(found YES)
                    endif()
                    list(APPEND filled "${member}")
                endforeach()
                if(NOT found)
                    message(FATAL_ERROR "no member ${name}: ${whole}")
                endif()
                set(members "${filled}")
            endif()
        endforeach()
        set(values)
        foreach(member IN LISTS members) # a replacement of "^...=" would go on to the next "=", of a comparison
            string(FIND "${member}" "=" at)
            math(EXPR at "${at} + 1")
            string(SUBSTRING "${member}" ${at} -1 value)
            list(APPEND values "${value}")
        endforeach()
        list(JOIN values ", " members)
        string(REPLACE "${whole}" "${left}{ ${members} }" text "${text}")
    endwhile()
    set(${to} "${text}" PARENT_SCOPE)
endfunction()

# ---- srd.h -------------------------------------------------------------------------------------------------------------

file(STRINGS ${root}/include/srd/version.h version REGEX "^#define SRD_VERSION_(MAJOR|MINOR|PATCH) [0-9]+$")
string(REGEX REPLACE "[^0-9]*([0-9]+)[^0-9]+([0-9]+)[^0-9]+([0-9]+).*" "\\1.\\2.\\3" version "${version}")
read_text(LICENSE licence)
string(REGEX REPLACE "\n\n" "\n *\n" licence "${licence}")
string(REGEX REPLACE "\n([^ ])" "\n * \\1" licence "${licence}")
string(STRIP "${licence}" licence)

take_header(include srd/srd.h srd_public)
get_property(public GLOBAL PROPERTY srd_public)
write_text(srd.h "/*
 * srd.h -- the public interface of libsrd ${version} in one file, made of the headers of include/srd. Its other half is srd.c.
 *
 ${licence}
 */
${public}")

# ---- srd.c -------------------------------------------------------------------------------------------------------------

file(READ ${root}/lib/CMakeLists.txt sources)
if(NOT sources MATCHES "\nset\\(SRD_SOURCES([^)]*)\\)")
    message(FATAL_ERROR "no list SRD_SOURCES in lib/CMakeLists.txt")
endif()
string(REGEX MATCHALL "[a-z0-9_/]+\\.c" sources "${CMAKE_MATCH_1}")

set(stems)
foreach(source IN LISTS sources)
    read_text(lib/${source} text)
    take_includes(text lib srd_internal)
    get_filename_component(stem ${source} NAME_WE)
    if(stem IN_LIST stems)
        message(FATAL_ERROR "two files are called ${stem}.c")
    endif()
    list(APPEND stems ${stem})
    find_names("${text}" names_${stem})
    list_members("${text}" text)
    mark_identifiers("${text}" text_${stem})
endforeach()

set(bodies)
foreach(source IN LISTS sources)
    get_filename_component(stem ${source} NAME_WE)
    set(text "${text_${stem}}")
    foreach(name IN LISTS names_${stem})
        foreach(other IN LISTS stems)
            string(FIND "${text_${other}}" "${begin}${name}${end}" at)
            if(NOT at EQUAL -1 AND NOT other STREQUAL stem)
                string(REPLACE "${begin}${name}${end}" "${stem}__${name}" text "${text}")
                break()
            endif()
        endforeach()
    endforeach()
    string(REPLACE "${begin}" "" text "${text}")
    string(REPLACE "${end}" "" text "${text}")
    # Tables that files share: const srd__kind srd__kind_add = ..., also inside a macro.
    string(REGEX REPLACE "(\n *)(const srd__[a-z0-9_]+ (\\*const )?srd__[a-z0-9_#]+(${open}${close})? = )" "\\1static \\2" text
           "${text}")
    string(REGEX MATCHALL "\n#define [A-Za-z0-9_]+" macros "${text}")
    list(TRANSFORM macros REPLACE "#define" "#undef")
    list(REMOVE_DUPLICATES macros)
    list(JOIN macros "" macros)
    insert_lists("${text}" text) # now, because names in a list are not those of other files
    headline(lib/${source} line)
    string(APPEND bodies "${line}${text}${macros}\n")
endforeach()

# What files share is declared in a header, as static; the definition is then static, too. Tables cannot be declared before they
# are defined in C++; SRD_SOURCES has them in an order that makes that unnecessary.
get_property(headers GLOBAL PROPERTY srd_internal)
string(REGEX MATCHALL "\n#ifndef SRD_[A-Z0-9_]+" switches "${headers}")
string(REGEX REPLACE "\n((const |struct )*[a-z0-9_]+ \\**srd__[a-z0-9_]+\\([^{}${semicolon}]*\\)${semicolon})" "\nstatic \\1" headers
       "${headers}")
string(REGEX REPLACE "\nextern const [^${semicolon}]*${semicolon}" "" headers "${headers}")
# A table that a macro of a header makes.
list_members("${headers}" headers)
string(REGEX REPLACE "(\n +)(const srd__[a-z0-9_]+ srd__[a-z0-9_#]+ = )" "\\1static \\2" headers "${headers}")

list(TRANSFORM switches REPLACE "\n#ifndef " "")
list(FILTER switches INCLUDE REGEX "^SRD_WITH_")
list(REMOVE_ITEM switches SRD_WITH_MALLOC SRD_WITH_TEXTS SRD_WITH_X86 SRD_WITH_RENDER)
list(SORT switches)
set(kinds)
set(column 200)
foreach(switch IN LISTS switches)
    string(LENGTH "${switch} " length)
    math(EXPR column "${column} + ${length}")
    if(column GREATER 110)
        string(APPEND kinds "\n *    ")
        math(EXPR column "${length}")
    endif()
    string(APPEND kinds " ${switch}")
endforeach()

write_text(srd.c "/*
 * srd.c -- libsrd ${version} in one file, made of the sources in lib. The interface is srd.h, which must lie beside it.
 *
 *     cc -O3 -c srd.c            C99 or later, or C++11 or later (c++ -x c++)
 *     cc program.c srd.o -lm
 *
 * Macros, to be defined when srd.c is compiled, or in a header of yours that SRD_CONFIG names (-DSRD_CONFIG='\"config.h\"'):
 *   - SRD_WITH_MALLOC=0   no malloc and free: the caller must always say where memory comes from
 *   - SRD_WITH_TEXTS=0    failures carry a status and a layer, but no text
 *   - SRD_WITH_X86=0      portable kernels only
 *   - SRD_WITH_RENDER=0   no functions of render.h
 *   - kinds of layers are left out by 0 for${kinds}
 *   - SRD_DEFAULT_KERNELS=SRD_KERNELS_PORTABLE (or _AVX2, _AVX512, _AMX) is what SRD_KERNELS_BEST stands for
 *   - SRD_BUILDING exports the public functions when -fvisibility=hidden hides the rest, as for a shared library
 *
 ${licence}
 */
#ifndef SRD_BUILDING
#define SRD_BUILDING_STATIC /* the public functions are what the compiler's own default makes of them: see types.h */
#endif
#include \"srd.h\"

/* A product and a sum are not to be fused behind our back, so that results do not depend on the compiler (docs/numerics.md). */
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC optimize(\"fp-contract=off\")
#endif

/* What the files of the library share is static here, and a switch may leave some of it without a user or a definition. */
#if defined(__GNUC__)
#pragma GCC diagnostic ignored \"-Wunused-function\"
#pragma GCC diagnostic ignored \"-Wunused-const-variable\"
#endif

/* g++ 12 takes _mm512_undefined_ps() of its own headers for a mistake. The same text, read as C, is without such a warning. */
#if defined(__cplusplus) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored \"-Wuninitialized\"
#pragma GCC diagnostic ignored \"-Wmaybe-uninitialized\"
#endif
${headers}${bodies}")
