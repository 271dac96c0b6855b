"""An exception is thrown into a coroutine that somebody else had resumed before."""

from stage import subject


def body(self, first):
    subject.suspend(self)


def starter(self, first):
    subject.resume(co)


co = subject.create(body)
subject.resume(subject.create(starter))
subject.throw(co, ValueError('thrown by main'))
