//! The typed coroutine as a subject, so that the audit can say what it keeps:
//! `lib:.../libunscathed_typed.so`. It does what the benchmark's column does.

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::ptr;

use unscathed_core::subject::{ABI, Body, CAP_DESTROY, CAP_GUARD, CAP_NEST, CAP_PANIC, Co, Table};
use unscathed_core::{Coroutine, Step, Suspender};

type Value = *mut c_void;

/// What a handle points to.
struct Handle {
    coroutine: Coroutine<Value, Value, Value>,
    /// Set while the body is on the stack.
    suspender: Cell<*const Suspender<Value, Value>>,
}

unsafe extern "C-unwind" fn create(stack_bytes: usize, body: Body) -> *mut Co {
    let this: *mut Handle = Box::into_raw(Box::<Handle>::new_uninit()).cast();
    let run = move |suspender: &Suspender<Value, Value>, first| {
        // SAFETY: filled in below, and it outlives its body.
        unsafe { &(*this).suspender }.set(suspender);
        // SAFETY: the caller of `create` vouches for the body.
        unsafe { body(this.cast(), first) }
    };
    let Ok(coroutine) = Coroutine::new(stack_bytes, run) else {
        // SAFETY: allocated above, and nothing was written to it.
        drop(unsafe { Box::from_raw(this.cast::<std::mem::MaybeUninit<Handle>>()) });
        return ptr::null_mut();
    };
    // SAFETY: allocated above, for this type.
    unsafe { this.write(Handle { coroutine, suspender: Cell::new(ptr::null()) }) };
    this.cast()
}

unsafe extern "C-unwind" fn resume(co: *mut Co, value: Value) -> Value {
    // SAFETY: the caller vouches that `co` is suspended, so nobody else uses it.
    let coroutine = unsafe { &mut (*co.cast::<Handle>()).coroutine };
    match coroutine.resume(value) {
        Step::Suspended(value) | Step::Finished(value) => value,
    }
}

unsafe extern "C-unwind" fn suspend(co: *mut Co, value: Value) -> Value {
    // SAFETY: the caller runs on `co`, which is therefore alive.
    let suspender = unsafe { &(*co.cast::<Handle>()).suspender }.get();
    // SAFETY: set by the body, which runs.
    unsafe { &*suspender }.suspend(value)
}

unsafe extern "C-unwind" fn done(co: *const Co) -> c_int {
    // SAFETY: the caller vouches for `co`.
    unsafe { &(*co.cast::<Handle>()).coroutine }.is_done().into()
}

/// Drops the coroutine, which unwinds a suspended one.
unsafe extern "C-unwind" fn destroy(co: *mut Co) {
    // SAFETY: `create` made it, and the caller gives it up.
    drop(unsafe { Box::from_raw(co.cast::<Handle>()) });
}

static TABLE: Table = Table {
    abi: ABI,
    size: size_of::<Table>() as u32,
    name: c"reference-typed".as_ptr(),
    version: unscathed_core::VERSION.as_ptr(),
    caps: CAP_DESTROY | CAP_NEST | CAP_GUARD | CAP_PANIC,
    create: Some(create),
    resume: Some(resume),
    suspend: Some(suspend),
    done: Some(done),
    destroy: Some(destroy),
    thread_enter: None,
    thread_leave: None,
    transfer: None,
};

/// The one symbol that the contract asks for.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn unscathed_subject_v1() -> *const Table {
    &raw const TABLE
}
