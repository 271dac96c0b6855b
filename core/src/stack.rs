//! Memory for a coroutine to run on, with a guard below it.

use core::error::Error;
use core::ffi::c_void;
use core::fmt;
use core::ptr;
use std::io;

/// No stack is smaller. Only address space is spent on it, and a signal frame
/// or a panic message fits even where one byte was asked for.
const LEAST: usize = 64 << 10;

/// Size of the guard. More than a page, so that a frame compiled without stack
/// probes does not easily step over it.
const GUARD: usize = 64 << 10;

/// A mapping of its own: first the guard, then the usable part.
#[derive(Debug)]
pub(crate) struct Stack {
    mapping: *mut c_void,
    guard: usize,
    usable: usize,
}

impl Stack {
    /// Maps a stack with at least `bytes` above its guard.
    pub(crate) fn new(bytes: usize) -> Result<Self, StackError> {
        if bytes == 0 {
            return Err(StackError::Zero);
        }
        let page = page_size();
        let guard = GUARD.next_multiple_of(page);
        let too_large = StackError::TooLarge { bytes };
        let usable = bytes.max(LEAST).checked_next_multiple_of(page).ok_or(too_large)?;
        let whole = usable
            .checked_add(guard)
            .filter(|&whole| whole <= StackError::LIMIT)
            .ok_or(too_large)?;

        // The whole is mapped without access, then the usable part is opened:
        // there is no moment at which the guard can be written.
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | libc::MAP_STACK;
        // SAFETY: asks for new memory, wherever there is room.
        let mapping = unsafe { libc::mmap(ptr::null_mut(), whole, libc::PROT_NONE, flags, -1, 0) };
        if mapping == libc::MAP_FAILED {
            return Err(StackError::NoRoom { bytes, errno: errno() });
        }
        // From here on an early return unmaps it.
        let stack = Self { mapping, guard, usable };
        let writable = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: the range is the upper part of the mapping made above.
        let opened = unsafe { libc::mprotect(stack.bottom().cast(), usable, writable) };
        if opened != 0 {
            return Err(StackError::NotOpened { bytes, errno: errno() });
        }
        Ok(stack)
    }

    /// The end of the stack, where it starts to be used. A multiple of a page.
    pub(crate) fn top(&self) -> *mut u8 {
        self.bottom().wrapping_add(self.usable)
    }

    /// Whether a stack pointer is one of this stack's.
    pub(crate) fn contains(&self, pointer: *const u8) -> bool {
        (self.bottom().cast_const()..self.top()).contains(&pointer)
    }

    fn bottom(&self) -> *mut u8 {
        self.mapping.cast::<u8>().wrapping_add(self.guard)
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // SAFETY: the mapping is this value's own, whole, and nothing runs on it:
        // the context that holds the stack vouches for that.
        let unmapped = unsafe { libc::munmap(self.mapping, self.guard + self.usable) };
        debug_assert_eq!(unmapped, 0, "a stack could not be unmapped");
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
        }
    }
}

impl Error for StackError {}

fn page_size() -> usize {
    // SAFETY: reads a constant of the system.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).expect("a system has a page size")
}

fn errno() -> i32 {
    io::Error::last_os_error().raw_os_error().unwrap_or_default()
}
