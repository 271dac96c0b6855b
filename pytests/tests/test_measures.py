"""What is measured, on a subject whose costs are known: OS threads that keep accounts."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from unscathed.observe import Unsupported  # noqa: E402 (the path is set above)
from unscathed.probes import measures  # noqa: E402
from unscathed.subjects.generators import Generators  # noqa: E402
from unscathed.subjects.threads import Threads  # noqa: E402


class Accounts(Threads):
    """A resume costs two copies of 100 bytes each, and three allocations; a suspension frees one."""

    def __init__(self):
        super().__init__()
        self.spent = [0, 0, 0, 0]

    def resume(self, co, value=None):
        self.spend(2, 200, 3, 0)
        return super().resume(co, value)

    def suspend(self, co, value=None):
        self.spend(0, 0, 0, 1)
        return super().suspend(co, value)

    def spend(self, *costs):
        self.spent = [old + new for old, new in zip(self.spent, costs)]


class Bystander:
    """The journal and the library of a measurement."""

    def __init__(self, subject, libraries=1):
        self.subject, self.libraries, self.library = subject, libraries, self
        self.lines = {}

    def write(self, kind, what, at, value, unit):
        assert kind == 'measure'
        self.lines[what, at] = (value, unit)

    def count(self, paths):
        return self.libraries

    def counts(self):
        return list(self.subject.spent)


def measured(**options):
    subject = Accounts()
    seen = Bystander(subject, **options)
    measures.costs(subject, seen)
    return seen.lines


def test_costs_are_told_of_one_round_trip():
    lines = measured()
    for levels, kind in measures.DEPTHS:
        there = f'a round trip {measures.below(levels, kind)}'
        told = [lines[what, there] for what, _ in measures.COUNTED]
        assert told == [(2, 'calls'), (200, 'bytes'), (3, 'calls'), (1, 'calls')]


def test_time_is_told_of_each_place_and_of_its_unit():
    lines = measured()
    times = {at: value for (what, at), value in lines.items() if what == 'time, its adapter included'}
    assert len(times) == 1 + len(measures.PLACES)
    # A generator is faster than any hand-over between threads.
    assert all(value > 1 for value, unit in times.values())
    assert lines['time of a generator', 'a round trip'][1] == 'ns'


def test_nothing_is_told_that_cannot_be_counted():
    assert not [what for what, _ in measured(libraries=0) if not what.startswith('time')]


def test_who_has_no_stack_is_not_measured():
    subject = Generators()
    with pytest.raises(Unsupported):
        measures.costs(subject, Bystander(subject))
