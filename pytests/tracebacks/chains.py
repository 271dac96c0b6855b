"""Exceptions with a context and with a cause; the coroutine is suspended while it handles them."""

from stage import subject


def body(self, first):
    try:
        raise LookupError('handled by the coroutine')
    except LookupError:
        subject.suspend(self)
        try:
            raise ValueError('raised while that is handled')
        except ValueError as error:
            subject.suspend(self)
            raise RuntimeError('raised because of that') from error


def resume_while_handling(co):
    try:
        raise KeyError('handled by main')
    except KeyError:
        subject.resume(co)


co = subject.create(body)
subject.resume(co)
resume_while_handling(co)
resume_while_handling(co)
