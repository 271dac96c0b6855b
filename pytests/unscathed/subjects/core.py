"""The reference core for CPython: coroutines on stacks of their own.

Its interface is that of a subject, so there is little to adapt.
"""

import functools

import unscathed_core

from unscathed.native import NULL, Word
from unscathed.subjects import distributions
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
        # Ours is the innermost: it called the core.
        return co.frame and co.frame.f_back
