#!/usr/bin/env python3
"""Writes what a program can read of the interface, from the headers; no compiler is needed:

    python3 cmake/interface/describe.py FOLDER          srd_api.json and srd_cdef.h
    python3 cmake/interface/describe.py --table         the table of structs in docs/api-conventions.md anew
    python3 cmake/interface/describe.py --check-table   fails if the table is not what the headers say

docs/abi.md says what is promised of the two files.
"""
import json
import pathlib
import re
import sys

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from comments import Comments, flat, nullable
from headers import OUTSIDE, Fault, Reader

FORMAT = 1  # of srd_api.json: a larger number when something changes its meaning or goes


# ---- layout of structs ---------------------------------------------------------------------------------------------------

class Layout:
    """Sizes and offsets. Structs have no padding, so that they are the same with every compiler; one that needs some is a Fault."""

    def __init__(self, reader):
        self.aliases = {entry['name']: entry['type'] for entry in reader.types}
        self.callbacks = {entry['name'] for entry in reader.callbacks}

    def bytes_of(self, field, word):
        base = self.aliases.get(field['base'], field['base'])
        if field['pointers'] or base in self.callbacks or field['type'] == 'callback':
            return word
        return word if OUTSIDE[base] == 'word' else OUTSIDE[base]

    def of(self, struct, word):
        """The size of the struct, and the offset and size of each field."""
        at, widest, fields = 0, 1, []
        for field in struct['fields']:
            size = self.bytes_of(field, word)
            if at % size:
                raise Fault(field['place'], f"{struct['name']}.{field['name']} would need padding where a pointer has {word} bytes")
            widest = max(widest, size)
            size *= field.get('count', 1)
            fields.append((at, size))
            at += size
        if at % widest:
            raise Fault(struct['place'], f"{struct['name']} would need padding at its end where a pointer has {word} bytes")
        return at, fields


# ---- srd_api.json --------------------------------------------------------------------------------------------------------

def groups_of(reader):
    """The groups of constants: those of one run in the header (without an empty line between them) with the same first two words.
    One alone is a number and has no group; a single name of one word, such as SRD_OK, goes with the others of its run. A group is
    called by the words that its names share, or by the first of them. version.h has no groups."""
    groups = []
    for run in {id(entry['run']): entry['run'] for entry in reader.constants if entry['header'] != 'version.h'}.values():
        parts = {}
        for name in run['members']:
            words = name.split('_')
            parts.setdefault('_'.join(words[:2]) if len(words) > 2 else 'SRD', []).append(name)
        bare = parts.pop('SRD', [])
        found = [(shared(members), members) for members in parts.values() if len(members) > 1]
        if len(bare) == 1 and len(found) == 1:
            found[0][1].insert(0, bare[0])
        elif len(bare) > 1:
            found.append((bare[0], bare))
        groups += [{'name': name, 'doc': flat(run['doc']), 'constants': members} for name, members in found]
    return groups


def shared(names):
    """The words that all names begin with."""
    words = [name.split('_') for name in names]
    return '_'.join(word for word, *others in zip(*words) if all(other == word for other in others))


def constants(reader):
    group_of = {member: group['name'] for group in groups_of(reader) for member in group['constants']}
    return [{'name': entry['name'], 'value': entry['value'], 'group': group_of.get(entry['name']), 'header': entry['header'],
             'doc': flat(entry['doc'])} for entry in reader.constants]


def kind_of(struct, reader):
    """options: the caller fills it; report: the library does; both begin with struct_size. element: it has no size of its own."""
    if struct['fields'][0]['name'] != 'struct_size':
        return 'element'
    pointers = {f'{struct["name"]} *'}
    filled = any(parameter['type'] in pointers for entry in reader.functions for parameter in entry['parameters'])
    return 'report' if filled else 'options'


def slot(declared, **more):
    """A field or a parameter; a function without a name of its own is described where it stands."""
    found = {key: declared[key] for key in ('name', 'type', 'base', 'pointers', 'count') if key in declared}
    found.update(more)
    if 'callback' in declared:
        found['callback'] = {'returns': declared['callback']['returns'], 'parameters': [
            slot(parameter) for parameter in declared['callback']['parameters']]}
    return found


