"""From create to the end: what is done, who may be resumed, and who waits for whom."""

import sys

from unscathed.observe import Rival, outcome

DONE, FINISHED, RUNNING = 'py.done', 'py.resume_finished', 'py.resume_running'
KILL, PARENT, NESTED = 'py.kill', 'py.parent', 'py.nested'


def state(subject, co):
    return 'done' if subject.done(co) else 'not done'


def look(subject, seen, co, own, at):
    rival = Rival('its other state', 'not done' if own == 'done' else 'done')
    seen.see(DONE, state(subject, co), own=own, rivals=[rival], at=at)


def known_done(subject, seen):
    gone = KeyError(seen.by(2))

    def returns(self, first):
        inside.append(state(subject, self))
        subject.suspend(self)

    def fails(self, first):
        subject.suspend(self)
        raise gone

    inside = []
    co = subject.create(returns)
    look(subject, seen, co, 'not done', 'main, before coroutine 1 has begun')
    subject.resume(co)
    rivals = [Rival('its other state', 'done')]
    seen.see(DONE, inside[0], own='not done', rivals=rivals, at='coroutine 1, while it runs')
    look(subject, seen, co, 'not done', 'main, while coroutine 1 is suspended')
    subject.resume(co)
    look(subject, seen, co, 'done', 'main, when coroutine 1 has returned')
    other = subject.create(fails)
    subject.resume(other)
    look(subject, seen, other, 'not done', 'main, while coroutine 2 is suspended')
    outcome(subject.resume, other)
    look(subject, seen, other, 'done', 'main, when an exception has ended coroutine 2')
    look(subject, seen, co, 'done', 'main, long after coroutine 1 has returned')


def done_inside(subject, seen):
    looks = []

    def inner(self, first):
        looks.append(('coroutine 2, of coroutine 1, which waits for it', 'not done', state(subject, co)))
        subject.suspend(self)

    def outer(self, first):
        other = subject.create(inner)
        subject.resume(other)
        subject.resume(other)
        looks.append(('coroutine 1, when coroutine 2 has returned', 'done', state(subject, other)))

    co = subject.create(outer)
    subject.resume(co)
    looks.append(('main, when coroutine 1 has returned', 'done', state(subject, co)))
    for at, own, found in looks:
        rival = Rival('its other state', 'not done' if own == 'done' else 'done')
        seen.see(DONE, found, own=own, rivals=[rival], at=at)


REFUSED = 'an exception'


def refusal(subject, co, value=None):
    """What a resume gives that must be refused."""
    found = outcome(subject.resume, co, value)
    return REFUSED if isinstance(found, BaseException) else found


def resume_finished(subject, seen):
    name, main = seen.by(1), seen.by(0)
    runs = []

    def returns(self, first):
        runs.append(first)
        return name

    def fails(self, first):
        runs.append(first)
        raise KeyError(name)

    for body, how in ((returns, 'returned'), (fails, 'failed')):
        co = subject.create(body)
        outcome(subject.resume, co, main)
        for time in ('once more', 'and once more'):
            seen.step('main resumes coroutine 1, which has %s, %s' % (how, time))
            found = refusal(subject, co, main)
            at = 'main, when it resumes what has %s, %s' % (how, time)
            seen.see(FINISHED, found, own=REFUSED, rivals=[name, None, main], at=at)
        at = 'main, afterwards, of what has ' + how
        seen.see(FINISHED, state(subject, co), own='done', rivals=['not done'], at=at)
    rivals = [Rival(main, '%d runs' % number) for number in (3, 4, 6)]
    seen.see(FINISHED, '%d runs' % len(runs), own='2 runs', rivals=rivals, at='both bodies, afterwards')


def resume_itself(subject, seen):
    name, main = seen.by(1), seen.by(0)
    found = []

    def body(self, first):
        found.append(refusal(subject, self, name))
        found.append(subject.suspend(self, name))
        return name

    co = subject.create(body)
    seen.step('coroutine 1 resumes itself')
    value = outcome(subject.resume, co)
    at = 'coroutine 1, when it resumes itself'
    seen.see(RUNNING, found[0], own=REFUSED, rivals=[name, None, main], at=at)
    seen.see(RUNNING, value, own=name, rivals=[None, main], at='main, when coroutine 1 suspends')
    value = outcome(subject.resume, co, main)
    seen.see(RUNNING, (found + [None])[1], own=main, rivals=[None, name], at='coroutine 1, when it goes on')
    seen.see(RUNNING, value, own=name, rivals=[None, main], at='main, when coroutine 1 has returned')


