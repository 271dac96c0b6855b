"""Defects in the control words of the processor: a few instructions set a rounding mode."""

import ctypes
import mmap

from unscathed.subjects.threads import Threads

# Code that stores a control word where its first argument points, sets both bits of the
# rounding mode in it, loads it again, and returns: rounding is toward zero then.
IN_MXCSR = b'\x0f\xae\x1f\x81\x0f\x00\x60\x00\x00\x0f\xae\x17\xc3'
IN_X87 = b'\xd9\x3f\x66\x81\x0f\x00\x0c\xd9\x2f\xc3'

# Where the word is stored in between.
word = ctypes.c_uint32()

pages = []


def routine(code):
    """A function of these instructions, with one pointer as argument."""
    page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    pages.append(page)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    return ctypes.CFUNCTYPE(None, ctypes.c_void_p)(address)


class Truncates(Threads):
    """After each resume the resumer rounds toward zero."""

    code = IN_MXCSR

    def __init__(self):
        self.load = routine(self.code)

    def resume(self, co, value=None):
        answer = Threads.resume(self, co, value)
        self.load(ctypes.addressof(word))
        return answer


class TruncatesInX87(Truncates):
    """The same in the old unit, which computes with long doubles."""

    code = IN_X87


class Direct(object):
    """What to call to switch: functions of C, which here lead back to the subject."""

    def __init__(self, subject):
        kind = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object, ctypes.py_object)
        self.functions = (kind(subject.resume), kind(subject.suspend))
        self.addresses = [ctypes.cast(it, ctypes.c_void_p).value for it in self.functions]

    def resume(self, co, value=None):
        return self.addresses[0], (co, value)

    def suspend(self, co, value=None):
        return self.addresses[1], (co, value)


class TruncatesDirectly(Truncates):
    """The same as the first, with an interface for C."""

    def c_api(self):
        if not hasattr(self, 'direct'):
            self.direct = Direct(self)
        return self.direct
