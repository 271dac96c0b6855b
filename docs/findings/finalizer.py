# greenlet: a finalizer suspends while deallocations wait, and main makes others wait.
import sys

import greenlet


class End(object):
    def __init__(self, acts):
        self.acts = acts

    def __del__(self):
        if self.acts:
            greenlet.getcurrent().parent.switch('suspended')


def give_up(levels, acting):
    chain = tuple((End(place == acting), [place]) for place in range(6))
    for _ in range(levels):
        chain = (chain,)


for levels in range(int(sys.argv[1]), int(sys.argv[1]) + 40):
    for acting in (0, 2, 5):
        g = greenlet.greenlet(give_up)
        if g.switch(levels, acting):
            give_up(levels, None)
            g.switch()
