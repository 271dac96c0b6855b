//! What of a thread state belongs to a coroutine: the pair of saving and restoring.
//!
//! The fields are known to `shim/state.c` only, which is compiled against the headers of
//! the interpreter. Nothing here, nor there, depends on how stacks are switched.

use core::cell::UnsafeCell;
use core::ffi::{CStr, c_char, c_int, c_void};
use core::ops::Range;

use pyo3::ffi;

use crate::error::Set;
use crate::object::Object;

/// The side of a switch that does not run. It stays in place from the moment at which it
/// is bound to the moment at which it is released or forgotten.
#[repr(C)]
pub(crate) struct State(UnsafeCell<[*mut c_void; 48]>);

/// What the shim was compiled for.
#[repr(C)]
pub(crate) struct Build {
    /// `PY_VERSION_HEX`.
    pub(crate) python: u32,
    /// Whether it is a debug build.
    pub(crate) debug: u32,
    /// Sizes of the thread state and of what is saved of it.
    sizes: [u32; 2],
    /// Where a few fields are.
    offsets: [u32; 4],
    /// The smallest stack that is offered.
    pub(crate) least_stack: u64,
    /// The stack of whoever asks for none.
    pub(crate) default_stack: u64,
}

/// A callback of a collector.
type Visit = ffi::visitproc;

unsafe extern "C" {
    static unscathed_build: Build;
    fn unscathed_state_start() -> *const c_char;
    fn unscathed_canary() -> *const c_char;
    pub(crate) fn unscathed_state_thread(
        this: *const State,
        low: *mut c_void,
        bytes: usize,
    ) -> c_int;
    pub(crate) fn unscathed_state_new(
        this: *const State,
        low: *mut c_void,
        bytes: usize,
        context: *mut ffi::PyObject,
        moves: c_int,
    ) -> c_int;
    pub(crate) fn unscathed_state_swap(from: *const State, to: *const State) -> c_int;
    pub(crate) fn unscathed_state_finish(from: *const State, to: *const State) -> c_int;
    pub(crate) fn unscathed_state_arrived() -> c_int;
    pub(crate) fn unscathed_state_release(this: *const State) -> c_int;
    fn unscathed_state_forget(this: *const State);
    pub(crate) fn unscathed_state_visit(
        this: *const State,
        visit: Visit,
        arg: *mut c_void,
    ) -> c_int;
    pub(crate) fn unscathed_state_frame(this: *const State) -> *mut ffi::PyObject;
    #[cfg(feature = "fault-mask")]
    static mut unscathed_faults: u32;
}

/// What this was built for.
pub(crate) fn build() -> &'static Build {
    // SAFETY: a constant of the shim.
    unsafe { &unscathed_build }
}

/// Looks for what an interpreter must have, or says what is missing.
pub(crate) fn start() -> Result<(), &'static CStr> {
    // SAFETY: the interpreter is the one that this was built for.
    said(unsafe { unscathed_state_start() })
}

/// Looks whether fields are where they should be, or says which is not.
pub(crate) fn canary() -> Result<(), &'static CStr> {
    // SAFETY: as above; what it reads is where any of these interpreters has memory.
    said(unsafe { unscathed_canary() })
}

fn said(reason: *const c_char) -> Result<(), &'static CStr> {
    if reason.is_null() {
        return Ok(());
    }
    // SAFETY: the shim's reasons are constants.
    Err(unsafe { CStr::from_ptr(reason) })
}

/// What can be left out of every switch: the names of the bits in `shim/state.h`, in their
/// order.
#[cfg(feature = "fault-mask")]
pub(crate) const FAULTS: [&str; 16] = [
    "exc_info",
    "frame",
    "datastack",
    "datastack_free",
    "depth",
    "c_depth",
    "stack_bounds",
    "headroom",
    "tracing",
    "use_tracing",
    "context",
    "context_ver",
    "current_exception",
    "trash",
    "executor",
    "instrumentation",
];

