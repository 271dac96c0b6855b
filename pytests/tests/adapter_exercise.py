"""Takes one subject through everything that an adapter owes, inside its interpreter.

    adapter_exercise.py WORD        one line of JSON for each exercise, and one at the end

Each exercise has a process of its own where there is `fork`: one that crashes or hangs is
told apart, and an adapter must work in a copy of the process that reached its subject.
"""

from __future__ import print_function

import ctypes
import gc
import json
import os
import signal
import sys
import time
import weakref

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from unscathed import native, subjects  # noqa: E402 (the path is set above)

SECONDS = 10


class Wrong(Exception):
    """An exercise found something else than the contract says."""


def expect(found, wanted, what):
    if found != wanted:
        raise Wrong('%s: %r where %r was owed' % (what, found, wanted))


def raised(function, *arguments):
    """The exception that a call raises."""
    try:
        value = function(*arguments)
    except BaseException as error:
        return error
    raise Wrong('%r came back where an exception was owed' % (value,))


# Exercises: the first words of the documentation of each say what is owed.


def values(subject):
    """Values go in and out unchanged, and done says when the body has returned."""
    seen = []

    def body(self, first):
        seen.append((self is co, first))
        seen.append(subject.suspend(self, ('a', 'pair')))
        seen.append(subject.suspend(self))
        return 'the end'

    co = subject.create(body)
    expect(subject.done(co), False, 'done before the start')
    expect(subject.resume(co, ('first',)), ('a', 'pair'), 'first suspend')
    expect(subject.done(co), False, 'done while suspended')
    expect(subject.resume(co, []), None, 'second suspend')
    expect(subject.resume(co), 'the end', 'return')
    expect(seen, [(True, ('first',)), [], None], 'what the body got')
    expect(subject.done(co), True, 'done at the end')


def many(subject):
    """Coroutines that take turns keep their own places."""

    def body(self, first):
        return [first] + [subject.suspend(self, first + step) for step in range(10)]

    all_ = [subject.create(body) for _ in range(20)]
    for step in range(11):
        for number, co in enumerate(all_):
            found = subject.resume(co, number * 100 if step == 0 else step)
            if step < 10:
                expect(found, number * 100 + step, 'a turn')
            else:
                expect(found, [number * 100] + list(range(1, 11)), 'an end')


def exception_out(subject):
    """An exception that leaves the body comes out of resume, itself."""
    error = failing(subject)
    expect(raised(subject.resume, error.co) is error, True, 'the exception itself')
    expect(subject.done(error.co), True, 'done after an exception')


def context(subject):
    """An exception comes out where its resumer handles another; whether that became its context."""
    error = failing(subject)
    try:
        raise KeyError('handled by main')
    except KeyError:
        expect(raised(subject.resume, error.co) is error, True, 'the exception itself')
    became = getattr(error, '__context__', None)
    return None if became is None else 'the context is %r' % became


def failing(subject):
    """An exception, and the coroutine that raises it when it is resumed."""
    error = ValueError('out of the body')

    def body(self, first):
        subject.suspend(self)
        raise error

    error.co = subject.create(body)
    subject.resume(error.co)
    return error


def finished(subject):
    """A coroutine that has finished cannot be resumed, and nothing breaks by trying."""
    co = subject.create(lambda self, first: 'only value')
    expect(subject.resume(co), 'only value', 'return')
    for _ in range(2):
        expect(isinstance(raised(subject.resume, co), Exception), True, 'the refusal')
    expect(subject.done(co), True, 'done after refusals')
    values(subject)


def throw(subject):
    """Throw raises the exception itself where the coroutine is suspended."""
    error = LookupError('thrown')
    caught = []

    def body(self, first):
        try:
            subject.suspend(self, 'in the try')
        except LookupError as found:
            caught.append(found is error)
            subject.suspend(self, 'in the except')
        subject.suspend(self, 'behind')

    co = subject.create(body)
    expect(subject.resume(co), 'in the try', 'suspend')
    expect(subject.throw(co, error), 'in the except', 'throw')
    expect(caught, [True], 'what was caught')
    expect(subject.resume(co), 'behind', 'resume after throw')
    # By now it has a traceback, which is no reason to raise another.
    expect(raised(subject.throw, co, error) is error, True, 'an exception that nobody catches')
    expect(subject.done(co), True, 'done after it')
    again = raised(subject.throw, co, KeyError('into a finished one'))
    expect(isinstance(again, Exception), True, 'throw into a finished one')


def throw_fresh(subject):
    """Throw into a coroutine that has not started ends it without running its body."""
    ran, error = [], ValueError('before the start')
    co = subject.create(lambda self, first: ran.append(first))
    expect(raised(subject.throw, co, error) is error, True, 'the exception itself')
    expect(ran, [], 'what the body did')
    expect(subject.done(co), True, 'done after it')
    expect(isinstance(raised(subject.resume, co), Exception), True, 'the refusal')


