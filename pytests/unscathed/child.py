"""The process in which a subject runs: a server that forks for each probe, or one probe.

    child.py serve SUBJECT      orders on standard input, answers on standard output
    child.py try SUBJECT PROBE  one probe, its journal on standard output, for people
    child.py run SUBJECT NAME   a function beside the probes, as a program of its own

The server imports everything once and runs nothing. So each probe starts from the same
state, and whatever a subject does to its process it does to a copy.
"""

import importlib
import json
import os
import random
import signal
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
# Our own files are compiled once for all processes, beside them; the subject's are not
# ours to write beside. Python 2 has no way to do that safely.
OWN_BYTECODE = sys.version_info >= (3,)
sys.dont_write_bytecode = not OWN_BYTECODE
if sys.path and os.path.abspath(sys.path[0] or '.') == HERE:
    # Our modules have plain names; nobody but the package may find them.
    sys.path[0] = os.path.dirname(HERE)

SITE = os.environ.get('UNSCATHED_SITE')
if SITE:
    # First of all, so that it goes before what the interpreter has; then as a site, for
    # the sake of packages that are spread over several folders.
    sys.path.insert(1, SITE)
    import site

    site.addsitedir(SITE)

from unscathed import native, styles, subjects  # noqa: E402 (the path is set above)
from unscathed.observe import Failed, Seen, Skip, Unsupported  # noqa: E402

# Files and pipes of ours begin here, out of the way of whoever counts on low numbers.
HIGH = 100
# How long the server sleeps between two looks at its child: at first and at most.
SHORT, LONG = 0.0002, 0.005


def main(arguments):
    mode, word = arguments[:2]
    if mode == 'try':
        return attempt(word, arguments[2])
    if mode == 'run':
        return program(word, arguments[2])
    orders, answers = private_pipes()
    # Every copy of this process has what it needs, compiled.
    preload('call')
    sys.dont_write_bytecode = True
    try:
        subject = subjects.reach(word)
        description = describe(subject)
    except subjects.Refused as refusal:
        return answer(answers, {'refused': str(refusal)})
    answer(answers, {'subject': description})
    if subject.style != 'call':
        preload(subject.style)
    for line in iter(orders.readline, ''):
        order = json.loads(line)
        order['word'] = order.get('subject') or word
        answer(answers, supervise(subject, order))
    return 0


def private_pipes():
    """Our ends of the pipes, where a subject that prints or reads does not meet them."""
    ends = []
    for number, mode in ((0, 'r'), (1, 'w')):
        copy = duplicate(number)
        ends.append(os.fdopen(copy, mode))
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, number)
        os.close(null)
    return ends


def duplicate(number):
    """A copy of a descriptor, high up, which programs that are started do not get."""
    import fcntl

    copy = fcntl.fcntl(number, fcntl.F_DUPFD, HIGH)
    flags = fcntl.fcntl(copy, fcntl.F_GETFD)
    fcntl.fcntl(copy, fcntl.F_SETFD, flags | fcntl.FD_CLOEXEC)
    return copy


def answer(answers, message):
    answers.write(json.dumps(message, sort_keys=True) + '\n')
    answers.flush()
    return 0


def describe(subject):
    """What a subject says of itself, and what runs it."""
    return {
        'name': subject.name,
        'version': str(subject.version()),
        'style': subject.style,
        'capabilities': sorted(subjects.capabilities(subject)),
        'policies': dict(subject.policies),
        'documents': documents(subject),
        'loaded': subjects.loaded(subject),
    }


def documents(subject):
    """Where it is written what the subject declares: by element, or in one place for all."""
    written = getattr(subject, 'documents', None) or {}
    return dict(written) if isinstance(written, dict) else dict.fromkeys(subject.policies, written)


def preload(style):
    """Imports every module of probes, so that no copy has to."""
    names = sorted(name for name in os.listdir(os.path.join(HERE, 'probes')) if name.endswith('.py'))
    for name in names:
        try:
            styles.load(name[:-3], style)
        except Exception:  # The probe that needs it will say so, in a process of its own.
            continue


