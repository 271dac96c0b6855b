//! Stacks that wait for the next coroutine.
//!
//! A thread keeps some stacks of each size, as they are: the next one is warm. What is more goes to the process, which gives its memory back to the
//! kernel and, where the stack lies in a slab, keeps the addresses and the guard.
//! So does what a thread has when it ends.

use core::cell::Cell;
use core::ptr;
use std::sync::{Mutex, PoisonError};

use super::source::{self, Guard, Slab};
use super::{LARGEST_KEPT, LEAST, StackError};

/// How many stacks of one size a thread keeps: fewer of large ones, because all
/// that was ever touched of them stays in memory.
const fn most(usable: usize) -> u32 {
    if usable <= 1 << 20 { 64 } else { 16 }
}

/// How many sizes there are.
const SIZES: usize = (LARGEST_KEPT / LEAST).ilog2() as usize + 1;

/// What a thread keeps of one size: a list, each of which has the address of the
/// next one in its topmost word.
struct Kept {
    first: Cell<*mut u8>,
    /// How many more it takes. Zero until the thread has promised to empty the
    /// list at its end, and again from then on.
    room: Cell<u32>,
}

impl Kept {
    const fn new() -> Self {
        Self { first: Cell::new(ptr::null_mut()), room: Cell::new(0) }
    }
}

/// Empties the lists at the end of the thread.
struct AtTheEnd {
    _registered: (),
}

thread_local! {
    // Without a destructor, so that an access is one instruction.
    static LISTS: [Kept; SIZES] = const { [const { Kept::new() }; SIZES] };
    static AT_THE_END: AtTheEnd = const { AtTheEnd { _registered: () } };
}

/// What the process has of one size.
struct Spare {
    tops: Vec<Top>,
    slab: Slab,
}

/// The top of a stack that nobody uses.
struct Top(*mut u8);

// SAFETY: memory that belongs to the process, not to a thread.
unsafe impl Send for Top {}

static SPARE: [Mutex<Spare>; SIZES] =
    [const { Mutex::new(Spare { tops: Vec::new(), slab: Slab::EMPTY }) }; SIZES];

#[inline]
fn index(usable: usize) -> usize {
    (usable / LEAST).ilog2() as usize
}

/// The topmost word of a stack that nobody uses.
#[inline]
fn link(top: *mut u8) -> *mut *mut u8 {
    top.wrapping_sub(size_of::<*mut u8>()).cast()
}

/// The stack that this thread used last, if it keeps one of this size.
#[inline]
pub(super) fn take(usable: usize) -> Option<*mut u8> {
    LISTS.with(|lists| {
        let kept = &lists[index(usable)];
        let top = kept.first.get();
        if top.is_null() {
            return None;
        }
        // SAFETY: `put` wrote it, and the stack has been nobody's since.
        kept.first.set(unsafe { *link(top) });
        kept.room.set(kept.room.get() + 1);
        Some(top)
    })
}

/// A stack from the process, or a new one.
#[cold]
pub(super) fn fetch(bytes: usize, usable: usize) -> Result<*mut u8, StackError> {
    if source::guard() == Guard::Mapping {
        return source::map(bytes, usable);
    }
    // Nothing in between can panic and leave it half done.
    let mut spare = SPARE[index(usable)].lock().unwrap_or_else(PoisonError::into_inner);
    match spare.tops.pop() {
        Some(Top(top)) => Ok(top),
        None => spare.slab.cut(bytes, usable),
    }
}

/// Takes back a stack on which nothing runs.
#[inline]
pub(super) fn put(top: *mut u8, usable: usize) {
    LISTS.with(|lists| {
        let kept = &lists[index(usable)];
        let room = kept.room.get();
        if room == 0 {
            overflow(kept, top, usable);
        } else {
            keep(kept, room, top);
        }
    });
}

#[inline]
fn keep(kept: &Kept, room: u32, top: *mut u8) {
    // SAFETY: the caller of `put` gives the stack up.
    unsafe { *link(top) = kept.first.get() };
    kept.first.set(top);
    kept.room.set(room - 1);
}

#[cold]
fn overflow(kept: &Kept, top: *mut u8, usable: usize) {
    // An empty list without room is one that has no end yet, or has had it.
    if kept.first.get().is_null() && AT_THE_END.try_with(|_| ()).is_ok() {
        keep(kept, most(usable), top);
    } else {
        give_back(top, usable);
    }
}

/// Returns a stack to the process or to the kernel.
fn give_back(top: *mut u8, usable: usize) {
    if source::guard() == Guard::Mapping {
        return source::unmap(top, usable);
    }
    source::discard(top, usable);
    let mut spare = SPARE[index(usable)].lock().unwrap_or_else(PoisonError::into_inner);
    spare.tops.push(Top(top));
}

impl Drop for AtTheEnd {
    fn drop(&mut self) {
        LISTS.with(|lists| {
            for (index, kept) in lists.iter().enumerate() {
                kept.room.set(0);
                let mut next = kept.first.replace(ptr::null_mut());
                while !next.is_null() {
                    let top = next;
                    // SAFETY: as in `take`.
                    next = unsafe { *link(top) };
                    give_back(top, LEAST << index);
                }
            }
        });
    }
}
