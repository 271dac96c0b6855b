"""A coroutine raises that another coroutine resumed; main had begun it."""

from stage import subject


def inner(self, first):
    subject.suspend(self)
    raise ValueError('raised in the inner coroutine')


def outer(self, first):
    subject.resume(inside)


inside = subject.create(inner)
subject.resume(inside)
subject.resume(subject.create(outer))
