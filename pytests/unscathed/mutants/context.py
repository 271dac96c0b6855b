"""Defects in contexts, and in what is kept in them."""

import ctypes
import decimal
import gc

from unscathed.mutants.sharing import Sharing
from unscathed.subjects.threads import Threads

try:
    import contextvars
except ImportError:
    contextvars = None  # Before 3.7 these mutants cannot be made.


def named(name):
    """The variables with this name that are set, with their values."""
    held = contextvars.copy_context().items()
    return [(variable, value) for variable, value in held if variable.name == name]


class SharesVariables(Sharing):
    """What one side sets in a context variable, the other one finds."""

    def read(self):
        # Other variables hold settings, or names of contexts, which are other elements.
        return named('token')

    def write(self, values):
        for variable, value in values:
            variable.set(value)


class InheritsContext(Threads):
    """A coroutine begins with a copy of its resumer's context."""

    def start(self, co):
        copy, body = contextvars.copy_context(), co.body
        co.body = lambda self, first: copy.run(body, self, first)
        Threads.start(self, co)


class Variable(ctypes.Structure):
    """A context variable in memory, as far as its last reading."""

    _fields_ = [
        ('head', ctypes.c_void_p * 2),
        ('name', ctypes.c_void_p),
        ('default', ctypes.c_void_p),
        ('cached', ctypes.c_void_p),
        ('thread', ctypes.c_uint64),
        ('version', ctypes.c_uint64),
    ]


class BelievesOldReadings(Threads):
    """After a resume, what anybody read last of a variable passes for what the coroutine has."""

    def rest(self, co):
        value = Threads.rest(self, co)
        fresh = contextvars.ContextVar('fresh')
        fresh.set('now')
        now = Variable.from_address(id(fresh))
        for found in contextvars.copy_context():
            if found.name == 'token':
                variable = Variable.from_address(id(found))
                variable.thread, variable.version = now.thread, now.version
        return value


def leave(context):
    ctypes.pythonapi.PyContext_Exit(ctypes.py_object(context))


def enter(context):
    ctypes.pythonapi.PyContext_Enter(ctypes.py_object(context))


def is_current(context):
    """Whether this is the context that was entered last, of which Python only gives copies."""
    try:
        leave(context)  # Refused for any other.
    except RuntimeError:
        return False
    enter(context)
    return True


class Runs(Threads):
    """Knows what a coroutine has entered with Context.run; by itself it does no harm."""

    def live(self, co):
        # Of its own: a thread has none before it needs one.
        co.home = contextvars.Context()
        co.home.run(Threads.live, self, co)

    def entered(self, co):
        if is_current(co.home):
            return None
        contexts = [found for found in gc.get_objects() if type(found) is contextvars.Context]
        return next((found for found in contexts if is_current(found)), None)


class ComesBackElsewhere(Runs):
    """After a resume, a coroutine that was in a call of Context.run is in a copy of its context."""

    def rest(self, co):
        context = self.entered(co)
        value = Threads.rest(self, co)
        if context is not None:
            enter(context.copy())
        return value


class LeavesContexts(Runs):
    """A suspended coroutine is not in the context that it entered, which so is free for others."""

    def suspend(self, co, value=None):
        context = self.entered(co)
        if context is None:
            return Threads.suspend(self, co, value)
        leave(context)
        try:
            return Threads.suspend(self, co, value)
        finally:
            enter(context)


class TellsWatchers(Threads):
    """Watchers of contexts are told of switches, which threads do not do."""

    def enter(self, co, message):
        try:
            return Threads.enter(self, co, message)
        finally:
            contextvars.copy_context().run(int)


class SharesDecimal(Sharing):
    """Decimal arithmetic goes on with the precision of whoever ran last."""

    def read(self):
        return decimal.getcontext()

    def write(self, context):
        decimal.setcontext(context)


class SharesWarnings(Sharing):
    """Warnings are filtered and caught by whoever asked for it last."""

    def read(self):
        return named('_warnings_context')

    def write(self, values):
        for variable, value in values:
            variable.set(value)
