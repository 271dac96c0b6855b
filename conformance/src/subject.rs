//! What a coroutine library has to offer to be tested.

use core::ffi::c_void;
use core::ptr;

use unscathed_core::subject::Co;
use unscathed_verdict::policy::Declared;

use crate::table::Handle;

/// A coroutine with a stack of its own, reduced to what a probe needs.
///
/// Dropping it destroys it.
///
/// # Safety
///
/// Implementors vouch that each function does what its name says, on that thread
/// and no other, and that a claim in [`CAPS`](Self::CAPS) is meant. They do **not**
/// vouch for registers or for anything else that a switch may lose: whether that
/// survives is the question.
pub unsafe trait Coroutine: Sized + 'static {
    /// Name of the library, in messages.
    const NAME: &'static str;
    /// Its version.
    const VERSION: &'static str;
    /// What it can do, of [`caps`](crate::caps). A probe of something else passes
    /// unseen.
    const CAPS: u64;
    /// Where state belongs that may follow the coroutine or stay with the thread,
    /// by element. What is not named here is not judged.
    const POLICIES: &'static [(&'static str, Declared)] = &[];

    /// What a body needs in order to suspend. Where that is nothing, the unit type.
    type Suspender: 'static;

    /// Prepares a coroutine whose first resume runs `body` with the value of that
    /// resume. `None`: out of resources.
    fn create(stack_bytes: usize, body: Body<Self>) -> Option<Self>;

    /// Runs it until it suspends or returns, and returns the value that it does so
    /// with.
    fn resume(&mut self, value: usize) -> usize;

    /// Leaves the coroutine that the caller runs on, and returns the value of the
    /// resume that comes back to it.
    fn suspend(suspender: &Self::Suspender, value: usize) -> usize;

    /// Whether the body has returned. Never asked while it runs.
    fn done(&self) -> bool;
}

/// What a coroutine is to run.
pub struct Body<S: Coroutine> {
    pub(crate) handle: *const Handle<S>,
}

// SAFETY: it is an address, and one thread at a time uses what lies there.
unsafe impl<S: Coroutine> Send for Body<S> {}

impl<S: Coroutine> Body<S> {
    /// Runs it with the value of the first resume, and returns what that or the
    /// last resume is to return. A panic that comes out of it is part of the
    /// experiment; let it pass, or carry it to the resumer.
    pub fn run(self, suspender: &S::Suspender, first: usize) -> usize {
        // SAFETY: a handle outlives its coroutine, and with it this body.
        let handle = unsafe { &*self.handle };
        handle.suspender.set(suspender);
        let me: *mut Co = self.handle.cast_mut().cast();
        let first: *mut c_void = ptr::with_exposed_provenance_mut(first);
        // SAFETY: the body of a probe, on the coroutine that it was made for.
        unsafe { (handle.body)(me, first) }.expose_provenance()
    }
}

impl<S: Coroutine> core::fmt::Debug for Body<S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Body").finish_non_exhaustive()
    }
}
