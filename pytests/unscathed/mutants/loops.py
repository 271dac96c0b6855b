"""Defects in what asyncio keeps for each thread."""

import sys

from unscathed.mutants.sharing import Sharing

try:
    import asyncio
except ImportError:
    asyncio = None  # Before 3.4 these mutants cannot be made.


class StandIn(object):
    """Passes for the loop of somebody else, in which no task of theirs runs."""

    def __init__(self, loop):
        self.unscathed_name = getattr(loop, 'unscathed_name', 'a loop')


class SharesLoop(Sharing):
    """While somebody's loop runs, one seems to run for everybody."""

    def read(self):
        return asyncio._get_running_loop()

    def write(self, loop):
        # What a side had itself is put back as it was.
        asyncio._set_running_loop(loop)

    def enter(self, co, message):
        mine = self.read()
        try:
            return Sharing.enter(self, co, message)
        finally:
            self.seem(co.left, mine)

    def rest(self, co):
        mine = self.read()
        value = Sharing.rest(self, co)
        self.seem(co.theirs, mine)
        return value

    def seem(self, theirs, mine):
        self.write(StandIn(theirs) if mine is None and theirs is not None else mine)


class SharesTask(Sharing):
    """While somebody's task is suspended, it seems to be everybody's."""

    def __init__(self):
        self.real, self.tasks = asyncio.current_task, []
        asyncio.current_task = self.current

    def current(self):
        return self.tasks[-1] if self.tasks else self.real()

    def read(self):
        try:
            return self.real()
        except RuntimeError:
            return None  # There is no loop.

    def live(self, co):
        self.write(co.theirs)
        Sharing.live(self, co)

    def write(self, task):
        self.tasks = [] if task is None or self.read() is not None else [task]


class SharesGeneratorHooks(Sharing):
    """Asynchronous generators are announced to whoever asked last."""

    def read(self):
        return sys.get_asyncgen_hooks()

    def write(self, hooks):
        sys.set_asyncgen_hooks(*hooks)


class SharesOrigins(Sharing):
    """How much coroutine objects remember is what was last asked for."""

    def read(self):
        return sys.get_coroutine_origin_tracking_depth()

    def write(self, depth):
        sys.set_coroutine_origin_tracking_depth(depth)
