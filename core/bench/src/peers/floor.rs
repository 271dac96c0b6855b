//! The floor.

use std::cell::Cell;

use crate::floor;
use crate::peer::{Body, Peer};
use crate::stack::Stack;

/// A coroutine that is nothing but a switch.
pub struct Floor {
    parked: *mut u8,
    stack: Stack,
}

unsafe extern "C" fn start<B: Body>(resumer: *mut u8, first: usize) -> ! {
    let inside = Cell::new(resumer);
    let last = B::run::<Floor>(&inside, first);
    // SAFETY: the resumer is parked there.
    unsafe { floor::switch(inside.get(), last) };
    unreachable!("a finished coroutine was resumed")
}

impl Peer for Floor {
    const NAME: &'static str = "floor";
    const SUBJECT: &'static str = "floor";

    type Inside = Cell<*mut u8>;
    type Stack = Stack;

    fn stack(bytes: usize) -> Stack {
        Stack::map(bytes)
    }

    #[inline(always)]
    fn new<B: Body>(stack: Stack) -> Self {
        // SAFETY: a stack that nobody uses.
        let parked = unsafe { floor::prepare(stack.top(), start::<B>) };
        Self { parked, stack }
    }

    #[inline(always)]
    fn resume(&mut self, word: usize) -> usize {
        // SAFETY: it is parked there; no row resumes what has returned.
        let (parked, word) = unsafe { floor::switch(self.parked, word) };
        self.parked = parked;
        word
    }

    #[inline(always)]
    fn suspend(inside: &Self::Inside, word: usize) -> usize {
        // SAFETY: the resumer is parked there.
        let (resumer, word) = unsafe { floor::switch(inside.get(), word) };
        inside.set(resumer);
        word
    }

    #[inline(always)]
    fn into_stack(self) -> Stack {
        self.stack
    }
}
