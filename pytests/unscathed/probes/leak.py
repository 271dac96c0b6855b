"""Thousands of coroutines leave nothing behind."""

import gc
import sys
import threading
import time

from unscathed.observe import Unsupported
from unscathed.probes.destruction import unheld
from unscathed.probes.finalizers import Marked

# How many coroutines a batch has: as many as the subject lives through in so many seconds,
# within these bounds. The batches that are measured come after one that is not.
SECONDS, FEWEST, MOST = 0.05, 250, 2500
BATCHES = 3
# What is left behind, by each coroutine and at least in every batch, before it counts. Page
# sized noise is not proportional to the number of coroutines, and does not come every time.
BLOCKS, BYTES = 0.5, 256
LEAST = 512 * 1024
# A collector that moves objects takes memory and gives it back as it likes.
LEAST_MOVING = 2 * 1024 * 1024
PAGE = 4096


def settle(threads):
    """Waits for the threads that were of use to coroutines that are gone."""
    deadline = time.time() + 1
    while threading.active_count() > threads and time.time() < deadline:
        time.sleep(0.001)
    gc.collect()


def resident():
    """The bytes of memory that this process has, where the system says so."""
    try:
        with open('/proc/self/statm') as numbers:
            return int(numbers.read().split()[1]) * PAGE
    except (IOError, OSError):
        return 0


def blocks():
    count = getattr(sys, 'getallocatedblocks', None)
    return count() if count is not None else 0


def counted():
    log = []
    Marked('probe', log)
    return bool(log)


def batch_size(life):
    """How many lives a batch has."""
    began, count = time.time(), 0
    while count < FEWEST // 5 or time.time() - began < SECONDS / 8:
        life()
        count += 1
    return max(FEWEST, min(MOST, int(count * SECONDS / (time.time() - began))))


def measure(seen, life, at):
    threads = threading.active_count()
    count = batch_size(life)
    sizes = []
    for _ in range(BATCHES + 1):
        for _ in range(count):
            life()
        settle(threads)
        sizes.append((blocks(), resident()))
    grown = [[late - early for early, late in zip(one, two)] for one, two in zip(sizes, sizes[1:])]
    more_blocks, more_bytes = (min(column) for column in zip(*grown))
    least = max(BYTES * count, LEAST if counted() else LEAST_MOVING)
    found = 'flat'
    if more_blocks >= BLOCKS * count:
        found = 'each coroutine leaves %.0f blocks behind' % (more_blocks / float(count))
    elif more_bytes >= least:
        found = 'each coroutine leaves %.1f KiB behind' % (more_bytes / 1024.0 / count)
    seen.note('%d batches of %d: %s blocks and bytes more' % (BATCHES, count, grown))
    seen.see('py.leak', found, own='flat', at='main, ' + at, fixed=True)


def finished(subject, seen):
    def body(self, first):
        local = [first, subject.suspend(self, first)]
        local.append(local)
        return first

    def life():
        co = subject.create(body)
        subject.resume(co, 'first')
        subject.resume(co, 'second')

    measure(seen, life, 'after thousands of coroutines that have returned')


def killed(subject, seen):
    def body(self, first):
        local = [first]
        try:
            subject.suspend(self, local)
        finally:
            local.append(local)

    def life():
        co = subject.create(body)
        subject.resume(co, 'first')
        subject.kill(co)

    measure(seen, life, 'after thousands of coroutines that were killed')


def dropped(subject, seen):
    log = []

    def body(self, first):
        try:
            subject.suspend(self, [first])
        finally:
            log[:] = ['unwound']

    def life():
        subject.resume(unheld(subject, body), 'first')

    life()
    gc.collect()
    if not log:
        raise Unsupported('a coroutine that is dropped while it is suspended is not unwound')
    measure(seen, life, 'after thousands of coroutines that were dropped')
