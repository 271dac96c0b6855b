"""Defects in the control words of the processor: a few instructions set a rounding mode."""

import ctypes
import mmap

from unscathed.subjects.threads import Threads

# Code that loads a control word from where its first argument points, and returns.
LDMXCSR = b'\x0f\xae\x17\xc3'
FLDCW = b'\xd9\x2f\xc3'
# Control words as a process begins with, but for rounding, which is upward.
MXCSR_UP = ctypes.c_uint32(0x1F80 | 0x4000)
X87_UP = ctypes.c_uint16(0x037F | 0x0800)

pages = []


def routine(code):
    """A function of these instructions, with one pointer as argument."""
    page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    pages.append(page)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    return ctypes.CFUNCTYPE(None, ctypes.c_void_p)(address)


class Rounds(Threads):
    """After each resume the resumer rounds upward."""

    code, word = LDMXCSR, MXCSR_UP

    def __init__(self):
        self.load = routine(self.code)

    def resume(self, co, value=None):
        answer = Threads.resume(self, co, value)
        self.load(ctypes.addressof(self.word))
        return answer


class RoundsUp(Rounds):
    """In the unit that computes with doubles."""


class RoundsUpInX87(Rounds):
    """In the old unit, which computes with long doubles."""

    code, word = FLDCW, X87_UP


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


class RoundsUpDirectly(RoundsUp):
    """The same, with an interface for C."""

    def c_api(self):
        if not hasattr(self, 'direct'):
            self.direct = Direct(self)
        return self.direct
