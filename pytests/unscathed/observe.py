"""What a probe writes down: one line for each look, which no later crash takes back."""

import json
import os


class Skip(Exception):
    """This interpreter, or this machine, cannot show it; the text says why."""


class Unsupported(Exception):
    """The subject says that it cannot do this; the text says what."""


class Failed(Exception):
    """The experiment could not be made; the text says why."""


class Unset(object):
    """No value was given."""

    def __repr__(self):
        return 'unset'


UNSET = Unset()

MAIN = 0


def party(number):
    """The name of a party: 0 is main."""
    return 'main' if number == MAIN else 'coroutine %d' % number


def spell(value):
    """A value as text that is the same in every process and on every interpreter."""
    if isinstance(value, BaseException):
        return '%s(%s)' % (type(value).__name__, ', '.join(spell_quoted(part) for part in value.args))
    if isinstance(value, type):
        return value.__name__
    if isinstance(value, (list, tuple)):
        inner = ', '.join(spell_quoted(part) for part in value)
        return ('[%s]' if isinstance(value, list) else '(%s)') % inner
    if isinstance(value, str):
        return value
    text = repr(value)
    # Addresses differ from run to run, and name nobody.
    return '<%s>' % type(value).__name__ if ' at 0x' in text else text.rstrip('L')


def spell_quoted(value):
    """The same for a part of another value."""
    return repr(value) if isinstance(value, str) else spell(value)


def outcome(function, *arguments):
    """What a call gives: its value, or the exception that it raises."""
    try:
        return function(*arguments)
    except (Skip, Unsupported, Failed):
        raise
    except BaseException as error:  # A subject may raise anything, and that is what was seen.
        return error


class Seen(object):
    """The journal of one run of one probe.

    Each line is opened, written and closed by itself: a subject may close all the
    descriptors that it finds, and what was written before a crash must be there after.
    """

    def __init__(self, path, seed=1, library=None):
        self.path = path
        self.seed = seed
        self.library = library
        # What the command line calls the subject, for probes that start programs.
        self.word = None
        self.steps = 0
        self.pid = os.getpid()

    def write(self, kind, **fields):
        """Adds a line. A copy of this process has nothing to add in our name."""
        if os.getpid() != self.pid:
            return
        fields['kind'] = kind
        line = json.dumps(fields, sort_keys=True) + '\n'
        journal = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(journal, line.encode('ascii'))
        finally:
            os.close(journal)

    def by(self, number):
        """A name for the next value of a party: who made it, and at which step."""
        self.steps += 1
        return '%s, step %d' % (party(number), self.steps)

    def step(self, text):
        """What is done next, for the case that the process dies of it."""
        self.steps += 1
        self.write('step', number=self.steps, text=text)

    def note(self, text):
        """A remark for people."""
        self.write('note', text=text)

    def see(self, element, found, own, rivals=(), at='', thread=UNSET, fixed=False):
        """One look at one element.

        `own` must be found. `rivals` are what other parties put there, each a value that
        names its owner or a pair of owner and value; without one that differs from `own`
        nothing is tested, unless `fixed` says that nobody may put anything else there.
        `thread` is what would be found if the element stayed with the thread.
        """
        others = []
        for rival in rivals:
            # A pair is not any tuple of two: values may be tuples.
            owner, value = rival if isinstance(rival, Rival) else (None, rival)
            others.append([owner, spell(value)])
        fields = {'element': element, 'found': spell(found), 'own': spell(own), 'rivals': others, 'at': at}
        if fixed:
            fields['fixed'] = True
        if thread is not UNSET:
            fields['thread'] = spell(thread)
        self.write('see', **fields)


class Rival(tuple):
    """A value that cannot name its owner, with the owner: `Rival('main, step 2', 60)`."""

    def __new__(cls, owner, value):
        return tuple.__new__(cls, (owner, value))
