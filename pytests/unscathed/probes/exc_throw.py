"""An exception that is thrown in arrives where the coroutine is suspended, itself."""

from unscathed.observe import outcome
from unscathed.probes.exc_flight import same


def caught(subject, seen):
    """It is caught around the suspension, and the body goes on."""
    thrown, outer = KeyError(seen.by(0)), ValueError(seen.by(0))

    def body(self, first):
        found = None
        try:
            found = subject.suspend(self)
        except (KeyError, ValueError) as error:
            found = error
        seen.see('py.throw', same(found, thrown), own=thrown, rivals=[outer, None], at='coroutine 1')
        return subject.suspend(self, 'suspended again')

    co = subject.create(body)
    subject.resume(co)
    try:
        raise outer
    except ValueError:
        found = outcome(subject.throw, co, thrown)
    seen.see('py.throw', found, own='suspended again', rivals=[thrown, outer], at='main, what throw returns')
    found = outcome(subject.resume, co, 'the end')
    seen.see('py.throw', found, own='the end', rivals=[thrown, outer], at='main, out of the next resume')


def uncaught(subject, seen):
    """It is not caught, and comes out of throw; the coroutine is done."""
    thrown, outer = KeyError(seen.by(0)), ValueError(seen.by(0))

    def body(self, first):
        subject.suspend(self)

    co = subject.create(body)
    subject.resume(co)
    try:
        raise outer
    except ValueError:
        found = same(outcome(subject.throw, co, thrown), thrown)
    seen.see('py.throw', found, own=thrown, rivals=[outer, None], at='main, out of throw')
    seen.see('py.throw', bool(subject.done(co)), own=True, fixed=True, at='main, whether 1 is done')


def unstarted(subject, seen):
    """Thrown into a coroutine that has not begun, it comes out, and nothing has run."""
    thrown, ran = KeyError(seen.by(0)), []

    def body(self, first):
        ran.append('the body')

    co = subject.create(body)
    found = same(outcome(subject.throw, co, thrown), thrown)
    seen.see('py.throw', found, own=thrown, rivals=[None], at='main, out of throw')
    seen.see('py.throw', ran, own=[], fixed=True, at='main, what has run')
    seen.see('py.throw', bool(subject.done(co)), own=True, fixed=True, at='main, whether 1 is done')


def replaced(subject, seen):
    """It is answered with another exception, which comes out in its place."""
    thrown, answer = KeyError(seen.by(0)), ValueError(seen.by(1))

    def body(self, first):
        try:
            subject.suspend(self)
        except KeyError:
            raise answer

    co = subject.create(body)
    subject.resume(co)
    found = same(outcome(subject.throw, co, thrown), answer)
    seen.see('py.throw', found, own=answer, rivals=[thrown, None], at='main, out of throw')
    found = getattr(found, '__context__', thrown)
    seen.see('py.throw', same(found, thrown), own=thrown, rivals=[None], at='main, its context')


def final(subject, seen):
    """It passes a finally block that suspends, and goes on when that is resumed."""
    thrown, outer = KeyError(seen.by(0)), ValueError(seen.by(0))

    def body(self, first):
        try:
            subject.suspend(self)
        finally:
            subject.suspend(self, 'in the finally block')

    co = subject.create(body)
    subject.resume(co)
    found = outcome(subject.throw, co, thrown)
    seen.see('py.throw', found, own='in the finally block', rivals=[thrown], at='main, what throw returns')
    try:
        raise outer
    except ValueError:
        found = same(outcome(subject.resume, co), thrown)
    seen.see('py.throw', found, own=thrown, rivals=[outer, None], at='main, out of the next resume')


def nested(subject, seen):
    """Thrown into the inner of two coroutines, it is caught by the one that resumes it."""
    thrown, outer = KeyError(seen.by(0)), ValueError(seen.by(0))

    def innermost(self, first):
        subject.suspend(self)

    two = subject.create(innermost)

    def middle(self, first):
        subject.resume(two)
        found = same(outcome(subject.throw, two, thrown), thrown)
        seen.see('py.throw', found, own=thrown, rivals=[outer, None], at='coroutine 1, out of throw')
        return 'the end'

    one = subject.create(middle)
    try:
        raise outer
    except ValueError:
        found = outcome(subject.resume, one)
    seen.see('py.throw', found, own='the end', rivals=[thrown, outer], at='main, out of resume')
