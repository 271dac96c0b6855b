//! Fields that follow the coroutine: whatever is counted up when a C function is
//! entered and down when it is left, and whatever points into the frames of one
//! stack.

use super::Shown::{By, Unseen};
use super::{Build, Class, Field, Shown, built, field, internal};

const NULL: &str = "NULL";
const ZERO: &str = "0";

/// Where no way is known to run Python code between the store and the last use.
const TRANSIENT: Shown = Unseen("no way is known to switch between its assignment and its use");

/// Where a probe would need a build that this project refuses.
const NO_GIL: Shown = Unseen("free-threaded builds are refused");

const RAISED: Shown = By(&["py.in_flight", "py.destroyed"]);
const FRAMES: Shown = By(&["py.frames", "py.frames.current", "py.frames.end", "py.frame_link"]);
const DEPTH: Shown = By(&["py.recursion.depth", "py.recursion.limit", "py.recursion.start"]);
const DEPTH_INITIAL: &str = "depth 0 or the creator's depth, as declared";

const fn row(
    name: &'static str,
    minors: (u8, u8),
    initial: &'static str,
    shown: Shown,
    reason: &'static str,
) -> Field {
    Field { initial: Some(initial), ..field(Class::PerCoroutine, name, minors, reason, shown) }
}

#[rustfmt::skip]
pub(super) const FIELDS: &[Field] = &[
    // Exceptions.
    row("exc_info", (9, 15), "its own root item, empty and without a predecessor", By(&["py.exc_info", "py.exc_info.empty", "py.exc_context", "py.generator"]), "It is the top of the chain of exceptions that are being handled, and each stack handles its own."),
    row("curexc_type", (9, 11), NULL, RAISED, "The exception that is on its way belongs to the stack that it unwinds."),
    row("curexc_value", (9, 11), NULL, RAISED, "It goes with curexc_type."),
    row("curexc_traceback", (9, 11), NULL, RAISED, "It goes with curexc_type."),
    row("current_exception", (12, 15), NULL, RAISED, "The exception that is on its way belongs to the stack that it unwinds; a finalizer that switches must not take it along."),
    // Frames.
    row("frame", (9, 10), NULL, FRAMES, "It is the innermost frame of whoever runs, and the chain from there is that of one stack."),
    row("cframe", (10, 12), "a record on the coroutine's own stack", FRAMES, "It points into the C stack, to a record of the evaluation loop that is running there."),
    row("cframe->current_frame", (11, 12), NULL, FRAMES, "It is the innermost frame of whoever runs; on a stack's first record it must not be the creator's."),
    row("cframe->previous", (10, 12), "root_cframe of the thread", FRAMES, "Records are chained along one C stack; the thread's own, which never dies, ends each chain."),
    row("current_frame", (13, 15), "NULL; from 3.15 on base_frame", FRAMES, "It is the innermost frame of whoever runs, and the chain from there is that of one stack."),
    row("datastack_chunk", (11, 15), "NULL, or a chunk that nobody else uses", By(&["py.datastack", "py.datastack_leak", "py.frame_objects"]), "Frames lie in it one above the other, so two stacks in one chunk would overwrite each other; with NULL the first frame allocates one. The first place stays unused, so that the last frame frees nothing."),
    row("datastack_top", (11, 15), "NULL, or the second place of that chunk", By(&["py.datastack"]), "It is the end of the frames in datastack_chunk."),
    row("datastack_limit", (11, 15), "NULL, or the end of that chunk", By(&["py.datastack"]), "It is the end of datastack_chunk."),
    // Depth.
    row("recursion_depth", (9, 10), DEPTH_INITIAL, DEPTH, "It counts the calls on one stack, and those returns will count it down."),
    row("recursion_remaining", (11, 11), DEPTH_INITIAL, DEPTH, "It is the limit minus the depth of one stack; what is put away is the depth, so that a new limit holds at once."),
    row("py_recursion_remaining", (12, 15), DEPTH_INITIAL, DEPTH, "It is the limit minus the depth of one stack; what is put away is the depth, so that a new limit holds at once."),
    row("c_recursion_remaining", (12, 13), "what fits on the coroutine's own stack", By(&["py.recursion.c", "py.finalizers"]), "It is how many more C calls fit on one stack; on 3.13 deallocations wait when 50 or fewer are left."),
    row("recursion_headroom", (10, 15), ZERO, By(&["py.recursion.overflow"]), "It is counted up while a recursion error is being made, and down on the same stack."),
    row("overflowed", (9, 9), ZERO, By(&["py.recursion.overflow"]), "It is set while one stack recovers from its overflow, and then allows it 50 more calls."),
    row("recursion_critical", (9, 9), ZERO, By(&["py.recursion.overflow"]), "It is set around calls on one stack that must not overflow, and brought back by the same function."),
    row("trash_delete_nesting", (9, 11), ZERO, By(&["py.trash_nesting"]), "It counts the deallocations that are nested on one stack; from 50 on they wait."),
    row("trash.delete_nesting", (12, 12), ZERO, By(&["py.trash_nesting"]), "It counts the deallocations that are nested on one stack; from 50 on they wait."),
    // Tracing.
    row("tracing", (9, 15), ZERO, By(&["py.trace_counter"]), "It counts the tracers and callbacks of tools that one stack is inside; others are to be traced meanwhile."),
    row("tracing_what", (11, 11), ZERO, Unseen("only an assignment to f_lineno reads it"), "It is the event that a tracer on this stack is being told of."),
    row("what_event", (12, 15), "-1", Unseen("only an assignment to f_lineno reads it"), "It is the event that a callback on this stack is being told of."),
    // Context.
    row("context", (9, 15), "a copy of the creator's, NULL, or the creator's own, as declared", By(&["py.contextvars", "py.context_start", "py.context_run"]), "Context.run exchanges it on entry and on exit of one C function, so that even a shared context has to follow the stack."),
    // Compiled code.
    row("previous_executor", (13, 13), NULL, By(&["py.jit"]), "It is the compiled trace that one activation of the evaluation loop has just left."),
    row("current_executor", (14, 15), NULL, By(&["py.jit"]), "It is the compiled trace that one activation of the evaluation loop is running."),
    row("jit_exit", (15, 15), NULL, TRANSIENT, "It is handed from compiled code to the evaluation loop that called it."),
    // Free-threaded builds.
    row("critical_section", (13, 15), ZERO, NO_GIL, "It is the innermost locked section of one stack, whose record lies on that stack; always 0 where there is a GIL."),
    internal(built(Build::FreeThreaded, row("c_stack_refs", (14, 15), NULL, NO_GIL, "It heads a list of references whose nodes lie on one C stack, and which the collector walks."))),
    internal(built(Build::FreeThreaded, row("suppress_co_const_immortalization", (14, 15), ZERO, NO_GIL, "It is counted up before a compilation and down after it, by the same C function."))),
];
