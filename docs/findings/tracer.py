# greenlet: while one greenlet is suspended inside its tracer, nobody is traced.
import sys

import greenlet

traced = []


def tracer(frame, event, argument):
    traced.append(frame.f_code.co_name)
    if traced[-1] == 'inside':
        greenlet.getcurrent().parent.switch()


def inside():
    pass


def outside():
    pass


g = greenlet.greenlet(inside)
sys.settrace(tracer)
g.switch()
outside()
sys.settrace(None)
print('traced' if 'outside' in traced else 'not traced')
