"""The bracket below the interpreter: registers planted around a call, and looked at after it.

A library without any interface of Python's, which ctypes loads. It calls a function from
within a bracket: a callback in which Python code switches, or a function of the subject's
own C interface. What it finds goes into a record, a file that the parent made and reads.
"""

import os
import sys

from unscathed.observe import Skip

try:
    import ctypes
except ImportError:
    ctypes = None

# Where the library is; whoever unpacked it says so.
VARIABLE = 'UNSCATHED_LIBRARY'
VERSION = 1

# When a party looks: numbers of the record.
RESUMED, FINISHED, SUSPENDED = 2, 3, 4

# Why there is no library, for the probes that need it.
missing = 'no record was given'


def attach(path):
    """The library, its record attached, which is a file that must exist; None: there is none.

    Once in each process, after it was forked.
    """
    global missing
    try:
        return Library(os.environ.get(VARIABLE), path)
    except Skip as why:
        missing = str(why)
        return None


def needed(seen):
    """The library of a probe that cannot do without."""
    if seen.library is None:
        raise Skip(missing)
    return seen.library


def encoded(path):
    """A path as C reads it. Orders are JSON, whose texts ctypes would hand over as wide characters."""
    return path if isinstance(path, bytes) else path.encode(sys.getfilesystemencoding())


class Word(object):
    """An argument that is no object: a plain word."""

    __slots__ = ('value',)

    def __init__(self, value):
        self.value = value


NULL = Word(0)


class Library(object):
    """The library's functions. A party is a number, 0 is main."""

    def __init__(self, path, record):
        if ctypes is None:
            raise Skip('this interpreter has no ctypes')
        if not path:
            raise Skip('no probe library: %s is not set' % VARIABLE)
        try:
            self.functions = ctypes.CDLL(path)
            version = self.functions.unscathed_version()
        except (OSError, AttributeError) as error:
            raise Skip('the probe library cannot be loaded: %s' % error)
        if version != VERSION:
            raise Skip('the probe library has version %d of its interface, not %d' % (version, VERSION))
        self.path = path
        self.callback = ctypes.CFUNCTYPE(None)
        self.call = self.function(self.functions, ctypes.c_uint64)
        status = self.functions.unscathed_attach(encoded(record))
        if status:
            why = os.strerror(status) if status > 0 else 'too short'
            raise Skip('the record cannot be attached: %s' % why)

    @staticmethod
    def function(library, result):
        bracket = library.unscathed_bracket
        bracket.restype = result
        bracket.argtypes = [
            ctypes.c_uint16,
            ctypes.c_uint32,
            ctypes.c_void_p,
            ctypes.c_void_p,
            ctypes.c_size_t,
        ]
        return bracket

    def admit(self, party):
        if not self.functions.unscathed_admits(party):
            raise ValueError('party %d has no bracket' % party)

    def bracket(self, party, function, event=RESUMED):
        """What `function` gives, called from within the party's bracket.

        It is Python code, below a C function that called back. An exception does not cross
        that: it is carried over, and raised after the look.
        """
        self.admit(party)
        ending = []

        def run():
            try:
                ending.append((function(), None))
            except BaseException as error:  # Also what kills a coroutine has to cross.
                ending.append((None, error))

        thunk = self.callback(run)
        self.call(party, event, ctypes.cast(thunk, ctypes.c_void_p), None, 0)
        if not ending:
            raise RuntimeError('the callback was left without an end')
        value, error = ending.pop()
        if error is not None:
            raise error
        return value

    def bracket_c(self, party, address, arguments, event=RESUMED):
        """The object that the C function at `address` gives, called from within the bracket.

        `arguments` are objects, or words. The GIL is held, no Python code runs in between,
        and a null pointer raises the exception that came with it.
        """
        self.admit(party)
        words = (ctypes.c_void_p * len(arguments))()
        for place, argument in enumerate(arguments):
            words[place] = argument.value if isinstance(argument, Word) else id(argument)
        call = self.function(ctypes.PyDLL(self.path), ctypes.py_object)
        return call(party, event, address, words, len(arguments))

    def round(self, party):
        """Sets rounding modes of this party's own; they stay set."""
        self.admit(party)
        self.functions.unscathed_round(party)

    def look_at_rounding(self, party, event=RESUMED):
        """Looks whether they are set still."""
        self.functions.unscathed_look_at_rounding(party, event)

    def settle(self):
        """Goes back to the control words of a new process."""
        self.functions.unscathed_settle()

    def count(self, paths):
        """Counts from now on what these libraries, which are loaded, copy, allocate and free.

        How many of their references to other functions are counted.
        """
        return sum(max(0, self.functions.unscathed_count(encoded(path))) for path in paths)

    def counts(self):
        """Copies, bytes copied, allocations and frees so far."""
        words = (ctypes.c_uint64 * 4)()
        self.functions.unscathed_counts(words)
        return list(words)

    def finish(self):
        """Says that the experiment came to its end."""
        self.functions.unscathed_finish()
