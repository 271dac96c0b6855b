"""An asynchronous generator keeps the exception that it is handling (3.6)."""

import sys

from unscathed.observe import outcome


def step(awaitable):
    """Runs an awaitable that never waits, and gives its value."""
    try:
        awaitable.send(None)
    except StopIteration as stop:
        return stop.value
    return 'it waits'


def within(subject, seen):
    """It is at rest in its except block while its coroutine is suspended."""
    mine, inner, outer = KeyError(seen.by(1)), IndexError(seen.by(1)), ValueError(seen.by(0))

    async def catcher():
        try:
            raise mine
        except KeyError:
            for _ in range(3):
                yield sys.exc_info()[1]

    def body(self, first):
        generator = catcher()
        step(generator.__anext__())
        try:
            raise inner
        except IndexError:
            for place in ('first', 'second'):
                subject.suspend(self)
                found, rivals = step(generator.__anext__()), [inner, outer, None]
                at = 'coroutine 1, in its generator, %s time' % place
                seen.see('py.generator', found, own=mine, rivals=rivals, at=at)

    co = subject.create(body)
    subject.resume(co)
    for _ in range(2):
        try:
            raise outer
        except ValueError:
            subject.resume(co)


def inside(subject, seen):
    """It is running when it suspends the coroutine, and is refused to others."""
    mine, outer, generators = KeyError(seen.by(1)), ValueError(seen.by(0)), []

    async def sleeper(co):
        try:
            raise mine
        except KeyError:
            subject.suspend(co)
            found, rivals = sys.exc_info()[1], [outer, None]
            seen.see('py.generator', found, own=mine, rivals=rivals, at='generator, after suspend')
            yield 'yielded'

    def body(self, first):
        generator = sleeper(self)
        generators.append(generator)
        return step(generator.__anext__())

    co = subject.create(body)
    subject.resume(co)
    found = isinstance(outcome(step, generators[0].__anext__()), (RuntimeError, ValueError))
    seen.see('py.generator', found, own=True, fixed=True, at='main, whether it is refused')
    try:
        raise outer
    except ValueError:
        found = outcome(subject.resume, co)
    seen.see('py.generator', found, own='yielded', rivals=[mine, outer], at='main, out of resume')
