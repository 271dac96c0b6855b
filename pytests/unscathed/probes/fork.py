"""A copy of the process has all coroutines of the thread that made it, and they go on there."""

import os
import select
import threading

from unscathed import programs
from unscathed.observe import Skip, Unsupported, outcome, spell

# Seconds that a copy has to report.
PATIENCE = 8
DEEP = 'the limit of recursion is met'


def need_fork():
    if not hasattr(os, 'fork'):
        raise Skip('this system cannot copy a process')


def suspended_first(subject, body):
    """A coroutine that has been suspended once, where that takes no thread."""
    before = threading.active_count()
    co = subject.create(body)
    subject.resume(co)
    if threading.active_count() > before:
        raise Unsupported('its coroutines are OS threads, and a copy has none but the one that made it')
    return co


def recurse(count=0):
    return recurse(count + 1) + 1


def too_deep(self, first):
    """A body: runs into the limit of recursion, and says so."""
    error = outcome(recurse)
    return DEEP if isinstance(error, RuntimeError) else error


class Copy(object):
    """A copy of this process that reports what it sees, and is waited for."""

    def __init__(self):
        self.reader, self.writer = os.pipe()

    def report(self, found):
        """Called by the copy, which ends with it."""
        try:
            os.write(self.writer, spell(found).encode('utf-8', 'replace'))
        finally:
            os._exit(0)

    def reported(self, pid):
        """Called by the original: what the copy says, or how it ended without."""
        os.close(self.writer)
        ready = select.select([self.reader], [], [], PATIENCE)[0]
        text = os.read(self.reader, 1 << 16).decode('utf-8') if ready else ''
        os.close(self.reader)
        if not ready:
            os.kill(pid, 9)
        status = os.waitpid(pid, 0)[1]
        if ready and os.WIFSIGNALED(status):
            programs.die_of(os.WTERMSIG(status))
        return str(text) if text else 'nothing: it hung' if not ready else 'nothing: it ended early'


def seen_after(subject, co, sent):
    """What the coroutine gives, what it has got, and whether another one meets its limits."""
    got = outcome(subject.resume, co, sent)
    return [got, subject.done(co), outcome(subject.resume, subject.create(too_deep))]


def look(seen, found, own, rivals, at):
    own, rivals = spell([own, True, DEEP]), [spell([rival, True, DEEP]) for rival in rivals]
    seen.see('py.fork', found, own=own, rivals=rivals, at=at)


def outside(subject, seen):
    need_fork()
    kept, in_copy, in_original = seen.by(1), seen.by(0), seen.by(0)

    def body(self, first):
        got = subject.suspend(self)
        return kept + ' and ' + str(got)

    co = suspended_first(subject, body)
    seen.step('main forks')
    copy = Copy()
    pid = os.fork()
    if pid == 0:
        copy.report(outcome(seen_after, subject, co, in_copy))
    found = copy.reported(pid)
    own, other = kept + ' and ' + in_copy, kept + ' and ' + in_original
    look(seen, found, own, [other], 'main of the copy')
    found = spell(seen_after(subject, co, in_original))
    look(seen, found, other, [own], 'main of the original, afterwards')


def inside(subject, seen):
    need_fork()
    original, kept, in_copy, in_original = os.getpid(), seen.by(1), seen.by(0), seen.by(0)

    def body(self, first):
        subject.suspend(self)
        pid = os.fork()
        got = subject.suspend(self, pid)
        return kept + ' and ' + str(got)

    co = suspended_first(subject, body)
    seen.step('coroutine 1 forks')
    copy = Copy()
    pid = outcome(subject.resume, co)
    if os.getpid() != original:
        copy.report(outcome(seen_after, subject, co, in_copy))
    if isinstance(pid, BaseException):
        raise pid
    found = copy.reported(pid)
    own, other = kept + ' and ' + in_copy, kept + ' and ' + in_original
    look(seen, found, own, [other], 'main of the copy')
    found = spell(seen_after(subject, co, in_original))
    look(seen, found, other, [own], 'main of the original, afterwards')
