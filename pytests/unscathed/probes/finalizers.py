"""Finalizers run at once, once, and on the stack of whoever let go."""

import weakref

from unscathed.observe import Skip


class Marked(object):
    """Writes its name into a log when it is finalized."""

    def __init__(self, name, log):
        self.name = name
        self.log = log

    def __del__(self):
        self.log.append(self.name)


class Clock(object):
    """Says what is being done at the moment."""

    def __init__(self):
        self.now = 'nothing yet'


class Timed(object):
    """Writes into a log at what moment it is finalized."""

    def __init__(self, clock, log):
        self.clock = clock
        self.log = log

    def __del__(self):
        self.log.append(self.clock.now)


def nested(levels, innermost):
    """An object below so many tuples: their deallocations run inside each other."""
    for _ in range(levels):
        innermost = (innermost,)
    return innermost


def need_counted_references():
    """Only where references are counted does a finalizer run before the next statement."""
    log = []
    Marked('probe', log)
    if not log:
        raise Skip('this interpreter finalizes objects when its collector finds them')


def prompt(subject, seen):
    need_counted_references()
    clock = Clock()

    def body(self, first):
        # A few tuples are never too deep; 200 are, for interpreters that count to 50.
        for levels in (0, 3, 200):
            log = []
            value = nested(levels, Timed(clock, log))
            subject.suspend(self)
            clock.now = now = seen.by(1)
            del value
            clock.now = later = seen.by(1)
            subject.suspend(self)
            at = 'coroutine 1, the statement after the deletion of an object below %d tuples' % levels
            seen.see('py.finalizers', log, own=[now], rivals=[[], [later], [clock.now]], at=at)

    co = subject.create(body)
    while not subject.done(co):
        clock.now = seen.by(0)
        subject.resume(co)


def suspended(subject, seen):
    need_counted_references()
    log, first_name, main_name = [], seen.by(1), seen.by(0)

    class Pausing(Marked):
        """Hands over to whoever waits, and is finalized when it is waited for again."""

        def __del__(self):
            self.log.append(self.name)
            subject.suspend(self.owner)
            self.log.append(self.name + ' again')

    def body(self, first):
        value = Pausing(first_name, log)
        value.owner = self
        value = nested(3, value)
        del value

    co = subject.create(body)
    subject.resume(co)
    mine = nested(3, Marked(main_name, log))
    del mine
    at = 'main, while a finalizer of coroutine 1 is suspended'
    seen.see('py.finalizers', list(log), own=[first_name, main_name], rivals=[[first_name]], at=at)
    subject.resume(co)
    own = [first_name, main_name, first_name + ' again']
    rivals = [[first_name, first_name + ' again', main_name]]
    seen.see('py.finalizers', log, own=own, rivals=rivals, at='main, when coroutine 1 is done')


def released(subject, seen):
    need_counted_references()
    log, name = [], seen.by(1)

    def body(self, first):
        value = Marked(name, log)
        subject.suspend(self)
        return len([value])

    co = subject.create(body)
    subject.resume(co)
    subject.resume(co)
    at = 'main, when coroutine 1 is done and its handle is still there'
    seen.see('py.released', log, own=[name], rivals=[[]], at=at)


def weak(subject, seen):
    """The callbacks of weak references to locals of a body that ends run another coroutine."""
    need_counted_references()
    log, watch = [], []
    result, other = seen.by(1), seen.by(2)

    class Local(object):
        """Can be referred to weakly."""

        def __init__(self, name):
            watch.append(weakref.ref(self, lambda gone: log.append(subject.resume(second, name))))

    def watcher(self, first):
        got = subject.suspend(self, other)
        while True:
            log.append(got + ' is gone')
            got = subject.suspend(self, other)

    def body(self, first):
        early, late = Local('early'), Local('late')
        subject.suspend(self)
        del early
        log.append(result)
        subject.suspend(self)
        return [result, late][0]

    second = subject.create(watcher)
    subject.resume(second)
    co = subject.create(body)
    for _ in range(2):
        subject.resume(co)
    found = subject.resume(co)
    at = 'main, when coroutine 1 is done'
    seen.see('py.finalizers', found, own=result, rivals=[other], at=at + ', what it returned')
    own, rivals = ['early is gone', other, result], [[result], [result, 'early is gone', other]]
    seen.see('py.finalizers', log[:3], own=own, rivals=rivals, at=at + ', up to what follows a deletion')
    own, rivals = ['late is gone', other], [[], own[:2]]
    seen.see('py.released', log[3:], own=own, rivals=rivals, at=at + ', after that')
