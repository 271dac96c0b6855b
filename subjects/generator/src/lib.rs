//! Adapter: generator as a subject.

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::panic::catch_unwind;
use std::ptr;

use generator::{Generator, Gn, Scope};
use unscathed_core::subject::{
    ABI, Body, CAP_DESTROY, CAP_GUARD, CAP_MIGRATE, CAP_NEST, CAP_PANIC, Co, Table,
};

/// A pointer's address, since what a generator passes has to be `Send`.
type Value = usize;

/// What a handle points to.
struct Handle {
    generator: Generator<'static, Value, Value>,
    /// Set while the body is on the stack.
    scope: Cell<*mut Scope<'static, 'static, Value, Value>>,
    done: Cell<bool>,
}

/// Notes the end of a body, by return or by panic.
///
/// `Generator::is_done` is no substitute: it also says yes while the body runs.
struct End(*const Handle);

impl Drop for End {
    fn drop(&mut self) {
        // SAFETY: a handle outlives its body.
        unsafe { &(*self.0).done }.set(true);
    }
}

unsafe extern "C-unwind" fn create(stack_bytes: usize, body: Body) -> *mut Co {
    let this: *mut Handle = Box::into_raw(Box::<Handle>::new_uninit()).cast();
    let address = this.expose_provenance();
    let run = move |mut scope: Scope<'_, 'static, Value, Value>| {
        let this: *mut Handle = ptr::with_exposed_provenance_mut(address);
        // SAFETY: `create` filled the handle in, and it outlives its body.
        unsafe { &(*this).scope }.set((&raw mut scope).cast());
        let _end = End(this);
        let first = scope.get_yield().expect("each resume passes a value");
        // SAFETY: the probe vouches for its body.
        let value = unsafe { body(this.cast(), ptr::with_exposed_provenance_mut(first)) };
        value.expose_provenance()
    };
    // The library counts in words, and panics when there is no memory.
    let words = stack_bytes / size_of::<usize>();
    let Ok(generator) = catch_unwind(|| Gn::new_scoped_opt(words, run)) else {
        // SAFETY: it was allocated above, and nothing was written to it.
        drop(unsafe { Box::from_raw(this.cast::<MaybeUninit<Handle>>()) });
        return ptr::null_mut();
    };
    let handle = Handle { generator, scope: Cell::new(ptr::null_mut()), done: Cell::new(false) };
    // SAFETY: `this` was allocated above, for this type.
    unsafe { this.write(handle) };
    this.cast()
}

unsafe extern "C-unwind" fn resume(co: *mut Co, value: *mut c_void) -> *mut c_void {
    // SAFETY: the caller vouches that `co` is suspended, so nobody else uses the generator.
    let generator = unsafe { &mut (*co.cast::<Handle>()).generator };
    ptr::with_exposed_provenance_mut(generator.send(value.expose_provenance()))
}

unsafe extern "C-unwind" fn suspend(co: *mut Co, value: *mut c_void) -> *mut c_void {
    // SAFETY: the caller runs on `co`, which is therefore alive.
    let scope = unsafe { &(*co.cast::<Handle>()).scope }.get();
    // SAFETY: as the body runs, its scope is set and alive.
    let value = unsafe { &mut *scope }.yield_(value.expose_provenance());
    ptr::with_exposed_provenance_mut(value.expect("each resume passes a value"))
}

unsafe extern "C-unwind" fn done(co: *const Co) -> c_int {
    // SAFETY: the caller vouches for `co`.
    unsafe { &(*co.cast::<Handle>()).done }.get().into()
}

/// Drops the generator, which unwinds a suspended one.
unsafe extern "C-unwind" fn destroy(co: *mut Co) {
    // SAFETY: `co` came from `create`, and the caller gives it up.
    drop(unsafe { Box::from_raw(co.cast::<Handle>()) });
}

static TABLE: Table = Table {
    abi: ABI,
    size: size_of::<Table>() as u32,
    name: c"generator".as_ptr(),
    version: c"0.8.11".as_ptr(),
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

/// The table of generator.
pub fn subject() -> &'static Table {
    &TABLE
}
