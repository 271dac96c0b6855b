"""Walks over frames and tracebacks that come to an end, whatever the subject has done to them."""

import inspect

# Longer than any chain of a probe, and short enough to be walked in no time.
BOUND = 10000


def chain(frame):
    """The frames from this one outward, each of them once."""
    frames, met = [], set()
    while frame is not None and id(frame) not in met and len(frames) < BOUND:
        frames.append(frame)
        met.add(id(frame))
        frame = frame.f_back
    return frames


def end(frame):
    """How the chain from this frame outward ends, in words."""
    frames = chain(frame)
    if len(frames) == BOUND:
        return 'no end within %d frames' % BOUND
    return 'a root' if not frames or frames[-1].f_back is None else 'a ring'


def of_generator(frame):
    """Whether a frame is that of a generator, or of an asynchronous function."""
    kinds = [getattr(inspect, name, 0) for name in ('CO_GENERATOR', 'CO_COROUTINE', 'CO_ASYNC_GENERATOR')]
    return any(frame.f_code.co_flags & kind for kind in kinds)


def names(frames, like):
    """The functions of these frames that stand in the file of the function `like`."""
    path = like.__code__.co_filename
    return [frame.f_code.co_name for frame in frames if frame.f_code.co_filename == path]


def functions(frame, like):
    """The same for all frames from this one outward."""
    return names(chain(frame), like)


def crossed(trace, like):
    """The functions that a traceback crosses, outermost first, in the file of `like`."""
    frames = []
    while trace is not None and len(frames) < BOUND:
        frames.append(trace.tb_frame)
        trace = trace.tb_next
    return names(frames, like)
