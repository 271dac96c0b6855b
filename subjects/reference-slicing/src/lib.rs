//! Adapter: this project's own coroutines that share one stack, as a subject.

#[path = "../../contexts.rs"]
mod contexts;

use unscathed_core::raw::Sliced as Method;
use unscathed_core::subject::{CAP_DESTROY, CAP_NEST, CAP_PANIC, Table};

/// What a switch does with what a thread has one of.
pub const POLICIES: &str = "[policy]
\"cxx.caught\" = \"thread\"
\"cxx.uncaught\" = \"thread\"
\"rust.panic_count\" = \"thread\"
\"signal.altstack\" = \"thread\"
\"signal.mask\" = \"thread\"
\"tls.errno\" = \"thread\"
\"tls.locale\" = \"thread\"
";

/// The table of reference-slicing. The shared stack has a guard, but the claim of
/// one is about stacks that have neighbours, and here all are at the same place.
#[must_use]
pub fn subject() -> &'static Table {
    static TABLE: Table = contexts::table(c"reference-slicing", CAP_DESTROY | CAP_NEST | CAP_PANIC);
    &TABLE
}

/// What its switches have counted on this thread: bytes copied, allocations, and
/// system calls.
#[must_use]
pub fn counts() -> [u64; 3] {
    contexts::counts()
}
