"""tealet's interface for C, reached through the capsule in its module.

As for greenlet, nothing is called here: what comes back is the address of a function and
its arguments. `received` is for what that function returned.
"""

import ctypes
import functools

from unscathed.native import NULL, Word
from unscathed.subjects.handover import SUSPENDED, received

NAME = b'_tealet._C_API'
# The table begins with two numbers of 32 bits and one of 64; then come functions, in the
# order of the package's header. Version 1 of the interface has these.
VERSION = 1
HEADER = 16
NEW_CONTEXT, RUN, SWITCH = 0, 18, 19


class Capsule(object):
    """What to call to switch as the adapter does, without Python code in between.

    The functions are `run(context, target, function, function of C, argument)` and
    `switch(context, target, argument, flags)`. Each needs the lock of the interpreter, and
    returns a new reference, or null with an exception set.
    """

    def __init__(self, subject):
        self.subject = subject
        find = ctypes.pythonapi.PyCapsule_Import
        find.restype, find.argtypes = ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_int]
        table = find(NAME, 0)
        version = ctypes.c_uint32.from_address(table).value
        if version != VERSION:
            raise ValueError('the table in `_C_API` has version %d, not %d' % (version, VERSION))
        self.functions = ctypes.cast(table + HEADER, ctypes.POINTER(ctypes.c_void_p))
        self.context = Word(ctypes.PYFUNCTYPE(ctypes.c_void_p)(self.functions[NEW_CONTEXT])())

    def resume(self, co, value=None):
        """The same as `resume` of the subject."""
        fresh = co.enter()
        co.resumer = self.subject.module.current()
        if fresh:
            function = functools.partial(self.subject.main, co)
            return self.functions[RUN], (self.context, co.runner, function, NULL, value)
        return self.switch(co.runner, value)

    def suspend(self, co, value=None):
        """The same as `suspend` of the subject."""
        co.state = SUSPENDED
        return self.switch(co.resumer, value)

    def switch(self, to, value):
        return self.functions[SWITCH], (self.context, to, value, NULL)

    def received(self, answer):
        """What a switch returned, as the subject passes it on."""
        return received(answer)
