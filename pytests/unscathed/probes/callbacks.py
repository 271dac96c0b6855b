"""A switch below C code of the interpreter, which was called and has called back."""

import functools
import gc
import operator
import sys
import weakref

from unscathed.observe import Rival, outcome
from unscathed.probes.interleaved import called_back, called_back_alone, three

try:
    from importlib.util import spec_from_loader
except ImportError:
    spec_from_loader = None


@called_back
def sorted_key(mark, inside):
    return sorted(three(mark), key=inside)


@called_back
def cmp_to_key(mark, inside):
    def compare(left, right):
        left = inside(left)
        return (left > right) - (left < right)

    return sorted(three(mark), key=functools.cmp_to_key(compare))


@called_back
def map_function(mark, inside):
    return list(map(inside, three(mark)))


@called_back
def generator(mark, inside):
    return sorted(inside(word) for word in three(mark))


@called_back
def hash_and_eq(mark, inside):
    class Key(object):
        def __init__(self, word):
            self.word = word

        def __hash__(self):
            return len(inside(self.word))

        def __eq__(self, other):
            return inside(self.word) == other.word

    table = {Key(word): word for word in three(mark)[:2]}
    return [table[Key(word)] for word in three(mark)[:2]]


@called_back
def getattr_hook(mark, inside):
    class Lazy(object):
        def __getattr__(self, name):
            return inside(mark + ' ' + name)

    return list(operator.attrgetter('a', 'b')(Lazy()))


@called_back
def metaclass(mark, inside):
    class Meta(type):
        def __new__(meta, name, bases, names):
            names['made'] = inside(mark + ' class')
            return type.__new__(meta, name, bases, names)

        def __call__(cls):
            made = type.__call__(cls)
            made.called = inside(mark + ' instance')
            return made

    made = Meta('Made', (object,), {})()
    return [made.made, made.called]


@called_back
def context_enter(mark, inside):
    class Manager(object):
        def __enter__(self):
            return inside(mark)

        def __exit__(self, kind, error, trace):
            return False

    with Manager() as word:
        return word


@called_back
def context_exit(mark, inside):
    class Manager(object):
        def __enter__(self):
            return self

        def __exit__(self, kind, error, trace):
            self.word = inside(str(error))
            return True

    with Manager() as manager:
        raise ValueError(mark)
    return manager.word


@called_back
def trace_function(mark, inside):
    words = []

    def traced():
        return mark

    def tracer(frame, event, argument):
        if frame.f_code is traced.__code__:
            words.append(inside(mark + ' ' + event))

    sys.settrace(tracer)
    try:
        result = traced()
    finally:
        sys.settrace(None)
    return words + [result]


class Importer(object):
    """Finds and makes one module, whose name says who wants it."""

    def __init__(self, mark, found=None, made=None):
        self.name = 'unscathed_' + mark.replace(', ', '_').replace(' ', '_')
        self.mark, self.found, self.made, self.words = mark, found, made, []

    def find_module(self, wanted, path=None):
        """What Python 2 asks."""
        if wanted == self.name:
            self.say(self.found, ' is found')
            return self

    def find_spec(self, wanted, path=None, target=None):
        """What Python 3 asks."""
        if self.find_module(wanted):
            return spec_from_loader(wanted, self)

    def load_module(self, name):
        module = sys.modules[name] = type(sys)(name)
        self.exec_module(module)
        return module

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        self.say(self.made, ' is made')
        module.by = self.mark

    def say(self, inside, what):
        if inside:
            self.words.append(inside(self.mark + what))

    def imported(self):
        sys.meta_path.insert(0, self)
        try:
            module = __import__(self.name)
            return self.words + [module.by]
        finally:
            sys.meta_path.remove(self)
            sys.modules.pop(self.name, None)


# A finder is asked under a lock that all threads share.
@called_back_alone
def import_finder(mark, inside):
    return Importer(mark, found=inside).imported()


@called_back
def import_loader(mark, inside):
    return Importer(mark, made=inside).imported()


@called_back
def finalizer(mark, inside):
    words = []

    class Mortal(object):
        def __del__(self):
            words.append(inside(mark))

    mortal = Mortal()
    del mortal
    return wait_for(words)


@called_back
def weakref_callback(mark, inside):
    words = []

    class Mortal(object):
        pass

    mortal = Mortal()
    watched = weakref.ref(mortal, lambda reference: words.append(inside(mark)))
    del mortal
    return wait_for(words) + [watched()]


def wait_for(words):
    """What a finalizer said, where it may need a collection to run."""
    if not words:
        gc.collect()
    return words


def iterator_guard(subject, seen):
    tables = [dict.fromkeys(three(seen.by(number))) for number in (1, 2)]

    def over(table):
        def iterating(self, first):
            words = []
            for word in table:
                words.append(subject.suspend(self, word))
            return sorted(words)

        return iterating

    def grow(table):
        table['one more'] = None

    guarded(subject, seen, tables, over, grow, RuntimeError)


def sort_guard(subject, seen):
    lists = [three(seen.by(number)) for number in (1, 2)]

    def over(words):
        def sorting(self, first):
            words.sort(key=lambda word: subject.suspend(self, word))
            return words

        return sorting

    def grow(words):
        words.append('one more')

    guarded(subject, seen, lists, over, grow, ValueError)


def guarded(subject, seen, containers, over, grow, error):
    """Two coroutines go over a container each, and that of the first one grows meanwhile."""
    unharmed = [sorted(container) for container in containers]
    cos = [subject.create(over(container)) for container in containers]
    given = [outcome(subject.resume, co) for co in cos]
    seen.step('main changes what 1 goes over')
    grow(containers[0])
    for _ in unharmed[1]:
        for place, co in enumerate(cos):
            # Anything but a word is an end.
            if isinstance(given[place], str):
                given[place] = outcome(subject.resume, co, given[place])
    found = [type(end).__name__ if isinstance(end, BaseException) else end for end in given]
    for place, own in enumerate((error.__name__, unharmed[1])):
        rivals = [Rival('coroutine 1', error.__name__), Rival('coroutine 1', unharmed[0])]
        rivals.append(Rival('coroutine 2', unharmed[1]))
        rivals = [rival for rival in rivals if rival[1] != own]
        at = 'coroutine %d, at its end' % (place + 1)
        seen.see('py.callback.guards', found[place], own=own, rivals=rivals, at=at)
