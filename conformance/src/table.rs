//! The C table that probes call, made of a type.

use core::cell::{Cell, UnsafeCell};
use core::ffi::{c_int, c_void};
use core::ptr;
use std::ffi::CString;

use unscathed_core::subject::{ABI, Body as RawBody, Co, Table};

use crate::subject::{Body, Coroutine};

/// What a `Co` is here.
pub(crate) struct Handle<S: Coroutine> {
    /// `None` only while it is made.
    coroutine: UnsafeCell<Option<S>>,
    /// Set while the body is on the stack.
    pub(crate) suspender: Cell<*const S::Suspender>,
    pub(crate) body: RawBody,
    /// It runs, or waits for one that it resumed.
    runs: Cell<bool>,
}

impl<S: Coroutine> Handle<S> {
    /// Calls the coroutine. While it runs, nobody else can: `&mut self` would not
    /// compile. A probe that tries is refused here, as the compiler would.
    fn with<R>(&self, call: impl FnOnce(&mut S) -> R) -> R {
        struct Rests<'a>(&'a Cell<bool>);

        impl Drop for Rests<'_> {
            fn drop(&mut self) {
                self.0.set(false);
            }
        }

        if self.runs.replace(true) {
            std::process::abort();
        }
        let _rests = Rests(&self.runs);
        // SAFETY: it was just seen that nobody uses it.
        let coroutine = unsafe { &mut *self.coroutine.get() };
        call(coroutine.as_mut().expect("it has been made"))
    }
}

/// The table of a type.
pub(crate) fn table<S: Coroutine>() -> &'static Table {
    let string = |text: &str| CString::new(text.replace('\0', " ")).unwrap_or_default().into_raw();
    Box::leak(Box::new(Table {
        abi: ABI,
        size: size_of::<Table>() as u32,
        name: string(S::NAME),
        version: string(S::VERSION),
        caps: S::CAPS,
        create: Some(create::<S>),
        resume: Some(resume::<S>),
        suspend: Some(suspend::<S>),
        done: Some(done::<S>),
        destroy: Some(destroy::<S>),
        thread_enter: None,
        thread_leave: None,
        transfer: None,
    }))
}

/// # Safety
///
/// `co` came from [`create`] of this type, and is alive while the reference is used.
unsafe fn handle<'a, S: Coroutine>(co: *const Co) -> &'a Handle<S> {
    // SAFETY: the caller vouches; every field that changes is a cell.
    unsafe { &*co.cast::<Handle<S>>() }
}

unsafe extern "C-unwind" fn create<S: Coroutine>(stack_bytes: usize, body: RawBody) -> *mut Co {
    let this = Box::into_raw(Box::new(Handle::<S> {
        coroutine: UnsafeCell::new(None),
        suspender: Cell::new(ptr::null()),
        body,
        runs: Cell::new(false),
    }));
    let co: *mut Co = this.cast();
    let coroutine = S::create(stack_bytes, Body { handle: this });
    // SAFETY: it was just made.
    let place = unsafe { handle::<S>(co) }.coroutine.get();
    let made = coroutine.is_some();
    // SAFETY: nobody has seen the handle yet but a body that has not begun.
    unsafe { place.write(coroutine) };
    if !made {
        // SAFETY: from a box above, and without a coroutine.
        drop(unsafe { Box::from_raw(this) });
        return ptr::null_mut();
    }
    co
}

unsafe extern "C-unwind" fn resume<S: Coroutine>(co: *mut Co, value: *mut c_void) -> *mut c_void {
    // SAFETY: the caller vouches for `co`.
    let this = unsafe { handle::<S>(co) };
    let value = this.with(|coroutine| coroutine.resume(value.expose_provenance()));
    ptr::with_exposed_provenance_mut(value)
}

unsafe extern "C-unwind" fn suspend<S: Coroutine>(co: *mut Co, value: *mut c_void) -> *mut c_void {
    // SAFETY: the caller runs on `co`, which is therefore alive.
    let suspender = unsafe { handle::<S>(co) }.suspender.get();
    if suspender.is_null() {
        std::process::abort();
    }
    // SAFETY: it was set when the body began, and is alive while that runs.
    let value = S::suspend(unsafe { &*suspender }, value.expose_provenance());
    ptr::with_exposed_provenance_mut(value)
}

unsafe extern "C-unwind" fn done<S: Coroutine>(co: *const Co) -> c_int {
    // SAFETY: the caller vouches for `co`.
    let this = unsafe { handle::<S>(co) };
    // What a running one would say is left open.
    let done = !this.runs.get() && this.with(|coroutine| coroutine.done());
    done.into()
}

unsafe extern "C-unwind" fn destroy<S: Coroutine>(co: *mut Co) {
    // SAFETY: the caller gives it up.
    let this = unsafe { handle::<S>(co) };
    if this.runs.get() {
        std::process::abort();
    }
    // SAFETY: it does not run, and nobody else has it. It goes before its handle,
    // which a body that is unwound may still use.
    drop(unsafe { (*this.coroutine.get()).take() });
    // SAFETY: it came from a box.
    drop(unsafe { Box::from_raw(co.cast::<Handle<S>>()) });
}
