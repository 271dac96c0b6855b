"""Depth and its limit: each coroutine has gone down its own levels and no others."""

import sys

from unscathed.observe import Rival
from unscathed.probes.levels import NOBODY, TOO_DEEP, below, blamed, counted, left, limit_and_levels, sleeper

DEPTH, START, LIMIT = 'py.recursion.depth', 'py.recursion.start', 'py.recursion.limit'


def charged(subject, seen):
    counted()
    before = left()
    shares, coroutines = [], []
    # No sum of some of these is near another sum.
    for number, levels in ((1, 100), (2, 200), (3, 400)):
        shares.append((seen.by(number), levels))
        coroutines.append(subject.create(sleeper(subject, levels)))
        subject.resume(coroutines[-1])
    names = [name for name, _ in shares]
    names.append(' and '.join(names))
    found = blamed(before - left(), shares)
    seen.see(DEPTH, found, own=NOBODY, rivals=names, at='main, while three coroutines are suspended')
    for co in coroutines:
        subject.resume(co)
    found = blamed(before - left(), shares)
    seen.see(DEPTH, found, own=NOBODY, rivals=names, at='main, when they have returned')


def resumed_deep(subject, seen):
    counted()
    main = seen.by(0)
    shares = [(main, 300)]

    def measured(self, first):
        def bottom():
            before = left()
            subject.suspend(self)
            return before - left()

        return below(50, bottom)

    first = subject.create(measured)
    subject.resume(first)
    found = blamed(below(300, lambda: subject.resume(first)), shares)
    at = 'coroutine 1, begun by main and resumed from 300 levels below'
    seen.see(DEPTH, found, own=NOBODY, rivals=[main], at=at)
    second = subject.create(measured)
    below(300, lambda: subject.resume(second))
    # Levels that come back are as wrong as levels that go missing.
    found = blamed(abs(subject.resume(second)), shares)
    at = 'coroutine 2, begun 300 levels below main and resumed by main'
    seen.see(DEPTH, found, own=NOBODY, rivals=[main], at=at)


def resumed_inside(subject, seen):
    counted()
    name = seen.by(2)

    def measured(self, first):
        def bottom():
            before = left()
            subject.suspend(self)
            return before - left()

        return below(50, bottom)

    inner = subject.create(measured)
    subject.resume(inner)

    def outer(self, first):
        before = left()
        missing = below(200, lambda: subject.resume(inner))
        return missing, before - left()

    inside, outside = subject.resume(subject.create(outer))
    at = 'coroutine 1, begun by main and resumed 200 levels below coroutine 2'
    seen.see(DEPTH, blamed(inside, [(name, 200)]), own=NOBODY, rivals=[name], at=at)
    inner_name = seen.by(1)
    found = blamed(outside, [(inner_name, 50)])
    seen.see(DEPTH, found, own=NOBODY, rivals=[inner_name], at='coroutine 2, when coroutine 1 has returned')


def ended(subject, seen):
    counted()
    before = left()
    gone = KeyError(seen.by(2))

    def fails(self, first):
        def bottom():
            subject.suspend(self)
            raise gone

        return below(200, bottom)

    shares = [(seen.by(1), 100), (seen.by(2), 200)]
    names = [name for name, _ in shares]
    returns = subject.create(sleeper(subject, 100))
    subject.resume(returns)
    subject.resume(returns)
    found = blamed(before - left(), shares)
    seen.see(DEPTH, found, own=NOBODY, rivals=names, at='main, when coroutine 1 has returned from 100 levels')
    co = subject.create(fails)
    subject.resume(co)
    try:
        subject.resume(co)
    except KeyError:
        seen.step('an exception has left coroutine 2 from 200 levels down')
    found = blamed(before - left(), shares)
    seen.see(DEPTH, found, own=NOBODY, rivals=names, at='main, when an exception has ended coroutine 2')


def thrown(subject, seen):
    counted()
    before = left()
    name = seen.by(1)
    co = subject.create(sleeper(subject, 200))
    subject.resume(co)
    try:
        subject.throw(co, KeyError(seen.by(0)))
    except KeyError:
        seen.step('an exception of main has ended coroutine 1, 200 levels down')
    found = blamed(before - left(), [(name, 200)])
    seen.see(DEPTH, found, own=NOBODY, rivals=[name], at='main, when its exception has ended coroutine 1')


def killed(subject, seen):
    counted()
    before = left()
    name = seen.by(1)
    co = subject.create(sleeper(subject, 200))
    subject.resume(co)
    subject.kill(co)
    found = blamed(before - left(), [(name, 200)])
    seen.see(
        DEPTH, found, own=NOBODY, rivals=[name], at='main, when it has killed coroutine 1, 200 levels down'
    )


def drift(subject, seen):
    counted()
    before = left()
    inside = []

    def body(self, first):
        # What runs on the stack of its resumer may begin on another level than it goes on.
        subject.suspend(self)
        inside.append(left())
        for _ in range(200):
            subject.suspend(self)
        inside.append(left())

    co = subject.create(body)
    for _ in range(202):
        subject.resume(co)
    rivals = [Rival('each switch', '200 levels')]
    found = '%d levels' % abs(inside[0] - inside[1])
    seen.see(DEPTH, found, own='0 levels', rivals=rivals, at='coroutine 1, after 200 suspensions')
    found = '%d levels' % abs(before - left())
    seen.see(DEPTH, found, own='0 levels', rivals=rivals, at='main, after 200 suspensions of coroutine 1')

    def short(self, first):
        return first

    before = left()
    for number in range(100):
        subject.resume(subject.create(short), number)
    rivals = [Rival('each coroutine that has ended', '100 levels')]
    found = '%d levels' % abs(before - left())
    seen.see(DEPTH, found, own='0 levels', rivals=rivals, at='main, after 100 coroutines have run')


