"""Coroutines and OS threads in one program."""

import ctypes
import gc
import threading
import time
import weakref

from unscathed.observe import Rival, Skip, outcome

try:
    import _thread
except ImportError:
    import thread as _thread

# A thread that does not come back in this time never does.
PATIENCE = 2.0
# Long enough for a thread that has ended to clear away what was its own.
MOMENT = 0.02


def in_thread(function, *arguments):
    """What a call gives in a thread of its own, which has ended when this returns."""
    answer = ['never came back']

    def run():
        answer[0] = outcome(function, *arguments)

    thread = threading.Thread(target=run)
    thread.daemon = True
    started(thread)
    thread.join(PATIENCE)
    return answer[0]


def started(thread):
    try:
        thread.start()
    except RuntimeError as error:
        raise Skip('no thread can be started here: %s' % error)


def told(found, own):
    """Whether a resume went on with the right value, was refused, or did something else."""
    if isinstance(found, Exception):
        return 'refused'
    return 'went on' if found == own else found


def migration(subject, seen):
    """Main starts 1; another thread resumes it."""
    begun, moved, home = seen.by(1), seen.by(1), seen.by(1)

    def body(self, first):
        subject.suspend(self, begun)
        subject.suspend(self, moved)
        return home

    co = subject.create(body)
    subject.resume(co)
    seen.step('another thread resumes what was suspended on this one')
    found = told(in_thread(subject.resume, co), moved)
    seen.note('a resume on another thread: %s' % (found,))
    # Whoever does not claim it may be able to all the same.
    able = found == 'went on'
    own = 'went on' if able or 'migrate' in subject.capabilities else 'refused'
    rivals = [Rival('the other thread', 'nothing'), Rival('coroutine 1', 'never came back')]
    seen.see('py.migrate', found, own=own, rivals=rivals, at='the other thread, when resume returns')
    own, rival = (home, moved) if able else (moved, home)
    found = outcome(subject.resume, co)
    seen.see('py.migrate', found, own=own, rivals=[rival], at='main, when it resumes 1 again')


def handover(subject, seen):
    """Main creates 1; another thread is the first to resume it."""
    own = seen.by(1)

    def body(self, first):
        return own

    co = subject.create(body)
    seen.step('another thread starts what was created on this one')
    found = told(in_thread(subject.resume, co), own)
    rivals = [Rival('main', 'refused')]
    at = 'the other thread, when it resumes 1 for the first time'
    seen.see('py.handover', found, own='went on', rivals=rivals, at=at, thread='refused')


def owner_died(subject, seen):
    """A thread leaves a suspended coroutine behind; others go on."""
    left, own, later = seen.by(1), seen.by(2), seen.by(3)
    orphans = []

    def body(self, first):
        subject.suspend(self, left)
        return left

    def leave():
        co = subject.create(body)
        orphans.append(co)
        return subject.resume(co)

    seen.step('a thread ends while a coroutine of its own is suspended')
    found = in_thread(leave)
    at = 'the thread that ends, when 1 has suspended'
    seen.see('py.thread_death', found, own=left, rivals=[own], at=at)
    seen.step('a later thread has coroutines too')
    found = in_thread(exchange, subject, own)
    at = 'a later thread, from a coroutine of its own'
    seen.see('py.thread_death', found, own=[own, own], rivals=[[left, left]], at=at)
    co = orphans.pop()
    seen.step('the state of the orphan is asked for')
    state = outcome(subject.done, co)
    seen.note('done says of a coroutine whose thread has ended: %s' % (state,))
    seen.step('the orphan is resumed')
    # Whether it is refused or goes on, nobody may get what is another's.
    found = told(outcome(subject.resume, co), left)
    found = 'refused or right' if found in ('refused', 'went on') else found
    rivals = [Rival('coroutine 2', own)]
    at = 'main, when it resumes the orphan'
    seen.see('py.thread_death', found, own='refused or right', rivals=rivals, at=at)
    seen.step('the last handle of the orphan is dropped')
    del co
    gc.collect()
    found = exchange(subject, later)
    at = 'main, from a coroutine of its own, when the orphan was dropped'
    seen.see('py.thread_death', found, own=[later, later], rivals=[[left, left], [own, own]], at=at)


