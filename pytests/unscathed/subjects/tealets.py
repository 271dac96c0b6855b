"""tealet: stack slices that switch to each other as equals.

A tealet has no parent, and a function that ends names its successor. An exception that
leaves it would be reported to nobody in particular, so it is caught and sent instead.
"""

import functools

from unscathed.subjects import distributions
from unscathed.subjects.handover import FRESH, RUNNING, SUSPENDED, Coroutine, behind, received, thrown

# The version of the table of functions for C whose order is known.
TABLE = 1


class Tealets(object):
    """Coroutines that are tealets."""

    name = 'tealet'
    style = 'call'
    capabilities = frozenset(['throw', 'kill', 'nest', 'frame', 'callbacks', 'transfer'])
    policies = {'py.contextvars': 'coroutine'}
    documents = {
        'py.contextvars': 'tealet, docs/ARCHITECTURE.md, Tealet Object Methods (a tealet has a context of '
        'its own, at first none) and Save/Restore Pattern (context variables are saved across switches)'
    }
    needs = ('tealet', 'current', 'TealetExit', 'STATE_EXIT')

    def __init__(self, module):
        self.module = module
        if getattr(module, 'C_API_ABI_VERSION', None) != TABLE:
            self.c_api = None

    def version(self):
        return distributions.version_of(self.module)

    def create(self, body):
        co = Coroutine(body)
        co.runner = self.module.tealet()
        return co

    def resume(self, co, value=None):
        fresh = co.enter()
        co.resumer = self.module.current()
        return self.go(co, fresh, value)

    def throw(self, co, exc):
        fresh = co.enter()
        co.resumer = self.module.current()
        if fresh:
            # A tealet that has not started would report the exception instead of raising it here.
            return self.go(co, fresh, thrown(exc))
        return received(self.switch(co, SUSPENDED, co.runner.throw, exc))

    def go(self, co, fresh, message):
        if fresh:
            main = functools.partial(self.main, co)
            return received(self.switch(co, FRESH, co.runner.run, main, message))
        return received(self.switch(co, SUSPENDED, co.runner.switch, message))

    def switch(self, co, before, function, *arguments):
        """What comes back; an exception is tealet's own refusal, because a body's is a message."""
        try:
            return function(*arguments)
        except BaseException:
            if co.state == RUNNING:
                co.state = before
            raise

    def main(self, co, current, message):
        """The function of a tealet; it gives its successor, and what that one gets."""
        answer = co.live(message)
        return co.resumer, answer

    def suspend(self, co, value=None):
        co.state = SUSPENDED
        return received(co.resumer.switch(value))

    def transfer(self, co, to, value=None):
        fresh = to.enter()
        co.state = SUSPENDED
        to.resumer, co.resumer = co.resumer, None
        return self.go(to, fresh, value)

    def direct(self, co):
        """Resume and suspend of one that has begun and comes back to its resumer: nothing of ours."""
        return co.runner.switch, co.resumer.switch

    def done(self, co):
        return co.runner.state == self.module.STATE_EXIT

    def kill(self, co):
        if self.done(co):
            return
        try:
            self.throw(co, self.module.TealetExit())
        except self.module.TealetExit:
            return

    def frame(self, co):
        return behind(co.runner.frame, Tealets.suspend, Tealets.transfer)

    def c_api(self):
        from unscathed.subjects.tealet_capsule import Capsule

        return Capsule(self)
