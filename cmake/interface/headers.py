"""Reads the public headers of libsrd: a reader of the small part of C that they are written in.

What it does not know is a Fault with file and line; nothing is left out in silence.
"""
import pathlib
import re

# Bytes of the types that come from outside, where a pointer has `word` bytes (None: no fields of this type).
OUTSIDE = {'int8_t': 1, 'uint8_t': 1, 'int16_t': 2, 'uint16_t': 2, 'int32_t': 4, 'uint32_t': 4, 'int64_t': 8, 'uint64_t': 8,
           'float': 4, 'double': 8, 'char': 1, 'size_t': 'word', 'void': None}
ATTRIBUTES = ('SRD_API', 'SRD_NODISCARD')
TOKEN = re.compile(r'(?P<space>[ \t]+)|(?P<line>\n)|(?P<comment>/\*.*?\*/)|(?P<directive>\#(?:\\\n|(?!/\*)[^\n])*)'
                   r'|(?P<word>[A-Za-z_]\w*)|(?P<number>\d+)|(?P<mark>"C"|[][(){}*,;])', re.S)


class Fault(Exception):
    """Something in a header that this reader does not know."""

    def __init__(self, place, text):
        super().__init__(f'{place}: {text}')


class Token:
    """A word, number, mark, directive or comment; `line` is where it begins, `end` where it ends."""

    def __init__(self, kind, text, file, line):
        self.kind, self.text, self.file, self.line, self.end = kind, text, file, line, line + text.count('\n')

    def __str__(self):
        return f'{self.file}:{self.line}'


def tokens_of(path):
    """The tokens of a file. Kinds of comments: doc (of what follows), after (of what stands before), note."""
    text, at, line, found = path.read_text(encoding='utf-8'), 0, 1, []
    while at < len(text):
        match = TOKEN.match(text, at)
        if not match:
            raise Fault(f'{path.name}:{line}', f'unknown character {text[at]!r}')
        kind, piece = match.lastgroup, match.group()
        if kind == 'comment':
            kind = 'after' if piece.startswith('/**<') else 'doc' if piece.startswith('/**') else 'note'
        if kind == 'directive' and text[text.rfind('\n', 0, at) + 1:at].strip():
            raise Fault(f'{path.name}:{line}', '# within a line')
        if kind not in ('space', 'line'):
            found.append(Token(kind, piece, path.name, line))
        line += piece.count('\n')
        at = match.end()
    return found


def plain(comment):
    """The text of a comment, without stars and indentation; lines stay lines."""
    text = re.sub(r'^/\*\*?<?|\*/$', '', comment)
    lines = [re.sub(r'^\s*\* ?', '', line).rstrip() if number else line.strip() for number, line in enumerate(text.split('\n'))]
    return '\n'.join(lines).strip()


class Header:
    """One header: its name, the headers of ours that it includes, its head comment, and the tokens of its declarations."""

    def __init__(self, path):
        self.name, self.includes, self.doc, self.tokens = path.name, [], '', []
        guard = f'SRD_{path.stem.upper()}_H'
        open_blocks, skipped = [], 0
        for token in tokens_of(path):
            word, _, rest = token.text.replace('\\\n', ' ').partition(' ') if token.kind == 'directive' else ('', '', '')
            rest = rest.strip()
            if skipped:  # inside a block for compilers, whatever it holds
                skipped += word in ('#if', '#ifdef', '#ifndef')
                skipped -= word == '#endif'
                if skipped == 1 and word in ('#else', '#elif'):
                    raise Fault(token, f'{word} of a block that this reader leaves out')
            elif token.kind == 'doc' and not self.doc and '@file' in token.text:
                self.doc = plain(token.text).replace('@file', '').strip()
            elif token.kind != 'directive':
                self.tokens.append(token)
            elif word == '#ifndef' and rest == guard and not open_blocks:
                open_blocks.append(token)
            elif word == '#ifdef' and rest == '__cplusplus' or word == '#ifndef' and rest in ATTRIBUTES:
                skipped = 1
            elif word == '#endif' and open_blocks:
                open_blocks.pop()
            elif word == '#include':
                if rest.startswith('"srd/'):
                    self.includes.append(rest[5:-1])
                elif rest not in ('<stddef.h>', '<stdint.h>'):
                    raise Fault(token, f'unknown {token.text}')
            elif word != '#define':
                raise Fault(token, f'unknown directive {token.text}')
            elif rest != guard:
                self.tokens.append(token)
        if open_blocks or skipped:
            raise Fault(f'{path.name}', 'a block of the preprocessor does not end')


