"""Defects in what a switch below a C function comes back to."""

import os
import signal
import sys

from unscathed.subjects.threads import Threads

PROBES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'probes')

# The functions of probes that make the calls, by what is defective below them.
CALLS = (
    'sorted_key',
    'cmp_to_key',
    'map_function',
    'generator',
    'hash_and_eq',
    'getattr_hook',
    'metaclass',
    'context_enter',
    'context_exit',
    'trace_function',
    'import_finder',
    'import_loader',
    'finalizer',
    'weakref_callback',
    're_sub',
    'json_default',
    'json_object_hook',
    'pickle_reduce',
    'raw_readinto',
    'expat_handler',
    'sqlite_function',
    'sqlite_progress',
    'qsort_released',
    'qsort_held',
    'collector',
    'collector_callback',
    'collecting',
    'iterating',
    'sorting',
)


def below(name):
    """Whether a function of a probe with this name is waiting for the caller to return."""
    frame = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        if code.co_name == name and os.path.dirname(os.path.abspath(code.co_filename)) == PROBES:
            return True
        frame = frame.f_back
    return False


class Stuck(Threads):
    """A suspension below one kind of call returns what the first one there was given."""

    call = None

    def __init__(self):
        self.first = None

    def suspend(self, co, value=None):
        answer = Threads.suspend(self, co, value)
        if not below(self.call):
            return answer
        if self.first is None:
            self.first = answer
        return self.first


# `StuckInSortedKey` and so on.
for _call in CALLS:
    _name = 'StuckIn' + _call.title().replace('_', '')
    globals()[_name] = type(_name, (Stuck,), {'call': _call})


class HandlesSignals(Threads):
    """A signal that a party sends itself is handled by its own thread, as if it were main."""

    def __init__(self):
        super(HandlesSignals, self).__init__()
        self.send, os.kill = os.kill, self.imitated

    def imitated(self, pid, number):
        handler = signal.getsignal(number)
        if pid == os.getpid() and callable(handler):
            handler(number, sys._getframe(1))
        else:
            self.send(pid, number)


class StuckInHandler(HandlesSignals, Stuck):
    """Below a signal handler."""

    call = 'interrupted'
