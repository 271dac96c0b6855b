//! The functions of a table over the core's contexts. Each adapter that includes
//! this file has the `Method` that it is about at its root.

use core::ffi::{CStr, c_int, c_void};
use core::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use unscathed_core::raw::{Context, State};
use unscathed_core::subject::{self, Body, Co, Table};

use super::Method;

/// A table with these functions.
pub(crate) const fn table(name: &'static CStr, caps: u64) -> Table {
    Table {
        abi: subject::ABI,
        size: size_of::<Table>() as u32,
        name: name.as_ptr(),
        version: unscathed_core::VERSION.as_ptr(),
        caps,
        create: Some(create),
        resume: Some(resume),
        suspend: Some(suspend),
        done: Some(done),
        destroy: Some(destroy),
        thread_enter: None,
        thread_leave: None,
        transfer: Some(transfer),
    }
}

/// What switches have counted on this thread.
pub(crate) fn counts() -> [u64; 3] {
    let counts = <Method as unscathed_core::raw::Method>::counts();
    [counts.bytes, counts.allocations, counts.system_calls]
}

/// What a handle points to. Its memory is used again and never freed, so that who
/// uses a handle after its coroutine was destroyed is refused.
struct Handle {
    /// `None` once it has been destroyed.
    context: Option<Context<Method>>,
    body: Body,
}

/// A handle without a coroutine.
struct Spare(*mut Handle);

// SAFETY: memory that belongs to the process, not to a thread.
unsafe impl Send for Spare {}

/// Nothing is left half done while it is locked.
fn spare() -> MutexGuard<'static, Vec<Spare>> {
    static SPARE: Mutex<Vec<Spare>> = Mutex::new(Vec::new());
    SPARE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The coroutine of a handle.
///
/// # Panics
///
/// If it has been destroyed.
///
/// # Safety
///
/// `create` made the handle, and nobody destroys it while the reference is used.
#[track_caller]
unsafe fn living<'a>(co: *const Co) -> &'a Context<Method> {
    // SAFETY: handles are never freed.
    let handle = unsafe { &*co.cast::<Handle>() };
    handle.context.as_ref().expect("this coroutine has been destroyed")
}

unsafe extern "C-unwind" fn create(stack_bytes: usize, body: Body) -> *mut Co {
    let Ok(context) = Context::with_method(stack_bytes) else {
        return ptr::null_mut();
    };
    let handle = Handle { context: Some(context), body };
    let this = match spare().pop() {
        Some(Spare(this)) => {
            // SAFETY: nobody uses it, and there is no coroutine in it to drop.
            unsafe { this.write(handle) };
            this
        }
        None => Box::into_raw(Box::new(handle)),
    };
    let co: *mut Co = this.cast();
    // SAFETY: just made, and it stays in place until `destroy`.
    let context = unsafe { living(co) };
    // SAFETY: `run` gets the handle that it asks for.
    unsafe { context.prepare(run, this.cast()) };
    co
}

unsafe fn run(this: *mut c_void, first: *mut c_void) -> *mut c_void {
    // SAFETY: from `create`, and alive while its body runs.
    let body = unsafe { (*this.cast::<Handle>()).body };
    // SAFETY: the caller of `create` vouches for the body.
    unsafe { body(this.cast(), first) }
}

unsafe extern "C-unwind" fn resume(co: *mut Co, value: *mut c_void) -> *mut c_void {
    // SAFETY: the caller vouches that `create` made it.
    let context = unsafe { living(co) };
    // SAFETY: the caller vouches that no other thread uses it meanwhile.
    unsafe { context.resume(value) }
}

unsafe extern "C-unwind" fn suspend(co: *mut Co, value: *mut c_void) -> *mut c_void {
    // SAFETY: as in `resume`.
    let context = unsafe { living(co) };
    // SAFETY: the caller runs on it, and knows that `destroy` unwinds its frames.
    unsafe { context.suspend(value) }
}

unsafe extern "C-unwind" fn transfer(co: *mut Co, to: *mut Co, value: *mut c_void) -> *mut c_void {
    // SAFETY: as in `resume`.
    let from = unsafe { living(co) };
    // SAFETY: as in `resume`.
    let to = unsafe { living(to) };
    // SAFETY: the caller runs on `co`, and no other thread uses `to`.
    unsafe { from.transfer(to, value) }
}

unsafe extern "C-unwind" fn done(co: *const Co) -> c_int {
    // SAFETY: as in `resume`.
    let context = unsafe { living(co) };
    c_int::from(context.state() == State::Finished)
}

unsafe extern "C-unwind" fn destroy(co: *mut Co) {
    // SAFETY: as in `resume`.
    let context = unsafe { living(co) };
    // SAFETY: as in `resume`. A panic that stops the unwinding leaks the handle.
    unsafe { context.unwind() };
    let this: *mut Handle = co.cast();
    // In place: a context does not move, not even to be dropped.
    // SAFETY: the references to it have ended, and the caller gives it up.
    unsafe { (*this).context = None };
    spare().push(Spare(this));
}
