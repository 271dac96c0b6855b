//! What the table promises, on the real library.

#[path = "../../behaviour.rs"]
mod behaviour;
#[path = "../../lock.rs"]
mod lock;

use std::ffi::c_void;
use std::ptr;

use unscathed_core::subject::Co;
use unscathed_subject_generator::subject;

#[test]
fn the_version_is_the_one_that_is_linked() {
    assert_eq!(behaviour::version(), lock::version_of("generator"));
}

#[test]
fn a_running_body_is_not_done() {
    unsafe extern "C-unwind" fn ask(co: *mut Co, _: *mut c_void) -> *mut c_void {
        // SAFETY: the body runs, so its handle is alive.
        let done = unsafe { subject().done.unwrap()(co) };
        ptr::without_provenance_mut(done as usize)
    }

    assert_eq!(behaviour::Coroutine::new(ask).resume(0), 0);
}
