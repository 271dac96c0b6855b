"""A switch below what the interpreter runs at a time of its own: handlers, the collector."""

import gc
import os
import signal
import time

from unscathed.observe import Rival, outcome
from unscathed.probes.interleaved import called_back_alone, interleave

# How often a party that sent itself a signal looks whether it has been handled.
LOOKS = 200
# How far down the stack of the collector and of who disturbs it are moved.
DEPTHS = 16


def signal_handler(subject, seen):
    previous = signal.signal(signal.SIGUSR1, handle)
    try:
        interleave(subject, seen, 'py.callback.signal_handler', interrupted)
    finally:
        signal.signal(signal.SIGUSR1, previous)


def interrupted(mark, inside):
    """Sends this process a signal. Whoever is interrupted by it suspends in the handler."""
    words = []
    os.kill(os.getpid(), signal.SIGUSR1)
    for _ in range(LOOKS):
        if words:
            return words
        time.sleep(0.001)
    return 'no signal was handled here'


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
        found = outcome(release, parts, 2 * DEPTHS)
        if not isinstance(found, BaseException):
            found = outcome(subject.resume, co, own)
        at = 'coroutine %d, what its finalizer was given' % number
        seen.see('py.callback.collector_lists', found, own=[own], rivals=[Rival(rival, [rival])], at=at)


def collects(subject, depth):
    """A body that collects garbage, this many calls of C code down."""

    def collecting(co, first):
        words = []

        class Mortal(object):
            def __init__(self):
                self.cycle, self.parts = self, [[part] for part in range(5 * DEPTHS)]

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


def release(parts, level):
    """Drops one part after another, at each depth of the stack from here on."""
    parts.pop()
    if level:
        list(map(release, [parts], [level - 1]))
    parts.pop()
