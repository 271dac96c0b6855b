//! Three ways to switch stacks. Which one it is makes no difference to what is saved of
//! the interpreter.

use core::ffi::{CStr, c_void};
use core::ops::Range;
use core::sync::atomic::{AtomicU8, Ordering};

use stacks::StackError;
use stacks::raw::{Context, Entry, Separate, Sliced, Ucontext};

/// The way of whoever asks for none, as an index.
static DEFAULT: AtomicU8 = AtomicU8::new(0);

/// Sets the way of whoever asks for none.
pub(crate) fn set_default(way: Way) {
    DEFAULT.store(way as u8, Ordering::Relaxed);
}

/// The way of whoever asks for none.
pub(crate) fn default() -> Way {
    Way::ALL[usize::from(DEFAULT.load(Ordering::Relaxed))]
}

/// How a coroutine is to be switched.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Separate,
    Slicing,
    Ucontext,
}

impl Way {
    /// All of them, in the order of their numbers.
    pub(crate) const ALL: [Self; 3] = [Self::Separate, Self::Slicing, Self::Ucontext];

    /// The word for it.
    pub(crate) fn name(self) -> &'static CStr {
        match self {
            Self::Separate => c"separate",
            Self::Slicing => c"slicing",
            Self::Ucontext => c"ucontext",
        }
    }

    /// Whether frames lie elsewhere while they do not run.
    pub(crate) fn moves(self) -> bool {
        self == Self::Slicing
    }
}

/// A stack, and the way to switch to it.
pub(crate) enum Switcher {
    /// There is none yet, or no longer.
    None,
    Separate(Context<Separate>),
    // Boxed, so that the usual ones need not have their size.
    Slicing(Box<Context<Sliced>>),
    Ucontext(Box<Context<Ucontext>>),
}

/// Calls the same on whichever there is.
macro_rules! each {
    ($switcher:expr, $context:ident => $what:expr) => {
        match $switcher {
            Switcher::Separate($context) => $what,
            Switcher::Slicing($context) => $what,
            Switcher::Ucontext($context) => $what,
            Switcher::None => unreachable!("a coroutine that has begun has a stack until it ends"),
        }
    };
}

impl Switcher {
    /// Takes a stack.
    pub(crate) fn new(way: Way, bytes: usize) -> Result<Self, StackError> {
        Ok(match way {
            Way::Separate => Self::Separate(Context::with_method(bytes)?),
            Way::Slicing => Self::Slicing(Box::new(Context::with_method(bytes)?)),
            Way::Ucontext => Self::Ucontext(Box::new(Context::with_method(bytes)?)),
        })
    }

    /// Has the first resume call `entry` with `data`.
    ///
    /// # Safety
    ///
    /// As for [`Context::prepare`].
    pub(crate) unsafe fn prepare(&self, entry: Entry, data: *mut c_void) {
        // SAFETY: the caller vouches for it.
        each!(self, context => unsafe { context.prepare(entry, data) });
    }

    /// Runs it until it leaves.
    ///
    /// # Safety
    ///
    /// As for [`Context::resume`], from where it [can be reached](Self::is_reachable).
    #[inline]
    pub(crate) unsafe fn resume(&self, word: *mut c_void) -> *mut c_void {
        // SAFETY: the caller vouches for it.
        each!(self, context => unsafe { context.resume(word) })
    }

    /// Leaves it.
    ///
    /// # Safety
    ///
    /// As for [`Context::suspend`], on its [own stack](Self::is_current).
    #[inline]
    pub(crate) unsafe fn suspend(&self, word: *mut c_void) -> *mut c_void {
        // SAFETY: the caller vouches for it.
        each!(self, context => unsafe { context.suspend(word) })
    }

    /// Leaves it for another one, which is switched in the same way.
    ///
    /// # Safety
    ///
    /// As for [`Context::transfer`].
    pub(crate) unsafe fn transfer(&self, to: &Self, word: *mut c_void) -> *mut c_void {
        match (self, to) {
            (Self::Separate(from), Self::Separate(to)) => {
                // SAFETY: the caller vouches for both.
                unsafe { from.transfer(to, word) }
            }
            (Self::Slicing(from), Self::Slicing(to)) => {
                // SAFETY: as above.
                unsafe { from.transfer(to, word) }
            }
            (Self::Ucontext(from), Self::Ucontext(to)) => {
                // SAFETY: as above.
                unsafe { from.transfer(to, word) }
            }
            _ => unreachable!("whoever transfers has looked at the ways"),
        }
    }

    /// Whether the caller runs on it.
    #[inline]
    pub(crate) fn is_current(&self) -> bool {
        each!(self, context => context.is_current())
    }

    /// Whether it can be resumed from where the caller runs.
    #[inline]
    pub(crate) fn is_reachable(&self) -> bool {
        each!(self, context => context.is_reachable())
    }

    /// Where its frames are while it runs.
    pub(crate) fn bounds(&self) -> Range<*mut u8> {
        each!(self, context => context.bounds())
    }
}