def resume_resumer(subject, seen):
    names = [seen.by(number) for number in (0, 1, 2)]
    found = []

    def inner(self, first):
        found.append(refusal(subject, co, names[2]))
        found.append(subject.suspend(self, names[2]))
        return names[2]

    def outer(self, first):
        other = subject.create(inner)
        passed = outcome(subject.resume, other, names[1])
        again = outcome(subject.resume, other, names[1])
        return passed, again

    co = subject.create(outer)
    seen.step('coroutine 2 resumes coroutine 1, which waits for it')
    passed = outcome(subject.resume, co, names[0])
    at = 'coroutine 2, when it resumes coroutine 1'
    seen.see(RUNNING, found[0], own=REFUSED, rivals=names + [None], at=at)
    seen.see(
        RUNNING, (found + [None])[1], own=names[1], rivals=[names[0], None], at='coroutine 2, when it goes on'
    )
    rivals = [names[0], (names[1], names[2])]
    at = 'main, what coroutine 1 got from coroutine 2'
    seen.see(RUNNING, passed, own=(names[2], names[2]), rivals=rivals, at=at)


def killed(subject, seen):
    """The blocks of the body run once each, inner ones first, and nothing else does."""
    ran, main = [], seen.by(0)

    def body(self, first):
        try:
            try:
                try:
                    subject.suspend(self)
                    ran.append('went on')
                except Exception:
                    ran.append('an except block')
            finally:
                ran.append('inner')
        finally:
            ran.append('outer')
        ran.append('went on')

    co = subject.create(body)
    subject.resume(co, main)
    seen.step('main kills coroutine 1')
    result = outcome(subject.kill, co)
    rivals = [
        ['an except block', 'inner', 'outer', 'went on'],
        ['inner', 'outer', 'inner', 'outer'],
        ['went on', 'inner', 'outer', 'went on'],
        [],
    ]
    seen.see(KILL, ran, own=['inner', 'outer'], rivals=rivals, at='coroutine 1, the blocks that have run')
    seen.see(KILL, result, own=None, rivals=[main], at='main, when kill returns')
    seen.see(KILL, state(subject, co), own='done', rivals=['not done'], at='main, of what it has killed')
    found = refusal(subject, co, main)
    seen.see(FINISHED, found, own=REFUSED, rivals=[main, None], at='main, when it resumes what it has killed')
    before = list(ran)
    result = outcome(subject.kill, co)
    seen.see(KILL, result, own=None, rivals=[main], at='main, when it kills once more')
    again = [before + ['inner'], before + ['inner', 'outer']]
    seen.see(KILL, ran, own=before, rivals=again, at='coroutine 1, when it is killed once more')


def killed_kind(subject, seen):
    """The exception that unwinds is none that ordinary handlers catch."""
    kinds = []

    def body(self, first):
        try:
            subject.suspend(self)
        except BaseException as error:
            kinds.append('no Exception' if not isinstance(error, Exception) else 'an Exception')
            raise

    co = subject.create(body)
    subject.resume(co)
    outcome(subject.kill, co)
    found = kinds[0] if kinds else 'nothing'
    rivals = ['an Exception', 'nothing']
    seen.see(KILL, found, own='no Exception', rivals=rivals, at='coroutine 1, what unwinds it')


def killed_unstarted(subject, seen):
    ran, main = [], seen.by(0)

    def body(self, first):
        ran.append('ran')

    co = subject.create(body)
    result = outcome(subject.kill, co)
    seen.see(KILL, result, own=None, rivals=[main], at='main, when it has killed what has not begun')
    seen.see(KILL, ran, own=[], rivals=[['ran']], at='coroutine 1, which has not begun')
    seen.see(KILL, state(subject, co), own='done', rivals=['not done'], at='main, of what had not begun')
    found = refusal(subject, co, main)
    seen.see(FINISHED, found, own=REFUSED, rivals=[main, None], at='main, when it resumes what had not begun')
    seen.see(KILL, ran, own=[], rivals=[['ran']], at='coroutine 1, when it is resumed after that')


def killed_inside(subject, seen):
    """The resumer of the one that is killed is not disturbed, wherever it is killed from."""
    ran, name = [], seen.by(2)
    main = seen.by(0)

    def victim(self, first):
        try:
            subject.suspend(self)
        finally:
            ran.append('cleaned up')

    def killer(self, first):
        subject.kill(co)
        ran.append('goes on')
        got = subject.suspend(self, name)
        ran.append(got)

    co = subject.create(victim)
    subject.resume(co)
    other = subject.create(killer)
    seen.step('coroutine 2 kills coroutine 1, which main had resumed')
    found = outcome(subject.resume, other)
    seen.see(KILL, found, own=name, rivals=[None, main], at='main, when coroutine 2 suspends')
    outcome(subject.resume, other, main)
    own = ['cleaned up', 'goes on', main]
    rivals = [own[:1], own[1:], ['goes on', 'cleaned up', main]]
    seen.see(KILL, ran, own=own, rivals=rivals, at='coroutines 1 and 2, what they have done')


