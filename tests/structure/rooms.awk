# rooms.awk -- who includes whom and who calls whom in lib/, file by file; check.sh says what the rules are and runs it.
#
# Files are read once, without comments and texts. A function is defined where its head begins at the margin and a brace stands alone
# at the margin behind it, as clang-format leaves it; it is declared where the head ends with a semicolon. Tables count like functions. A file and
# the header of its name are one unit. A unit uses what another one defines if its name appears in it.

BEGIN {
    count = split(order, folders, " ")
    for (i = 1; i <= count; ++i) rank[folders[i]] = i
    split(with_headers, some, " ")
    for (i in some) paired[some[i]] = 1
    n = split(apart, words, " ") # "render:base,tensor": a folder beside the others, and all that it may use
    for (i = 1; i <= n; ++i) {
        at = index(words[i], ":")
        folders[++count] = name = substr(words[i], 1, at - 1)
        aside[name] = "," substr(words[i], at + 1) ","
    }
}

function fail(file, line, text)
{
    print "lib/" file (line > 0 ? ":" line : "") ": " text
    failures++
}

function folder_of(file)
{
    return substr(file, 1, index(file, "/") - 1)
}

function unit_of(file)
{
    return substr(file, 1, length(file) - 2)
}

# May a folder use another one?
function may(from, to)
{
    if (from == to) return 1
    if (from in aside) return index(aside[from], "," to ",") > 0
    return to in rank && rank[to] < rank[from]
}

function allowed(from,    i, text)
{
    if (from in aside) return substr(aside[from], 2, length(aside[from]) - 2)
    text = "nothing"
    for (i = 1; i < rank[from]; ++i) text = (i == 1 ? "" : text ", ") folders[i]
    return text
}

