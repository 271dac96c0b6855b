"""Defects in depth, its limit, and the memory of frames."""

import ctypes
import sys
import threading
import weakref

from unscathed.probes.levels import TOO_DEEP, below
from unscathed.subjects.threads import Threads, take

# Parts of the record that an interpreter keeps of a thread, from its beginning.
WORDS = 40


def words():
    """The beginning of the record of the running thread, as integers that can be changed."""
    get = ctypes.pythonapi.PyThreadState_Get
    get.restype = ctypes.c_void_p
    return (ctypes.c_int * WORDS).from_address(get())


def snapshot():
    return list(words())


class Taken(object):
    """Its comparison takes a snapshot."""

    def __eq__(self, other):
        self.words = snapshot()
        return True

    __hash__ = None


def through_c(levels):
    """A snapshot so many calls of C functions further down."""
    taken = Taken()
    one, other = [taken], [0]
    for _ in range(levels):
        one, other = [one], [other]
    assert one == other
    return taken.words


class Counter(object):
    """A counter of depth in the record of a thread: its place is found by going down."""

    def __init__(self, down, other=None):
        first, second, third = [down(levels) for levels in (0, 7, 19)]
        for self.place in range(WORDS):
            if self.place == other:
                continue
            steps = second[self.place] - first[self.place], third[self.place] - second[self.place]
            # Levels are counted up, or those that are left are counted down, perhaps several each.
            if steps[0] and steps[0] * 12 == steps[1] * 7 and abs(steps[0]) < 100:
                self.sign = 1 if steps[0] > 0 else -1
                return
        raise RuntimeError('no counter of depth is found')

    def depth(self):
        """The levels that the running thread has gone down."""
        value = words()[self.place]
        return value if self.sign > 0 else sys.getrecursionlimit() - value

    def left(self):
        """The levels that it may still go down, where they are counted down."""
        return words()[self.place]

    def charge(self, levels):
        """Makes the running thread believe that it has gone down so many more."""
        words()[self.place] += self.sign * levels


def python_levels():
    return Counter(lambda levels: below(levels, snapshot))


class Levels(Threads):
    """What the defects below share; it changes nothing."""

    def __init__(self):
        self.counter = python_levels()

    def create(self, body):
        co = Threads.create(self, body)
        # How deep it was when it was suspended, and its resumer when it went on.
        co.levels, co.resumed_from, co.charged = 0, 0, 0
        return co


class Noted(Levels):
    """The same, and it notes how deep a coroutine is that is suspended."""

    # Neither so little that it adds up over many coroutines, nor so much that main could not
    # set the limits that it means to set.
    least, most = 95, 480

    def suspend(self, co, value=None):
        depth = self.counter.depth()
        co.levels = depth if self.least < depth < self.most else 0
        return Threads.suspend(self, co, value)


class ChargesResumer(Noted):
    """Whoever resumed a coroutine is as much deeper as the coroutine that is suspended."""

    def enter(self, co, message):
        self.counter.charge(-co.charged)
        co.charged = 0
        try:
            return Threads.enter(self, co, message)
        finally:
            if co.state == 'suspended':
                co.charged = co.levels
                self.counter.charge(co.charged)


class ChargesResumed(Levels):
    """A coroutine goes on as much deeper as its resumer now is deeper than the last one."""

    def enter(self, co, message):
        depth = self.counter.depth()
        co.charged = depth - co.resumed_from if co.state == 'suspended' else 0
        co.resumed_from = depth
        return Threads.enter(self, co, message)

    def rest(self, co):
        co.baton.wait()
        self.counter.charge(co.charged)
        message, co.inbox = co.inbox, None
        return take(message)


class KeepsDepthOfEnded(Noted):
    """Levels that a coroutine was down when it was suspended stay with its last resumer."""

    def enter(self, co, message):
        try:
            return Threads.enter(self, co, message)
        finally:
            if co.state == 'done':
                self.counter.charge(co.levels)


class LosesALevel(Levels):
    """Each switch costs whoever makes it a level, from the fiftieth to the three hundredth."""

    switches = 0

    def enter(self, co, message):
        self.switches += 1
        if 50 < self.switches <= 300:
            self.counter.charge(1)
        return Threads.enter(self, co, message)


class Inherits(Levels):
    """A coroutine begins as deep as its first resumer, which is not what is declared."""

    def start(self, co):
        co.resumed_from = self.counter.depth()
        Threads.start(self, co)

    def live(self, co):
        self.counter.charge(co.resumed_from)
        Threads.live(self, co)


class KeepsLimit(Levels):
    """A coroutine goes on under the limit that was in force when it was suspended."""

    def suspend(self, co, value=None):
        co.levels = sys.getrecursionlimit()
        return Threads.suspend(self, co, value)

    def enter(self, co, message):
        co.charged = sys.getrecursionlimit() - co.levels
        return Threads.enter(self, co, message)

    def rest(self, co):
        record, place, sign = words(), self.counter.place, self.counter.sign
        co.baton.wait()
        # Not by a call, which the new limit may not allow here.
        record[place] += sign * co.charged
        message, co.inbox = co.inbox, None
        return take(message)