/// Leaves these out of every switch from now on, and nothing else: names with commas between
/// them. Nothing happens if there is one that is none.
#[cfg(feature = "fault-mask")]
pub(crate) fn leave_out(names: &str) -> Option<()> {
    let mut mask = 0;
    for name in names.split(',').filter(|name| !name.is_empty()) {
        mask |= 1 << FAULTS.iter().position(|&fault| fault == name)?;
    }
    // SAFETY: the GIL is held, and nobody has a reference to it.
    unsafe { unscathed_faults = mask };
    Some(())
}

impl State {
    /// One that is not bound.
    pub(crate) const fn new() -> Self {
        Self(UnsafeCell::new([core::ptr::null_mut(); 48]))
    }

    /// Binds it to the thread state that runs, as the side that is running.
    ///
    /// # Safety
    ///
    /// It is not bound, and stays in place.
    pub(crate) unsafe fn bind_running(&self) -> Result<(), Set> {
        // SAFETY: the caller vouches for it. The stack is the thread's own.
        checked(unsafe { unscathed_state_thread(self, core::ptr::null_mut(), 0) })
    }

    /// Binds it to the thread state that runs, as a side that has not begun.
    ///
    /// # Safety
    ///
    /// As for [`bind_running`](Self::bind_running), and the side will run on this stack.
    pub(crate) unsafe fn bind_new(
        &self,
        stack: Range<*mut u8>,
        context: Option<&Object>,
        moves: bool,
    ) -> Result<(), Set> {
        let bytes = stack.end.addr() - stack.start.addr();
        let context = context.map_or(core::ptr::null_mut(), Object::as_ptr);
        // SAFETY: the caller vouches for it, and for the stack.
        checked(unsafe {
            unscathed_state_new(self, stack.start.cast(), bytes, context, c_int::from(moves))
        })
    }

    /// Moves the side that runs to here, and installs another one.
    ///
    /// # Safety
    ///
    /// No exception is set. The stacks are switched next, to the one of `to`.
    #[inline]
    pub(crate) unsafe fn swap(&self, to: &Self) -> Result<(), Set> {
        // SAFETY: the caller vouches for it; the rest is checked there.
        checked(unsafe { unscathed_state_swap(self, to) })
    }

    /// As [`swap`](Self::swap), and this side has ended.
    ///
    /// # Safety
    ///
    /// As for [`swap`](Self::swap), and no frame of Python's is left on this side.
    #[inline]
    pub(crate) unsafe fn finish(&self, to: &Self) -> Result<(), Set> {
        // SAFETY: the caller vouches for it; the rest is checked there.
        checked(unsafe { unscathed_state_finish(self, to) })
    }

    /// Lets go of what it owns. Finalizers may run, and see it as it was before it was
    /// bound.
    pub(crate) fn release(&self) {
        // SAFETY: what runs, which alone would be refused, is released by nobody here.
        let status = unsafe { unscathed_state_release(self) };
        debug_assert_eq!(status, 0, "a state that runs has been released");
    }

    /// Leaks what it owns.
    pub(crate) fn forget(&self) {
        // SAFETY: the GIL is held by whoever can be here.
        unsafe { unscathed_state_forget(self) };
    }

    /// Shows a collector what it owns.
    ///
    /// # Safety
    ///
    /// The arguments are those of a collector.
    pub(crate) unsafe fn visit(&self, visit: Visit, arg: *mut c_void) -> c_int {
        // SAFETY: the caller vouches for them.
        unsafe { unscathed_state_visit(self, visit, arg) }
    }

    /// The innermost frame, or None where there is none.
    pub(crate) fn frame(&self) -> Option<Object> {
        // SAFETY: a state that does not run shows it, any other has none.
        let frame = unsafe { unscathed_state_frame(self) };
        // SAFETY: a new reference, or null with an exception set.
        unsafe { Object::owned(frame) }
    }
}

/// Whoever has arrived on another side says so, before anything else.
#[inline]
pub(crate) fn arrived() {
    // Only these versions keep something on the stack that has to be seen to.
    #[cfg(not(Py_3_12))]
    // SAFETY: the stacks have been switched, and the GIL is held.
    unsafe {
        unscathed_state_arrived();
    }
}

#[inline]
fn checked(status: c_int) -> Result<(), Set> {
    if status == 0 { Ok(()) } else { Err(Set) }
}
