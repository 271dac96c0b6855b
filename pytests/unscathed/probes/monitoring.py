"""Events of sys.monitoring: a switch inside a callback, and events that come and go."""

import sys

from unscathed.observe import Rival, outcome

NOBODY = 'nobody'


class Tool(object):
    """A tool that notes one kind of event of some functions."""

    def __init__(self, number, event, *functions):
        self.monitoring = sys.monitoring
        self.number, self.event = number, getattr(self.monitoring.events, event)
        self.names = {function.__code__: function.__name__ for function in functions}
        self.chores = {}
        self.events = []
        self.monitoring.use_tool_id(number, 'tool %d' % number)
        self.monitoring.register_callback(number, self.event, self.note)

    def watch(self):
        self.monitoring.set_events(self.number, self.event)

    def rest(self):
        self.monitoring.set_events(self.number, 0)

    def end(self):
        self.rest()
        self.monitoring.register_callback(self.number, self.event, None)
        self.monitoring.free_tool_id(self.number)

    def note(self, code, place):
        if code in self.names:
            name = self.names[code]
            self.events.append((name, place))
            chore = self.chores.pop(name, None)
            if chore:
                chore()

    def saw(self, function):
        return any(name == function.__name__ for name, place in self.events)

    def lines(self, function):
        """The lines in a function that were run, counted from its first, which has none."""
        first = function.__code__.co_firstlineno
        places = [place - first for name, place in self.events if name == function.__name__]
        # Where a generator is made, code without a line of its own is run before the body.
        return [place for place in places if place > 0]


def trigger():
    return None


def seen_by_main():
    return None


def seen_by_other():
    return None


def suspended_inside(subject, seen):
    tool = Tool(1, 'PY_START', trigger, seen_by_main, seen_by_other)
    marks = [seen.by(number) for number in (0, 1, 2)]

    def parked(self, first):
        tool.chores['trigger'] = lambda: subject.suspend(self)
        trigger()
        return called(trigger, marks[1])

    def other(self, first):
        return called(seen_by_other, marks[2])

    def called(function, mark):
        del tool.events[:]
        function()
        return mark if tool.saw(function) else NOBODY

    tool.watch()
    co, beside = subject.create(parked), subject.create(other)
    seen.step('1 suspends inside a callback of the tool')
    subject.resume(co)
    silence = Rival('coroutine 1, inside its callback', NOBODY)
    looks = [(called(seen_by_main, marks[0]), 0, 'main, meanwhile')]
    looks.append((outcome(subject.resume, beside), 2, 'coroutine 2, meanwhile'))
    looks.append((outcome(subject.resume, co), 1, 'coroutine 1, afterwards'))
    looks.append((called(seen_by_main, marks[0]), 0, 'main, afterwards'))
    tool.end()
    for found, number, at in looks:
        seen.see('py.monitoring', found, own=marks[number], rivals=[silence], at=at)


def started_inside(subject, seen):
    tool = Tool(1, 'PY_START', trigger, seen_by_main, seen_by_other)
    marks = [seen.by(number) for number in (0, 1)]

    def body(self, first):
        seen_by_other()
        return marks[1] if tool.saw(seen_by_other) else NOBODY

    found = []
    tool.chores['trigger'] = lambda: found.append(outcome(subject.resume, subject.create(body)))
    tool.watch()
    trigger()
    seen_by_main()
    tool.end()
    silence = Rival('main, inside its callback', NOBODY)
    at = 'coroutine 1, started inside a callback'
    seen.see('py.monitoring', found[0] if found else NOBODY, own=marks[1], rivals=[silence], at=at)
    found, silence = marks[0] if tool.saw(seen_by_main) else NOBODY, Rival('coroutine 1', NOBODY)
    seen.see('py.monitoring', found, own=marks[0], rivals=[silence], at='main, afterwards')


def enabled_meanwhile(subject, seen):
    def body(self, first):
        subject.suspend(self)
        last = first
        return last

    tool = Tool(1, 'LINE', body)
    co = subject.create(body)
    subject.resume(co)
    tool.watch()
    subject.resume(co)
    tool.end()
    look(seen, tool.lines(body), [2, 3], Rival('coroutine 1, before it suspended', []), 'coroutine 1')


def enabled_by_coroutine(subject, seen):
    def body(self, first):
        tool.watch()

    def resumer():
        subject.resume(co)
        last = None
        return last

    tool = Tool(1, 'LINE', resumer)
    co = subject.create(body)
    resumer()
    tool.end()
    look(seen, tool.lines(resumer), [2, 3], Rival('main, before it resumed', []), 'main')


def disabled_meanwhile(subject, seen):
    def body(self, first):
        subject.suspend(self)
        last = first
        return last

    tool = Tool(1, 'LINE', body)
    co = subject.create(body)
    tool.watch()
    subject.resume(co)
    tool.rest()
    subject.resume(co)
    found = tool.lines(body)
    tool.end()
    look(seen, found, [1], Rival('coroutine 1, before it suspended', [1, 2, 3]), 'coroutine 1')


def look(seen, found, own, stale, whose):
    """Lines as they should be reported, and as if nobody had asked meanwhile."""
    seen.see('py.line_events', found, own=own, rivals=[stale], at='the lines of %s' % whose)