class KeepsLimitOfResumer(Levels):
    """Whoever resumed goes on under the limit that was in force when it did so."""

    def enter(self, co, message):
        limit = sys.getrecursionlimit()
        try:
            return Threads.enter(self, co, message)
        finally:
            self.counter.charge(sys.getrecursionlimit() - limit)


# More than interpreters keep for recovery, and still within the C stack of a thread.
LATE = 200


class OverflowsLate(Levels):
    """The recursion of a coroutine is stopped long after the limit."""

    def live(self, co):
        self.counter.charge(-LATE)
        Threads.live(self, co)


class KeepsHeadroom(Levels):
    """Levels for the handling of an overflow stay with whoever resumed the coroutine."""

    def answer(self, co, message):
        co.overflowed = message[1] if message[0] == 'raise' else sys.exc_info()[1]
        Threads.answer(self, co, message)

    def enter(self, co, message):
        co.overflowed = None
        try:
            return Threads.enter(self, co, message)
        finally:
            if isinstance(co.overflowed, TOO_DEEP):
                self.counter.charge(-LATE)


class SmallStack(Threads):
    """The interpreter counts calls of C functions for a larger stack than a coroutine has."""

    size = 1 << 20

    def start(self, co):
        before = threading.stack_size(self.size)
        try:
            Threads.start(self, co)
        finally:
            threading.stack_size(before)


class TinyStack(SmallStack):
    """The stack of a coroutine is too small for ordinary work."""

    size = 48 << 10


class ChargesResumerInC(Levels):
    """Calls of C functions that a suspended coroutine is in are charged to its resumer."""

    def __init__(self):
        self.counter = Counter(through_c, other=python_levels().place)

    def live(self, co):
        co.levels = self.counter.left()
        Threads.live(self, co)

    def suspend(self, co, value=None):
        co.charged = co.levels - self.counter.left()
        return Threads.suspend(self, co, value)

    def enter(self, co, message):
        if co.state == 'suspended':
            self.counter.charge(-co.charged)
        try:
            return Threads.enter(self, co, message)
        finally:
            if co.state == 'suspended':
                self.counter.charge(co.charged)


class KeepsMemory(Threads):
    """Four pages stay behind of each coroutine that has ended: more than an allocator still settles."""

    def __init__(self):
        self.pages = []

    def enter(self, co, message):
        try:
            return Threads.enter(self, co, message)
        finally:
            if co.state == 'done':
                self.pages.append(bytearray(b'x' * 16384))


# Whose frames are not the body's.
OURS = [function.__code__.co_filename for function in (Threads.live, snapshot)]


class Frames(Threads):
    """What the defects below share: they put values of one frame into another."""

    def __init__(self):
        self.all = []

    def create(self, body):
        co = Threads.create(self, body)
        co.suspensions = 0
        self.all = [other for other in self.all if getattr(other(), 'state', 'done') != 'done']
        # Whoever gives up a handle is to be rid of it.
        self.all.append(weakref.ref(co))
        return co

    def frames(self, co):
        """The frames of a suspended coroutine, its body last."""
        found, frame = [], sys._current_frames().get(co.thread.ident)
        while frame is not None and frame.f_code is not Threads.live.__code__:
            if frame.f_code.co_filename not in OURS:
                found.append(frame)
            frame = frame.f_back
        return found

    def mix(self, co, wanted):
        """Gives a coroutine variables of another, where both are at the same place."""
        others = [other() for other in self.all]
        others = [other for other in others if other not in (None, co) and other.state == 'suspended']
        if not others:
            return
        other = others[0]
        for frame, twin in zip(reversed(self.frames(co)), reversed(self.frames(other))):
            if frame.f_code is twin.f_code:
                self.copy(frame, twin, wanted)

    def copy(self, frame, twin, wanted):
        # Each look at this attribute may read the frame again.
        ours, theirs = frame.f_locals, twin.f_locals
        for name in frame.f_code.co_varnames:
            if name != 'self' and name in theirs and wanted(theirs[name]):
                ours[name] = theirs[name]
        if sys.version_info < (3, 13):
            ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(0))


class OverwritesFrames(Frames):
    """Frames of a coroutine lie where those of the one before lay."""

    def enter(self, co, message):
        if co.state == 'suspended':
            # What loops count is left to the defect below.
            self.mix(co, lambda value: isinstance(value, (str, tuple)))
        return Threads.enter(self, co, message)


class LosesHotState(Frames):
    """What has been suspended often goes on with variables of another coroutine."""

    def enter(self, co, message):
        co.suspensions += 1
        if co.suspensions > 20:
            # A function of another body would suspend another coroutine.
            self.mix(co, lambda value: not callable(value))
        return Threads.enter(self, co, message)
