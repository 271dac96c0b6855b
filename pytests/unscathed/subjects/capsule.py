"""greenlet's interface for C, reached through the capsule in its module.

For probes that switch below a C frame: they need the address of the function and the
arguments it is to get, and make the call themselves.
"""

import ctypes

# The order of the table, as the package's header numbers it; no release has changed it.
TYPE, ERROR, EXIT, NEW, GETCURRENT, THROW, SWITCH = range(7)


class Capsule(object):
    """The table of C functions of a module with greenlet's interface.

    `switch`, `resume` and `suspend` call nothing. They give what is to be called: the
    address of `PyObject *PyGreenlet_Switch(PyGreenlet *, PyObject *args, PyObject *kwargs)`
    and its three arguments, all of them objects. The call needs the lock of the
    interpreter, and returns a new reference, or null with an exception set.
    """

    def __init__(self, module):
        self.module = module
        self.table = self.read(module._C_API)
        objects = ((TYPE, module.greenlet), (ERROR, module.error), (EXIT, module.GreenletExit))
        for index, thing in objects:
            if self.table[index] != id(thing):
                raise ValueError('the table in `_C_API` is not in the order of the header')

    def read(self, capsule):
        if type(capsule).__name__ == 'PyCObject':
            # What capsules replaced; greenlet had one before 0.3.2.
            pointer = ctypes.pythonapi.PyCObject_AsVoidPtr
            pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object]
            address = pointer(capsule)
        else:
            name = ctypes.pythonapi.PyCapsule_GetName
            name.restype, name.argtypes = ctypes.c_char_p, [ctypes.py_object]
            pointer = ctypes.pythonapi.PyCapsule_GetPointer
            pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
            address = pointer(capsule, name(capsule))
        return ctypes.cast(address, ctypes.POINTER(ctypes.c_void_p))

    def switch(self, to, value=None):
        """A switch to a greenlet, whoever its parent is."""
        return self.table[SWITCH], (to, (value,), {})

    def resume(self, co, value=None):
        """The same as `resume` of the subject."""
        co.parent = self.module.getcurrent()
        return self.switch(co, value)

    def suspend(self, co, value=None):
        """The same as `suspend` of the subject."""
        return self.switch(co.parent, value)
