"""Defects in what coroutines and OS threads do to each other."""

import threading

from unscathed.subjects.handover import SUSPENDED
from unscathed.subjects.threads import Threads

Local = threading.local


class SwallowsForeign(Threads):
    """A resume on another thread than the first one is neither refused nor done."""

    def enter(self, co, message):
        home = co.home = getattr(co, 'home', threading.current_thread())
        if home is not threading.current_thread() and home.is_alive():
            return None
        return Threads.enter(self, co, message)


class RefusesHandover(Threads):
    """What was created on one thread cannot be started on another one."""

    def create(self, body):
        co = Threads.create(self, body)
        co.creator = threading.current_thread()
        return co

    def start(self, co):
        if co.creator is not threading.current_thread():
            raise RuntimeError('this coroutine was created on another thread')
        Threads.start(self, co)


class TakesOrphansForOwn(Threads):
    """What a coroutine of a dead thread had handed over is what later resumes bring."""

    def __init__(self):
        self.known = []

    def create(self, body):
        co = Threads.create(self, body)
        co.creator = threading.current_thread()
        self.known.append(co)
        return co

    def suspend(self, co, value=None):
        co.left = value
        return Threads.suspend(self, co, value)

    def enter(self, co, message):
        value = Threads.enter(self, co, message)
        for other in self.known:
            if other.state == SUSPENDED and not other.creator.is_alive():
                return other.left
        return value


class Guard(object):
    """Kept by a thread for itself: its end is the thread's end."""

    def __init__(self, subject):
        self.subject, self.guarded = subject, []

    def __del__(self):
        for co in self.guarded:
            self.subject.kill(co)


class EndsOrphans(Threads):
    """A thread that ends unwinds the coroutines that it leaves."""

    def __init__(self):
        self.place = Local()

    def create(self, body):
        co = Threads.create(self, body)
        if not hasattr(self.place, 'guard'):
            self.place.guard = Guard(self)
        self.place.guard.guarded.append(co)
        return co


class Place(object):
    """Attributes that are the same on every thread."""


class SharesThreadLocals(Threads):
    """All threads have one set of thread-locals."""

    def __init__(self):
        threading.local = Place


class PassesForMain(Threads):
    """Every coroutine says that it runs on the thread that made the subject."""

    def __init__(self):
        thread = threading.current_thread()
        threading.current_thread = lambda: thread


class HandsInterruptionsOn(Threads):
    """What was sent to a suspended coroutine, its resumer gets."""

    def rest(self, co):
        try:
            co.baton.wait()
        except Exception as error:  # Nothing else is raised there.
            co.interruption = error
        message, co.inbox = co.inbox, None
        return message[1]

    def enter(self, co, message):
        value = Threads.enter(self, co, message)
        if getattr(co, 'interruption', None) is not None:
            raise co.interruption
        return value
