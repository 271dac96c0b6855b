"""eventlet, as its users see it: green threads that wait for events of each other.

Each hand-over is an event that one side sends and the other waits for, so the hub runs
between any two steps of two coroutines. An event keeps what was sent, so values go in parcels.
"""

import importlib

from unscathed.subjects import distributions
from unscathed.subjects.handover import SUSPENDED, Coroutine, Parcel, behind, received, thrown


class Eventlets(object):
    """Coroutines that are green threads."""

    name = 'eventlet'
    style = 'call'
    capabilities = frozenset(['throw', 'kill', 'nest', 'frame', 'callbacks', 'transfer'])
    # The documentation says of no element whose it is.
    policies = {}
    documents = {}
    needs = ('spawn', 'kill')

    def __init__(self, module):
        self.module = module
        self.event = importlib.import_module('eventlet.event').Event
        self.hubs = importlib.import_module('eventlet.hubs')
        self.exit = importlib.import_module('greenlet').GreenletExit

    def version(self):
        return distributions.version_of(self.module)

    def main(self, co):
        """What a green thread of ours runs."""
        answer = Parcel(co.live(co.take()))
        # Not whoever waited when it began.
        co.resumer.send(answer)

    def create(self, body):
        co = Coroutine(body)
        # The one that runs it, once it has begun.
        co.hub = None
        return co

    def enter(self, co):
        # Its thread may have ended, and nobody would ever answer.
        if self.done(co):
            raise RuntimeError('a green thread that is dead cannot be resumed')
        # Each thread has a hub of its own, and only that of its own runs a green thread.
        if co.hub not in (None, self.hubs.get_hub()):
            raise RuntimeError('a green thread of another hub cannot be resumed')
        return co.enter()

    def resume(self, co, value=None):
        fresh = self.enter(co)
        answer = co.resumer = self.event()
        self.wake(co, fresh, value)
        return received(answer.wait())

    def wake(self, co, fresh, message):
        if fresh:
            co.message = message
            co.hub = self.hubs.get_hub()
            co.runner = self.module.spawn(self.main, co)
        else:
            co.take().send(Parcel(message))

    def rest(self, co):
        """Waits for the next message to a coroutine, on it."""
        order = co.message = self.event()
        co.state = SUSPENDED
        return received(order.wait())

    def suspend(self, co, value=None):
        co.resumer.send(Parcel(value))
        return self.rest(co)

    def transfer(self, co, to, value=None):
        fresh = self.enter(to)
        to.resumer, co.resumer = co.resumer, None
        self.wake(to, fresh, value)
        return self.rest(co)

    def throw(self, co, exc):
        fresh = self.enter(co)
        answer = co.resumer = self.event()
        if fresh:
            self.wake(co, fresh, thrown(exc))
        else:
            co.take()
            # It returns when the other side has had its turn, and may have answered by then.
            self.module.kill(co.runner, type(exc), exc, getattr(exc, '__traceback__', None))
        return received(answer.wait())

    def done(self, co):
        return co.runner is not None and bool(co.runner.dead)

    def kill(self, co):
        if self.done(co):
            return
        try:
            self.throw(co, self.exit())
        except self.exit:
            return

    def frame(self, co):
        frame = co.runner.gr_frame if co.runner is not None else None
        return behind(frame, Eventlets.suspend, Eventlets.transfer)
