"""A function that C calls suspends, and raises when it goes on."""

from stage import subject


def body(self, first):
    def key(number):
        subject.suspend(self)
        raise ValueError('raised in the callback')

    return sorted([2, 1], key=key)


co = subject.create(body)
subject.resume(co)
subject.resume(co)
