"""Random schedules, against a model that has no coroutines.

A schedule is a list of commands: whoever runs takes the next one. The model draws them, as data on who is
where and waits for whom, and says what will be seen: before each command who runs, what it handles, its
context, its frames and the state of every coroutine, and where each switch and each exception
arrives, and with what. The player does the same with coroutines. Both write a log, and these must be equal.

A seed that has once failed goes into REGRESSIONS.
"""

import contextvars
import random
import sys
import unittest

import unscathed_core
from unscathed_core import Coroutine, current, suspend

REGRESSIONS = [19]
SCHEDULES, STEPS, COROUTINES = 300, 40, 4
MAIN = 0
DEEPEST = 8
KINDS = ('call', 'recursion', 'sorted', 'map', 'handling', 'finally', 'generator')
# What is entered by an exception, which is handled in there.
HANDLING = ('handling', 'finally', 'generator')
WEIGHTS = {
    'create': 3, 'resume': 8, 'suspend': 7, 'transfer': 5, 'throw': 3, 'close': 1, 'refused': 1,
    'enter': 8, 'leave': 4, 'fail': 3, 'assign': 3, 'measure': 1,
}

variable = contextvars.ContextVar('variable')


class Party:
    """Where the model has a coroutine, or the thread's own side: what each level handles, outermost first."""

    def __init__(self, state, value):
        self.state, self.value = state, value
        self.levels = []
        self.waiter = None

    def handled(self):
        return next((number for number in reversed(self.levels) if number is not None), None)


class Model:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.parties = [Party('running', 0)] + [Party('none', None) for _ in range(COROUTINES)]
        self.active = MAIN
        self.numbers = 0
        self.log, self.commands = [], []
        while len(self.commands) < STEPS:
            self.step()

    def step(self):
        me = self.parties[self.active]
        states = [party.state for party in self.parties[1:]]
        seen = (self.active, me.value, me.handled(), len(me.levels) + 1, states)
        while True:
            word, = self.random.choices(list(WEIGHTS), list(WEIGHTS.values()))
            # Each draws its arguments, and changes nothing if there are none to draw.
            mark = len(self.log)
            self.log.append((word,) + seen)
            arguments = getattr(self, word)(self.active, me)
            if arguments is not None:
                self.commands.append((word, arguments))
                return
            del self.log[mark:]

    def number(self):
        self.numbers += 1
        return self.numbers

    def one_of(self, *states):
        found = [index for index, party in enumerate(self.parties) if index and party.state in states]
        return self.random.choice(found) if found else None

    def create(self, active, me):
        index = self.one_of('none', 'finished')
        if index is not None:
            self.parties[index] = Party('created', me.value)
            return index,

    def resume(self, active, me):
        index = self.one_of('created', 'suspended')
        if index is not None:
            me.state = 'waiting'
            return self.enters(index, active)

    def suspend(self, active, me):
        if active != MAIN:
            value = self.number()
            me.state = 'suspended'
            self.returns(me.waiter, ('got', value))
            return value,

    def transfer(self, active, me):
        index = self.one_of('created', 'suspended')
        if active != MAIN and index is not None:
            me.state = 'suspended'
            return self.enters(index, me.waiter)

    def enters(self, index, waiter):
        party, value = self.parties[index], self.number()
        self.log.append(('begins' if party.state == 'created' else 'got', index, value))
        party.state, party.waiter = 'running', waiter
        self.active = index
        return index, value

    def returns(self, index, what):
        self.parties[index].state = 'running'
        self.active = index
        self.log.append((what[0], index) + what[1:])

    def throw(self, active, me):
        index = self.one_of('created', 'suspended')
        if index is not None:
            number, target = self.number(), self.random.randint(0, len(self.parties[index].levels))
            self.raised_in(index, me, number, target)
            return index, number, target

    def close(self, active, me):
        index = self.one_of('created', 'suspended', 'finished')
        if index is not None:
            if self.parties[index].state == 'suspended':
                self.raised_in(index, me, None, 0)
            self.parties[index].state = 'finished'
            self.log.append(('closed', active, index))
            return index,

    def raised_in(self, index, me, number, target):
        party = self.parties[index]
        me.state, party.waiter = 'waiting', self.active
        if party.state == 'created':
            party.state = 'finished'
            self.returns(self.active, ('out', number, me.handled()))
        else:
            party.state = 'running'
            self.unwinds(index, number, target)

    def unwinds(self, index, number, target):
        party = self.active_party(index)
        context = party.handled()
        while party.levels:
            depth = len(party.levels)
            party.levels.pop()
            self.log.append(('reaches', index, depth, number, context))
            if depth == target:
                return
        party.state = 'finished'
        if number is None:
            # The exit of a coroutine that is closed goes no further.
            self.active = party.waiter
            self.parties[self.active].state = 'running'
        else:
            self.returns(party.waiter, ('out', number, context))

    def active_party(self, index):
        self.active = index
        return self.parties[index]

    def refused(self, active, me):
        index = self.one_of('running', 'waiting', 'finished')
        if index is not None:
            self.log.append(('refused', active, index))
            return index,

    def enter(self, active, me):
        if len(me.levels) < DEEPEST:
            kind = self.random.choice(KINDS)
            number = self.number() if kind in HANDLING else None
            me.levels.append(number)
            return kind, number

    def leave(self, active, me):
        if me.levels:
            me.levels.pop()
            return None,
        if active != MAIN:
            value = self.number()
            me.state = 'finished'
            self.returns(me.waiter, ('got', value))
            return value,

    def fail(self, active, me):
        least = 1 if active == MAIN else 0
        if len(me.levels) >= least:
            number, target = self.number(), self.random.randint(least, len(me.levels))
            self.unwinds(active, number, target)
            return number, target

    def assign(self, active, me):
        me.value = self.number()
        return me.value,

    def measure(self, active, me):
        self.log.append(('measured', active, 'as before'))
        return ()


