//! Adapter: this project's own coroutines over the C library's contexts, as a subject.

#[path = "../../contexts.rs"]
mod contexts;

use unscathed_core::raw::Ucontext as Method;
use unscathed_core::subject::{
    CAP_DESTROY, CAP_GUARD, CAP_MIGRATE, CAP_NEST, CAP_PANIC, CAP_SIGMASK, Table,
};

/// What a switch does with what a thread has one of.
pub const POLICIES: &str = "[policy]
\"cxx.caught\" = \"thread\"
\"cxx.uncaught\" = \"thread\"
\"rust.panic_count\" = \"thread\"
\"signal.altstack\" = \"thread\"
\"signal.mask\" = \"coroutine\"
\"tls.errno\" = \"thread\"
\"tls.locale\" = \"thread\"
";

/// The table of reference-ucontext.
#[must_use]
pub fn subject() -> &'static Table {
    static TABLE: Table = contexts::table(
        c"reference-ucontext",
        CAP_MIGRATE | CAP_DESTROY | CAP_NEST | CAP_GUARD | CAP_SIGMASK | CAP_PANIC,
    );
    &TABLE
}

/// What its switches have counted on this thread: bytes copied, allocations, and
/// system calls.
#[must_use]
pub fn counts() -> [u64; 3] {
    contexts::counts()
}
