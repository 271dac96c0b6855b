"""PyPy's continulets, on which its greenlets and tasklets are built.

A switch goes in when it is made from outside, and out when it is made from inside; what
ends or fails comes out of the last switch that went in.
"""

import sys

from unscathed.subjects.handover import FRESH, RUNNING, SUSPENDED, Coroutine, again, behind


class Continulets(object):
    """Coroutines that are continulets."""

    name = 'continulet'
    style = 'call'
    capabilities = frozenset(['throw', 'kill', 'nest', 'frame', 'callbacks', 'transfer'])
    # The documentation says of no element whose it is.
    policies = {}
    documents = {}
    needs = ('continulet',)

    def __init__(self, module):
        self.module = module

    def version(self):
        # The module is a part of the interpreter.
        return '.'.join(str(part) for part in sys.pypy_version_info[:3])

    def create(self, body):
        co = Coroutine(body)
        co.runner = self.module.continulet(self.main, co)
        return co

    def main(self, _, co):
        """The function of a continulet, which gets no value when it starts."""
        body, co.body = co.body, None
        return body(co, co.take())

    def resume(self, co, value=None):
        self.refuse_done(co)
        if co.enter():
            co.message = value
            return self.switch(co, FRESH, co.runner.switch)
        return self.switch(co, SUSPENDED, co.runner.switch, value)

    def switch(self, co, before, function, *arguments):
        """What comes back; what was refused, say on another thread, is as it was before."""
        try:
            return function(*arguments)
        except BaseException:
            if co.state == RUNNING and not self.done(co):
                co.state = before
            # A bare raise of PyPy 8 would give it what main is handling as its context.
            again(*sys.exc_info())

    def suspend(self, co, value=None):
        co.state = SUSPENDED
        return co.runner.switch(value)

    def transfer(self, co, to, value=None):
        self.refuse_done(to)
        fresh = to.enter()
        co.state = SUSPENDED
        if fresh:
            to.message, value = value, None
        return co.runner.switch(value, to=to.runner)

    def throw(self, co, exc):
        self.refuse_done(co)
        before = FRESH if co.enter() else SUSPENDED
        # Without its traceback the exception would lose the one that it has.
        trace = getattr(exc, '__traceback__', None)
        return self.switch(co, before, co.runner.throw, type(exc), exc, trace)

    def direct(self, co):
        """Resume and suspend of one that has begun: nothing of ours."""
        return co.runner.switch, co.runner.switch

    def done(self, co):
        return not co.runner.is_pending()

    def kill(self, co):
        if self.done(co):
            return
        try:
            # There is no exception of its own; generators that are closed get this one.
            self.throw(co, GeneratorExit())
        except GeneratorExit:
            return

    def refuse_done(self, co):
        if self.done(co):
            raise RuntimeError('a continulet that is done cannot be resumed')

    def frame(self, co):
        return behind(co.runner._get_frame(), Continulets.suspend, Continulets.transfer)
