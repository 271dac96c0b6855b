"""What a switch costs: measured, reported, never judged.

Carried out like a probe, but it sees nothing: it writes lines of another kind. Costs depend
on what lies below the suspension, so coroutines are suspended below so many levels of calls,
in Python or through a function in C that calls back.
"""

import gc
import time

from unscathed import subjects
from unscathed.observe import Unsupported

# Levels below which coroutines are suspended, where things are counted.
DEPTHS = ((0, 'map'), (100, 'Python'), (10, 'map'), (100, 'map'), (10, 'sorted'), (100, 'sorted'))
# The same where time is taken: who is that deep, and below what.
PLACES = (('suspended', 'map'), ('suspended', 'sorted'), ('suspended', 'Python'))
PLACES += (('resumed', 'map'), ('resumed', 'sorted'), ('resumed', 'Python'))
LEVELS = 100

COUNTED = (('copies', 'calls'), ('bytes copied', 'bytes'), ('allocations', 'calls'), ('frees', 'calls'))

# Round trips that are counted, and those before.
ROUNDS, WARM_UP = 64, 4
# Round trips in a batch whose time is taken, and batches: the fastest counts.
BATCH, BATCHES = 64, 12

clock = getattr(time, 'perf_counter', time.time)


def costs(subject, seen):
    """All of it, by what it takes: bytes kept, calls, time."""
    if subject.style != 'call':
        raise Unsupported('it has no stack that a switch could copy')
    gc.disable()
    kept(subject, seen)
    timed(subject, seen)
    # Last, because counting takes time.
    counted(subject, seen)


def write(seen, what, at, value, unit):
    seen.write('measure', what=what, at=at, value=round(float(value), 2), unit=unit)


def below(levels, kind):
    return 'below %d levels of %s' % (levels, kind) if levels else 'below nothing'


def descend(levels, kind, function):
    """Calls a function below so many levels."""
    if levels == 0:
        return function()
    if kind == 'Python':
        return descend(levels - 1, kind, function)
    return THROUGH[kind](lambda _: descend(levels - 1, kind, function))


# Functions in C that call back once.
THROUGH = {
    'map': lambda function: list(map(function, [0])),
    'sorted': lambda function: sorted([0], key=function),
}


def direct(subject, co):
    """Resume and suspend of a coroutine, with as little of ours in between as there can be."""
    if hasattr(subject, 'direct'):
        return subject.direct(co)
    return (lambda value: subject.resume(co, value)), (lambda value: subject.suspend(co, value))


class Parked(object):
    """A coroutine that is suspended below so many levels until it is resumed with a true value."""

    def __init__(self, subject, levels, kind):
        def body(self_, first):
            suspend = direct(subject, self_)[1]

            def wait():
                while not suspend(None):
                    pass

            descend(levels, kind, wait)

        self.co = subject.create(body)
        subject.resume(self.co)
        self.resume = direct(subject, self.co)[0]

    def turn(self, rounds):
        resume = self.resume
        for _ in range(rounds):
            resume(None)

    def end(self):
        self.resume(True)


def kept(subject, seen):
    """What a suspended coroutine keeps of the C stack, where its class says so."""
    if not hasattr(subject, 'stack_kept'):
        return
    for levels, kind in DEPTHS:
        parked = Parked(subject, levels, kind)
        size = subject.stack_kept(parked.co)
        parked.end()
        if size is not None:
            write(seen, 'stack kept', 'a coroutine ' + below(levels, kind), size, 'bytes')


def timed(subject, seen):
    """The time of a round trip, in round trips of a generator in the same process."""
    unit = fastest(generator())
    write(seen, 'time of a generator', 'a round trip', unit * 1e9, 'ns')
    what = 'time' if hasattr(subject, 'direct') else 'time, its adapter included'
    write(seen, what, 'a round trip below nothing', shallow(subject) / unit, 'generators')
    for who, kind in PLACES:
        took = deep(subject, who, kind)
        write(seen, what, 'a round trip %s %s' % (who, below(LEVELS, kind)), took / unit, 'generators')


def generator():
    def values():
        while True:
            yield None

    send = values().send
    send(None)

    def turn(rounds):
        for _ in range(rounds):
            send(None)

    return turn


def shallow(subject):
    parked = Parked(subject, 0, 'map')
    took = fastest(parked.turn)
    parked.end()
    return took


def deep(subject, who, kind):
    if who == 'suspended':
        parked = Parked(subject, LEVELS, kind)
        took = fastest(parked.turn)
    else:
        parked = Parked(subject, 0, kind)
        times = []
        descend(LEVELS, kind, lambda: times.append(fastest(parked.turn)))
        took = times[0]
    parked.end()
    return took


def fastest(turn):
    """Seconds of a round trip: other processes can only make one slower."""
    turn(WARM_UP)
    times = []
    for _ in range(BATCHES):
        began = clock()
        turn(BATCH)
        times.append(clock() - began)
    return min(times) / BATCH


def counted(subject, seen):
    """What the subject's own libraries copy, allocate and free by calls of others."""
    if seen.library is None or not seen.library.count(subjects.loaded(subject)):
        return
    for levels, kind in DEPTHS:
        there = below(levels, kind)
        report(seen, 'a round trip ' + there, round_trips(subject, seen.library, levels, kind))
        if 'transfer' in subjects.capabilities(subject):
            report(seen, 'a transfer ' + there, transfers(subject, seen.library, levels, kind))


def report(seen, at, counts):
    for (what, unit), value in zip(COUNTED, counts):
        write(seen, what, at, value, unit)


def round_trips(subject, library, levels, kind):
    """From main to a coroutine and back: two switches."""
    parked = Parked(subject, levels, kind)
    parked.turn(WARM_UP)
    before = library.counts()
    parked.turn(ROUNDS)
    after = library.counts()
    parked.end()
    return [(new - old) / float(ROUNDS) for old, new in zip(before, after)]


def transfers(subject, library, levels, kind):
    """From one coroutine to another: one switch. Both are that deep."""
    pair, counts = [], []

    def body(self, first):
        def turns():
            other = pair[0] if self is pair[1] else pair[1]
            if first is None:
                # The second one begins by waiting where it will be left.
                subject.suspend(self)
            for number in range(WARM_UP + ROUNDS):
                if first and number in (0, WARM_UP):
                    counts[:] = library.counts()
                subject.transfer(self, other)
            if first:
                counts[:] = [new - old for old, new in zip(counts, library.counts())]

        descend(levels, kind, turns)

    pair.extend((subject.create(body), subject.create(body)))
    subject.resume(pair[1])
    subject.resume(pair[0], True)
    # Each is suspended once more, or has ended: neither holds anything.
    return [count / (2.0 * ROUNDS) for count in counts]
