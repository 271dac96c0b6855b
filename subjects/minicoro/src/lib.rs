//! Adapter: minicoro, through the crate minicoro-sys, as a subject.

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::ptr;

use minicoro_sys as mco;
use minicoro_sys::mco_result::MCO_SUCCESS;
use unscathed_core::subject::{ABI, Body, CAP_DESTROY, CAP_NEST, Co, Table};

/// What a handle points to.
struct Handle {
    coroutine: Cell<*const mco::mco_coro>,
    body: Body,
    /// What the side that is about to run is passed.
    value: Cell<*mut c_void>,
}

/// Looks at a handle.
///
/// # Safety
///
/// `co` is alive for as long as the reference is used.
unsafe fn handle<'a>(co: *const Co) -> &'a Handle {
    // SAFETY: the caller vouches for `co`; every field that changes is a cell.
    unsafe { &*co.cast::<Handle>() }
}

unsafe extern "C-unwind" fn create(stack_bytes: usize, body: Body) -> *mut Co {
    let (coroutine, value) = (Cell::new(ptr::null()), Cell::new(ptr::null_mut()));
    let this = Box::leak(Box::new(Handle { coroutine, body, value }));
    // SAFETY: no conditions.
    let mut desc = unsafe { mco::mco_desc_init(entry, stack_bytes) };
    desc.user_data = ptr::from_mut(this).cast();
    // SAFETY: the place is the handle's, and the description was just initialized.
    let made = unsafe { mco::mco_create(this.coroutine.as_ptr(), &raw const desc) };
    if made == MCO_SUCCESS {
        return ptr::from_mut(this).cast();
    }
    // SAFETY: it was leaked above, and nobody else has it.
    drop(unsafe { Box::from_raw(this) });
    ptr::null_mut()
}

/// What minicoro runs. No panic leaves it: C calls it.
extern "C" fn entry(coroutine: *const mco::mco_coro) {
    // SAFETY: it is the coroutine that runs.
    let co = unsafe { mco::mco_get_user_data(coroutine) }.cast_mut().cast();
    // SAFETY: a handle outlives its body.
    let this = unsafe { handle(co) };
    // SAFETY: the probe vouches for its body.
    this.value.set(unsafe { (this.body)(co, this.value.get()) });
}

unsafe extern "C-unwind" fn resume(co: *mut Co, value: *mut c_void) -> *mut c_void {
    // SAFETY: the caller vouches for `co`.
    let this = unsafe { handle(co) };
    this.value.set(value);
    // SAFETY: as above.
    assert_eq!(unsafe { mco::mco_resume(this.coroutine.get()) }, MCO_SUCCESS);
    this.value.get()
}

unsafe extern "C-unwind" fn suspend(co: *mut Co, value: *mut c_void) -> *mut c_void {
    // SAFETY: the caller runs on `co`.
    let this = unsafe { handle(co) };
    this.value.set(value);
    // SAFETY: as above.
    assert_eq!(unsafe { mco::mco_yield(this.coroutine.get()) }, MCO_SUCCESS);
    this.value.get()
}

unsafe extern "C-unwind" fn done(co: *const Co) -> c_int {
    // SAFETY: the caller vouches for `co`.
    let this = unsafe { handle(co) };
    // SAFETY: as above.
    let state = unsafe { mco::mco_status(this.coroutine.get()) };
    (state == mco::mco_state::MCO_DEAD).into()
}

/// Frees the stack. Whatever a suspended body still holds is forgotten.
unsafe extern "C-unwind" fn destroy(co: *mut Co) {
    // SAFETY: the caller vouches for `co`.
    let this = unsafe { handle(co) };
    // SAFETY: as above, and gives it up.
    assert_eq!(unsafe { mco::mco_destroy(this.coroutine.get()) }, MCO_SUCCESS);
    // SAFETY: it came from `create`.
    drop(unsafe { Box::from_raw(co.cast::<Handle>()) });
}

static TABLE: Table = Table {
    abi: ABI,
    size: size_of::<Table>() as u32,
    name: c"minicoro".as_ptr(),
    version: c"0.8.1".as_ptr(),
    // Its documentation asks to keep each coroutine on one thread. Stacks come from
    // malloc, so nothing guards them.
    caps: CAP_DESTROY | CAP_NEST,
    create: Some(create),
    resume: Some(resume),
    suspend: Some(suspend),
    done: Some(done),
    destroy: Some(destroy),
    thread_enter: None,
    thread_leave: None,
    transfer: None,
};

/// The table of minicoro.
pub fn subject() -> &'static Table {
    &TABLE
}
