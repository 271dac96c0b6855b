//! Adapter: this project's own coroutines as a subject.

use core::ffi::{c_int, c_void};
use core::ptr;

use unscathed_core::raw::{Context, State};
use unscathed_core::subject::{self, Body, Co, Table};

/// The reference, as probes see it.
#[must_use]
pub fn subject() -> &'static Table {
    static TABLE: Table = Table {
        abi: subject::ABI,
        size: size_of::<Table>() as u32,
        name: c"reference".as_ptr(),
        version: unscathed_core::VERSION.as_ptr(),
        caps: subject::CAP_MIGRATE
            | subject::CAP_DESTROY
            | subject::CAP_NEST
            | subject::CAP_GUARD
            | subject::CAP_PANIC,
        create: Some(create),
        resume: Some(resume),
        suspend: Some(suspend),
        done: Some(done),
        destroy: Some(destroy),
        thread_enter: None,
        thread_leave: None,
        transfer: Some(transfer),
    };
    &TABLE
}

/// What a handle points to.
struct Handle {
    context: Context,
    body: Body,
}

unsafe extern "C-unwind" fn create(stack_bytes: usize, body: Body) -> *mut Co {
    let Ok(context) = Context::new(stack_bytes) else {
        return ptr::null_mut();
    };
    let this = Box::into_raw(Box::new(Handle { context, body }));
    // SAFETY: just made; the box keeps it in place until `destroy`.
    let handle = unsafe { &*this };
    // SAFETY: `run` gets the handle that it asks for.
    unsafe { handle.context.prepare(run, this.cast()) };
    this.cast()
}

unsafe fn run(this: *mut c_void, first: *mut c_void) -> *mut c_void {
    // SAFETY: from `create`, and alive while its body runs.
    let handle = unsafe { &*this.cast::<Handle>() };
    // SAFETY: the caller of `create` vouches for the body.
    unsafe { (handle.body)(this.cast(), first) }
}

unsafe extern "C-unwind" fn resume(co: *mut Co, value: *mut c_void) -> *mut c_void {
    // SAFETY: the caller vouches that `create` made it and `destroy` did not have it.
    let handle = unsafe { &*co.cast::<Handle>() };
    // SAFETY: the caller vouches that no other thread uses it meanwhile.
    unsafe { handle.context.resume(value) }
}

unsafe extern "C-unwind" fn suspend(co: *mut Co, value: *mut c_void) -> *mut c_void {
    // SAFETY: as in `resume`.
    let handle = unsafe { &*co.cast::<Handle>() };
    // SAFETY: the caller runs on it, and knows that `destroy` unwinds its frames.
    unsafe { handle.context.suspend(value) }
}

unsafe extern "C-unwind" fn transfer(co: *mut Co, to: *mut Co, value: *mut c_void) -> *mut c_void {
    // SAFETY: as in `resume`.
    let from = unsafe { &*co.cast::<Handle>() };
    // SAFETY: as in `resume`.
    let to = unsafe { &*to.cast::<Handle>() };
    // SAFETY: the caller runs on `co`, and no other thread uses `to`.
    unsafe { from.context.transfer(&to.context, value) }
}

unsafe extern "C-unwind" fn done(co: *const Co) -> c_int {
    // SAFETY: as in `resume`.
    let handle = unsafe { &*co.cast::<Handle>() };
    c_int::from(handle.context.state() == State::Finished)
}

unsafe extern "C-unwind" fn destroy(co: *mut Co) {
    // SAFETY: as in `resume`.
    let handle = unsafe { &*co.cast::<Handle>() };
    // SAFETY: as in `resume`. A panic that stops the unwinding leaks the handle.
    unsafe { handle.context.unwind() };
    // SAFETY: from a box in `create`; the references to it have ended.
    drop(unsafe { Box::from_raw(co.cast::<Handle>()) });
}