def exchange(subject, own):
    """A whole life: what a coroutine hands over when it suspends and when it returns."""

    def body(self, first):
        subject.suspend(self, own)
        return own

    co = subject.create(body)
    return [subject.resume(co), subject.resume(co)]


class Token(object):
    """Something to be freed."""


def orphans(subject, seen):
    """A thread ends: what does a coroutine that it leaves suspended still hold?"""
    held, events = [], []

    def body(self, first):
        token = Token()
        held.append(weakref.ref(token))
        try:
            subject.suspend(self)
        finally:
            events.append('unwound')
            del token

    def leave():
        co = subject.create(body)
        handles.append(co)
        subject.resume(co)

    handles = []
    in_thread(leave)
    time.sleep(MOMENT)
    gc.collect()
    found = 'freed' if held[0]() is None else 'held'
    rivals = [Rival('the thread', 'freed')]
    at = 'main, when the thread has ended, with the handle of 1'
    seen.see('py.orphans', found, own='held', rivals=rivals, at=at, thread='freed')
    del handles[:]
    gc.collect()
    outcome(exchange, subject, 'a switch')
    after = 'freed' if held[0]() is None else 'never freed'
    seen.note(
        'what it held when its thread ended: %s; when its handle was dropped: %s; finally blocks %s'
        % (found, after, 'ran' if events else 'did not run')
    )


def locals_of_thread(subject, seen):
    own, rival = seen.by(1), seen.by(0)
    place = threading.local()

    def body(self, first):
        place.token = own
        subject.suspend(self)
        found = getattr(place, 'token', 'nothing')
        at = 'coroutine 1, when suspend returns'
        seen.see('py.thread_local', found, own=own, rivals=[rival], at=at)

    place.token = rival
    co = subject.create(body)
    subject.resume(co)
    found = getattr(place, 'token', 'nothing')
    at = 'main, when 1 has put its own there and suspended'
    seen.see('py.thread_local', found, own=rival, rivals=[own], at=at)
    place.token = rival
    subject.resume(co)


def identity(subject, seen):
    """Who the thread module says that runs."""
    outside = _thread.get_ident(), threading.current_thread()

    def body(self, first):
        look('when it begins')
        subject.suspend(self)
        look('when suspend returns')

    def look(when):
        for what, found, main in (
            ('identifier', _thread.get_ident(), outside[0]),
            ('thread object', threading.current_thread(), outside[1]),
        ):
            found = "main's" if found is main or found == main else 'its own'
            at = 'coroutine 1, the %s, %s' % (what, when)
            seen.see('py.thread_identity', found, own='its own', rivals=[Rival('main', "main's")], at=at)

    co = subject.create(body)
    subject.resume(co)
    subject.resume(co)


class Interruption(Exception):
    """Sent to a thread from outside."""


def interruption(subject, seen):
    """An exception is sent to the thread on which 1 was suspended: who gets it?"""
    idents, receivers = [], []

    def body(self, first):
        idents.append(_thread.get_ident())
        try:
            subject.suspend(self)
            spin()
        except Interruption:
            receivers.append('coroutine 1')

    def spin():
        for _ in range(1000):
            len(idents)

    co = subject.create(body)
    subject.resume(co)
    send = ctypes.pythonapi.PyThreadState_SetAsyncExc
    send.argtypes = [ctypes.c_ulong, ctypes.py_object]
    try:
        send(idents[0], Interruption)
        spin()
    except Interruption:
        receivers.append('main')
    try:
        subject.resume(co)
        spin()
    except Interruption:
        receivers.append('main, later')
    found = receivers[0] if receivers else 'nobody'
    at = 'an exception that was sent while 1 was suspended'
    seen.see('py.async_exc', found, own='coroutine 1', rivals=[Rival('main', 'main')], at=at)