def kill(subject):
    """Kill runs the finally blocks, once, and again does nothing."""
    trail = []

    def body(self, first):
        try:
            subject.suspend(self, 'parked')
        finally:
            trail.append('finally')

    co = subject.create(body)
    subject.resume(co)
    for _ in range(2):
        subject.kill(co)
        expect(trail, ['finally'], 'the trail')
        expect(subject.done(co), True, 'done after kill')
    expect(isinstance(raised(subject.resume, co), Exception), True, 'the refusal')


def kill_fresh(subject):
    """Kill ends a coroutine that has not started without running its body."""
    ran = []
    co = subject.create(lambda self, first: ran.append(first))
    subject.kill(co)
    expect(ran, [], 'what the body did')
    expect(subject.done(co), True, 'done after kill')


def kill_raises(subject):
    """What a finally block raises while it is killed comes out of kill."""
    error = KeyError('in the finally')

    def body(self, first):
        try:
            subject.suspend(self)
        finally:
            raise error

    co = subject.create(body)
    subject.resume(co)
    expect(raised(subject.kill, co) is error, True, 'the exception itself')
    expect(subject.done(co), True, 'done after kill')


def nest(subject):
    """A coroutine resumes another, which main goes on with after the first has ended."""

    def inner(self, first):
        second = subject.suspend(self, ('inner', first))
        third = subject.suspend(self, ('inner', second))
        return 'inner ends', third

    def outer(self, first):
        at = subject.resume(below, 1)
        at = subject.suspend(self, at)
        return subject.resume(below, at)

    below, above = subject.create(inner), subject.create(outer)
    expect(subject.resume(above), ('inner', 1), 'through two')
    expect(subject.resume(above, 2), ('inner', 2), 'through two again')
    expect((subject.done(above), subject.done(below)), (True, False), 'who is done')
    expect(subject.resume(below, 3), ('inner ends', 3), 'by another resumer')


def nest_raises(subject):
    """An exception goes to whoever resumed the coroutine, however deep that is."""
    error = ValueError('from the depth')

    def deep(self, level):
        if level == 0:
            raise error
        try:
            subject.resume(subject.create(deep), level - 1)
        except ValueError as found:
            if level == 3:
                return found
            raise

    expect(subject.resume(subject.create(deep), 3) is error, True, 'the exception itself')
    expect(raised(subject.resume, subject.create(deep), 2) is error, True, 'the same out of the last')


def transfer(subject):
    """Transfer runs another in one's place, whose resumer then waits for that one."""

    def left(self, first):
        back = subject.transfer(self, other, 'to the right')
        return 'left ends', back

    def right(self, first):
        second = subject.suspend(self, ('right', first))
        return 'right ends', second

    co, other = subject.create(left), subject.create(right)
    expect(subject.resume(co), ('right', 'to the right'), 'suspend of the other')
    expect((subject.done(co), subject.done(other)), (False, False), 'who is done')
    expect(subject.resume(co, 'again'), ('left ends', 'again'), 'what transfer returns')
    expect(subject.resume(other, 2), ('right ends', 2), 'the other')


def transfer_suspended(subject):
    """Transfer to one that is suspended returns there, and what leaves it comes out."""
    error = ValueError('after a transfer')

    def left(self, first):
        return subject.transfer(self, other, 'go on')

    def right(self, first):
        expect(subject.suspend(self, 'parked'), 'go on', 'what suspend returns')
        raise error

    co, other = subject.create(left), subject.create(right)
    subject.resume(other)
    expect(raised(subject.resume, co) is error, True, 'the exception itself')
    expect((subject.done(co), subject.done(other)), (False, True), 'who is done')
    expect(subject.resume(co, 'back'), 'back', 'what transfer returns')
    third = subject.create(lambda self, first: subject.transfer(self, co, first))
    expect(isinstance(raised(subject.resume, third), Exception), True, 'transfer to a finished one')


def frame(subject):
    """The frame of a suspended coroutine is the innermost one that is the body's own."""

    def body(self, first):
        local = 'of the body'
        inside(self)
        return local

    def inside(self):
        local = 'of the function'
        subject.suspend(self)
        return local

    co = subject.create(body)
    subject.resume(co)
    found = subject.frame(co)
    expect(found.f_code.co_name, 'inside', 'the innermost frame')
    expect(found.f_locals['local'], 'of the function', 'its local')
    expect(found.f_back.f_code.co_name, 'body', 'the next frame')
    expect(found.f_back.f_locals['local'], 'of the body', 'its local')
    subject.resume(co)


def callbacks(subject):
    """A coroutine suspends below a C function that calls it back."""

    def body(self, first):
        return sorted([3, 1, 2], key=lambda number: subject.suspend(self, number))

    one, two = subject.create(body), subject.create(body)
    # What resume passes is the key of the number that the last suspend gave.
    for co in (one, two):
        expect(subject.resume(co), 3, 'the first number')
    expect(subject.resume(one, 30), 1, 'the second')
    expect(subject.resume(two, -30), 1, 'the second')
    expect(subject.resume(one, 10), 2, 'the third')
    expect(subject.resume(two, -10), 2, 'the third')
    expect(subject.resume(one, 20), [1, 2, 3], 'sorted upwards')
    expect(subject.resume(two, -20), [3, 2, 1], 'sorted downwards')


