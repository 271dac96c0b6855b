"""A coroutine that handles nothing is resumed inside of an except block, and raises."""

from stage import subject


def body(self, first):
    subject.suspend(self)
    raise ValueError('raised in the coroutine')


co = subject.create(body)
subject.resume(co)
try:
    raise KeyError('handled by main')
except KeyError:
    subject.resume(co)