class Planted(Exception):
    def __init__(self, number, target=None):
        super().__init__(number)
        self.number, self.target = number, target


class Over(BaseException):
    """The schedule is over: ends whatever runs or waits."""


def number_of(error):
    return getattr(error, 'number', None)


def deepest():
    try:
        return deepest() + 1
    except RecursionError:
        return 0


class Player:
    def __init__(self, commands, switcher):
        self.commands, self.switcher = iter(commands), switcher
        self.cos = [None] * (COROUTINES + 1)
        self.log = []

    def play(self):
        variable.set(0)
        try:
            self.run(MAIN, 0)
        except Over:
            pass
        log = list(self.log)
        for co in self.cos[1:]:
            if co is not None:
                co.close()
        return log

    def run(self, me, depth):
        room = None
        while True:
            word, arguments = next(self.commands, (None, None))
            if word is None:
                raise Over
            self.log.append((word, me) + self.seen(me))
            if word == 'leave':
                return arguments[0]
            if word == 'measure':
                now = deepest()
                room = now if room is None else room
                self.log.append(('measured', me, 'as before' if now == room else (room, now)))
            elif word == 'enter':
                self.level(me, depth + 1, *arguments)
            elif word == 'fail':
                raise Planted(*arguments)
            elif word in SWITCHES:
                try:
                    said = SWITCHES[word](self, me, *arguments)
                except Planted as error:
                    # Into a side that was left it was thrown, and is for one of its levels.
                    if word in ('suspend', 'transfer'):
                        raise
                    said = ('out', error.number, number_of(error.__context__))
                self.log.append((said[0], me) + said[1:])
            else:
                CHANGES[word](self, me, *arguments)

    def seen(self, me):
        frames, frame = 0, sys._getframe(1)
        while frame is not None:
            frames += frame.f_code is Player.run.__code__
            frame = frame.f_back
        states = ['none' if co is None else co.state for co in self.cos[1:]]
        if current() is not self.cos[me]:
            return 'current() is another one',
        return variable.get(), number_of(sys.exc_info()[1]), frames, states

    def level(self, me, depth, kind, number):
        try:
            LEVELS[kind](self, me, depth, number)
        except Over:
            raise
        except BaseException as error:
            self.log.append(('reaches', me, depth, number_of(error), number_of(error.__context__)))
            if getattr(error, 'target', None) != depth:
                raise

    def create(self, me, index):
        def body(first):
            self.log.append(('begins', index, first))
            return self.run(index, 0)

        self.cos[index] = Coroutine(body, switcher=self.switcher, handle=False)

    def assign(self, me, value):
        variable.set(value)

    def refused(self, me, index):
        try:
            self.cos[index].resume()
        except RuntimeError:
            self.log.append(('refused', me, index))

    def resume(self, me, index, value):
        return 'got', self.cos[index].resume(value)

    def suspend(self, me, value):
        return 'got', suspend(value)

    def transfer(self, me, index, value):
        return 'got', self.cos[me].transfer(self.cos[index], value)

    def throw(self, me, index, number, target):
        return 'got', self.cos[index].throw(Planted(number, target))

    def close(self, me, index):
        self.cos[index].close()
        return 'closed', index

    def recursion(self, me, depth, number, frames=20):
        if frames:
            self.recursion(me, depth, number, frames - 1)
        else:
            self.run(me, depth)

    def handling(self, me, depth, number):
        try:
            raise Planted(number)
        except Planted:
            self.run(me, depth)

    def leaving(self, me, depth, number):
        own = Planted(number)
        try:
            try:
                raise own
            finally:
                self.run(me, depth)
        except Planted as error:
            if error is not own:
                raise

    def generated(self, me, depth, number):
        try:
            raise Planted(number)
        except Planted:
            yield self.run(me, depth)


