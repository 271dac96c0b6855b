"""A group of what two coroutines raised; a third one suspends in except*, then raises (3.11)."""

from stage import subject


def first_worker(self, first):
    raise KeyError('raised by the first worker')


def second_worker(self, first):
    subject.suspend(self)
    raise ValueError('raised by the second worker')


def caught(co):
    try:
        subject.resume(co)
    except Exception as error:
        return error


def collector(self, first):
    waiting = subject.create(second_worker)
    subject.resume(waiting)
    errors = [caught(subject.create(first_worker)), caught(waiting)]
    try:
        raise ExceptionGroup('two workers failed', errors)
    except* KeyError:
        subject.suspend(self)
        raise RuntimeError('raised while a part is handled')


co = subject.create(collector)
subject.resume(co)
subject.resume(co)
