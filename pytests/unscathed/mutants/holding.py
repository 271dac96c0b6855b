"""Defects in who holds what a suspended coroutine is in the middle of."""

import ctypes
import sys
import threading

from unscathed.subjects.threads import Threads


class SharesReprGuard(Threads):
    """What a suspended coroutine is in the middle of showing, its resumer is said to be showing."""

    def suspend(self, co, value=None):
        # A borrowed reference: as an address, so that nobody gives it back.
        borrowed = ctypes.pythonapi.PyThreadState_GetDict
        borrowed.restype = ctypes.c_void_p
        state = ctypes.cast(borrowed(), ctypes.py_object).value
        co.shown = list(state.get('Py_Repr', ()))
        return Threads.suspend(self, co, value)

    def enter(self, co, message):
        self.mark(co, ctypes.pythonapi.Py_ReprLeave)
        try:
            return Threads.enter(self, co, message)
        finally:
            self.mark(co, ctypes.pythonapi.Py_ReprEnter)

    def mark(self, co, function):
        shown, co.shown = getattr(co, 'shown', ()), ()
        for found in shown:
            function(ctypes.py_object(found))
        if function is ctypes.pythonapi.Py_ReprEnter:
            co.shown = shown


class SharesImports(Threads):
    """Whoever asks for the lock of a module passes for the thread that imports it."""

    def __init__(self):
        sys.modules['_frozen_importlib']._thread = OneThread(sys.modules['_frozen_importlib']._thread)


class OneThread(object):
    """The module of threads, in which there is one."""

    def __init__(self, module):
        self.module = module

    def __getattr__(self, name):
        return getattr(self.module, name)

    def get_ident(self):
        return 1


class SharesLocks(Threads):
    """Whoever asks for a lock that can be taken again passes for its owner."""

    def __init__(self):
        threading.RLock = Anybodys


class Anybodys(object):
    """A lock that nobody is refused."""

    def acquire(self, blocking=True):
        return True

    def release(self):
        pass

    def __enter__(self):
        return True

    def __exit__(self, *error):
        pass
