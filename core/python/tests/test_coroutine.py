"""What a coroutine does, by itself."""

import gc
import sys
import unittest
import weakref

import unscathed_core
from unscathed_core import Coroutine, CoroutineExit, current, suspend


def echo(co, value):
    while True:
        value = co.suspend(value)


class Values(unittest.TestCase):
    def test_are_passed_both_ways(self):
        def body(co, first):
            got = [first]
            for value in 'bcd':
                got.append(co.suspend(value))
            return got

        co = Coroutine(body)
        self.assertEqual([co.resume(1), co.resume(2), co.resume(3)], ['b', 'c', 'd'])
        self.assertEqual(co.resume(4), [1, 2, 3, 4])
        self.assertEqual(co.state, 'finished')

    def test_are_none_by_default(self):
        co = Coroutine(lambda co, first: [first, co.suspend()])
        self.assertIsNone(co.resume())
        self.assertEqual(co.resume(), [None, None])

    def test_are_given_back(self):
        value = object()
        co = Coroutine(echo)
        for _ in range(10):
            co.resume(value)
        before = sys.getrefcount(value)
        for _ in range(1000):
            co.resume(value)
        self.assertEqual(sys.getrefcount(value), before)
        co.close()
        self.assertLessEqual(sys.getrefcount(value), before)

    def test_pass_c_functions(self):
        co = Coroutine(lambda co, first: sorted([2, 1], key=lambda value: co.suspend(value)))
        self.assertEqual(co.resume(), 2)
        self.assertEqual(co.resume('b'), 1)
        self.assertEqual(co.resume('a'), [1, 2])


class States(unittest.TestCase):
    def test_follow_each_other(self):
        seen = []

        def inner(co, first):
            seen.append((outer.state, co.state, current() is co))

        def body(co, first):
            Coroutine(inner).resume()
            co.suspend()

        outer = Coroutine(body)
        self.assertEqual(outer.state, 'created')
        outer.resume()
        self.assertEqual((outer.state, current()), ('suspended', None))
        outer.resume()
        self.assertEqual(outer.state, 'finished')
        self.assertEqual(seen, [('waiting', 'running', True)])

    def test_refuse_what_cannot_be_resumed(self):
        found = []

        def body(co, first):
            for action in (co.resume, co.close):
                with self.assertRaises(RuntimeError) as caught:
                    action()
                found.append(str(caught.exception))
            inner = Coroutine(lambda inner, first: co.resume())
            with self.assertRaises(RuntimeError) as caught:
                inner.resume()
            found.append(str(caught.exception))
            return 'done'

        co = Coroutine(body)
        self.assertEqual(co.resume(), 'done')
        self.assertEqual(len(found), 3)
        for _ in range(2):
            with self.assertRaisesRegex(RuntimeError, 'has finished'):
                co.resume()
            self.assertEqual(co.state, 'finished')

    def test_refuse_to_suspend_others(self):
        with self.assertRaisesRegex(RuntimeError, 'no coroutine to suspend'):
            suspend()
        other = Coroutine(echo)
        other.resume()
        with self.assertRaisesRegex(RuntimeError, 'other than the one that is running'):
            other.suspend()

        def body(co, first):
            with self.assertRaisesRegex(RuntimeError, 'other than the one that is running'):
                other.suspend()
            return Coroutine(lambda inner, first: self.assertRaises(RuntimeError, co.suspend)).resume()

        Coroutine(body).resume()
        self.assertEqual(other.resume(5), 5)


