"""Defects in how coroutines end that nobody resumes any more."""

import atexit
import os
import signal
import sys

from unscathed.mutants.exceptions import handle
from unscathed.subjects.threads import Exit, Threads


class Bare(object):
    """Coroutines that are generators, which hold nothing but themselves; they are made wrong below."""

    name = 'bare'
    style = 'yield'
    capabilities = frozenset(['throw', 'kill', 'nest', 'migrate'])
    policies = {'py.drop': 'coroutine', 'py.thread_end': 'coroutine', 'py.gc_cycle': 'coroutine'}

    def version(self):
        return '%d.%d.%d' % sys.version_info[:3]

    def create(self, body):
        return Generator(body)

    def loose(self, body):
        return Generator(body, False)

    def resume(self, co, value=None):
        return co.step('send', value)

    def throw(self, co, exc):
        return co.step('throw', exc)

    def done(self, co):
        return co.ended

    def kill(self, co):
        co.close()


class Generator(object):
    """A body that yields, and what it has returned."""

    def __init__(self, body, named=True):
        self.body = body
        self.named = named
        self.inner = None
        self.ended = False

    def start(self, value):
        self.inner = self.body(self if self.named else None, value)
        if hasattr(self.inner, 'send'):
            return self.go(self.inner.send, None)
        # A body that never suspends is a function.
        self.ended = True
        return self.inner

    def step(self, name, value):
        if self.ended:
            raise RuntimeError('a generator that is done cannot be resumed')
        if self.inner is None:
            return self.start(value)
        return self.go(getattr(self.inner, name), value)

    def go(self, function, value):
        try:
            return function(value)
        except StopIteration as end:
            self.ended = True
            return getattr(end, 'value', None)
        except BaseException:
            self.ended = True
            raise

    def close(self):
        if self.inner is None:
            self.ended = True
            return
        try:
            self.inner.close()
        finally:
            # It may have suspended again.
            self.ended = self.inner.gi_frame is None


class KeepsSuspended(Bare):
    """Declares that whoever is dropped is unwound, and holds everybody who is suspended."""

    policies = {'py.drop': 'coroutine', 'py.thread_end': 'thread', 'py.gc_cycle': 'thread'}
    everybody = {}

    def resume(self, co, value=None):
        value = Bare.resume(self, co, value)
        if co.ended:
            self.everybody.pop(id(co), None)
        else:
            self.everybody[id(co)] = co
        return value

    def kill(self, co):
        self.everybody.pop(id(co), None)
        Bare.kill(self, co)


class HidesMigration(Bare):
    """Says that its coroutines are bound to their thread, and unwinds them on any."""

    capabilities = Bare.capabilities - set(['migrate'])


class LeaksDropped(Bare):
    """Coroutines without a name leave as much memory behind as a small stack."""

    left = []

    def loose(self, body):
        self.left.append(bytearray(b'x' * 16384))
        return Bare.loose(self, body)


class LosesInCopies(Bare):
    """In a copy of the process, coroutines are resumed with nothing."""

    def resume(self, co, value=None):
        origin = co.__dict__.setdefault('origin', os.getpid())
        return Bare.resume(self, co, value if os.getpid() == origin else None)


class LetsExitOut(Threads):
    """What kill throws comes out of it where an exception is being handled."""

    def kill(self, co):
        handled = sys.exc_info()[1]
        Threads.kill(self, co)
        if handled is not None:
            raise Exit()


class ChangesHandled(Threads):
    """What kill throws becomes what is being handled by whoever kills."""

    def kill(self, co):
        handled = sys.exc_info()[1]
        Threads.kill(self, co)
        if handled is not None:
            handle(Exit())


class CallsItDone(Threads):
    """Whoever was killed is done, even one who has suspended again."""

    def done(self, co):
        return Threads.done(self, co) or hasattr(co, 'killed')

    def kill(self, co):
        co.killed = True
        Threads.kill(self, co)


class Revives(Threads):
    """Whoever was killed and has returned nevertheless is not done."""

    def kill(self, co):
        try:
            self.throw(co, Exit())
        except Exit:
            return
        co.state = 'suspended'


class KeepsEverybody(Threads):
    """Keeps every coroutine, and as much memory as a small stack."""

    everybody = []

    def create(self, body):
        co = Threads.create(self, body)
        self.everybody.append((co, bytearray(b'x' * 16384)))
        return co


class FailsAtExit(Threads):
    """An interpreter that ends with a suspended coroutine dies."""

    registered = False

    def suspend(self, co, value=None):
        if not self.registered:
            self.registered = True
            atexit.register(os.kill, os.getpid(), signal.SIGSEGV)
        return Threads.suspend(self, co, value)


class ClaimsUnwinding(Threads):
    """Declares that coroutines of a thread that ends are unwound."""

    policies = dict(Threads.policies, **{'py.thread_end': 'coroutine'})
