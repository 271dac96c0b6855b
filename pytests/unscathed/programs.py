"""Programs of their own: what happens when an interpreter ends is seen from outside."""

import os
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
# How long to sleep between two looks at a program.
PAUSE = 0.002


class Ended(object):
    """How a program ended: its status, or the signal that ended it; and what it printed."""

    def __init__(self, code, timed_out, output):
        self.timed_out = timed_out
        self.status = code if code >= 0 else None
        self.signal = None if code >= 0 else -code
        self.output = output

    def told(self):
        if self.timed_out:
            return 'did not end'
        return 'status %d' % self.status if self.signal is None else signal_name(self.signal)


def run(identity, word, timeout=10):
    """Runs a function `NAME(subject)` of a module of probes, `MODULE.NAME`, as a program.

    A new interpreter reaches the same subject by its word, calls the function where the
    subject says that resume is legal, and ends as any program does.
    """
    if not sys.executable or not hasattr(os, 'fork'):
        raise OSError('no program can be started here')
    command = [sys.executable, os.path.join(HERE, 'child.py'), 'run', word, identity]
    if sys.dont_write_bytecode:
        command.insert(1, '-B')
    with tempfile.TemporaryFile() as output, open(os.devnull) as nothing:
        program = subprocess.Popen(command, stdin=nothing, stdout=output, stderr=subprocess.STDOUT)
        code, timed_out = wait(program, timeout)
        output.seek(0)
        text = output.read().decode('utf-8', 'replace')
    return Ended(code, timed_out, str(text))


def wait(program, timeout):
    """Its code, and whether it had to be killed."""
    deadline = time.time() + timeout
    while program.poll() is None:
        if time.time() > deadline:
            program.kill()
            return program.wait(), True
        time.sleep(PAUSE)
    return program.returncode, False


def signal_name(number):
    names = [name for name in dir(signal) if name.startswith('SIG') and getattr(signal, name) == number]
    return sorted(names, key=lambda name: ('_' in name, name))[0] if names else 'signal %d' % number


def die_of(number):
    """Ends this process as another one was ended, so that its crash is known as one."""
    sys.stdout.flush()
    if number != signal.SIGKILL:
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    # It may be delivered to another thread, at any moment.
    time.sleep(PAUSE * 1000)
