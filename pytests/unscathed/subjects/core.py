"""The reference core for CPython: coroutines on stacks of their own.

Its interface is that of a subject, so there is little to adapt.
"""

import functools

import unscathed_core

from unscathed.subjects import distributions
from unscathed.subjects.handover import behind
from unscathed.subjects.shape import Refused


class Core(object):
    """Coroutines of the core; a handle is the coroutine itself."""

    name = 'unscathed'
    style = 'call'
    capabilities = frozenset(['throw', 'kill', 'nest', 'frame', 'callbacks', 'transfer'])
    # What the core's definition says belongs to a coroutine, and what it leaves to the thread.
    policies = dict.fromkeys(
        ('py.contextvars', 'py.decimal', 'py.recursion.start', 'py.warnings', 'py.drop'), 'coroutine'
    )
    policies.update(
        dict.fromkeys(
            (
                'cxx.caught',
                'cxx.uncaught',
                'py.async_exc',
                'py.asyncgen_hooks',
                'py.asyncio',
                'py.asyncio_task',
                'py.context_start',
                'py.errno',
                'py.gc_busy',
                'py.import_lock',
                'py.locks',
                'py.origin_tracking',
                'py.orphans',
                'py.profiling',
                'py.repr_guard',
                'py.signal_mask',
                'py.thread_identity',
                'py.thread_local',
                'py.tracing',
                'tls.locale',
            ),
            'thread',
        )
    )
    documents = {}

    def __init__(self):
        for word in ('Coroutine', 'CoroutineExit', 'suspend', '_C_API'):
            if not hasattr(unscathed_core, word):
                raise Refused('the module `unscathed_core` is not the core: it lacks `%s`' % word)
        if unscathed_core.Coroutine(len).switcher == 'ucontext':
            # The C library's switch sets the signal mask, which the core's own leave alone.
            self.policies = dict(self.policies, **{'py.signal_mask': 'coroutine'})

    def version(self):
        return distributions.version_of(unscathed_core)

    def create(self, body):
        return unscathed_core.Coroutine(body)

    def loose(self, body):
        """A coroutine that does not hold its own handle: the body gets none, and suspends with none."""
        return unscathed_core.Coroutine(functools.partial(body, None), handle=False)

    def resume(self, co, value=None):
        return co.resume(value)

    def suspend(self, co, value=None):
        if co is None:
            return unscathed_core.suspend(value)
        return co.suspend(value)

    def throw(self, co, exc):
        return co.throw(exc)

    def done(self, co):
        return co.state == 'finished'

    def kill(self, co):
        co.close()

    def transfer(self, co, to, value=None):
        return co.transfer(to, value)

    def frame(self, co):
        return behind(co.frame, Core.suspend, Core.transfer)

    def c_api(self):
        return Capsule()


class Capsule(object):
    """What to call to switch as the adapter does, without Python code in between.

    The table begins with four numbers of 32 bits; then come pointers, in the order of the
    core's header. The functions are `resume(coroutine, value)` and `suspend(value)`, and
    return a new reference, or null with an exception set.
    """

    NAME = b'unscathed_core._C_API'
    VERSION, HEADER = 1, 16
    TYPE, RESUME, SUSPEND = 8, 11, 12

    def __init__(self):
        import ctypes

        find = ctypes.pythonapi.PyCapsule_Import
        find.restype, find.argtypes = ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_int]
        address = find(self.NAME, 0)
        version = ctypes.c_uint32.from_address(address).value
        self.table = ctypes.cast(address + self.HEADER, ctypes.POINTER(ctypes.c_void_p))
        if version != self.VERSION or self.table[self.TYPE] != id(unscathed_core.Coroutine):
            raise ValueError('the table in `_C_API` is not the one that the header of version 1 describes')

    def resume(self, co, value=None):
        """The same as `resume` of the subject."""
        return self.table[self.RESUME], (co, value)

    def suspend(self, co, value=None):
        """The same as `suspend` of the subject."""
        return self.table[self.SUSPEND], (value,)
