"""Depth of recursion, measured from outside. No probe stands here."""

import itertools
import sys

from unscathed.observe import Skip

try:
    TOO_DEEP = RecursionError
except NameError:  # Before Python 3.5.
    TOO_DEEP = RuntimeError

# PyPy's limit is one of bytes, and compiled code needs fewer of them.
COUNTS = not hasattr(sys, 'pypy_version_info')
NOBODY = 'nobody'
# Frames that a subject may have between a body and what runs it, for which nobody is blamed.
FRAMES = 60


def below(levels, function):
    """What a function gives so many levels below here."""
    if levels:
        return below(levels - 1, function)
    return function()


def left():
    """How many more levels a function may go down from here."""
    reached = [0]

    def down():
        reached[0] += 1
        down()

    try:
        down()
    except TOO_DEEP:
        return reached[0]


def counted():
    """Gives way where the limit is not one of levels, as on PyPy, which counts bytes."""
    here, limit = below(0, left), sys.getrecursionlimit()
    if here > limit:
        raise Skip('this interpreter does not count levels: %d where %d is the limit' % (here, limit))
    again, lower = below(0, left), below(50, left)
    if here != again or lower != here - 50:
        raise Skip('this interpreter does not count levels: %d, %d, and 50 lower %d' % (here, again, lower))


def blamed(missing, shares):
    """Who was charged for the levels that are missing.

    `shares` are pairs of a name and the levels that this party has gone down. What a subject
    needs for itself below them is not known, so a few more are counted as the party's.
    """
    if missing == 0:
        return NOBODY
    for number in range(1, len(shares) + 1):
        for group in itertools.combinations(shares, number):
            more = missing - sum(levels for _, levels in group)
            if 0 <= more < FRAMES * number:
                return ' and '.join(name for name, _ in group)
    return '%d levels are missing, which nobody has gone down' % missing


def sleeper(subject, levels):
    """A body that suspends so many levels down, and then returns what it was resumed with."""

    def body(self, first):
        def bottom():
            return subject.suspend(self)

        return below(levels, bottom)

    return body


def limit_and_levels(limit, levels):
    """What became of a limit, as text: what is reported, and what is true."""
    # This function is a level of its own.
    return 'limit %+d, %+d levels' % (sys.getrecursionlimit() - limit, left() + 1 - levels)


IN_TIME = 'RecursionError in time'
# What some interpreters allow in addition, and how far PyPy is followed, whose limit is of bytes.
SLACK, ENOUGH = 60, 200000


def fall():
    """How an endless recursion ends here, as text."""
    limit, reached = sys.getrecursionlimit(), [0]

    def down():
        reached[0] += 1
        if reached[0] < ENOUGH:
            down()

    try:
        down()
    except TOO_DEEP:
        if reached[0] <= limit + SLACK or not COUNTS:
            return IN_TIME
        return 'RecursionError %d levels late' % (reached[0] - limit)
    return 'no exception after %d levels' % reached[0]
