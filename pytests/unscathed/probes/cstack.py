"""The C stack of a coroutine: ordinary work fits, and what does not fit is refused in time."""

import json
import operator
import os
import pickle
import re
import sys
import traceback

from unscathed.observe import outcome
from unscathed.probes.levels import NOBODY, blamed, counted

C = 'py.recursion.c'
REFUSED = 'an end or an exception'
# More levels than any interpreter counts, fewer than make one slow that measures its stack.
# A debug build counts fewer, and looks at all of a text at each of them.
MANY = 4000 if hasattr(sys, 'gettotalrefcount') else 12000


class Shown(object):
    """Its representation asks for its representation."""

    def __repr__(self):
        return repr(self)


class Formatted(object):
    def __repr__(self):
        return '%r' % (self,)


class Asked(object):
    def __getattr__(self, name):
        return getattr(self, name)


class Less(object):
    def __lt__(self, other):
        return bool(sorted([Less(), Less()]))


def sorts(value):
    return sorted([2, 1], key=sorts)


def nested(levels=MANY):
    outer = []
    for _ in range(levels):
        outer = [outer]
    return outer


def nested_types():
    kinds = int
    for _ in range(MANY):
        kinds = (kinds,)
    return kinds


def executes():
    space = {}
    space['source'] = compile('exec(source)', 'recursion', 'exec')
    exec(space['source'], space)


def fate(subject, work):
    """How a process of its own ends, in which a coroutine does this work."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            os.write(writing, told(subject, work).encode('ascii', 'replace'))
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    text = str(os.read(reading, 1000).decode('ascii'))
    os.close(reading)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        return 'signal %d' % os.WTERMSIG(status)
    return text or 'exit status %d' % os.WEXITSTATUS(status)


def told(subject, work):
    """What became of work in a coroutine: an exception of it comes out of resume."""
    without_core()

    def body(self, first):
        work()

    found = outcome(subject.resume, subject.create(body))
    return 'an end' if found is None else type(found).__name__


def without_core():
    """A process that is expected to die leaves no file behind."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def refused(subject, seen, routes):
    for name, work in routes:
        seen.step('coroutine 1 recurses without end through ' + name)
        found = fate(subject, work)
        died = found.startswith(('signal', 'exit status'))
        at = 'coroutine 1, ' + name
        seen.see(C, found if died else REFUSED, own=REFUSED, at=at, fixed=True)


def calls(subject, seen):
    refused(
        subject,
        seen,
        [
            ('__repr__', lambda: repr(Shown())),
            ('__repr__ that formats', lambda: repr(Formatted())),
            ('__getattr__', lambda: Asked().x),
            ('isinstance of nested tuples', lambda: isinstance('', nested_types())),
        ],
    )


def sorting(subject, seen):
    refused(
        subject,
        seen,
        [
            ('a key of sorted that sorts', lambda: sorts(1)),
            ('a comparison that sorts', lambda: sorted([Less(), Less()])),
        ],
    )


def containers(subject, seen):
    refused(
        subject,
        seen,
        [
            ('repr of nested lists', lambda: repr(nested())),
            ('comparison of nested lists', lambda: nested() == nested()),
            ('json of nested lists', lambda: json.dumps(nested())),
            ('json text of nested lists', lambda: json.loads('[' * MANY)),
            ('pickle of nested lists', lambda: pickle.dumps(nested(), 2)),
        ],
    )


def compilers(subject, seen):
    refused(
        subject,
        seen,
        [
            ('groups of a regular expression', lambda: re.compile('(' * 3000 + ')' * 3000)),
            ('exec of its own source', executes),
            ('unary operators', lambda: eval('-' * 50000 + '1')),
            ('parentheses', lambda: eval('(' * 5000 + ')' * 5000)),
        ],
    )


# A module of everything: many functions, classes and expressions for the compiler.
SOURCE = '\n'.join(
    'class C%d(object):\n def f(self, a=[i for i in range(3)], *b, **c):\n'
    '  try:\n   return {a: (b, [lambda x: x + %d, (((1 + 2) * 3) ** 4)])}\n'
    '  except (ValueError, KeyError):\n   raise\n' % (i, i)
    for i in range(60)
)
# Nested as deep as generated code is, but not deeper than any parser goes.
SOURCE += '\ndata = ' + '[' * 30 + ']' * 30 + '\n'
PATTERN = r'(?P<a>(?:[a-z]+|\d{1,3})*?)(?=\s(?!b))(?:(x|y(z|w(u|v)?)+)*|\b(?P=a)\b)'


def imports():
    # Modules that load others, and whose loading runs a lot at their top.
    for name in ('decimal', 'optparse', 'xml.dom.minidom'):
        __import__(name)


def compiles():
    exec(compile(SOURCE, 'source', 'exec'), {})
    re.purge()
    re.compile(PATTERN)


def formats():
    def raises(levels):
        if levels:
            raises(levels - 1)
        raise KeyError('formatted')

    try:
        raises(40)
    except KeyError:
        assert 'formatted' in traceback.format_exc()


def encodes():
    # So deep that it fits into the limit of every interpreter, several calls for each level.
    data = nested(150)
    assert len(repr(data)) == len(json.dumps(data)) == 302
    assert json.loads(json.dumps(data)) == data
    assert pickle.loads(pickle.dumps(data)) == data


def room(subject, seen):
    for name, work in (
        ('imports modules', imports),
        ('compiles a module and a regular expression', compiles),
        ('formats a traceback', formats),
        ('encodes and decodes nested lists', encodes),
    ):
        seen.step('coroutine 1 ' + name)
        seen.see(C, fate(subject, work), own='an end', at='coroutine 1, which %s' % name, fixed=True)


class Paused(object):
    """Its comparison suspends."""

    def __init__(self, subject):
        self.subject = subject
        self.co = None

    def __eq__(self, other):
        self.subject.suspend(self.co)
        return True

    __hash__ = None


def wrapped(innermost, levels):
    """Lists in lists, by how many levels each of them has."""
    ladder = [innermost]
    for _ in range(levels):
        ladder.append([ladder[-1]])
    return ladder


def comparable(one, other):
    """How many levels of nested lists can be compared here, each by a call of a C function."""
    low, high = 0, len(one) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if isinstance(outcome(operator.eq, one[middle], other[middle]), bool):
            low = middle
        else:
            high = middle - 1
    return low


def charged(subject, seen):
    counted()
    name = seen.by(1)

    def body(self, first):
        paused = Paused(subject)
        paused.co = self
        return wrapped(paused, 500)[-1] == wrapped(0, 500)[-1]

    one, other = wrapped(0, MANY), wrapped(0, MANY)
    before = comparable(one, other)
    coroutines = [subject.create(body) for _ in range(2)]
    for co in coroutines:
        subject.resume(co)
    shares = [(name, 1000)]
    found = blamed(before - comparable(one, other), shares)
    at = 'main, while two coroutines are suspended below 500 comparisons'
    seen.see(C, found, own=NOBODY, rivals=[name], at=at)
    for co in coroutines:
        subject.resume(co)
    found = blamed(before - comparable(one, other), shares)
    seen.see(C, found, own=NOBODY, rivals=[name], at='main, when they have returned')
