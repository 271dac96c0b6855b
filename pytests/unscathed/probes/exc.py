"""The exception that is being handled belongs to whoever handles it."""

import sys


def handled(subject, seen):
    inner, outer = KeyError(seen.by(1)), ValueError(seen.by(0))

    def body(self, first):
        try:
            raise inner
        except KeyError:
            subject.suspend(self)
            found = sys.exc_info()[1]
            seen.see('py.exc_info', found, own=inner, rivals=[outer], at='coroutine 1, when suspend returns')

    co = subject.create(body)
    subject.resume(co)
    try:
        raise outer
    except ValueError:
        subject.resume(co)
        found = sys.exc_info()[1]
        seen.see('py.exc_info', found, own=outer, rivals=[inner], at='main, when resume returns')
