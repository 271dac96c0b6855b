"""A traceback tells through which frames an exception has come, switches or not."""

import sys

from unscathed.observe import Skip
from unscathed.walk import crossed


def fail(error):
    """Where an exception begins."""
    raise error


def other(error):
    """Where another one does."""
    raise error


def begin(trace):
    """The line in which an exception was raised."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace and trace.tb_lineno


def leaving(subject, seen):
    """From a body out of resume."""
    inner = KeyError(seen.by(1))

    def body(self, first):
        subject.suspend(self)
        fail(inner)

    co = subject.create(body)
    subject.resume(co)
    try:
        subject.resume(co)
    except KeyError:
        trace = sys.exc_info()[2]
        own, rivals = ['leaving', 'body', 'fail'], [['leaving'], ['body', 'fail']]
        seen.see('py.traceback', crossed(trace, leaving), own=own, rivals=rivals, at='main, out of resume')
        line = fail.__code__.co_firstlineno + 2
        seen.see('py.traceback', begin(trace), own=line, fixed=True, at='main, the line of its raise')


def nested(subject, seen):
    """Through two coroutines."""
    inner = KeyError(seen.by(2))

    def innermost(self, first):
        subject.suspend(self)
        fail(inner)

    two = subject.create(innermost)

    def middle(self, first):
        subject.resume(two)
        subject.suspend(self)
        subject.resume(two)

    one = subject.create(middle)
    subject.resume(one)
    try:
        subject.resume(one)
    except KeyError:
        found, own = crossed(sys.exc_info()[2], nested), ['nested', 'middle', 'innermost', 'fail']
        rivals = [['nested'], ['nested', 'middle'], ['nested', 'innermost', 'fail']]
        seen.see('py.traceback', found, own=own, rivals=rivals, at='main, out of resume')


def final(subject, seen):
    """Through a finally block that suspends."""
    inner = KeyError(seen.by(1))

    def body(self, first):
        try:
            fail(inner)
        finally:
            subject.suspend(self)

    co = subject.create(body)
    subject.resume(co)
    try:
        subject.resume(co)
    except KeyError:
        found, own = crossed(sys.exc_info()[2], final), ['final', 'body', 'fail']
        # Python 3.11 and newer name the frame once more for the end of its finally block.
        found = [name for place, name in enumerate(found) if name not in found[:place]]
        rivals = [['final'], ['final', 'body']]
        seen.see('py.traceback', found, own=own, rivals=rivals, at='main, out of resume')


def kept(subject, seen):
    """That of a handled exception, while its coroutine is suspended."""
    inner, outer = KeyError(seen.by(1)), ValueError(seen.by(0))

    def traced():
        error, trace = sys.exc_info()[1:]
        return crossed(getattr(error, '__traceback__', trace), kept)

    def body(self, first):
        try:
            fail(inner)
        except KeyError:
            subject.suspend(self)
            found, rivals = traced(), [['kept', 'other'], []]
            seen.see('py.traceback', found, own=['body', 'fail'], rivals=rivals, at='coroutine 1')

    co = subject.create(body)
    subject.resume(co)
    try:
        other(outer)
    except ValueError:
        subject.resume(co)
        found, rivals = traced(), [['body', 'fail'], []]
        seen.see('py.traceback', found, own=['kept', 'other'], rivals=rivals, at='main, after resume')


def thrown(subject, seen):
    """That of an exception that has been raised before it is thrown in."""
    if sys.version_info[0] < 3:
        raise Skip('exceptions of Python 2 do not carry their traceback')
    error = KeyError(seen.by(0))

    def body(self, first):
        try:
            subject.suspend(self)
        except KeyError:
            found, own = crossed(sys.exc_info()[2], thrown), ['body', 'thrown', 'fail']
            rivals = [['body'], ['body', 'thrown'], ['thrown', 'fail']]
            seen.see('py.traceback.thrown', found, own=own, rivals=rivals, at='coroutine 1')

    co = subject.create(body)
    subject.resume(co)
    try:
        fail(error)
    except KeyError:
        pass
    subject.throw(co, error)


def arriving(subject, seen):
    """Of what is thrown in, it begins where the coroutine was suspended."""
    error, lines = KeyError(seen.by(0)), []

    def body(self, first):
        try:
            lines.append(sys._getframe().f_lineno + 1)
            subject.suspend(self)
        except KeyError:
            trace = sys.exc_info()[2]
            found = [trace.tb_frame.f_code.co_name, trace.tb_lineno]
            seen.see('py.traceback', found, own=['body', lines[0]], fixed=True, at='coroutine 1, caught')
            raise

    co = subject.create(body)
    subject.resume(co)
    try:
        subject.throw(co, error)
    except KeyError:
        found, rivals = crossed(sys.exc_info()[2], arriving)[:2], [['arriving']]
        seen.see('py.traceback', found, own=['arriving', 'body'], rivals=rivals, at='main, out of throw')
