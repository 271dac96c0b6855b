"""One thing that all coroutines share, although each thread has its own."""

from unscathed.subjects.threads import Threads


class Sharing(Threads):
    """Each side finds what the other one left; subclasses say how to read and to write it.

    A new coroutine begins as its thread does: with what it begins is another question.
    """

    def read(self):
        raise NotImplementedError

    def write(self, value):
        raise NotImplementedError

    def enter(self, co, message):
        co.theirs = self.read()
        try:
            return Threads.enter(self, co, message)
        finally:
            self.write(co.left)

    def answer(self, co, message):
        co.left = self.read()
        Threads.answer(self, co, message)

    def rest(self, co):
        value = Threads.rest(self, co)
        self.write(co.theirs)
        return value
