"""Tests of what cmake/interface/describe.py writes, srd_api.json and srd_cdef.h. Exit status 77: it does not apply here.

    python3 interface.py WHAT FOLDER ARGUMENTS...      FOLDER holds the two files
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
UNSAID = pathlib.Path(__file__).with_name('unsaid.txt')
sys.path.insert(0, str(ROOT / 'cmake' / 'interface'))
import describe
import interface_reader

from words import KEYWORDS

C_FLAGS = ['-std=c11', '-ffreestanding', '-pedantic-errors', '-Wall', '-Wextra', '-Werror', '-Wno-unused-const-variable']
failures = 0


def check(condition, text):
    global failures
    if not condition:
        print('FAILED:', text)
        failures += 1


def compiles(compiler, text, *options):
    """Whether a compiler (a list of words) takes a text, and what it says."""
    run = subprocess.run([*compiler, *C_FLAGS, '-fsyntax-only', *options, '-x', 'c', '-'], input=text, capture_output=True, text=True)
    return run.returncode == 0, run.stderr


# ---- against a C compiler ------------------------------------------------------------------------------------------------

def assertions(api):
    """C that compiles if the compiler sees what the description says, for its own size of pointers: sizes, offsets and types of
    fields, numbers of constants, types of functions."""
    lines = []

    def holds(condition, what):
        lines.append(f'_Static_assert({condition}, "{what}");')

    for constant in api['constants']:
        holds(f"{constant['name']} == ({constant['value']})", constant['name'])
    for alias in api['types']:
        holds(f"_Generic(({alias['name']})0, {alias['type']}: 1, default: 0)", alias['name'])
    for struct in api['structs']:
        name = struct['name']
        holds(f"sizeof({name}) == (sizeof(void *) == 8 ? {struct['size64']} : {struct['size32']})", name)
        for field in struct['fields']:
            place = f"{name}, {field['name']}"
            holds(f"offsetof({place}) == (sizeof(void *) == 8 ? {field['offset64']} : {field['offset32']})", place)
            pointer = pointer_to(field)
            holds(f"_Generic(&(({name} *)0)->{field['name']}, {pointer}: 1, default: 0)", 'type of ' + place)
    for callback in api['callbacks']:
        lines.append(f"static {describe.function(callback, '(*const of_' + callback['name'] + ')')} = ({callback['name']})0;")
    for function in api['functions']:
        lines.append(f"static {describe.function(function, '(*const to_' + function['name'] + ')')} = {function['name']};")
    return '\n'.join(lines) + '\n'


def pointer_to(field):
    """The type of a field's address."""
    if 'callback' in field:
        return describe.function(field['callback'], '(**)')
    return f"{field['type']} (*)[{field['count']}]" if 'count' in field else f"{field['type']} *"


def initials_program(api):
    """A program that fails if the value of an _INIT macro is not what the description says."""
    lines = ['#include <stdio.h>', '#include <string.h>', '#include "srd/srd.h"', 'int main(void)', '{', '    int failed = 0;']
    for struct in api['structs']:
        if struct['init']:
            name, macro = struct['name'], struct['init']['macro']
            lines += ['    {', f'        {name} given = {macro}, wanted;', '        memset(&wanted, 0, sizeof(wanted));']
            for field, value in struct['init']['values'].items():
                if value:
                    lines.append(f"        wanted.{field} = {f'(uint32_t)sizeof({name})' if value == 'sizeof' else value};")
            lines += ['        if (memcmp(&given, &wanted, sizeof(given)) != 0) {', f'            puts("{macro}");', '            failed = 1;',
                      '        }', '    }']
    return '\n'.join([*lines, '    return failed;', '}', ''])


