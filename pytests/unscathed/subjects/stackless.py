"""Stackless Python: tasklets that switch to each other directly, past the scheduler.

The same program switches in two ways. Where only Python frames are open a soft switch
changes no C stack; where C frames are open, or when soft switching is off, a hard one
moves the C stack. What each carries differs, so each is a subject.
"""

import sys

try:
    import builtins
except ImportError:
    import __builtin__ as builtins

from unscathed.subjects.handover import SUSPENDED, Coroutine, behind, received, thrown


class Seat(object):
    """Where a resumer waits: its tasklet, and the answer that it finds there."""

    __slots__ = ('tasklet', 'answer')

    def __init__(self, tasklet):
        self.tasklet = tasklet
        self.answer = None


class Tasklets(object):
    """Coroutines that are tasklets, switched softly where that is possible."""

    name = 'stackless'
    style = 'call'
    capabilities = frozenset(['throw', 'kill', 'nest', 'frame', 'callbacks', 'transfer'])
    policies = {'py.tracing': 'coroutine', 'py.profiling': 'coroutine'}
    documents = {
        'py.tracing': 'Stackless Python documentation, Debugging and Tracing: sys.settrace covers only the '
        'current tasklet',
        'py.profiling': 'Stackless Python documentation, Tasklets, tasklet.profile_function: the counterpart '
        'of sys.setprofile of one tasklet',
    }
    needs = ('tasklet', 'getcurrent', 'enable_softswitch')
    soft = True

    def __init__(self, module):
        self.module = module
        # Where there are tasklets, every module sees the exception that ends them.
        self.exit = builtins.TaskletExit

    def version(self):
        # It is the interpreter, and counts its versions as CPython does.
        return '%d.%d.%d' % sys.version_info[:3]

    def run(self, main):
        """Calls main with the kind of switch that this subject is about."""
        before = self.module.enable_softswitch(self.soft)
        try:
            return main()
        finally:
            self.module.enable_softswitch(before)

    def create(self, body):
        co = Coroutine(body)
        co.runner = self.module.tasklet(self.main)(co)
        # Nobody but a resumer is to start it.
        co.runner.remove()
        return co

    def main(self, co):
        """What a tasklet of ours runs."""
        answer = co.live(co.take())
        co.resumer.answer = answer
        # It ends now, and the scheduler finds no other tasklet that could run.
        co.resumer.tasklet.insert()

    def resume(self, co, value=None):
        co.enter()
        seat = co.resumer = Seat(self.module.getcurrent())
        co.message = value
        co.runner.switch()
        return received(seat.answer)

    def throw(self, co, exc):
        fresh = co.enter()
        seat = co.resumer = Seat(self.module.getcurrent())
        if fresh:
            co.message = thrown(exc)
        else:
            # Thrown at once it would leave the caller in the scheduler's queue, ahead of others.
            co.runner.throw(type(exc), exc, pending=True)
        co.runner.switch()
        return received(seat.answer)

    def suspend(self, co, value=None):
        co.state = SUSPENDED
        co.resumer.answer = value
        co.resumer.tasklet.switch()
        return co.take()

    def transfer(self, co, to, value=None):
        to.enter()
        co.state = SUSPENDED
        to.resumer, co.resumer = co.resumer, None
        to.message = value
        to.runner.switch()
        return co.take()

    def done(self, co):
        return not co.runner.alive

    def kill(self, co):
        if self.done(co):
            return
        try:
            self.throw(co, self.exit())
        except self.exit:
            return

    def frame(self, co):
        return behind(co.runner.frame, Tasklets.suspend, Tasklets.transfer)


class HardTasklets(Tasklets):
    """Coroutines that are tasklets, with soft switching turned off."""

    name = 'stackless-hard'
    soft = False
