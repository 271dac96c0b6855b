//! The table does what its capabilities say.

use std::cell::Cell;
use std::ffi::{CStr, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::ptr;
use std::thread;

use unscathed_core::subject::{self, Body, Co, Table};
use unscathed_subject_reference::subject;

const STACK: usize = 64 << 10;

fn word(value: usize) -> *mut c_void {
    ptr::without_provenance_mut(value)
}

/// A handle, through the table only.
struct Handle(*mut Co);

// SAFETY: the subject claims `migrate`, and no body below holds anything of a
// thread.
unsafe impl Send for Handle {}

impl Handle {
    fn new(body: Body) -> Self {
        // SAFETY: a body of this file, and a size that the contract allows.
        let co = unsafe { subject().create.unwrap()(STACK, body) };
        assert!(!co.is_null());
        Self(co)
    }

    fn resume(&self, value: usize) -> usize {
        // SAFETY: the handle lives, and one thread at a time has it.
        unsafe { subject().resume.unwrap()(self.0, word(value)) }.addr()
    }

    fn done(&self) -> bool {
        // SAFETY: the handle lives.
        unsafe { subject().done.unwrap()(self.0) != 0 }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: the handle lives, and is not used again.
        unsafe { subject().destroy.unwrap()(self.0) };
    }
}

unsafe fn suspend(this: *mut Co, value: usize) -> usize {
    // SAFETY: the caller runs on `this`.
    unsafe { subject().suspend.unwrap()(this, word(value)) }.addr()
}

/// Suspends with one more than it is resumed with, until that is zero.
unsafe extern "C-unwind" fn count(this: *mut Co, first: *mut c_void) -> *mut c_void {
    let mut value = first.addr();
    while value != 0 {
        // SAFETY: on its own stack.
        value = unsafe { suspend(this, value + 1) };
    }
    word(99)
}

#[test]
fn it_says_who_it_is() {
    let table = subject();
    assert_eq!((table.abi, table.size as usize), (subject::ABI, size_of::<Table>()));
    // SAFETY: a static C string.
    let name = unsafe { CStr::from_ptr(table.name) };
    assert_eq!(name, c"reference");
    // SAFETY: a static C string.
    let version = unsafe { CStr::from_ptr(table.version) };
    assert_eq!(version.to_str(), Ok(env!("CARGO_PKG_VERSION")));
}

#[test]
fn values_pass_both_ways() {
    let handle = Handle::new(count);
    assert_eq!(handle.resume(1), 2);
    assert_eq!(handle.resume(5), 6);
    assert!(!handle.done());
    assert_eq!(handle.resume(0), 99);
    assert!(handle.done());
}

#[test]
fn without_resources_there_is_no_handle() {
    for bytes in [0, 1 << 60, usize::MAX] {
        // SAFETY: the size is refused before the body matters.
        let co = unsafe { subject().create.unwrap()(bytes, count) };
        assert!(co.is_null(), "{bytes}");
    }
}

#[test]
fn it_migrates() {
    let mut handle = Handle::new(count);
    for value in 1..10 {
        handle = thread::spawn(move || {
            let handle = handle;
            assert_eq!(handle.resume(value), value + 1);
            handle
        })
        .join()
        .unwrap();
    }
}

#[test]
fn it_nests() {
    unsafe extern "C-unwind" fn outer(this: *mut Co, first: *mut c_void) -> *mut c_void {
        let inner = Handle::new(count);
        // SAFETY: on its own stack.
        let next = unsafe { suspend(this, inner.resume(first.addr())) };
        word(inner.resume(next))
    }

    let handle = Handle::new(outer);
    assert_eq!(handle.resume(10), 11);
    assert_eq!(handle.resume(20), 21);
}

#[test]
fn panics_come_out_of_resume() {
    unsafe extern "C-unwind" fn panics(_: *mut Co, _: *mut c_void) -> *mut c_void {
        panic_any(7_u32)
    }

    let handle = Handle::new(panics);
    let payload = catch_unwind(AssertUnwindSafe(|| handle.resume(0))).unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&7_u32));
    assert!(handle.done());
}

#[test]
fn destroying_runs_destructors() {
    thread_local! {
        static DROPPED: Cell<bool> = const { Cell::new(false) };
    }
    struct Note;
    impl Drop for Note {
        fn drop(&mut self) {
            DROPPED.set(true);
        }
    }
    unsafe extern "C-unwind" fn holds(this: *mut Co, first: *mut c_void) -> *mut c_void {
        let _note = Note;
        // SAFETY: on its own stack.
        word(unsafe { suspend(this, first.addr()) })
    }

    let handle = Handle::new(holds);
    handle.resume(1);
    assert!(!DROPPED.get());
    drop(handle);
    assert!(DROPPED.get());
}

#[test]
fn a_finished_one_refuses() {
    let handle = Handle::new(count);
    handle.resume(0);
    assert!(catch_unwind(AssertUnwindSafe(|| handle.resume(1))).is_err());
}
