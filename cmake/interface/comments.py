"""What the comments of functions say: parameters, what may be NULL, statuses, threads, allocation, since when.

A comment may refer to another function ("as in srd_graph_create()"), to the parameters that all layer calls share, to the head of
its header and to the head of its section; what is said there holds then.
"""
import re

from headers import Fault

LAYER_RETURNS = "the new layer's id, or SRD_LAYER_NONE"
TAGS = re.compile(r'@(param|return|layercall|newlayer)\b[ ]*')
SENTENCE_END = r'(?=\. [A-Z]|\.$|\)$|$)'


def flat(text):
    return re.sub(r'\s+', ' ', text).strip()


class Comment:
    """The parts of one comment: the text before the first tag, parameters, what is returned."""

    def __init__(self, entry):
        first, *rest = TAGS.split(entry['doc'])
        self.text, self.parameters, self.returns, self.tag = first.strip(), {}, '', None
        names = [parameter['name'] for parameter in entry['parameters']]
        for kind, text in zip(rest[::2], rest[1::2]):
            if kind == 'param':
                match = re.match(r'(\w+(?:, \w+)*)\s+(.*)', text, re.S)
                for name in match.group(1).split(', ') if match else ():
                    if name not in names or name in self.parameters:
                        raise Fault(entry['place'], f"{entry['name']}(): @param {name} is no parameter, or said twice")
                    self.parameters[name] = flat(match.group(2))
                if not match:
                    raise Fault(entry['place'], f"{entry['name']}(): a @param without a name or a text")
            elif kind == 'return':
                self.returns = flat(text)
            else:
                self.tag, self.returns = kind, LAYER_RETURNS
        self.whole = flat(entry['doc'])


def nullable(text):
    """Whether what the text is about may be NULL; None: it does not say."""
    if re.search(r'\b(not|none) NULL', text):
        return False
    # What is only handed on is not looked at.
    return True if re.search(r'\bNULL\b|^any\b|^handed to\b', text) else None


class Comments:
    """The comments of all functions."""

    def __init__(self, reader):
        self.functions = {entry['name']: entry for entry in reader.functions}
        self.comments = {name: Comment(entry) for name, entry in self.functions.items()}
        self.callbacks = {'callback', *(entry['name'] for entry in reader.callbacks)}
        self.heads = {header.name: flat(header.doc) for header in reader.headers}
        self.common = {}
        for header in reader.headers:
            if '@layercall' in header.doc:
                for part in header.doc.split('@layercall', 1)[1].split('\n\n')[0].split('\n- ')[1:]:
                    name, _, text = part.partition(': ')
                    self.common[name] = flat(text)
        for name, comment in self.comments.items():
            if comment.tag and not self.common:
                raise Fault(self.functions[name]['place'], f'{name}(): no header says what @{comment.tag} stands for')

    def like(self, name):
        """The function that a comment refers to for everything that it does not say."""
        comment = self.comments[name]
        for pattern, text in ((r'(?:As )?(srd_\w+)\(\)', flat(comment.text)), (r'as (srd_\w+)\(\)', comment.returns)):
            match = re.match(pattern, text)
            if match and match.group(1) != name:
                if match.group(1) not in self.comments:
                    raise Fault(self.functions[name]['place'], f'{name}(): refers to {match.group(1)}(), which is not there')
                return match.group(1)
        return None

    def parameter(self, name, parameter):
        """What is said of a parameter."""
        comment = self.comments[name]
        text = comment.parameters.get(parameter, '')
        match = re.match(r'as (?:in|for) (srd_\w+)\(\)(?:; )?(.*)', text)
        if match and match.group(1) in self.comments and match.group(1) != name:
            return '; '.join(part for part in (self.parameter(match.group(1), parameter), match.group(2)) if part)
        if text == 'as for all layer calls' or not text and comment.tag:
            return self.common.get(parameter, '')
        return text

    def returns(self, name):
        """What is returned, without the sentences about other things."""
        text = re.split(r'(?:^|(?<=\. )|(?<=\) ))(?:Threads|Allocates|Since)\b', self.comments[name].returns)[0]
        return text.strip().rstrip('.')

    def statuses(self, name):
        """The statuses that a comment names, also by reference."""
        text = self.comments[name].returns
        found = re.findall(r'\bSRD_(?:OK|ERR_[A-Z]+)\b', text)
        for other in re.findall(r'\bas (srd_\w+)\(\)|what \w+ and (srd_\w+)\(\)', text):
            other = other[0] or other[1]
            found += self.statuses(other) if other in self.comments and other != name else []
        return list(dict.fromkeys(found))

    def say(self, name, patterns):
        """What matches first: in the comment, in that of the function it refers to, in the section, in the head of the header."""
        entry = self.functions[name]
        for text in (self.comments[name].whole, None, entry['section'], self.heads[entry['header']]):
            if text is None:
                other = self.like(name)
                found = self.say(other, patterns) if other else ''
                if found:
                    return found
                continue
            for pattern in patterns:
                match = re.search(pattern + SENTENCE_END, text)
                if match:
                    return match.group(1)
        return ''

    def threads(self, name):
        return self.say(name, [r'Threads: (.*?)'])

    def allocates(self, name):
        return self.say(name, [r'(Allocates .*?)', r'Allocation: (.*?)', r'((?:all|They) allocate nothing.*?)'])

    def since(self, name):
        return self.say(name, [r'\bSince (\d+\.\d+)(?:, where .*?)?'])

    def gaps(self):
        """What comments do not say: pairs of a function and what is missing."""
        for name, entry in self.functions.items():
            for parameter in entry['parameters']:
                pointer = parameter['pointers'] or parameter['base'] in self.callbacks
                if pointer and nullable(self.parameter(name, parameter['name'])) is None:
                    yield name, f"{parameter['name']} NULL?"
            if entry['returns']['type'] == 'srd_status' and not self.statuses(name):
                yield name, 'statuses'
            if entry['returns']['type'] != 'void' and not self.returns(name):
                yield name, 'returns'
            for what in ('threads', 'allocates', 'since'):
                if not getattr(self, what)(name):
                    yield name, what
