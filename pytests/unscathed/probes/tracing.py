"""Tracers and profilers: whose they are, what they see, and a switch inside them."""

import sys

from unscathed.observe import Rival, outcome

NOBODY = 'nobody'


class Tracer(object):
    """Notes which of some functions are called. One of them may have something done."""

    def __init__(self, mark, *functions):
        self.mark = mark
        self.codes = [function.__code__ for function in functions]
        self.events = []
        self.chores = {}

    def __call__(self, frame, event, argument):
        if event in ('call', 'return') and frame.f_code in self.codes:
            self.events.append((event, frame.f_code.co_name))
            chore = self.chores.pop(frame.f_code.co_name, None)
            if chore:
                chore()

    def saw(self, function):
        """Who saw a call of this function: this tracer, or nobody."""
        return self.mark if ('call', function.__name__) in self.events else NOBODY


class Hook(object):
    """The place for a function that is told of calls: `trace` or `profile`."""

    def __init__(self, kind):
        self.kind = kind

    def install(self, tracer):
        getattr(sys, 'set' + self.kind)(tracer)

    def installed(self):
        return getattr(sys, 'get' + self.kind)()

    def owner(self):
        """The mark of the tracer that the interpreter names."""
        return getattr(self.installed(), 'mark', NOBODY)


TRACE, PROFILE = Hook('trace'), Hook('profile')


def scope(subject, seen):
    whose(subject, seen, TRACE, 'py.tracing')


def profile_scope(subject, seen):
    whose(subject, seen, PROFILE, 'py.profiling')


def whose(subject, seen, hook, element):
    """Main and a coroutine install tracers in turn, and each looks for its own."""
    before, inner, after = [Tracer(seen.by(number)) for number in (0, 1, 0)]

    def body(self, first):
        hook.install(inner)
        subject.suspend(self)
        found = hook.owner()
        hook.install(inner)
        look(found, inner, [before, after], after, 'coroutine 1, when suspend returns')

    def look(found, own, others, last, at):
        rivals = [other.mark for other in others]
        seen.see(element, found, own=own.mark, rivals=rivals, thread=last.mark, at=at)

    co = subject.create(body)
    hook.install(before)
    subject.resume(co)
    found = hook.owner()
    hook.install(after)
    look(found, before, [inner, after], inner, 'main, when resume returns')
    subject.resume(co)
    found = hook.owner()
    hook.install(None)
    look(found, after, [inner, before], inner, 'main, when resume returns from the end')


def installed_meanwhile(subject, seen):
    effect(subject, seen, TRACE)


def profiler_installed_meanwhile(subject, seen):
    effect(subject, seen, PROFILE)


def effect(subject, seen, hook):
    """What the interpreter says is installed must be what sees calls, in whatever frame."""

    def traced():
        return None

    outer, inner = Tracer(seen.by(0), traced), Tracer(seen.by(1), traced)

    def look(at):
        del outer.events[:], inner.events[:]
        own = hook.owner()
        traced()
        found = [tracer.mark for tracer in (outer, inner) if tracer.saw(traced) != NOBODY]
        others = [owner for owner in (outer.mark, inner.mark, NOBODY) if owner != own]
        rivals = [Rival(owner, [owner] if owner != NOBODY else []) for owner in others]
        seen.see('py.use_tracing', found, own=[own] if own != NOBODY else [], rivals=rivals, at=at)

    def body(self, first):
        subject.suspend(self)
        look('coroutine 1, after main installed one')
        subject.suspend(self)
        look('coroutine 1, after main removed it')
        hook.install(inner)
        look('coroutine 1, after it installed its own')
        subject.suspend(self)
        look('coroutine 1, when it comes back to its own')
        hook.install(None)
        subject.suspend(self)
        look('coroutine 1, after it removed its own')

    co = subject.create(body)
    subject.resume(co)
    hook.install(outer)
    subject.resume(co)
    look('main, after it installed one')
    hook.install(None)
    subject.resume(co)
    look('main, after 1 installed its own')
    subject.resume(co)
    look('main, after 1 removed its own')
    subject.resume(co)


def started_inside(subject, seen):
    inside(subject, seen, TRACE)


def started_inside_profiler(subject, seen):
    inside(subject, seen, PROFILE)


