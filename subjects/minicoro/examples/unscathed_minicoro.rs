//! The same adapter as a library of its own, for `lib:PATH`.

use unscathed_core::subject::Table;

/// The symbol that such a library exports.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn unscathed_subject_v1() -> *const Table {
    unscathed_subject_minicoro::subject()
}
