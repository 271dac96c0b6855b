//! The adapter as a library of its own: `lib:.../libunscathed_reference_slicing.so`.

use unscathed_core::subject::Table;

/// The one symbol that the contract asks for.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn unscathed_subject_v1() -> *const Table {
    unscathed_subject_reference_slicing::subject()
}
