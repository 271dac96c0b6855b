//! Destruction, and the exit of threads and interpreters.

use super::{Topic, made_on, mutant, on, probe, row, without_oracle};
use crate::element::{About, Group, Interpreted, Known, Level};
use crate::probe::{Capability, Family};

pub(super) const TOPIC: Topic = Topic { rows: ROWS, probes: PROBES, mutants: MUTANTS };

const DESTRUCTION: (Group, Family) = (Group::Destruction, Family::Destruction);

const LEAK: Interpreted = Interpreted {
    known: &[Known {
        package: "tealet",
        bad: "0.1.0rc4",
        good: None,
        remark: "CPython 3.10 to 3.14: six blocks for each tealet into which TealetExit is thrown",
    }],
    ..Interpreted::ALL
};

/// Where ctypes reports what leaves a callback, and returns from the C function.
const REPORTED: Interpreted = Interpreted { only: Some("CPython"), ..Interpreted::ALL };

/// Where a finally block can be asked which exception is on its way.
const TOLD: Interpreted = Interpreted { first: (3, 0), ..Interpreted::ALL };

/// Where ctypes can change what is being handled.
const HANDLED: Interpreted =
    Interpreted { first: (3, 6), only: Some("CPython"), ..Interpreted::ALL };

#[rustfmt::skip]
const ROWS: &[crate::Element] = &[
    row("py.drop", DESTRUCTION, Level::Policy, "7 Destruction and exit: whether a suspended coroutine is unwound when its last handle is given up", DROP),
    row("py.drop.thread", DESTRUCTION, Level::Must, "7 Destruction and exit: a coroutine that cannot migrate is unwound by its own thread or not at all", DROP_THREAD),
    row("py.destroyed", DESTRUCTION, Level::Must, "7 Destruction and exit: unwinding a coroutine changes neither the exception that is on its way nor the one that is handled", DESTROYED),
    row("py.exit_ignored", DESTRUCTION, Level::Must, "7 Destruction and exit: a coroutine that is killed and suspends again is suspended", IGNORED),
    on(&REPORTED, row("py.exit_stopped", DESTRUCTION, Level::Must, "7 Destruction and exit: a C function that stops the unwinding of a coroutine lets its body go on", STOPPED)),
    on(&LEAK, row("py.leak", DESTRUCTION, Level::Must, "7 Destruction and exit: a coroutine that has ended and to which nobody refers leaves nothing behind", LEFT)),
    row("py.fork", DESTRUCTION, Level::Must, "7 Destruction and exit: coroutines of the thread that calls fork go on in the copy", FORK),
    row("py.exit", DESTRUCTION, Level::Must, "7 Destruction and exit: an interpreter that ends with suspended coroutines ends as without them", EXIT),
    row("py.thread_end", DESTRUCTION, Level::Policy, "7 Destruction and exit: whether the coroutines of a thread that ends are unwound", THREAD_END),
];

const DROP: &About = &About {
    what: "The finally blocks of a suspended coroutine whose last handle is given up.",
    rule: "`coroutine`: they run then, or in the next collection. `thread`: they do not; the coroutine is abandoned.",
    why: "Whoever gives up a coroutine has to know whether its locks, files and transactions are closed.",
    shows: "A lock stays held for ever, or is released at a moment that nobody expects.",
    bug: "greenlet unwinds, tealet does not; both are documented choices.",
    cause: "giving up a suspended coroutine does not do to its finally blocks what was declared",
    fix: "Kill what is not resumed any more instead of dropping it.",
    limits: "An adapter whose coroutine holds its own handle can show nothing of it, unless it has a method `loose` that makes one without.",
};

const DROP_THREAD: &About = &About {
    what: "The thread on which finally blocks of a coroutine run when another thread gives it up or kills it.",
    rule: "The coroutine's own, now or when that thread next switches; or none. A refusal is right, too.",
    why: "Frames refer to the state of their thread, and code in finally blocks counts on thread-local values.",
    shows: "A crash in the interpreter, or a finally block that finds another thread's locals.",
    bug: "greenlet puts such coroutines on a list that their thread works off; generators, which may migrate, run wherever they are closed.",
    cause: "a coroutine is unwound on a thread that is not its own",
    fix: "Queue it for its owner, and let the owner unwind it at its next switch.",
    limits: "Subjects that say that they migrate are not asked.",
};

