//! Fields that CPython keeps for each thread, and that an implementation may keep
//! for each coroutine, if it says so.

use super::Shown::By;
use super::{Class, Field, Shown, field, internal};

const TRACER: Shown = By(&["py.tracing", "py.use_tracing"]);
const PROFILER: Shown = By(&["py.profiling", "py.profile_balance"]);
const HOOKS: Shown = By(&["py.asyncgen_hooks"]);

const fn row(
    name: &'static str,
    minors: (u8, u8),
    initial: &'static str,
    shown: Shown,
    reason: &'static str,
) -> Field {
    Field { initial: Some(initial), ..field(Class::Policy, name, minors, reason, shown) }
}

const LEFT: &str = "as it was; a declared owner decides";

#[rustfmt::skip]
pub(super) const FIELDS: &[Field] = &[
    row("c_profilefunc", (9, 15), LEFT, PROFILER, "A profiler is installed for a thread; Stackless keeps one for each tasklet."),
    row("c_profileobj", (9, 15), LEFT, PROFILER, "It is the object of c_profilefunc."),
    row("c_tracefunc", (9, 15), LEFT, TRACER, "A tracer is installed for a thread; Stackless keeps one for each tasklet."),
    row("c_traceobj", (9, 15), LEFT, TRACER, "It is the object of c_tracefunc."),
    row("coroutine_origin_tracking_depth", (9, 15), LEFT, By(&["py.origin_tracking"]), "It is a setting of the thread that no C function undoes on its way out."),
    row("async_gen_firstiter", (9, 15), LEFT, HOOKS, "It is a setting of the thread; but asyncio.run puts it there and takes it away on one stack."),
    row("async_gen_finalizer", (9, 15), LEFT, HOOKS, "It goes with async_gen_firstiter."),
    internal(row("asyncio_running_loop", (13, 15), LEFT, By(&["py.asyncio"]), "Bridges to asyncio want the loop of their resumer; a loop that is itself suspended in a coroutine must not be running for others.")),
    internal(row("asyncio_running_task", (14, 15), LEFT, By(&["py.asyncio_task"]), "It goes with asyncio_running_loop.")),
];
