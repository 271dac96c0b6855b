"""Code that is compiled, or specialized, because it runs often: it loses nothing either."""

from unscathed.observe import Rival

HOT = 'py.jit'
# No divisor of what compilers take as their thresholds.
STRIDE = 97
OFTEN = 6000


def expected(step):
    """What a loop of these steps adds up to, computed at once."""
    return step * (OFTEN * (OFTEN - 1) // 2)


def look(subject, seen, bodies):
    """Runs bodies in turns, whose sums differ, and sees whether each gets its own."""
    coroutines = [subject.create(body) for body in bodies]
    names = [seen.by(number + 1) for number in range(len(bodies))]
    found = [None] * len(bodies)
    seen.step('%d coroutines run hot loops in turns' % len(bodies))
    while not all(subject.done(co) for co in coroutines):
        for place, co in enumerate(coroutines):
            if not subject.done(co):
                found[place] = subject.resume(co)
    sums = [Rival(name, expected(place + 1)) for place, name in enumerate(names)]
    for place in range(len(names)):
        rivals = sums[:place] + sums[place + 1 :]
        at = 'coroutine %d, the sum of its loop' % (place + 1)
        seen.see(HOT, found[place], own=expected(place + 1), rivals=rivals, at=at)


def loops(subject, seen):
    def adds(step):
        def body(self, first):
            total = 0
            for number in range(OFTEN):
                total += number * step
                if number % STRIDE == 0:
                    subject.suspend(self)
            return total

        return body

    look(subject, seen, [adds(step) for step in range(1, 6)])


def calls(subject, seen):
    class Counter(object):
        def __init__(self, step):
            self.step = step
            self.total = 0

        def add(self, number):
            self.total += self.step * number
            return self.total

    def numbers():
        for number in range(OFTEN):
            yield number

    def adds(step):
        def body(self, first):
            counter = Counter(step)
            for number in numbers():
                counter.add(number)
                if number % STRIDE == 0:
                    subject.suspend(self)
            return counter.total

        return body

    look(subject, seen, [adds(step) for step in range(1, 6)])


def exceptions(subject, seen):
    class Found(Exception):
        pass

    def odd(number):
        if number & 1:
            raise Found(number)
        return number

    def adds(step):
        def body(self, first):
            total = 0
            for number in range(OFTEN):
                try:
                    total += odd(number) * step
                except Found as found:
                    total += found.args[0] * step
                    if number % STRIDE == 0:
                        subject.suspend(self)
            return total

        return body

    look(subject, seen, [adds(step) for step in range(1, 6)])


def below(subject, seen):
    """The suspension stands in a function that a hot loop calls."""

    def adds(step):
        def body(self, first):
            def pause(number):
                if number % STRIDE == 0:
                    subject.suspend(self)
                return number * step

            total = 0
            for number in range(OFTEN):
                total += pause(number)
            return total

        return body

    look(subject, seen, [adds(step) for step in range(1, 6)])