SWITCHES = {word: getattr(Player, word) for word in ('resume', 'suspend', 'transfer', 'throw', 'close')}
CHANGES = {word: getattr(Player, word) for word in ('create', 'assign', 'refused')}
LEVELS = {
    'call': lambda self, me, depth, number: self.run(me, depth),
    'recursion': Player.recursion,
    'sorted': lambda self, me, depth, number: sorted([0], key=lambda _: [self.run(me, depth)]),
    'map': lambda self, me, depth, number: list(map(self.run, [me], [depth])),
    'handling': Player.handling,
    'finally': Player.leaving,
    'generator': lambda self, me, depth, number: list(self.generated(me, depth, number)),
}


class Schedules(unittest.TestCase):
    def hold(self, seed, switcher):
        model = Model(seed)
        player = Player(model.commands, switcher)
        log = player.play()
        if log != model.log:
            for place, (expected, seen) in enumerate(zip(model.log + [None], log + [None])):
                if expected != seen:
                    break
            self.fail('seed %d, switcher %s: after\n  %s\nexpected %s\nseen     %s' % (
                seed, switcher, '\n  '.join(map(str, model.log[:place])), expected, seen,
            ))
        states = {co.state for co in player.cos if co is not None}
        self.assertLessEqual(states, {'finished'}, 'seed %d, switcher %s' % (seed, switcher))
        self.assertEqual(sys.exc_info(), (None, None, None), 'seed %d, switcher %s' % (seed, switcher))

    def follow(self, switcher):
        leaked = unscathed_core.leaked()
        first = random.SystemRandom().randrange(1 << 32)
        # Said beforehand: a crash says nothing.
        print('%s: %d seeds from %d' % (switcher, SCHEDULES, first), file=sys.stderr, flush=True)
        for seed in REGRESSIONS + list(range(first, first + SCHEDULES)):
            self.hold(seed, switcher)
        self.assertEqual(unscathed_core.leaked(), leaked, 'seeds from %d, switcher %s' % (first, switcher))

    def test_on_separate_stacks(self):
        self.follow('separate')

    def test_on_a_sliced_stack(self):
        self.follow('slicing')

    def test_on_the_stacks_of_ucontext(self):
        self.follow('ucontext')


if __name__ == '__main__':
    unittest.main()
