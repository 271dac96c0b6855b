//! Boost.Context's assembly, where it is installed.

use std::cell::Cell;
use std::ffi::c_void;
use std::ptr;

use crate::peer::{Body, Peer};
use crate::stack::Stack;

#[repr(C)]
struct Transfer {
    context: *mut c_void,
    data: *mut c_void,
}

unsafe extern "C" {
    fn jump_fcontext(to: *mut c_void, data: *mut c_void) -> Transfer;
    fn make_fcontext(
        top: *mut c_void,
        bytes: usize,
        start: unsafe extern "C" fn(Transfer),
    ) -> *mut c_void;
}

/// A context of Boost's.
pub struct Boost {
    peer: Cell<*mut c_void>,
    stack: Stack,
}

#[inline(always)]
fn jump(peer: &Cell<*mut c_void>, word: usize) -> usize {
    // SAFETY: the other side is parked there.
    let transfer = unsafe { jump_fcontext(peer.get(), ptr::without_provenance_mut(word)) };
    peer.set(transfer.context);
    transfer.data.addr()
}

unsafe extern "C" fn start<B: Body>(transfer: Transfer) {
    let inside = Cell::new(transfer.context);
    let last = B::run::<Boost>(&inside, transfer.data.addr());
    jump(&inside, last);
}

impl Peer for Boost {
    const NAME: &'static str = "boost";
    const SUBJECT: &'static str = "boost-context";

    type Inside = Cell<*mut c_void>;
    type Stack = Stack;

    fn stack(bytes: usize) -> Stack {
        Stack::map(bytes)
    }

    #[inline(always)]
    fn new<B: Body>(stack: Stack) -> Self {
        // SAFETY: a stack that nobody uses.
        let peer = unsafe { make_fcontext(stack.top().cast(), stack.bytes(), start::<B>) };
        Self { peer: Cell::new(peer), stack }
    }

    #[inline(always)]
    fn resume(&mut self, word: usize) -> usize {
        jump(&self.peer, word)
    }

    #[inline(always)]
    fn suspend(inside: &Self::Inside, word: usize) -> usize {
        jump(inside, word)
    }

    #[inline(always)]
    fn into_stack(self) -> Stack {
        self.stack
    }
}
