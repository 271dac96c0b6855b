"""What the C library keeps for each thread, and the C++ library."""

import ctypes
import errno
import signal

from unscathed.observe import Rival, Skip

# LC_GLOBAL_LOCALE of <locale.h>, which is not an object but stands for one.
GLOBAL_LOCALE = -1


def sides(subject, seen, element, put, get, values, names=None):
    """Each side puts a value there, hands over, and looks: 1's, main's, 1's again."""
    inner, outer, last = values

    def spoken(value):
        return names.get(value, 'neither') if names else value

    def look(own, rival, at):
        seen.see(element, spoken(get()), own=spoken(own), rivals=[Rival(rival[0], spoken(rival[1]))], at=at)

    def body(self, first):
        put(inner)
        subject.suspend(self)
        look(inner, theirs, 'coroutine 1, when suspend returns')
        put(last)

    put(outer)
    theirs = (seen.by(0), outer)
    co = subject.create(body)
    subject.resume(co)
    look(outer, (seen.by(1), inner), 'main, when 1 has put its own there and suspended')
    put(outer)
    subject.resume(co)
    look(outer, (seen.by(1), last), 'main, when 1 has put another there and finished')


def errno_copy(subject, seen):
    """The copy that ctypes keeps, because the interpreter itself changes errno all the time."""
    sides(subject, seen, 'py.errno', ctypes.set_errno, ctypes.get_errno, (71, 72, 73))


def failed_call(subject, seen):
    """The same with real failures: a bad descriptor, and a file that is not there."""
    libc = ctypes.CDLL(None, use_errno=True)
    calls = {
        errno.EBADF: lambda: libc.close(-1),
        errno.ENOENT: lambda: libc.unlink(b'/there is/no such folder'),
        errno.EINVAL: lambda: libc.dup3(1, 1, 0),
    }

    def put(number):
        calls[number]()

    values = (errno.EBADF, errno.ENOENT, errno.EINVAL)
    sides(subject, seen, 'py.errno', put, ctypes.get_errno, values, dict(errno.errorcode))


def signal_mask(subject, seen):
    def put(numbers):
        signal.pthread_sigmask(signal.SIG_SETMASK, numbers)

    def get():
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        return tuple(sorted(int(number) for number in blocked))

    values = tuple((int(number),) for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGWINCH))
    names = dict(zip(values, ('SIGUSR1', 'SIGUSR2', 'SIGWINCH')))
    sides(subject, seen, 'py.signal_mask', put, get, values, names)


def locale(subject, seen):
    libc = ctypes.CDLL(None)
    if not hasattr(libc, 'uselocale'):
        raise Skip('the C library has no locale of a thread')
    libc.duplocale.argtypes = libc.uselocale.argtypes = [ctypes.c_void_p]
    libc.duplocale.restype = libc.uselocale.restype = ctypes.c_void_p
    # Three objects that say the same, so that no output changes.
    values = tuple(libc.duplocale(GLOBAL_LOCALE) for _ in range(3))
    names = dict(zip(values, ('a locale of coroutine 1', 'the locale of main', 'another of coroutine 1')))
    before = libc.uselocale(None)
    sides(subject, seen, 'tls.locale', libc.uselocale, lambda: libc.uselocale(None), values, names)
    libc.uselocale(before)


class ExceptionGlobals(ctypes.Structure):
    """What the C++ ABI keeps for each thread, by its section 2.2.2."""

    _fields_ = [('caught', ctypes.c_void_p), ('uncaught', ctypes.c_uint)]


def exception_globals():
    """The function that finds them: the answer may be another one after each switch."""
    try:
        find = ctypes.CDLL('libstdc++.so.6')['__cxa_get_globals']
    except OSError as error:
        raise Skip('the C++ library is not there: %s' % error)
    find.restype = ctypes.POINTER(ExceptionGlobals)
    return find


def caught(subject, seen):
    """The head of the list: memory without an exception in it, which nobody looks into."""
    find = exception_globals()
    blocks = [ctypes.create_string_buffer(1024) for _ in range(3)]
    values = tuple(ctypes.addressof(block) + 512 for block in blocks)
    names = dict(zip(values, ('an exception of coroutine 1', 'one of main', 'another one of coroutine 1')))
    names[None] = 'no exception'

    def put(address):
        find().contents.caught = address

    sides(subject, seen, 'cxx.caught', put, lambda: find().contents.caught, values, names)
    put(None)


def uncaught(subject, seen):
    find = exception_globals()

    def put(count):
        find().contents.uncaught = count

    sides(subject, seen, 'cxx.uncaught', put, lambda: find().contents.uncaught, (31, 32, 33))
    put(0)
