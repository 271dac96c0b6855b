//! Adapter: context as a subject.

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::ptr;

use context::stack::ProtectedFixedSizeStack;
use context::{Context, Transfer};
use unscathed_core::subject::{
    ABI, Body, CAP_DESTROY, CAP_GUARD, CAP_MIGRATE, CAP_NEST, Co, Table,
};

/// What a handle points to.
struct Handle {
    /// The coroutine while it is suspended, and its resumer while it runs.
    peer: Cell<Option<Context>>,
    body: Body,
    done: Cell<bool>,
    /// Keeps the coroutine's memory.
    _stack: ProtectedFixedSizeStack,
}

unsafe extern "C-unwind" fn create(stack_bytes: usize, body: Body) -> *mut Co {
    let Ok(stack) = ProtectedFixedSizeStack::new(stack_bytes) else {
        return ptr::null_mut();
    };
    // SAFETY: the handle keeps the stack for as long as the context is used.
    let context = unsafe { Context::new(&stack, entry) };
    let peer = Cell::new(Some(context));
    let done = Cell::new(false);
    let co: *mut Co = Box::into_raw(Box::new(Handle { peer, body, done, _stack: stack })).cast();
    // The entry function comes straight back, and is then ready for the first value.
    // SAFETY: `co` is suspended at its entry.
    unsafe { jump(co, co.cast()) };
    co
}

extern "C" fn entry(transfer: Transfer) -> ! {
    let co: *mut Co = ptr::with_exposed_provenance_mut(transfer.data);
    // SAFETY: `create` passed a live handle, which outlives its body.
    let handle = unsafe { &*co.cast::<Handle>() };
    handle.peer.set(Some(transfer.context));
    // SAFETY: this runs on `co`.
    let first = unsafe { jump(co, ptr::null_mut()) };
    // SAFETY: the probe vouches for its body.
    let value = unsafe { (handle.body)(co, first) };
    handle.done.set(true);
    // SAFETY: this runs on `co`.
    unsafe { jump(co, value) };
    unreachable!("a finished coroutine was resumed")
}

/// Both `resume` and `suspend`: goes to the other side, and notes where that
/// came from once somebody comes back.
unsafe extern "C-unwind" fn jump(co: *mut Co, value: *mut c_void) -> *mut c_void {
    // SAFETY: the caller vouches for `co`.
    let handle = unsafe { &*co.cast::<Handle>() };
    let peer = handle.peer.take().expect("the other side is known between two jumps");
    // SAFETY: each context is entered once, as it was taken out of its cell.
    let transfer = unsafe { peer.resume(value.expose_provenance()) };
    handle.peer.set(Some(transfer.context));
    ptr::with_exposed_provenance_mut(transfer.data)
}

unsafe extern "C-unwind" fn done(co: *const Co) -> c_int {
    // SAFETY: the caller vouches for `co`.
    unsafe { &*co.cast::<Handle>() }.done.get().into()
}

/// Frees the stack. Whatever a suspended body still holds is forgotten.
unsafe extern "C-unwind" fn destroy(co: *mut Co) {
    // SAFETY: `co` came from `create`, and the caller gives it up.
    drop(unsafe { Box::from_raw(co.cast::<Handle>()) });
}

static TABLE: Table = Table {
    abi: ABI,
    size: size_of::<Table>() as u32,
    name: c"context".as_ptr(),
    version: c"3.0.0".as_ptr(),
    caps: CAP_MIGRATE | CAP_DESTROY | CAP_NEST | CAP_GUARD,
    create: Some(create),
    resume: Some(jump),
    suspend: Some(jump),
    done: Some(done),
    destroy: Some(destroy),
    thread_enter: None,
    thread_leave: None,
    transfer: None,
};

/// The table of context.
pub fn subject() -> &'static Table {
    &TABLE
}
