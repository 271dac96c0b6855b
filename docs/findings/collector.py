# greenlet: the collector suspends in a finalizer, and main frees what it had found.
import gc

import greenlet


class Mortal(object):
    def __init__(self):
        self.cycle, self.parts = self, [[part] for part in range(50)]

    def __del__(self):
        greenlet.getcurrent().parent.switch(self.parts)


def collect(level):
    if level:
        return list(map(collect, [level - 1]))
    Mortal()
    gc.collect()


def free(level, parts):
    return sorted([0], key=lambda _: len(free(level - 1, parts))) if level else parts.pop()


gc.disable()
for depth in range(30):
    g = greenlet.greenlet(collect)
    free(12, g.switch(depth))
    g.switch()
