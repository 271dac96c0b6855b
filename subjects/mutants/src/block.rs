//! The block of a coroutine, and the memory around it.
//!
//! ```text
//!        +---------------------+
//!        | block               |  its address is the handle, and where the
//!        +---------------------+  stack begins
//!        | stack               |
//!        +---------------------+
//!        | guard               |
//!        +---------------------+  start of the mapping
//! ```

use core::ffi::c_void;
use core::mem::offset_of;
use core::ptr;

use libc::{MAP_ANONYMOUS, MAP_FAILED, MAP_NORESERVE, MAP_PRIVATE, MAP_STACK};
use libc::{PROT_NONE, PROT_READ, PROT_WRITE};
use unscathed_catalogue::mutant::block;
use unscathed_core::subject::Body;

/// Bytes that nobody may touch: at least a page, however large pages are.
pub(crate) const GUARD: usize = 64 << 10;
/// Bytes from the start of the block to the end of the mapping.
pub(crate) const ROOM: usize = 64;

/// What the machine code keeps of a coroutine.
#[repr(C)]
pub(crate) struct Block {
    resumer: *mut u8,
    own: *mut u8,
    body: Body,
    switches: u32,
    pub(crate) state: u8,
    /// The mapping.
    pub(crate) start: *mut c_void,
    pub(crate) bytes: usize,
}

const _: () = {
    assert!(offset_of!(Block, resumer) == block::RESUMER);
    assert!(offset_of!(Block, own) == block::OWN);
    assert!(offset_of!(Block, body) == block::BODY);
    assert!(offset_of!(Block, switches) == block::SWITCHES);
    assert!(offset_of!(Block, state) == block::STATE);
    assert!(size_of::<Block>() <= ROOM && ROOM.is_multiple_of(16));
};

impl Block {
    /// Maps a stack of at least `stack_bytes`, and a block above it; null when
    /// there is no memory.
    pub(crate) fn map(stack_bytes: usize, body: Body) -> *mut Self {
        let whole = stack_bytes
            .checked_add(GUARD + ROOM)
            .and_then(|bytes| bytes.checked_next_multiple_of(GUARD));
        let Some(bytes) = whole else {
            return ptr::null_mut();
        };
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK;
        // SAFETY: a new mapping disturbs nobody.
        let start = unsafe { libc::mmap(ptr::null_mut(), bytes, PROT_NONE, flags, -1, 0) };
        if start == MAP_FAILED {
            return ptr::null_mut();
        }
        let bottom = start.wrapping_byte_add(GUARD);
        // SAFETY: all of the new mapping but the guard.
        let opened = unsafe { libc::mprotect(bottom, bytes - GUARD, PROT_READ | PROT_WRITE) };
        if opened != 0 {
            // SAFETY: it was just mapped, and nobody knows of it.
            unsafe { libc::munmap(start, bytes) };
            return ptr::null_mut();
        }
        let this: *mut Self = start.wrapping_byte_add(bytes - ROOM).cast();
        let fresh = Self {
            resumer: ptr::null_mut(),
            own: ptr::null_mut(),
            body,
            switches: 0,
            state: block::FRESH,
            start,
            bytes,
        };
        // SAFETY: there is room for a block up to the end of the mapping, which is
        // a multiple of a page.
        unsafe { this.write(fresh) };
        this
    }

    /// Makes it ready for another body, as [`map`](Self::map) leaves it.
    pub(crate) fn renew(&mut self, body: Body) {
        self.body = body;
        self.switches = 0;
        self.state = block::FRESH;
    }

    /// Frees the block with its stack.
    ///
    /// # Safety
    ///
    /// It came from [`map`](Self::map), does not run, and is not used again.
    pub(crate) unsafe fn unmap(this: *mut Self) {
        // SAFETY: the caller vouches for the block.
        let Self { start, bytes, .. } = unsafe { this.read() };
        // SAFETY: it was mapped so, and the caller vouches that nobody uses it.
        unsafe { libc::munmap(start, bytes) };
    }
}
