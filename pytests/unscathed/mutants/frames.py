"""Defects in which frames belong to a coroutine, and in what tracebacks tell of them."""

import ctypes
import sys

from unscathed.subjects.threads import Threads

try:
    from thread import get_ident
except ImportError:
    from threading import get_ident

CURRENT_FRAMES = sys._current_frames


def back(frame):
    """The word in which a frame object of CPython refers to the one around it."""
    # It lies behind the header, which counted items until 3.10.
    header = object.__basicsize__ + (ctypes.sizeof(ctypes.c_ssize_t) if sys.version_info < (3, 11) else 0)
    return ctypes.c_void_p.from_address(id(frame) + header)


def link(frame, other):
    """Makes a frame lead to another one.

    A reference is leaked: a frame must not go that another one leads to.
    """
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(other))
    back(frame).value = id(other)


class Linking(object):
    """A coroutine subject whose bodies have a frame of ours below them, which leads astray."""

    def create(self, body):
        def root(co, first):
            co.root = sys._getframe()
            co.before = back(co.root).value
            self.started(co)
            try:
                return body(co, first)
            finally:
                # The interpreter goes back along this link.
                back(co.root).value = co.before
                co.root = None

        return Threads.create(self, root)

    def enter(self, co, message):
        co.outside = sys._getframe(2)
        return Threads.enter(self, co, message)

    def suspend(self, co, value=None):
        self.leaving(co)
        result = Threads.suspend(self, co, value)
        self.entered(co)
        return result

    def started(self, co):
        """The body is about to begin."""

    def leaving(self, co):
        """The coroutine is about to be suspended."""

    def entered(self, co):
        """The coroutine goes on."""


class KeepsStarter(Linking, Threads):
    """From the first suspension on, the frames of a coroutine lead to whoever started it."""

    def leaving(self, co):
        if back(co.root).value == co.before:
            link(co.root, co.outside)


class LinksResumer(Linking, Threads):
    """The frames of a coroutine lead to its resumer while it runs."""

    def started(self, co):
        link(co.root, co.outside)

    def leaving(self, co):
        back(co.root).value = co.before

    def entered(self, co):
        link(co.root, co.outside)


class Rings(Linking, Threads):
    """The outermost frame of a suspended coroutine leads to itself."""

    def leaving(self, co):
        link(co.root, co.root)

    def entered(self, co):
        back(co.root).value = co.before


class OverwritesVariables(Threads):
    """A variable of a suspended body gets the value that its resumer's has."""

    def enter(self, co, message):
        value = Threads.enter(self, co, message)
        theirs = sys._getframe(2).f_locals.get('mark')
        if co.state == 'suspended' and theirs is not None:
            self.overwrite(co.inside, theirs)
        return value

    def suspend(self, co, value=None):
        co.inside = sys._getframe(1)
        return Threads.suspend(self, co, value)

    def overwrite(self, frame, value):
        frame.f_locals['mark'] = value
        if sys.version_info < (3, 13):
            ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(0))


class ShowsOuter(Threads):
    """Not the frame in which a coroutine is suspended is shown, but the one around it."""

    def frame(self, co):
        return Threads.frame(self, co).f_back


class ShowsSuspended(Threads):
    """A thread is said to be where the coroutine rests that was suspended last."""

    def enter(self, co, message):
        sys._current_frames, co.resumer_thread = CURRENT_FRAMES, get_ident()
        return Threads.enter(self, co, message)

    def answer(self, co, message):
        resumer, inside = co.resumer_thread, CURRENT_FRAMES()[get_ident()]

        def shown():
            frames = CURRENT_FRAMES()
            frames[resumer] = inside
            return frames

        sys._current_frames = shown
        Threads.answer(self, co, message)


class UndoesWrites(Threads):
    """What is written to the variables of a suspended frame is undone when that goes on."""

    def suspend(self, co, value=None):
        frame = sys._getframe(1)
        before = dict(frame.f_locals)
        result = Threads.suspend(self, co, value)
        frame.f_locals.update(before)
        return result


class ForgetsTraceback(Threads):
    """What leaves a body has come through no frames."""

    def answer(self, co, message):
        if message[0] == 'raise':
            message[1].__traceback__ = None
        Threads.answer(self, co, message)


class ForgetsHandledTraceback(Threads):
    """The exception that a coroutine is handling when it suspends has come through no frames."""

    def suspend(self, co, value=None):
        error = sys.exc_info()[1]
        if error is not None:
            error.__traceback__ = None
        return Threads.suspend(self, co, value)


class ThrowsBare(Threads):
    """What is thrown in arrives without the frames that it has come through before."""

    def throw(self, co, exc):
        exc.__traceback__ = None
        return Threads.throw(self, co, exc)


class ClearsFrames(Threads):
    """The frames of a coroutine are emptied when that ends or is dropped."""

    def create(self, body):
        return Held(self, Threads.create(self, body))

    def enter(self, co, message):
        return Threads.enter(self, getattr(co, 'whole', co), message)

    def done(self, co):
        return Threads.done(self, co.whole)

    def kill(self, co):
        Threads.kill(self, getattr(co, 'whole', co))

    def frame(self, co):
        return Threads.frame(self, co.whole)

    def suspend(self, co, value=None):
        co.frames = [sys._getframe(1)]
        return Threads.suspend(self, co, value)

    def answer(self, co, message):
        if co.state == 'done':
            for frame in getattr(co, 'frames', []) + self.crossed(message):
                frame.clear()
        Threads.answer(self, co, message)

    def crossed(self, message):
        """The frames that an exception has come through and that do not run."""
        frames, trace = [], getattr(message[1], '__traceback__', None) if message[0] == 'raise' else None
        while trace is not None:
            if trace.tb_frame.f_code is not Threads.live.__code__:
                frames.append(trace.tb_frame)
            trace = trace.tb_next
        return frames


class Held(object):
    """What a program holds of a coroutine, and drops."""

    def __init__(self, subject, whole):
        self.subject, self.whole = subject, whole

    def __del__(self):
        self.subject.kill(self.whole)
