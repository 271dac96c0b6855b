//! Stacks for those that leave them to their user: the floor, the C library, Boost.

use std::ptr;

const GUARD: usize = 4096;

/// A mapping with a guard, as the other peers have it.
pub struct Stack {
    start: *mut libc::c_void,
    bytes: usize,
}

impl Stack {
    /// Maps a stack with this much above its guard.
    #[must_use]
    pub fn map(bytes: usize) -> Self {
        let whole = bytes + GUARD;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | libc::MAP_STACK;
        // SAFETY: a new mapping disturbs nobody.
        let start = unsafe { libc::mmap(ptr::null_mut(), whole, libc::PROT_NONE, flags, -1, 0) };
        assert_ne!(start, libc::MAP_FAILED, "no room for a stack");
        let stack = Self { start, bytes };
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: the upper part of the mapping.
        let opened = unsafe { libc::mprotect(stack.bottom().cast(), bytes, access) };
        assert_eq!(opened, 0, "no room for a guard");
        stack
    }

    /// The lowest address that may be used.
    #[must_use]
    pub fn bottom(&self) -> *mut u8 {
        self.start.cast::<u8>().wrapping_add(GUARD)
    }

    /// The end.
    #[must_use]
    pub fn top(&self) -> *mut u8 {
        self.bottom().wrapping_add(self.bytes)
    }

    /// How much may be used.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // SAFETY: mapped above, and nothing runs on it.
        unsafe { libc::munmap(self.start, self.bytes + GUARD) };
    }
}
