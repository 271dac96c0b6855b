//! Fields that follow from others or from where the stack lies: never put back as
//! they were.

use super::Shown::{By, Unseen};
use super::{Class, Field, Shown, field, internal};

const BOUNDS: Shown = By(&["py.recursion.c", "py.recursion.overflow", "py.finalizers"]);
const TOLD: Shown = By(&["py.use_tracing", "py.tracing", "py.profiling"]);

const fn row(
    name: &'static str,
    minors: (u8, u8),
    initial: Option<&'static str>,
    shown: Shown,
    reason: &'static str,
) -> Field {
    Field { initial, ..field(Class::Derived, name, minors, reason, shown) }
}

#[rustfmt::skip]
pub(super) const FIELDS: &[Field] = &[
    row("context_ver", (9, 15), None, By(&["py.context_cache"]), "Variables remember their value by thread and version, so each context that is put in place needs a version that has never been: it is counted up at every switch."),
    row("use_tracing", (9, 9), Some("1 if tracing is 0 and there is a tracer or a profiler, else 0"), TOLD, "It says whether tracing is 0 and a tracer or a profiler is there, and either may have changed meanwhile."),
    row("cframe->use_tracing", (10, 11), Some("1 (255 on 3.11) if tracing is 0 and there is a tracer or a profiler, else 0"), TOLD, "It says whether tracing is 0 and a tracer or a profiler is there, and either may have changed meanwhile."),
    row("trace_info", (11, 11), None, Unseen("it is compared with the code of the frame before it is used"), "It is a cursor into the line table of the code that was traced last; who finds another code there starts anew."),
    row("last_profiled_frame", (15, 15), Some("NULL"), Unseen("only a sampling profiler in another process reads it"), "A profiler keeps there how far it has walked; the frames of another stack are not below it, so that it is cleared at every switch."),
    internal(row("c_stack_top", (14, 15), Some("the top of the coroutine's own stack"), BOUNDS, "It is where the stack begins that the processor is on; PyUnstable_ThreadState_SetStackProtection sets it.")),
    internal(row("c_stack_soft_limit", (14, 15), Some("computed from the coroutine's own stack"), BOUNDS, "Beyond it there are recursion errors, and deallocations wait; set together with c_stack_top.")),
    internal(row("c_stack_hard_limit", (14, 15), Some("computed from the coroutine's own stack"), BOUNDS, "Beyond it the interpreter gives up; set together with c_stack_top.")),
];
