"""An exception waits in a finally block that suspends, while main handles another one."""

from stage import subject


def body(self, first):
    try:
        raise ValueError('raised before the finally block')
    finally:
        subject.suspend(self)


def other(self, first):
    raise KeyError('handled by main')


co = subject.create(body)
subject.resume(co)
try:
    subject.resume(subject.create(other))
except KeyError as error:
    print(error)
subject.resume(co)
