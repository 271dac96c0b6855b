//! The explanations.

use super::COUNTER;
use crate::element::About;

pub(super) const TRACER_SCOPE: &About = &About {
    what: "The function that sys.settrace() installs, as sys.gettrace() names it.",
    rule: "It belongs to the thread or to the coroutine, as the subject declares, and a switch keeps to that.",
    why: "A debugger must know whether it has to install itself in every coroutine, and coverage tools whether they see all of them.",
    shows: "A debugger stops in strangers' code, or a coroutine that was to be traced is not.",
    bug: "No bug where it is declared: greenlet and tealet leave tracers with the thread, Stackless gives each tasklet its own.",
    cause: "the trace function of the thread state does not follow its declared owner",
    fix: "Declare the policy; for coroutines, save and restore the function with its object at each switch.",
    limits: "Nothing is said of what a new coroutine begins with.",
};

pub(super) const PROFILER_SCOPE: &About = &About {
    what: "The function that sys.setprofile() installs, as sys.getprofile() names it.",
    rule: "It belongs to the thread or to the coroutine, as the subject declares, and a switch keeps to that.",
    why: "A profile of a thread holds the time of all its coroutines, a profile of a coroutine only its own.",
    shows: "A profile of one request holds calls of another one.",
    bug: "No bug where it is declared: greenlet and tealet leave profilers with the thread, Stackless gives each tasklet its own.",
    cause: "the profile function of the thread state does not follow its declared owner",
    fix: "Declare the policy; for coroutines, save and restore the function with its object at each switch.",
    limits: "Nothing is said of what a new coroutine begins with.",
};

pub(super) const TRACER_COUNTER: &About = &About {
    what: "The count of trace and profile functions that are running, above zero of which the interpreter calls none.",
    rule: "It counts those of the coroutine that runs: zero in a new one, and in a resumed one what it was at its suspension.",
    why: "A tracer is not traced itself; but whoever runs while it is suspended is not the tracer.",
    shows: "Breakpoints and coverage are lost in every coroutine while one of them is suspended inside a debugger's prompt.",
    bug: "greenlet from 0.4.17 to 3.5.6, tealet 0.1.0rc4 and PyPy's continulets leave it with the thread: others are not traced until the tracer returns.",
    cause: COUNTER,
    fix: "Save the counter of the thread state at a suspension, put it back at the resume, and begin each coroutine at zero.",
    limits: "Events of calls are looked at; those of lines and exceptions go through the same counter. Generators run on top of their resumer and are rightly inside its tracer, so only what can suspend in callbacks is asked.",
};

pub(super) const EFFECT: &About = &About {
    what: "Whether the interpreter looks for a tracer at all: a flag that older versions keep beside the function.",
    rule: "After every switch, calls are told to the function that sys.gettrace() or sys.getprofile() gives, and to no other.",
    why: "A flag that was saved with the coroutine is wrong as soon as anybody installed or removed a tracer meanwhile.",
    shows: "sys.gettrace() names a tracer which is never called, or one is called that was removed.",
    bug: "tealet 0.1.0rc4 on CPython 3.10 and 3.11 restores the flag that was saved with the frames.",
    cause: "the cached flag that tracing is on is restored instead of derived",
    fix: "Derive the flag from the counter and the installed functions after each switch.",
    limits: "A tracer that is installed while a call is under way is not expected to see its end.",
};

pub(super) const BALANCE: &About = &About {
    what: "What a profiler is told of calls and returns of frames that are suspended between the two.",
    rule: "Each call of a function is told once and its return once, nested as in the code, however the switches lie between.",
    why: "Profilers keep a stack of their own, and take it down by what they are told.",
    shows: "A profile with negative times, functions that never return, or a profiler that fails on an empty stack.",
    bug: "None is known with one profiler in all coroutines.",
    cause: "a switch makes or swallows profiler events",
    fix: "Switch without telling a profiler, and derive the tracing flag after each switch.",
    limits: "Calls and returns of Python functions; those of C functions are not counted.",
};

pub(super) const MONITORING: &About = &About {
    what: "Events of sys.monitoring while a coroutine is suspended inside a callback, or was started from one.",
    rule: "Only the coroutine that is inside a callback has its events withheld.",
    why: "Debuggers and coverage tools are built on these events since Python 3.12, and a callback may wait.",
    shows: "A tool misses whatever other coroutines do until its callback has returned.",
    bug: "greenlet 3.5.6 and tealet 0.1.0rc4 leave the counter with the thread, so that no event comes meanwhile.",
    cause: COUNTER,
    fix: "Save the counter of the thread state and the event being told at a suspension, and put them back at the resume.",
    limits: "The event of a function's start stands for all. What runs on the stack of its resumer, as generators do, is not asked.",
};

pub(super) const LINES: &About = &About {
    what: "Line events that are switched on or off while a frame is suspended, or waits for the coroutine that does it.",
    rule: "The next line that runs in any frame is reported if and only if a tool asks for lines.",
    why: "The interpreter rewrites the code of the frames that it can reach from its threads; those of a suspended side it cannot reach.",
    shows: "A debugger that attaches to a running program sees no lines of the coroutines that were waiting.",
    bug: "greenlet 3.5.6 and tealet 0.1.0rc4 on CPython 3.12 and later lose the rest of the function, on both sides.",
    cause: "frames that were out of reach when events changed keep their old instrumentation",
    fix: "Compare the version of the instrumentation at the resume with that of the suspension, and call sys.monitoring.restart_events() where they differ.",
    limits: "A debug build of the interpreter aborts here, which is then reported as a crash.",
};
