"""The loop in C beside its twin in Python, and a round trip between two bodies in C."""

import sys
import time

import loop
import loop_twin
import pair

TASKS, PAUSES, ROUNDS = 100, 200, 15


def work(pause):
    for _ in range(PAUSES):
        pause()


def cost(module):
    for _ in range(TASKS):
        module.spawn(work, module.pause)
    began = time.thread_time_ns()
    module.run()
    return (time.thread_time_ns() - began) / (TASKS * PAUSES)


def main():
    least = {}
    for _ in range(ROUNDS):
        for module in (loop, loop_twin):
            least[module] = min(cost(module), least.get(module, 1e9))
    print('%s: ns a pause, of %d tasks' % (sys.version.split()[0], TASKS))
    print('loop in C       %8.1f' % least[loop])
    print('loop in Python  %8.1f' % least[loop_twin])
    print('round trip in C %8.1f' % min(pair.rounds(100000) for _ in range(ROUNDS)))


if __name__ == '__main__':
    main()
