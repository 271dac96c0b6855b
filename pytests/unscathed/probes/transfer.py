"""Transfer: one coroutine hands over to another, and whoever waited waits for that one."""

from unscathed.observe import outcome

TRANSFER = 'py.transfer'


def over(subject, seen):
    """To one that has not begun."""
    names = [seen.by(number) for number in (0, 1, 2)]
    got = {}

    def second(self, first):
        got['coroutine 2, when it begins'] = first
        got['coroutine 2, when it goes on'] = subject.suspend(self, names[2])
        return names[2]

    def first(self, value):
        got['coroutine 1, when it goes on'] = subject.transfer(self, other, names[1])
        return names[1]

    other = subject.create(second)
    co = subject.create(first)
    seen.step('coroutine 1 transfers to coroutine 2, which has not begun')
    found = [outcome(subject.resume, one, names[0]) for one in (co, other, co)]
    for at, own in (
        ('coroutine 2, when it begins', names[1]),
        ('coroutine 2, when it goes on', names[0]),
        ('coroutine 1, when it goes on', names[0]),
    ):
        rivals = [name for name in names if name is not own]
        seen.see(TRANSFER, got.get(at, 'nothing'), own=own, rivals=rivals, at=at)
    for value, own, at in (
        (found[0], names[2], 'main, which has resumed coroutine 1, when coroutine 2 suspends'),
        (found[1], names[2], 'main, when coroutine 2 returns'),
        (found[2], names[1], 'main, when coroutine 1 returns'),
    ):
        rivals = [name for name in names if name is not own]
        seen.see(TRANSFER, value, own=own, rivals=rivals, at=at)


def back(subject, seen):
    """To one that is suspended, and back to the first."""
    names = [seen.by(number) for number in (0, 1, 2)]
    got = {}

    def second(self, first):
        got['coroutine 2'] = subject.suspend(self, names[2])
        subject.transfer(self, co, names[2])
        return names[2]

    def first(self, value):
        got['coroutine 1'] = subject.transfer(self, other, names[1])
        return names[1]

    other, co = subject.create(second), subject.create(first)
    subject.resume(other, names[0])
    seen.step('coroutine 1 transfers to coroutine 2, which transfers back')
    found = outcome(subject.resume, co, names[0])
    at = 'coroutine 2, when coroutine 1 has transferred to it'
    seen.see(TRANSFER, got.get('coroutine 2', 'nothing'), own=names[1], rivals=[names[0], names[2]], at=at)
    at = 'coroutine 1, when coroutine 2 has transferred back'
    seen.see(TRANSFER, got.get('coroutine 1', 'nothing'), own=names[2], rivals=names[:2], at=at)
    at = 'main, when coroutine 1 has returned'
    seen.see(TRANSFER, found, own=names[1], rivals=[names[0], names[2]], at=at)
    found = outcome(subject.resume, other, names[0])
    at = 'main, when coroutine 2 has returned after it'
    seen.see(TRANSFER, found, own=names[2], rivals=names[:2], at=at)


def ring(subject, seen):
    """Ten coroutines hand a value around, five times, and then each returns."""
    size, rounds = 10, 5
    names = [seen.by(number) for number in range(size + 1)]
    wrong = []

    def member(number):
        def body(self, got):
            before = names[number - 1] if number > 1 else names[size]
            for turn in range(rounds):
                if got is not before and (number, turn) != (1, 0):
                    wrong.append((got, before))
                if number == size and turn == rounds - 1:
                    return names[size]
                got = subject.transfer(self, ring_of[number % size], names[number])
            return names[number]

        return body

    ring_of = [subject.create(member(number)) for number in range(1, size + 1)]
    seen.step('ten coroutines transfer to each other in a ring')
    found = outcome(subject.resume, ring_of[0], names[0])
    at = 'main, when the last of the ring has returned'
    seen.see(TRANSFER, found, own=names[size], rivals=names[:size], at=at)
    found, own = (wrong or [(names[1], names[1])])[0]
    rivals = [name for name in names if name is not own] + [None]
    seen.see(TRANSFER, found, own=own, rivals=rivals, at='a member of the ring, when it is transferred to')


def failed(subject, seen):
    """What leaves a coroutine that was transferred to goes to whoever waits."""
    gone = KeyError(seen.by(2))
    main, name = seen.by(0), seen.by(1)

    def second(self, first):
        raise gone

    def first(self, value):
        try:
            return subject.transfer(self, subject.create(second), name)
        except KeyError:
            return name

    co = subject.create(first)
    seen.step('coroutine 1 transfers to coroutine 2, which raises')
    found = outcome(subject.resume, co, main)
    at = 'main, when coroutine 2 has raised'
    seen.see(TRANSFER, found, own=gone, rivals=[name, None], at=at)
    found = outcome(subject.resume, co, main)
    seen.see(TRANSFER, found, own=main, rivals=[name, None], at='main, when coroutine 1 has returned')


def refused(subject, seen):
    """Nobody transfers to what has ended, and the one who tried goes on."""
    main, name, end = seen.by(0), seen.by(1), seen.by(2)
    found = []

    def ended(self, first):
        return end

    def first(self, value):
        tried = outcome(subject.transfer, self, other, name)
        found.append('an exception' if isinstance(tried, BaseException) else tried)
        found.append(subject.suspend(self, name))
        return name

    other, co = subject.create(ended), subject.create(first)
    subject.resume(other)
    seen.step('coroutine 1 transfers to coroutine 2, which has returned')
    passed = outcome(subject.resume, co, main)
    outcome(subject.resume, co, main)
    at = 'coroutine 1, when it transfers to what has returned'
    rivals = [name, end, main, None]
    seen.see(TRANSFER, (found + [None])[0], own='an exception', rivals=rivals, at=at)
    seen.see(TRANSFER, passed, own=name, rivals=[end, main, None], at='main, when coroutine 1 suspends')
    seen.see(
        TRANSFER, (found + [None, None])[1], own=main, rivals=[name, None], at='coroutine 1, when it goes on'
    )
