"""Subjects that do harm to the process in which they run, when a coroutine is resumed."""

import ctypes
import os
import signal
import sys
import time

from unscathed.subjects.threads import Threads


class Undeclared(Threads):
    """Nothing is wrong with it, and nothing is promised."""

    policies = {}


class Hostile(Undeclared):
    def resume(self, co, value=None):
        self.harm()
        return Undeclared.resume(self, co, value)

    def harm(self):
        raise NotImplementedError


class Segfaults(Hostile):
    def harm(self):
        ctypes.string_at(8)


class Aborts(Hostile):
    def harm(self):
        os.abort()


class Exits(Hostile):
    """With a status that says that all is well."""

    def harm(self):
        os._exit(0)


class LeavesPolitely(Hostile):
    def harm(self):
        sys.exit(0)


class Hangs(Hostile):
    def harm(self):
        while True:
            time.sleep(1)


class Kills(Hostile):
    """The server, which did nothing to it."""

    def harm(self):
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(0.2)


class Closes(Hostile):
    """Every descriptor that it finds."""

    def harm(self):
        os.closerange(0, 4096)


class Prints(Hostile):
    """Where it thinks that somebody reads reports."""

    def harm(self):
        for stream in (sys.stdout, sys.stderr, sys.__stdout__):
            stream.write('{"kind": "end", "nonce": "n"}\n' * 100)
            stream.flush()


class Forks(Hostile):
    """Leaves a process behind in a session of its own."""

    def harm(self):
        if os.fork() == 0:
            os.setsid()
            time.sleep(30)
            os._exit(0)


class ReturnsEarly(Undeclared):
    """Runs nothing, and says nothing."""

    def resume(self, co, value=None):
        return None
