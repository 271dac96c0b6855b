"""What adapters share whose package hands over between equals, or through a scheduler.

Such a package knows no resumer: a coroutine that ends or fails does so to a loop, or to
nobody. The adapter remembers who waits, and what leaves a body travels as a message.
"""

import sys

FRESH, RUNNING, SUSPENDED, DONE = 'fresh', 'running', 'suspended', 'done'


class Raised(object):
    """An exception on its way to another coroutine, with its traceback."""

    __slots__ = ('info',)

    def __init__(self, info):
        self.info = info


class Parcel(object):
    """A value on its way through a channel that keeps what was sent: only the wrapping stays there."""

    __slots__ = ('value',)

    def __init__(self, value):
        self.value = value


def thrown(exc):
    """The message that raises this exception where it is received."""
    return Raised((type(exc), exc, getattr(exc, '__traceback__', None)))


if sys.version_info[0] == 2:
    # Only this form keeps the traceback, and no later grammar has it.
    exec('def again(kind, exc, trace):\n    raise kind, exc, trace\n')
else:

    def again(kind, exc, trace):
        """Raises an exception as it was caught: nothing handled here becomes its context."""
        context = exc.__context__
        try:
            raise exc.with_traceback(trace)
        finally:
            exc.__context__ = context
            # This frame is in the traceback, and would keep all of it alive.
            del exc, trace, context


def received(message):
    """What a message says: a value is returned, an exception is raised."""
    if type(message) is Parcel:
        parcel, message = message, message.value
        parcel.value = None
    if type(message) is not Raised:
        return message
    info, message.info = message.info, None
    try:
        again(*info)
    finally:
        del message, info


class Coroutine(object):
    """A body, where it stands, and what an adapter hangs on it."""

    def __init__(self, body):
        self.body = body
        self.state = FRESH
        # The package's own object, which runs the body.
        self.runner = None
        # Whatever an adapter uses to reach the party that waits for this coroutine.
        self.resumer = None
        # What the coroutine finds when it goes on.
        self.message = None

    def enter(self):
        """Marks it as running, which only one that waits to be resumed can become."""
        if self.state not in (FRESH, SUSPENDED):
            raise RuntimeError('a coroutine that is %s cannot be resumed' % self.state)
        fresh, self.state = self.state == FRESH, RUNNING
        return fresh

    def take(self):
        message, self.message = self.message, None
        return message

    def live(self, message=None):
        """Runs the body, and gives the message for whoever waits for its end."""
        try:
            return self.body(self, received(message))
        except BaseException:  # Whatever leaves the body comes out of resume.
            return Raised(sys.exc_info())
        finally:
            self.state = DONE
            self.body = None


# So deep below the innermost frame a package's own frames may reach; a bound is needed,
# because on PyPy the chain of a suspended coroutine can be a ring.
DEEPEST = 32


def behind(frame, *functions):
    """The innermost frame that is the body's own: the one that called these functions.

    A package written in Python has frames of its own between them and the switch.
    """
    codes = [function.__code__ for function in functions]
    candidate = frame
    for _ in range(DEEPEST):
        if candidate is None:
            break
        if candidate.f_code in codes:
            return candidate.f_back
        candidate = candidate.f_back
    return frame
