"""Defects that show when several OS threads switch at the same time."""

import gc
import threading

from unscathed.subjects.threads import Threads


class CrossesThreads(Threads):
    """A resume may bring what another thread has sent to its own coroutine."""

    def __init__(self):
        self.sent = {}

    def enter(self, co, message):
        here = threading.current_thread()
        others = [sent for thread, sent in list(self.sent.items()) if thread is not here]
        self.sent[here] = message
        return Threads.enter(self, co, others[0] if others else message)


class ForgetsCollector(Threads):
    """Switches the collector off while it switches, and leaves it as it seemed to be."""

    def enter(self, co, message):
        enabled = gc.isenabled()
        gc.disable()
        try:
            return Threads.enter(self, co, message)
        finally:
            gc.enable() if enabled else gc.disable()
