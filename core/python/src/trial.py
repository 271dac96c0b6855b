"""A trial at import, before anybody's first coroutine: `Coroutine` and `suspend` are given."""

import contextvars
import sys

WRONG = []


def expect(what, found, wanted):
    if found != wanted:
        WRONG.append('%s: %r, not %r' % (what, found, wanted))


def handled():
    return sys.exc_info()[0]


def body(first):
    expect('an exception in a new coroutine', handled(), None)
    expect('a variable in a new coroutine', variable.get(), 0)
    variable.set(1)
    try:
        raise KeyError
    except KeyError:
        suspend()
        expect('what the coroutine handles', handled(), KeyError)
    try:
        try:
            raise LookupError
        finally:
            suspend()
    except LookupError:
        pass
    expect('the variable of the coroutine', variable.get(), 1)
    return deep(20, *range(20))


def deep(levels, *rest):
    if levels:
        return deep(levels - 1, *rest) + 1
    suspend()
    return sum(rest)


variable = contextvars.ContextVar('variable', default=0)
coroutines = [Coroutine(body, handle=False) for _ in range(3)]
outside = handled()
for _ in range(3):
    for co in coroutines:
        co.resume()
        expect('what the resumer handles', handled(), outside)
        expect('the variable of the resumer', variable.get(), 0)
        deep_frames = [sum(map(len, [[level] * level])) for level in range(20)]
expect('frames of the resumer', deep_frames, list(range(20)))
expect('frames of coroutines', [co.resume() for co in coroutines], [210] * 3)
expect('their ends', [co.state for co in coroutines], ['finished'] * 3)
if WRONG:
    raise ImportError('unscathed_core fails its trial: ' + '; '.join(WRONG))
