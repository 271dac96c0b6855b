"""A switch below C code of an extension module, which was called and has called back."""

import io
import json
import re

from unscathed.observe import Skip
from unscathed.probes.interleaved import called_back, three

try:
    # What Python 2 calls the one in C.
    import cPickle as pickle
except ImportError:
    import pickle
try:
    import sqlite3
except ImportError:
    sqlite3 = None
try:
    from xml.parsers import expat
except ImportError:
    expat = None
try:
    import ctypes

    Integers = ctypes.POINTER(ctypes.c_int)
    # Comparisons for calls that let go of the interpreter, and for calls that do not.
    RELEASED = ctypes.CFUNCTYPE(ctypes.c_int, Integers, Integers)
    HELD = None
    if hasattr(ctypes, 'PyDLL'):
        HELD = ctypes.PYFUNCTYPE(ctypes.c_int, Integers, Integers)
except ImportError:
    ctypes = HELD = None


@called_back
def re_sub(mark, inside):
    return str(re.sub('<[12]>', lambda match: inside(match.string + match.group()), mark + ' <1> <2>'))


@called_back
def json_default(mark, inside):
    class Other(object):
        pass

    return json.dumps([Other(), mark, Other()], default=lambda other: inside(mark))


@called_back
def json_object_hook(mark, inside):
    text = json.dumps([{'by': word} for word in three(mark)])
    return json.loads(text, object_hook=lambda table: inside(str(table['by'])))


@called_back
def pickle_reduce(mark, inside):
    class Reduced(object):
        def __init__(self, word):
            self.word = word

        def __reduce__(self):
            return str, (inside(self.word),)

    return pickle.loads(pickle.dumps([Reduced(word) for word in three(mark)], 2))


@called_back
def raw_readinto(mark, inside):
    words = three(mark)

    class Raw(io.RawIOBase):
        def readable(self):
            return True

        def readinto(self, buffer):
            data = inside(words.pop(0)).encode('ascii') if words else b''
            buffer[: len(data)] = data
            return len(data)

    return str(io.BufferedReader(Raw(), 64).read().decode('ascii'))


@called_back
def expat_handler(mark, inside):
    if expat is None:
        raise Skip('this interpreter has no pyexpat')
    words = []

    def opened(name, attributes):
        words.append(inside(str(attributes['by'] + ' ' + name)))

    parser = expat.ParserCreate()
    parser.StartElementHandler = opened
    parser.EndElementHandler = lambda name: words.append('/' + str(name))
    parser.Parse('<a by="{0}"><b by="{0}"/></a>'.format(mark), True)
    return words


@called_back
def sqlite_function(mark, inside):
    connection = connect()
    connection.create_function('inside', 1, lambda word: inside(str(word)))
    rows = connection.execute('select inside(?) union all select inside(?)', three(mark)[:2]).fetchall()
    connection.close()
    return [str(row[0]) for row in rows]


@called_back
def sqlite_progress(mark, inside):
    connection = connect()
    connection.execute('create table numbers (number integer)')
    connection.executemany('insert into numbers values (?)', [(number,) for number in range(8)])
    calls = []

    def progress():
        calls.append(mark)
        # What the machine of a release does in between is its own affair.
        if len(calls) <= 2:
            inside(mark + ' instructions')
        return 0

    connection.set_progress_handler(progress, 50)
    rows = connection.execute('select ?, count(*) from numbers a, numbers b, numbers c', [mark]).fetchall()
    connection.set_progress_handler(None, 0)
    connection.close()
    return [str(rows[0][0]), rows[0][1]]


def connect():
    """A data base of the calling party."""
    if sqlite3 is None:
        raise Skip('this interpreter has no sqlite3')
    return sqlite3.connect(':memory:')


@called_back
def qsort_released(mark, inside):
    if ctypes is None:
        raise Skip('this interpreter has no ctypes')
    return qsort(ctypes.CDLL(None), RELEASED, mark, inside)


@called_back
def qsort_held(mark, inside):
    if HELD is None:
        raise Skip('this interpreter has no calls through ctypes that keep it')
    return qsort(ctypes.PyDLL(None), HELD, mark, inside)


def qsort(library, prototype, mark, inside):
    """Sorts words by their indices with the function of the C library."""
    words = three(mark)
    places = (ctypes.c_int * len(words))(*range(len(words)))

    def compare(left, right):
        word, other = inside(words[left[0]]), words[right[0]]
        return (word > other) - (word < other)

    sort = library.qsort
    sort.restype = None
    sort.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t, prototype]
    sort(places, len(words), ctypes.sizeof(ctypes.c_int), prototype(compare))
    return [words[place] for place in places]
