"""An interpreter that ends with suspended coroutines ends as if there were none."""

import atexit
import threading

from unscathed import programs
from unscathed.observe import Skip

# What is kept by a module is there until modules are taken down.
KEPT = []


def body_of(subject, log):
    def body(self, first):
        local = [first]
        local.append(local)
        try:
            subject.suspend(self)
            subject.suspend(self)
        finally:
            log.append(local)

    return body


def left_in_module(subject):
    """The handle is kept by a module."""
    co = subject.create(body_of(subject, []))
    KEPT.append(co)
    subject.resume(co, 'first')


def left_in_cycle(subject):
    """The handle is kept by a cycle that its own stack is a part of."""
    cycle = []
    co = subject.create(body_of(subject, cycle))
    cycle.append(co)
    cycle.append(cycle)
    subject.resume(co, cycle)


def left_to_itself(subject):
    """The handle is kept by nobody but the coroutine."""
    subject.resume(subject.create(body_of(subject, [])), 'first')


def resumed_at_exit(subject):
    """A function that runs at exit resumes the coroutine, which suspends once more."""
    co = subject.create(body_of(subject, []))
    subject.resume(co, 'first')
    run = getattr(subject, 'run', None)
    atexit.register(lambda: subject.resume(co) if run is None else run(lambda: subject.resume(co)))


def left_by_thread(subject):
    """The handle outlives the thread on which the coroutine was suspended."""
    run = getattr(subject, 'run', None)
    thread = threading.Thread(target=left_in_module if run is None else run_in_module, args=(subject,))
    thread.start()
    thread.join()


def run_in_module(subject):
    subject.run(lambda: left_in_module(subject))


def ends(seen, program, what):
    """Runs a program, and dies of what it dies of."""
    seen.step('a program ends while %s' % what)
    try:
        ended = programs.run('exit.' + program.__name__, seen.word)
    except OSError as why:
        raise Skip(str(why))
    if ended.signal is not None and not ended.timed_out:
        seen.step('the program has ended by %s' % ended.told())
        programs.die_of(ended.signal)
    if ended.output.strip():
        seen.note('it printed: %s' % ' '.join(ended.output.split())[:400])
    at = 'the end of a program while %s' % what
    seen.see('py.exit', ended.told(), own='status 0', at=at, fixed=True)


def module(subject, seen):
    ends(seen, left_in_module, 'a module keeps a suspended coroutine')


def cycle(subject, seen):
    ends(seen, left_in_cycle, 'a suspended coroutine is part of a cycle')


def itself(subject, seen):
    ends(seen, left_to_itself, 'a suspended coroutine is kept by its own stack only')


def hook(subject, seen):
    ends(seen, resumed_at_exit, 'a coroutine is suspended that was resumed at exit')


def thread(subject, seen):
    ends(seen, left_by_thread, 'a coroutine is suspended whose thread has ended')
