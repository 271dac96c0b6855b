"""The frames of a suspended coroutine can be read, and lead to nobody else's."""

import inspect
import os
import sys
import traceback
import warnings

from unscathed.observe import outcome
from unscathed.walk import end, functions, of_generator

try:
    from thread import get_ident
except ImportError:
    from threading import get_ident


def starter(subject, co, value=None):
    """Whoever starts a coroutine, and is gone when it is resumed."""
    return subject.resume(co, value)


def continuer(subject, co, value=None):
    """Whoever resumes a coroutine later."""
    return subject.resume(co, value)


def suspended(subject, seen):
    """Its line and its variables can be read, and it cannot be cleared."""
    mine, theirs, frames, lines = seen.by(1), seen.by(0), [], []

    def body(self, mark):
        frames.append(sys._getframe())
        for _ in range(2):
            lines.append(sys._getframe().f_lineno + 1)
            subject.suspend(self)
        return mark

    mark = theirs
    co = subject.create(body)
    subject.resume(co, mine)
    frame = frames[0]
    for place in ('first', 'second'):
        at = 'main, the %s time' % place
        seen.see('py.frames', frame.f_locals.get('mark'), own=mine, rivals=[mark], at=at + ', a variable')
        seen.see('py.frames', frame.f_lineno, own=lines[-1], fixed=True, at=at + ', the line')
        seen.see('py.frames', frame.f_code.co_name, own='body', rivals=['suspended'], at=at + ', its code')
        # Clearing the frame of a generator ended it until Python 3.12.
        if hasattr(frame, 'clear') and not (of_generator(frame) and sys.version_info < (3, 13)):
            found = isinstance(outcome(frame.clear), RuntimeError)
            seen.see('py.frames', found, own=True, fixed=True, at=at + ', whether clear is refused')
        found = outcome(subject.resume, co)
    seen.see('py.frames', found, own=mine, rivals=[mark, None], at='main, what the body returns')


def stale(subject, seen):
    """No frame leads to whoever resumed it before."""
    frames = []

    def body(self, first):
        frames.append(sys._getframe())
        for _ in range(2):
            subject.suspend(self)
            found = [name for name in functions(sys._getframe(), stale) if name == 'starter']
            seen.see('py.frames', found, own=[], rivals=[['starter']], at='coroutine 1, resumed by others')

    co = subject.create(body)
    starter(subject, co)
    rivals = [['body', 'starter', 'stale'], ['body', 'continuer', 'stale']]
    for at in ('main, when 1 has suspended', 'main, when 1 has suspended again'):
        seen.see('py.frames', functions(frames[0], stale), own=['body'], rivals=rivals, at=at)
        continuer(subject, co)


def linked(subject, seen):
    """The frames of a running coroutine end with its body, or go on to its resumer."""

    def body(self, first):
        for by in ('starter', 'continuer'):
            # Whoever resumed it before is a matter of its own.
            found = [name for name in functions(sys._getframe(), linked) if name in ('body', by)]
            other, at = ['body', by], 'coroutine 1, resumed by ' + by
            seen.see('py.frame_link', found, own=['body'], rivals=[other], thread=other, at=at)
            subject.suspend(self)

    co = subject.create(body)
    starter(subject, co)
    continuer(subject, co)


def ending(subject, seen):
    """A walk along the frames of a coroutine ends, while it runs and while it does not."""
    frames = []

    def body(self, first):
        frames.append(sys._getframe())
        for at in ('coroutine 1, at its start', 'coroutine 1, after suspend'):
            seen.see('py.frames.end', end(sys._getframe()), own='a root', fixed=True, at=at)
            subject.suspend(self)

    co = subject.create(body)
    for at in ('main, when 1 has suspended', 'main, when 1 has suspended again'):
        subject.resume(co)
        seen.see('py.frames.end', end(frames[0]), own='a root', fixed=True, at=at)


def innermost(subject, seen):
    """The subject shows the frame in which a coroutine is suspended."""

    def early(co):
        return subject.suspend(co)

    def late(co):
        return subject.suspend(co)

    def body(self, first):
        early(self)
        late(self)

    co = subject.create(body)
    subject.resume(co)
    shown = [functions(subject.frame(co), innermost)]
    subject.resume(co)
    shown.append(functions(subject.frame(co), innermost))
    own = [['early', 'body'], ['late', 'body']]
    rivals = [[frames + ['innermost'] for frames in own], [['body'], ['body']], [own[0], own[0]]]
    seen.see('py.frames', shown, own=own, rivals=rivals, at='main, by two suspensions')


