"""The event loop of `loop.c` in Python: the same interface, order and wishes."""

import collections
import heapq
import itertools
import time

import unscathed_core

ready = collections.deque()
asleep = []
numbers = itertools.count()


def spawn(function, *arguments):
    task = unscathed_core.Coroutine(run_task, handle=False)
    ready.append((task, (function, arguments)))


def run_task(what):
    function, arguments = what
    return function(*arguments)


def step(task, first):
    wish = task.resume(first)
    if task.state == 'finished':
        return
    if type(wish) is float:
        heapq.heappush(asleep, (wish, next(numbers), task))
    else:
        ready.append((task, None))


def run():
    while ready or asleep:
        while asleep and (not ready or asleep[0][0] <= time.monotonic()):
            left = asleep[0][0] - time.monotonic()
            if left > 0:
                time.sleep(left)
                continue
            ready.append((heapq.heappop(asleep)[2], None))
        for _ in range(len(ready)):
            step(*ready.popleft())


def pause():
    return unscathed_core.suspend()


def sleep(seconds):
    return unscathed_core.suspend(time.monotonic() + seconds)
