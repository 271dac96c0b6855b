"""An exception that crosses a switch does not become what the other side makes of it."""

from unscathed.observe import outcome


def context_of(error):
    """What an exception remembers; an exception that nobody expected is told as it is."""
    return error.__context__ if isinstance(error, (KeyError, ValueError)) else error


def leaving(subject, seen):
    """The resumer's handled exception is no context of what comes out of resume."""
    inner, outer, left = KeyError(seen.by(1)), IndexError(seen.by(0)), []

    def body(self, first):
        subject.suspend(self)
        try:
            raise inner
        except KeyError:
            left.append(inner.__context__)
            raise

    co = subject.create(body)
    subject.resume(co)
    try:
        raise outer
    except IndexError:
        found = context_of(outcome(subject.resume, co))
        seen.see('py.exc_context', found, own=left[0], rivals=[outer, inner], at='main, out of resume')


def remembered(subject, seen):
    """What an exception remembers when it leaves the body, it remembers outside."""
    cause, inner, outer = ValueError(seen.by(1)), KeyError(seen.by(1)), IndexError(seen.by(0))

    def body(self, first):
        try:
            raise cause
        except ValueError:
            try:
                raise inner
            finally:
                subject.suspend(self)

    co = subject.create(body)
    subject.resume(co)
    try:
        raise outer
    except IndexError:
        found = context_of(outcome(subject.resume, co))
        seen.see('py.exc_context', found, own=cause, rivals=[outer, None], at='main, out of resume')


def thrown(subject, seen):
    """The thrower's handled exception is no context of what is thrown in."""
    thrown, outer = KeyError(seen.by(0)), IndexError(seen.by(0))

    def body(self, first):
        try:
            subject.suspend(self)
        except KeyError as error:
            found = context_of(error)
            seen.see('py.exc_context', found, own=None, rivals=[outer], at='coroutine 1, caught')

    co = subject.create(body)
    subject.resume(co)
    try:
        raise outer
    except IndexError:
        subject.throw(co, thrown)


def thrown_handling(subject, seen):
    """Thrown into an except block, it remembers what is handled there, or nothing."""
    thrown, inner, outer = KeyError(seen.by(0)), LookupError(seen.by(1)), IndexError(seen.by(0))

    def body(self, first):
        try:
            raise inner
        except LookupError:
            try:
                subject.suspend(self)
            except KeyError as error:
                found = context_of(error)
                # Generators link it since Python 3.9, as a raise statement would; both are right.
                own = None if found is None else inner
                seen.see('py.exc_context', found, own=own, rivals=[outer], at='coroutine 1, caught')

    co = subject.create(body)
    subject.resume(co)
    try:
        raise outer
    except IndexError:
        subject.throw(co, thrown)
