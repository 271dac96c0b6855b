"""References: none stays behind, and none is given up that somebody else holds."""

import gc
import sys
import time
import weakref

from unscathed.observe import Rival, Skip, outcome

COUNT = 'py.refcount'
KEPT, FREED = 'still there', 'freed'


class Thing(object):
    """Something that can be watched, as plain objects cannot."""


class Watched(Exception):
    """The same for an exception."""


def settled(look, own):
    """What is found when whoever has just ended has had the time to let go."""
    for pause in (0, 0.001, 0.01, 0.05):
        time.sleep(pause)
        gc.collect()
        if look() == own:
            break
    return look()


def fate(reference):
    return FREED if reference() is None else KEPT


def look(seen, reference, own, at):
    found = settled(lambda: fate(reference), own) if own == FREED else fate(reference)
    rival = Rival('the subject', KEPT if own == FREED else FREED)
    seen.see(COUNT, found, own=own, rivals=[rival], at=at)


def values(subject, seen):
    if not hasattr(sys, 'getrefcount'):
        raise Skip('this interpreter does not count references')
    thing, other = Thing(), Thing()

    def body(self, first):
        first = None
        for _ in range(100):
            first = subject.suspend(self, other)
        return first

    co = subject.create(body)
    before = sys.getrefcount(thing), sys.getrefcount(other)
    for _ in range(50):
        subject.resume(co, thing)
    seen.step('main and coroutine 1 have passed two objects fifty times')
    for _ in range(51):
        subject.resume(co, thing)
    del co, body

    def more():
        return '%d and %d more' % (sys.getrefcount(thing) - before[0], sys.getrefcount(other) - before[1])

    rivals = [Rival('each switch', '%d and %d more' % pair) for pair in ((101, 0), (0, 100), (101, 100))]
    # The body is gone, and with it the reference that it had to the other object.
    own = '0 and 0 more'
    found = settled(more, own)
    seen.see(COUNT, found, own=own, rivals=rivals, at='main, of two objects that were passed a hundred times')


def results(subject, seen):
    """What a body returns belongs to whoever gets it."""

    def body(self, first):
        return Thing()

    co = subject.create(body)
    result = subject.resume(co)
    reference = weakref.ref(result)
    look(seen, reference, KEPT, 'main, of a result that it holds')
    del result
    look(seen, reference, FREED, 'main, of a result that nobody holds, while the handle is there')
    del co


def variables(subject, seen):
    """What a body holds lives as long as the body, and not longer."""
    references = []

    def body(self, first):
        local = Thing()
        references.append(weakref.ref(local))
        subject.suspend(self)
        return fate(references[0])

    co = subject.create(body)
    subject.resume(co)
    gc.collect()
    look(seen, references[0], KEPT, 'main, of a variable of coroutine 1, which is suspended')
    found = subject.resume(co)
    rivals = [Rival('the subject', FREED)]
    seen.see(COUNT, found, own=KEPT, rivals=rivals, at='coroutine 1, of its variable')
    look(seen, references[0], FREED, 'main, of a variable of coroutine 1, which has returned')
    del co


def handles(subject, seen):
    """The body and the handle go when the coroutine has ended and nobody holds them."""

    def make():
        def body(self, first):
            subject.suspend(self)

        return body

    for ends in (0, 2):
        body = make()
        co = subject.create(body)
        references = [('the body', weakref.ref(body))]
        handle = outcome(weakref.ref, co)
        if isinstance(handle, weakref.ref):
            references.append(('the handle', handle))
        else:
            seen.note('handles cannot be watched')
        for _ in range(ends):
            subject.resume(co)
        del body, co, handle
        state = 'has returned' if ends else 'has not begun'
        for what, reference in references:
            look(seen, reference, FREED, 'main, of %s of a coroutine that %s' % (what, state))


def raised(subject, seen):
    """An exception that leaves a body goes when it has been handled."""

    def body(self, first):
        local = Thing()
        references.append(weakref.ref(local))
        error = Watched(local)
        references.append(weakref.ref(error))
        raise error

    def handled(co):
        try:
            subject.resume(co)
        except Watched:
            return fate(references[1])

    references = []
    co = subject.create(body)
    found = handled(co)
    if hasattr(sys, 'exc_clear'):
        sys.exc_clear()
    seen.see(
        COUNT,
        found,
        own=KEPT,
        rivals=[Rival('the subject', FREED)],
        at='main, of an exception that it handles',
    )
    look(seen, references[1], FREED, 'main, of an exception that it has handled')
    look(seen, references[0], FREED, 'main, of a variable of the coroutine that has raised it')
    del co


def thrown(subject, seen):
    """An exception that is thrown in goes when it has been handled, there or here."""
    references = []

    def catches(self, first):
        try:
            subject.suspend(self)
        except Watched:
            if hasattr(sys, 'exc_clear'):
                sys.exc_clear()
        return None

    def passes(self, first):
        local = Thing()
        references.append(weakref.ref(local))
        subject.suspend(self)

    def handled(co):
        error = Watched()
        reference = weakref.ref(error)
        try:
            subject.throw(co, error)
        except Watched:
            return reference
        return reference

    for body, where in ((catches, 'in coroutine 1'), (passes, 'in main')):
        co = subject.create(body)
        subject.resume(co)
        reference = handled(co)
        if hasattr(sys, 'exc_clear'):
            sys.exc_clear()
        look(seen, reference, FREED, 'main, of an exception that it has thrown and that was handled ' + where)
        del co
    look(seen, references[0], FREED, 'main, of a variable of the coroutine that it has ended')


def killed(subject, seen):
    """What a body holds goes when it is killed."""
    references = []

    def body(self, first):
        local = Thing()
        references.append(weakref.ref(local))
        subject.suspend(self)

    co = subject.create(body)
    subject.resume(co)
    gc.collect()
    look(seen, references[0], KEPT, 'main, of a variable of coroutine 1, which is suspended')
    subject.kill(co)
    look(seen, references[0], FREED, 'main, of a variable of coroutine 1, which was killed')
    del co
