# tealet: an exception that is thrown into a tealet is never freed.
import sys

import tealet


def body(current, back):
    try:
        back.switch(None)
    except tealet.TealetExit:
        pass
    return back, None


def life():
    t = tealet.tealet()
    t.run(body, tealet.current())
    t.throw(tealet.TealetExit())


for _ in range(4):
    before = sys.getallocatedblocks()
    for _ in range(1000):
        try:
            life()
        except tealet.TealetExit:
            pass
    print((sys.getallocatedblocks() - before) / 1000, 'blocks a tealet')
