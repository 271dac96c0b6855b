"""A coroutine raises in a thread that is not the main one, and nobody there handles it."""

import threading

from stage import subject


def body(self, first):
    subject.suspend(self)
    raise ValueError('raised in the coroutine')


def work():
    co = subject.create(body)
    subject.resume(co)
    subject.resume(co)


worker = threading.Thread(target=work, name='worker')
worker.start()
worker.join()