def narrow(compiler):
    """Compilers with pointers of 32 bits that are here."""
    probe = 'typedef char narrow[sizeof(void *) == 4 ? 1 : -1];\n'
    others = [['clang', '-m32'], ['arm-linux-gnueabihf-gcc'], ['arm-none-eabi-gcc']]
    for words in [[compiler, '-m32'], *(words for words in others if words != [compiler, '-m32'])]:
        if shutil.which(words[0]) and compiles(words, '#include <stdint.h>\n' + probe)[0]:
            yield words


def layout(folder, api, compiler):
    text = assertions(api)
    check(text.count('_Static_assert') > 400, 'the description is nearly empty')
    head, include = '#include "srd/srd.h"\n', f'-I{ROOT / "include"}'
    compilers = [[compiler], *narrow(compiler)]
    for words in compilers:
        good, said = compiles(words, head + text, include)
        check(good, f'the headers are not as described, says {" ".join(words)}:\n{said}')
    print('32 bits by:', ', '.join(' '.join(words) for words in compilers[1:]) or 'none, so they were not tried')

    # What is wrong must not get through, or the test says nothing.
    def wrong(what, pattern, by):
        changed, count = re.subn(pattern, by, text, count=1)
        check(count == 1 and not compiles([compiler], head + changed, include)[0], f'accepted: {what}')

    wrong('another size', r'(sizeof\(srd_detail\) == .*?)320 : 320', r'\g<1>324 : 324')
    wrong('another offset', r'(offsetof\(srd_report, top\) == .*?)32 : 32', r'\g<1>40 : 40')
    wrong('another type of a field', r'(&\(\(srd_report \*\)0\)->top, )double', r'\1float')
    wrong('another number', r'SRD_ERR_SHAPE == \(-20\)', 'SRD_ERR_SHAPE == (-21)')
    wrong('another parameter', r'(to_srd_tensor_rank\)\()const srd_tensor', r'\1srd_tensor')
    wrong('another result', r'srd_status \(\*const to_srd_graph_seal', 'int64_t (*const to_srd_graph_seal')


def initials(folder, api, compiler):
    """The _INIT macros have the values that are described, and with another one that is told."""
    def differ(description):
        with tempfile.TemporaryDirectory() as work:
            program = pathlib.Path(work, 'initials')
            program.with_suffix('.c').write_text(initials_program(description))
            subprocess.run([compiler, '-std=c11', '-Wall', '-Werror', f'-I{ROOT / "include"}', program.with_suffix('.c'), '-o', program],
                           check=True)
            return subprocess.run([program], capture_output=True, text=True).stdout.split()

    check(differ(api) == [], f'another value than described: {differ(api)}')
    detail = next(struct for struct in api['structs'] if struct['name'] == 'srd_detail')
    detail['init']['values']['layer'] = -2
    check(differ(api) == ['SRD_DETAIL_INIT'], f'a wrong value of SRD_DETAIL_INIT was not found: {differ(api)}')


def cdef(folder, api, compiler):
    text = (folder / 'srd_cdef.h').read_text(encoding='utf-8')
    check(not re.search(r'#|__|SRD_API|SRD_NODISCARD|extern', text), 'something of the preprocessor, or an attribute')
    standard = '#include <stddef.h>\n#include <stdint.h>\n'  # what FFIs know by themselves
    good, said = compiles([compiler], standard + text)
    check(good, f'not taken by the compiler:\n{said}')
    good, said = compiles([compiler], standard + text + assertions(api))
    check(good, f'not as described:\n{said}')


# ---- against FFIs that read C --------------------------------------------------------------------------------------------

def facts(api):
    """What every FFI is asked: sizes, offsets, constants as pairs of a question in parts and the number."""
    size = 'size64' if sys.maxsize > 2**32 else 'size32'
    offset = size.replace('size', 'offset')
    for struct in api['structs']:
        yield ('sizeof', struct['name']), struct[size]
        for field in struct['fields']:
            yield ('offsetof', struct['name'], field['name']), field[offset]
    for constant in api['constants']:
        yield ('constant', constant['name']), constant['value']


