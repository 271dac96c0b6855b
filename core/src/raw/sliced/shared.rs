//! The stack that all share, and the slices that are not on it.

use core::cell::{Cell, RefCell};
use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::ops::Range;
use core::ptr;
use std::rc::Rc;

use super::super::method::Counts;
use crate::arch::{self, BELOW, Launch, Word};
use crate::stack::{Stack, StackError};

/// Bytes of the stack that all coroutines of a thread share. Only what has been
/// used of it takes memory.
const SIZE: usize = 8 << 20;

thread_local! {
    static SHARED: RefCell<Option<Rc<Shared>>> = const { RefCell::new(None) };
    static COUNTS: Cell<Counts> = const { Cell::new(Counts { bytes: 0, allocations: 0, system_calls: 0 }) };
}

fn this_thread() -> *const Cell<Counts> {
    COUNTS.with(ptr::from_ref)
}

pub(super) fn counts() -> Counts {
    COUNTS.get()
}

fn count(bytes: usize, allocations: u64) {
    let mut counts = COUNTS.get();
    counts.bytes += bytes as u64;
    counts.allocations += allocations;
    COUNTS.set(counts);
}

/// The frames of a context, while they are not on the stack.
#[derive(Default)]
pub(super) struct Slice {
    /// The bytes up to the top of the stack. The memory is kept while they are on
    /// the stack, so a switch allocates only for a slice that has grown.
    bytes: RefCell<Vec<MaybeUninit<u8>>>,
    /// What to run, until it does.
    start: Cell<Option<(Launch, *mut c_void)>>,
    /// Whether it has no frames that anybody needs.
    ended: Cell<bool>,
}

impl Slice {
    pub(super) fn start(&self, launch: Launch, argument: *mut c_void) {
        self.start.set(Some((launch, argument)));
    }

    pub(super) fn end(&self) {
        self.ended.set(true);
    }
}

/// A switch: whose frames go out, whose come back, and where it goes on.
#[derive(Clone, Copy)]
pub(super) struct Move {
    /// Who leaves the stack, or null.
    pub(super) out: *const Slice,
    /// Who needs its frames there, or null.
    pub(super) back: *const Slice,
    /// Where that one is parked, or null if it starts.
    pub(super) load: *mut u8,
    pub(super) word: *mut c_void,
}

pub(super) struct Shared {
    stack: Stack,
    /// An address that only this thread has, as long as it lives.
    thread: *const Cell<Counts>,
    /// Whose frames are on the stack, or null.
    resident: Cell<*const Slice>,
    /// The place that says where whoever left the stack last is parked.
    left_at: Cell<*const Cell<*mut u8>>,
    /// Whoever runs on the stack, or waits there.
    running: Cell<*const c_void>,
    /// Copying a stack needs another one to run on: its stack, and where the loop
    /// that does it is parked.
    copier: Stack,
    copier_at: Cell<*mut u8>,
    /// What the loop is to do.
    job: Cell<Option<Move>>,
}

impl Shared {
    pub(super) fn of_this_thread(bytes: usize) -> Result<Rc<Self>, StackError> {
        if bytes == 0 {
            return Err(StackError::Zero);
        }
        if bytes > SIZE {
            return Err(StackError::Shared { bytes, limit: SIZE });
        }
        SHARED.with_borrow_mut(|shared| {
            if let Some(shared) = shared {
                return Ok(Rc::clone(shared));
            }
            let made = Rc::new(Self {
                stack: Stack::new(SIZE)?,
                thread: this_thread(),
                resident: Cell::new(ptr::null()),
                left_at: Cell::new(ptr::null()),
                running: Cell::new(ptr::null()),
                copier: Stack::new(1)?,
                copier_at: Cell::new(ptr::null_mut()),
                job: Cell::new(None),
            });
            let argument = Rc::as_ptr(&made).cast_mut().cast();
            // SAFETY: the top of a stack that nobody uses.
            let parked = unsafe { arch::prepare(made.copier.top(), copy, argument) };
            made.copier_at.set(parked);
            Ok(Rc::clone(shared.insert(made)))
        })
    }

    pub(super) fn must_be_this_threads(&self) {
        assert!(
            ptr::eq(self.thread, this_thread()),
            "cannot resume a coroutine on another thread than the one whose stack it shares"
        );
    }

    pub(super) fn is_current(&self) -> bool {
        self.stack.is_current()
    }

    pub(super) fn bounds(&self) -> Range<*mut u8> {
        self.stack.bounds()
    }

    pub(super) fn running(&self) -> *const c_void {
        self.running.get()
    }

    /// Its frames are nobody's any more.
    pub(super) fn forget(&self, slice: *const Slice) {
        if self.resident.get() == slice {
            self.resident.set(ptr::null());
        }
    }

    /// Whose frames are in the way of a move.
    fn in_the_way(&self, to: &Move) -> *const Slice {
        if !to.out.is_null() {
            to.out
        } else if !to.back.is_null() && self.resident.get() != to.back {
            self.resident.get()
        } else {
            ptr::null()
        }
    }