class Canary(object):
    """Something whose end can be seen."""


def freed(subject):
    """A coroutine that has finished, by return or exception, is freed with its last reference."""
    if sys.version_info[0] == 2 or not hasattr(sys, 'getrefcount'):
        return 'no reference counts here, or exceptions that outlive their handling'

    def body(self, first):
        subject.suspend(self)
        if first is None:
            return None
        raise ValueError('with %s in its frame' % type(first).__name__)

    for how in ('return', 'raise'):
        canary = Canary()
        end = weakref.ref(canary)
        co = subject.create(lambda self, first, keep=canary: body(self, keep if first else None))
        subject.resume(co, how == 'raise')
        if how == 'raise':
            raised(subject.resume, co)
        else:
            subject.resume(co)
        del co, canary
        expect(end() is None, True, 'freed after %s' % how)


def loose(subject):
    """A coroutine without a handle of itself does the same; whether it is unwound with the last one."""
    trail = []

    def body(self, first):
        try:
            trail.append((self, first, subject.suspend(self, 'parked')))
            subject.suspend(self)
        finally:
            trail.append('finally')

    co = subject.loose(body)
    expect(subject.resume(co, 1), 'parked', 'suspend')
    subject.resume(co, 2)
    expect(trail, [(None, 1, 2)], 'what the body got')
    del co
    gc.collect()
    return 'unwound' if trail[1:] else 'abandoned'


def c_api(subject):
    """The function for C, with the arguments that are given for it, resumes and suspends."""

    def call(what):
        function, arguments = what
        kinds = [ctypes.c_void_p if isinstance(part, native.Word) else ctypes.py_object for part in arguments]
        plain = [part.value if isinstance(part, native.Word) else part for part in arguments]
        found = ctypes.PYFUNCTYPE(ctypes.py_object, *kinds)(function)(*plain)
        return getattr(api, 'received', lambda value: value)(found)

    api = subject.c_api()

    def body(self, first):
        return call(api.suspend(self, ('from', first)))

    co = subject.create(body)
    expect(call(api.resume(co, 'C')), ('from', 'C'), 'resumed and suspended from C')
    expect(subject.resume(co, 'value'), 'value', 'what the function for C returns')
    expect(subject.done(co), True, 'done at the end')


EXERCISES = (
    # What they need, as a word of the capabilities or a method, if anything.
    (values, None),
    (many, None),
    (exception_out, None),
    (context, None),
    (finished, None),
    (throw, 'throw'),
    (throw_fresh, 'throw'),
    (kill, 'kill'),
    (kill_fresh, 'kill'),
    (kill_raises, 'kill'),
    (nest, 'nest'),
    (nest_raises, 'nest'),
    (transfer, 'transfer'),
    (transfer_suspended, 'transfer'),
    (frame, 'frame'),
    (callbacks, 'callbacks'),
    (freed, None),
    (loose, 'loose'),
    (c_api, 'c_api'),
)


def on_stage(subject, exercise):
    run = getattr(subject, 'run', None)
    try:
        note = run(lambda: exercise(subject)) if run else exercise(subject)
    except Wrong as wrong:
        return {'wrong': str(wrong)}
    except BaseException as error:
        import traceback

        text = 'ended by %s: %s' % (type(error).__name__, error)
        return {'wrong': text, 'traceback': traceback.format_exc()}
    return {'note': note} if note else {}


def apart(subject, exercise):
    """The same in a copy of this process."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writer, json.dumps(on_stage(subject, exercise)).encode('ascii'))
        finally:
            os._exit(0)
    os.close(writer)
    deadline = time.time() + SECONDS
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            break
        if time.time() > deadline:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            os.close(reader)
            return {'wrong': 'hung'}
        time.sleep(0.005)
    with os.fdopen(reader, 'rb') as lines:
        told = lines.read().decode('ascii')
    if not told:
        return {'wrong': 'died, with status %d' % status}
    return json.loads(told)


def main(word):
    try:
        subject = subjects.reach(word)
    except subjects.Refused as refused:
        print(json.dumps({'refused': str(refused)}))
        return
    able = subjects.capabilities(subject)
    for exercise, need in EXERCISES:
        line = {'exercise': exercise.__name__}
        if need and need not in able and getattr(subject, need, None) is None:
            line['unsupported'] = need
        elif hasattr(os, 'fork') and sys.platform != 'emscripten':
            line.update(apart(subject, exercise))
        else:
            line.update(on_stage(subject, exercise))
        print(json.dumps(line, sort_keys=True))
    print(
        json.dumps(
            {
                'ended': subject.name,
                'version': subject.version(),
                'capabilities': sorted(able),
                'policies': subject.policies,
                'documents': subject.documents,
                'loaded': subjects.loaded(subject),
                'runtime': subjects.interpreter(),
            },
            sort_keys=True,
        )
    )


if __name__ == '__main__':
    main(sys.argv[1])