def may_be_null(declared, text, reader):
    """true, false, or null: the comment does not say. Nothing at all for what is no pointer."""
    named = declared['base'] in {entry['name'] for entry in reader.callbacks}
    pointer = declared['pointers'] or declared['type'] == 'callback' or named
    return {'nullable': nullable(text)} if pointer else {}


def structs(reader):
    layout, inits = Layout(reader), {entry['name']: entry for entry in reader.inits}
    found = []
    for struct in reader.structs:
        (size64, fields64), (size32, fields32) = layout.of(struct, 8), layout.of(struct, 4)
        init = inits.pop(struct['name'].upper() + '_INIT', None)
        if init and len(init['values']) != len(struct['fields']):
            raise Fault(init['place'], f"{init['name']} has {len(init['values'])} values for {len(struct['fields'])} fields")
        fields = [slot(field, offset64=wide[0], offset32=narrow[0], size64=wide[1], size32=narrow[1],
                       **may_be_null(field, field['doc'], reader), doc=flat(field['doc']))
                  for field, wide, narrow in zip(struct['fields'], fields64, fields32)]
        found.append({'name': struct['name'], 'kind': kind_of(struct, reader), 'header': struct['header'], 'size64': size64,
                      'size32': size32, 'doc': struct['doc'], 'fields': fields, 'init': init and {
                          'macro': init['name'],
                          'values': dict(zip([field['name'] for field in fields], init['values']))}})
    for init in inits.values():
        raise Fault(init['place'], f"{init['name']} is the initial value of no struct")
    return found


def functions(reader):
    comments, found = Comments(reader), []
    for entry in reader.functions:
        name = entry['name']
        texts = {parameter['name']: comments.parameter(name, parameter['name']) for parameter in entry['parameters']}
        found.append({
            'name': name, 'header': entry['header'], 'since': comments.since(name) or None, 'doc': comments.comments[name].text,
            'parameters': [slot(parameter, **may_be_null(parameter, texts[parameter['name']], reader), doc=texts[parameter['name']])
                           for parameter in entry['parameters']],
            'returns': {**entry['returns'], 'doc': comments.returns(name), 'statuses': comments.statuses(name)},
            'must_check': entry['must_check'], 'threads': comments.threads(name) or None,
            'allocates': comments.allocates(name) or None})
    return found


def describe(reader):
    values = {entry['name']: entry['value'] for entry in reader.constants}
    return {
        'format': FORMAT, 'library': 'libsrd',
        'version': '.'.join(str(values[f'SRD_VERSION_{part}']) for part in ('MAJOR', 'MINOR', 'PATCH')),
        'headers': [{'name': header.name, 'doc': header.doc} for header in reader.headers],
        'constants': constants(reader),
        'groups': groups_of(reader),
        'types': [{'name': entry['name'], 'type': entry['type'], 'header': entry['header'], 'doc': entry['doc']} for entry in reader.types],
        'handles': [{'name': entry['name'], 'header': entry['header'], 'doc': entry['doc']} for entry in reader.handles],
        'callbacks': [{'name': entry['name'], 'header': entry['header'], 'doc': entry['doc'], 'returns': entry['returns'],
                       'parameters': [slot(parameter) for parameter in entry['parameters']]} for entry in reader.callbacks],
        'structs': structs(reader),
        'functions': functions(reader),
    }


# ---- srd_cdef.h ----------------------------------------------------------------------------------------------------------

def spell(declared, name):
    """The declaration in C of a name."""
    if declared['type'] == 'callback':
        return function(declared['callback'], f'(*{name})')
    space = '' if declared['type'].endswith('*') else ' '
    return f"{declared['type']}{space}{name}" + (f"[{declared['count']}]" if 'count' in declared else '')


def function(entry, name):
    parameters = ', '.join(spell(parameter, parameter['name']) for parameter in entry['parameters'])
    return f"{spell(entry['returns'], name)}({parameters or 'void'})"


