"""What resume and suspend pass: the very same object, once, to whom it was meant."""

import random

from unscathed.observe import outcome, spell

VALUE = 'py.value'


class Thing(object):
    """Equal to nothing else, with a name."""

    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return self.name


def kinds(name):
    """Values of many types, each of which says in its text who made it."""
    return [
        ('a string', name),
        ('bytes', name.encode('ascii')),
        ('a tuple of one', (name,)),
        ('a tuple of two', (name, None)),
        ('a tuple of a tuple and a dictionary', ((name,), {'key': name})),
        ('a large tuple', (name,) * 300),
        ('a list', [name]),
        ('a dictionary', {'value': name}),
        ('an object', Thing(name)),
        ('an exception', KeyError(name)),
        ('an exception that ends iterations', StopIteration(name)),
        ('an exception that ends generators', GeneratorExit(name)),
        ('an exception that ends programs', SystemExit(name)),
    ]


# What every party may pass, so that nobody can be named for it.
PLAIN = [
    ('None', None),
    ('True', True),
    ('an empty tuple', ()),
    ('a class of exceptions', KeyError),
    ('NotImplemented', NotImplemented),
    ('zero', 0),
]


def same(found, own):
    """What was found; a copy is not the same, though it reads the same."""
    if found is own or spell(found) != spell(own) or own == ():
        return found
    return 'a copy of it'


def passed_both_ways(subject, seen):
    there, back = kinds(seen.by(0)), kinds(seen.by(1))
    received = []

    def body(self, first):
        received.append(first)
        for _, value in back[:-1]:
            received.append(subject.suspend(self, value))
        return back[-1][1]

    co = subject.create(body)
    for place, (kind, value) in enumerate(there):
        seen.step('main passes ' + kind)
        found = outcome(subject.resume, co, value)
        own = back[place][1]
        seen.see(VALUE, same(found, own), own=own, rivals=[value], at='main, when it gets ' + kind)
    for (kind, value), found, (_, other) in zip(there, received, back):
        seen.see(VALUE, same(found, value), own=value, rivals=[other], at='coroutine 1, when it gets ' + kind)


def plain(subject, seen):
    mine = seen.by(1)
    received = []

    def body(self, first):
        received.append(first)
        for _ in PLAIN[1:]:
            received.append(subject.suspend(self, mine))
        return mine

    def returns(self, first):
        for _, value in PLAIN[:-1]:
            subject.suspend(self, value)
        return PLAIN[-1][1]

    co = subject.create(body)
    other = subject.create(returns)
    main = seen.by(0)
    for kind, value in PLAIN:
        seen.step('main and coroutine 2 pass ' + kind)
        outcome(subject.resume, co, value)
        found = outcome(subject.resume, other, main)
        seen.see(VALUE, same(found, value), own=value, rivals=[main, mine], at='main, when it gets ' + kind)
    for (kind, value), found in zip(PLAIN, received):
        at = 'coroutine 1, when it gets ' + kind
        seen.see(VALUE, same(found, value), own=value, rivals=[mine, main], at=at)


def nothing(subject, seen):
    """Without a value, None is passed, and not what was passed before."""
    main, mine = seen.by(0), seen.by(1)
    received = []

    def body(self, first):
        received.append(subject.suspend(self, mine))
        received.append(subject.suspend(self))

    co = subject.create(body)
    subject.resume(co, main)
    found = subject.resume(co)
    seen.see(
        VALUE, found, own=None, rivals=[main, mine], at='main, when coroutine 1 suspends without a value'
    )
    found = subject.resume(co)
    seen.see(VALUE, found, own=None, rivals=[main, mine], at='main, when coroutine 1 returns without a value')
    at = 'coroutine 1, when it is resumed without a value'
    for found in received:
        seen.see(VALUE, found, own=None, rivals=[main, mine], at=at)


def many(subject, seen):
    """A hundred coroutines in an order of the seed, each with values of its own."""
    shuffled = random.Random(seen.seed)
    wrong = []

    def body(self, first):
        expected = first
        for _ in range(3):
            got = subject.suspend(self, ('from', expected))
            if got is not names[expected]:
                wrong.append((got, names[expected]))
        return 'from', expected

    names, handles = {}, {}
    for number in range(1, 101):
        names[number], handles[number] = seen.by(0), subject.create(body)
        subject.resume(handles[number], number)
    order = list(handles) * 3
    shuffled.shuffle(order)
    strange = []
    for number in order:
        found = outcome(subject.resume, handles[number], names[number])
        if found != ('from', number):
            strange.append((found, ('from', number)))
    found, own = (wrong or [(names[1], names[1])])[0]
    others = [name for name in names.values() if name is not own]
    seen.see(VALUE, found, own=own, rivals=others, at='a coroutine among a hundred, when suspend returns')
    found, own = (strange or [(('from', 1), ('from', 1))])[0]
    others = [('from', number) for number in handles if number != own[1]]
    seen.see(VALUE, found, own=own, rivals=others, at='main, when one among a hundred suspends')


def raised(subject, seen):
    """What leaves a body comes out of the resume that was made last, as it is."""
    name, main = seen.by(1), seen.by(0)

    def raises(value):
        def body(self, first):
            subject.suspend(self)
            raise value

        return body

    for kind, value in kinds(name)[-4:]:
        if isinstance(value, (StopIteration, GeneratorExit)):
            # Generators give these a meaning of their own when they leave a body.
            continue
        co = subject.create(raises(value))
        subject.resume(co)
        seen.step('coroutine 1 raises ' + kind)
        found = outcome(subject.resume, co, main)
        at = 'main, when coroutine 1 has raised ' + kind
        seen.see(VALUE, same(found, value), own=value, rivals=[main], at=at)


def inside(subject, seen):
    """Values of an inner and an outer coroutine, which are both on their way."""
    names = [seen.by(number) for number in (0, 1, 2)]
    received = {}

    def inner(self, first):
        received['inner first'] = first
        received['inner'] = subject.suspend(self, names[2])
        return names[2]

    def outer(self, first):
        co = subject.create(inner)
        received['outer from inner'] = subject.resume(co, names[1])
        received['outer from main'] = subject.suspend(self, names[1])
        received['outer from inner again'] = subject.resume(co, names[1])
        return names[1]

    co = subject.create(outer)
    received['main'] = subject.resume(co, names[0])
    received['main again'] = subject.resume(co, names[0])
    for place, own in (
        ('inner first', names[1]),
        ('inner', names[1]),
        ('outer from inner', names[2]),
        ('outer from main', names[0]),
        ('outer from inner again', names[2]),
        ('main', names[1]),
        ('main again', names[1]),
    ):
        rivals = [name for name in names if name is not own]
        seen.see(VALUE, received.get(place, 'nothing'), own=own, rivals=rivals, at=place)
