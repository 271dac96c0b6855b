//! A handle whose coroutine is gone is refused.
//!
//! In a process of its own: the next coroutine of another test would get the handle.

use std::ffi::c_void;
use std::panic::catch_unwind;
use std::ptr;

use unscathed_core::subject::Co;
use unscathed_subject_reference::subject;

unsafe extern "C-unwind" fn body(_: *mut Co, first: *mut c_void) -> *mut c_void {
    first
}

fn create() -> *mut Co {
    // SAFETY: a body of this file, and a size that the contract allows.
    unsafe { subject().create.unwrap()(64 << 10, body) }
}

fn resume(co: *mut Co, value: usize) -> usize {
    // SAFETY: the handle lives, or the refusal is what is tried.
    unsafe { subject().resume.unwrap()(co, ptr::without_provenance_mut(value)) }.addr()
}

fn destroy(co: *mut Co) {
    // SAFETY: as above.
    unsafe { subject().destroy.unwrap()(co) };
}

fn done(co: *mut Co) {
    // SAFETY: as above.
    unsafe { subject().done.unwrap()(co) };
}

#[test]
fn a_handle_is_refused_until_it_is_used_again() {
    let co = create();
    assert_eq!(resume(co, 7), 7);
    destroy(co);
    let address = co.expose_provenance();
    let gone = || ptr::with_exposed_provenance_mut::<Co>(address);
    assert!(catch_unwind(|| destroy(gone())).is_err());
    assert!(catch_unwind(|| resume(gone(), 8)).is_err());
    assert!(catch_unwind(|| done(gone())).is_err());

    let next = create();
    assert_eq!(next, co, "handles are used again");
    assert_eq!(resume(next, 9), 9);
    destroy(next);
}
