#!/usr/bin/env python3
"""Compares the binary interface of a shared library, built with -g, with the one that is committed, by abidw and abidiff of
libabigail. Exit status 77: they are not here, or this is another processor than that of the baseline.

    python3 tests/abi/abidiff.py check LIBRARY       fails if a function has gone, or a type has changed
    python3 tests/abi/abidiff.py write LIBRARY       writes the baseline, tests/abi/baseline.abi.gz, anew
    python3 tests/abi/abidiff.py self-test CC        whether changes are found, with a small library

Structs that begin with struct_size may grow at their end. The suppressions of abidiff 2.2 cannot say just that, so what a struct has
grown by is cut off before abidiff looks.
"""
import gzip
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

HERE = pathlib.Path(__file__).resolve().parent
HEADERS = HERE.parents[1] / 'include'
BASELINE = HERE / 'baseline.abi.gz'


def interface_of(library, headers):
    """The interface of a library: exported functions and the types that public headers define."""
    run = subprocess.run(['abidw', '--exported-interfaces-only', '--no-show-locs', '--no-corpus-path', '--no-comp-dir-path', '--no-elf-needed',
                          '--drop-private-types', '--headers-dir', headers, library], capture_output=True, text=True, check=True)
    if '<function-decl' not in run.stdout:
        sys.exit(f'{library}: no function was found; was it built with -g?')
    return without_private(run.stdout)


# abidw knows a header by the last part of its name, so it takes what lib/explain/types.h defines for a part of include/srd/types.h.
HANDLES = ('srd_tensor', 'srd_graph', 'srd_explainer')


def without_private(text):
    """The interface without what is inside of handles and of types whose names begin with srd__, which no program sees."""
    root = ElementTree.fromstring(text)
    for struct in root.iter('class-decl'):
        if struct.get('name') in HANDLES or struct.get('name').startswith('srd__'):
            for member in list(struct):
                struct.remove(member)
            struct.attrib.pop('size-in-bits', None)
            struct.set('is-declaration-only', 'yes')
    return ElementTree.tostring(root, encoding='unicode')


def structs_of(root):
    """The versioned structs by their names: those that begin with struct_size."""
    found = {}
    for struct in root.iter('class-decl'):
        first = struct.find('data-member/var-decl')
        if first is not None and first.get('name') == 'struct_size':
            found[struct.get('name')] = struct
    return found


def reserved_offsets(struct):
    return {member.get('layout-offset-in-bits') for member in struct.findall('data-member')
            if member.find('var-decl').get('name').startswith('reserved')}


def without_growth(old, new):
    """The new interface without what its structs have grown by at their ends, and with reserved fields, which callers set to 0, under
    their old name."""
    old_structs, root = structs_of(ElementTree.fromstring(old)), ElementTree.fromstring(new)
    for name, struct in structs_of(root).items():
        reserved = reserved_offsets(old_structs[name]) if name in old_structs else ()
        for member in struct.findall('data-member'):
            if member.get('layout-offset-in-bits') in reserved:
                member.find('var-decl').set('name', 'reserved')
        size = int(old_structs[name].get('size-in-bits')) if name in old_structs else None
        if size is not None and int(struct.get('size-in-bits')) > size:
            struct.set('size-in-bits', str(size))
            for member in struct.findall('data-member'):
                if int(member.get('layout-offset-in-bits')) >= size:
                    struct.remove(member)
    return ElementTree.tostring(root, encoding='unicode')


def differences(old, new):
    """What abidiff says of removed functions and changed types; nothing: the new interface keeps the old one."""
    with tempfile.TemporaryDirectory() as work:
        files = [pathlib.Path(work, name) for name in ('old.abi', 'new.abi')]
        files[0].write_text(old, encoding='utf-8')
        files[1].write_text(without_growth(old, new), encoding='utf-8')
        # Harmless is what does not change the layout, such as another name of a field.
        run = subprocess.run(['abidiff', '--no-added-syms', '--harmless', *files], capture_output=True, text=True)
        return run.stdout + run.stderr if run.returncode else ''


def check(library):
    old = gzip.decompress(BASELINE.read_bytes()).decode()
    if soname_of(old) != soname_of(interface_of(library, HEADERS)):
        sys.exit(f'the baseline is of {soname_of(old)}, another interface; '
                 f'python3 tests/abi/abidiff.py write {library} begins a new one')
    found = differences(old, interface_of(library, HEADERS))
    if found:
        sys.exit(f'{found}\nFAILED: this is no longer the interface of tests/abi/baseline.abi.gz')


def soname_of(text):
    return ElementTree.fromstring(text).get('soname')


