"""Several OS threads that switch coroutines at the same time."""

import gc
import sys
import threading

from unscathed.observe import Rival, outcome
from unscathed.probes.threading_state import PATIENCE, started

# How often a meeting of threads is tried that one attempt can miss.
ATTEMPTS = 5


def crowded(subject, seen):
    """Four threads with four coroutines each, which handle an exception all the time."""
    interval = switch_often()
    rounds, many = 30, 4
    wrong = {}

    def live(number):
        name = 'thread %d' % number

        def body(self, first):
            mine = '%s, coroutine %d' % (name, first)
            try:
                raise KeyError(name)
            except KeyError:
                for _ in range(rounds):
                    got = subject.suspend(self, mine)
                    error = sys.exc_info()[1]
                    check(name, 'handled', error.args[0] if error is not None else name)
                    check(name, 'passed', got)
            return mine

        cos = [subject.create(body) for _ in range(many)]
        try:
            raise ValueError(name)
        except ValueError:
            for index, co in enumerate(cos):
                check('%s, coroutine %d' % (name, index), 'returned', subject.resume(co, index))
            for _ in range(rounds):
                for index, co in enumerate(cos):
                    check('%s, coroutine %d' % (name, index), 'returned', subject.resume(co, name))
                error = sys.exc_info()[1]
                check(name, 'handled', error.args[0] if error is not None else 'nothing')

    def check(own, what, found):
        if found != own:
            wrong.setdefault((what, own), found)

    try:
        found = crowd(live, range(1, 5))
    finally:
        switch_as_before(interval)
    at = 'four threads with four coroutines each'
    rivals = [Rival('another thread', 'an exception')]
    seen.see('py.threads', found, own=[None] * 4, rivals=rivals, at=at + ', how they ended')
    for what in ('handled', 'passed', 'returned'):
        first = sorted((own, found) for (kind, own), found in wrong.items() if kind == what)[:1]
        found = 'its own' if not first else '%s, in %s' % (first[0][1], first[0][0])
        rivals = [Rival('another thread', "another thread's")]
        seen.see('py.threads', found, own='its own', rivals=rivals, at='%s, what was %s' % (at, what))


def crowd(function, numbers):
    """Runs it in threads that begin together; what each of them gave."""
    answers, gate = {}, threading.Event()

    def run(number):
        gate.wait(PATIENCE)
        answers[number] = outcome(function, number)

    threads = [threading.Thread(target=run, args=(number,)) for number in numbers]
    for thread in threads:
        thread.daemon = True
        started(thread)
    gate.set()
    for thread in threads:
        thread.join(PATIENCE)
    return [answers.get(number, 'never came back') for number in numbers]


def switch_often():
    """Makes threads take turns as often as they can; what was before."""
    if hasattr(sys, 'setswitchinterval'):
        before = sys.getswitchinterval()
        sys.setswitchinterval(1e-5)
    else:
        before = sys.getcheckinterval()
        sys.setcheckinterval(1)
    return before


def switch_as_before(interval):
    put_back = sys.setswitchinterval if hasattr(sys, 'setswitchinterval') else sys.setcheckinterval
    put_back(interval)


def collecting(subject, seen):
    """Switches in four threads at once: is the collector afterwards as it was before?"""
    interval = switch_often()
    was = gc.isenabled()

    def live(number):
        def body(self, first):
            for _ in range(8):
                subject.suspend(self)

        for _ in range(4):
            co = subject.create(body)
            while not subject.done(co):
                subject.resume(co)

    def after(before):
        """How it is when it is wrong for once, or after all attempts: chance is part of it."""
        for _ in range(ATTEMPTS):
            gc.enable() if before == 'on' else gc.disable()
            crowd(live, range(1, 5))
            found = 'on' if gc.isenabled() else 'off'
            if found != before:
                break
        return found

    try:
        for before, other in (('on', 'off'), ('off', 'on')):
            rivals = [Rival('a switch in another thread', other)]
            at = 'main, with the collector %s, when four threads have switched at once' % before
            seen.see('py.gc_enabled', after(before), own=before, rivals=rivals, at=at)
    finally:
        switch_as_before(interval)
        gc.enable() if was else gc.disable()