def version_of(api):
    return next(constant['value'] for constant in api['constants'] if constant['name'] == 'SRD_VERSION')


def cffi(folder, api, library):
    try:
        from cffi import FFI
    except ImportError:
        sys.exit(skip('no cffi'))
    ffi = FFI()
    ffi.cdef((folder / 'srd_cdef.h').read_text(encoding='utf-8'))
    lib = ffi.dlopen(library)
    ask = {'sizeof': ffi.sizeof, 'offsetof': ffi.offsetof, 'constant': lambda name: getattr(lib, name)}
    for (what, *names), number in facts(api):
        check(ask[what](*names) == number, f'{what} {names}: {ask[what](*names)}, not {number}')
    for function in api['functions']:
        check(hasattr(lib, function['name']), function['name'])
    check(lib.srd_version() == version_of(api), 'srd_version()')
    check(ffi.string(lib.srd_status_name(lib.SRD_ERR_SHAPE)) == b'SRD_ERR_SHAPE', 'srd_status_name()')


def run_script(program, ending, text):
    if not shutil.which(program[0]):
        sys.exit(skip(f'no {program[0]}'))
    with tempfile.TemporaryDirectory() as work:
        script = pathlib.Path(work, 'try' + ending)
        script.write_text(text, encoding='utf-8')
        run = subprocess.run([*program, script], capture_output=True, text=True)
        check(run.returncode == 0 and run.stdout.endswith('good\n'), f'{program[0]}: {run.stdout[-2000:]}{run.stderr[-2000:]}')


def luajit(folder, api, library):
    lines = ['local ffi = require("ffi")', f'ffi.cdef(io.open([[{folder / "srd_cdef.h"}]]):read("*a"))', f'local lib = ffi.load([[{library}]])',
             'local function is(got, wanted, what) if got ~= wanted then error(what .. ": " .. tostring(got)) end end']
    for (what, *names), number in facts(api):
        question = f'lib.{names[0]}' if what == 'constant' else f'ffi.{what}({", ".join(map(repr, names))})'
        lines.append(f'is({question}, {number}, "{" ".join(names)}")')
    lines += [f'assert(lib.{function["name"]})' for function in api['functions']]
    lines += [f'is(lib.srd_version(), {version_of(api)}, "srd_version()")',
              'is(ffi.string(lib.srd_status_name(lib.SRD_ERR_SHAPE)), "SRD_ERR_SHAPE", "srd_status_name()")', 'print("good")', '']
    run_script(['luajit'], '.lua', '\n'.join(lines))


def php(folder, api, library):
    probe = shutil.which('php') and subprocess.run(['php', '-d', 'ffi.enable=1', '-r', 'exit(class_exists("FFI") ? 0 : 1);'])
    if not probe or probe.returncode != 0:
        sys.exit(skip('no php with FFI'))
    # PHP looks for every function of the library when it reads the declarations. It has no offsetof, so sizes and constants are compared.
    lines = ['<?php', f"$lib = FFI::cdef(file_get_contents('{folder / 'srd_cdef.h'}'), '{library}');",
             'function is($got, $wanted, $what) { if ($got !== $wanted) { echo "$what: $got\\n"; exit(1); } }']
    for (what, *names), number in facts(api):
        if what == 'sizeof':
            lines.append(f"$it = $lib->new('{names[0]}'); is(FFI::sizeof($it), {number}, '{names[0]}');")
        elif what == 'constant':
            lines.append(f"is($lib->{names[0]}, {number}, '{names[0]}');")
    lines += [f'is($lib->srd_version(), {version_of(api)}, "srd_version()");',
              "is($lib->srd_status_name($lib->SRD_ERR_SHAPE), 'SRD_ERR_SHAPE', 'srd_status_name()');", 'echo "good\\n";', '']
    run_script(['php', '-d', 'ffi.enable=1'], '.php', '\n'.join(lines))


