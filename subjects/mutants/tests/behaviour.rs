//! The healthy subject behaves as any library.

#[path = "../../behaviour.rs"]
mod behaviour;

use std::ffi::c_void;

use unscathed_core::subject::{Co, Table};
use unscathed_mutants::find;

fn subject() -> &'static Table {
    find("mutant/healthy").unwrap().table
}

#[test]
fn the_version_is_the_first() {
    assert_eq!(behaviour::version(), "1");
}

#[test]
fn a_stack_that_is_too_large_is_refused() {
    for bytes in [usize::MAX, usize::MAX & !0xfff, 1 << 60] {
        // SAFETY: the body is never run.
        let co = unsafe { subject().create.unwrap()(bytes, same) };
        assert!(co.is_null(), "{bytes:#x}");
    }
}

unsafe extern "C-unwind" fn same(_: *mut Co, first: *mut c_void) -> *mut c_void {
    first
}