class Arguments(unittest.TestCase):
    def test_are_looked_at(self):
        for arguments in ((), (1,), (echo, 1)):
            self.assertRaises(TypeError, Coroutine, *arguments)
        self.assertRaises(TypeError, Coroutine, echo, unknown=1)
        self.assertRaises(TypeError, Coroutine(echo).resume, 1, 2)
        self.assertRaises(TypeError, Coroutine(echo).throw, 'no exception')
        self.assertRaises(TypeError, Coroutine(echo).transfer, 'no coroutine')

    def test_sizes_below_the_least_are_refused(self):
        least = unscathed_core.LEAST_STACK_SIZE
        for size in (least - 1, 1, 0, -1):
            with self.assertRaisesRegex(ValueError, 'below the least, %d bytes' % least):
                Coroutine(echo, stack_size=size)
        self.assertEqual(Coroutine(echo, stack_size=least).stack_size, least)
        self.assertEqual(Coroutine(echo).stack_size, unscathed_core.DEFAULT_STACK_SIZE)
        self.assertEqual(sys.exc_info(), (None, None, None))

    def test_sizes_beyond_memory_are_refused(self):
        with self.assertRaises(MemoryError):
            Coroutine(echo, stack_size=1 << 60).resume()

    def test_switchers_are_known(self):
        with self.assertRaisesRegex(ValueError, 'separate, slicing, ucontext'):
            Coroutine(echo, switcher='magic')
        for word in unscathed_core.SWITCHERS:
            self.assertEqual(Coroutine(echo, switcher=word).switcher, word)


class Exceptions(unittest.TestCase):
    def test_leave_the_body(self):
        def body(co, first):
            co.suspend()
            raise KeyError('inside')

        co = Coroutine(body)
        co.resume()
        names, caught = [], None
        try:
            raise ValueError('outside')
        except ValueError:
            try:
                co.resume()
            except KeyError as error:
                caught = error
        self.assertIsNone(caught.__context__)
        trace = caught.__traceback__
        while trace:
            names.append(trace.tb_frame.f_code.co_name)
            trace = trace.tb_next
        self.assertEqual(names[-1], 'body')
        self.assertEqual(co.state, 'finished')

    def test_are_thrown_in(self):
        def body(co, first):
            try:
                raise LookupError('handled')
            except LookupError:
                try:
                    co.suspend()
                except KeyError as error:
                    return error, error.__context__

        co = Coroutine(body)
        co.resume()
        thrown = KeyError('thrown')
        error, context = co.throw(thrown)
        self.assertIs(error, thrown)
        self.assertIsInstance(context, LookupError)

    def test_are_thrown_into_what_has_not_begun(self):
        ran = []
        co = Coroutine(lambda co, first: ran.append(1))
        with self.assertRaises(KeyError):
            co.throw(KeyError)
        self.assertEqual((ran, co.state), ([], 'finished'))

    def test_handled_ones_are_private(self):
        def body(co, first):
            try:
                raise KeyError('inside')
            except KeyError:
                co.suspend(sys.exc_info()[0])
                return sys.exc_info()[0]

        co = Coroutine(body)
        try:
            raise ValueError('outside')
        except ValueError:
            self.assertIs(co.resume(), KeyError)
            self.assertIs(sys.exc_info()[0], ValueError)
        self.assertIs(sys.exc_info()[0], None)
        self.assertIs(co.resume(), KeyError)