def cdef(reader):
    """The headers as flat declarations of C, without preprocessor and attributes, for FFIs that read C."""
    lines = ['/* libsrd: declarations for FFIs that read C. Made from the headers, which explain them. */', 'enum {']
    lines += [f"    {entry['name']} = {entry['value']}," for entry in reader.constants]
    lines[-1] = lines[-1].rstrip(',')
    lines.append('};')
    entries = reader.types + reader.handles + reader.callbacks + reader.structs + reader.functions
    for entry in sorted(entries, key=lambda one: one['order']):
        name = entry['name']
        if 'fields' in entry:
            lines.append(f'typedef struct {name} {{')
            lines += [f"    {spell(field, field['name'])};" for field in entry['fields']]
            lines.append(f'}} {name};')
        elif entry in reader.callbacks:
            lines.append(f"typedef {function(entry, f'(*{name})')};")
        elif 'returns' in entry:
            lines.append(f'{function(entry, name)};')
        elif 'type' in entry:
            lines.append(f"typedef {entry['type']} {name};")
        else:
            lines.append(f'typedef struct {name} {name};')
    return '\n'.join(lines) + '\n'


# ---- the table of docs/api-conventions.md --------------------------------------------------------------------------------

SHORT = {'int32_t': 'i32', 'uint32_t': 'u32', 'int64_t': 'i64', 'uint64_t': 'u64', 'float': 'f32', 'double': 'f64'}


def summary(struct, layout):
    """ "2 u32, pointer": the types of the fields in their order, equal neighbours counted together."""
    counted = []
    for field in struct['fields']:
        base = layout.aliases.get(field['base'], field['base'])
        pointer = field['pointers'] or field['type'] == 'callback' or base in layout.callbacks
        word = 'pointer' if pointer else SHORT.get(base, base) + (f"[{field['count']}]" if 'count' in field else '')
        if counted and counted[-1][0] == word:
            counted[-1][1] += 1
        else:
            counted.append([word, 1])
    text = ', '.join(word if count == 1 else f"{count} {word}{'s' if word == 'pointer' else ''}" for word, count in counted)
    return text if struct['fields'][0]['name'] == 'struct_size' else text + '; no struct_size: the size of an entry stands beside the count'


def table(reader):
    layout = Layout(reader)
    rows = ['| struct | bytes, 64-bit | bytes, 32-bit | fields |', '|---|---|---|---|']
    rows += [f"| `{struct['name']}` | {layout.of(struct, 8)[0]} | {layout.of(struct, 4)[0]} | {summary(struct, layout)} |"
             for struct in reader.structs]
    return '\n'.join(rows)


def update_table(reader, check):
    path = ROOT / 'docs' / 'api-conventions.md'
    text = path.read_text(encoding='utf-8')
    new, count = re.subn(r'^\| struct \| bytes, 64-bit \|.*?(?=\n\n)', lambda match: table(reader), text, flags=re.M | re.S)
    if count != 1:
        raise Fault(path.name, 'there is no table of structs')
    if not check:
        path.write_text(new, encoding='utf-8')
    elif new != text:
        raise Fault(path.name, 'the table of structs is not that of the headers; '
                               'python3 cmake/interface/describe.py --table writes it anew')


def main(arguments):
    if len(arguments) != 1:
        sys.exit(__doc__)
    try:
        reader = Reader(ROOT / 'include' / 'srd')
        if arguments[0] in ('--table', '--check-table'):
            update_table(reader, arguments[0] == '--check-table')
            return
        folder = pathlib.Path(arguments[0])
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(describe(reader), indent=1, ensure_ascii=False) + '\n'
        (folder / 'srd_api.json').write_text(text, encoding='utf-8')
        (folder / 'srd_cdef.h').write_text(cdef(reader), encoding='utf-8')
    except Fault as fault:
        sys.exit(f'describe.py: {fault}')


if __name__ == '__main__':
    main(sys.argv[1:])
