"""except* splits a group of exceptions, and a suspension in it loses no part (3.11)."""

from unscathed.observe import outcome


def star(subject, seen):
    """The coroutine suspends in the handler of one part; the others are still to come."""
    parts = [kind(seen.by(1)) for kind in (KeyError, IndexError, OSError)]
    outer = ValueError(seen.by(0))
    all_others = [parts, [outer], []]

    def body(self, first):
        try:
            raise ExceptionGroup('three', parts)
        except* KeyError as error:
            subject.suspend(self)
            found, rivals = list(error.exceptions), all_others + [parts[1:]]
            seen.see('py.exc_group', found, own=parts[:1], rivals=rivals, at='the first block')
        except* IndexError as error:
            found, rivals = list(error.exceptions), all_others + [parts[:1]]
            seen.see('py.exc_group', found, own=parts[1:2], rivals=rivals, at='the second block')

    co = subject.create(body)
    subject.resume(co)
    found = None
    try:
        raise ExceptionGroup('one', [outer])
    except* ValueError:
        found = outcome(subject.resume, co)
    if isinstance(found, BaseExceptionGroup):
        found = list(found.exceptions)
    seen.see('py.exc_group', found, own=parts[2:], rivals=all_others + [None], at='main, out of resume')
