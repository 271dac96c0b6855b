//! What a project might build on corosensei: a coroutine of words.

use corosensei::stack::DefaultStack;
use corosensei::{Coroutine, CoroutineResult, Yielder};

/// Suspends and resumes with one word.
pub struct Words(Coroutine<usize, usize, usize>);

impl Words {
    /// Prepares a coroutine; `None`: no memory.
    pub fn new(
        stack_bytes: usize,
        body: impl FnOnce(&Yielder<usize, usize>, usize) -> usize + 'static,
    ) -> Option<Self> {
        let stack = DefaultStack::new(stack_bytes).ok()?;
        Some(Self(Coroutine::with_stack(stack, body)))
    }

    /// Runs it on.
    pub fn resume(&mut self, value: usize) -> usize {
        #[cfg(feature = "planted")]
        let value = value as u32 as usize;
        match self.0.resume(value) {
            CoroutineResult::Yield(value) | CoroutineResult::Return(value) => value,
        }
    }

    /// Whether its body has returned.
    pub fn is_done(&self) -> bool {
        self.0.done()
    }
}
