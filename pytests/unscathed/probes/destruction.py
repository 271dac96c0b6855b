"""What happens to a coroutine that is given up while it is suspended, and to whoever gives it up."""

import ctypes
import gc
import sys
import threading
import weakref

from unscathed.observe import Failed, Rival, Skip, Unsupported, outcome
from unscathed.probes.finalizers import need_counted_references

UNWOUND, ABANDONED = 'unwound: its finally block has run', 'abandoned: its finally block has not run'
OWN_THREAD, OTHER_THREAD = 'by its own thread, if at all', 'by another thread'
NO_HANDLE = 'the handle of this coroutine is held by the coroutine itself, so nobody else holds the last one'


def unheld(subject, body):
    """A coroutine that nothing but its handle holds, where the adapter has a way to make one.

    Its body gets no handle, and suspends whichever coroutine runs.
    """
    return subject.loose(body) if hasattr(subject, 'loose') else subject.create(body)


def collect():
    """Some collectors run finalizers only after the collection that found their objects."""
    for _ in range(3):
        gc.collect()


def need_dropped(subject, watch):
    """A handle that is still there says nothing, unless the adapter has promised otherwise."""
    if not hasattr(subject, 'loose') and (watch is None or watch() is not None):
        raise Unsupported(NO_HANDLE)


def watched(co):
    """A weak reference to a handle, where there can be one."""
    try:
        return weakref.ref(co)
    except TypeError:
        return None


def dropped(subject, seen):
    log = []

    def body(self, first):
        try:
            subject.suspend(self)
        finally:
            log.append(UNWOUND)

    co = unheld(subject, body)
    watch = watched(co)
    subject.resume(co)
    del co
    collect()
    if not log:
        need_dropped(subject, watch)
    found, rivals = log or [ABANDONED], [Rival('nobody', [ABANDONED])]
    at = 'main, when the last handle of coroutine 1 is gone'
    seen.see('py.drop', found, own=[UNWOUND], rivals=rivals, at=at)


def dropped_elsewhere(subject, seen):
    """Another thread lets go of the last handle."""
    if 'migrate' in subject.capabilities:
        raise Skip('coroutines of this subject may run on any thread')
    log = []

    def body(self, first):
        owner = threading.current_thread()
        try:
            subject.suspend(self)
        finally:
            log.append(OWN_THREAD if threading.current_thread() is owner else OTHER_THREAD)

    def other(self, first):
        subject.suspend(self)

    cos = [unheld(subject, body)]
    watch = watched(cos[0])
    subject.resume(cos[0])
    thread = threading.Thread(target=lambda: cos.pop())
    thread.start()
    thread.join()
    collect()
    # What was put off until the owner switches is done now.
    second = subject.create(other)
    subject.resume(second)
    subject.resume(second)
    collect()
    if not log:
        need_dropped(subject, watch)
    found = log or [OWN_THREAD]
    at = 'main, when another thread has let go of the last handle of coroutine 1'
    seen.see('py.drop.thread', found, own=[OWN_THREAD], rivals=[[OTHER_THREAD]], at=at)


def killed_elsewhere(subject, seen):
    """Another thread kills."""
    if 'migrate' in subject.capabilities:
        raise Skip('coroutines of this subject may run on any thread')
    log = []

    def body(self, first):
        owner = threading.current_thread()
        try:
            subject.suspend(self)
        finally:
            log.append(OWN_THREAD if threading.current_thread() is owner else OTHER_THREAD)

    co = subject.create(body)
    subject.resume(co)
    thread = threading.Thread(target=lambda: outcome(subject.kill, co))
    thread.start()
    thread.join()
    if not log:
        # It was refused, or put off until the owner looks.
        outcome(subject.kill, co)
    at = 'main, when another thread and then main have killed coroutine 1'
    seen.see('py.drop.thread', log or [OWN_THREAD], own=[OWN_THREAD], rivals=[[OTHER_THREAD]], at=at)


