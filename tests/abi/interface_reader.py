"""Whether the reader of headers sees what it must: a header of both styles of callbacks, and one fault of each kind, which must be
told with file and line."""
import pathlib
import tempfile

import describe

TYPES = '''/** @file
 * types.h -- a small interface. Parameters of all (`@layercall` stands for them):
 * - name: not empty; NULL: made
 *   from the kind
 *
 * Threads: any of them. Since 0.7, where nothing else is said.
 */
#ifndef SRD_TYPES_H
#define SRD_TYPES_H

#include <stdint.h>
#ifndef SRD_API
#if defined(_WIN32)
#define SRD_API __declspec(dllexport)
#else
#define SRD_API
#endif
#endif
#ifdef __cplusplus
extern "C" {
#endif

/** A number. */
typedef int32_t srd_status;
#define SRD_OK 0 /**< good */
#define SRD_ERR_ONE (-10) /**< not
                               so good */
#define SRD_ERR_TWO (-20) /**< bad */
#define SRD_BASE_NUMBER 2
#define SRD_LARGE_NUMBER (SRD_BASE_NUMBER * 100 + 1)

/* How it is done. */
#define SRD_WAY_A 0 /**< so */
/** Or so. */
#define SRD_WAY_B 1

/** Hidden. */
typedef struct srd_thing srd_thing;
/** Says how. */
typedef srd_status (*srd_say)(void *user, const char *const *texts, int32_t count);
/** Numbers. */
typedef struct srd_thing_options {
    uint32_t struct_size; /**< sizeof */
    srd_status what;      /**< a number */
    char name[16];        /**< text */
    const srd_thing *thing; /**< or NULL */
    srd_say say;          /**< not NULL */
    void (*shout)(void *user, srd_say say); /**< NULL: silent */
} srd_thing_options;
/** All 0. */
#define SRD_THING_OPTIONS_INIT                                  \\
    {                                                           \\
        (uint32_t)sizeof(srd_thing_options), -1, { 0 }, NULL, NULL, NULL \\
    }
/**
 * Makes.
 * @param name  "@layercall"
 * @param options  NULL: defaults
 * @param build  called once; not NULL
 * @param out  not NULL
 * @return SRD_OK, SRD_ERR_ONE. Allocates once. Since 1.2.
 */
SRD_API srd_status srd_make(const char *name, const srd_thing_options *options, srd_status (*build)(srd_thing *thing), srd_thing **out);
/** As srd_make() without options. @param name, out  as in srd_make(). @return as srd_make() */
SRD_API srd_status srd_make_plain(const char *name, srd_thing **out);
/* ---- looking (all allocate nothing) ---- */
/** Looks. @param say  or NULL */
SRD_API void srd_look(srd_say say);

#ifdef __cplusplus
}
#endif

#endif
'''.replace('"@layercall"', 'as for all layer calls')

CDEF = '''enum {
    SRD_OK = 0,
    SRD_ERR_ONE = -10,
    SRD_ERR_TWO = -20,
    SRD_BASE_NUMBER = 2,
    SRD_LARGE_NUMBER = 201,
    SRD_WAY_A = 0,
    SRD_WAY_B = 1
};
typedef int32_t srd_status;
typedef struct srd_thing srd_thing;
typedef srd_status (*srd_say)(void *user, const char *const *texts, int32_t count);
typedef struct srd_thing_options {
    uint32_t struct_size;
    srd_status what;
    char name[16];
    const srd_thing *thing;
    srd_say say;
    void (*shout)(void *user, srd_say say);
} srd_thing_options;
srd_status srd_make(const char *name, const srd_thing_options *options, srd_status (*build)(srd_thing *thing), srd_thing **out);
srd_status srd_make_plain(const char *name, srd_thing **out);
void srd_look(srd_say say);
'''