def callback(subject, seen):
    """C code between two frames hides neither of them."""
    frames = []

    def body(self, first):
        def key(item):
            frames.append(sys._getframe())
            subject.suspend(self)
            return -item

        return sorted([1, 2], key=key)

    co = subject.create(body)
    for at in ('main, at the first key', 'main, at the second key'):
        subject.resume(co)
        found, rivals = functions(frames[-1], callback), [['key'], ['key', 'body', 'callback']]
        seen.see('py.frames', found, own=['key', 'body'], rivals=rivals, at=at)
    found = outcome(subject.resume, co)
    seen.see('py.frames', found, own=[2, 1], rivals=[[1, 2]], at='main, what was sorted')


def nested(subject, seen):
    """Two suspended coroutines, one of which has started the other, have frames of their own."""
    frames = {}

    def inner(self, first):
        frames['inner'] = sys._getframe()
        subject.suspend(self)

    two = subject.create(inner)

    def outer(self, first):
        frames['outer'] = sys._getframe()
        starter(subject, two)
        subject.suspend(self)

    one = subject.create(outer)
    subject.resume(one)
    for name, number in (('outer', 1), ('inner', 2)):
        rivals = [[name, 'starter', 'outer'], [name, 'nested'], [name, 'starter', 'outer', 'nested']]
        at = 'main, coroutine %d' % number
        seen.see('py.frames', functions(frames[name], nested), own=[name], rivals=rivals, at=at)


def current(subject, seen):
    """sys._current_frames() shows where each thread is, not where a coroutine rests."""

    def here():
        return functions(sys._current_frames().get(get_ident()), current)

    def body(self, first):
        subject.suspend(self)
        found, rivals = here()[:2], [['here', 'current']]
        seen.see('py.frames.current', found, own=['here', 'body'], rivals=rivals, at='coroutine 1')

    co = subject.create(body)
    for at in ('main, when 1 has suspended', 'main, when 1 has ended'):
        subject.resume(co)
        rivals = [['body'], ['body', 'current'], ['here', 'body']]
        seen.see('py.frames.current', here(), own=['here', 'current'], rivals=rivals, at=at)


def warned():
    """The lines of this file that warnings of different levels are attributed to."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        for level in range(1, 30):
            warnings.warn('so deep: %d' % level, stacklevel=level)
    path = os.path.splitext(warned.__code__.co_filename)[0]
    return [warning.lineno for warning in caught if os.path.splitext(warning.filename)[0] == path]


def tools(subject, seen):
    """What the library finds on a stack is the coroutine's own."""
    frames, gone = [], starter.__code__.co_firstlineno + 2

    def body(self, first):
        frames.append(sys._getframe())
        subject.suspend(self)
        found = [line for line in warned() if line == gone]
        seen.see('py.frames', found, own=[], rivals=[[gone]], at='coroutine 1, warnings.warn')
        found = [entry[2] for entry in traceback.extract_stack() if entry[2] == 'starter']
        seen.see('py.frames', found, own=[], rivals=[['starter']], at='coroutine 1, traceback.extract_stack')

    co = subject.create(body)
    starter(subject, co)
    path, rivals = body.__code__.co_filename, [['tools', 'starter', 'body'], ['tools', 'body']]
    # The limit is for chains that are rings, which are a matter of their own.
    found = [entry[2] for entry in traceback.extract_stack(frames[0], limit=50) if entry[0] == path]
    found = [name for place, name in enumerate(found) if name not in found[:place]]
    seen.see('py.frames', found, own=['body'], rivals=rivals, at='main, traceback.extract_stack')
    if end(frames[0]) == 'a root':
        found = [entry[3] for entry in inspect.getouterframes(frames[0], 0) if entry[1] == path]
        rivals = [names[::-1] for names in rivals]
        seen.see('py.frames', found, own=['body'], rivals=rivals, at='main, inspect.getouterframes')
    continuer(subject, co)


def written(subject, seen):
    """What is written to a variable of a suspended frame is there when that goes on."""
    before, after, frames = seen.by(1), seen.by(0), []

    def body(self, mark):
        frames.append(sys._getframe())
        subject.suspend(self)
        found = mark
        seen.see('py.frame_locals', found, own=after, rivals=[before], at='coroutine 1, after suspend')

    co = subject.create(body)
    subject.resume(co, before)
    frames[0].f_locals['mark'] = after
    found = frames[0].f_locals['mark']
    seen.see('py.frame_locals', found, own=after, rivals=[before], at='main, when it is written')
    subject.resume(co)
