"""A switch below what the interpreter runs at a time of its own: handlers, the collector."""

import gc
import os
import signal
import threading
import time

from unscathed.observe import Rival, Unsupported, outcome
from unscathed.probes.interleaved import called_back_alone, follow, interleave

# How often a party that sent itself a signal looks whether it has been handled.
LOOKS = 200
# At how many depths of the stack it is tried, and how much of it is covered meanwhile.
DEPTHS, SORTS, RUN = 16, 3, 256
# What a collection finds beside what it finalizes.
PARTS = 16


def signal_handler(subject, seen):
    """Parks two coroutines inside a handler, or one where handlers cannot be interrupted."""
    schedule = interleave if nests() else follow
    previous = signal.signal(signal.SIGUSR1, handle)
    try:
        be_reached(subject)
        schedule(subject, seen, 'py.callback.signal_handler', interrupted)
    finally:
        signal.signal(signal.SIGUSR1, previous)


def be_reached(subject):
    """Sees to it that signals reach a coroutine which never suspends, or is on this thread."""
    main = threading.current_thread()

    def body(self, first):
        return interrupted('word', str) == ['word'] or threading.current_thread() is main

    if not subject.resume(subject.create(body)):
        raise Unsupported('it runs coroutines on other threads than main, where Python handles no signal')


def nests():
    """Whether this interpreter handles a signal while it is handling another one."""
    handled, answers = [], []

    def handler(number, frame):
        handled.append(number)
        if len(handled) == 1:
            send(handled, 2)
            answers.append(len(handled) == 2)

    previous = signal.signal(signal.SIGUSR1, handler)
    send(handled, 2)
    signal.signal(signal.SIGUSR1, previous)
    return answers == [True]


def send(handled, count=1):
    """Sends this process a signal, and waits a while until so many have been handled."""
    os.kill(os.getpid(), signal.SIGUSR1)
    for _ in range(LOOKS):
        if len(handled) >= count:
            break
        time.sleep(0.001)


def interrupted(mark, inside):
    """Sends this process a signal. Whoever is interrupted by it suspends in the handler."""
    words = []
    send(words)
    return words or 'no signal was handled here'


def handle(number, frame):
    """The handler: it acts for the party whose frame was interrupted."""
    while frame is not None and frame.f_code is not interrupted.__code__:
        frame = frame.f_back
    if frame is not None:
        own = frame.f_locals
        own['words'].append(own['inside'](own['mark']))


@called_back_alone
def collector(mark, inside):
    without_others()
    words = []

    class Mortal(object):
        def __init__(self, name):
            self.word, self.cycle = mark + ' ' + name, self

        def __del__(self):
            words.append(inside(self.word))

    for name in ('a', 'b'):
        Mortal(name)
    gc.collect()
    return sorted(words)


@called_back_alone
def collector_callback(mark, inside):
    without_others()
    words = []

    def told(phase, details):
        words.append(inside(mark + ' ' + phase))

    garbage = []
    garbage.append(garbage)
    del garbage
    gc.callbacks.append(told)
    try:
        found = gc.collect()
    finally:
        gc.callbacks.remove(told)
    return words + [found]


def without_others():
    """Leaves to the collections to come only what is made from now on."""
    gc.disable()
    gc.collect()
    # What a copy of a process touches, it has to copy.
    getattr(gc, 'freeze', gc.isenabled)()


def collector_lists(subject, seen):
    """Frees what a parked collector has in its lists, whose heads lie on its stack."""
    without_others()
    marks = [seen.by(number) for number in (0, 1, 2)]
    for depth in range(DEPTHS):
        number = 1 + depth % 2
        own, rival = marks[number], marks[3 - number]
        seen.step('coroutine %d collects %d calls down, and suspends in a finalizer' % (number, depth))
        co = subject.create(collects(subject, depth))
        parts = outcome(subject.resume, co)
        seen.step('main frees what was found')
        found = outcome(within_sorts, SORTS, lambda parts=parts: parts.pop()[0])
        if found == PARTS - 1:
            found = outcome(subject.resume, co, own)
        at = 'coroutine %d, what its finalizer was given' % number
        seen.see('py.callback.collector_lists', found, own=[own], rivals=[Rival(rival, [rival])], at=at)


def collects(subject, depth):
    """A body that collects garbage, this many calls of C code down."""

    def collecting(co, first):
        words = []

        class Mortal(object):
            def __init__(self):
                self.cycle, self.parts = self, []
                # The newest of them is the last one in the list that the collector makes.
                for part in range(PARTS):
                    self.parts.append([part])

            def __del__(self):
                words.append(subject.suspend(co, self.parts))

        def collect(level):
            if level:
                list(map(collect, [level - 1]))
            else:
                Mortal()
                gc.collect()

        collect(depth)
        return words

    return collecting


def within_sorts(levels, chore):
    """Does a chore while so many sorts wait for it, and says whether they were disturbed.

    The sort of CPython keeps one of two runs that it merges on its own stack, which so
    is covered with words that matter.
    """
    left = [2 * RUN + 32]

    class Item(object):
        def __init__(self, place):
            self.place = place

        def __lt__(self, other):
            left[0] -= 1
            if not left[0]:
                inner.append(within_sorts(levels - 1, chore) if levels else chore())
            return self.place < other.place

    inner = []
    items = [Item(2 * place) for place in range(RUN)] + [Item(2 * place + 1) for place in range(RUN)]
    items.sort()
    sound = [item.place for item in items] == list(range(2 * RUN))
    return inner[0] if sound else 'a sort was disturbed'
