//! The crate wasmtime-internal-fiber.

use std::cell::Cell;
use std::ptr;

use wasmtime_internal_fiber::{Fiber, FiberStack, Suspend};

use crate::peer::{Body, Peer};

/// Its fiber.
pub struct WasmtimeFiber(Fiber<'static, usize, usize, usize>);

impl Peer for WasmtimeFiber {
    const NAME: &'static str = "wasmtime-fiber";
    const SUBJECT: &'static str = "wasmtime-fiber";

    type Inside = Cell<*mut Suspend<usize, usize, usize>>;
    type Stack = FiberStack;

    fn stack(bytes: usize) -> FiberStack {
        FiberStack::new(bytes, false).expect("there is room for a stack")
    }

    #[inline(always)]
    fn new<B: Body>(stack: FiberStack) -> Self {
        let run = |first, suspend: &mut Suspend<usize, usize, usize>| {
            B::run::<Self>(&Cell::new(ptr::from_mut(suspend)), first)
        };
        Self(Fiber::new(stack, run).expect("there are fibers for this machine"))
    }

    #[inline(always)]
    fn resume(&mut self, word: usize) -> usize {
        match self.0.resume(word) {
            Ok(word) | Err(word) => word,
        }
    }

    #[inline(always)]
    fn suspend(inside: &Self::Inside, word: usize) -> usize {
        // SAFETY: alive while the body runs, which calls it one at a time.
        unsafe { &mut *inside.get() }.suspend(word)
    }

    #[inline(always)]
    fn into_stack(self) -> FiberStack {
        self.0.into_stack()
    }
}
