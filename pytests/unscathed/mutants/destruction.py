"""Defects in how coroutines end that nobody resumes any more."""

import atexit
import os
import signal
import sys

from unscathed.mutants.exceptions import handle
from unscathed.subjects.generators import Generators
from unscathed.subjects.threads import Exit, Threads


class Unheld(Generators):
    """Generators, which nothing but their handle holds: they are made wrong below."""

    policies = dict.fromkeys(('py.drop', 'py.thread_end', 'py.gc_cycle'), 'coroutine')
    policies.update(Generators.policies)

    def loose(self, body):
        return self.create(lambda self, first: body(None, first))


class KeepsSuspended(Unheld):
    """Declares that whoever is dropped is unwound, and holds everybody who is suspended."""

    policies = dict(Unheld.policies, **{'py.thread_end': 'thread', 'py.gc_cycle': 'thread'})
    everybody = {}

    def resume(self, co, value=None):
        value = Unheld.resume(self, co, value)
        if self.done(co):
            self.everybody.pop(id(co), None)
        else:
            self.everybody[id(co)] = co
        return value

    def kill(self, co):
        self.everybody.pop(id(co), None)
        Unheld.kill(self, co)


class HidesMigration(Unheld):
    """Says that its coroutines are bound to their thread, and unwinds them on any."""

    capabilities = Unheld.capabilities - {'migrate'}


class LeaksDropped(Unheld):
    """Coroutines without a name leave as much memory behind as a small stack."""

    left = []

    def loose(self, body):
        self.left.append(bytearray(b'x' * 16384))
        return Unheld.loose(self, body)


class LosesInCopies(Unheld):
    """In a copy of the process, coroutines are resumed with nothing."""

    def resume(self, co, value=None):
        origin = co.__dict__.setdefault('origin', os.getpid())
        return Unheld.resume(self, co, value if os.getpid() == origin else None)


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
