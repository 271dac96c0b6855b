# tealet: a recursion limit that is set while a tealet is suspended does not hold in it.
import sys

import tealet


def deep(levels):
    return deep(levels - 1) + 1 if levels else 0


def body(current, back):
    back.switch(None)
    try:
        print(deep(1500), 'levels under a limit of', sys.getrecursionlimit())
    except RecursionError as error:
        print(error, 'under a limit of', sys.getrecursionlimit())
    return back, None


t = tealet.tealet()
t.run(body, tealet.current())
sys.setrecursionlimit(3000)
t.switch(None)