class Ends(unittest.TestCase):
    def setUp(self):
        self.reports = []
        hook = sys.unraisablehook
        sys.unraisablehook = lambda report: self.reports.append(repr(report.exc_value))
        self.addCleanup(setattr, sys, 'unraisablehook', hook)

    def test_close_runs_finally(self):
        log = []

        def body(co, first):
            try:
                try:
                    co.suspend()
                except Exception:
                    log.append('except Exception stops it')
            finally:
                log.append('finally')

        co = Coroutine(body)
        co.resume()
        co.close()
        co.close()
        self.assertEqual((log, co.state, self.reports), (['finally'], 'finished', []))

    def test_close_lets_other_exceptions_out(self):
        def body(co, first):
            try:
                co.suspend()
            finally:
                raise KeyError('in finally')

        co = Coroutine(body)
        co.resume()
        with self.assertRaises(KeyError) as caught:
            co.close()
        self.assertIsInstance(caught.exception.__context__, CoroutineExit)

    def test_close_of_what_has_not_begun(self):
        co = Coroutine(echo)
        co.close()
        self.assertEqual(co.state, 'finished')

    def test_close_that_is_ignored(self):
        def body(co, first):
            try:
                co.suspend()
            except CoroutineExit:
                co.suspend('still here')

        co = Coroutine(body)
        co.resume()
        with self.assertRaisesRegex(RuntimeError, 'instead of ending'):
            co.close()
        self.assertEqual(co.state, 'suspended')
        co.close()
        self.assertEqual(co.state, 'finished')

    def test_dropped_ones_are_unwound(self):
        log = []

        def body(first):
            try:
                suspend()
            finally:
                log.append(sys.exc_info()[0])

        co = Coroutine(body, handle=False)
        gone = weakref.ref(co)
        co.resume()
        try:
            raise ValueError('outside')
        except ValueError:
            del co
            self.assertIs(sys.exc_info()[0], ValueError)
        self.assertEqual((log, gone(), self.reports), ([CoroutineExit], None, []))

    def test_dropped_in_a_cycle(self):
        log = []

        def body(first):
            try:
                suspend()
            finally:
                log.append('finally')

        co = Coroutine(body, handle=False)
        co.resume()
        cycle = [co]
        cycle.append(cycle)
        del co, cycle
        gc.collect()
        self.assertEqual(log, ['finally'])

    def test_dropped_ones_that_do_not_end_are_abandoned(self):
        def body(first):
            while True:
                try:
                    suspend()
                except CoroutineExit:
                    pass

        before = unscathed_core.leaked()
        co = Coroutine(body, handle=False)
        co.resume()
        del co
        self.assertEqual(unscathed_core.leaked(), before + 1)
        self.assertEqual(len(self.reports), 1)
        self.assertIn('abandoned', self.reports[0])
        # The thread goes on as before.
        self.assertEqual(Coroutine(lambda co, first: first).resume(3), 3)

    def test_bodies_are_let_go(self):
        class Body:
            def __call__(self, co, first):
                return first

        body = Body()
        gone = weakref.ref(body)
        co = Coroutine(body)
        del body
        self.assertIsNotNone(gone())
        co.resume()
        self.assertIsNone(gone())


class Transfers(unittest.TestCase):
    def test_hand_over_whoever_waits(self):
        log = []

        def first(co, value):
            log.append(value)
            log.append(co.transfer(second, 'from first'))
            return 'first ends'

        def second_body(co, value):
            log.append(value)
            co.suspend('second suspends')
            return 'second ends'

        one, second = Coroutine(first), Coroutine(second_body)
        self.assertEqual(one.resume('begin'), 'second suspends')
        self.assertEqual((one.state, second.state), ('suspended', 'suspended'))
        self.assertEqual(one.resume('again'), 'first ends')
        self.assertEqual(second.resume(), 'second ends')
        self.assertEqual(log, ['begin', 'from first', 'again'])

    def test_back_and_forth(self):
        def body(co, value):
            for _ in range(100):
                value = co.transfer(pair[co is pair[0]], value + 1)
            return value

        pair = [Coroutine(body), Coroutine(body)]
        value = pair[0].resume(0)
        self.assertGreaterEqual(value, 199)
        del pair[:]

    def test_are_refused_between_switchers(self):
        def body(co, first):
            other = Coroutine(echo, switcher='ucontext')
            with self.assertRaisesRegex(ValueError, 'in another way'):
                co.transfer(other)
            return co.suspend(1)

        co = Coroutine(body, switcher='separate')
        self.assertEqual((co.resume(), co.resume(2)), (1, 2))


class Frames(unittest.TestCase):
    def test_of_suspended_ones_can_be_read(self):
        def inner():
            secret = 42
            suspend()
            return secret

        co = Coroutine(lambda co, first: sorted([1], key=lambda value: inner()))
        self.assertIsNone(co.frame)
        co.resume()
        frame = co.frame
        self.assertEqual((frame.f_code.co_name, frame.f_locals['secret']), ('inner', 42))
        names = []
        while frame:
            names.append(frame.f_code.co_name)
            frame = frame.f_back
        self.assertEqual(names, ['inner', '<lambda>', '<lambda>'])
        co.resume()
        self.assertIsNone(co.frame)

    def test_of_the_body_have_no_caller(self):
        co = Coroutine(lambda co, first: sys._getframe().f_back)
        self.assertIsNone(co.resume())


if __name__ == '__main__':
    unittest.main()
