"""Another baseline without stacks: `async def`, which suspends by `await`."""

import sys

from unscathed.subjects.generators import Generators


class Coroutines(Generators):
    """Coroutines of `async def`, driven by hand."""

    name = 'async'
    style = 'await'
    documents = 'PEP 567, Implementation: a task has a context of its own, a bare coroutine has not'

    def __init__(self):
        if sys.version_info < (3, 5):
            from unscathed.subjects import Refused

            raise Refused('`async def` came with Python 3.5')

    def is_suspendable(self, made):
        return hasattr(made, 'cr_frame')

    def frame(self, co):
        return None if co.generator is None else co.generator.cr_frame