def inside(subject, seen, hook):
    """A tracer starts a coroutine, which installs one of its own and is traced."""

    def trigger():
        return None

    def traced():
        return None

    def later():
        return None

    outer = Tracer(seen.by(0), trigger, later)
    inner = Tracer(seen.by(1), traced)

    def body(self, first):
        previous = hook.installed()
        hook.install(inner)
        traced()
        # Where tracers stay with the thread, this one is in the place of another.
        hook.install(previous)
        return inner.saw(traced)

    found = []
    outer.chores['trigger'] = lambda: found.append(outcome(subject.resume, subject.create(body)))
    hook.install(outer)
    trigger()
    later()
    hook.install(None)
    silence = Rival('main, inside its tracer', NOBODY)
    at = 'coroutine 1, started inside a tracer of main'
    seen.see('py.trace_counter', found[0] if found else NOBODY, own=inner.mark, rivals=[silence], at=at)
    silence = Rival('coroutine 1', NOBODY)
    seen.see('py.trace_counter', outer.saw(later), own=outer.mark, rivals=[silence], at='main, afterwards')


def suspended_inside(subject, seen):
    beside(subject, seen, TRACE)


def suspended_inside_profiler(subject, seen):
    beside(subject, seen, PROFILE)


def beside(subject, seen, hook):
    """A coroutine is suspended inside its tracer, and others are traced meanwhile."""

    def trigger():
        return None

    def traced():
        return None

    marks = [seen.by(number) for number in (0, 1, 2)]

    def parked(self, first):
        tracer = Tracer(marks[1], trigger, traced)
        tracer.chores['trigger'] = lambda: subject.suspend(self)
        hook.install(tracer)
        trigger()
        hook.install(tracer)
        traced()
        hook.install(None)
        return tracer.saw(traced)

    def free(self, first):
        return watched(marks[2])

    def watched(mark):
        tracer = Tracer(mark, traced)
        hook.install(tracer)
        traced()
        hook.install(None)
        return tracer.saw(traced)

    co, other = subject.create(parked), subject.create(free)
    seen.step('1 suspends inside its tracer')
    subject.resume(co)
    silence = Rival('coroutine 1, inside its tracer', NOBODY)
    found = watched(marks[0])
    seen.see('py.trace_counter', found, own=marks[0], rivals=[silence], at='main, meanwhile')
    found = outcome(subject.resume, other)
    seen.see('py.trace_counter', found, own=marks[2], rivals=[silence], at='coroutine 2, meanwhile')
    found = outcome(subject.resume, co)
    silence = Rival('main', NOBODY)
    seen.see('py.trace_counter', found, own=marks[1], rivals=[silence], at='coroutine 1, afterwards')
    found = watched(marks[0])
    seen.see('py.trace_counter', found, own=marks[0], rivals=[silence], at='main, afterwards')


def profile_balance(subject, seen):
    """Calls and returns that a profiler is told of nest, for each side on its own."""
    hook = PROFILE
    marks = [seen.by(number) for number in (1, 2)]
    told = {mark: [] for mark in marks}

    def outer(self, mark):
        inner(self, mark)

    def inner(self, mark):
        for _ in marks:
            subject.suspend(self)
            # Another party may have installed its own, where they stay with the thread.
            hook.install(profiler)

    def profiler(frame, event, argument):
        if event in ('call', 'return') and frame.f_code in (outer.__code__, inner.__code__):
            told[frame.f_locals['mark']].append('%s %s' % (event, frame.f_code.co_name))

    def body_of(mark):
        def body(self, first):
            hook.install(profiler)
            outer(self, mark)

        return body

    cos = [subject.create(body_of(mark)) for mark in marks]
    for _ in range(len(marks) + 1):
        for co in cos:
            outcome(subject.resume, co)
    hook.install(None)
    own = ['call outer', 'call inner', 'return inner', 'return outer']
    rivals = [Rival('the other coroutine', own[:2]), Rival('both coroutines', own[:2] * 2 + own[2:] * 2)]
    for number, mark in enumerate(marks):
        at = 'the profiler, about coroutine %d' % (number + 1)
        seen.see('py.profile_balance', told[mark], own=own, rivals=rivals, at=at)
