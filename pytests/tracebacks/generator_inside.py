"""A generator begins in one coroutine, handles an exception there, and raises in another one."""

from stage import subject


def steps():
    try:
        raise KeyError('handled by the generator')
    except KeyError:
        yield 1
        raise ValueError('raised in the generator')


def begins(self, first):
    next(generator)
    subject.suspend(self)


def goes_on(self, first):
    next(generator)


generator = steps()
subject.resume(subject.create(begins))
subject.resume(subject.create(goes_on))
