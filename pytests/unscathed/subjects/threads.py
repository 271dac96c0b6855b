"""The oracle: each coroutine is an OS thread, and one runs at a time.

Whatever a thread has of its own, a coroutine has of its own here. So what is seen of
this subject is seen without any switch: it is the interpreter's own.
"""

import sys
import threading

try:
    from _thread import allocate_lock
except ImportError:
    from thread import allocate_lock

from unscathed.subjects.handover import again


class Exit(BaseException):
    """Thrown into a coroutine that is killed."""


class Baton(object):
    """Whoever waits for it sleeps until it is passed, once, perhaps with a message."""

    __slots__ = ('lock', 'outbox')

    def __init__(self):
        self.lock = allocate_lock()
        self.lock.acquire()
        self.outbox = None

    def wait(self):
        self.lock.acquire()

    def pass_on(self):
        self.lock.release()


class Coroutine(object):
    """A body, the thread that runs it, and whoever waits for it."""

    def __init__(self, body):
        self.body = body
        self.thread = None
        self.state = 'fresh'
        self.baton = Baton()
        self.resumer = None
        self.inbox = None


def take(message):
    """What a message says: a value is returned, an exception is raised."""
    kind, content = message
    if kind == 'raise':
        again(type(content), content, getattr(content, '__traceback__', None))
    return content


class Threads(object):
    """Coroutines that are OS threads with strict hand-off."""

    name = 'threads'
    style = 'call'
    capabilities = frozenset(['throw', 'kill', 'migrate', 'nest', 'frame', 'callbacks'])
    policies = {
        'py.frame_link': 'coroutine',
        'py.recursion.start': 'coroutine',
        'py.resume_running': 'coroutine',
        'py.contextvars': 'coroutine',
        'py.context_start': 'coroutine',
        # No thread changes its context when another one runs.
        'py.context_watchers': 'thread',
        'py.warnings': 'coroutine',
        'py.decimal': 'coroutine',
        'py.tracing': 'coroutine',
        'py.profiling': 'coroutine',
        'py.asyncgen_hooks': 'coroutine',
        'py.asyncio': 'coroutine',
        'py.asyncio_task': 'coroutine',
        'py.origin_tracking': 'coroutine',
        'py.gc_busy': 'thread',
        'py.gc_cycle': 'thread',
        'py.drop': 'thread',
        'py.thread_end': 'thread',
        'py.repr_guard': 'coroutine',
        'py.locks': 'coroutine',
        'py.import_lock': 'coroutine',
        'py.thread_local': 'coroutine',
        'py.thread_identity': 'coroutine',
        'py.handover': 'coroutine',
        'py.orphans': 'coroutine',
        'py.async_exc': 'coroutine',
        'py.errno': 'coroutine',
        'py.signal_mask': 'coroutine',
        'tls.locale': 'coroutine',
        'cxx.caught': 'coroutine',
        'cxx.uncaught': 'coroutine',
    }
    documents = 'the library reference of Python, threading: each thread has its own'

    def version(self):
        return '%d.%d.%d' % sys.version_info[:3]

    def create(self, body):
        return Coroutine(body)

    def resume(self, co, value=None):
        return self.enter(co, ('value', value))

    def throw(self, co, exc):
        return self.enter(co, ('raise', exc))

    def enter(self, co, message):
        """Hands a message and the control to a coroutine, and waits to get both back."""
        if co.state not in ('fresh', 'suspended'):
            raise RuntimeError('a %s coroutine cannot be resumed' % co.state)
        fresh = co.state == 'fresh'
        resumer = co.resumer = Baton()
        co.inbox = message
        self.start(co) if fresh else self.wake(co)
        resumer.wait()
        # After a transfer it is another coroutine that comes back to this one's resumer.
        return take(resumer.outbox)

    def start(self, co):
        co.state = 'running'
        co.thread = threading.Thread(target=self.live, args=(co,))
        co.thread.daemon = True
        co.thread.start()

    def wake(self, co):
        co.state = 'running'
        co.baton.pass_on()

    def live(self, co):
        """The life of a coroutine: the target of its thread."""
        message, co.inbox = co.inbox, None
        try:
            answer = ('value', co.body(co, take(message)))
        except BaseException as error:  # Whatever leaves the body comes out of resume.
            # Python 2 keeps the traceback beside the exception.
            error.__traceback__ = sys.exc_info()[2]
            answer = ('raise', error)
        message = co.body = None
        co.state = 'done'
        self.answer(co, answer)

    def answer(self, co, message):
        """Hands a message and the control to whoever waits for this coroutine."""
        resumer, co.resumer = co.resumer, None
        resumer.outbox = message
        resumer.pass_on()

    def suspend(self, co, value=None):
        co.state = 'suspended'
        self.answer(co, ('value', value))
        return self.rest(co)

    def rest(self, co):
        """Sleeps until the coroutine is woken, and says what it was woken with."""
        co.baton.wait()
        message, co.inbox = co.inbox, None
        return take(message)

    def transfer(self, co, to, value=None):
        if to.state not in ('fresh', 'suspended'):
            raise RuntimeError('a %s coroutine cannot be transferred to' % to.state)
        co.state = 'suspended'
        to.resumer, co.resumer = co.resumer, None
        to.inbox = ('value', value)
        self.start(to) if to.state == 'fresh' else self.wake(to)
        return self.rest(co)

    def done(self, co):
        return co.state == 'done'

    def kill(self, co):
        if co.state == 'fresh':
            co.state = 'done'
        if co.state == 'done':
            return
        try:
            self.throw(co, Exit())
        except Exit:
            return
        if co.state != 'done':
            raise RuntimeError('a killed coroutine suspended again')

    def frame(self, co):
        """The innermost frame of a suspended coroutine that is not ours."""
        frame = sys._current_frames().get(co.thread.ident) if co.thread else None
        while frame is not None and frame.f_code.co_filename == Threads.enter.__code__.co_filename:
            frame = frame.f_back
        return frame
