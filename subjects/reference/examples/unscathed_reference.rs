//! The reference as a stranger's library: `lib:.../libunscathed_reference.so`.

use unscathed_core::subject::Table;

/// The one symbol that the contract asks for.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn unscathed_subject_v1() -> *const Table {
    unscathed_subject_reference::subject()
}
