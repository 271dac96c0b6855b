//! Where stacks come from: the kernel, in one of two ways.
//!
//! A guard *region* is a mark in the page tables of a mapping that is otherwise
//! one piece. Any number of stacks lie in one mapping, so the number of mappings
//! that a process may have does not limit that of its coroutines. Linux has them
//! since 6.13. Elsewhere each guard is a mapping, and so is each stack.

use core::ffi::{c_int, c_void};
use core::ptr;
use std::sync::OnceLock;
use std::{env, io};

use super::{GUARD, StackError};

/// Advice to the kernel, since Linux 6.13: any access to the range faults.
const MADV_GUARD_INSTALL: c_int = 102;

/// What keeps a stack from running into what lies below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// A mark in the page tables. Stacks share one mapping.
    Region,
    /// A mapping without access, beside one for the stack.
    Mapping,
}

/// Which guards this process's stacks have: the kernel is asked once. With
/// `UNSCATHED_GUARD=mapping` in the environment, it is not asked.
pub fn guard() -> Guard {
    static GUARD: OnceLock<Guard> = OnceLock::new();
    *GUARD.get_or_init(|| {
        let refused = env::var_os("UNSCATHED_GUARD").is_some_and(|value| value == "mapping");
        if !refused && kernel_has_regions() { Guard::Region } else { Guard::Mapping }
    })
}

/// Tries it: a kernel that does not know an advice says so.
fn kernel_has_regions() -> bool {
    let Ok(page) = reserve(page_size(), libc::PROT_READ | libc::PROT_WRITE) else {
        return false;
    };
    let installed = install(page.cast(), page_size());
    // SAFETY: mapped above, and nobody has its address.
    unsafe { libc::munmap(page, page_size()) };
    installed.is_ok()
}

/// A mapping for many stacks, none of which has a guard yet.
#[derive(Debug)]
pub(super) struct Slab {
    next: *mut u8,
    end: *mut u8,
}

// SAFETY: addresses of memory that belongs to the process, not to a thread.
unsafe impl Send for Slab {}

impl Slab {
    /// Bytes of a slab. Mappings beside each other become one, so more of them
    /// cost nothing; and under a tight limit a smaller one may still fit.
    const SIZE: usize = 64 << 20;

    pub(super) const EMPTY: Self = Self { next: ptr::null_mut(), end: ptr::null_mut() };

    /// Cuts off a stack, and returns its top.
    pub(super) fn cut(&mut self, bytes: usize, usable: usize) -> Result<*mut u8, StackError> {
        let slot = guard_size() + usable;
        if self.next == self.end {
            *self = Self::map(bytes, slot)?;
        }
        install(self.next, guard_size())
            .map_err(|errno| StackError::NotGuarded { bytes, errno })?;
        self.next = self.next.wrapping_add(slot);
        Ok(self.next)
    }

    fn map(bytes: usize, slot: usize) -> Result<Self, StackError> {
        let mut slots = Self::SIZE / slot;
        loop {
            let size = slots * slot;
            match reserve(size, libc::PROT_READ | libc::PROT_WRITE) {
                Ok(start) => {
                    // A huge page would make one touched page into five hundred.
                    // SAFETY: advice about the mapping just made. If it is not
                    // taken, stacks are only larger than they need be.
                    unsafe { libc::madvise(start, size, libc::MADV_NOHUGEPAGE) };
                    let next: *mut u8 = start.cast();
                    return Ok(Self { next, end: next.wrapping_add(size) });
                }
                Err(_) if slots > 1 => slots /= 2,
                Err(errno) => return Err(StackError::NoRoom { bytes, errno }),
            }
        }
    }
}

/// Maps one stack with a guard that is a mapping, and returns its top.
pub(super) fn map(bytes: usize, usable: usize) -> Result<*mut u8, StackError> {
    // The whole is mapped without access, then the usable part is opened: there
    // is no moment at which the guard can be written.
    let whole = guard_size() + usable;
    let start =
        reserve(whole, libc::PROT_NONE).map_err(|errno| StackError::NoRoom { bytes, errno })?;
    let bottom = start.wrapping_byte_add(guard_size());
    // SAFETY: the range is the upper part of the mapping made above.
    let opened = unsafe { libc::mprotect(bottom, usable, libc::PROT_READ | libc::PROT_WRITE) };
    let top: *mut u8 = start.cast::<u8>().wrapping_add(whole);
    if opened != 0 {
        let errno = errno();
        unmap(top, usable);
        return Err(StackError::NotOpened { bytes, errno });
    }
    Ok(top)
}

/// Undoes [`map`]. Nothing runs on the stack.
pub(super) fn unmap(top: *mut u8, usable: usize) {
    let whole = guard_size() + usable;
    // SAFETY: `map` made it, and it is given up.
    let unmapped = unsafe { libc::munmap(top.wrapping_sub(whole).cast(), whole) };
    debug_assert_eq!(unmapped, 0, "a stack could not be unmapped");
}

/// Gives the memory of a stack back, but not its addresses and not its guard.
pub(super) fn discard(top: *mut u8, usable: usize) {
    // SAFETY: a stack on which nothing runs; its contents are given up.
    let discarded =
        unsafe { libc::madvise(top.wrapping_sub(usable).cast(), usable, libc::MADV_DONTNEED) };
    debug_assert_eq!(discarded, 0, "a stack's memory could not be given back");
}

fn install(start: *mut u8, bytes: usize) -> Result<(), i32> {
    // SAFETY: the range is one that nobody uses yet. A kernel that does not know
    // the advice does nothing.
    let installed = unsafe { libc::madvise(start.cast(), bytes, MADV_GUARD_INSTALL) };
    if installed == 0 { Ok(()) } else { Err(errno()) }
}

fn reserve(bytes: usize, access: c_int) -> Result<*mut c_void, i32> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | libc::MAP_STACK;
    // SAFETY: asks for new memory, wherever there is room.
    let mapping = unsafe { libc::mmap(ptr::null_mut(), bytes, access, flags, -1, 0) };
    if mapping == libc::MAP_FAILED { Err(errno()) } else { Ok(mapping) }
}

pub(super) fn guard_size() -> usize {
    GUARD.next_multiple_of(page_size())
}

pub(super) fn page_size() -> usize {
    // SAFETY: reads a constant of the system.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).expect("a system has a page size")
}

fn errno() -> i32 {
    io::Error::last_os_error().raw_os_error().unwrap_or_default()
}