def supervise(subject, order):
    """Carries out an order in a copy of this process, and says how that ended."""
    if order.get('subject'):
        subjects.prepare(order['subject'])
    began = time.time()
    pid = os.fork()
    if pid == 0:
        status = 70
        try:
            os.setpgid(0, 0)
            die_with_parent()
            status = carry_out(subject, order)
        finally:
            os._exit(status)
    deadline, pause, timed_out = began + order['timeout'], SHORT, False
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            break
        if time.time() > deadline:
            timed_out = True
            end(pid)
        time.sleep(pause)
        pause = min(pause * 1.5, LONG)
    end_group(pid)
    return {'status': status, 'timed_out': timed_out, 'elapsed_us': int((time.time() - began) * 1e6)}


# prctl's number for the signal that comes when the parent is gone.
PR_SET_PDEATHSIG = 1


def die_with_parent():
    """A subject that kills this process's parent does not live to kill the next one."""
    try:
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    except (ImportError, OSError, AttributeError):
        pass  # Not this system, or an interpreter without ctypes: the command looks after itself.


def end(pid):
    """Kills a child that has not been waited for, and its process group."""
    end_group(pid)
    os.kill(pid, signal.SIGKILL)


def end_group(pid):
    try:
        os.killpg(pid, signal.SIGKILL)
    except OSError:
        pass  # It is gone, which is what was wanted.


def carry_out(subject, order):
    """Runs one probe in this process."""
    errors = os.open(order['errors'], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(errors, 1)
    os.dup2(errors, 2)
    os.close(errors)
    random.seed(order['seed'])
    seen = Seen(order['journal'], order['seed'])
    seen.word = order['word']
    if order.get('record'):
        seen.library = native.attach(order['record'])
    try:
        if order.get('subject'):
            subject = subjects.reach(order['subject'])
            seen.write('subject', **describe(subject))
        probe = find(order['probe'], subject.style)
        on_stage(subject, probe, seen)
    except Skip as why:
        seen.write('skip', why=str(why))
    except Unsupported as why:
        seen.write('unsupported', why=str(why))
    except Failed as why:
        seen.write('failed', why=str(why))
    except subjects.Refused as refusal:
        seen.write('failed', why=str(refusal))
    except BaseException as error:  # A subject may let anything out, SystemExit too.
        seen.write('failed', why=told(error), traceback=traceback.format_exc())
    seen.write('end', nonce=order['nonce'])
    sys.stdout.flush()
    return 0


def on_stage(subject, probe, seen):
    """Runs a probe where the subject says that resume is legal."""
    run = getattr(subject, 'run', None)
    if run is None:
        return probe(subject, seen)
    return run(lambda: probe(subject, seen))


def find(identity, style):
    """The function of a probe."""
    module, name = identity.split('.', 1)
    return getattr(styles.load(module, style), name.replace('.', '_'))


def told(error):
    """An exception on one line."""
    return ' '.join(('%s: %s' % (type(error).__name__, error)).split())


def attempt(word, identity):
    """One probe in this process, its journal on standard output."""
    import tempfile

    journal = tempfile.NamedTemporaryFile(suffix='.journal')  # noqa: SIM115 (it ends with the process)
    record = os.environ.get('UNSCATHED_RECORD')
    subject = subjects.reach(word)
    seen = Seen(journal.name)
    seen.word = word
    if record:
        seen.library = native.attach(record)
    try:
        on_stage(subject, find(identity, subject.style), seen)
        print('ended')
    except BaseException as error:
        print('ended by ' + told(error))
        traceback.print_exc()
    with open(journal.name) as lines:
        for line in lines:
            print(line.rstrip())
    return 0


def program(word, identity):
    """What probes start where the end of an interpreter is the question."""
    subject = subjects.reach(word)
    function = find(identity, subject.style)
    on_stage(subject, lambda subject, seen: function(subject), None)
    return 0


if __name__ == '__main__':
    # Run as a program, this file would be there twice once anybody imports it.
    importlib.import_module('unscathed.child').main(sys.argv[1:])
