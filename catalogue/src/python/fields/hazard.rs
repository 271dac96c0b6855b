//! Fields that a switch leaves alone although a program can tell, because no
//! treatment of them is right for everybody; and those that mean nothing to it.

use super::Shown::{By, Unseen};
use super::{Build, Class, Field, Shown, built, field, internal};

const fn row(name: &'static str, minors: (u8, u8), shown: Shown, reason: &'static str) -> Field {
    field(Class::Hazard, name, minors, reason, shown)
}

const fn nothing(name: &'static str, minors: (u8, u8), reason: &'static str) -> Field {
    let shown = Unseen("a switch may do with it what it likes");
    field(Class::Irrelevant, name, minors, reason, shown)
}

const WAITING: &str = "Its objects are dead already, and whoever works the list off works all of it off: a copy that is put back names memory that was freed in between.";
const ENTERED: &str = "It counts scopes of all stacks, and the thread state dies when it reaches 0; one that is never left, because its coroutine was abandoned, keeps the thread state alive.";
const DEBUGGER: &str = "A debugger asks the thread, and whoever runs next on it answers.";
const OUTSIDE: Shown = Unseen("only a debugger outside the process asks");

#[rustfmt::skip]
pub(super) const FIELDS: &[Field] = &[
    row("trash_delete_later", (9, 11), By(&["py.finalizers"]), WAITING),
    row("trash.delete_later", (12, 12), By(&["py.finalizers"]), WAITING),
    row("delete_later", (13, 15), By(&["py.delete_later"]), WAITING),
    row("dict", (9, 15), By(&["py.thread_local", "py.repr_guard"]), "It is the thread's own dictionary; but it also holds the list of objects whose repr is being made, whichever stack makes it."),
    row("gilstate_counter", (9, 15), By(&["py.callback.qsort_held", "py.callback.qsort_released"]), ENTERED),
    row("ensure.counter", (15, 15), Unseen("only C code that calls PyThreadState_Ensure sees it"), ENTERED),
    row("async_exc", (9, 15), By(&["py.async_exc"]), "An exception is sent to a thread, and whoever runs next on it gets it."),
    row("remote_debugger_support.debugger_pending_call", (14, 15), OUTSIDE, DEBUGGER),
    row("remote_debugger_support.debugger_script_path", (14, 15), OUTSIDE, DEBUGGER),
    internal(built(Build::Jit, row("jit_tracer_state", (15, 15), By(&["py.jit"]), "The recording of a trace may be under way at a switch, and goes on with what the other side runs; no harm of it has been seen."))),
    internal(row("lazy_imports", (15, 15), Unseen("no probe uses lazy imports, which are syntax of 3.15"), "It is the set of lazy imports that this thread is resolving; a second coroutine that needs one of them looks like a cycle.")),
    nothing("stackcheck_counter", (9, 10), "It only says how soon a build with USE_STACKCHECK next asks the system for the room on its stack."),
    nothing("last_profiled_frame_seq", (15, 15), "It goes with last_profiled_frame, and only a sampling profiler in another process reads it."),
    internal(nothing("generator_return_kind", (15, 15), "It is set as the last thing before the evaluation loop returns, and its caller reads it first thing: no switch can fall in between.")),
    built(Build::Statistics, nothing("pystats", (15, 15), "It points to counters that all threads may share, and that nobody relies on.")),
    internal(built(Build::FreeThreaded, nothing("__padding", (14, 15), "Nothing is ever stored there."))),
];
