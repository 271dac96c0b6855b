"""An exception on its way out reaches whoever it would reach without a switch."""

import sys

from unscathed.observe import outcome


def same(found, wanted):
    """What was found; what only looks like the wanted object is called a copy."""
    if found is not wanted and repr(found) == repr(wanted):
        return 'a copy of %r' % (found,)
    return found


def handle(subject, co, error):
    """Resumes while an exception is being handled."""
    try:
        raise error
    except type(error):
        return subject.resume(co)


def final(subject, seen):
    inner, outer = KeyError(seen.by(1)), ValueError(seen.by(0))

    def body(self, first):
        try:
            raise inner
        finally:
            subject.suspend(self)
            subject.suspend(self)

    co = subject.create(body)
    subject.resume(co)
    handle(subject, co, outer)
    found = same(outcome(handle, subject, co, outer), inner)
    seen.see('py.in_flight', found, own=inner, rivals=[outer, None], at='main, out of the last resume')


def both(subject, seen):
    """Each side has an exception in its finally block while the other goes on."""
    inner, outer = KeyError(seen.by(1)), ValueError(seen.by(0))

    def body(self, first):
        try:
            raise inner
        finally:
            subject.suspend(self)

    co = subject.create(body)
    subject.resume(co)
    results = []

    def flee():
        try:
            raise outer
        finally:
            results.append(outcome(subject.resume, co))

    found = same(outcome(flee), outer)
    seen.see('py.in_flight', found, own=outer, rivals=[inner, None], at='main, out of finally')
    found = same(results[0], inner)
    seen.see('py.in_flight', found, own=inner, rivals=[outer, None], at='main, out of resume')


def leaving(subject, seen):
    """What leaves a body is the same object outside, and nobody else's."""
    inner, outer = KeyError(seen.by(1)), ValueError(seen.by(0))

    def body(self, first):
        subject.suspend(self)
        raise inner

    co = subject.create(body)
    subject.resume(co)
    found = same(outcome(handle, subject, co, outer), inner)
    seen.see('py.in_flight', found, own=inner, rivals=[outer, None], at='main, out of resume')


def nested(subject, seen):
    """Through two coroutines, each with a finally block that suspends."""
    inner, outer = KeyError(seen.by(2)), ValueError(seen.by(0))

    def innermost(self, first):
        try:
            raise inner
        finally:
            subject.suspend(self)

    def middle(self, two):
        try:
            subject.resume(two)
            subject.resume(two)
        finally:
            subject.suspend(self)

    one = subject.create(middle)
    subject.resume(one, subject.create(innermost))
    found = same(outcome(handle, subject, one, outer), inner)
    seen.see('py.in_flight', found, own=inner, rivals=[outer, None], at='main, out of the outer resume')


def sleeper(subject, inner):
    """A coroutine that suspends in an except block within a finally block."""

    def body(self, first):
        try:
            try:
                raise inner
            except KeyError:
                subject.suspend(self)
        finally:
            try:
                raise IndexError('in the last block')
            except IndexError:
                pass

    co = subject.create(body)
    subject.resume(co)
    return co


def killing(subject, seen):
    """A coroutine is unwound while an exception of its killer is on its way."""
    inner, outer = KeyError(seen.by(1)), ValueError(seen.by(0))
    co, contexts = sleeper(subject, inner), []

    def flee():
        try:
            raise outer
        finally:
            contexts.append(getattr(outer, '__context__', None))
            subject.kill(co)

    found = same(outcome(flee), outer)
    seen.see('py.in_flight', found, own=outer, rivals=[inner, None], at='main, out of finally')
    found, rivals = getattr(outer, '__context__', None), [inner, outer]
    seen.see('py.in_flight', found, own=contexts[0], rivals=rivals, at='main, its context')


def killed(subject, seen):
    """A coroutine is unwound while its killer handles an exception."""
    inner, outer = KeyError(seen.by(1)), ValueError(seen.by(0))
    co = sleeper(subject, inner)
    try:
        raise outer
    except ValueError:
        outcome(subject.kill, co)
        seen.see('py.exc_info', sys.exc_info()[1], own=outer, rivals=[inner, None], at='main, after kill')


def dropped(subject, seen):
    """A coroutine dies, or not, with the last frame that holds it, as an exception leaves that."""
    inner, outer = KeyError(seen.by(1)), ValueError(seen.by(0))

    def hold():
        held = sleeper(subject, inner)
        try:
            raise outer
        except ValueError:
            del held
            found = sys.exc_info()[1]
            seen.see('py.exc_info', found, own=outer, rivals=[inner, None], at='main, without 1')

    def flee():
        held = [sleeper(subject, inner)]
        raise outer if held else inner

    hold()
    found = same(outcome(flee), outer)
    seen.see('py.in_flight', found, own=outer, rivals=[inner, None], at='main, without 1')
