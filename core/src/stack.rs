//! Memory for a coroutine to run on, with a guard below it.

mod pool;
mod source;

use core::error::Error;
use core::fmt;
use core::ops::Range;
use std::io;

pub use self::source::{Guard, guard};
use crate::arch;

/// No stack is smaller. Only address space is spent on it, and a signal frame
/// or a panic message fits even where one byte was asked for.
const LEAST: usize = 64 << 10;

/// Stacks have this size times a power of two up to here, and are kept for the
/// next one that asks. Larger ones are mapped and unmapped as they come and go.
const LARGEST_KEPT: usize = 8 << 20;

/// Size of the guard, or a page if that is larger. More than most pages, so that
/// a frame compiled without stack probes does not easily step over it.
const GUARD: usize = 64 << 10;

/// The usable part of a stack. Dropping it gives it back to the pool.
#[derive(Debug)]
pub(crate) struct Stack {
    top: *mut u8,
    usable: usize,
}

impl Stack {
    /// A stack with at least `bytes` above its guard.
    #[inline]
    pub(crate) fn new(bytes: usize) -> Result<Self, StackError> {
        if bytes != 0 && bytes <= LARGEST_KEPT {
            let usable = bytes.max(LEAST).next_power_of_two();
            match pool::take(usable) {
                Some(top) => Ok(Self { top, usable }),
                None => pool::fetch(bytes, usable).map(|top| Self { top, usable }),
            }
        } else {
            Self::large(bytes)
        }
    }

    #[cold]
    fn large(bytes: usize) -> Result<Self, StackError> {
        if bytes == 0 {
            return Err(StackError::Zero);
        }
        let too_large = StackError::TooLarge { bytes };
        let usable = bytes.checked_next_multiple_of(source::page_size()).ok_or(too_large)?;
        usable
            .checked_add(source::guard_size())
            .filter(|&whole| whole <= StackError::LIMIT)
            .ok_or(too_large)?;
        let top = source::map(bytes, usable)?;
        Ok(Self { top, usable })
    }

    /// The end of the stack, where it starts to be used. A multiple of a page.
    #[inline]
    pub(crate) fn top(&self) -> *mut u8 {
        self.top
    }

    /// How much of it can be used.
    #[inline]
    pub(crate) fn usable(&self) -> usize {
        self.usable
    }

    /// Where it can be used.
    pub(crate) fn bounds(&self) -> Range<*mut u8> {
        self.top.wrapping_sub(self.usable)..self.top
    }

    /// Whether the caller runs on it.
    #[inline]
    pub(crate) fn is_current(&self) -> bool {
        // One comparison for both ends: what lies above the top wraps around.
        arch::depth(self.top) <= self.usable
    }
}

impl Drop for Stack {
    #[inline]
    fn drop(&mut self) {
        // Nothing runs on it: whoever holds the stack vouches for that.
        if self.usable <= LARGEST_KEPT {
            pool::put(self.top, self.usable);
        } else {
            source::unmap(self.top, self.usable);
        }
    }
}

/// Why there is no stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StackError {
    /// Nothing was asked for.
    Zero,
    /// More was asked for than an address space can have.
    TooLarge {
        /// What was asked for.
        bytes: usize,
    },
    /// More was asked for than the stack that all share has.
    Shared {
        /// What was asked for.
        bytes: usize,
        /// What there is.
        limit: usize,
    },
    /// The kernel found no room for the mapping.
    NoRoom {
        /// What was asked for.
        bytes: usize,
        /// The kernel's reason.
        errno: i32,
    },
    /// The kernel made the mapping, but not the part of it that is used.
    NotOpened {
        /// What was asked for.
        bytes: usize,
        /// The kernel's reason.
        errno: i32,
    },
    /// The kernel made the mapping, but no guard in it.
    NotGuarded {
        /// What was asked for.
        bytes: usize,
        /// The kernel's reason.
        errno: i32,
    },
}

impl StackError {
    /// The most that a stack and its guard may have, as of any object.
    const LIMIT: usize = isize::MAX.cast_unsigned();
}

impl fmt::Display for StackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Zero => write!(f, "a stack of 0 bytes is below the least, 1 byte"),
            Self::TooLarge { bytes } => write!(
                f,
                "a stack of {bytes} bytes and its guard are above the most that one object may \
                 have, {} bytes",
                Self::LIMIT
            ),
            Self::Shared { bytes, limit } => write!(
                f,
                "a stack of {bytes} bytes is above the {limit} bytes of the stack that all \
                 coroutines of a thread share"
            ),
            Self::NoRoom { bytes, errno } => write!(
                f,
                "no room to map a stack of {bytes} bytes (limited by the address space, \
                 RLIMIT_AS and vm.max_map_count): {}",
                io::Error::from_raw_os_error(errno)
            ),
            Self::NotOpened { bytes, errno } => write!(
                f,
                "a stack of {bytes} bytes could not be set apart from its guard (limited by \
                 vm.max_map_count and RLIMIT_DATA): {}",
                io::Error::from_raw_os_error(errno)
            ),
            Self::NotGuarded { bytes, errno } => write!(
                f,
                "a stack of {bytes} bytes could not be given a guard (limited by memory for page \
                 tables): {}",
                io::Error::from_raw_os_error(errno)
            ),
        }
    }
}

impl Error for StackError {}
