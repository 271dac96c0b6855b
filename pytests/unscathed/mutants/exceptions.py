"""Defects in whose exception is being handled, and in which one is on its way."""

import ctypes
import sys

from unscathed.subjects.threads import Threads


def handle(error):
    """Makes the running thread believe that it is handling this exception."""
    pointers = [ctypes.py_object(part) for part in (type(error), error, error.__traceback__)]
    for pointer in pointers:
        ctypes.pythonapi.Py_IncRef(pointer)
    ctypes.pythonapi.PyErr_SetExcInfo(*pointers)


class ForgetsHandled(Threads):
    """After a resume, a coroutine handles what its resumer was handling."""

    def enter(self, co, message):
        co.theirs = sys.exc_info()[1]
        return Threads.enter(self, co, message)

    def rest(self, co):
        value = Threads.rest(self, co)
        if co.theirs is not None:
            handle(co.theirs)
        return value
