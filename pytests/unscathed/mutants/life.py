"""Defects in what is passed, who comes back to whom, and what becomes of those that end."""

import sys
import threading

from unscathed.subjects.threads import Exit, Threads, take


class UnwrapsTuples(Threads):
    """A tuple of one is taken for arguments, of which there is one."""

    def unwrapped(self, value):
        return value[0] if type(value) is tuple and len(value) == 1 else value

    def resume(self, co, value=None):
        return Threads.resume(self, co, self.unwrapped(value))


class CopiesValues(Threads):
    """What is suspended with comes out of resume as a copy, where it is a tuple."""

    def resume(self, co, value=None):
        result = Threads.resume(self, co, value)
        return tuple(iter(result)) if type(result) is tuple else result


class NothingIsEmpty(Threads):
    """None is passed as an empty tuple, as if there were no arguments."""

    def resume(self, co, value=None):
        return Threads.resume(self, co, () if value is None else value)


class PassesAgain(Threads):
    """Where no value is passed, the one before is."""

    last = None

    def suspend(self, co, value=None):
        if value is None:
            value = self.last
        self.last = value if isinstance(value, str) else None
        return Threads.suspend(self, co, value)


class MixesUp(Threads):
    """In a crowd, every fiftieth value goes to the coroutine that is resumed next."""

    resumes, kept = 0, None

    def resume(self, co, value=None):
        self.resumes += 1
        if self.resumes > 100 and self.resumes % 50 == 0 and isinstance(value, str):
            value, self.kept = self.kept, value
        elif self.kept is not None:
            value, self.kept = self.kept, None
        return Threads.resume(self, co, value)


class CopiesExceptions(Threads):
    """What leaves a body comes out of resume as another exception of that type."""

    def resume(self, co, value=None):
        try:
            return Threads.resume(self, co, value)
        except (KeyError, SystemExit) as error:
            raise type(error)(*error.args)


class DoneWhileRunning(Threads):
    """What is running is called done."""

    def done(self, co):
        return co.state in ('running', 'done')


class ResumesFinished(Threads):
    """Resuming what has ended gives nothing, and no exception."""

    def resume(self, co, value=None):
        return None if co.state == 'done' else Threads.resume(self, co, value)


class ResumesRunning(Threads):
    """Resuming what runs, or waits for another, gives back the value at once."""

    def resume(self, co, value=None):
        return value if co.state == 'running' else Threads.resume(self, co, value)


class OrdinaryExit(Exception):
    """An exception that every handler catches."""


class KillsByOrdinary(Threads):
    """What is killed is unwound by an exception that ordinary handlers catch."""

    def kill(self, co):
        if co.state != 'suspended':
            return Threads.kill(self, co)
        try:
            self.throw(co, OrdinaryExit())
        except OrdinaryExit:
            return


class RunsUnstarted(Threads):
    """What has not begun is begun in order to be killed."""

    def kill(self, co):
        if co.state == 'fresh':
            self.resume(co)
        Threads.kill(self, co)


class Kin(Threads):
    """What the defects below share: they know who runs. It changes nothing."""

    def __init__(self):
        self.running = {}

    def current(self):
        return self.running.get(threading.current_thread())

    def create(self, body):
        co = Threads.create(self, body)
        co.creator, co.first, co.stolen = self.current(), None, None
        return co

    def live(self, co):
        self.running[threading.current_thread()] = co
        try:
            Threads.live(self, co)
        finally:
            del self.running[threading.current_thread()]

    def rest(self, co):
        co.baton.wait()
        message, co.inbox = co.inbox, None
        if co.stolen is not None:
            message, co.stolen = co.stolen, None
        return take(message)

    def steal(self, thief, message):
        """Gives a message to one that is suspended, when it goes on, and to nobody else."""
        me = self.current()
        stolen = thief is not None and thief is not me and thief.state == 'suspended'
        if stolen:
            thief.stolen = message
        return stolen


class ReturnsToCreator(Kin):
    """What a coroutine passes is for the one that created it."""

    def resume(self, co, value=None):
        result = Threads.resume(self, co, value)
        return None if self.steal(co.creator, ('value', result)) else result


class FailsToFirst(Kin):
    """What leaves a body is for the one that resumed it first."""

    def resume(self, co, value=None):
        co.first = co.first or self.current()
        try:
            return Threads.resume(self, co, value)
        except KeyError as error:
            if self.steal(co.first, ('raise', error)):
                return None
            raise


class FirstOfOuter(Kin):
    """A coroutine that is begun inside another one gets the first value of that one."""

    def resume(self, co, value=None):
        co.given, outer = value, self.current()
        if co.state == 'fresh' and outer is not None and isinstance(value, str):
            value = outer.given
        return Kin.resume(self, co, value)


class KillsTheKiller(Kin):
    """A coroutine that kills another one is unwound with it."""

    def kill(self, co):
        Kin.kill(self, co)
        if self.current() is not None:
            raise Exit()


class NestsOnlySoDeep(Kin):
    """Coroutines inside coroutines are refused below a hundred and fifty."""

    def create(self, body):
        co = Kin.create(self, body)
        co.level = getattr(co.creator, 'level', 0) + 1
        return co

    def resume(self, co, value=None):
        if co.level > 150:
            raise RuntimeError('no coroutine is left')
        return Kin.resume(self, co, value)


class TransfersNothing(Threads):
    """The value of a transfer is lost."""

    def transfer(self, co, to, value=None):
        return Threads.transfer(self, co, to)


class TransfersLoseExceptions(Threads):
    """What leaves a coroutine that was transferred to is lost."""

    def transfer(self, co, to, value=None):
        if to.state == 'fresh':
            body = to.body
            to.body = lambda handle, first: whatever(body, handle, first)
        return Threads.transfer(self, co, to, value)


def whatever(body, handle, first):
    """What a body gives, unless it fails."""
    try:
        return body(handle, first)
    except KeyError:
        return None


class TransfersToEnded(Threads):
    """A transfer to what has ended gives the value back at once."""

    def transfer(self, co, to, value=None):
        return value if to.state == 'done' else Threads.transfer(self, co, to, value)


class Hoard(Threads):
    """What the defects below share: they keep things. It changes nothing."""

    def __init__(self):
        self.kept = []


class KeepsValues(Hoard):
    """Each switch keeps a reference to what it passes."""

    def suspend(self, co, value=None):
        self.kept.append(value)
        value = Threads.suspend(self, co, value)
        self.kept.append(value)
        return value


class KeepsResults(Hoard):
    """What a body returns is kept with its handle."""

    def resume(self, co, value=None):
        co.result = Threads.resume(self, co, value)
        return co.result


class KeepsBodies(Hoard):
    """Bodies are kept."""

    def create(self, body):
        self.kept.append(body)
        return Threads.create(self, body)


class KeepsExceptions(Hoard):
    """Exceptions that end a coroutine, and those that are thrown in, are kept with their frames."""

    def throw(self, co, exc):
        self.kept.append(exc)
        return Threads.throw(self, co, exc)

    def answer(self, co, message):
        if message[0] == 'raise':
            self.kept.append(message)
        Threads.answer(self, co, message)


class KeepsFrames(Hoard):
    """The frame of the body is kept, with its variables."""

    def suspend(self, co, value=None):
        self.kept.append(sys._getframe(1))
        return Threads.suspend(self, co, value)
