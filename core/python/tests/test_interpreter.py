"""What a switch leaves of the interpreter: overflow, memory, threads, forks, ends, collectors."""

import contextvars
import gc
import os
import subprocess
import sys
import tempfile
import textwrap
import threading
import unittest

import unscathed_core
from unscathed_core import LEAST_STACK_SIZE, SWITCHERS, Coroutine, suspend


def run(source, **environment):
    """A program of its own: its status and its output."""
    ended = subprocess.run(
        [sys.executable, '-X', 'faulthandler', '-c', textwrap.dedent(source)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=300,
        env=dict(os.environ, **environment),
    )
    return ended.returncode, ended.stdout.decode().strip()


def resident():
    with open('/proc/self/statm') as numbers:
        return int(numbers.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')


OVERFLOWS = """
import copy, json, pickle, re, unscathed_core
class Repr:
    def __repr__(self): return repr(self)
class Less:
    def __lt__(self, other): return sorted([Less(), Less()])[0] is None
class Kind:
    @property
    def __class__(self): return isinstance(self, int)
class Call:
    def __call__(self): return self()
class Equal:
    def __eq__(self, other): return [self] == [other]
def key(value): return sorted([1, 2], key=key)
def plain(): return plain()
def mapped(value): return list(map(mapped, [value]))
def executed(): exec(compile('executed()', 'text', 'exec'), globals())
def nested():
    made = []
    for _ in range(100000): made = [made]
    return made
CASES = dict(
    plain=plain, executed=executed, call=Call(), key=lambda: sorted([1, 2], key=key), map=lambda: mapped(1),
    repr=lambda: repr(Repr()), less=lambda: sorted([Less(), Less()]), equal=lambda: Equal() == Equal(),
    kind=lambda: isinstance(Kind(), str), lists=lambda: repr(nested()),
    lists_equal=lambda: nested() == nested(), json=lambda: json.dumps(nested()),
    pickle=lambda: pickle.dumps(nested()), copy=lambda: copy.deepcopy(nested()),
    re=lambda: re.compile('(' * 5000 + ')' * 5000), parser=lambda: eval('-' * 50000 + '1'),
    parens=lambda: eval('(' * 190 + ')' * 190), lambdas=lambda: eval('lambda:' * 3000 + '1'),
)
def body(co, name):
    found = []
    for _ in range(2):
        try:
            CASES[name]()
            found.append('no error')
        except (RecursionError, MemoryError) as error:
            found.append(type(error).__name__)
    return found
"""


class Overflow(unittest.TestCase):
    def test_on_the_smallest_stack_is_an_exception(self):
        names = {}
        exec(OVERFLOWS, names)
        for name in names['CASES']:
            with self.subTest(name):
                status, output = run(OVERFLOWS + textwrap.dedent("""
                    co = unscathed_core.Coroutine(body, stack_size=unscathed_core.LEAST_STACK_SIZE)
                    print(co.resume(%r))
                    # Whoever resumed has all of its own stack.
                    print(body(None, 'plain')[0])
                """ % name))
                self.assertEqual(status, 0, output)
                self.assertEqual(output.splitlines()[-1], 'RecursionError')

    def test_of_the_limit_is_each_ones_own(self):
        def deep(levels):
            return deep(levels - 1) + 1 if levels else suspend() or 0

        limit = sys.getrecursionlimit()
        cos = [Coroutine(lambda first: deep(200), handle=False) for _ in range(20)]
        for co in cos:
            co.resume()
        self.assertGreaterEqual(self.left(), limit * 3 // 4)
        self.assertEqual([co.resume() for co in cos], [200] * 20)

    @unittest.skipUnless((3, 10) <= sys.version_info < (3, 12), 'nothing runs while the exception is made')
    def test_of_one_that_makes_its_exception_gives_no_headroom_to_others(self):
        # To make it takes memory, and memory a collection, which calls somebody who suspends.
        status, output = run("""
            import gc, sys
            from unscathed_core import Coroutine, suspend

            def levels():
                frame, count = sys._getframe(1), 0
                while frame:
                    frame, count = frame.f_back, count + 1
                return count

            def told(phase, info):
                # There are never so many frames without headroom.
                if phase == 'start' and levels() > sys.getrecursionlimit():
                    gc.callbacks.clear()
                    suspend('in the headroom')

            def forever():
                return [forever()]

            def fall():
                try:
                    forever()
                except RecursionError:
                    return 'RecursionError'

            def body(first):
                try:
                    raise ValueError
                except ValueError:
                    gc.callbacks.append(told)
                    gc.set_threshold(1)
                    return fall()

            co = Coroutine(body, handle=False)
            print(co.resume())
            gc.set_threshold(0)
            print(fall())
            print(co.resume(), fall())
        """)
        self.assertEqual(status, 0, output)
        told = ['in the headroom', 'RecursionError', 'RecursionError RecursionError']
        self.assertEqual([line for line in output.splitlines() if line in told], told, output)

    def left(self):
        def down(levels):
            try:
                return down(levels + 1)
            except RecursionError:
                return levels

        return down(0)


class Memory(unittest.TestCase):
    def test_is_flat(self):
        def body(first):
            suspend(first)

        def cycle(count):
            for number in range(count):
                co = Coroutine(body, handle=False)
                co.resume(number)
                if number % 2:
                    co.resume()
                    self.assertEqual(co.state, 'finished')

        cycle(2000)
        gc.collect()
        before = resident()
        cycle(100000)
        gc.collect()
        self.assertLess(resident() - before, 4 << 20)

    def test_of_a_suspended_one_is_small(self):
        count = 5000
        gc.collect()
        before = resident()
        cos = [Coroutine(lambda first: suspend(), handle=False) for _ in range(count)]
        for co in cos:
            co.resume()
        self.assertLess((resident() - before) / count, 12 << 10)
        for co in cos:
            co.resume()


class Threads(unittest.TestCase):
    def in_thread(self, function):
        answers = []

        def work():
            try:
                answers.append(function())
            except Exception as error:
                answers.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        return answers[0]

    def test_do_not_resume_each_others(self):
        co = Coroutine(lambda first: suspend(1), handle=False)
        co.resume()
        self.assertIn('another thread', str(self.in_thread(co.resume)))
        self.assertIn('another thread', str(self.in_thread(co.close)))
        self.assertEqual(co.resume(2), 2)

    def test_hand_over_what_has_not_begun(self):
        co = Coroutine(lambda first: threading.get_ident(), handle=False)
        self.assertNotEqual(self.in_thread(co.resume), threading.get_ident())
        self.assertEqual(co.state, 'finished')

    def test_unwind_what_they_leave(self):
        log, kept = [], []

        def body(first):
            try:
                suspend()
            finally:
                log.append(threading.get_ident())

        def work():
            co = Coroutine(body, handle=False)
            kept.append(co)
            co.resume()
            return threading.get_ident()

        owner = self.in_thread(work)
        self.assertEqual(log, [owner])
        self.assertEqual(kept[0].state, 'finished')

    def test_leave_dropped_ones_to_their_owner(self):
        log = []

        def body(first):
            try:
                suspend()
            finally:
                log.append(threading.get_ident())

        cos = [Coroutine(body, handle=False)]
        cos[0].resume()
        self.in_thread(cos.clear)
        self.assertEqual(log, [])
        Coroutine(lambda first: None, handle=False).resume()
        self.assertEqual(log, [threading.get_ident()])

    def test_do_not_disturb_each_other(self):
        interval = sys.getswitchinterval()
        self.addCleanup(sys.setswitchinterval, interval)
        sys.setswitchinterval(1e-5)
        wrong = []

        def body(me, first):
            for number in range(200):
                try:
                    raise KeyError((me, number))
                except KeyError as error:
                    suspend()
                    if sys.exc_info()[1] is not error or error.args[0] != (me, number):
                        wrong.append((me, number))

        def work(thread):
            cos = [Coroutine(lambda first, me=(thread, me): body(me, first), handle=False) for me in range(5)]
            while any(co.state != 'finished' for co in cos):
                for co in cos:
                    if co.state != 'finished':
                        co.resume()

        threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])


class Processes(unittest.TestCase):
    def test_forked_go_on(self):
        status, output = run("""
            import os, sys, threading
            from unscathed_core import Coroutine, suspend
            def body(first):
                pid = os.fork() if first else 0
                suspend()
                return pid
            before = Coroutine(lambda first: suspend(1), handle=False); before.resume()
            left = []
            ready, end = threading.Event(), threading.Event()
            def work():
                left.append(Coroutine(lambda first: suspend(), handle=False)); left[0].resume()
                ready.set(); end.wait()
            thread = threading.Thread(target=work); thread.start(); ready.wait()
            co = Coroutine(body, handle=False); co.resume(True)
            pid = co.resume()
            assert before.resume(5) == 5
            def deep(): return deep()
            try: Coroutine(lambda first: deep(), handle=False).resume()
            except RecursionError: pass
            if pid:
                end.set(); thread.join()
                sys.exit(os.waitpid(pid, 0)[1])
            try: left[0].resume()
            except RuntimeError as error: print(error)
        """)
        self.assertEqual(status, 0, output)
        self.assertRegex(output, 'thread')

    def test_end_with_suspended_coroutines(self):
        for kept in ('kept = co', 'cycle = [co]; cycle.append(cycle); del co, cycle', 'del co'):
            with self.subTest(kept):
                status, output = run("""
                    import sys
                    from unscathed_core import Coroutine
                    def body(co, first):
                        local = [co, first]
                        try: co.suspend()
                        finally: sys.stdout.write('unwound')
                    co = Coroutine(body); co.resume(); %s
                """ % kept)
                self.assertEqual((status, output), (0, 'unwound'))

    def test_end_inside_a_coroutine(self):
        status, output = run("""
            import sys
            from unscathed_core import Coroutine
            other = Coroutine(lambda co, first: co.suspend()); other.resume()
            Coroutine(lambda co, first: sys.exit(7)).resume()
        """)
        self.assertEqual((status, output), (7, ''))


class Collectors(unittest.TestCase):
    def test_run_at_every_switch(self):
        status, output = run("""
            import gc, sys
            gc.set_threshold(1)
            from unscathed_core import Coroutine
            class Node: pass
            def body(co, first):
                for number in range(100):
                    node = Node(); node.me = node; node.list = [[] for _ in range(10)]
                    try: raise KeyError(number)
                    except KeyError:
                        assert co.suspend([number]) == [number]
                        assert sys.exc_info()[1].args == (number,)
                return 'end'
            cos = [Coroutine(body) for _ in range(10)]
            for co in cos: co.resume()
            for number in range(99):
                for co in cos: co.resume([number])
            print({co.resume([99]) for co in cos})
        """)
        self.assertEqual((status, output), (0, "{'end'}"))


class Switchers(unittest.TestCase):
    """The same bodies on each way to switch, all of them in turn."""

    def test_make_no_difference(self):
        variable = contextvars.ContextVar('variable')

        def deep(levels, me):
            if levels:
                return max(map(lambda level: deep(level, me), [levels - 1])) + 1
            try:
                raise KeyError(me)
            except KeyError:
                suspend(me)
                self.assertEqual(sys.exc_info()[1].args, (me,))
            frame = sys._getframe()
            while frame.f_back:
                frame = frame.f_back
            self.assertEqual(frame.f_code.co_name, 'body')
            return variable.get() - me

        def body(me):
            variable.set(me)
            return [deep(levels, me) for levels in range(20)]

        for word in SWITCHERS:
            with self.subTest(word):
                cos = [Coroutine(body, switcher=word, handle=False) for _ in range(10)]
                found = [[co.resume(me) for me, co in enumerate(cos)]]
                for _ in range(19):
                    found.append([co.resume() for co in cos])
                self.assertEqual(found, [list(range(10))] * 20)
                self.assertEqual([co.resume() for co in cos], [list(range(20))] * 10)

    def test_nest(self):
        for outer in SWITCHERS:
            for inner in SWITCHERS:
                with self.subTest(outer=outer, inner=inner):

                    def body(first, inner=inner):
                        co = Coroutine(lambda first: suspend(first) + 1, switcher=inner, handle=False)
                        return [co.resume(first), suspend(first), co.resume(first)]

                    co = Coroutine(body, switcher=outer, handle=False)
                    self.assertEqual(co.resume(1), 1)
                    self.assertEqual(co.resume(2), [1, 2, 2])

    def test_can_be_chosen(self):
        source = 'import unscathed_core; print(unscathed_core.Coroutine(print).switcher)'
        for word in SWITCHERS:
            self.assertEqual(run(source, UNSCATHED_CORE_SWITCHER=word), (0, word))
        status, output = run(source, UNSCATHED_CORE_SWITCHER='magic')
        self.assertEqual(status, 1)
        self.assertIn('ImportError', output)


class Tools(unittest.TestCase):
    def test_tracer_meets_what_was_suspended(self):
        calls = []

        def after():
            pass

        def body(first):
            suspend()
            after()

        def tracer(frame, event, arg):
            calls.append(frame.f_code.co_name)

        co = Coroutine(body, handle=False)
        co.resume()
        before = sys.gettrace()
        sys.settrace(tracer)
        try:
            co.resume()
        finally:
            sys.settrace(before)
        self.assertIn('after', calls)

    @unittest.skipUnless(hasattr(sys, 'monitoring'), 'sys.monitoring is of 3.12 and newer')
    def test_events_meet_what_was_suspended(self):
        monitoring, tool = sys.monitoring, 3

        def body(first):
            suspend()
            first = 1
            return first

        start = body.__code__.co_firstlineno
        lines = []

        def line(code, number):
            if code is body.__code__:
                lines.append(number - start)

        cos = [Coroutine(body, handle=False) for _ in range(3)]
        for co in cos:
            co.resume()
        monitoring.use_tool_id(tool, 'test')
        try:
            monitoring.register_callback(tool, monitoring.events.LINE, line)
            monitoring.set_events(tool, monitoring.events.LINE)
            for co in cos:
                co.resume()
        finally:
            monitoring.set_events(tool, 0)
            monitoring.free_tool_id(tool)
        self.assertEqual(lines, [2, 3] * 3)


class Imports(unittest.TestCase):
    def test_are_refused_to_subinterpreters(self):
        try:
            import _interpreters as interpreters
        except ImportError:
            try:
                import _xxsubinterpreters as interpreters
            except ImportError:
                self.skipTest('no module makes subinterpreters here')
        source = textwrap.dedent("""
            import sys
            sys.path[:] = %r
            try:
                import unscathed_core
            except ImportError as error:
                text = str(error)
            else:
                text = 'imported'
            with open(%r, 'w') as file:
                file.write(text)
        """)
        interpreter = interpreters.create()
        self.addCleanup(interpreters.destroy, interpreter)
        with tempfile.NamedTemporaryFile('r') as file:
            interpreters.run_string(interpreter, source % (sys.path, file.name))
            self.assertIn('subinterpreter', file.read())

    def test_are_refused_to_other_versions(self):
        # `check.sh` puts each interpreter's build into a folder beside the others'.
        own = os.path.dirname(os.path.abspath(unscathed_core.__file__))
        beside = os.path.dirname(own)
        others = [name for name in sorted(os.listdir(beside)) if os.path.join(beside, name) != own]
        others = [name for name in others if os.path.exists(os.path.join(beside, name, 'unscathed_core.so'))]
        if not others:
            self.skipTest('there is no build for another version beside this one')
        running = 'CPython %s' % sys.version.split()[0]
        for name in others:
            with self.subTest(name):
                status, output = run('import unscathed_core', PYTHONPATH=os.path.join(beside, name))
                self.assertEqual(status, 1, output)
                last = output.splitlines()[-1]
                self.assertRegex(last, '^ImportError: ')
                # The loader itself refuses what needs functions that this interpreter has not.
                if 'undefined symbol' not in last:
                    self.assertIn('this unscathed_core was built for CPython 3', last)
                    self.assertIn(running, last)

    def test_again_give_the_same(self):
        before = sys.modules.pop('unscathed_core')
        try:
            import unscathed_core as again
        finally:
            sys.modules['unscathed_core'] = before
        self.assertIs(again.Coroutine, before.Coroutine)

    def test_names_are_documented(self):
        for name in unscathed_core.__all__:
            thing = getattr(unscathed_core, name)
            if callable(thing):
                self.assertTrue(thing.__doc__, name)
        for name in ('resume', 'suspend', 'transfer', 'throw', 'close', 'state', 'frame'):
            self.assertTrue(getattr(Coroutine, name).__doc__, name)
        self.assertLess(LEAST_STACK_SIZE, unscathed_core.DEFAULT_STACK_SIZE)


if __name__ == '__main__':
    unittest.main()
