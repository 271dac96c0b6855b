"""gevent, as its users see it: greenlets that it spawns, and a switch through its hub.

Each hand-over is what a program of theirs would do: set the result that the other side
waits for, and wait for one. So the hub runs between any two steps of two coroutines.
A result keeps its value for whoever asks again, as documented, so values go in parcels.
Main waits where it is: what the hub finds wrong, it raises there, out of resume.
"""

import importlib

from unscathed.subjects import distributions
from unscathed.subjects.handover import SUSPENDED, Coroutine, Parcel, behind, received, thrown


class Gevents(object):
    """Coroutines that are instances of gevent.Greenlet."""

    name = 'gevent'
    style = 'call'
    capabilities = frozenset(['throw', 'kill', 'nest', 'frame', 'callbacks', 'transfer'])
    needs = ('Greenlet', 'GreenletExit', 'get_hub')

    def __init__(self, module):
        self.module = module
        self.result = importlib.import_module('gevent.event').AsyncResult
        self.policies = {}
        self.documents = {}
        # What gevent promises, it promises because greenlet does, and that can be asked.
        if getattr(importlib.import_module('greenlet'), 'GREENLET_USE_CONTEXT_VARS', False):
            self.policies['py.contextvars'] = 'coroutine'
            self.documents['py.contextvars'] = (
                'gevent documentation, gevent.contextvars, changed in version 20.9.0: greenlets with context '
                'variables of their own, by way of greenlet'
            )

    def version(self):
        return distributions.version_of(self.module)

    def main(self, co):
        """What a greenlet of ours runs; it is not to fail, because gevent would report that."""
        answer = Parcel(co.live(co.take()))
        # Not whoever waited when it began.
        co.resumer.set(answer)

    def create(self, body):
        co = Coroutine(body)
        co.runner = self.module.Greenlet(self.main, co)
        return co

    def enter(self, co):
        # Its thread may have ended, and nobody would ever answer.
        if self.done(co):
            raise RuntimeError('a greenlet that is dead cannot be resumed')
        # Each thread has a hub of its own, and only that of its own runs a greenlet.
        if co.runner.parent is not self.module.get_hub():
            raise RuntimeError('a greenlet of another hub cannot be resumed')
        return co.enter()

    def resume(self, co, value=None):
        fresh = self.enter(co)
        answer = co.resumer = self.result()
        self.wake(co, fresh, value)
        return received(answer.get())

    def wake(self, co, fresh, message):
        if fresh:
            co.message = message
            co.runner.start()
        else:
            co.take().set(Parcel(message))

    def rest(self, co):
        """Waits for the next message to a coroutine, on it."""
        order = co.message = self.result()
        co.state = SUSPENDED
        return received(order.get())

    def suspend(self, co, value=None):
        co.resumer.set(Parcel(value))
        return self.rest(co)

    def transfer(self, co, to, value=None):
        fresh = self.enter(to)
        to.resumer, co.resumer = co.resumer, None
        self.wake(to, fresh, value)
        return self.rest(co)

    def throw(self, co, exc):
        fresh = self.enter(co)
        answer = co.resumer = self.result()
        if fresh:
            # gevent would not start it, report the exception, and tell nobody who waits.
            self.wake(co, fresh, thrown(exc))
        else:
            co.take()
            # What the hub calls may throw; `kill` would drop the traceback of the exception.
            trace = getattr(exc, '__traceback__', None)
            self.module.get_hub().loop.run_callback(co.runner.throw, type(exc), exc, trace)
        return received(answer.get())

    def done(self, co):
        return co.runner.ready()

    def kill(self, co):
        if self.done(co):
            return
        try:
            self.throw(co, self.module.GreenletExit())
        except self.module.GreenletExit:
            return

    def frame(self, co):
        return behind(co.runner.gr_frame, Gevents.suspend, Gevents.transfer)
