//! A stack for each.

use core::cell::Cell;
use core::ffi::c_void;
use core::ops::Range;
use core::ptr;

use super::method::{Counts, LaunchFn, Method, sealed::Sealed};
use crate::arch::{self, Word};
use crate::stack::{Stack, StackError};

/// Each context has a stack of its own, with a guard. A switch copies nothing,
/// allocates nothing and asks the kernel for nothing.
///
/// Nothing here belongs to a thread: which stack runs is read off the stack
/// pointer, so a suspended context may go on elsewhere if its body can.
#[derive(Debug)]
pub struct Separate {
    /// Where the resumer is parked while the context runs, and where the context
    /// is parked otherwise. One switch exchanges the two.
    parked: Cell<*mut u8>,
    stack: Stack,
}

impl Sealed for Separate {}

impl Method for Separate {
    fn counts() -> Counts {
        Counts::default()
    }

    fn new(stack_bytes: usize) -> Result<Self, StackError> {
        Ok(Self { parked: Cell::new(ptr::null_mut()), stack: Stack::new(stack_bytes)? })
    }

    unsafe fn prepare(&self, launch: LaunchFn, argument: *mut c_void) {
        // SAFETY: the top of a stack that nobody uses, page-aligned and writable.
        self.parked.set(unsafe { arch::prepare(self.stack.top(), launch.0, argument) });
    }

    #[inline]
    unsafe fn enter(&self, word: *mut c_void) -> *mut c_void {
        let (save, load) = (self.parked.as_ptr(), self.parked.get());
        // SAFETY: the caller vouches that the other side is parked there; the method
        // stays in place, so the cell can be written.
        let word = unsafe { arch::exchange(save, load, Word::new(word)) };
        // SAFETY: each side passes whole words.
        unsafe { word.assume_init() }
    }

    #[inline]
    unsafe fn leave(&self, word: *mut c_void) -> *mut c_void {
        // SAFETY: the resumer is parked, since this context runs.
        unsafe { self.enter(word) }
    }

    unsafe fn hand_over(&self, to: &Self, word: *mut c_void) -> *mut c_void {
        let load = to.parked.replace(self.parked.get());
        // SAFETY: the caller vouches that `to` was parked there.
        let word = unsafe { arch::exchange(self.parked.as_ptr(), load, Word::new(word)) };
        // SAFETY: each side passes whole words.
        unsafe { word.assume_init() }
    }

    #[inline]
    fn is_current(&self) -> bool {
        self.stack.is_current()
    }

    fn bounds(&self) -> Range<*mut u8> {
        self.stack.bounds()
    }
}