def write(library):
    BASELINE.write_bytes(gzip.compress(interface_of(library, HEADERS).encode(), 9, mtime=0))


HEADER = '''#include <stdint.h>
typedef struct srd_tensor srd_tensor;
typedef struct srd_options { uint32_t struct_size; int32_t count; float scale; int32_t reserved; int32_t last; } srd_options;
typedef struct srd_pair { int32_t first; int32_t second; } srd_pair;
int32_t srd_one(srd_tensor *hidden, const srd_options *options, const srd_pair *pair);
void srd_two(srd_tensor *hidden, int32_t number);
typedef struct srd_graph srd_graph;
int32_t srd_three(const srd_graph *graph);
'''
# What is private lies in a header of the same last name, as lib/explain/types.h does.
PRIVATE = '''typedef struct srd__part { int32_t size; } srd__part;
struct srd_graph { int32_t number; srd__part part; };
'''
SOURCE = '''#include "srd.h"
#include "inner/srd.h"
int32_t srd_three(const srd_graph *graph) { return graph->number + graph->part.size; }
struct srd_tensor { int32_t number; };
int32_t srd_one(srd_tensor *hidden, const srd_options *options, const srd_pair *pair)
{
    return hidden->number + (int32_t)options->count + pair->first;
}
void srd_two(srd_tensor *hidden, int32_t number) { hidden->number = (int32_t)number; }
'''
# Whether it must be found, what is replaced in both texts, and by what.
CHANGES = [
    (False, 'a comment', 'srd_two(', 'srd_two /* */ ('), (False, 'a hidden struct', '{ int32_t number; }', '{ int32_t new, number; }'),
    (False, 'the inside of a handle', 'struct srd_graph { int32_t number;', 'struct srd_graph { int64_t new; int32_t number;'),
    (False, 'a type that only the library sees', 'srd__part { int32_t size;', 'srd__part { int64_t new; int32_t size;'),
    (False, 'a function more', '#include "srd.h"', '#include "srd.h"\nvoid srd_new(void) {}'),
    (False, 'a field more at the end', 'int32_t last;', 'int32_t last; double *new;'),
    (True, 'a function less', 'void srd_two', 'static inline void srd_two'), (True, 'another name of a function', 'srd_two', 'srd_other'),
    (True, 'another type of a field', 'int32_t count;', 'uint32_t count;'), (True, 'another size of a field', 'int32_t count;', 'int64_t count;'),
    (True, 'another name of a field', 'int32_t last;', 'int32_t final;'),
    (False, 'a meaning of what was reserved', 'int32_t reserved;', 'int32_t new;'),
    (True, 'another type of what was reserved', 'int32_t reserved;', 'float new;'),
    (True, 'a field in the middle', 'float scale;', 'float scale; int32_t new;'),
    (True, 'fields that change places', 'int32_t count; float scale;', 'float scale; int32_t count;'),
    (True, 'a field less', ' int32_t last;', ''),
    (True, 'a changed field, and one more', 'float scale; int32_t reserved; int32_t last;', 'int32_t scale; int32_t reserved; int32_t last; int32_t new;'),
    (True, 'growth of a struct without struct_size', 'int32_t second;', 'int32_t second; int32_t third;'),
    (True, 'another parameter', 'int32_t number)', 'int64_t number)'), (True, 'another result', 'int32_t srd_one', 'int64_t srd_one'),
]


def self_test(compiler):
    failed = 0
    with tempfile.TemporaryDirectory() as work:
        def built(old, new):
            pathlib.Path(work, 'inner').mkdir(exist_ok=True)
            for name, text in (('srd.h', HEADER), ('inner/srd.h', PRIVATE), ('srd.c', SOURCE)):
                pathlib.Path(work, name).write_text(text.replace(old, new) if old else text)
            library = pathlib.Path(work, 'libsrd.so')
            subprocess.run([compiler, '-g', '-shared', '-fPIC', f'-I{work}', pathlib.Path(work, 'srd.c'), '-o', library], check=True)
            return interface_of(library, work)

        before = built('', '')
        for wanted, what, old, new in CHANGES:
            if bool(differences(before, built(old, new))) != wanted:
                print(f'FAILED: {what}: {"not found" if wanted else "taken for a break"}')
                failed = 1
    return failed


def main(what, argument):
    if not shutil.which('abidw') or not shutil.which('abidiff'):
        print('skipped: no abidiff')
        return 77
    if what != 'self-test' and platform.machine() not in ('x86_64', 'AMD64'):
        print('skipped: the baseline is of x86-64')
        return 77
    return {'check': check, 'write': write, 'self-test': self_test}[what](argument)


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