    /// Where the frames begin that are on the stack and do not run.
    fn bottom(&self) -> *mut u8 {
        // SAFETY: they are somebody's, who has the place and is alive; else
        // `forget` would have said so, and nobody would ask.
        unsafe { &*self.left_at.get() }.get().wrapping_sub(BELOW)
    }

    /// Allocates what a move needs, while this can still be refused. `depth` is
    /// that of whoever runs on the stack.
    fn make_room(&self, to: &Move, depth: usize) {
        // SAFETY: slices in a move are null or alive.
        let Some(slice) = (unsafe { self.in_the_way(to).as_ref() }) else { return };
        if slice.ended.get() {
            return;
        }
        let length = if to.out.is_null() {
            self.stack.top().addr() - self.bottom().addr()
        } else {
            depth + BELOW
        };
        let mut bytes = slice.bytes.borrow_mut();
        if bytes.capacity() < length {
            count(0, 1);
            if bytes.try_reserve_exact(length).is_err() {
                drop(bytes);
                panic!("cannot switch: no memory for the {length} bytes of stack in the way");
            }
        }
    }

    /// Makes a move, after which `running` runs on the stack. Where the caller is
    /// parked is written to `save`, once `before` has been called.
    ///
    /// # Safety
    ///
    /// Whoever the move goes to is parked there.
    ///
    /// # Panics
    ///
    /// If there is no memory for what is in the way. Then nothing has happened.
    #[inline(never)]
    pub(super) unsafe fn go(
        &self,
        save: &Cell<*mut u8>,
        to: Move,
        running: *const c_void,
        before: impl FnOnce(),
    ) -> *mut c_void {
        // The switches below are inlined, so this is how deep they are, exactly.
        let depth = arch::depth(self.stack.top());
        self.make_room(&to, depth);
        before();
        self.running.set(running);
        let on_the_stack = self.stack.is_current();
        if on_the_stack {
            self.left_at.set(save);
        }
        let word = if on_the_stack && !to.back.is_null() {
            self.job.set(Some(to));
            let copier = self.copier_at.get();
            // SAFETY: the loop is parked there whenever it does not run.
            unsafe { arch::exchange(save.as_ptr(), copier, Word::uninit()) }
        } else {
            // Nothing that runs is in the way, so it is copied from here.
            let load = self.arrange(to);
            // SAFETY: the caller vouches that it is parked there.
            unsafe { arch::exchange(save.as_ptr(), load, Word::new(to.word)) }
        };
        // SAFETY: each side passes whole words.
        unsafe { word.assume_init() }
    }

    /// Puts on the stack what the move needs there, and returns where to go on.
    fn arrange(&self, to: Move) -> *mut u8 {
        // SAFETY: slices in a move are null or alive.
        let in_the_way = unsafe { self.in_the_way(&to).as_ref() };
        if let Some(slice) = in_the_way.filter(|slice| !slice.ended.get()) {
            self.copy_out(slice);
        }
        // SAFETY: as above.
        let Some(back) = (unsafe { to.back.as_ref() }) else {
            return to.load;
        };
        if self.resident.replace(back) == ptr::from_ref(back) {
            return to.load;
        }
        if let Some((launch, argument)) = back.start.take() {
            // SAFETY: the top of the stack, where now nobody is.
            return unsafe { arch::prepare(self.stack.top(), launch, argument) };
        }
        self.copy_back(back);
        to.load
    }

    fn copy_out(&self, slice: &Slice) {
        let bottom = self.bottom();
        let length = self.stack.top().addr() - bottom.addr();
        let mut bytes = slice.bytes.borrow_mut();
        if bytes.capacity() < length {
            // It was measured before the switch, with room to spare.
            super::super::abort("a coroutine's stack grew while it was left");
        }
        // SAFETY: the frames from where it is parked to the top, into memory that
        // is large enough.
        unsafe { ptr::copy_nonoverlapping(bottom, bytes.as_mut_ptr().cast(), length) };
        // SAFETY: any byte will do.
        unsafe { bytes.set_len(length) };
        count(length, 0);
    }

    fn copy_back(&self, slice: &Slice) {
        let mut bytes = slice.bytes.borrow_mut();
        let bottom = self.stack.top().wrapping_sub(bytes.len());
        // SAFETY: they came from there, and nobody else is there now.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr().cast(), bottom, bytes.len()) };
        count(bytes.len(), 0);
        bytes.clear();
    }
}

/// Makes one move after the other, on a stack of its own.
unsafe extern "C" fn copy(shared: *mut c_void, _: Word, _: *mut u8) -> ! {
    // SAFETY: whoever comes here has a reference to it, and nobody else does.
    let shared = unsafe { &*shared.cast::<Shared>() };
    loop {
        let to = shared.job.take().expect("whoever comes here has a job for it");
        // What starts now finds the control words of its resumer, not those that were
        // in force when this loop ran last.
        // SAFETY: whoever comes here has said where it notes its place, and is alive.
        let left = unsafe { &*shared.left_at.get() };
        // SAFETY: it is parked there, and its frames are still on the stack.
        unsafe { arch::adopt(left.get()) };
        let load = shared.arrange(to);
        // SAFETY: whoever left vouches that it is parked there.
        unsafe { arch::exchange(shared.copier_at.as_ptr(), load, Word::new(to.word)) };
    }
}