# ---- names and numbers ---------------------------------------------------------------------------------------------------

def number_of(version):
    return [int(part) for part in version.split('.')]


def symbols(folder, api):
    """Every exported function is described, and nothing else."""
    lines = (ROOT / 'lib' / 'srd.symbols').read_text(encoding='utf-8').splitlines()
    listed = {line.split()[0] for line in lines if line.startswith('srd_')}
    described = {function['name'] for function in api['functions']}
    check(len(listed) > 100, 'lib/srd.symbols is nearly empty')
    check(listed == described, f'in lib/srd.symbols only: {sorted(listed - described)}; described only: {sorted(described - listed)}')
    brought = {line.split()[0]: line.split()[1] for line in lines if line.startswith('srd_') and ' ' in line}
    for function in api['functions']:
        since, version = function['since'], brought.get(function['name'])
        if since and version:
            check(version.split('.')[:2] == since.split('.'), f"{function['name']}: since {since}, and {version} in lib/srd.symbols")
        if since:
            check(number_of(since) <= number_of(api['version']), f"{function['name']}: since {since}, and this is {api['version']}")


def keywords(folder, api):
    """No field must be renamed by a binding because its language has the word for something else."""
    for struct in api['structs']:
        for field in struct['fields']:
            languages = [language for language, words in KEYWORDS.items() if field['name'] in words]
            check(not languages, f"{struct['name']}.{field['name']} is a keyword of {', '.join(languages)}")


def constants(folder, api):
    """The words that a group begins with are those of one group, and in it no number comes twice."""
    values, seen = {constant['name']: constant['value'] for constant in api['constants']}, {}
    check(len(api['groups']) > 15, 'there are hardly any groups')
    for group in api['groups']:
        numbers = [values[name] for name in group['constants']]
        check(len(set(numbers)) == len(numbers), f"{group['name']}: a number comes twice: {dict(zip(group['constants'], numbers))}")
        for start in {'_'.join(name.split('_')[:2]) for name in group['constants'] if name.count('_') > 1}:
            check(start not in seen, f"{start}_ has two roles: {seen.get(start)} and {group['constants']}")
            seen[start] = group['constants']


def comments(folder, api, *how):
    """What comments do not say is what unsaid.txt lists; the list can only become shorter."""
    found = [f'{name} {what}' for name, what in describe.Comments(describe.Reader(ROOT / 'include' / 'srd')).gaps()]
    head = [line for line in UNSAID.read_text(encoding='utf-8').splitlines() if line.startswith('#')]
    if how == ('write',):
        UNSAID.write_text('\n'.join(head + sorted(found)) + '\n', encoding='utf-8')
        return
    listed = {line for line in UNSAID.read_text(encoding='utf-8').splitlines() if line and not line.startswith('#')}
    for line in sorted(set(found) - listed):
        check(False, f'a comment does not say: {line}')
    for line in sorted(listed - set(found)):
        check(False, f'said by now, to be taken out of {UNSAID.name}: {line}')


def table(folder, api):
    """The table of structs in docs/api-conventions.md is that of the headers."""
    try:
        describe.update_table(describe.Reader(ROOT / 'include' / 'srd'), check=True)
    except describe.Fault as fault:
        check(False, fault)


def reader(folder, api):
    interface_reader.test(check)


# ---- begin ---------------------------------------------------------------------------------------------------------------

def skip(why):
    print('skipped:', why)
    return 77


def main(what, folder, *arguments):
    tests = {'layout': layout, 'initials': initials, 'cdef': cdef, 'cffi': cffi, 'luajit': luajit, 'php': php,
             'symbols': symbols, 'keywords': keywords, 'constants': constants, 'comments': comments, 'table': table, 'reader': reader}
    folder = pathlib.Path(folder).resolve()
    tests[what](folder, json.loads((folder / 'srd_api.json').read_text(encoding='utf-8')), *arguments)
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
