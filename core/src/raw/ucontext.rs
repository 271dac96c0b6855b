//! The C library's own.

use core::cell::{Cell, UnsafeCell};
use core::ffi::{c_uint, c_void};
use core::mem::{self, MaybeUninit};
use core::ops::Range;
use core::ptr;

use libc::ucontext_t;

use super::method::{Counts, LaunchFn, Method, sealed::Sealed};
use crate::arch::{Launch, Word};
use crate::stack::{Stack, StackError};

thread_local! {
    static SWITCHES: Cell<u64> = const { Cell::new(0) };
}

/// `getcontext`, `makecontext` and `swapcontext`, on a stack for each.
///
/// The signal mask goes with the context, and is set by a system call at each
/// switch. A new context starts with that of its first resumer.
pub struct Ucontext {
    /// The context, while it does not run.
    own: Place,
    /// Who waits, in a frame of whoever entered; null before the first time.
    waiting: Cell<*const Waiting>,
    /// What the context is to run, until it does.
    start: Cell<Option<(Launch, *mut c_void)>>,
    /// What this context is passed.
    word: Cell<*mut c_void>,
    stack: Stack,
}

/// Room for a context of the C library, which has pointers into itself.
type Place = UnsafeCell<MaybeUninit<ucontext_t>>;

struct Waiting {
    place: Place,
    /// What it is passed.
    word: Cell<*mut c_void>,
}

fn place() -> Place {
    UnsafeCell::new(MaybeUninit::uninit())
}

/// Parks the caller in `save`, and goes on from `load`.
///
/// # Safety
///
/// A context is parked in `load`, and `save` stays in place until somebody has gone
/// on from there.
unsafe fn swap(save: &Place, load: &Place) {
    SWITCHES.set(SWITCHES.get() + 1);
    // SAFETY: the caller vouches for both.
    let status = unsafe { libc::swapcontext(save.get().cast(), load.get().cast()) };
    assert_eq!(status, 0, "swapcontext cannot set the signal mask");
}

impl Ucontext {
    /// Makes the context, of what the caller has now.
    fn start(&self) {
        let own: *mut ucontext_t = self.own.get().cast();
        // SAFETY: there is room for a context.
        let status = unsafe { libc::getcontext(own) };
        assert_eq!(status, 0, "getcontext cannot read the signal mask");
        // SAFETY: `getcontext` has filled it in, and nobody else refers to it.
        let context = unsafe { &mut *own };
        context.uc_stack.ss_sp = self.stack.top().wrapping_sub(self.stack.usable()).cast();
        context.uc_stack.ss_size = self.stack.usable();
        context.uc_link = ptr::null_mut();
        let address = ptr::from_ref(self).expose_provenance();
        let (high, low) = ((address >> 32) as c_uint, address as c_uint);
        // SAFETY: `makecontext` takes any function, and as many ints as it is told.
        let entry =
            unsafe { mem::transmute::<extern "C" fn(c_uint, c_uint) -> !, extern "C" fn()>(entry) };
        // SAFETY: the context has a stack, and `entry` takes two ints.
        unsafe { libc::makecontext(own, entry, 2, high, low) };
    }
}

/// The outermost Rust frame. It never returns, so it needs no link.
extern "C" fn entry(high: c_uint, low: c_uint) -> ! {
    let address = (high as usize) << 32 | low as usize;
    // SAFETY: the halves of a method that stays in place.
    let this = unsafe { &*ptr::with_exposed_provenance::<Ucontext>(address) };
    let (launch, argument) = this.start.take().expect("a context starts once");
    // SAFETY: what `prepare` was given; nobody is parked by a switch of ours.
    unsafe { launch(argument, Word::new(this.word.get()), ptr::null_mut()) }
}

impl Sealed for Ucontext {}

impl Method for Ucontext {
    fn counts() -> Counts {
        // One call for the signal mask: the old one is read as the new one is set.
        Counts { system_calls: SWITCHES.get(), ..Counts::default() }
    }

    fn new(stack_bytes: usize) -> Result<Self, StackError> {
        Ok(Self {
            own: place(),
            waiting: Cell::new(ptr::null()),
            start: Cell::new(None),
            word: Cell::new(ptr::null_mut()),
            stack: Stack::new(stack_bytes)?,
        })
    }

    unsafe fn prepare(&self, launch: LaunchFn, argument: *mut c_void) {
        self.start.set(Some((launch.0, argument)));
    }

    unsafe fn enter(&self, word: *mut c_void) -> *mut c_void {
        if self.waiting.get().is_null() {
            self.start();
        }
        let waiting = Waiting { place: place(), word: Cell::new(ptr::null_mut()) };
        self.waiting.set(&raw const waiting);
        self.word.set(word);
        // SAFETY: the caller vouches that the context is parked; this frame waits.
        unsafe { swap(&waiting.place, &self.own) };
        waiting.word.get()
    }

    unsafe fn leave(&self, word: *mut c_void) -> *mut c_void {
        // SAFETY: whoever entered waits in the frame that has it.
        let waiting = unsafe { &*self.waiting.get() };
        waiting.word.set(word);
        // SAFETY: as above.
        unsafe { swap(&self.own, &waiting.place) };
        self.word.get()
    }

    unsafe fn hand_over(&self, to: &Self, word: *mut c_void) -> *mut c_void {
        if to.waiting.get().is_null() {
            to.start();
        }
        to.waiting.set(self.waiting.get());
        to.word.set(word);
        // SAFETY: the caller vouches that `to` is parked.
        unsafe { swap(&self.own, &to.own) };
        self.word.get()
    }

    fn is_current(&self) -> bool {
        self.stack.is_current()
    }

    fn bounds(&self) -> Range<*mut u8> {
        self.stack.bounds()
    }
}