def parent(subject, seen):
    """A coroutine comes back to whoever resumed it, not to whoever created it."""
    name = seen.by(3)
    got = {'coroutine 1': [], 'coroutine 2': [], 'main': []}
    made = []

    def body(self, first):
        subject.suspend(self, name)
        subject.suspend(self, name)
        return name

    def creator(self, first):
        made.append(subject.create(body))
        got['coroutine 1'].append(subject.suspend(self))

    def resumer(self, first):
        got['coroutine 2'].append(subject.resume(made[0]))

    first = subject.create(creator)
    subject.resume(first)
    subject.resume(subject.create(resumer))
    got['main'].append(subject.resume(made[0]))
    main = seen.by(0)
    outcome(subject.resume, first, main)
    got['main'].append(outcome(subject.resume, made[0]))
    at = 'coroutine 2, which has resumed what coroutine 1 created'
    seen.see(PARENT, got['coroutine 2'], own=[name], rivals=[[], [None]], at=at)
    at = 'coroutine 1, which has created it'
    seen.see(PARENT, got['coroutine 1'], own=[main], rivals=[[name], [name, main]], at=at)
    at = 'main, which has resumed it later, and when its creator had returned'
    seen.see(PARENT, got['main'], own=[name, name], rivals=[[None, name], [name, None], [None, None]], at=at)


def parent_failed(subject, seen):
    """What leaves a body goes to the last resumer, past an earlier one that still waits for nothing."""
    gone = KeyError(seen.by(3))
    caught = []

    def body(self, first):
        subject.suspend(self)
        raise gone

    def first_resumer(self, first):
        try:
            subject.resume(co)
            subject.suspend(self)
        except KeyError:
            caught.append('coroutine 1')

    def last_resumer(self, first):
        try:
            subject.resume(co)
        except KeyError:
            caught.append('coroutine 2')

    co = subject.create(body)
    early = subject.create(first_resumer)
    for step in (early, subject.create(last_resumer), early):
        try:
            subject.resume(step)
        except KeyError:
            caught.append('main')
    own, rivals = ['coroutine 2'], [['coroutine 1'], ['main'], []]
    seen.see(PARENT, caught, own=own, rivals=rivals, at='who has caught the exception of coroutine 3')


MANY = 200


def make_room():
    """That of each may begin at the depth of its resumer, which is declared elsewhere."""
    sys.setrecursionlimit(max(sys.getrecursionlimit(), 20 * MANY))


def nested_deeply(subject, seen):
    """Each coroutine resumes one more, the last one suspends, and all come back."""
    make_room()
    order = []

    def level(number):
        def body(self, first):
            if number == MANY:
                got = subject.suspend(self, first + 1)
                order.append(number)
                return got + 1
            inner = subject.create(level(number + 1))
            passed = subject.resume(inner, first + 1)
            got = subject.suspend(self, passed)
            result = subject.resume(inner, got)
            order.append(number)
            return result + 1

        return body

    co = subject.create(level(1))
    seen.step('%d coroutines resume one another, each from within the one before' % MANY)
    found = outcome(subject.resume, co, 0)
    others = [Rival('coroutine %d' % number, number) for number in (1, 2, MANY - 1)]
    seen.see(NESTED, found, own=MANY, rivals=others, at='main, when the innermost has suspended')
    found = outcome(subject.resume, co, 0)
    seen.see(NESTED, found, own=MANY, rivals=others, at='main, when all have returned')
    own, rival = 'from the innermost outwards', 'in another order'
    found = own if order == list(range(MANY, 0, -1)) else rival
    seen.see(NESTED, found, own=own, rivals=[rival], at='the order in which they have returned')


def nested_failed(subject, seen):
    """An exception of the innermost passes all of them, and each may clean up."""
    make_room()
    gone = KeyError(seen.by(MANY))
    order = []

    def level(number):
        def body(self, first):
            try:
                if number == MANY:
                    raise gone
                subject.resume(subject.create(level(number + 1)))
            finally:
                order.append(number)

        return body

    found = outcome(subject.resume, subject.create(level(1)))
    seen.see(NESTED, found, own=gone, rivals=[None], at='main, what leaves the outermost')
    own, rival = 'from the innermost outwards', 'in another order'
    found = own if order == list(range(MANY, 0, -1)) else rival
    seen.see(NESTED, found, own=own, rivals=[rival], at='the order in which they have cleaned up')
