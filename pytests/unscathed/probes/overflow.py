"""Endless recursion ends in an exception, wherever and however often it happens."""

import sys
import threading

from unscathed.observe import outcome
from unscathed.probes.levels import COUNTS, IN_TIME, TOO_DEEP, below, fall, left

OVERFLOW = 'py.recursion.overflow'


def forever():
    return 1 + forever()


def twice(subject, seen):
    found, levels = [], []

    def body(self, first):
        subject.suspend(self)
        levels.append(left())
        found.append(fall())
        found.append(fall())
        subject.suspend(self)
        found.append(fall())
        levels.append(left())
        return first

    co = subject.create(body)
    # What runs on the stack of its resumer may begin on another level than it goes on.
    outcome(subject.resume, co, 'usable')
    seen.step('coroutine 1 recurses without end, twice')
    outcome(subject.resume, co)
    seen.step('coroutine 1 does it again after a suspension')
    last = outcome(subject.resume, co)
    for number, text in enumerate(found):
        at = 'coroutine 1, fall %d' % (number + 1)
        seen.see(OVERFLOW, text, own=IN_TIME, at=at, fixed=True)
    seen.see(OVERFLOW, last, own='usable', rivals=[TOO_DEEP], at='main, when coroutine 1 has returned')
    if COUNTS:
        # What is reserved for the handling of the exception is to be given back.
        seen.see(OVERFLOW, levels[1], own=levels[0], at='coroutine 1, levels after three falls', fixed=True)


def uncaught(subject, seen):
    def body(self, first):
        return forever()

    def healthy(self, first):
        return fall()

    for number in (1, 2):
        seen.step('coroutine %d recurses without end, and nobody in it catches that' % number)
        found = outcome(subject.resume, subject.create(body))
        at = 'main, what leaves coroutine %d' % number
        seen.see(OVERFLOW, type(found), own=TOO_DEEP, at=at, fixed=True)
        seen.step('main recurses without end after coroutine %d' % number)
        seen.see(OVERFLOW, fall(), own=IN_TIME, at='main, after coroutine %d' % number, fixed=True)
    seen.step('coroutine 3 recurses without end after all these')
    found = outcome(subject.resume, subject.create(healthy))
    seen.see(OVERFLOW, found, own=IN_TIME, at='coroutine 3, after main', fixed=True)


def inside(subject, seen):
    def body(self, first):
        return forever()

    def outer(self, first):
        inner = outcome(subject.resume, subject.create(body))
        return type(inner), fall()

    seen.step('coroutine 2 recurses without end inside coroutine 1, which does the same')
    inner, found = subject.resume(subject.create(outer))
    seen.see(OVERFLOW, inner, own=TOO_DEEP, at='coroutine 1, what leaves coroutine 2', fixed=True)
    seen.see(OVERFLOW, found, own=IN_TIME, at='coroutine 1, after coroutine 2', fixed=True)
    seen.see(OVERFLOW, fall(), own=IN_TIME, at='main, after both', fixed=True)


def beside_thread(subject, seen):
    def body(self, first):
        first = fall()
        subject.suspend(self)
        return first, fall()

    co = subject.create(body)
    seen.step('coroutine 1 recurses without end and is suspended')
    subject.resume(co)
    elsewhere = []
    thread = threading.Thread(target=lambda: elsewhere.append(fall()))
    seen.step('another thread recurses without end')
    thread.start()
    thread.join()
    seen.step('coroutine 1 does it again')
    first, second = subject.resume(co)
    seen.see(OVERFLOW, first, own=IN_TIME, at='coroutine 1, first fall', fixed=True)
    seen.see(
        OVERFLOW, elsewhere[0], own=IN_TIME, at='another thread, while coroutine 1 is suspended', fixed=True
    )
    seen.see(OVERFLOW, second, own=IN_TIME, at='coroutine 1, second fall', fixed=True)


# So far above the place where recursion ends the exception is caught: there must be room for
# a suspension, but older interpreters must still be on the levels that they keep for recovery.
EDGE = 35


def handled(subject, seen):
    """The exception is being handled where there is hardly any room left."""
    found = []

    def body(self, first):
        def edge():
            try:
                forever()
            except TOO_DEEP:
                subject.suspend(self)
                return sys.exc_info()[0]

        return below(max(left() - EDGE, 0), edge), fall()

    co = subject.create(body)
    seen.step('coroutine 1 is suspended while it handles a RecursionError at the edge')
    subject.resume(co)
    for _ in range(2):
        seen.step('main recurses without end')
        found.append(fall())
    seen.step('coroutine 1 goes on at the edge')
    kind, last = subject.resume(co)
    for text in found:
        seen.see(OVERFLOW, text, own=IN_TIME, at='main, while coroutine 1 handles its own', fixed=True)
    seen.see(OVERFLOW, kind, own=TOO_DEEP, at='coroutine 1, what it still handles', fixed=True)
    seen.see(OVERFLOW, last, own=IN_TIME, at='coroutine 1, afterwards', fixed=True)
    seen.see(OVERFLOW, fall(), own=IN_TIME, at='main, afterwards', fixed=True)
