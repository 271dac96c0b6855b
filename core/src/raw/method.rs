//! What a way to switch has to supply.

use core::ffi::c_void;
use core::ops::Range;

use crate::arch::Launch;
use crate::stack::StackError;

/// How contexts get their stacks, and leave them. [`Context`](super::Context) adds
/// states, panics and the unwinding of what is dropped.
///
/// The three implementations are this crate's, and there can be no others.
pub trait Method: Sized + 'static + sealed::Sealed {
    /// What all switches of this method on this thread have cost so far. What a
    /// method never does stays zero.
    fn counts() -> Counts;

    /// Room for a stack of at least `stack_bytes`.
    #[doc(hidden)]
    fn new(stack_bytes: usize) -> Result<Self, StackError>;

    /// Has the first [`enter`](Self::enter) call `launch` with `argument`.
    ///
    /// # Safety
    ///
    /// It is called once, and this value stays in place from now on.
    #[doc(hidden)]
    unsafe fn prepare(&self, launch: LaunchFn, argument: *mut c_void);

    /// Runs the context until it leaves.
    ///
    /// # Safety
    ///
    /// It is prepared or has left, and has not finished.
    #[doc(hidden)]
    unsafe fn enter(&self, word: *mut c_void) -> *mut c_void;

    /// Leaves for whoever entered.
    ///
    /// # Safety
    ///
    /// The caller runs on this context.
    #[doc(hidden)]
    unsafe fn leave(&self, word: *mut c_void) -> *mut c_void;

    /// Leaves for good. If it returns, somebody entered what had finished.
    ///
    /// # Safety
    ///
    /// As for [`leave`](Self::leave).
    #[doc(hidden)]
    unsafe fn finish(&self, word: *mut c_void) {
        // SAFETY: the caller vouches for it.
        unsafe { self.leave(word) };
    }

    /// Leaves for `to`; whoever entered this context has then entered that one.
    ///
    /// # Safety
    ///
    /// As for [`leave`](Self::leave), and for `to` as for [`enter`](Self::enter).
    #[doc(hidden)]
    unsafe fn hand_over(&self, to: &Self, word: *mut c_void) -> *mut c_void;

    /// Whether the caller runs on this context's stack.
    #[doc(hidden)]
    fn is_current(&self) -> bool;

    /// Whether [`enter`](Self::enter) is possible from where the caller runs.
    #[doc(hidden)]
    fn can_enter(&self) -> bool {
        true
    }

    /// The addresses that the context's frames have while it runs.
    #[doc(hidden)]
    fn bounds(&self) -> Range<*mut u8>;
}

/// What switches cost, other than time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Bytes of stacks that were copied, in either direction.
    pub bytes: u64,
    /// Times that memory was allocated, or made larger.
    pub allocations: u64,
    /// System calls that a switch makes itself.
    pub system_calls: u64,
}

/// The type of [`Launch`], under a name that the trait may show.
#[doc(hidden)]
pub struct LaunchFn(pub(crate) Launch);

pub(super) mod sealed {
    /// Keeps the trait to this crate.
    pub trait Sealed {}
}
