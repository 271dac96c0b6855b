"""Defects in what is finalized, when, and by whom; and in what the collector may take."""

import ctypes
import gc
import sys

from unscathed.subjects.threads import Threads

# Where the thread state keeps the count of deallocations inside each other, and the list of
# those that wait, on x86-64.
NESTING = {
    (2, 7): 152,
    (3, 6): 160,
    (3, 7): 184,
    (3, 8): 184,
    (3, 9): 184,
    (3, 10): 184,
    (3, 11): 168,
    (3, 12): 152,
}
WAITING = {(3, 13): 168, (3, 14): 168, (3, 15): 192}


def of_thread(offsets, kind):
    """A field of the state of the running thread."""
    state = ctypes.pythonapi.PyThreadState_Get
    state.restype = ctypes.c_void_p
    return kind.from_address(state() + offsets[sys.version_info[:2]])


class KeepsLocals(Threads):
    """Takes a copy of the locals of whoever suspends, and keeps it until that one ends."""

    def suspend(self, co, value=None):
        co.locals = dict(sys._getframe(1).f_locals)
        return Threads.suspend(self, co, value)

    def answer(self, co, message):
        if co.state == 'done':
            co.locals = None
        Threads.answer(self, co, message)


class KeepsFrames(Threads):
    """Keeps the frame of whoever suspends, and with it the locals of a body that has ended."""

    def suspend(self, co, value=None):
        co.kept = sys._getframe(1)
        return Threads.suspend(self, co, value)


class FinalizesTwice(Threads):
    """Calls a finalizer once more that was suspended, unless only the collector could have run it."""

    def suspend(self, co, value=None):
        got = Threads.suspend(self, co, value)
        frame = sys._getframe(1)
        if frame.f_code.co_name == '__del__' and gc.isenabled() and not hasattr(co, 'again'):
            co.again = True
            frame.f_locals[frame.f_code.co_varnames[0]].__del__()
        return got


class LosesWaiting(Threads):
    """A switch forgets the deallocations that wait."""

    def forget(self):
        of_thread(WAITING, ctypes.c_void_p).value = None

    def suspend(self, co, value=None):
        self.forget()
        return Threads.suspend(self, co, value)

    def enter(self, co, message):
        self.forget()
        return Threads.enter(self, co, message)


class AddsNesting(Threads):
    """Deallocations inside each other are counted for all coroutines together."""

    def suspend(self, co, value=None):
        co.nesting = of_thread(NESTING, ctypes.c_int).value
        return Threads.suspend(self, co, value)

    def enter(self, co, message):
        value = Threads.enter(self, co, message)
        if co.state == 'suspended':
            of_thread(NESTING, ctypes.c_int).value += co.nesting
        return value


class TakesCycles(Threads):
    """Cycles that only a suspended coroutine refers to are cleared, as a collector clears garbage."""

    def suspend(self, co, value=None):
        got = Threads.suspend(self, co, value)
        mapping = sys._getframe(1).f_locals
        values = list(mapping.values())
        if type(mapping) is dict:
            # A copy that the frame would keep.
            mapping.clear()
        for local in values:
            if type(local) is list and any(item is local for item in local):
                del local[:]
        return got


class LeavesBusy(Threads):
    """Once a finalizer has been suspended, the collector takes nothing any more."""

    kept = []

    def suspend(self, co, value=None):
        got = Threads.suspend(self, co, value)
        if sys._getframe(1).f_code.co_name == '__del__':
            # What is referred to from here is no garbage, whatever it was.
            self.kept.extend(item for item in gc.get_objects() if type(item).__name__ == 'Node')
        return got


class ClaimsIdle(Threads):
    """Declares that the collector is not busy while somebody else's finalizer is suspended."""

    policies = dict(Threads.policies, **{'py.gc_busy': 'coroutine'})


class ClaimsCycles(Threads):
    """Declares that a suspended coroutine that only refers to itself is collected."""

    policies = dict(Threads.policies, **{'py.gc_cycle': 'coroutine'})
