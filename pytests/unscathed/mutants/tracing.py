"""Defects in whose tracers are whose, and in which events still come after a switch."""

import sys

from unscathed.subjects.threads import Threads

# They are replaced below, so who restores them must still have them.
SET_TRACE, SET_PROFILE = sys.settrace, sys.setprofile


class Crossing(Threads):
    """Does something whenever a party leaves, and whenever it is back."""

    def leave(self):
        """What a party takes along, or leaves for the other side."""

    def arrive(self, left):
        """The same party is back; `left` is what its `leave` gave."""

    def enter(self, co, message):
        left = self.leave()
        try:
            return Threads.enter(self, co, message)
        finally:
            self.arrive(left)

    def suspend(self, co, value=None):
        left = self.leave()
        try:
            return Threads.suspend(self, co, value)
        finally:
            self.arrive(left)


class SharesTracer(Crossing):
    """All parties have one tracer, the one that was installed last."""

    kind = 'trace'
    shared = None

    def leave(self):
        self.shared = getattr(sys, 'get' + self.kind)()

    def arrive(self, left):
        getattr(sys, 'set' + self.kind)(self.shared)

    def live(self, co):
        self.arrive(None)
        Threads.live(self, co)

    def answer(self, co, message):
        self.leave()
        Threads.answer(self, co, message)


class SharesProfiler(SharesTracer):
    """All parties have one profiler, the one that was installed last."""

    kind = 'profile'


class CountsForAll(Crossing):
    """Whoever leaves from inside a tracer leaves everybody untraced."""

    def leave(self):
        inside = any(runs(tracer) for tracer in (sys.gettrace(), sys.getprofile()))
        if inside:
            sys.settrace = sys.setprofile = self.ignore
        return inside

    def arrive(self, left):
        if left:
            sys.settrace, sys.setprofile = SET_TRACE, SET_PROFILE

    def ignore(self, tracer):
        pass


def runs(function):
    """Whether a function, or an object that is called like one, is being called."""
    if function is None:
        return False
    code = getattr(function, '__code__', None) or type(function).__call__.__code__
    frame = sys._getframe(1)
    while frame is not None and frame.f_code is not code:
        frame = frame.f_back
    return frame is not None


class Deaf(object):
    """Stands for a tracer, and hears nothing."""

    def __init__(self, mark):
        self.mark = mark

    def __call__(self, frame, event, argument):
        pass


class DeafensTracer(Threads):
    """After a suspension the tracer is still named, and no longer called."""

    kind = 'trace'

    def suspend(self, co, value=None):
        answer = Threads.suspend(self, co, value)
        tracer = getattr(sys, 'get' + self.kind)()
        if hasattr(tracer, 'mark'):
            getattr(sys, 'set' + self.kind)(Deaf(tracer.mark))
        return answer


class DeafensProfiler(DeafensTracer):
    """The same for the profiler."""

    kind = 'profile'


class CallsAgain(Threads):
    """The profiler is told of a call where a frame is only resumed, as of a generator."""

    def suspend(self, co, value=None):
        answer = Threads.suspend(self, co, value)
        profiler = sys.getprofile()
        if profiler is not None:
            profiler(sys._getframe(1), 'call', None)
        return answer


class Reinstalls(Crossing):
    """Installs again what is installed, which changes nothing."""

    def arrive(self, left):
        for kind in ('trace', 'profile'):
            tracer = getattr(sys, 'get' + kind)()
            if tracer is not None:
                getattr(sys, 'set' + kind)(tracer)


def callbacks():
    """Tool, event and function of all that sys.monitoring would call."""
    monitoring = sys.monitoring
    for tool in range(6):
        events = monitoring.get_events(tool) if monitoring.get_tool(tool) else 0
        for event in [1 << bit for bit in range(events.bit_length()) if events >> bit & 1]:
            function = monitoring.register_callback(tool, event, None)
            monitoring.register_callback(tool, event, function)
            yield tool, event, function


class MonitorsOne(Crossing):
    """Whoever leaves from inside a callback of a tool leaves everybody unmonitored."""

    def leave(self):
        found = list(callbacks())
        if not any(runs(function) for _, _, function in found):
            return []
        for tool, event, _ in found:
            sys.monitoring.register_callback(tool, event, None)
        return found

    def arrive(self, left):
        for tool, event, function in left:
            sys.monitoring.register_callback(tool, event, function)


class MissesLines(Crossing):
    """Lines that were asked for while a party was away are not reported to it."""

    def leave(self):
        return lines()

    def arrive(self, left):
        for tool in lines() - left:
            sys.monitoring.register_callback(tool, sys.monitoring.events.LINE, None)


class KeepsLines(Crossing):
    """Lines that nobody asks for any more are reported to who was away meanwhile."""

    def leave(self):
        return lines()

    def arrive(self, left):
        for tool in left - lines():
            sys.monitoring.set_events(tool, sys.monitoring.events.LINE)


def lines():
    """The tools that are told of lines."""
    return {tool for tool, event, _ in callbacks() if event == sys.monitoring.events.LINE}
