//! One stack for all.

mod shared;

use core::cell::Cell;
use core::ffi::c_void;
use core::ops::Range;
use core::ptr;
use std::rc::Rc;

use self::shared::{Move, Shared, Slice};
use super::method::{Counts, LaunchFn, Method, sealed::Sealed};
use crate::stack::StackError;

/// All contexts of a thread share one stack, and each begins at its top. Only one
/// of them has its frames there; those of the others lie in the heap, as slices.
/// A switch copies out the frames that are in the way, and copies back those of
/// the context that it goes to.
///
/// A suspended context costs no more than the bytes that it has on the stack. But:
///
/// - A pointer into a context's stack is invalid while it is suspended, or waits
///   for another one that it has resumed: something else is at that address. What
///   goes from one context to another is words, and what they point to lies in the
///   heap or is static. No [`Context`](super::Context) lies on such a stack.
/// - A context belongs to the thread on which it was made.
/// - While one waits on the stack for a call that has gone on elsewhere, such as on
///   a separate stack, none can be resumed from there.
///
/// Copying is put off: the frames of a context that suspends stay where they are
/// until the next one needs the place. Going back and forth between one context and
/// the thread's own stack copies nothing.
pub struct Sliced {
    shared: Rc<Shared>,
    /// As for a separate stack: the side that does not run.
    parked: Cell<*mut u8>,
    /// Who waits for this context on the same stack; null if the thread does.
    resumer: Cell<*const Self>,
    slice: Slice,
}

impl Sliced {
    /// The slice of a context, or nothing.
    ///
    /// # Safety
    ///
    /// It is null or alive.
    unsafe fn slice(this: *const Self) -> *const Slice {
        // SAFETY: the caller vouches for it.
        unsafe { this.as_ref() }.map_or(ptr::null(), |this| &raw const this.slice)
    }

    /// Who runs on the stack, or waits there for a call that is elsewhere.
    fn running(&self) -> *const Self {
        self.shared.running().cast()
    }
}

impl Sealed for Sliced {}

impl Method for Sliced {
    fn counts() -> Counts {
        shared::counts()
    }

    fn new(stack_bytes: usize) -> Result<Self, StackError> {
        let shared = Shared::of_this_thread(stack_bytes)?;
        Ok(Self {
            shared,
            parked: Cell::new(ptr::null_mut()),
            resumer: Cell::new(ptr::null()),
            slice: Slice::default(),
        })
    }

    unsafe fn prepare(&self, launch: LaunchFn, argument: *mut c_void) {
        self.slice.start(launch.0, argument);
    }

    unsafe fn enter(&self, word: *mut c_void) -> *mut c_void {
        self.shared.must_be_this_threads();
        let resumer = self.running();
        assert!(
            self.can_enter(),
            "cannot resume a coroutine whose stack is in use by one that called elsewhere"
        );
        // SAFETY: whoever runs on the stack is alive.
        let out = unsafe { Self::slice(resumer) };
        let to = Move { out, back: &raw const self.slice, load: self.parked.get(), word };
        let running = ptr::from_ref(self).cast();
        // SAFETY: the caller vouches that the context is parked.
        unsafe { self.shared.go(&self.parked, to, running, || self.resumer.set(resumer)) }
    }

    unsafe fn leave(&self, word: *mut c_void) -> *mut c_void {
        let resumer = self.resumer.get();
        // SAFETY: whoever waits on the stack is alive.
        let back = unsafe { Self::slice(resumer) };
        // Where the thread waits, nothing is in the way, and the frames stay.
        let out = if back.is_null() { ptr::null() } else { &raw const self.slice };
        let to = Move { out, back, load: self.parked.get(), word };
        // SAFETY: the resumer is parked, since this context runs.
        unsafe { self.shared.go(&self.parked, to, resumer.cast(), || ()) }
    }

    unsafe fn finish(&self, word: *mut c_void) {
        self.slice.end();
        // SAFETY: the caller vouches for it.
        unsafe { self.leave(word) };
    }

    unsafe fn hand_over(&self, to: &Self, word: *mut c_void) -> *mut c_void {
        self.shared.must_be_this_threads();
        let load = to.parked.get();
        let there = Move { out: &raw const self.slice, back: &raw const to.slice, load, word };
        let before = || {
            to.parked.set(self.parked.get());
            to.resumer.set(self.resumer.get());
        };
        // SAFETY: the caller vouches that `to` is parked.
        unsafe { self.shared.go(&self.parked, there, ptr::from_ref(to).cast(), before) }
    }

    fn is_current(&self) -> bool {
        self.shared.is_current() && ptr::eq(self.running(), self)
    }

    fn can_enter(&self) -> bool {
        self.running().is_null() || self.shared.is_current()
    }

    fn bounds(&self) -> Range<*mut u8> {
        self.shared.bounds()
    }
}

impl Drop for Sliced {
    fn drop(&mut self) {
        self.shared.forget(&raw const self.slice);
    }
}
