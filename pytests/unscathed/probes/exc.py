"""The exception that is being handled belongs to whoever handles it."""

import sys

from unscathed.observe import Skip, outcome


def handled(subject, seen):
    inner, outer = KeyError(seen.by(1)), ValueError(seen.by(0))

    def body(self, first):
        try:
            raise inner
        except KeyError:
            subject.suspend(self)
            found = sys.exc_info()[1]
            seen.see('py.exc_info', found, own=inner, rivals=[outer], at='coroutine 1, after suspend')

    co = subject.create(body)
    subject.resume(co)
    try:
        raise outer
    except ValueError:
        subject.resume(co)
        found = sys.exc_info()[1]
        seen.see('py.exc_info', found, own=outer, rivals=[inner], at='main, when resume returns')


def again():
    """Raises what is being handled."""
    raise


def reraised(subject, seen):
    inner, outer = KeyError(seen.by(1)), ValueError(seen.by(0))

    def body(self, first):
        try:
            raise inner
        except KeyError:
            subject.suspend(self)
            found = outcome(again)
            seen.see('py.exc_info', found, own=inner, rivals=[outer], at='coroutine 1, a bare raise')

    co = subject.create(body)
    subject.resume(co)
    try:
        raise outer
    except ValueError:
        subject.resume(co)
        seen.see('py.exc_info', outcome(again), own=outer, rivals=[inner], at='main, a bare raise')


def context(subject, seen):
    if sys.version_info[0] < 3:
        raise Skip('exceptions of Python 2 have no context')
    inner, outer = KeyError(seen.by(1)), ValueError(seen.by(0))

    def remembered():
        try:
            raise LookupError('new')
        except LookupError as error:
            return error.__context__

    def body(self, first):
        try:
            raise inner
        except KeyError:
            subject.suspend(self)
            seen.see('py.exc_info', remembered(), own=inner, rivals=[outer], at='coroutine 1, a context')

    co = subject.create(body)
    subject.resume(co)
    try:
        raise outer
    except ValueError:
        subject.resume(co)
        seen.see('py.exc_info', remembered(), own=outer, rivals=[inner], at='main, a new context')


def stacked(subject, seen):
    if sys.version_info[0] < 3:
        raise Skip('Python 2 forgets the outer exception at the inner one')
    outer = ValueError(seen.by(0))
    first_error, second_error = KeyError(seen.by(1)), IndexError(seen.by(1))

    def body(self, first):
        try:
            raise first_error
        except KeyError:
            try:
                raise second_error
            except IndexError:
                subject.suspend(self)
                found, rivals = sys.exc_info()[1], [outer, first_error]
                seen.see('py.exc_info', found, own=second_error, rivals=rivals, at='coroutine 1, inner block')
            subject.suspend(self)
            found, rivals = sys.exc_info()[1], [outer, second_error]
            seen.see('py.exc_info', found, own=first_error, rivals=rivals, at='coroutine 1, outer block')

    co = subject.create(body)
    subject.resume(co)
    try:
        raise outer
    except ValueError:
        subject.resume(co)
        subject.resume(co)
        rivals = [first_error, second_error]
        seen.see('py.exc_info', sys.exc_info()[1], own=outer, rivals=rivals, at='main, when resume returns')


def many(subject, seen):
    count = 8
    errors = [KeyError(seen.by(number)) for number in range(1, count + 1)]
    outer = ValueError(seen.by(0))

    def body(self, own):
        try:
            raise own
        except KeyError:
            for _ in range(3):
                subject.suspend(self)
                rivals = [error for error in errors if error is not own] + [outer]
                seen.see('py.exc_info', sys.exc_info()[1], own=own, rivals=rivals, at=own.args[0])

    coroutines = [subject.create(body) for _ in errors]
    for co, error in zip(coroutines, errors):
        subject.resume(co, error)
    try:
        raise outer
    except ValueError:
        for order in (coroutines[::-1], coroutines[3:] + coroutines[:3], coroutines[::2] + coroutines[1::2]):
            for co in order:
                subject.resume(co)
                seen.see('py.exc_info', sys.exc_info()[1], own=outer, rivals=errors, at='main, between them')


def nested(subject, seen):
    """Whoever resumes a coroutine is forgotten once somebody else resumes it."""
    outer, between, inner = [kind(seen.by(n)) for n, kind in enumerate((ValueError, IndexError, KeyError))]

    def innermost(self, first):
        try:
            raise inner
        except KeyError:
            for by in (1, 0):
                subject.suspend(self)
                at = 'coroutine 2, resumed by ' + ('coroutine 1' if by else 'main')
                seen.see('py.exc_info', sys.exc_info()[1], own=inner, rivals=[outer, between], at=at)

    two = subject.create(innermost)

    def middle(self, first):
        subject.resume(two)
        try:
            raise between
        except IndexError:
            subject.resume(two)
            found = sys.exc_info()[1]
            seen.see('py.exc_info', found, own=between, rivals=[outer, inner], at='coroutine 1, resumed 2')
            subject.suspend(self)
            found = sys.exc_info()[1]
            seen.see('py.exc_info', found, own=between, rivals=[outer, inner], at='coroutine 1, later')

    one = subject.create(middle)
    subject.resume(one)
    try:
        raise outer
    except ValueError:
        subject.resume(two)
        subject.resume(one)
        found = sys.exc_info()[1]
        seen.see('py.exc_info', found, own=outer, rivals=[between, inner], at='main, when resume returns')


def function(subject, seen):
    if not hasattr(sys, 'exception'):
        raise Skip('sys.exception came with Python 3.11')
    inner, outer = KeyError(seen.by(1)), ValueError(seen.by(0))

    def body(self, first):
        try:
            raise inner
        except KeyError:
            subject.suspend(self)
            found = sys.exception()
            seen.see('py.exc_info', found, own=inner, rivals=[outer], at='coroutine 1, sys.exception()')

    co = subject.create(body)
    subject.resume(co)
    try:
        raise outer
    except ValueError:
        subject.resume(co)
        found = sys.exception()
        seen.see('py.exc_info', found, own=outer, rivals=[inner], at='main, sys.exception()')


def let_go():
    """Ends the handling of an exception, where the end of its block does not."""
    if sys.version_info[0] < 3:
        sys.exc_clear()


def left(subject, seen):
    """What a coroutine is done with, it does not find again, and nobody else loses."""
    inner, outer = KeyError(seen.by(1)), ValueError(seen.by(0))

    def body(self, first):
        try:
            raise inner
        except KeyError:
            subject.suspend(self)
            let_go()
        subject.suspend(self)
        found = sys.exc_info()[1]
        seen.see('py.exc_info.empty', found, own=None, rivals=[inner, outer], at='coroutine 1, out of it')

    co = subject.create(body)
    subject.resume(co)
    try:
        raise outer
    except ValueError:
        subject.resume(co)
        found = sys.exc_info()[1]
        seen.see('py.exc_info', found, own=outer, rivals=[inner, None], at='main, when 1 has let go')
        subject.resume(co)
        found = sys.exc_info()[1]
        seen.see('py.exc_info', found, own=outer, rivals=[inner, None], at='main, when 1 has ended')
