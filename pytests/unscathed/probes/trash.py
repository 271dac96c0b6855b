"""Deallocations that would run too deep wait in a list of the thread; no switch may touch it."""

import sys
import threading

from unscathed.observe import Skip
from unscathed.probes.finalizers import Marked, need_counted_references, nested

# From 3.14 on the size of the stack says how deep is too deep: a small one is quickly filled.
SMALL = 256 * 1024
# Chains are tried that are so many tuples shorter and longer than what just begins to wait;
# more where what a finalizer does takes stack, too, and that is what is counted.
SHORTER, LONGER = 60 if sys.version_info >= (3, 14) else 24, 8
# No machine has a stack that takes so many.
MOST = 1 << 18
# Objects at the end of a chain, and those among them that are told to act.
ENDS = 6
ACTING = (0, 2, 5)


def too_deep():
    """How many tuples are deallocated inside each other before one has to wait.

    Beside each tuple stands a mark, which is finalized before the tuple is. So marks go in
    order for as long as deallocations run inside each other.
    """
    levels = 1 << 10
    while levels <= MOST:
        log, value = [], None
        for level in range(levels):
            value = (value, Marked(level, log))
        del value
        for place in range(1, levels):
            if log[place] != log[place - 1] - 1:
                return place
        levels *= 2
    raise Skip('%d tuples are deallocated inside each other' % MOST)


def on_small_stack(subject, call):
    """Calls it on a thread whose stack is as small as the interpreter can do with."""
    if sys.version_info < (3, 14):
        call()
        return
    errors = []
    run = getattr(subject, 'run', None)

    def target():
        try:
            call() if run is None else run(call)
        except BaseException as error:  # It is raised again below, on the thread of the probe.
            errors.append(error)

    old = threading.stack_size(SMALL)
    try:
        thread = threading.Thread(target=target)
        thread.start()
        # The subject's own threads, if it makes any, are to be as small.
        thread.join()
    finally:
        threading.stack_size(old)
    if errors:
        raise errors[0]


class End(object):
    """One of several objects at the end of a chain: counts its finalizations, and acts in one."""

    def __init__(self, place, counts, act):
        self.place = place
        self.counts = counts
        self.act = act

    def __del__(self):
        self.counts[self.place] += 1
        if self.act is not None:
            self.act()


def chain(levels, counts, wanted, act):
    """So many tuples around objects of which one does something when it is finalized."""
    ends = [End(place, counts, act if place == wanted else None) for place in range(ENDS)]
    # Lists wait for their deallocation too, so that several objects wait at once.
    return nested(levels, tuple((end, [place]) for place, end in enumerate(ends)))


def scan(subject, seen, what, made):
    """Lets go of chains of about the critical length, in coroutines, and counts finalizations."""

    def measure(self, first):
        return too_deep()

    middle = subject.resume(subject.create(measure))
    own = [1] * ENDS
    for levels in range(max(1, middle - SHORTER), middle + LONGER):
        for wanted in ACTING:
            seen.step('finalizer %d below %d tuples %s' % (wanted, levels, what))
            counts = [0] * ENDS
            co = subject.create(made(levels, counts, wanted))
            subject.resume(co)
            while not subject.done(co):
                # Whoever finds the list of what waits works it off; here that is main.
                value = chain(levels, [0] * ENDS, None, None)
                del value
                subject.resume(co)
            if counts != own:
                at = 'main, when the coroutine is done whose finalizer %d below %d tuples %s'
                at %= wanted, levels, what
                return seen.see('py.delete_later', counts, own=own, at=at, fixed=True)
    at = 'main, when all coroutines are done'
    seen.see('py.delete_later', own, own=own, at=at, fixed=True)


def suspends(subject, seen):
    need_counted_references()

    def made(levels, counts, wanted):
        def body(self, first):
            value = chain(levels, counts, wanted, lambda: subject.suspend(self))
            del value

        return body

    on_small_stack(subject, lambda: scan(subject, seen, 'suspends', made))


def starts(subject, seen):
    need_counted_references()

    def other(self, first):
        value = nested(3, [first])
        del value

    def made(levels, counts, wanted):
        def body(self, first):
            value = chain(levels, counts, wanted, lambda: subject.resume(subject.create(other)))
            del value

        return body

    on_small_stack(subject, lambda: scan(subject, seen, 'runs another coroutine', made))


def nesting(subject, seen):
    """Three coroutines are suspended in finalizers below 30 tuples each; the limit is 50."""
    need_counted_references()
    log = []

    def made(number):
        def body(self, first):
            value = chain(30, [0] * ENDS, 0, lambda: subject.suspend(self))
            del value

        return body

    cos = [subject.create(made(number)) for number in range(3)]
    for co in cos:
        subject.resume(co)
    name = seen.by(0)
    mine = nested(30, Marked(name, log))
    del mine
    at = 'main, while three coroutines are suspended in finalizers below 30 tuples'
    seen.see('py.trash_nesting', list(log), own=[name], rivals=[[]], at=at)
    for co in cos:
        # It is done already if its own finalizer was put off until its end.
        if not subject.done(co):
            subject.resume(co)
    again = seen.by(0)
    mine = nested(30, Marked(again, log))
    del mine
    seen.see('py.trash_nesting', log, own=[name, again], rivals=[[name]], at='main, when the three are done')
