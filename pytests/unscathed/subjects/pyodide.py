"""Pyodide: Python in WebAssembly, whose stacks the JavaScript engine switches.

A coroutine is a task of the event loop whose function is plain: it suspends in
`run_sync`, which blocks the stack that calls it until an awaitable is done. Only a call
that JavaScript entered as one that may suspend can do that.
"""

import asyncio
import importlib

from unscathed.subjects.handover import SUSPENDED, Coroutine, received, thrown


class Stacks(object):
    """Coroutines that are stacks of WebAssembly."""

    name = 'pyodide'
    style = 'call'
    # Nothing gives the frame of a task that is blocked below its first function.
    capabilities = frozenset(['throw', 'kill', 'nest', 'callbacks', 'transfer'])
    policies = {'py.contextvars': 'coroutine'}
    documents = {
        'py.contextvars': 'Python documentation, asyncio, Task Object: a task runs in a copy of the context '
        'in which it was made'
    }
    needs = ('ffi.run_sync', 'ffi.can_run_sync')

    def __init__(self, module):
        self.module = module
        self.ffi = module.ffi
        # `async def` is in no grammar of the common subset, so it has a file of its own.
        self.task = importlib.import_module('unscathed.subjects.pyodide_task').task

    def version(self):
        return self.module.__version__

    def run(self, main):
        if not self.ffi.can_run_sync():
            raise RuntimeError('this stack cannot be suspended: JavaScript did not enter it as one that may')
        return main()

    def future(self):
        return asyncio.get_event_loop().create_future()

    def create(self, body):
        return Coroutine(body)

    def main(self, co):
        """What a task of ours calls."""
        answer = co.live(co.take())
        co.resumer.set_result(answer)

    def resume(self, co, value=None):
        return self.enter(co, value)

    def throw(self, co, exc):
        return self.enter(co, thrown(exc), exc)

    def enter(self, co, message, exc=None):
        fresh = co.enter()
        answer = co.resumer = self.future()
        self.wake(co, fresh, message, exc)
        return received(self.ffi.run_sync(answer))

    def wake(self, co, fresh, message, exc=None):
        if fresh:
            co.message = message
            co.runner = asyncio.ensure_future(self.task(self.main, co))
        elif exc is None:
            co.take().set_result(message)
        else:
            co.take().set_exception(exc)

    def rest(self, co):
        """Waits for the next message to a coroutine, on it."""
        order = co.message = self.future()
        co.state = SUSPENDED
        return received(self.ffi.run_sync(order))

    def suspend(self, co, value=None):
        co.resumer.set_result(value)
        return self.rest(co)

    def transfer(self, co, to, value=None):
        fresh = to.enter()
        to.resumer, co.resumer = co.resumer, None
        self.wake(to, fresh, value)
        return self.rest(co)

    def done(self, co):
        # The task itself is done only after a turn of the loop.
        return co.body is None

    def kill(self, co):
        if self.done(co):
            return
        try:
            # A task that is blocked in run_sync is not reached by cancel; generators get this one.
            self.throw(co, GeneratorExit())
        except GeneratorExit:
            return
