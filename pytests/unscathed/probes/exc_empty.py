"""Whoever handles nothing sees nothing, whatever others are handling."""

import sys

from unscathed.observe import outcome


def again():
    """Raises what is being handled, if anything is."""
    try:
        raise
    except (RuntimeError, TypeError):
        # How an interpreter says that there is nothing to raise.
        return None


def looks(seen, rivals, at):
    found = sys.exc_info()[1]
    seen.see('py.exc_info.empty', found, own=None, rivals=rivals, at=at)
    seen.see('py.exc_info.empty', outcome(again), own=None, rivals=rivals, at=at + ', a bare raise')
    try:
        raise LookupError('new')
    except LookupError as error:
        found = getattr(error, '__context__', None)
    seen.see('py.exc_info.empty', found, own=None, rivals=rivals, at=at + ', a new context')


def main(subject, seen):
    inner = KeyError(seen.by(1))

    def body(self, first):
        try:
            raise inner
        except KeyError:
            subject.suspend(self)
            subject.suspend(self)

    co = subject.create(body)
    subject.resume(co)
    looks(seen, [inner], 'main, when 1 has suspended')
    subject.resume(co)
    looks(seen, [inner], 'main, when 1 has suspended again')


def fresh(subject, seen):
    outer = ValueError(seen.by(0))

    def body(self, first):
        looks(seen, [outer], 'coroutine 1, at its start')

    co = subject.create(body)
    try:
        raise outer
    except ValueError:
        subject.resume(co)


def resumed(subject, seen):
    outer = ValueError(seen.by(0))

    def body(self, first):
        subject.suspend(self)
        looks(seen, [outer], 'coroutine 1, after suspend')

    co = subject.create(body)
    subject.resume(co)
    try:
        raise outer
    except ValueError:
        subject.resume(co)


def elsewhere(subject, seen):
    """What a coroutine is resumed in the midst of does not stay with it."""
    outer = ValueError(seen.by(0))

    def body(self, first):
        subject.suspend(self)
        looks(seen, [outer], 'coroutine 1, resumed by main that handles nothing')

    co = subject.create(body)

    def start():
        try:
            raise outer
        except ValueError:
            subject.resume(co)

    start()
    subject.resume(co)
