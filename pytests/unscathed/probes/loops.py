"""What asyncio keeps for each thread: loop, task, hooks."""

import sys

from unscathed.observe import Rival, Skip, outcome

try:
    import asyncio
except ImportError:
    asyncio = None  # Before 3.4; the rows begin where all of it is there.

NO_LOOP, NO_TASK = 'no loop', 'no task'


def in_loop(name, function):
    """Calls it within a task, which runs in a new loop; both have this name."""
    from unscathed.modern import asyncs

    loop = asyncio.new_event_loop()
    calling = asyncs.calling(function)
    task = loop.create_task(calling)
    loop.unscathed_name = name
    # Tasks of C have no attributes of others'.
    NAMES.append((task, name))
    try:
        return loop.run_until_complete(task)
    finally:
        if not task.done():
            # It was refused before it began, and nobody else will end it.
            task.cancel()
            calling.close()
        loop.close()


NAMES = []


def running():
    """The loop that runs here, by name."""
    loop = asyncio._get_running_loop()
    return NO_LOOP if loop is None else getattr(loop, 'unscathed_name', 'a loop of nobody here')


def current():
    """The task that runs here, by name."""
    try:
        found = asyncio.current_task()
    except RuntimeError:
        return NO_TASK  # There is no loop.
    names = [name for task, name in NAMES if task is found]
    return names[0] if names else NO_TASK if found is None else 'a task of nobody here'


def outside():
    """Where main runs in a loop already, what it would be told is not known."""
    if asyncio._get_running_loop() is not None:
        raise Skip('main runs in an event loop here')


def loop(subject, seen):
    """1 suspends in the middle of a task."""
    outside()
    inner = seen.by(1)

    def body(self, first):
        def work():
            subject.suspend(self)
            at = 'coroutine 1, in its task, when suspend returns'
            rivals = [Rival('main', NO_LOOP)]
            seen.see('py.asyncio', running(), own=inner, rivals=rivals, at=at, thread=inner)

        in_loop(inner, work)

    co = subject.create(body)
    subject.resume(co)
    at = 'main, while 1 is suspended in a task'
    seen.see('py.asyncio', running(), own=NO_LOOP, rivals=[inner], at=at)
    subject.resume(co)
    at = 'main, when 1 has finished'
    seen.see('py.asyncio', running(), own=NO_LOOP, rivals=[inner], at=at, thread=NO_LOOP)


def loop_of_resumer(subject, seen):
    """Main resumes 1 in the middle of a task, for the first time and once more."""
    outside()
    outer = seen.by(0)

    def body(self, first):
        look('when it begins')
        subject.suspend(self)
        look('when suspend returns')

    def look(when):
        at = 'coroutine 1, %s, resumed within a task of main' % when
        seen.see('py.asyncio', running(), own=NO_LOOP, rivals=[outer], at=at)

    def work():
        subject.resume(co)
        at = 'main, in its task, when 1 has suspended'
        rivals = [Rival('coroutine 1', NO_LOOP)]
        seen.see('py.asyncio', running(), own=outer, rivals=rivals, at=at, thread=outer)
        subject.resume(co)

    co = subject.create(body)
    in_loop(outer, work)


def nested(subject, seen):
    """While 1 is suspended in a task, main runs a loop of its own."""
    outside()
    inner, outer = seen.by(1), seen.by(0)

    def body(self, first):
        in_loop(inner, lambda: subject.suspend(self))

    co = subject.create(body)
    subject.resume(co)
    found = outcome(in_loop, outer, running)
    if isinstance(found, RuntimeError):
        found = 'refused'
    at = 'main, in a loop of its own, while 1 is suspended in a task'
    rivals = [inner, Rival('the loop of coroutine 1', 'refused')]
    seen.see('py.asyncio', found, own=outer, rivals=rivals, at=at)
    subject.resume(co)


def task(subject, seen):
    """1 suspends in the middle of a task: which one runs?"""
    outside()
    inner = seen.by(1)

    def body(self, first):
        def work():
            subject.suspend(self)
            at = 'coroutine 1, in its task, when suspend returns'
            rivals = [Rival('main', NO_TASK)]
            seen.see('py.asyncio_task', current(), own=inner, rivals=rivals, at=at, thread=inner)

        in_loop(inner, work)

    co = subject.create(body)
    subject.resume(co)
    at = 'main, while 1 is suspended in a task'
    seen.see('py.asyncio_task', current(), own=NO_TASK, rivals=[inner], at=at)
    subject.resume(co)


def task_of_resumer(subject, seen):
    """Main resumes 1 in the middle of a task."""
    outside()
    outer = seen.by(0)

    def body(self, first):
        at = 'coroutine 1, when it begins, resumed within a task of main'
        seen.see('py.asyncio_task', current(), own=NO_TASK, rivals=[outer], at=at)

    def work():
        subject.resume(subject.create(body))
        at = 'main, in its task, when 1 has finished'
        rivals = [Rival('coroutine 1', NO_TASK)]
        seen.see('py.asyncio_task', current(), own=outer, rivals=rivals, at=at, thread=outer)

    in_loop(outer, work)


def generator_hooks(subject, seen):
    """Who is told that an asynchronous generator begins?"""
    from unscathed.modern import asyncs

    inner, outer = seen.by(1), seen.by(0)
    told = []

    def put(name):
        sys.set_asyncgen_hooks(firstiter=lambda generator: told.append(name))

    def begin():
        """The hook is called when the first step is asked for; nobody awaits it."""
        del told[:]
        step = asyncs.numbers().__anext__()
        step.close()
        return told[0] if told else 'nobody'

    def body(self, first):
        put(inner)
        subject.suspend(self)
        at = 'coroutine 1, when suspend returns'
        seen.see('py.asyncgen_hooks', begin(), own=inner, rivals=[outer], at=at)
        put(inner)

    put(outer)
    co = subject.create(body)
    subject.resume(co)
    at = 'main, when 1 has set its hook and suspended'
    seen.see('py.asyncgen_hooks', begin(), own=outer, rivals=[inner], at=at)
    put(outer)
    subject.resume(co)
    at = 'main, when 1 has set its hook again and finished'
    seen.see('py.asyncgen_hooks', begin(), own=outer, rivals=[inner], at=at)


def origins(subject, seen):
    """How many frames a coroutine object remembers of where it was made."""
    inner, outer, last = 3, 5, 7

    def look(own, owner, rival, at):
        found = sys.get_coroutine_origin_tracking_depth()
        seen.see('py.origin_tracking', found, own=own, rivals=[Rival(owner, rival)], at=at)

    def body(self, first):
        sys.set_coroutine_origin_tracking_depth(inner)
        subject.suspend(self)
        look(inner, theirs, outer, 'coroutine 1, when suspend returns')
        sys.set_coroutine_origin_tracking_depth(last)

    sys.set_coroutine_origin_tracking_depth(outer)
    theirs = seen.by(0)
    co = subject.create(body)
    subject.resume(co)
    look(outer, seen.by(1), inner, 'main, when 1 has set its own and suspended')
    sys.set_coroutine_origin_tracking_depth(outer)
    subject.resume(co)
    look(outer, seen.by(1), last, 'main, when 1 has set it again and finished')
