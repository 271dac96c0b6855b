"""Any module with greenlet's own interface.

greenlet itself from 0.3.1 on, the module of that name that PyPy brings, and what emulates
it. Resuming is a switch by a parent: control comes back to whoever was made the parent.
"""

import functools

from unscathed.subjects import distributions
from unscathed.subjects.handover import behind

IN_MODULE = ('greenlet', 'getcurrent', 'GreenletExit')
IN_CLASS = ('switch', 'throw', 'dead')


def missing(module):
    """The names of greenlet's interface that a module lacks."""
    lacking = [name for name in IN_MODULE if not hasattr(module, name)]
    if 'greenlet' not in lacking:
        kind = module.greenlet
        lacking += ['greenlet.' + name for name in IN_CLASS if not hasattr(kind, name)]
    # PyPy's class does not show it; only its instances do.
    if not lacking and not hasattr(module.getcurrent(), 'parent'):
        lacking.append('greenlet.parent')
    return lacking


def fits(module):
    """Whether a module has greenlet's interface, whatever its name is."""
    return not missing(module)


def of_module(module):
    """The subject that a module with greenlet's interface is."""
    return Compiled(module) if hasattr(module, '_C_API') else Greenlets(module)


class Greenlets(object):
    """Coroutines that are greenlets; a handle is the greenlet itself."""

    style = 'call'

    def __init__(self, module):
        self.module = module
        self.name = module.__name__
        words = ['throw', 'kill', 'nest', 'callbacks', 'transfer']
        if hasattr(module.greenlet, 'gr_frame'):
            words.append('frame')
        self.capabilities = frozenset(words)
        self.policies = {}
        self.documents = {}
        # The module says for itself whether it was built with context variables.
        if getattr(module, 'GREENLET_USE_CONTEXT_VARS', False):
            self.policies['py.contextvars'] = 'coroutine'
            self.documents['py.contextvars'] = (
                'greenlet documentation, Context Variables (asyncio): each greenlet runs by default in its '
                'own context, initially empty; %s.GREENLET_USE_CONTEXT_VARS is true' % module.__name__
            )

    def version(self):
        return distributions.version_of(self.module)

    def create(self, body):
        co = self.module.greenlet()
        # Not a function of ours that calls the body: it would be a frame of the coroutine.
        co.run = functools.partial(body, co)
        return co

    def loose(self, body):
        """A coroutine that does not hold its own handle: the body gets none, and suspends with none."""
        return self.module.greenlet(functools.partial(body, None))

    def resume(self, co, value=None):
        self.adopt(co)
        return co.switch(value)

    def suspend(self, co, value=None):
        if co is None:
            co = self.module.getcurrent()
        # Its own frame holds it no longer, once it is suspended.
        parent, co = co.parent, None
        return parent.switch(value)

    def throw(self, co, exc):
        self.adopt(co)
        # Without its traceback the exception would lose the one that it has.
        return co.throw(exc, None, getattr(exc, '__traceback__', None))

    def done(self, co):
        return bool(co.dead)

    def kill(self, co):
        if co.dead:
            return
        self.adopt(co)
        co.throw()

    def transfer(self, co, to, value=None):
        self.refuse_dead(to)
        to.parent = co.parent
        return to.switch(value)

    def adopt(self, co):
        """Makes the current greenlet the one to which this one comes back."""
        self.refuse_dead(co)
        co.parent = self.module.getcurrent()

    def refuse_dead(self, co):
        # A switch to a dead greenlet quietly goes to its parent, which says nothing of resuming.
        if co.dead:
            raise RuntimeError('a greenlet that is dead cannot be resumed')

    def direct(self, co):
        """Resume and suspend of one that has begun and comes back to its parent: nothing of ours."""
        return co.switch, co.parent.switch

    def stack_kept(self, co):
        """Bytes of the C stack that a suspended one keeps; none of old releases tells."""
        return getattr(co, '_stack_saved', None)

    def frame(self, co):
        return behind(co.gr_frame, Greenlets.suspend, Greenlets.transfer)


# What greenlet's documentation says of elements, and where. Emulations have none of it.
DOCUMENTED = {
    'py.drop': (
        'coroutine',
        'Garbage Collection and greenlets: with the last reference gone, GreenletExit is raised in it',
    ),
    'py.gc_cycle': ('thread', 'Cycles In Frames: cycles through its frames may not be detected'),
}
TRACED = dict.fromkeys(
    ('py.tracing', 'py.profiling'),
    ('thread', "Tracing And Profiling: greenlets switch on one thread, and tracing is the thread's"),
)


class Compiled(Greenlets):
    """The same for a module that also offers its functions to C, as greenlet itself does."""

    def __init__(self, module):
        super(Compiled, self).__init__(module)
        # Releases that know tracing say that Python's does not follow them.
        for documented in [DOCUMENTED] + ([TRACED] if hasattr(module, 'settrace') else []):
            for element, (owner, where) in documented.items():
                self.policies[element] = owner
                self.documents[element] = 'greenlet documentation, ' + where

    def c_api(self):
        from unscathed.subjects.capsule import Capsule

        return Capsule(self.module)
