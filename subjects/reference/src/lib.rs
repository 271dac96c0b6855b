//! Adapter: this project's own coroutines as a subject.

#[path = "../../contexts.rs"]
mod contexts;

use unscathed_core::raw::Separate as Method;
use unscathed_core::subject::{CAP_DESTROY, CAP_GUARD, CAP_MIGRATE, CAP_NEST, CAP_PANIC, Table};

/// The reference, as probes see it.
#[must_use]
pub fn subject() -> &'static Table {
    static TABLE: Table =
        contexts::table(c"reference", CAP_MIGRATE | CAP_DESTROY | CAP_NEST | CAP_GUARD | CAP_PANIC);
    &TABLE
}

/// What its switches have counted on this thread: bytes copied, allocations, and
/// system calls.
#[must_use]
pub fn counts() -> [u64; 3] {
    contexts::counts()
}
