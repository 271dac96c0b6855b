# greenlet: line events that are switched on while a greenlet is suspended are not seen in it.
import sys

import greenlet

LINE = sys.monitoring.events.LINE


def body():
    greenlet.getcurrent().parent.switch()
    first = 1
    return first


lines = []
g = greenlet.greenlet(body)
g.switch()
sys.monitoring.use_tool_id(0, 'lines')
sys.monitoring.register_callback(0, LINE, lambda code, line: lines.append(code.co_name))
sys.monitoring.set_events(0, LINE)
g.switch()
sys.monitoring.set_events(0, 0)
print('seen' if 'body' in lines else 'not seen')