def start(subject, seen):
    counted()
    main = seen.by(0)

    def body(self, first):
        return left()

    shallow = subject.resume(subject.create(body))
    deep = below(300, lambda: subject.resume(subject.create(body)))
    found = blamed(shallow - deep, [(main, 300)])
    at = 'coroutine 2, begun 300 levels below main'
    seen.see(START, found, own=NOBODY, rivals=[main], thread=main, at=at)


def start_inside(subject, seen):
    counted()
    outer_name = seen.by(1)

    def body(self, first):
        return left()

    def outer(self, first):
        shallow = subject.resume(subject.create(body))
        deep = below(300, lambda: subject.resume(subject.create(body)))
        return shallow - deep

    found = blamed(subject.resume(subject.create(outer)), [(outer_name, 300)])
    at = 'coroutine 3, begun 300 levels below coroutine 1'
    seen.see(START, found, own=NOBODY, rivals=[outer_name], thread=outer_name, at=at)


def limit_set_outside(subject, seen):
    counted()
    limit, levels = sys.getrecursionlimit(), left()
    begun, raised = seen.by(0), seen.by(0)
    stale = [
        [Rival(begun, 'limit +200, +0 levels')],
        [Rival(begun, 'limit -100, +0 levels'), Rival(raised, 'limit -100, +200 levels')],
    ]
    looks = []

    def body(self, first):
        subject.suspend(self)
        own = left()
        subject.suspend(self)
        looks.append(limit_and_levels(limit, own))
        subject.suspend(self)
        looks.append(limit_and_levels(limit, own))

    co = subject.create(body)
    subject.resume(co)
    subject.resume(co)
    sys.setrecursionlimit(limit + 200)
    subject.resume(co)
    main = [limit_and_levels(limit, levels)]
    sys.setrecursionlimit(limit - 100)
    subject.resume(co)
    main.append(limit_and_levels(limit, levels))
    sys.setrecursionlimit(limit)
    own = ['limit +200, +200 levels', 'limit -100, -100 levels']
    for place, found in (('coroutine 1, ', looks), ('main, ', main)):
        at = place + 'when main has raised the limit by 200'
        seen.see(LIMIT, found[0], own=own[0], rivals=stale[0], at=at)
        at = place + 'when main has lowered the limit by 100'
        seen.see(LIMIT, found[1], own=own[1], rivals=stale[1], at=at)


def limit_set_inside(subject, seen):
    counted()
    limit, levels = sys.getrecursionlimit(), left()
    main = seen.by(0)

    def suspends(self, first):
        subject.suspend(self)
        own = left()
        sys.setrecursionlimit(limit + 150)
        subject.suspend(self)
        return limit_and_levels(limit, own)

    def returns(self, first):
        sys.setrecursionlimit(limit + 250)

    first = subject.create(suspends)
    subject.resume(first)
    subject.resume(first)
    found = limit_and_levels(limit, levels)
    rivals = [Rival(main, 'limit +150, +0 levels'), Rival(main, 'limit +0, +0 levels')]
    at = 'main, when coroutine 1 has raised the limit by 150 and is suspended'
    seen.see(LIMIT, found, own='limit +150, +150 levels', rivals=rivals, at=at)
    subject.resume(subject.create(returns))
    found = limit_and_levels(limit, levels)
    rivals = [Rival(main, 'limit +250, +150 levels'), Rival(main, 'limit +250, +0 levels')]
    at = 'main, when coroutine 2 has raised the limit by 250 and has returned'
    seen.see(LIMIT, found, own='limit +250, +250 levels', rivals=rivals, at=at)
    found = subject.resume(first)
    rivals = [Rival(seen.by(1), 'limit +250, +150 levels'), Rival(seen.by(1), 'limit +150, +150 levels')]
    at = 'coroutine 1, when coroutine 2 has raised the limit by 250'
    seen.see(LIMIT, found, own='limit +250, +250 levels', rivals=rivals, at=at)


def limit_below(subject, seen):
    counted()
    limit = sys.getrecursionlimit()
    room = []

    def body(self, first):
        def bottom():
            room.append(left())
            subject.suspend(self)
            return below(5, lambda: 'no exception')

        try:
            return below(500, bottom)
        except TOO_DEEP as error:
            return type(error)

    co = subject.create(body)
    subject.resume(co)
    # Not more than the levels that older interpreters reserve for recovery.
    sys.setrecursionlimit(limit - room[0] - 30)
    seen.step('main has lowered the limit to 30 levels above the place of coroutine 1')
    found = subject.resume(co)
    sys.setrecursionlimit(limit)
    rivals = [Rival(seen.by(1), 'no exception')]
    seen.see(LIMIT, found, own=TOO_DEEP, rivals=rivals, at='coroutine 1, when it calls a function')
