//! What asyncio keeps for each thread.

use super::{Topic, made_on, mutant, on, probe, row};
use crate::element::{About, Group, Interpreted, Level};
use crate::probe::{Capability, Family};

pub(super) const TOPIC: Topic = Topic { rows: ROWS, probes: PROBES, mutants: MUTANTS };

const ASYNCIO: (Group, Family) = (Group::Asyncio, Family::Asyncio);

/// There are asynchronous generators, with hooks, and a running loop to ask for.
const LOOPS: Interpreted = Interpreted { first: (3, 6), ..Interpreted::ALL };
/// The current task can be asked for, and coroutine objects know where they were made.
const TASKS: Interpreted = Interpreted { first: (3, 7), ..Interpreted::ALL };

#[rustfmt::skip]
const ROWS: &[crate::Element] = &[
    on(&LOOPS, row("py.asyncio", ASYNCIO, Level::Policy, "9 asyncio: whether a running loop is the coroutine's in which it runs or the thread's is declared", LOOP)),
    on(&TASKS, row("py.asyncio_task", ASYNCIO, Level::Policy, "9 asyncio: whether the current task is the coroutine's in which it runs or the thread's is declared", TASK)),
    on(&LOOPS, row("py.asyncgen_hooks", ASYNCIO, Level::Policy, "9 asyncio: whether hooks of asynchronous generators follow the coroutine is declared", HOOKS)),
    on(&TASKS, row("py.origin_tracking", ASYNCIO, Level::Policy, "9 asyncio: whether the depth of origin tracking follows the coroutine is declared", ORIGINS)),
];

const LOOP: &About = &About {
    what: "The running event loop: which one main finds while a coroutine is suspended within it, which one a coroutine finds that is resumed within it, and whether main may run another one meanwhile.",
    rule: "\"coroutine\": a loop runs for the coroutine that runs it, and others may run their own. \"thread\": while it runs, it runs for the whole thread.",
    why: "Bridges from blocking code to asyncio rely on finding their resumer's loop; programs that run a loop in a coroutine rely on the opposite.",
    shows: "RuntimeError: asyncio.run() cannot be called from a running event loop, in code that runs in none.",
    bug: "greenlet and tealet leave the loop to the thread, on which SQLAlchemy's bridge is built; Pyodide moved it by hand and then gave each task a thread state.",
    cause: "the running loop is kept with the thread state and is not exchanged by the switch, or is exchanged undeclared",
    fix: "Declare what is done. To exchange it, save asyncio's running loop at a switch and set the other one.",
    limits: "Main must not run in a loop itself; where the subject needs one the probes are skipped.",
};

const TASK: &About = &About {
    what: "The current task of asyncio: which one main finds while a coroutine is suspended within it, and which one a coroutine finds that is resumed within it.",
    rule: "\"coroutine\": a task is current for the coroutine that runs it. \"thread\": it is current for the thread until it has run.",
    why: "Timeouts and cancellations act on the current task, and cancel another one if they are told wrong.",
    shows: "A timeout that cancels somebody else's request; a lock that is owned by a task that has suspended.",
    bug: "greenlet and tealet leave it to the thread; Pyodide 0.26 to 0.29 moved the current task by hand.",
    cause: "the current task is kept with the loop or the thread state and is not exchanged by the switch",
    fix: "Exchange it together with the running loop: one without the other is worse than neither.",
    limits: "Only what asyncio.current_task gives without a loop; two tasks of one loop are not tried.",
};

const HOOKS: &About = &About {
    what: "The hook that is called when an asynchronous generator begins, set by sys.set_asyncgen_hooks.",
    rule: "\"coroutine\": generators are announced to whoever set the hook on that side. \"thread\": the hook that was set last is everybody's.",
    why: "A loop closes the generators that were announced to it, and so ends those of another loop or leaves its own open.",
    shows: "A generator that is closed by a loop in which it never ran; a finally block that never runs.",
    bug: "greenlet and tealet leave the hooks to the thread; Pyodide copies them by hand.",
    cause: "the hooks of asynchronous generators are kept with the thread state and are not exchanged by the switch",
    fix: "Declare \"thread\", or exchange both hooks together with the running loop.",
    limits: "Only the hook for the beginning; the finalizer is kept in the same place.",
};

const ORIGINS: &About = &About {
    what: "How many frames a new coroutine object remembers of where it was made, set by sys.set_coroutine_origin_tracking_depth.",
    rule: "\"coroutine\": each side keeps the depth that it has set. \"thread\": what was set last holds for everybody.",
    why: "A loop in debug mode switches it on for its own time and puts it back, in an order that coroutines can change.",
    shows: "A program that stays slow after debug mode has ended; warnings about coroutines never awaited that do not say where.",
    bug: "greenlet and tealet leave it to the thread; Pyodide's copied thread state lacks it.",
    cause: "the depth of origin tracking is kept with the thread state and is not exchanged by the switch",
    fix: "Declare \"thread\", or exchange it with each switch.",
    limits: "The number only; what coroutine objects then remember is not looked at.",
};

const BELOW: &[Capability] = &[Capability::Callbacks];

#[rustfmt::skip]
const PROBES: &[crate::Probe] = &[
    probe("loops.loop", "Whose is the loop in which a suspended coroutine runs a task?", "1 suspends within a task, main asks for the running loop and resumes 1 to its end", Family::Asyncio, &["py.asyncio"], BELOW),
    probe("loops.loop_of_resumer", "Which loop does a coroutine find that is resumed within a task?", "main resumes 1 twice within a task", Family::Asyncio, &["py.asyncio"], &[]),
    probe("loops.nested", "May main run a loop while a coroutine is suspended within another?", "1 suspends within a task, main runs a loop of its own", Family::Asyncio, &["py.asyncio"], BELOW),
    probe("loops.task", "Whose is the task in which a coroutine is suspended?", "1 suspends within a task, main asks for the current task", Family::Asyncio, &["py.asyncio_task"], BELOW),
    probe("loops.task_of_resumer", "Which task does a coroutine find that is resumed within one?", "main resumes 1 within a task", Family::Asyncio, &["py.asyncio_task"], &[]),
    probe("loops.generator_hooks", "To whom are asynchronous generators announced?", "1 sets a hook and suspends, main sets another and resumes 1; both begin generators", Family::Asyncio, &["py.asyncgen_hooks"], &[]),
    probe("loops.origins", "Does each side keep its depth of origin tracking?", "1 sets a depth and suspends, main sets another and resumes 1, which sets it again and returns", Family::Asyncio, &["py.origin_tracking"], &[]),
];

#[rustfmt::skip]
const MUTANTS: &[super::Mutant] = &[
    made_on(LOOPS, mutant("loops.SharesLoop", "py.asyncio")),
    made_on(TASKS, mutant("loops.SharesTask", "py.asyncio_task")),
    made_on(LOOPS, mutant("loops.SharesGeneratorHooks", "py.asyncgen_hooks")),
    made_on(TASKS, mutant("loops.SharesOrigins", "py.origin_tracking")),
];