def in_order(headers):
    """Headers such that each comes behind those that it includes."""
    left, done = {header.name: header for header in headers}, []

    def take(name, by):
        header = left.pop(name, None)
        if header is None and name not in [one.name for one in done]:
            raise Fault(by, f'includes srd/{name}, which is not there, or which includes it')
        if header:
            for other in header.includes:
                take(other, name)
            done.append(header)

    for name in sorted(left):
        if name in left:
            take(name, name)
    return done


class Reader:
    """Reads declarations into lists of dictionaries: constants, types, handles, callbacks, structs, functions, inits."""

    def __init__(self, folder):
        self.headers = in_order([Header(path) for path in sorted(pathlib.Path(folder).glob('*.h'))])
        if not self.headers:
            raise Fault(folder, 'there are no headers')
        self.constants, self.types, self.handles, self.callbacks = [], [], [], []
        self.structs, self.functions, self.inits, self.known, self.count = [], [], [], set(OUTSIDE), 0
        for header in self.headers:
            self.header, self.queue, self.doc, self.section, self.run = header, header.tokens, None, '', None
            self.at = 0
            while self.at < len(self.queue):
                self.declaration()
            if self.doc:
                raise Fault(self.doc, 'a comment of nothing')

    # ---- tokens

    def next(self, *wanted):
        """Takes the next token; wanted: what it must be."""
        token = self.queue[self.at] if self.at < len(self.queue) else None
        if token is None or wanted and token.text not in wanted:
            last = token or self.queue[-1]
            raise Fault(last, f'{" or ".join(wanted) or "something"} was expected, not {token.text if token else "the end"}')
        self.at += 1
        return token

    def peek(self, text, ahead=0):
        at = self.at + ahead
        return at < len(self.queue) and self.queue[at].text == text

    def is_kind(self, kind):
        return self.at < len(self.queue) and self.queue[self.at].kind == kind

    def name(self):
        token = self.next()
        if token.kind != 'word':
            raise Fault(token, f'a name was expected, not {token.text}')
        return token

    def made(self, token, name):
        """What every entry has."""
        doc, self.doc = self.doc, None
        self.count += 1
        return {'name': name, 'header': self.header.name, 'section': self.section, 'doc': plain(doc.text) if doc else '',
                'place': str(token), 'order': self.count}

    # ---- declarations

    def declaration(self):
        token = self.next()
        if token.kind == 'doc':
            if self.doc:
                raise Fault(self.doc, 'a comment of nothing')
            self.doc = token
        elif token.kind == 'note':
            section = re.fullmatch(r'/\* -{3,} (.*?) -{3,} \*/', token.text)
            self.section = section.group(1) if section else self.section
            if not section and (self.run is None or token.line > self.run['end'] + 1):
                self.run = {'doc': plain(token.text), 'end': token.end, 'members': []}
        elif token.kind == 'directive':
            self.define(token)
        elif token.text == 'typedef':
            self.typedef(token)
        elif token.text == 'SRD_API':
            self.function(token)
        else:
            raise Fault(token, f'unknown declaration that begins with {token.text}')

    def define(self, token):
        """A constant or the initial value of a struct. Constants without an empty line between them are one run."""
        match = re.fullmatch(r'#define (SRD_[A-Z0-9_]+) (.*)', token.text.replace('\\\n', ' '), re.S)
        if not match:
            raise Fault(token, f'unknown macro {token.text.split(chr(10))[0]}')
        name, value = match.group(1), re.sub(r'\s+', ' ', match.group(2)).strip()
        begin = self.doc.line if self.doc else token.line
        entry = self.made(token, name)
        if name.endswith('_INIT'):
            self.inits.append({**entry, 'values': self.initial(token, value)})
            return
        entry['value'] = self.number(token, value)
        end = token.end
        if self.is_kind('after') and not entry['doc']:
            comment = self.next()
            entry['doc'], end = plain(comment.text), comment.end
        if self.run is None or begin > self.run['end'] + 1:
            self.run = {'doc': '', 'end': 0, 'members': []}
        self.run['members'].append(name)
        self.run['end'] = end
        entry['run'] = self.run
        self.constants.append(entry)

    def number(self, token, text):
        """The value of an expression of integers, + - * and constants that were defined before."""
        values = {entry['name']: entry['value'] for entry in self.constants}
        text = re.sub(r'\bSRD_\w+', lambda match: f"({values.get(match.group(), '?')})", text)
        if not re.fullmatch(r'[\d\s()*+-]+', text):
            raise Fault(token, f'the value is no integer: {text}')
        try:
            return eval(text, {'__builtins__': {}})  # digits and operators only
        except (SyntaxError, TypeError):
            raise Fault(token, f'the value is no integer: {text}') from None

    def initial(self, token, text):
        """The values between the braces: integers, None for NULL, 'sizeof' for the struct's own size; { 0 } is 0."""
        match = re.fullmatch(r'\{ (.*) \}', text)
        found = []
        for part in re.split(r', ', re.sub(r'\{ 0 \}', '0', match.group(1))) if match else ():
            if re.fullmatch(r'\(uint32_t\)sizeof\(srd_\w+\)', part):
                found.append('sizeof')
            else:
                found.append(None if part == 'NULL' else self.number(token, part))
        if not found:
            raise Fault(token, 'an initial value without braces')
        return found

    def typedef(self, token):
        if self.peek('struct'):
            self.next()
            name = self.name().text
            if self.peek('{'):
                entry = self.made(token, name)
                entry['fields'] = self.fields()
                self.structs.append(entry)
            else:
                self.handles.append(self.made(token, name))
            self.next(name)
        else:
            entry = self.declarator()
            name = entry.pop('name')
            if entry['type'] == 'callback':
                self.callbacks.append({**self.made(token, name), **entry.pop('callback')})
            elif entry['pointers'] or 'count' in entry:
                raise Fault(token, f'{name}: a typedef of a pointer or an array')
            else:
                self.types.append({**self.made(token, name), 'type': entry['type']})
        if name in self.known:
            raise Fault(token, f'{name} is declared twice')
        self.known.add(name)
        self.next(';')

    def fields(self):
        self.next('{')
        found = []
        while not self.peek('}'):
            doc = plain(self.next().text) if self.is_kind('doc') else ''
            begin = self.queue[self.at]
            field = self.declarator()
            self.next(';')
            if self.is_kind('after') and not doc:
                doc = plain(self.next().text)
            if field['type'] != 'callback' and not field['pointers'] and field['base'] not in self.scalars():
                raise Fault(begin, f"{field['name']}: a field of type {field['type']}")
            found.append({**field, 'doc': doc, 'place': str(begin)})
        self.next('}')
        return found

    def scalars(self):
        """Types that fields and parameters may have by value."""
        return set(OUTSIDE) - {'void'} | {entry['name'] for entry in self.types + self.callbacks}

    def function(self, token):
        must_check = self.peek('SRD_NODISCARD')
        if must_check:
            self.next()
        returns = self.type()
        name = self.name().text
        if name in [entry['name'] for entry in self.functions]:
            raise Fault(token, f'{name}() is declared twice')
        entry = self.made(token, name)
        self.functions.append({**entry, 'returns': returns, 'must_check': must_check, 'parameters': self.parameters()})
        self.next(';')

    # ---- types

    def type(self):
        """A type without a name: text, base and number of pointers."""
        text = 'const ' if self.peek('const') and self.next() else ''
        base = self.name()
        if base.text not in self.known:
            raise Fault(base, f'unknown type {base.text}')
        text, pointers = text + base.text, ''
        while self.peek('*') or self.peek('const'):
            pointers += self.next().text
        spaced = re.sub(r'const(?=\*)', 'const ', pointers)
        return {'type': f'{text} {spaced}' if pointers else text, 'base': base.text, 'pointers': pointers.count('*')}

    def declarator(self):
        """A type and a name: of a field, a parameter, a typedef."""
        result = self.type()
        if self.peek('('):  # R (*name)(...)
            self.next()
            self.next('*')
            name = self.name().text
            self.next(')')
            return {'name': name, 'type': 'callback', 'base': 'callback', 'pointers': 0,
                    'callback': {'returns': result, 'parameters': self.parameters()}}
        found = {'name': self.name().text, **result}
        if self.peek('['):
            self.next()
            token = self.next()
            if token.kind != 'number':
                raise Fault(token, f"{found['name']}: the length of an array is no number: {token.text}")
            found['count'] = int(token.text)
            self.next(']')
        return found

    def parameters(self):
        self.next('(')
        if self.peek('void') and self.peek(')', 1):
            self.at += 2
            return []
        found = []
        while True:
            begin = self.queue[self.at]
            found.append(self.declarator())
            if 'count' in found[-1]:
                raise Fault(begin, f"{found[-1]['name']}: an array as a parameter")
            if found[-1]['type'] != 'callback' and not found[-1]['pointers'] and found[-1]['base'] not in self.scalars():
                raise Fault(begin, f"{found[-1]['name']}: a parameter of type {found[-1]['type']}")
            if self.next(',', ')').text == ')':
                return found
