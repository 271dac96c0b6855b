"""A suspended coroutine is destroyed, and its finally block raises."""

from stage import subject


def body(self, first):
    try:
        subject.suspend(self)
    finally:
        raise ValueError('raised in the finally block')


co = subject.create(body)
subject.resume(co)
subject.kill(co)