# A line without its comments and without what stands between quotes.
function clean(s,    out, at, c)
{
    out = ""
    while (s != "") {
        if (in_comment) {
            at = index(s, "*/")
            if (at == 0) return out
            s = substr(s, at + 2)
            in_comment = 0
            continue
        }
        if (!match(s, /\/\*|\/\/|["']/)) return out s
        out = out substr(s, 1, RSTART - 1)
        c = substr(s, RSTART, 1)
        if (c == "/") {
            if (substr(s, RSTART, 2) == "//") return out
            in_comment = 1
            s = substr(s, RSTART + 2)
            continue
        }
        s = substr(s, RSTART + 1)
        while (s != "" && substr(s, 1, 1) != c) s = substr(s, substr(s, 1, 1) == "\\" ? 3 : 2)
        s = substr(s, 2)
        out = out " "
    }
    return out
}

function add_include(file, line, text,    name)
{
    if (text !~ /"/) return # <...>, or a macro
    sub(/^[^"]*"/, "", text)
    sub(/".*/, "", text)
    name = text
    if (first_include[file] == "") {
        first_include[file] = name
        first_line[file] = line
    }
    if (name ~ /^srd\//) return
    includes[++include_count] = name
    include_file[include_count] = file
    include_line[include_count] = line
}

function is_static(head,    words, n, i)
{
    if (head ~ /^static / || head ~ / static /) return 1
    n = split(head, words, /[^A-Za-z0-9_]+/)
    for (i = 1; i <= n; ++i) {
        if ((here, words[i]) in static_macro) return 1
    }
    return 0
}

function note(name, file, line, defined, is_local)
{
    if (is_local) {
        own[file, name] = 1
        if (file ~ /\.h$/) in_header[name] = file # static inline
    } else if (!defined) {
        declared[++declared_count] = name
        declared_file[declared_count] = file
        declared_line[declared_count] = line
    } else if (name in definer && definer[name] != file) {
        fail(file, line, "defines " name ", which " definer[name] " defines, too")
    } else {
        definer[name] = file
    }
}

# A head is complete: what stands before a brace, an equals sign or a semicolon.
function end_head(file, defined,    head, local, at, names, n, i)
{
    head = collected
    collected = ""
    if (head ~ /^(typedef|struct|enum|union) [^(]*$/ && !defined) return
    if (head ~ /^typedef/) return
    local = is_static(head)
    gsub(/__attribute__ *\(\([^)]*(\([^)]*\))?[^)]*\)\)/, " ", head)
    at = index(head, "(")
    if (at > 0 && head !~ /^extern [^(]*,/) {
        head = substr(head, 1, at - 1)
        if (match(head, /[A-Za-z_][A-Za-z0-9_]*[ ]*$/)) {
            name = substr(head, RSTART)
            gsub(/ /, "", name)
            note(name, file, head_line, defined, local)
        }
        return
    }
    n = split(head, names, ",")
    for (i = 1; i <= n; ++i) {
        gsub(/\[[^]]*\]/, "", names[i])
        gsub(/ +$/, "", names[i])
        if (match(names[i], /[A-Za-z_][A-Za-z0-9_]*$/))
            note(substr(names[i], RSTART), file, head_line, defined || head !~ /^extern /, local)
    }
}

# One clean line of a file; returns what of it belongs to no head at the margin.
function read_head(file, line, s,    at)
{
    if (collected == "") {
        if (s !~ /^[A-Za-z_]/) return s
        if (s ~ /^(typedef )?(struct|enum|union)( [A-Za-z0-9_]+)? *\{/) return s
        if (match(s, /^[A-Za-z0-9_]+\(/) && (file, substr(s, 1, RLENGTH - 1)) in pasted) {
            note_pasted(file, line, substr(s, 1, RLENGTH - 1), substr(s, RLENGTH + 1))
            return s
        }
        head_line = line
    } else if (s ~ /^\{/) {
        end_head(file, 1)
        return s
    }
    at = match(s, /[;={]/)
    collected = collected (collected == "" ? "" : " ") (at > 0 ? substr(s, 1, at - 1) : s)
    if (at == 0) return ""
    end_head(file, substr(s, at, 1) != ";")
    return substr(s, at + 1)
}

# Macros that define srd_...##PARAMETER: the name before the two signs, and which parameter it is.
function read_macro(file, s,    words, n, i, at)
{
    if (s ~ /^[ \t]*#[ \t]*define /) {
        sub(/^[ \t]*#[ \t]*define /, "", s)
        macro = s
        sub(/[^A-Za-z0-9_].*/, "", macro)
        parameters = substr(s, length(macro) + 1) ~ /^\(/ ? substr(s, length(macro) + 2) : ""
        sub(/\).*/, "", parameters)
        if (s ~ /static/) static_macro[file, macro] = 1
    }
    if (!match(s, /^ *const [A-Za-z_0-9]+ srd_[a-z0-9_]*##[A-Za-z_]+ /)) return
    s = substr(s, RSTART, RLENGTH - 1)
    sub(/.* /, "", s)
    at = index(s, "##")
    n = split(parameters, words, /[ ,]+/)
    for (i = 1; i <= n; ++i) {
        if (words[i] == substr(s, at + 2)) parameter[file, macro] = i
    }
    pasted[file, macro] = substr(s, 1, at - 1)
}

function note_pasted(file, line, name, arguments,    words)
{
    sub(/\).*/, "", arguments)
    split(arguments, words, /[ ,]+/)
    note(pasted[file, name] words[parameter[file, name]], file, line, 1, 0)
}

function add_uses(file, line, s,    name)
{
    while (match(s, /[A-Za-z_][A-Za-z0-9_]*/)) {
        name = substr(s, RSTART, RLENGTH)
        s = substr(s, RSTART + RLENGTH)
        if (name !~ /^srd_/ || (file, name) in used) continue
        used[file, name] = line
        uses[++use_count] = name
        use_file[use_count] = file
    }
}

FNR == 1 {
    in_comment = in_macro = 0
    collected = ""
    sub(/^\.\//, "", FILENAME)
    here = FILENAME
    files[++file_count] = here
    exists[here] = 1
    if (!(folder_of(here) in rank) && !(folder_of(here) in aside))
        fail(here, 0, "lies in no folder that the rules know")
}

{
    lines[folder_of(here)]++
}

/^[ \t]*#[ \t]*include/ && !in_comment {
    add_include(here, FNR, $0)
    next
}

{
    text = clean($0)
    if (in_macro || text ~ /^[ \t]*#/) {
        read_macro(here, text)
        in_macro = text ~ /\\$/
        add_uses(here, FNR, text)
        next
    }
    add_uses(here, FNR, read_head(here, FNR, text))
}

# ---- the rules ---------------------------------------------------------------------------------------------------------------

function add_edge(from, to, file, line, text)
{
    if (from == to || (from, to) in edge) return
    edge[from, to] = "lib/" file ":" line " " text
    if (folder_of(from) == folder_of(to)) inside[from] = inside[from] " " to
}

function check_includes(    i, from, to)
{
    for (i = 1; i <= include_count; ++i) {
        if (!(includes[i] in exists)) {
            fail(include_file[i], include_line[i], "includes " includes[i] ", which there is not")
            continue
        }
        from = folder_of(include_file[i])
        to = folder_of(includes[i])
        if (from != to) below[from, to]++
        if (!may(from, to))
            fail(include_file[i], include_line[i], "includes " includes[i] ": " from "/ may include " allowed(from))
    }
}

# Whose function is it? A file's own static one is nobody else's.
function definer_of(file, name)
{
    if ((file, name) in own) return ""
    if (name in definer) return definer[name]
    return name in in_header ? in_header[name] : ""
}

function check_uses(    i, file, to, from)
{
    for (i = 1; i <= use_count; ++i) {
        file = use_file[i]
        to = definer_of(file, uses[i])
        if (to == "" || unit_of(to) == unit_of(file)) continue
        wanted[to] = 1
        from = folder_of(file)
        if (from != folder_of(to)) names[from, folder_of(to)]++
        add_edge(unit_of(file), unit_of(to), file, used[file, uses[i]], "uses " uses[i] " of " to)
        if (!may(from, folder_of(to)))
            fail(file, used[file, uses[i]], "uses " uses[i] " of " to ": " from "/ may use " allowed(from))
    }
}

function check_declarations(    i, file, to)
{
    for (i = 1; i <= declared_count; ++i) {
        file = declared_file[i]
        if (declared[i] !~ /^srd_/) continue
        if (file ~ /\.c$/) {
            fail(file, declared_line[i], "declares " declared[i] ": a declaration belongs to a header")
            continue
        }
        to = definer[declared[i]]
        if (to == "") fail(file, declared_line[i], "declares " declared[i] ", which no file defines")
        else if (folder_of(file) in paired && unit_of(to) != unit_of(file))
            fail(file, declared_line[i], "declares " declared[i] " of " to)
        else if (folder_of(to) != folder_of(file))
            fail(file, declared_line[i], "declares " declared[i] " of another folder: " to)
    }
}

function check_headers(    i, file, header)
{
    for (i = 1; i <= file_count; ++i) {
        file = files[i]
        if (file !~ /\.c$/ || !(folder_of(file) in paired) || !(file in wanted)) continue
        header = unit_of(file) ".h"
        if (!(header in exists)) fail(file, 0, "others use its functions, but it has no header of its name")
        else if (first_include[file] != header)
            fail(file, first_line[file], "includes " first_include[file] " first, not " header)
    }
}

# Files of one folder that use each other in a circle: depth first, and what is found twice on one way down is one.
function visit(unit, way,    next_ones, n, i, text)
{
    state[unit] = 1
    n = split(inside[unit], next_ones, " ")
    for (i = 1; i <= n; ++i) {
        text = way "\n    " edge[unit, next_ones[i]]
        if (state[next_ones[i]] == 1) {
            if (index(text, "lib/" next_ones[i] ".") > 0) {
                text = substr(text, index(text, "\n    lib/" next_ones[i] "."))
            }
            fail(next_ones[i], 0, "is in a circle:" text)
        } else if (state[next_ones[i]] == 0) {
            visit(next_ones[i], text)
        }
    }
    state[unit] = 2
}

function check_circles(    i)
{
    for (i = 1; i <= file_count; ++i) {
        if (state[unit_of(files[i])] == 0) visit(unit_of(files[i]), "")
    }
}

function print_table(    i, k, text, number, from, to)
{
    for (i = 1; i <= file_count; ++i) number[folder_of(files[i])]++
    printf "%-8s %5s %6s  %s\n", "folder", "files", "lines", "stands on (includes, names used)"
    for (i = 1; i <= count; ++i) {
        text = ""
        for (k = 1; k <= count; ++k) {
            from = folders[i]
            to = folders[k]
            if ((from, to) in below || (from, to) in names)
                text = text " " to " (" below[from, to] + 0 ", " names[from, to] + 0 ")"
        }
        printf "%-8s %5d %6d %s\n", folders[i], number[folders[i]], lines[folders[i]], text
    }
}

END {
    check_includes()
    check_uses()
    check_declarations()
    check_headers()
    check_circles()
    print_table()
    if (file_count == 0) {
        print "no file was read"
        failures++
    }
    if (failures > 0) print "FAILED: " failures " against the rules of tests/structure/check.sh"
    exit failures > 0
}