const DESTROYED: &About = &About {
    what: "The exception that is on its way, or handled, where a coroutine is destroyed.",
    rule: "Killing, in a finally block or a finalizer, changes neither; and what the dying coroutine raised and handled is its own.",
    why: "Cleaning up is done exactly when something has failed, and the failure is what has to be reported.",
    shows: "The exception that leaves a function is an exit of a coroutine, or one that only a coroutine ever saw.",
    bug: "greenlet keeps the pending exception in pieces of its own at some places for this reason; no release is known to fail here now.",
    cause: "the exception of whoever destroys a coroutine is not put away while it is unwound",
    fix: "Fetch the pending exception before unwinding, and restore it afterwards.",
    limits: "The finalizer that kills is made to run while an exception leaves a frame where references are counted only.",
};

const IGNORED: &About = &About {
    what: "A coroutine that catches what kill throws into it, and suspends again.",
    rule: "Kill may complain, but the coroutine is suspended: it is not done, and it can be resumed to its end.",
    why: "A coroutine that is taken for done while it has frames is freed under the feet of its own stack.",
    shows: "done() is true and resume fails, although the body has not returned; or the process dies.",
    bug: "No release is known to; generators report it as an error and go on.",
    cause: "whoever was killed is taken for done without a look",
    fix: "Look whether the body has returned after the exit was thrown.",
    limits: "What kill itself does, return or raise, is not judged.",
};

const STOPPED: &About = &About {
    what: "A coroutine that is killed while it is suspended in a callback of a C function that reports exceptions and goes on.",
    rule: "The exit ends with the callback. The C function returns, and the body goes on to its end within the kill.",
    why: "C code between two Python frames cannot be unwound, and throwing its frames away leaves its state half changed.",
    shows: "The body never goes on, the process dies, or the coroutine is not done although its body has returned.",
    bug: "No release is known to.",
    cause: "a coroutine whose unwinding was stopped is treated as if it had been unwound",
    fix: "Switch to the coroutine and let it run until it returns or suspends.",
    limits: "The C function is ctypes' own. PyPy's lets the exit through, so that nothing is stopped there.",
};

const LEFT: &About = &About {
    what: "Memory after batches of hundreds or thousands of coroutines that have returned, were killed, or were given up: blocks of the allocator and resident pages.",
    rule: "It does not grow with their number.",
    why: "A server makes coroutines for as long as it runs.",
    shows: "Blocks or kilobytes for each coroutine, in every batch.",
    bug: "On CPython 3.11 and newer the first chunk of the data stack of each coroutine has to be freed by the switch, which costs 4 KiB each if it is forgotten.",
    cause: "something of each coroutine is left behind when it ends",
    fix: "Free the data stack, the context and the exception state of a coroutine that has ended.",
    limits: "Less than half a block and 256 bytes for each coroutine is not seen, nor less than half a MiB in a batch, or two where objects move.",
};

const FORK: &About = &About {
    what: "Coroutines in the copy that os.fork makes, outside of a coroutine and inside of one.",
    rule: "In the copy those of the thread that called it are as they were: they are resumed, keep their values, and end; and recursion meets its limit.",
    why: "Servers fork workers, and test runners fork tests, whatever is suspended at the moment.",
    shows: "The copy hangs, dies, or finds other values.",
    bug: "No release is known to; event loops that are not told of a fork share their descriptors with the original.",
    cause: "a copy of the process does not have the coroutines of the original",
    fix: "Keep what belongs to coroutines in memory that is copied, and nothing that identifies the process.",
    limits: "Other threads do not exist in a copy; coroutines that are threads cannot be asked.",
};

const EXIT: &About = &About {
    what: "The end of an interpreter while coroutines are suspended: kept by a module, by a cycle, by nobody but themselves, by an exit function, or after the end of their thread.",
    rule: "It ends with the status that it would have without them.",
    why: "A program that did its work and then dies of a signal is reported as failed.",
    shows: "A segmentation fault, an abort or a hang after the last statement.",
    bug: "Coroutines that are unwound when modules are taken down meet an interpreter that is half gone; several greenlet releases have fixed crashes of this kind.",
    cause: "suspended coroutines are unwound, or looked at, while the interpreter is taken down",
    fix: "Abandon what is suspended once the interpreter has begun to end.",
    limits: "Whether finally blocks run then is not judged.",
};

const THREAD_END: &About = &About {
    what: "The finally blocks of a coroutine that is suspended when its thread ends, and whose handle is given up afterwards.",
    rule: "`coroutine`: they have run. `thread`: they have not; the coroutine was abandoned with its thread.",
    why: "A pool whose threads come and go leaves locks and files behind if nobody unwinds.",
    shows: "A lock that stays held after its thread has ended; memory that grows with each thread.",
    bug: "greenlet and tealet abandon such a coroutine, because no thread is left that could run it.",
    cause: "a coroutine whose thread ends is not unwound, or is, against what was declared",
    fix: "Unwind from a guard among the thread's own objects, whose finalizer still runs on that thread.",
    limits: "Whether the locals are freed is noted and not judged.",
};

