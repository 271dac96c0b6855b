"""What a coroutine is in the middle of, or holds, while it is suspended."""

import signal
import sys
import threading
import types

from unscathed.observe import Rival, Skip, outcome

try:
    from importlib.machinery import ModuleSpec
except ImportError:
    ModuleSpec = None  # Before 3.4; the rows that need it begin there.

# How long an import may be waited for, where nobody would ever end the wait.
MOMENT = 0.05


class Element(object):
    """What a list shows while somebody else is suspended in the middle of showing it."""

    def __init__(self):
        self.pause = None

    def __repr__(self):
        pause, self.pause = self.pause, None
        if pause is not None:
            pause()
        return 'element'


def half_shown(subject, seen):
    element = Element()
    shown = [element]

    def body(self, first):
        element.pause = lambda: subject.suspend(self)
        at = 'coroutine 1, when repr returns'
        rivals = [Rival('main', '[...]')]
        seen.see('py.repr_guard', repr(shown), own='[element]', rivals=rivals, at=at, thread='[element]')

    co = subject.create(body)
    subject.resume(co)
    at = 'main, while 1 is suspended in repr of the same list'
    rivals = [Rival('coroutine 1', '[...]')]
    seen.see('py.repr_guard', repr(shown), own='[element]', rivals=rivals, at=at)
    subject.resume(co)


class Finder(object):
    """Offers one module, whose execution is whatever was agreed."""

    def __init__(self, name, execute):
        self.name, self.execute = name, execute

    def find_spec(self, name, path=None, target=None):
        return ModuleSpec(name, self) if name == self.name else None

    def create_module(self, spec):
        return types.ModuleType(spec.name)

    def exec_module(self, module):
        module.begun = True
        self.execute()
        module.whole = True


class Waited(Exception):
    """The moment is over."""


def half_imported(subject, seen):
    """While 1 is suspended in the middle of an import, main imports the same module."""
    if threading.current_thread().name != 'MainThread':
        raise Skip('no signal would end the wait: the probe does not run in the main thread')
    name = 'unscathed_half_imported'
    execution = []
    sys.meta_path.insert(0, Finder(name, lambda: execution.pop()()))

    def body(self, first):
        execution.append(lambda: subject.suspend(self))
        found = state(outcome(__import__, name))
        rivals = [Rival('main', 'half a module')]
        at = 'coroutine 1, when its import is over'
        seen.see('py.import_lock', found, own='the module', rivals=rivals, at=at, thread='the module')

    co = subject.create(body)
    subject.resume(co)
    found = state(outcome(within_a_moment, lambda: __import__(name)))
    at = 'main, while 1 is suspended in the import of the same module'
    rivals = [Rival('coroutine 1', 'half a module')]
    seen.see('py.import_lock', found, own='waits', rivals=rivals, at=at)
    subject.resume(co)
    found = state(outcome(within_a_moment, lambda: __import__(name)))
    rivals = [Rival('coroutine 1', 'waits')]
    at = 'main, when 1 has finished'
    seen.see('py.import_lock', found, own='the module', rivals=rivals, at=at, thread='the module')


def state(found):
    """An import, in words."""
    if isinstance(found, Waited):
        return 'waits'
    if isinstance(found, types.ModuleType):
        return 'the module' if hasattr(found, 'whole') else 'half a module'
    return found


def within_a_moment(function):
    """Calls it in the main thread; a signal ends a wait that nobody else can end."""

    def over(number, frame):
        raise Waited()

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, MOMENT)
    try:
        return function()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def reentrant(subject, seen):
    """1 holds a lock that its owner may take again, and suspends: is main its owner?"""
    lock = threading.RLock()

    def body(self, first):
        lock.acquire()
        subject.suspend(self)
        found = 'its own' if lock.acquire(False) else 'refused'
        rivals = [Rival('main', 'refused')]
        at = 'coroutine 1, when it takes what it holds'
        seen.see('py.locks', found, own='its own', rivals=rivals, at=at, thread='its own')

    co = subject.create(body)
    subject.resume(co)
    taken = lock.acquire(False)
    found = 'taken' if taken else 'refused'
    at = 'main, while 1 is suspended and holds it'
    seen.see('py.locks', found, own='refused', rivals=[Rival('coroutine 1', 'taken')], at=at)
    if taken:
        lock.release()
    subject.resume(co)
