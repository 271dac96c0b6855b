"""Context variables belong to whoever set them, and so does what is kept in them."""

import ctypes
import decimal
import sys
import warnings

from unscathed.observe import Rival, Skip, outcome

try:
    import contextvars
except ImportError:
    contextvars = None  # Before 3.7; the rows that need them begin there.


def variable(subject, seen):
    """By a copy of the context: that variables remember old readings is another element."""
    token = contextvars.ContextVar('token', default='unset')
    inner, outer, last = seen.by(1), seen.by(0), seen.by(1)

    def body(self, first):
        token.set(inner)
        subject.suspend(self)
        at = 'coroutine 1, when suspend returns'
        seen.see('py.contextvars', kept(token), own=inner, rivals=[outer], at=at)
        token.set(last)

    token.set(outer)
    co = subject.create(body)
    subject.resume(co)
    at = 'main, when 1 has set its own and suspended'
    seen.see('py.contextvars', kept(token), own=outer, rivals=[inner], at=at)
    token.set(outer)
    subject.resume(co)
    at = 'main, when 1 has set it again and finished'
    seen.see('py.contextvars', kept(token), own=outer, rivals=[last], at=at)


def initial(subject, seen):
    token = contextvars.ContextVar('token', default='the default')
    outer = seen.by(0)

    def body(self, first):
        at = 'coroutine 1, when it begins'
        seen.see('py.context_start', token.get(), own='the default', rivals=[outer], at=at)

    token.set(outer)
    subject.resume(subject.create(body))


def cache(subject, seen):
    """Variables remember where they were last found: no switch may make that true again."""
    token = contextvars.ContextVar('token')
    inner, outer, later = seen.by(1), seen.by(0), seen.by(0)

    def look(at):
        seen.see('py.context_cache', token.get(), own=kept(token), rivals=[inner, outer, later], at=at)

    def body(self, first):
        token.set(inner)
        subject.suspend(self)
        look('coroutine 1, when suspend returns')
        subject.suspend(self)
        look('coroutine 1, when suspend returns again')

    token.set(outer)
    co = subject.create(body)
    subject.resume(co)
    look('main, when 1 has set the variable')
    token.set(later)
    subject.resume(co)
    look('main, when 1 has read the variable')
    token.get()
    subject.resume(co)
    look('main, when 1 has finished')


def kept(token):
    """What the current context holds: a copy of it has no memory of earlier readings."""
    return contextvars.copy_context()[token]


def overlapped(subject, seen):
    """Two calls of Context.run that end in the order in which they began."""
    whose = contextvars.ContextVar('whose', default='unset')
    names = [seen.by(1), seen.by(2)]

    def make(number, own, rival):
        def body(self, first):
            def inside():
                whose.set(own)
                subject.suspend(self)
                return whose.get()

            found = outcome(contextvars.copy_context().run, inside)
            at = 'coroutine %d, when Context.run returns' % number
            seen.see('py.context_run', found, own=own, rivals=[rival], at=at)

        return subject.create(body)

    one, two = make(1, *names), make(2, *reversed(names))
    for co in (one, two, one, two):
        subject.resume(co)


def entered(subject, seen):
    """A context is entered once at a time, also while whoever entered it is suspended."""
    shared = contextvars.copy_context()

    def body(self, first):
        shared.run(subject.suspend, self)

    co = subject.create(body)
    subject.resume(co)
    found = told(outcome(shared.run, lambda: 'entered'))
    at = 'main, while 1 is suspended in the same context'
    seen.see('py.context_run', found, own='refused', rivals=[Rival('coroutine 1', 'entered')], at=at)
    found = told(outcome(subject.resume, co))
    seen.see('py.context_run', found, own='left', rivals=[Rival('main', 'refused')], at='1, when it leaves')
    found = told(outcome(shared.run, lambda: 'entered'))
    rivals = [Rival('coroutine 1', 'refused')]
    seen.see('py.context_run', found, own='entered', rivals=rivals, at='main, when 1 has left')


def told(found):
    """A refusal is a RuntimeError; its text differs between interpreters."""
    if isinstance(found, RuntimeError):
        return 'refused'
    return 'left' if found is None else found


