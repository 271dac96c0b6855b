"""What the machine holds below the interpreter comes back from a switch.

Every switch happens inside of a bracket of its party, in main and in the coroutines: a C
function plants registers and control words, calls back, and looks when that comes back.
"""

from unscathed import native
from unscathed.observe import Unsupported, outcome, party

# Enough for every combination of values that the bracket plants.
ROUNDS = 8


class Switches(object):
    """Switches inside of brackets. The values that they pass must arrive."""

    def __init__(self, subject, seen):
        self.subject = subject
        self.seen = seen
        self.library = native.needed(seen)
        self.sent = None

    def resume(self, me, co):
        self.make(me, native.RESUMED, 'resume', co)

    def suspend(self, me, co):
        self.make(me, native.SUSPENDED, 'suspend', co)

    def make(self, me, event, what, co):
        mine = self.sent = self.seen.by(me)
        found = outcome(self.leave, me, event, getattr(self.way(), what), co, mine)
        self.arrives(found, mine, '%s, when %s returns' % (party(me), what))

    def way(self):
        return self.subject

    def leave(self, me, event, switch, co, value):
        return self.library.bracket(me, lambda: switch(co, value), event)

    def arrives(self, found, mine, at):
        """A value has come: it is the last one that was sent, by whoever ran."""
        self.seen.see('py.value', found, own=self.sent, rivals=[mine], at=at)
        if isinstance(found, BaseException):
            # Nothing that follows would mean anything.
            raise found

    def enters(self, me, first):
        self.arrives(first, None, 'coroutine %d, at the entry of its body' % me)

    def result(self, me):
        """What a body returns with."""
        self.sent = self.seen.by(me)
        return self.sent

    def body(self, me, suspensions):
        """A body that suspends so often."""

        def run(co, first):
            self.enters(me, first)
            for _ in range(suspensions):
                self.suspend(me, co)
            return self.result(me)

        return run


class DirectSwitches(Switches):
    """The same through the subject's own C interface, without Python code in between."""

    def __init__(self, subject, seen):
        if getattr(subject, 'c_api', None) is None:
            raise Unsupported('the adapter offers no C interface of the subject')
        Switches.__init__(self, subject, seen)
        self.api = subject.c_api()

    def way(self):
        return self.api

    def leave(self, me, event, switch, co, value):
        address, arguments = switch(co, value)
        found = self.library.bracket_c(me, address, arguments, event)
        # Some pass on more than the value; their adapter knows.
        received = getattr(self.api, 'received', None)
        return found if received is None else received(found)


def pair(switches):
    co = switches.subject.create(switches.body(1, ROUNDS))
    for _ in range(ROUNDS + 1):
        switches.resume(0, co)
    switches.library.finish()


def callback(subject, seen):
    pair(Switches(subject, seen))


def capi(subject, seen):
    pair(DirectSwitches(subject, seen))


def several(subject, seen):
    switches = Switches(subject, seen)
    cos = [(me, subject.create(switches.body(me, ROUNDS))) for me in (1, 2, 3)]
    for turn in range(ROUNDS + 1):
        for _, co in cos:
            switches.resume(0, co)
        # Not always by the same neighbour.
        cos = cos[1:] + cos[:1] if turn % 2 else cos[::-1]
    switches.library.finish()


def nested(subject, seen):
    switches = Switches(subject, seen)

    def outer(co, first):
        switches.enters(1, first)
        inner = subject.create(switches.body(2, 2 * ROUNDS))
        for _ in range(ROUNDS):
            switches.resume(1, inner)
            switches.resume(1, inner)
            switches.suspend(1, co)
        switches.resume(1, inner)
        return switches.result(1)

    co = subject.create(outer)
    for _ in range(ROUNDS + 1):
        switches.resume(0, co)
    switches.library.finish()


def rounding(subject, seen):
    """Both sides set rounding modes of their own, and switch as any Python code does."""
    library = native.needed(seen)

    def body(me):
        def run(co, first):
            for _ in range(ROUNDS):
                library.round(me)
                subject.suspend(co)
                library.look_at_rounding(me, native.SUSPENDED)

        return run

    cos = [subject.create(body(me)) for me in (1, 2)]
    for _ in range(ROUNDS + 1):
        for co in cos:
            library.round(0)
            subject.resume(co)
            library.look_at_rounding(0)
    library.settle()
    library.finish()
