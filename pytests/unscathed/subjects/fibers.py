"""fibers: greenlets again, with fewer special cases in the interface.

A fiber that has ended refuses to be switched to, and a fiber's parent can be changed.
"""

from unscathed.subjects import distributions
from unscathed.subjects.handover import Coroutine


class Fibers(object):
    """Coroutines that are fibers."""

    name = 'fibers'
    style = 'call'
    # There is no accessor for the frame of a fiber.
    capabilities = frozenset(['throw', 'kill', 'nest', 'callbacks', 'transfer'])
    # The documentation says of no element whose it is.
    policies = {}
    documents = {}
    needs = ('Fiber', 'current', 'error')

    def __init__(self, module):
        self.module = module

    def version(self):
        return distributions.version_of(self.module)

    def create(self, body):
        co = Coroutine(body)
        co.runner = self.module.Fiber(target=self.main, args=(co,))
        return co

    def main(self, co):
        """The target of a fiber, which gets no value when it starts."""
        body, co.body = co.body, None
        return body(co, co.take())

    def resume(self, co, value=None):
        co.runner.parent = self.module.current()
        return self.go(co, value)

    def go(self, co, value):
        if co.body is not None:
            co.message = value
            return co.runner.switch()
        return co.runner.switch(value)

    def suspend(self, co, value=None):
        return co.runner.parent.switch(value)

    def transfer(self, co, to, value=None):
        to.runner.parent = co.runner.parent
        return self.go(to, value)

    def throw(self, co, exc):
        co.runner.parent = self.module.current()
        # Without its traceback the exception would lose the one that it has.
        return co.runner.throw(type(exc), exc, getattr(exc, '__traceback__', None))

    def done(self, co):
        return not co.runner.is_alive()

    def kill(self, co):
        if self.done(co):
            return
        try:
            # There is no exception of its own; generators that are closed get this one.
            self.throw(co, GeneratorExit())
        except GeneratorExit:
            return
