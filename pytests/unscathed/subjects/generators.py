"""A baseline without stacks: generators, which suspend by `yield` in their own frame."""

import sys
import types

from unscathed.observe import Unsupported
from unscathed.styles import Finished

FRESH, SUSPENDED, RUNNING, DONE = 'fresh', 'suspended', 'running', 'done'


class Handle(object):
    """A body, and the generator that it is once it runs."""

    def __init__(self, body):
        self.body = body
        self.generator = None
        self.state = FRESH


class Generators(object):
    """Generators: one frame each, and whatever else there is belongs to the thread."""

    name = 'generators'
    style = 'yield'
    capabilities = frozenset(['throw', 'kill', 'migrate', 'nest', 'frame'])
    policies = {
        'py.contextvars': 'thread',
        'py.decimal': 'thread',
    }
    documents = 'PEP 567, Implementation: generators share the context of whoever resumes them'

    def version(self):
        return '%d.%d.%d' % sys.version_info[:3]

    def create(self, body):
        return Handle(body)

    def suspend(self, co, value=None):
        raise Unsupported('it suspends in the own frame of a body only')

    def resume(self, co, value=None):
        self.enter(co)
        if co.generator is not None:
            return self.drive(co, co.generator.send, value)
        return self.begin(co, value)

    def throw(self, co, exc):
        self.enter(co)
        if co.generator is None:
            self.finish(co)
            raise exc
        return self.drive(co, co.generator.throw, exc)

    def enter(self, co):
        if co.state not in (FRESH, SUSPENDED):
            raise RuntimeError('a %s coroutine cannot be resumed' % co.state)
        co.state = RUNNING

    def begin(self, co, first):
        """The first resume: a body that never suspends is an ordinary function."""
        try:
            made = co.body(co, first)
        except BaseException:
            self.finish(co)
            raise
        if not self.is_suspendable(made):
            self.finish(co)
            return made
        co.generator = made
        return self.drive(co, made.send, None)

    def is_suspendable(self, made):
        """Whether a call of a body made something that runs step by step."""
        return isinstance(made, types.GeneratorType)

    def drive(self, co, step, value):
        """One step of a generator, to its next suspension or to its end."""
        try:
            handed = step(value)
            if isinstance(handed, Finished):
                # Only finally blocks are left; what they suspend with goes nowhere.
                for _ in co.generator:
                    pass
                self.finish(co)
                return handed.value
        except StopIteration as end:
            self.finish(co)
            return getattr(end, 'value', None)
        except BaseException:
            self.finish(co)
            raise
        co.state = SUSPENDED
        return handed

    def finish(self, co):
        co.state, co.body = DONE, None

    def done(self, co):
        return co.state == DONE

    def kill(self, co):
        if co.state == RUNNING:
            raise RuntimeError('a running coroutine cannot be killed')
        if co.generator is not None:
            co.generator.close()
        self.finish(co)

    def frame(self, co):
        return None if co.generator is None else co.generator.gi_frame
