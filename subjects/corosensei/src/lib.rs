//! Adapter: corosensei as a subject.

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::ptr;

use corosensei::stack::DefaultStack;
use corosensei::{Coroutine, CoroutineResult, Yielder};
use unscathed_core::subject::{
    ABI, Body, CAP_DESTROY, CAP_GUARD, CAP_MIGRATE, CAP_NEST, CAP_PANIC, Co, Table,
};

type Value = *mut c_void;

/// What a handle points to.
struct Handle {
    coroutine: Coroutine<Value, Value, Value>,
    /// Set while the body is on the stack.
    yielder: Cell<*const Yielder<Value, Value>>,
    done: Cell<bool>,
}

/// Notes the end of a body, by return or by panic.
///
/// `Coroutine::done` is no substitute: it also says yes while the body runs.
struct End(*const Handle);

impl Drop for End {
    fn drop(&mut self) {
        // SAFETY: a handle outlives its body.
        unsafe { &(*self.0).done }.set(true);
    }
}

unsafe extern "C-unwind" fn create(stack_bytes: usize, body: Body) -> *mut Co {
    let Ok(stack) = DefaultStack::new(stack_bytes) else {
        return ptr::null_mut();
    };
    let this: *mut Handle = Box::into_raw(Box::<Handle>::new_uninit()).cast();
    let coroutine = Coroutine::with_stack(stack, move |yielder, first| {
        // SAFETY: `create` filled the handle in, and it outlives its body.
        unsafe { &(*this).yielder }.set(yielder);
        let _end = End(this);
        // SAFETY: the probe vouches for its body.
        unsafe { body(this.cast(), first) }
    });
    let handle = Handle { coroutine, yielder: Cell::new(ptr::null()), done: Cell::new(false) };
    // SAFETY: `this` was allocated above, for this type.
    unsafe { this.write(handle) };
    this.cast()
}

unsafe extern "C-unwind" fn resume(co: *mut Co, value: Value) -> Value {
    // SAFETY: the caller vouches that `co` is suspended, so nobody else uses the coroutine.
    let coroutine = unsafe { &mut (*co.cast::<Handle>()).coroutine };
    match coroutine.resume(value) {
        CoroutineResult::Yield(value) | CoroutineResult::Return(value) => value,
    }
}

unsafe extern "C-unwind" fn suspend(co: *mut Co, value: Value) -> Value {
    // SAFETY: the caller runs on `co`, which is therefore alive.
    let yielder = unsafe { &(*co.cast::<Handle>()).yielder }.get();
    // SAFETY: as the body runs, its yielder is set and alive.
    unsafe { &*yielder }.suspend(value)
}

unsafe extern "C-unwind" fn done(co: *const Co) -> c_int {
    // SAFETY: the caller vouches for `co`.
    unsafe { &(*co.cast::<Handle>()).done }.get().into()
}

/// Drops the coroutine, which unwinds a suspended one.
unsafe extern "C-unwind" fn destroy(co: *mut Co) {
    // SAFETY: `co` came from `create`, and the caller gives it up.
    drop(unsafe { Box::from_raw(co.cast::<Handle>()) });
}

static TABLE: Table = Table {
    abi: ABI,
    size: size_of::<Table>() as u32,
    name: c"corosensei".as_ptr(),
    version: c"0.3.4".as_ptr(),
    // Not `Send`, but documented to be fit for it where all that the body holds is.
    caps: CAP_MIGRATE | CAP_DESTROY | CAP_NEST | CAP_GUARD | CAP_PANIC,
    create: Some(create),
    resume: Some(resume),
    suspend: Some(suspend),
    done: Some(done),
    destroy: Some(destroy),
    thread_enter: None,
    thread_leave: None,
    transfer: None,
};

/// The table of corosensei.
pub fn subject() -> &'static Table {
    &TABLE
}
