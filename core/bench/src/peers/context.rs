//! The crate context: Boost.Context's assembly, with stacks of its own.

use std::cell::Cell;

use context::stack::ProtectedFixedSizeStack;
use context::{Context, Transfer};

use crate::peer::{Body, Peer};

/// Its context, and the stack that it runs on.
pub struct Contexts {
    peer: Cell<Option<Context>>,
    stack: ProtectedFixedSizeStack,
}

#[inline(always)]
fn jump(peer: &Cell<Option<Context>>, word: usize) -> usize {
    let other = peer.take().expect("the other side is known between two jumps");
    // SAFETY: it is taken out of its cell, so it is entered once.
    let transfer = unsafe { other.resume(word) };
    peer.set(Some(transfer.context));
    transfer.data
}

extern "C" fn start<B: Body>(transfer: Transfer) -> ! {
    let inside = Cell::new(Some(transfer.context));
    let last = B::run::<Contexts>(&inside, transfer.data);
    jump(&inside, last);
    unreachable!("a finished coroutine was resumed")
}

impl Peer for Contexts {
    const NAME: &'static str = "context";
    const SUBJECT: &'static str = "context";

    type Inside = Cell<Option<Context>>;
    type Stack = ProtectedFixedSizeStack;

    fn stack(bytes: usize) -> Self::Stack {
        ProtectedFixedSizeStack::new(bytes).expect("there is room for a stack")
    }

    #[inline(always)]
    fn new<B: Body>(stack: Self::Stack) -> Self {
        // SAFETY: the stack is kept for as long as the context is used.
        let context = unsafe { Context::new(&stack, start::<B>) };
        Self { peer: Cell::new(Some(context)), stack }
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
    fn into_stack(self) -> Self::Stack {
        self.stack
    }
}
