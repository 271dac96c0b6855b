"""A generator keeps the exception that it is handling, on whichever stack it is advanced."""

import sys

from unscathed.observe import outcome


def catcher(error, looks):
    """Handles an exception over three yields, and looks at what it is handling after each.

    Out of its block it handles nothing, and sees what whoever advances it is handling.
    """
    try:
        raise error
    except KeyError:
        for _ in range(2):
            yield
            looks.append(sys.exc_info()[1])
    yield
    looks.append(sys.exc_info()[1])
    yield


def within(subject, seen):
    """The generator is at rest in its block while its coroutine is suspended."""
    mine, inner, outer = KeyError(seen.by(1)), IndexError(seen.by(1)), ValueError(seen.by(0))

    def body(self, first):
        looks = []
        generator = catcher(mine, looks)
        next(generator)
        try:
            raise inner
        except IndexError:
            for place in ('first', 'second'):
                subject.suspend(self)
                next(generator)
                at = 'coroutine 1, in its generator, %s time' % place
                seen.see('py.generator', looks.pop(), own=mine, rivals=[inner, outer], at=at)
            subject.suspend(self)
            next(generator)
            found, rivals = looks.pop(), [mine, outer, None]
            seen.see('py.exc_info', found, own=inner, rivals=rivals, at='coroutine 1, out of the block')

    co = subject.create(body)
    subject.resume(co)
    for _ in range(3):
        try:
            raise outer
        except ValueError:
            subject.resume(co)


def across(subject, seen):
    """Begun in one coroutine, it is advanced by another one and by main."""
    mine, one, two = KeyError(seen.by(1)), IndexError(seen.by(1)), AttributeError(seen.by(2))
    outer, looks = ValueError(seen.by(0)), []
    generator = catcher(mine, looks)

    def begin(self, generator):
        try:
            raise one
        except IndexError:
            next(generator)
            subject.suspend(self)
        return generator

    def advance(self, generator):
        try:
            raise two
        except AttributeError:
            subject.suspend(self)
            next(generator)
            rivals = [one, two, outer]
            seen.see('py.generator', looks.pop(), own=mine, rivals=rivals, at='generator, in coroutine 2')
            found = sys.exc_info()[1]
            seen.see('py.exc_info', found, own=two, rivals=[mine, one, outer], at='coroutine 2, after next')

    first, second = subject.create(begin), subject.create(advance)
    subject.resume(first, generator)
    subject.resume(second, generator)
    try:
        raise outer
    except ValueError:
        subject.resume(second)
        next(generator)
        seen.see('py.generator', looks.pop(), own=mine, rivals=[one, two, outer], at='generator, in main')
        next(generator)
        found = looks.pop()
        seen.see('py.exc_info', found, own=outer, rivals=[mine, one, two, None], at='out of its block')
    subject.resume(first)


def inside(subject, seen):
    """The generator is running when it suspends the coroutine, and cannot be advanced."""
    mine, inner, outer = KeyError(seen.by(1)), IndexError(seen.by(1)), ValueError(seen.by(0))
    generators = []

    def sleeper(co):
        try:
            raise mine
        except KeyError:
            subject.suspend(co)
            found, rivals = sys.exc_info()[1], [inner, outer]
            seen.see('py.generator', found, own=mine, rivals=rivals, at='generator, after suspend')
            yield 'yielded'

    def body(self, first):
        generator = sleeper(self)
        generators.append(generator)
        try:
            raise inner
        except IndexError:
            value = next(generator)
            found, rivals = sys.exc_info()[1], [mine, outer]
            seen.see('py.exc_info', found, own=inner, rivals=rivals, at='coroutine 1, after next')
        return value

    co = subject.create(body)
    subject.resume(co)
    found = isinstance(outcome(next, generators[0]), ValueError)
    seen.see('py.generator', found, own=True, fixed=True, at='main, whether it is refused')
    try:
        raise outer
    except ValueError:
        found = outcome(subject.resume, co)
    seen.see('py.generator', found, own='yielded', rivals=[mine, outer], at='main, out of resume')
    found = outcome(next, generators[0])
    seen.see('py.generator', found, own=StopIteration(), rivals=['yielded'], at='main, its end')


def thrown(subject, seen):
    """Begun in a coroutine, it is thrown into by main."""
    mine, outer, thrown = KeyError(seen.by(1)), ValueError(seen.by(0)), IndexError(seen.by(0))
    looks = []

    def catches():
        try:
            raise mine
        except KeyError:
            try:
                yield
            except IndexError:
                looks.append(sys.exc_info()[1])
            looks.append(sys.exc_info()[1])
            yield

    def body(self, generator):
        next(generator)
        subject.suspend(self)
        subject.suspend(self)
        return generator

    generator = catches()
    co = subject.create(body)
    subject.resume(co, generator)
    try:
        raise outer
    except ValueError:
        subject.resume(co)
        generator.throw(thrown)
    seen.see('py.generator', looks[0], own=thrown, rivals=[mine, outer, None], at='generator, inner block')
    seen.see('py.generator', looks[1], own=mine, rivals=[thrown, outer, None], at='generator, outer block')
    subject.resume(co)
