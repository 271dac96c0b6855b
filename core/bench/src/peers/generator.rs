//! The crate generator. It takes no stack, so a new one is made each time.

use std::cell::UnsafeCell;

use generator::{Generator, Gn, Scope};

use crate::peer::{Body, Peer};

/// Its generator.
pub struct Generators {
    generator: Generator<'static, usize, usize>,
    bytes: usize,
}

impl Peer for Generators {
    const NAME: &'static str = "generator";
    const SUBJECT: &'static str = "generator";

    type Inside = UnsafeCell<Scope<'static, 'static, usize, usize>>;
    type Stack = usize;

    fn stack(bytes: usize) -> usize {
        bytes
    }

    #[inline(always)]
    fn new<B: Body>(bytes: usize) -> Self {
        let run = |scope: Scope<'_, 'static, usize, usize>| {
            // SAFETY: only the lifetime changes; the body ends before the scope.
            let mut scope: Scope<'static, 'static, usize, usize> =
                unsafe { std::mem::transmute(scope) };
            let first = scope.get_yield().expect("each resume passes a value");
            B::run::<Self>(&UnsafeCell::new(scope), first)
        };
        Self { generator: Gn::new_scoped_opt(bytes / size_of::<usize>(), run), bytes }
    }

    #[inline(always)]
    fn resume(&mut self, word: usize) -> usize {
        self.generator.send(word)
    }

    #[inline(always)]
    fn suspend(inside: &Self::Inside, word: usize) -> usize {
        // SAFETY: one body uses it, one call at a time.
        let scope = unsafe { &mut *inside.get() };
        scope.yield_(word).expect("each resume passes a value")
    }

    #[inline(always)]
    fn into_stack(self) -> usize {
        self.bytes
    }
}