# What is put in front of "/** Hidden. */", or in place of what, and what must be told.
FAULTS = [
    ('enum srd_kind { SRD_X };', 'begins with enum'), ('static inline int f(void);', 'begins with static'),
    ('int32_t srd_x;', 'begins with int32_t'),
    ('typedef union srd_u { int32_t a; } srd_u;', 'unknown type union'), ('typedef long srd_long;', 'unknown type long'),
    ('typedef int32_t *srd_pointer;', 'a pointer or an array'), ('typedef int32_t srd_row[4];', 'a pointer or an array'),
    ('typedef int32_t srd_status;', 'declared twice'), ('#pragma once', 'unknown directive'), ('#if 1\n#endif', 'unknown directive'),
    ('#define SRD_MAX(a, b) 1', 'unknown macro'), ('#define SRD_TEXT "text"', 'no integer'), ('#define SRD_MASK 0x10', 'no integer'),
    ('#define SRD_Y SRD_NOWHERE', 'no integer'), ('#define OTHER 1', 'unknown macro'), ('#include <stdio.h>', 'unknown #include'),
    ('#define SRD_LOST_INIT { 0 }', 'of no struct'), ('/** Of nothing. */\n/** Of nothing. */', 'a comment of nothing'),
    ('typedef struct srd_s { int32_t a : 3; } srd_s;', "unknown character ':'"), ('typedef struct srd_s { int32_t a, b; } srd_s;', '; was expected'),
    ('typedef struct srd_s { int32_t a[SRD_OK]; } srd_s;', 'no number'), ('typedef struct srd_s { int32_t a; double b; } srd_s;', 'padding'),
    ('typedef struct srd_s { double b; int32_t a; } srd_s;', 'padding at its end'),
    ('typedef struct srd_s { void *p; int32_t a; int32_t *b; } srd_s;', 'padding'),
    ('typedef struct srd_s { srd_none a; } srd_s;', 'unknown type srd_none'),
    ('typedef struct srd_s { struct { int32_t a; } b; } srd_s;', 'unknown type struct'),
    ('typedef struct srd_s { int32_t a; } srd_t;', 'srd_s was expected'), ('typedef struct srd_s { int32_t a; } srd_s', 'was expected'),
    ('typedef struct srd_a { int32_t a; } srd_a;\ntypedef struct srd_s { srd_a a; } srd_s;', 'a field of type srd_a'),
    ('typedef struct srd_s { int32_t a; } srd_s;\nSRD_API void srd_f(srd_s s);', 'a parameter of type srd_s'),
    ('SRD_API void srd_f(int32_t a, ...);', "unknown character '.'"), ('SRD_API void srd_f(int32_t);', 'a name was expected'),
    ('SRD_API void srd_f(int32_t a[3]);', 'an array as a parameter'), ('SRD_API void srd_f();', 'a name was expected'),
    ('SRD_API void srd_f(void);\nSRD_API void srd_f(void);', 'declared twice'), ('SRD_API srd_none srd_f(void);', 'unknown type srd_none'),
    ('/** F. @param b  a number */\nSRD_API void srd_f(int32_t a);', '@param b is no parameter'),
    ('/** As srd_g(). */\nSRD_API void srd_f(int32_t a);', 'refers to srd_g()'),
    ('typedef void srd_work(void *user);', '; was expected'), ('typedef void (*srd_work)(void *);', 'a name was expected'),
    ('#include "srd/none.h"', 'which is not there'), ('#ifndef OTHER_H\n#endif', 'unknown directive'),
    ('#ifdef SRD_API\n#endif', 'unknown directive'),
    ('#ifdef __cplusplus\n#else\n#endif', '#else of a block'), ('#ifdef __cplusplus', 'does not end'),
    (('NULL, NULL, NULL \\', 'NULL, NULL \\'), '5 values for 6 fields'),
]


def read(text):
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, 'types.h').write_text(text, encoding='utf-8')
        reader = describe.Reader(folder)
        values = {'VERSION_MAJOR': 0, 'VERSION_MINOR': 0, 'VERSION_PATCH': 0}
        reader.constants += [{**reader.constants[0], 'name': 'SRD_' + name, 'value': value} for name, value in values.items()]
        api = describe.describe(reader)
        del reader.constants[-3:]
        return api, describe.cdef(reader)


def test(check):
    api, cdef = read(TYPES)
    check(cdef.split('\n', 1)[1] == CDEF, f'other declarations:\n{cdef}')
    check([(group['name'], group['doc'], group['constants']) for group in api['groups']] == [
        ('SRD_ERR', '', ['SRD_OK', 'SRD_ERR_ONE', 'SRD_ERR_TWO']), ('SRD_WAY', 'How it is done.', ['SRD_WAY_A', 'SRD_WAY_B'])], api['groups'])
    check([constant['doc'] for constant in api['constants'][:2]] == ['good', 'not so good'], api['constants'][:2])
    struct, make, plain, look = api['structs'][0], *api['functions']
    check((struct['kind'], struct['size64'], struct['size32']) == ('options', 48, 36), struct)
    check([(field['offset64'], field['offset32'], field.get('nullable')) for field in struct['fields']] == [
        (0, 0, None), (4, 4, None), (8, 8, None), (24, 24, True), (32, 28, False), (40, 32, True)], struct['fields'])
    check(list(struct['init']['values'].values()) == ['sizeof', -1, 0, None, None, None], struct['init'])
    check([parameter['nullable'] for parameter in make['parameters']] == [True, True, False, False], make['parameters'])
    check([parameter['nullable'] for parameter in plain['parameters']] == [True, False], plain['parameters'])
    for function in (make, plain):
        check((function['since'], function['threads'], function['allocates']) == ('1.2', 'any of them', 'Allocates once'), function)
        check(function['returns']['statuses'] == ['SRD_OK', 'SRD_ERR_ONE'], function['returns'])
    check((look['since'], look['threads'], look['allocates'], look['parameters'][0]['nullable']) == (
        '0.7', 'any of them', 'all allocate nothing', True), look)

    mark = '/** Hidden. */'
    for change, wanted in FAULTS:
        added = isinstance(change, str)
        changed = TYPES.replace(mark, f'{change}\n{mark}') if added else TYPES.replace(*change)
        check(changed != TYPES, f'nothing was changed: {change}')
        try:
            read(changed)
            told = ''
        except describe.Fault as fault:
            told = str(fault)
        line = changed[:changed.index(mark)].count('\n') + 1
        check(wanted in told, f'{change}: told {told!r}, not {wanted!r}')
        place = told.partition(': ')[0].split(':')
        check(place[0] == 'types.h' or 'not there' in wanted, f'{change}: no file in {told!r}')
        # What ends too late is told at the word behind it.
        near = range(line - change.count('\n') - 1, line + 2) if added else range(1, changed.count('\n'))
        check(len(place) < 2 or int(place[1]) in near, f'{change}: another line than {list(near)}: {told}')
