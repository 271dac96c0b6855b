"""Defects in whose exception is being handled, and in which one is on its way."""

import ctypes
import gc
import inspect
import sys

from unscathed.subjects.threads import Exit, Threads


def handle(error):
    """Makes the running thread believe that it is handling this exception."""
    pointers = [ctypes.py_object(part) for part in (type(error), error, error.__traceback__)]
    for pointer in pointers:
        ctypes.pythonapi.Py_IncRef(pointer)
    ctypes.pythonapi.PyErr_SetExcInfo(*pointers)


def callers():
    """The frames of whoever called the function that asks, innermost first."""
    frame = sys._getframe(2)
    while frame is not None:
        yield frame
        frame = frame.f_back


def in_generator():
    """Whether a generator is running, which has a handled exception of its own."""
    flags = inspect.CO_GENERATOR | getattr(inspect, 'CO_ASYNC_GENERATOR', 0)
    # This frame and the generator that walks are none of them.
    return any(frame.f_code.co_flags & flags for frame in callers())


class ForgetsHandled(Threads):
    """After a resume, a coroutine that handles something handles what its resumer does."""

    def enter(self, co, message):
        co.theirs = sys.exc_info()[1]
        return Threads.enter(self, co, message)

    def rest(self, co):
        value = Threads.rest(self, co)
        if None not in (co.theirs, sys.exc_info()[1]) and not in_generator():
            handle(co.theirs)
        return value


class DiesInHandling(Threads):
    """A coroutine that dies leaves its exception in the hands of whoever handles another."""

    def create(self, body):
        return Handle(Threads.create(self, body))

    def enter(self, co, message):
        return Threads.enter(self, getattr(co, 'whole', co), message)

    def done(self, co):
        return Threads.done(self, co.whole)

    def kill(self, co):
        Threads.kill(self, co.whole)
        co.die()


class Handle(object):
    """What a program holds of a coroutine, and drops."""

    def __init__(self, whole):
        self.whole = whole

    def die(self):
        if sys.exc_info()[1] is not None:
            handle(KeyError('of the dead'))

    __del__ = die


class LeavesHandled(Threads):
    """When a coroutine suspends, a resumer that handles nothing handles its exception."""

    def suspend(self, co, value=None):
        co.ours = sys.exc_info()[1]
        return Threads.suspend(self, co, value)

    def enter(self, co, message):
        value = Threads.enter(self, co, message)
        ours = getattr(co, 'ours', None)
        if ours is not None and co.state == 'suspended' and sys.exc_info()[1] is None:
            handle(ours)
        return value


class StartsHandling(Threads):
    """A body begins, for good, in the midst of what its first resumer is handling."""

    def create(self, body):
        def begin(co, first):
            if co.theirs is None:
                return body(co, first)
            try:
                raise co.theirs
            except type(co.theirs):
                return body(co, first)

        return Threads.create(self, begin)

    def enter(self, co, message):
        if co.state == 'fresh':
            co.theirs = sys.exc_info()[1]
        return Threads.enter(self, co, message)


class ResumesHandling(Threads):
    """A coroutine that handles nothing handles what its resumer does, after each resume."""

    def enter(self, co, message):
        co.theirs = sys.exc_info()[1]
        return Threads.enter(self, co, message)

    def rest(self, co):
        value = Threads.rest(self, co)
        if co.theirs is not None and sys.exc_info()[1] is None:
            handle(co.theirs)
        return value


def copied(error):
    """An exception that only looks like this one."""
    copy = type(error)(*error.args)
    for name in ('__traceback__', '__context__', '__cause__', '__suppress_context__'):
        if hasattr(error, name):
            setattr(copy, name, getattr(error, name))
    return copy


class AnswersCopies(Threads):
    """Out of resume comes a copy of the exception that left the body."""

    def throw(self, co, exc):
        co.keeps = True
        return Threads.throw(self, co, exc)

    def answer(self, co, message):
        kind, content = message
        if kind == 'raise' and not hasattr(co, 'keeps'):
            message = kind, copied(content)
        Threads.answer(self, co, message)


class KillsLoudly(Threads):
    """Kill raises what unwinds the coroutine in the killer, too."""

    def kill(self, co):
        Threads.kill(self, co)
        raise Exit()


class AdoptsResumer(Threads):
    """What leaves a body gets what its resumer is handling as its context."""

    def enter(self, co, message):
        theirs = sys.exc_info()[1]
        try:
            return Threads.enter(self, co, message)
        except Exception as error:
            if theirs is not None and error is not message[1]:
                error.__context__ = theirs
            raise


class AdoptsThrower(Threads):
    """What is thrown in gets what its thrower is handling as its context."""

    def throw(self, co, exc):
        exc.__context__ = sys.exc_info()[1]
        return Threads.throw(self, co, exc)


class ThrowsCopies(Threads):
    """What arrives is made anew from what was thrown."""

    def throw(self, co, exc):
        return Threads.throw(self, co, copied(exc))


class StartsOnThrow(Threads):
    """Throwing into a coroutine that has not begun starts it."""

    def throw(self, co, exc):
        if co.state == 'fresh':
            return self.resume(co)
        return Threads.throw(self, co, exc)


class ForgetsGenerators(Threads):
    """The generators of a coroutine handle what its resumer is handling."""

    def enter(self, co, message):
        co.theirs = sys.exc_info()[1]
        return Threads.enter(self, co, message)

    def rest(self, co):
        value = Threads.rest(self, co)
        if co.theirs is not None:
            for frame in callers():
                for generator in frame.f_locals.values():
                    self.spoil(generator, co.theirs)
        return value

    def spoil(self, generator, theirs):
        """Replaces the exception in a generator, where it is handling one."""
        if not (inspect.isgenerator(generator) or inspect.isasyncgen(generator)):
            return
        words = ctypes.c_void_p * (type(generator).__basicsize__ // ctypes.sizeof(ctypes.c_void_p))
        memory = words.from_address(id(generator))
        for held in gc.get_referents(generator):
            if isinstance(held, BaseException) and id(held) in memory:
                # The reference that the generator had is leaked: nobody may find it gone.
                ctypes.pythonapi.Py_IncRef(ctypes.py_object(theirs))
                memory[list(memory).index(id(held))] = id(theirs)


class FinishesGroups(Threads):
    """What except* has not handled yet is lost when the coroutine ends."""

    def answer(self, co, message):
        kind, content = message
        if kind == 'raise' and hasattr(content, 'exceptions'):
            message = 'value', None
        Threads.answer(self, co, message)
