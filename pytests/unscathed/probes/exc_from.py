"""raise X from Y crosses a switch with its cause, in both directions (3.0)."""

from unscathed.observe import outcome


def linked(error):
    """What an exception says of those before it: cause, context, whether that is shown."""
    if not isinstance(error, LookupError):
        return error
    return [error.__cause__, error.__context__, error.__suppress_context__]


def outward(subject, seen):
    cause, inner, outer = ValueError(seen.by(1)), KeyError(seen.by(1)), OSError(seen.by(0))

    def body(self, first):
        try:
            raise cause
        except ValueError:
            try:
                raise inner from cause
            finally:
                subject.suspend(self)

    co = subject.create(body)
    subject.resume(co)
    try:
        raise outer
    except OSError:
        found = linked(outcome(subject.resume, co))
    rivals = [[cause, outer, True], [outer, cause, True], [None, cause, False]]
    seen.see('py.exc_context', found, own=[cause, cause, True], rivals=rivals, at='main, out of resume')


def hidden(subject, seen):
    """`from None` hides a context, and keeps it."""
    cause, inner, outer = ValueError(seen.by(1)), KeyError(seen.by(1)), OSError(seen.by(0))

    def body(self, first):
        try:
            raise cause
        except ValueError:
            try:
                raise inner from None
            finally:
                subject.suspend(self)

    co = subject.create(body)
    subject.resume(co)
    try:
        raise outer
    except OSError:
        found = linked(outcome(subject.resume, co))
    rivals = [[None, outer, True], [None, cause, False]]
    seen.see('py.exc_context', found, own=[None, cause, True], rivals=rivals, at='main, out of resume')


def inward(subject, seen):
    cause, thrown, outer = ValueError(seen.by(0)), KeyError(seen.by(0)), OSError(seen.by(0))

    def body(self, first):
        try:
            subject.suspend(self)
        except LookupError as error:
            rivals = [[cause, outer, True], [None, cause, False], [None, None, False]]
            own = [cause, cause, True]
            seen.see('py.exc_context', linked(error), own=own, rivals=rivals, at='coroutine 1, caught')

    co = subject.create(body)
    subject.resume(co)
    try:
        try:
            raise cause
        except ValueError:
            raise thrown from cause
    except KeyError:
        pass
    try:
        raise outer
    except OSError:
        subject.throw(co, thrown)