def watched(subject, seen):
    """C code that is told of each change of context: which one does it take for the current?"""
    whose = contextvars.ContextVar('whose', default='the default')
    believed = []

    def notice(event, context):
        believed.append(None if context is None else context.get(whose))
        return 0

    callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.py_object)(notice)
    watcher = ctypes.pythonapi.PyContext_AddWatcher(callback)
    inner, outer = seen.by(1), seen.by(0)

    def body(self, first):
        whose.set(inner)
        tell()
        subject.suspend(self)
        at = 'coroutine 1, when suspend returns'
        seen.see('py.context_watchers', believed[-1], own=inner, rivals=[outer], at=at)

    def tell():
        # Leaving a context is a change to the one that comes next: the caller's.
        contextvars.copy_context().run(int)

    whose.set(outer)
    co = subject.create(body)
    try:
        subject.resume(co)
        at = 'main, when 1 has suspended'
        seen.see('py.context_watchers', believed[-1], own=outer, rivals=[inner], at=at)
        tell()
        subject.resume(co)
    finally:
        ctypes.pythonapi.PyContext_ClearWatcher(watcher)


def precision(subject, seen):
    """Not by changing the current context: a copied one would be the same object."""
    inner, outer, last = 31, 47, 53

    def body(self, first):
        decimal.setcontext(decimal.Context(prec=inner))
        subject.suspend(self)
        at = 'coroutine 1, when suspend returns'
        seen.see('py.decimal', found(), own=inner, rivals=[theirs], at=at)
        decimal.setcontext(decimal.Context(prec=last))

    def found():
        return decimal.getcontext().prec

    decimal.setcontext(decimal.Context(prec=outer))
    theirs = Rival(seen.by(0), outer)
    co = subject.create(body)
    subject.resume(co)
    at = 'main, when 1 has set its own and suspended'
    seen.see('py.decimal', found(), own=outer, rivals=[Rival(seen.by(1), inner)], at=at)
    decimal.setcontext(decimal.Context(prec=outer))
    subject.resume(co)
    at = 'main, when 1 has set it again and finished'
    seen.see('py.decimal', found(), own=outer, rivals=[Rival(seen.by(1), last)], at=at)


def localcontext(subject, seen):
    inner, outer = 31, 47

    def body(self, first):
        with decimal.localcontext(decimal.Context(prec=inner)):
            subject.suspend(self)
            at = 'coroutine 1, when suspend returns'
            rivals = [Rival('main', outer)]
            seen.see('py.decimal', decimal.getcontext().prec, own=inner, rivals=rivals, at=at)

    decimal.setcontext(decimal.Context(prec=9))
    co = subject.create(body)
    subject.resume(co)
    with decimal.localcontext(decimal.Context(prec=outer)):
        subject.resume(co)
        # With the thread it would be what 1 found when it began, and has put back.
        at = 'main, within its own, when 1 has left its own'
        rivals = [Rival('coroutine 1', inner), Rival('main, before', 9)]
        seen.see('py.decimal', decimal.getcontext().prec, own=outer, rivals=rivals, at=at)


def caught_warnings(subject, seen):
    """Each side catches warnings and warns once: who catches what?"""
    private = sys.modules.get('_py_warnings')
    if not hasattr(private, '_use_context'):
        raise Skip('this interpreter keeps the filters of warnings for the whole process')
    # What -X context_aware_warnings sets when an interpreter starts.
    private._use_context = True
    inner, outer = seen.by(1), seen.by(0)

    def body(self, first):
        with warnings.catch_warnings(record=True) as mine:
            warnings.simplefilter('always')
            subject.suspend(self)
            warnings.warn(inner, stacklevel=1)
            look(mine, inner, outer, 'coroutine 1, when it has warned')

    def look(log, own, rival, at):
        found = [str(warning.message) for warning in log]
        seen.see('py.warnings', found, own=[own], rivals=[[], [rival], [rival, own]], at=at, thread=[])

    co = subject.create(body)
    subject.resume(co)
    with warnings.catch_warnings(record=True) as ours:
        warnings.simplefilter('always')
        subject.resume(co)
        warnings.warn(outer, stacklevel=1)
        found = [str(warning.message) for warning in ours]
        rivals = [[inner], [], [inner, outer]]
        at = 'main, when it has warned'
        seen.see('py.warnings', found, own=[outer], rivals=rivals, at=at, thread=[inner])