#[rustfmt::skip]
const PROBES: &[crate::Probe] = &[
    probe("destruction.dropped", "Is a suspended coroutine unwound when its last handle is given up?", "main gives up the handle of 1, which is suspended in a try block", Family::Destruction, &["py.drop"], &[]),
    probe("destruction.dropped_elsewhere", "Does a coroutine end on its own thread when another thread gives it up?", "another thread gives up the last handle of 1, then main runs 2", Family::Destruction, &["py.drop.thread"], &[]),
    probe("destruction.killed_elsewhere", "Does a coroutine end on its own thread when another thread kills it?", "another thread kills 1, then main does", Family::Destruction, &["py.drop.thread"], &[Capability::Kill]),
    probe("destruction.propagating", "Does an exception survive a finally block that kills?", "an exception of main passes a finally block that kills 1", Family::Destruction, &["py.destroyed"], &[Capability::Kill]),
    probe("destruction.from_finalizer", "Does an exception survive a finalizer that kills?", "finalizers kill 1 while an exception of main is on its way, and 2 while one is handled", Family::Destruction, &["py.destroyed"], &[Capability::Kill]),
    probe("destruction.ignored", "Is a coroutine suspended that ignores being killed?", "main kills 1, which catches it and suspends, and resumes it to its end", Family::Destruction, &["py.exit_ignored"], &[Capability::Kill]),
    probe("destruction.stopped", "Does a body go on when a C function stops its unwinding?", "main kills 1, which is suspended in a callback of a C function", Family::Destruction, &["py.exit_stopped"], &[Capability::Kill, Capability::Callbacks]),
    probe("destruction.thread_end", "Is a coroutine unwound when its thread ends?", "a thread ends while its coroutine is suspended, then main gives up the handle", Family::Destruction, &["py.thread_end"], &[]),
    probe("leak.finished", "Does memory stay flat when coroutines return?", "thousands of coroutines run to their end", Family::Destruction, &["py.leak"], &[]),
    probe("leak.killed", "Does memory stay flat when coroutines are killed?", "thousands of coroutines are killed while they are suspended", Family::Destruction, &["py.leak"], &[Capability::Kill]),
    probe("leak.dropped", "Does memory stay flat when coroutines are given up?", "thousands of coroutines are given up while they are suspended", Family::Destruction, &["py.leak"], &[]),
    without_oracle(THREADS_DO_NOT_FORK, probe("fork.outside", "Do coroutines go on in a copy of the process?", "main forks while 1 is suspended, and both copies resume it", Family::Destruction, &["py.fork"], &[])),
    without_oracle(THREADS_DO_NOT_FORK, probe("fork.inside", "Do coroutines go on in a copy of the process that one of them made?", "1 forks and suspends, and both copies resume it", Family::Destruction, &["py.fork"], &[])),
    probe("exit.module", "Does an interpreter end well while a module keeps a suspended coroutine?", "a program ends while a module keeps a suspended coroutine", Family::Destruction, &["py.exit"], &[]),
    probe("exit.cycle", "Does an interpreter end well while a suspended coroutine is part of a cycle?", "a program ends while a suspended coroutine is part of a cycle", Family::Destruction, &["py.exit"], &[]),
    probe("exit.itself", "Does an interpreter end well while a suspended coroutine is kept by its own stack?", "a program ends while a suspended coroutine is kept by nobody else", Family::Destruction, &["py.exit"], &[]),
    probe("exit.hook", "Does an interpreter end well when a coroutine is resumed at exit?", "a function that runs at exit resumes 1, which suspends again", Family::Destruction, &["py.exit"], &[]),
    probe("exit.thread", "Does an interpreter end well with a coroutine whose thread has ended?", "a program ends while a coroutine is suspended whose thread has ended", Family::Destruction, &["py.exit"], &[]),
];

const THREADS_DO_NOT_FORK: &str = "a copy of a process has no thread but the one that made it";

const MUTANTS: &[super::Mutant] = &[
    mutant("destruction.KeepsSuspended", "py.drop"),
    mutant("destruction.HidesMigration", "py.drop.thread"),
    made_on(TOLD, mutant("destruction.LetsExitOut", "py.destroyed")),
    made_on(HANDLED, mutant("destruction.ChangesHandled", "py.destroyed")),
    mutant("destruction.CallsItDone", "py.exit_ignored"),
    made_on(REPORTED, mutant("destruction.Revives", "py.exit_stopped")),
    mutant("destruction.KeepsEverybody", "py.leak"),
    mutant("destruction.LeaksDropped", "py.leak"),
    mutant("destruction.LosesInCopies", "py.fork"),
    mutant("destruction.FailsAtExit", "py.exit"),
    mutant("destruction.ClaimsUnwinding", "py.thread_end"),
];
