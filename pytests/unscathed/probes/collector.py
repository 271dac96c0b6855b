"""The collector spares what a suspended stack refers to, and is itself seldom switched away from."""

import gc
import sys
import weakref

from unscathed.observe import Rival, Skip

# Enough for collectors that need several runs to find out what nobody refers to.
RUNS = 3


class Node(object):
    """A part of a cycle, which can be referred to weakly."""

    def __init__(self, name):
        self.name = name
        self.me = self


def collect():
    for _ in range(RUNS):
        gc.collect()


def locals_kept(subject, seen):
    """A cycle that only a suspended stack refers to is alive, and is garbage afterwards."""
    name = seen.by(1)
    watch = []

    def body(self, first):
        node, cycle = Node(name), [name]
        cycle.append(cycle)
        watch.append(weakref.ref(node))
        subject.suspend(self)
        found = [getattr(node, 'name', None), cycle[:1], getattr(node, 'me', None) is node]
        own, rivals = [name, [name], True], [[None, [], False]]
        seen.see('py.gc_suspended', found, own=own, rivals=rivals, at='coroutine 1, when suspend returns')

    co = subject.create(body)
    subject.resume(co)
    collect()
    found = 'alive' if watch[0]() is not None else 'collected'
    at = 'main, after %d collections while coroutine 1 is suspended' % RUNS
    seen.see('py.gc_suspended', found, own='alive', rivals=[Rival('the collector', 'collected')], at=at)
    subject.resume(co)
    del co
    collect()
    found = 'alive' if watch[0]() is not None else 'collected'
    at = 'main, after %d collections when coroutine 1 is done' % RUNS
    seen.see('py.gc_suspended', found, own='collected', rivals=[Rival('the collector', 'alive')], at=at)


def always(subject, seen):
    """The collector runs before, during and after every switch."""
    try:
        old = gc.get_threshold()
        gc.set_threshold(1)
    except (AttributeError, NotImplementedError):
        raise Skip('this collector cannot be told to run all the time')
    rounds, count = 6, 4

    def made(number):
        def body(self, first):
            for turn in range(rounds):
                cycle = [(number, turn)]
                cycle.append(cycle)
                got = subject.suspend(self, [cycle])
                report[number].append(got[:1] + cycle[:1])

        return body

    report = [[] for _ in range(count)]
    try:
        cos = [subject.create(made(number)) for number in range(count)]
        values = [subject.resume(co, [None]) for co in cos]
        for _turn in range(rounds):
            for number, co in enumerate(cos):
                values[number] = subject.resume(co, [(values[number] or [[None]])[0][0]])
    finally:
        gc.set_threshold(*old)
    for number in range(count):
        other = (number + 1) % count
        own, rival = ([[(who, turn)] * 2 for turn in range(rounds)] for who in (number, other))
        rivals = [Rival('coroutine %d' % (other + 1), rival)]
        at = 'main, what coroutine %d got and kept' % (number + 1)
        seen.see('py.gc_suspended', report[number], own=own, rivals=rivals, at=at)


def busy(subject, seen):
    """A finalizer that the collector runs suspends, and somebody else collects."""
    if sys.version_info < (3, 4):
        raise Skip('this collector does not run finalizers of what is in a cycle')
    log = []

    class Pausing(Node):
        """Suspends whoever happens to collect it."""

        def __del__(self):
            log.append('begins')
            subject.suspend(self.owner)
            log.append('ends')

    def body(self, first):
        node = Pausing('coroutine 1')
        node.owner = self
        del node
        collect()

    co = subject.create(body)
    # The collector must not come by itself while it is being set up, where it can be told to.
    enabled = hasattr(gc, 'get_threshold') and gc.isenabled()
    if enabled:
        gc.disable()
    try:
        subject.resume(co)
        if log != ['begins']:
            raise Skip('the collector did not run the finalizer on the stack of who called it')
        node = Node('main')
        watch = weakref.ref(node)
        del node
        collect()
        found = 'idle: it collects' if watch() is None else 'busy: it collects nothing'
        rivals = [Rival('coroutine 1', 'busy: it collects nothing')]
        at = 'main, while coroutine 1 is suspended in a finalizer that the collector runs'
        seen.see('py.gc_busy', found, own='idle: it collects', rivals=rivals, at=at)
        subject.resume(co)
        collect()
        found = [log, 'collected' if watch() is None else 'alive']
        own, rivals = [['begins', 'ends'], 'collected'], [[['begins', 'ends'], 'alive']]
        # Whoever it belongs to, it is idle again once the finalizer has ended.
        seen.see('py.gc_recovers', found, own=own, rivals=rivals, at='main, when coroutine 1 is done')
    finally:
        if enabled:
            gc.enable()


def cycle(subject, seen):
    """A suspended coroutine is referred to by nobody but its own stack."""
    watch = []

    def body(self, first):
        node = Node('coroutine 1')
        watch.append(weakref.ref(node))
        subject.suspend(self)
        return node

    co = subject.create(body)
    subject.resume(co)
    del co
    collect()
    found = 'collected' if watch[0]() is None else 'alive'
    at = 'main, after %d collections' % RUNS
    seen.see('py.gc_cycle', found, own='collected', rivals=[Rival('its own stack', 'alive')], at=at)
