//! Fields that stay with the thread: who it is, how it is scheduled, and what it
//! owns of allocators and collectors. No switch writes them.

use super::Shown::{By, Unseen};
use super::{Build, Class, Field, Shown, built, field, internal, patched};

const fn row(name: &'static str, minors: (u8, u8), reason: &'static str) -> Field {
    field(Class::PerThread, name, minors, reason, UNWRITTEN)
}

const fn seen(field: Field, rows: &'static [&'static str]) -> Field {
    Field { shown: By(rows), ..field }
}

const fn free(name: &'static str, minors: (u8, u8), reason: &'static str) -> Field {
    internal(built(Build::FreeThreaded, row(name, minors, reason)))
}

const UNWRITTEN: Shown = Unseen("nothing is lost of what nobody writes");

const LIFE: &str = "It is a stage in the life of the thread state, whichever stack it runs.";
const LIST: &str = "It chains all thread states of the interpreter.";
const ROOT: &str = "The chain of handled exceptions of the thread's own stack ends in it; a coroutine has a root of its own, so that nothing ever has to be moved out of here.";
const RESERVED: &str = "It belongs to the identity that threading.local gives the thread.";
const SPARE: &str = "It is a chunk that no frame lies in; whoever needs one next may take it.";
const OWN_STACK: &str =
    "It remembers the thread's own stack for PyUnstable_ThreadState_ResetStackProtection.";
const HEAP: &str = "Memory is allocated, freed and counted for the thread that does it.";

#[rustfmt::skip]
pub(super) const FIELDS: &[Field] = &[
    // Identity.
    row("prev", (9, 15), LIST),
    row("next", (9, 15), LIST),
    row("interp", (9, 15), "A coroutine belongs to one thread state, and that to one interpreter."),
    seen(row("id", (9, 15), "It tells thread states apart that were at one address; a suspended coroutine remembers it."), &["py.thread_death"]),
    seen(row("thread_id", (9, 15), "A coroutine runs on the thread that resumes it, and has its identity."), &["py.thread_identity"]),
    seen(row("native_thread_id", (11, 15), "A coroutine runs on the thread that resumes it, and has its identity."), &["py.thread_identity"]),
    // Life.
    row("_initialized", (11, 11), LIFE),
    row("_static", (11, 11), "It says where the memory of the thread state came from."),
    row("_status.initialized", (12, 15), LIFE),
    row("_status.bound", (12, 15), LIFE),
    row("_status.unbound", (12, 15), LIFE),
    row("_status.bound_gilstate", (12, 15), LIFE),
    row("_status.active", (12, 15), LIFE),
    row("_status.finalizing", (12, 15), LIFE),
    row("_status.cleared", (12, 15), LIFE),
    row("_status.finalized", (12, 15), LIFE),
    row("_whence", (13, 15), "It says who made the thread state."),
    row("on_delete", (9, 12), "It is called when the thread ends, for those who wait in join()."),
    row("on_delete_data", (9, 12), "It goes with on_delete."),
    row("ensure.delete_on_release", (15, 15), "It says who made the thread state."),
    row("ensure.owned_guard", (15, 15), "It keeps the interpreter alive for as long as the thread state that was made for it."),
    internal(row("refcount", (14, 15), "It counts who needs the memory of the thread state.")),
    // Scheduling.
    seen(row("eval_breaker", (13, 15), "Its low bits are requests to the thread. Its high bits are the version of the instrumentation that the thread has seen: a switch reads them, and never writes them."), &["py.line_events", "py.async_exc"]),
    row("state", (13, 15), "It says whether the thread may touch objects, and both sides of a switch may."),
    row("_status.holds_gil", (13, 13), "Both sides of a switch hold the same lock."),
    row("holds_gil", (14, 15), "Both sides of a switch hold the same lock."),
    row("gil_requested", (15, 15), "It is a request of the thread, made while it waits, and who waits does not switch."),
    // Roots and limits.
    row("exc_state", (9, 15), ROOT),
    row("root_cframe", (10, 12), "It is the record in which every chain of C frames ends."),
    row("base_frame", (15, 15), "It is the frame in which every chain of frames ends."),
    internal(row("base_frame", (15, 15), "It is the frame that base_frame of PyThreadState points to.")),
    seen(row("recursion_limit", (11, 11), "sys.setrecursionlimit writes it in every thread state; a copy that is put back would undo that."), &["py.recursion.limit"]),
    seen(row("py_recursion_limit", (12, 15), "sys.setrecursionlimit writes it in every thread state; a copy that is put back would undo that."), &["py.recursion.limit"]),
    internal(patched(10, row("c_stack_init_base", (14, 14), OWN_STACK))),
    internal(patched(10, row("c_stack_init_top", (14, 14), OWN_STACK))),
    internal(row("c_stack_init_base", (15, 15), OWN_STACK)),
    internal(row("c_stack_init_top", (15, 15), OWN_STACK)),
    // Thread-locals and tasks.
    seen(row("threading_local_key", (13, 15), RESERVED), &["py.thread_local"]),
    seen(row("threading_local_sentinel", (13, 15), RESERVED), &["py.thread_local"]),
    internal(row("asyncio_tasks_head", (14, 15), "It lists the tasks that were made on the thread, whoever runs them.")),
    // Memory.
    row("dict_global_version", (13, 15), "It is a block of numbers that no other thread gives out; a copy that is put back would give some out twice."),
    patched(14, row("datastack_cached_chunk", (13, 13), SPARE)),
    patched(10, row("datastack_cached_chunk", (14, 14), SPARE)),
    row("datastack_cached_chunk", (15, 15), SPARE),
    internal(row("qsbr", (13, 15), "It says since when the thread holds no references of others, and is used by free-threaded builds.")),
    internal(row("mem_free_queue", (13, 15), "It lists memory that is freed when no other thread can hold it any more.")),
    free("gc", (13, 15), "It counts the allocations of the thread for the collector."),
    free("mimalloc", (13, 15), HEAP),
    free("freelists", (13, 15), HEAP),
    free("brc", (13, 15), "Objects that the thread owns are given up there by other threads."),
    free("refcounts.values", (14, 15), HEAP),
    free("refcounts.size", (14, 15), HEAP),
    free("refcounts.is_finalized", (14, 15), HEAP),
    free("tlbc_index", (14, 15), "Code is specialized for each thread, and frames of all its stacks run that copy."),
    internal(built(Build::FreeThreadedDebug, row("reftotal", (13, 15), HEAP))),
    internal(built(Build::FreeThreadedStatistics, row("pystats_struct", (15, 15), "It is the thread's own block of counters."))),
];
