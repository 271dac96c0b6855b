"""Defects in what the C library and the C++ library keep for each thread."""

import ctypes
import signal

from unscathed.mutants.sharing import Sharing
from unscathed.probes.library import exception_globals


class SharesErrno(Sharing):
    """The copy of errno is that of whoever ran last."""

    def read(self):
        return ctypes.get_errno()

    def write(self, number):
        ctypes.set_errno(number)


class SharesSignalMask(Sharing):
    """Signals are blocked for everybody that anybody blocks."""

    def read(self):
        return signal.pthread_sigmask(signal.SIG_BLOCK, ())

    def write(self, numbers):
        signal.pthread_sigmask(signal.SIG_SETMASK, numbers)


class SharesLocale(Sharing):
    """The locale is that of whoever ran last."""

    def read(self):
        return self.use(None)

    def write(self, locale):
        self.use(locale)

    def use(self, locale):
        use = ctypes.CDLL(None).uselocale
        use.argtypes, use.restype = [ctypes.c_void_p], ctypes.c_void_p
        return use(locale)


class SharesCaught(Sharing):
    """The list of the C++ exceptions that are being handled is handed on."""

    def read(self):
        return exception_globals()().contents.caught

    def write(self, address):
        exception_globals()().contents.caught = address


class SharesUncaught(Sharing):
    """The number of the C++ exceptions on their way is handed on."""

    def read(self):
        return exception_globals()().contents.uncaught

    def write(self, count):
        exception_globals()().contents.uncaught = count
