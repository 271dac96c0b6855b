"""Frames and tracebacks outlive the coroutine that they belonged to."""

import gc
import sys

from unscathed.observe import Skip, outcome
from unscathed.walk import crossed, of_generator


def fail(error, mark):
    """Where an exception begins, with a variable."""
    raise error


def look(seen, frame, own, rival, at):
    found = outcome(lambda: frame.f_locals.get('mark'))
    seen.see('py.frame_objects', found, own=own, rivals=[rival, None], at=at)


def empties(frame):
    """Skips where the interpreter is free to empty a frame that has not come to its end."""
    if of_generator(frame):
        raise Skip('closing a generator may empty its frame')


def finished(subject, seen):
    """A frame of a body that has returned, and of a function that it called."""
    mine, theirs, frames = seen.by(1), seen.by(0), []

    def helper(mark):
        frames.append(sys._getframe())

    def body(self, mark):
        frames.append(sys._getframe())
        subject.suspend(self)
        helper(mark)

    co = subject.create(body)
    subject.resume(co, mine)
    subject.resume(co)
    co = None
    gc.collect()
    look(seen, frames[0], mine, theirs, 'main, the body')
    look(seen, frames[1], mine, theirs, 'main, a function')
    found = [frame.f_code.co_name for frame in frames]
    seen.see('py.frame_objects', found, own=['body', 'helper'], fixed=True, at='main, their functions')


def failed(subject, seen):
    """The frames in the traceback of what left a body."""
    mine, theirs = seen.by(1), seen.by(0)

    def body(self, mark):
        subject.suspend(self)
        fail(KeyError(mark), mark)

    def caught():
        co = subject.create(body)
        subject.resume(co, mine)
        try:
            subject.resume(co)
        except KeyError:
            return sys.exc_info()[2]

    trace = caught()
    before = crossed(trace, failed)
    gc.collect()
    found = crossed(trace, failed)
    seen.see('py.frame_objects', found, own=before, rivals=[[], ['nobody']], at='main, the traceback')
    while trace is not None:
        name = trace.tb_frame.f_code.co_name
        if name in ('body', 'fail'):
            look(seen, trace.tb_frame, mine, theirs, 'main, the frame of ' + name)
        trace = trace.tb_next


def dropped(subject, seen):
    """A frame of a coroutine that is dropped while it is suspended."""
    mine, theirs, frames = seen.by(1), seen.by(0), []

    def body(self, mark):
        frames.append(sys._getframe())
        subject.suspend(self)

    def start():
        co = subject.create(body)
        subject.resume(co, mine)

    start()
    empties(frames[0])
    gc.collect()
    look(seen, frames[0], mine, theirs, 'main, the body')
    seen.see('py.frame_objects', frames[0].f_code.co_name, own='body', fixed=True, at='main, its function')


def killed(subject, seen):
    """The frames of a coroutine that is killed."""
    mine, theirs, frames = seen.by(1), seen.by(0), []

    def body(self, mark):
        frames.append(sys._getframe())
        subject.suspend(self)

    co = subject.create(body)
    subject.resume(co, mine)
    empties(frames[0])
    subject.kill(co)
    co = None
    gc.collect()
    look(seen, frames[0], mine, theirs, 'main, the body')
    seen.see('py.frame_objects', frames[0].f_code.co_name, own='body', fixed=True, at='main, its function')
