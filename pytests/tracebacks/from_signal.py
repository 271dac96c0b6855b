"""A signal arrives while a coroutine runs; its handler resumes another coroutine, which raises."""

import os
import signal
import time

from stage import subject


def inner(self, first):
    raise ValueError('raised in the coroutine that the handler resumed')


def handler(number, frame):
    subject.resume(subject.create(inner))


def send_and_wait():
    os.kill(os.getpid(), signal.SIGUSR1)
    for _ in range(100):
        time.sleep(0.001)


def body(self, first):
    subject.suspend(self)
    send_and_wait()


signal.signal(signal.SIGUSR1, handler)
co = subject.create(body)
subject.resume(co)
subject.resume(co)
