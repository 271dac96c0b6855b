//! A stack for a context: the C library leaves that to its user.

use std::ffi::c_void;
use std::ptr;

use libc::{MAP_ANONYMOUS, MAP_FAILED, MAP_PRIVATE, MAP_STACK, PROT_NONE, PROT_READ, PROT_WRITE};

/// Bytes that nobody may touch: at least a page, however large pages are.
const GUARD: usize = 1 << 16;

/// A mapping whose first [`GUARD`] bytes fault.
pub(crate) struct Stack {
    start: *mut c_void,
    bytes: usize,
}

impl Stack {
    /// Maps `bytes` above a guard; `None` when there is no memory.
    pub(crate) fn map(bytes: usize) -> Option<Self> {
        let len = bytes.checked_add(GUARD)?;
        let access = PROT_READ | PROT_WRITE;
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK;
        // SAFETY: a new mapping disturbs nobody.
        let start = unsafe { libc::mmap(ptr::null_mut(), len, access, flags, -1, 0) };
        if start == MAP_FAILED {
            return None;
        }
        let stack = Self { start, bytes };
        // SAFETY: this is the lower end of the new mapping.
        let status = unsafe { libc::mprotect(start, GUARD, PROT_NONE) };
        (status == 0).then_some(stack)
    }

    /// The lowest address that may be used.
    pub(crate) fn bottom(&self) -> *mut c_void {
        self.start.wrapping_byte_add(GUARD)
    }

    /// How much may be used.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // SAFETY: it was mapped with this size, and no context uses it any more.
        unsafe { libc::munmap(self.start, GUARD + self.bytes) };
    }
}
