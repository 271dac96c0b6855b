//! The crate corosensei.

use corosensei::stack::DefaultStack;
use corosensei::{Coroutine, CoroutineResult, Yielder};

use crate::peer::{Body, Peer};

/// Its coroutine.
pub struct Corosensei(Coroutine<usize, usize, usize, DefaultStack>);

impl Peer for Corosensei {
    const NAME: &'static str = "corosensei";
    const SUBJECT: &'static str = "corosensei";

    type Inside = Yielder<usize, usize>;
    type Stack = DefaultStack;

    fn stack(bytes: usize) -> DefaultStack {
        DefaultStack::new(bytes).expect("there is room for a stack")
    }

    #[inline(always)]
    fn new<B: Body>(stack: DefaultStack) -> Self {
        Self(Coroutine::with_stack(stack, |inside, first| B::run::<Self>(inside, first)))
    }

    #[inline(always)]
    fn resume(&mut self, word: usize) -> usize {
        match self.0.resume(word) {
            CoroutineResult::Yield(word) | CoroutineResult::Return(word) => word,
        }
    }

    #[inline(always)]
    fn suspend(inside: &Self::Inside, word: usize) -> usize {
        inside.suspend(word)
    }

    #[inline(always)]
    fn into_stack(self) -> DefaultStack {
        self.0.into_stack()
    }
}
