//! The explanations, by what goes wrong: rows of one cause share one.

use crate::element::About;

pub(super) const STACK: &About = &About {
    what: "The C frames between a resume and a suspension: a C function of the interpreter called Python code, and that code suspends.",
    rule: "The C function continues with its own variables, and gives its own caller the result that it gives without a switch.",
    why: "Code that suspends cannot know who called it: a library may call it from a sort, a lookup or a decoder.",
    shows: "Results of two such calls are mixed, values are missing, or the process dies when the callback returns.",
    bug: "None is known of greenlet, tealet or PyPy's continulets here; systems that cannot suspend below C code refuse it and do not claim the capability.",
    cause: "C frames between the resume and the suspension do not come back as they were",
    fix: "Keep the whole C stack of a coroutine, and switch to it with every callee-saved register.",
    limits: "The functions that are tried stand for their kind; other extension modules may keep state of their own.",
};

pub(super) const LIBRARIES: &About = &About {
    what: "C frames of a foreign library that called back, and the record of the interpreter that a callback is on its way.",
    rule: "The library continues on its own stack, with the interpreter held or released as it was when it called back.",
    why: "A callback that takes the interpreter counts itself in, and counts itself out when it returns, perhaps after others did.",
    shows: "A fatal error about the thread state, a deadlock on the lock of the interpreter, or the answer of another query.",
    bug: "A coroutine with a thread state of its own deadlocks on CPython up to 3.11 when a callback asks for the state of the OS thread; Pyodide's stacks die in ctypes.",
    cause: "calls of a foreign library that called back are not resumed as they were left",
    fix: "Switch the C stack and leave thread state and its count of callbacks with the OS thread.",
    limits: "The C library, SQLite and expat stand for all libraries; a library that checks where its stack lies is not tried.",
};

pub(super) const TRACE: &About = &About {
    what: "A trace function that suspends, while other coroutines install and use trace functions of their own.",
    rule: "Each call of a trace function is seen by the side that makes it, however many others are suspended inside theirs.",
    why: "A debugger whose prompt runs on an event loop suspends inside its trace function.",
    shows: "While one coroutine is suspended inside its trace function, no function is traced anywhere.",
    bug: "greenlet, tealet and PyPy's continulets leave the count of running trace functions with the thread, so nobody else is traced meanwhile.",
    cause: super::super::tracing::COUNTER,
    fix: "Save the counter of the thread state at a suspension, put it back at the resume, and begin each coroutine at zero.",
    limits: "Only the event of a call is looked at.",
};

pub(super) const IMPORTS: &About = &About {
    what: "The import system below a finder or a loader that suspends: its locks, its list of finders and the module half made.",
    rule: "The import continues after the suspension and gives its own module.",
    why: "A finder that fetches modules over a network, and a module that waits while it is imported, suspend here.",
    shows: "A module of another import comes back, an import fails as circular, or all imports stop for ever.",
    bug: "None is known where imports are of different modules.",
    cause: "an import that suspended is not continued as it was left",
    fix: "Switch the C stack; leave locks, which belong to OS threads, alone.",
    limits: "Finders are tried one at a time, since OS threads may not ask two at once; imports of the same module are not tried.",
};

pub(super) const FINALIZERS: &About = &About {
    what: "The deallocation of an object below its finalizer or the callback of a weak reference, which suspends.",
    rule: "The object dies once, when its finalizer has returned, and whoever dropped it goes on behind the drop.",
    why: "Finalizers close connections, and closing a connection waits.",
    shows: "A finalizer runs twice or never, an object is freed while its finalizer waits, the process dies.",
    bug: "Known only with the list of postponed deallocations, which is a row of finalizers.",
    cause: "a deallocation that suspended in a finalizer is not continued as it was left",
    fix: "Switch the C stack and the exception that is on its way; leave the list of postponed deallocations with the thread.",
    limits: "Objects that die in the course of a deep chain of deallocations are looked at elsewhere.",
};

pub(super) const COLLECTOR: &About = &About {
    what: "A collection of garbage that suspends, in a finalizer or in a function of gc.callbacks.",
    rule: "The collection continues after the suspension, and finalizes and counts all that it found, once.",
    why: "Nobody chooses when the collector runs: any allocation may do it, also in code that may not suspend.",
    shows: "Garbage that was found is never finalized, or twice; the count is wrong; the process dies.",
    bug: "None is known where one collection is suspended at a time.",
    cause: "a collection that suspended is not continued as it was left",
    fix: "Switch the C stack; let finalizers hand their work over to where a switch is harmless.",
    limits: "Whether others can collect meanwhile is the row py.gc_busy, since it is busy for OS threads too.",
};

pub(super) const COLLECTOR_LISTS: &About = &About {
    what: "The heads of the collector's lists, which lie on the stack of a suspended collection while objects elsewhere refer to them.",
    rule: "The memory of a suspended C stack stays at its address, and what others write there is found after the resume.",
    why: "Whoever frees an object that a suspended collection has found unlinks it, and so writes into the stack of that collection.",
    shows: "Words of somebody else's stack are overwritten: crashes far from the cause, heap corruption.",
    bug: "Seen here with greenlet 0.4.17 to 3.5.6 and tealet 0.1.0rc4 on CPython 3.8 to 3.14: frames of main lie where the head was, and main dies. greenlet's maintainer discourages switches in finalizers (python/cpython issue 98110); nothing prevents them.",
    cause: "the stack of a suspended coroutine does not stay at its address, so writes through pointers into it hit others",
    fix: "Give each coroutine memory of its own for its stack; where stacks are copied away, do not switch inside the collector.",
    limits: "Main covers its stack with a sort, at several depths, so that a word that matters is hit; a subject that copies stacks might still get through by luck.",
};

pub(super) const HANDLERS: &About = &About {
    what: "A handler of signals, which the interpreter calls between two instructions of whoever runs, and which suspends.",
    rule: "The frame that a handler is given is the one of the coroutine that was interrupted, and a suspension suspends that coroutine.",
    why: "Time limits and reloads are handled like this, and event loops wait inside handlers.",
    shows: "The handler sees the frame of another coroutine, or returns into it.",
    bug: "None is known. Python 2.7, 3.6 and PyPy 8.0.1 handle no signal while another is being handled, with or without a switch.",
    cause: "a signal handler does not run on top of the coroutine that it interrupts",
    fix: "Let the interpreter find the frame that is current after the switch, and put no handler off across one.",
    limits: "Two coroutines are suspended inside handlers only where the interpreter lets one handler interrupt another. What the kernel does with signals during a switch is a row of native subjects.",
};

pub(super) const GUARDS: &About = &About {
    what: "What iterators and sorts remember of their container, to notice that somebody changed it under them.",
    rule: "A change made while a coroutine is suspended over a container raises the same error in it as a change made by itself.",
    why: "A container that changes unnoticed gives wrong results, or is read outside of its memory.",
    shows: "An iteration over a table that has grown goes on, a sort keeps quiet about a list that has grown, or the error comes to the wrong coroutine.",
    bug: "None is known.",
    cause: "the guard of a container does not work across a suspension",
    fix: "Keep iterators and the variables of C calls as they were left.",
    limits: "Tables and lists only.",
};
