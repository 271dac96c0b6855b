"""Classes that are no subjects."""

from unscathed.subjects.threads import Threads


class Whole(Threads):
    policies = {}


class WithoutResume(object):
    name = 'half'
    style = 'call'
    capabilities = set()
    policies = {}

    def version(self):
        return '1'

    def create(self, body):
        return body

    def suspend(self, co, value=None):
        return value

    def done(self, co):
        return True


class WithOddCapability(Whole):
    capabilities = {'throw', 'levitate'}


class WithOddPolicy(Whole):
    policies = {'py.no_such_row': 'thread'}


class WithOddDeclaration(Whole):
    policies = {'py.contextvars': 'sometimes'}


class WithMustDeclared(Whole):
    policies = {'py.exc_info': 'thread'}


class WithOddStyle(Whole):
    style = 'telepathy'


class WithoutVersion(Whole):
    def version(self):
        raise RuntimeError('no version today')


class NotMade(Whole):
    def __init__(self):
        raise RuntimeError('not today')