def propagating(subject, seen):
    """An exception is on its way out of a function whose finally block kills."""
    inner, outer, cleanup = KeyError(seen.by(1)), ValueError(seen.by(0)), LookupError(seen.by(1))

    def body(self, first):
        try:
            raise inner
        except KeyError:
            try:
                subject.suspend(self)
            finally:
                # What is raised and caught while it is unwound is nobody else's, either.
                outcome(fail, cleanup)

    def fail(error):
        raise error

    def hold(co):
        try:
            raise outer
        finally:
            subject.kill(co)

    co = subject.create(body)
    subject.resume(co)
    found = outcome(hold, co)
    at = 'main, when an exception has passed the block that killed coroutine 1'
    seen.see('py.destroyed', found, own=outer, rivals=[inner, cleanup], at=at)
    found, at = sys.exc_info()[1], at + ', what is handled'
    seen.see('py.destroyed', found, own=None, rivals=[inner, outer, cleanup], at=at)


def from_finalizer(subject, seen):
    """The frame that goes away with an exception holds an object whose finalizer kills."""
    need_counted_references()
    inner, outer, handled = KeyError(seen.by(1)), ValueError(seen.by(0)), LookupError(seen.by(0))

    def body(self, first):
        try:
            raise inner
        except KeyError:
            subject.suspend(self)

    class Owner(object):
        """Kills a coroutine together with itself."""

        def __init__(self, co):
            self.co = co

        def __del__(self):
            subject.kill(self.co)

    def hold(co):
        # The first item is given up because the second one fails. A local would live on in the
        # traceback.
        return [Owner(co), fail()]

    def fail():
        raise outer

    cos = [subject.create(body), subject.create(body)]
    for co in cos:
        subject.resume(co)
    found = outcome(hold, cos[0])
    at = 'main, when an exception has passed the frame that held coroutine 1'
    seen.see('py.destroyed', found, own=outer, rivals=[inner, handled], at=at)
    try:
        raise handled
    except LookupError:
        owner = Owner(cos[1])
        del owner
        found = sys.exc_info()[1]
    at = 'main, in the block that gave up coroutine 2, what is handled'
    seen.see('py.destroyed', found, own=handled, rivals=[inner, outer], at=at)


def ignored(subject, seen):
    """A coroutine that is killed catches that and suspends again."""
    value, last = seen.by(1), seen.by(1)

    def body(self, first):
        try:
            subject.suspend(self)
        except BaseException:  # Whatever kill throws, it is ignored.
            subject.suspend(self)
        subject.suspend(self, value)
        return last

    co = subject.create(body)
    subject.resume(co)
    # It may be returned from, or refused: both say so.
    outcome(subject.kill, co)
    found = [subject.done(co)]
    found += [outcome(subject.resume, co), outcome(subject.resume, co), subject.done(co)]
    own, rivals = [False, value, last, True], [[True, last, value, True]]
    at = 'main, after a kill that coroutine 1 has ignored'
    seen.see('py.exit_ignored', found, own=own, rivals=rivals, at=at)


def stopped(subject, seen):
    """What kill throws reaches a C function that called back, and goes no further."""
    log = []

    def body(self, first):
        def called():
            try:
                subject.suspend(self)
            finally:
                log.append('the callback is left')
            return 0

        code = ctypes.CFUNCTYPE(ctypes.c_int)(called)()
        log.append('the body goes on')
        return code

    co = subject.create(body)
    subject.resume(co)
    outcome(subject.kill, co)
    own = ['the callback is left', 'the body goes on']
    rivals = [[[], True], [own[:1], True], [own, False]]
    at = 'main, after a kill that a C function has stopped'
    seen.see('py.exit_stopped', [log, subject.done(co)], own=[own, True], rivals=rivals, at=at)


def thread_end(subject, seen):
    """A thread ends whose coroutine is suspended; somebody else holds the handle."""
    log, watch, handles = [], [], []

    class Local(object):
        """Can be referred to weakly."""

    def body(self, first):
        value = Local()
        watch.append(weakref.ref(value))
        try:
            subject.suspend(self)
        finally:
            log.append(UNWOUND)
        return value

    def program():
        handles.append(unheld(subject, body))
        subject.resume(handles[0])

    run = getattr(subject, 'run', None)
    thread = threading.Thread(target=program if run is None else lambda: run(program))
    thread.start()
    thread.join()
    if not watch:
        raise Failed('no coroutine could be suspended on another thread')
    seen.step('the thread of coroutine 1 is gone, and its handle is given up')
    del handles[:]
    collect()
    found = log or [ABANDONED]
    at = 'main, when the thread of coroutine 1 and its last handle are gone'
    seen.see('py.thread_end', found, own=[UNWOUND], rivals=[Rival('nobody', [ABANDONED])], at=at)
    seen.note('its locals are %s' % ('freed' if watch[0]() is None else 'still alive'))
