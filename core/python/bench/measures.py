"""What switches cost: this core beside greenlet and tealet, in one interleaved run.

    python measures.py [ROUNDS]     a table for this interpreter, of whichever of the three it has

Times are nanoseconds of this thread's processor time, the least of many rounds. Only ratios
within one run mean anything. The columns take turns in each round, so that whatever else the
machine does meanwhile meets all of them.
"""

import gc
import os
import subprocess
import sys
import time

ROUNDS = 40
# Nanoseconds that one round of one column is to take, and the least and the most switches in it.
ROUND, LEAST, MOST = 1000000, 20, 10000
LEVELS = 100
MANY = 100000


class Ours:
    name = 'core'

    def __init__(self):
        import unscathed_core

        self.module = unscathed_core
        self.version = unscathed_core.__version__

    def parked(self, descend):
        """What resumes a coroutine that suspends for ever, below a descent of its own."""

        def body(co, first):
            suspend = co.suspend

            def bottom():
                while True:
                    suspend(1)

            descend(bottom)

        co = self.module.Coroutine(body)
        co.resume(1)
        return co.resume

    def lives(self, count):
        make = self.module.Coroutine
        for _ in range(count):
            make(body_of_ours).resume(1)


def body_of_ours(co, first):
    return first


class Greenlet:
    name = 'greenlet'

    def __init__(self):
        import greenlet

        self.module = greenlet
        self.version = greenlet.__version__

    def parked(self, descend):
        main = self.module.getcurrent()

        def body(first):
            switch = main.switch

            def bottom():
                while True:
                    switch(1)

            descend(bottom)

        co = self.module.greenlet(body)
        co.switch(1)
        return co.switch

    def lives(self, count):
        make = self.module.greenlet
        for _ in range(count):
            make(body_of_greenlet).switch(1)


def body_of_greenlet(first):
    return first


class Tealet:
    name = 'tealet'

    def __init__(self):
        import tealet

        self.module = tealet
        self.version = getattr(tealet, '__version__', '?')

    def parked(self, descend):
        main = self.module.current()

        def body(current, first):
            switch = main.switch

            def bottom():
                while True:
                    switch(1)

            descend(bottom)
            return main, None

        co = self.module.tealet()
        co.run(body, 1)
        return co.switch

    def lives(self, count):
        make, main = self.module.tealet, self.module.current()

        def body(current, first):
            return main, first

        for _ in range(count):
            make().run(body, 1)


def straight(bottom):
    bottom()


def frames(bottom, levels=LEVELS):
    if levels:
        frames(bottom, levels - 1)
    else:
        bottom()


def maps(bottom, levels=LEVELS):
    if levels:
        list(map(lambda level: maps(bottom, level), [levels - 1]))
    else:
        bottom()


def sorts(bottom, levels=LEVELS):
    if levels:
        sorted([levels - 1], key=lambda level: sorts(bottom, level))
    else:
        bottom()


def trips(resume, count):
    for _ in range(count):
        resume(1)


def timed(function, *arguments):
    began = time.thread_time_ns()
    function(*arguments)
    return time.thread_time_ns() - began


# What is measured: its name, where the coroutine suspends, and where the resumer stands.
ROWS = [
    ('shallow', straight, straight),
    ('suspended under 100 frames', frames, straight),
    ('suspended under 100 map', maps, straight),
    ('suspended under 100 sorted', sorts, straight),
    ('resumed under 100 frames', straight, frames),
    ('resumed under 100 map', straight, maps),
    ('resumed under 100 sorted', straight, sorts),
]

LIFE = 'create, run and finish'


def measure(subjects, rounds):
    """The least time of each row and subject."""
    least = {}
    for row, below, above in ROWS:
        parked = [(subject.name, subject.parked(below)) for subject in subjects]
        columns = [(name, lambda count, resume=resume: trips(resume, count)) for name, resume in parked]
        interleave(least, row, columns, above, rounds)
    interleave(least, LIFE, [(subject.name, subject.lives) for subject in subjects], straight, rounds)
    return least


def interleave(least, row, columns, above, rounds):
    """Has the columns of a row take turns."""
    counts = {}
    for _ in range(rounds):
        for name, work in columns:
            count = counts.get(name, LEAST)
            found = []
            above(lambda: found.append(timed(work, count)))
            cost = found[0] / count
            least[row, name] = min(cost, least.get((row, name), cost))
            counts[name] = int(min(max(ROUND / cost, LEAST), MOST))


def resident():
    with open('/proc/self/statm') as numbers:
        return int(numbers.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')


def many(subject):
    """KiB that each of many suspended coroutines has, shallow ones."""
    gc.collect()
    gc.disable()
    before = resident()
    kept = [subject.parked(straight) for _ in range(MANY)]
    after = resident()
    return (after - before) / len(kept) / 1024


def available(name=None):
    found = []
    for kind in (Ours, Greenlet, Tealet):
        if name not in (None, kind.name):
            continue
        try:
            found.append(kind())
        except ImportError:
            continue
    return found


def main(arguments):
    if arguments[:1] == ['many']:
        print('%.2f' % many(available(arguments[1])[0]), flush=True)
        # Unwinding all of them is not what is measured.
        os._exit(0)
    gc.disable()
    subjects = available()
    rounds = int(arguments[0]) if arguments else ROUNDS
    least = measure(subjects, rounds)
    names = [subject.name for subject in subjects]
    print('%s; %s' % (sys.version.split()[0], ', '.join('%s %s' % (s.name, s.version) for s in subjects)))
    print('%-28s' % 'ns' + ''.join('%10s' % name for name in names))
    for row in [row[0] for row in ROWS] + [LIFE]:
        print('%-28s' % row + ''.join('%10.1f' % least[row, name] for name in names))
    for name in names[1:]:
        print('shallow, of %s: %.2f' % (name, least['shallow', 'core'] / least['shallow', name]))
    each = [subprocess.check_output([sys.executable, __file__, 'many', name]) for name in names]
    print('%-28s' % 'KiB each of 100000' + ''.join('%10s' % each_.decode().strip() for each_ in each))


if __name__ == '__main__':
    main(sys.argv[1:])
