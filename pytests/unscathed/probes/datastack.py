"""The memory of frames: variables and half-computed expressions stay whose they are."""

import gc
import os

from unscathed.observe import Rival, Skip
from unscathed.probes.levels import below

MEMORY, LEAK = 'py.datastack', 'py.datastack_leak'


def wide(levels, bottom, *many):
    """Goes down so many levels, with so many arguments on each; says whose it found there."""
    first, middle, last = many[0], many[len(many) // 2], many[-1]
    if levels:
        found = wide(levels - 1, bottom, *many)
    else:
        bottom()
        found = first
    for value in (first, middle, last) + many:
        if value is not found:
            return value
    return found


def wide_body(subject, name, levels):
    def body(self, first):
        def bottom():
            subject.suspend(self)

        return wide(levels, bottom, *[name] * 30)

    return body


def separate(subject, seen):
    names = [seen.by(number) for number in range(1, 9)]
    main = seen.by(0)
    coroutines = []

    def begin(name):
        # A frame that is gone when the coroutine goes on.
        coroutines.append(subject.create(wide_body(subject, name, 40)))
        subject.resume(coroutines[-1])

    for name in names:
        seen.step('a coroutine goes down 40 levels and is suspended')
        begin(name)
    seen.step('main goes down 300 levels')
    found = wide(300, gc.collect, *[main] * 30)
    seen.see(MEMORY, found, own=main, rivals=names, at='main, 300 levels above itself')
    for place in (3, 7, 0, 5, 1, 6, 2, 4):
        seen.step('coroutine %d goes back up' % (place + 1))
        found = subject.resume(coroutines[place])
        rivals = [name for name in names if name is not names[place]] + [main]
        at = 'coroutine %d, on 40 levels' % (place + 1)
        seen.see(MEMORY, found, own=names[place], rivals=rivals, at=at)


def interleaved(subject, seen):
    """Each grows and shrinks between the growing and shrinking of the others."""
    names = [seen.by(number) for number in range(1, 5)]
    main = seen.by(0)

    def grows(name):
        def body(self, first):
            def deeper(levels, *many):
                kept = (many, levels)
                if levels % 20 == 0:
                    subject.suspend(self)
                found = deeper(levels - 1, *many) if levels else name
                if levels % 20 == 0:
                    subject.suspend(self)
                for value in many + kept[0]:
                    if value is not name:
                        return value
                return found if kept[1] == levels else '%d in the place of %d' % (kept[1], levels)

            return deeper(100, *[name] * 20)

        return body

    coroutines = [subject.create(grows(name)) for name in names]
    found = [None] * len(coroutines)
    seen.step('four coroutines go down and up in turns')
    while not all(subject.done(co) for co in coroutines):
        for place, co in enumerate(coroutines):
            if not subject.done(co):
                found[place] = subject.resume(co)
        wide(40, gc.collect, *[main] * 30)
    for place, name in enumerate(names):
        rivals = [other for other in names if other is not name] + [main]
        at = 'coroutine %d, on 100 levels' % (place + 1)
        seen.see(MEMORY, found[place], own=name, rivals=rivals, at=at)


def expressions(subject, seen):
    """What is on the stack of values while an expression is half computed."""
    main = seen.by(0)
    names = [seen.by(1), seen.by(2)]

    def half(name):
        def body(self, first):
            local = name
            got = subject.suspend(self)
            parts = [local, {'key': local}['key'], (local, got)[0], got]
            for value in parts[:3]:
                if value is not name:
                    return value
            middle = subject.suspend(self)
            return local if middle is got and local is name else middle

        return body

    def computed(name):
        def body(self, first):
            parts = [name, subject.suspend(self), [name, subject.suspend(self)], {1: name, 2: name}]
            flat = [parts[0], parts[1], parts[2][0], parts[2][1], parts[3][1]]
            strange = [value for value, own in zip(flat, [name, main, name, main, name]) if value is not own]
            return strange[0] if strange else name

        return body

    for make, what in ((half, 'variables'), (computed, 'a half-computed list')):
        coroutines = [subject.create(make(name)) for name in names]
        found = [None, None]
        for _ in range(3):
            for place, co in enumerate(coroutines):
                # One that finds something strange says so at once.
                if not subject.done(co):
                    found[place] = subject.resume(co, main)
        for place, name in enumerate(names):
            rivals = [names[1 - place], main]
            seen.see(MEMORY, found[place], own=name, rivals=rivals, at='coroutine %d, %s' % (place + 1, what))


def resident():
    """The bytes of this process that are in memory."""
    try:
        with open('/proc/self/statm') as numbers:
            pages = numbers.read().split()
    except (IOError, OSError):
        raise Skip('this system does not say how much memory a process has')
    return int(pages[1]) * os.sysconf('SC_PAGE_SIZE')


def grown(each, number):
    """How much memory a process has grown by, for each of so many calls."""
    for _ in range(number):
        each()
    gc.collect()
    before = resident()
    for _ in range(number):
        each()
    gc.collect()
    # Half a page for each is what an allocator may still be settling.
    pages = (resident() - before + number * 2048) // (number * 4096)
    return 'nothing' if pages <= 0 else '%d KiB each' % (pages * 4)


PAGES = [Rival('each coroutine', '%d KiB each' % size) for size in (4, 8, 16, 20)]


def finished(subject, seen):
    def body(self, first):
        def bottom():
            return None

        return below(20, bottom)

    def each():
        subject.resume(subject.create(body))

    found = grown(each, 400)
    seen.see(LEAK, found, own='nothing', rivals=PAGES, at='main, after 400 coroutines that have returned')


def finished_deep(subject, seen):
    def body(self, first):
        return wide(100, int, *[seen] * 30)

    def each():
        subject.resume(subject.create(body))

    found = grown(each, 200)
    seen.see(LEAK, found, own='nothing', rivals=PAGES, at='main, after 200 that have been 100 levels down')


def failed(subject, seen):
    def body(self, first):
        subject.suspend(self)
        raise KeyError('done')

    def each():
        co = subject.create(body)
        subject.resume(co)
        try:
            subject.resume(co)
        except KeyError:
            return

    found = grown(each, 400)
    seen.see(LEAK, found, own='nothing', rivals=PAGES, at='main, after 400 that an exception has ended')


def killed(subject, seen):
    body = wide_body(subject, 'killed', 20)

    def each():
        co = subject.create(body)
        subject.resume(co)
        subject.kill(co)

    found = grown(each, 400)
    seen.see(LEAK, found, own='nothing', rivals=PAGES, at='main, after 400 that were killed 20 levels down')
