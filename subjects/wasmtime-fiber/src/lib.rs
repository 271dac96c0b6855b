//! Adapter: wasmtime-fiber, the crate wasmtime-internal-fiber, as a subject.

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::ptr;

use unscathed_core::subject::{ABI, Body, CAP_GUARD, CAP_MIGRATE, CAP_NEST, CAP_PANIC, Co, Table};
use wasmtime_internal_fiber::{Fiber, FiberStack, Suspend};

type Value = *mut c_void;

/// What a handle points to.
struct Handle {
    fiber: Fiber<'static, Value, Value, Value>,
    /// Set while the body is on the stack.
    suspend: Cell<*mut Suspend<Value, Value, Value>>,
    /// Taken by the first resume.
    body: Cell<Option<Body>>,
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
    let Ok(stack) = FiberStack::new(stack_bytes, false) else {
        return ptr::null_mut();
    };
    let this: *mut Handle = Box::into_raw(Box::<Handle>::new_uninit()).cast();
    let co: *mut Co = this.cast();
    let run = move |first, suspend: &mut Suspend<Value, Value, Value>| {
        // SAFETY: `create` filled the handle in, and it outlives its body.
        let handle = unsafe { handle(co) };
        handle.suspend.set(suspend);
        match handle.body.take() {
            // SAFETY: the probe vouches for its body.
            Some(body) => unsafe { body(co, first) },
            None => first,
        }
    };
    let fiber = Fiber::new(stack, run).expect("there are fibers for this machine");
    let handle = Handle { fiber, suspend: Cell::default(), body: Cell::new(Some(body)) };
    // SAFETY: `this` was allocated above, for this type.
    unsafe { this.write(handle) };
    co
}

unsafe extern "C-unwind" fn resume(co: *mut Co, value: Value) -> Value {
    // SAFETY: the caller vouches for `co`.
    let handle = unsafe { handle(co) };
    match handle.fiber.resume(value) {
        Ok(value) | Err(value) => value,
    }
}

unsafe extern "C-unwind" fn suspend(co: *mut Co, value: Value) -> Value {
    // SAFETY: the caller runs on `co`.
    let suspend = unsafe { handle(co) }.suspend.get();
    // SAFETY: as the body runs, this is set and alive.
    unsafe { &mut *suspend }.suspend(value)
}

unsafe extern "C-unwind" fn done(co: *const Co) -> c_int {
    // SAFETY: the caller vouches for `co`.
    unsafe { handle(co) }.fiber.done().into()
}

/// Drops a fiber that has finished. One that never started finishes first,
/// without its body: the library accepts no other.
unsafe extern "C-unwind" fn destroy(co: *mut Co) {
    // SAFETY: `co` came from `create`, and the caller gives it up.
    let handle = unsafe { Box::from_raw(co.cast::<Handle>()) };
    if handle.body.take().is_some() {
        let _ = handle.fiber.resume(ptr::null_mut());
    }
}

static TABLE: Table = Table {
    abi: ABI,
    size: size_of::<Table>() as u32,
    name: c"wasmtime-fiber".as_ptr(),
    version: c"48.0.8".as_ptr(),
    caps: CAP_MIGRATE | CAP_NEST | CAP_GUARD | CAP_PANIC,
    create: Some(create),
    resume: Some(resume),
    suspend: Some(suspend),
    done: Some(done),
    destroy: Some(destroy),
    thread_enter: None,
    thread_leave: None,
    transfer: None,
};

/// The table of wasmtime-fiber.
pub fn subject() -> &'static Table {
    &TABLE
}
