"""The examples in C, which `check.sh` compiles: the pair with a switch of its own, and the loop."""

import sys
import time
import unittest

try:
    import loop
    import loop_twin
    import pair
except ImportError as error:
    raise unittest.SkipTest('the examples are not there: %s' % error)


class Pair(unittest.TestCase):
    """Saving and restoring below a switch that the core knows nothing of."""

    def test_keeps_what_is_handled(self):
        def body(first):
            try:
                raise KeyError(first)
            except KeyError:
                got = pair.leave('left')
                return got, sys.exc_info()[1].args

        side = pair.Side(body)
        try:
            raise ValueError
        except ValueError:
            self.assertEqual(side.resume('first'), 'left')
            self.assertIs(sys.exc_info()[0], ValueError)
        self.assertEqual(side.resume('second'), ('second', ('first',)))
        self.assertRaises(RuntimeError, side.resume, None)

    def test_keeps_frames_and_depth(self):
        def deep(levels, *rest):
            if levels:
                return deep(levels - 1, *rest) + 1
            pair.leave(None)
            return sum(rest)

        sides = [pair.Side(lambda first: deep(100, *range(20))) for _ in range(8)]
        for side in sides:
            side.resume(None)
        self.assertEqual(deep.__code__.co_argcount, 1)
        self.assertEqual([side.resume(None) for side in sides], [290] * 8)

    def test_lets_exceptions_out(self):
        def body(first):
            pair.leave(None)
            raise KeyError('inside')

        side = pair.Side(body)
        side.resume(None)
        with self.assertRaisesRegex(KeyError, 'inside'):
            side.resume(None)

    def test_overflow_is_an_exception(self):
        def deep():
            return deep()

        def body(first):
            try:
                deep()
            except RecursionError:
                return 'refused'

        self.assertEqual(pair.Side(body).resume(None), 'refused')

    def test_switches_without_python(self):
        self.assertGreater(pair.rounds(1000), 0)


class Loops(unittest.TestCase):
    def test_run_tasks_in_turn(self):
        for module in (loop, loop_twin):
            with self.subTest(module.__name__):
                log = []

                def task(me, count):
                    for number in range(count):
                        # From within a function in C.
                        sorted([number], key=lambda number: log.append((number, me)) or module.pause() or 0)

                for me in 'abc':
                    module.spawn(task, me, 3)
                module.run()
                self.assertEqual(log, [(number, me) for number in range(3) for me in 'abc'])

    def test_sleep_in_order(self):
        for module in (loop, loop_twin):
            with self.subTest(module.__name__):
                log = []

                def task(length):
                    module.sleep(length)
                    log.append(length)

                lengths = [0.05, 0.01, 0.03, 0.02, 0.04]
                began = time.monotonic()
                for length in lengths:
                    module.spawn(task, length)
                module.run()
                self.assertEqual(log, sorted(lengths))
                self.assertLess(time.monotonic() - began, 5)

    def test_let_exceptions_out(self):
        for module in (loop, loop_twin):
            with self.subTest(module.__name__):
                module.spawn(lambda: 1 // 0)
                self.assertRaises(ZeroDivisionError, module.run)


if __name__ == '__main__':
    unittest.main()
