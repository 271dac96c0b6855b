//! `cxx/exceptions.cc`, seen from Rust.

use core::ffi::{c_int, c_void};

use unscathed_core::subject::{Body, Co, Resume, Suspend};

/// What runs in a C++ frame. It may suspend, and be unwound.
pub(crate) type Step = unsafe extern "C-unwind" fn(data: *mut c_void);

unsafe extern "C-unwind" {
    /// Takes a step in a handler of the exception with this number.
    pub(crate) fn unscathed_cxx_in_handler(number: u64, step: Step, data: *mut c_void);
    /// Takes a step in a destructor while the exception with this number is on its
    /// way.
    pub(crate) fn unscathed_cxx_in_flight(number: u64, step: Step, data: *mut c_void);
    /// Takes a step in a scope, and counts in `left` when it is left.
    pub(crate) fn unscathed_cxx_in_scope(left: *mut c_int, step: Step, data: *mut c_void);
    /// The number of the exception that is being handled; 0: none, 1: one that no
    /// probe threw.
    pub(crate) safe fn unscathed_cxx_current() -> u64;
    /// The number of what `throw;` throws, likewise.
    pub(crate) safe fn unscathed_cxx_rethrown() -> u64;
    /// `std::uncaught_exceptions()`.
    pub(crate) safe fn unscathed_cxx_uncaught() -> c_int;
    /// Tells [`THROWING_BODY`] how to suspend.
    pub(crate) fn unscathed_cxx_suspend_with(suspend: Suspend);
    /// Resumes, and gives the number of what comes out; 0: nothing does.
    pub(crate) fn unscathed_cxx_resume(resume: Resume, co: *mut Co, value: *mut c_void) -> u64;
    /// How many of the throwing bodies have been left.
    pub(crate) safe fn unscathed_cxx_bodies_unwound() -> c_int;

    fn unscathed_cxx_throwing_body(me: *mut Co, first: *mut c_void) -> *mut c_void;
}

/// A body that throws the exception with the number that it is resumed with, and
/// that suspends when this is 0.
pub(crate) const THROWING_BODY: Body = unscathed_cxx_throwing_body;
