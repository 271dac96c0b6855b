"""A coroutine recurses without end; it was resumed from a hundred calls deep."""

import sys

from stage import subject


def deeper():
    deeper()


def body(self, first):
    deeper()


def resume_below(calls):
    if calls > 1:
        resume_below(calls - 1)
    else:
        subject.resume(subject.create(body))


sys.setrecursionlimit(400)
resume_below(100)
