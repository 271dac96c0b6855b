//! The reference: its typed coroutines, and its contexts by each method.

use std::ffi::c_void;
use std::marker::PhantomData;
use std::ptr;

use unscathed_core::raw::{self, Context, Method};
use unscathed_core::{Coroutine, Step, Suspender};

use crate::peer::{Body, Peer};

/// The typed coroutine. Its stacks come from its own pool, whatever it is given.
pub struct Reference {
    coroutine: Coroutine<usize, usize, usize>,
    bytes: usize,
}

impl Peer for Reference {
    const NAME: &'static str = "reference";
    const SUBJECT: &'static str = "reference-typed";

    type Inside = Suspender<usize, usize>;
    type Stack = usize;

    #[inline(always)]
    fn stack(bytes: usize) -> usize {
        bytes
    }

    #[inline(always)]
    fn new<B: Body>(bytes: usize) -> Self {
        let coroutine = Coroutine::new(bytes, |inside, first| B::run::<Self>(inside, first));
        Self { coroutine: coroutine.expect("there is room for a stack"), bytes }
    }

    #[inline(always)]
    fn resume(&mut self, word: usize) -> usize {
        match self.coroutine.resume(word) {
            Step::Suspended(word) | Step::Finished(word) => word,
        }
    }

    #[inline(always)]
    fn suspend(inside: &Self::Inside, word: usize) -> usize {
        inside.suspend(word)
    }

    #[inline(always)]
    fn into_stack(self) -> usize {
        self.bytes
    }
}

/// A context, as the adapters use it.
pub struct Untyped<M: Named> {
    context: Box<Context<M>>,
    bytes: usize,
}

/// A method with a heading.
pub trait Named: Method {
    /// Heads its column.
    const NAME: &'static str;
    /// The subject of an audit.
    const SUBJECT: &'static str;
}

impl Named for raw::Separate {
    const NAME: &'static str = "untyped";
    const SUBJECT: &'static str = "reference";
}

impl Named for raw::Sliced {
    const NAME: &'static str = "sliced";
    const SUBJECT: &'static str = "reference-slicing";
}

impl Named for raw::Ucontext {
    const NAME: &'static str = "ucontext";
    const SUBJECT: &'static str = "reference-ucontext";
}

/// What a body of a context is given.
pub struct Inside<M: Named>(*const Context<M>, PhantomData<M>);

unsafe fn run<B: Body, M: Named>(context: *mut c_void, first: *mut c_void) -> *mut c_void {
    let inside = Inside(context.cast_const().cast(), PhantomData);
    ptr::without_provenance_mut(B::run::<Untyped<M>>(&inside, first.addr()))
}

impl<M: Named> Peer for Untyped<M> {
    const NAME: &'static str = M::NAME;
    const SUBJECT: &'static str = M::SUBJECT;

    type Inside = Inside<M>;
    type Stack = usize;

    fn stack(bytes: usize) -> usize {
        bytes
    }

    fn new<B: Body>(bytes: usize) -> Self {
        let context = Box::new(Context::with_method(bytes).expect("there is room for a stack"));
        let data = ptr::from_ref(&*context).cast_mut().cast();
        // SAFETY: the box keeps the context in place.
        unsafe { context.prepare(run::<B, M>, data) };
        Self { context, bytes }
    }

    #[inline(always)]
    fn resume(&mut self, word: usize) -> usize {
        // SAFETY: one thread, and no body here holds anything of its stack.
        unsafe { self.context.resume(ptr::without_provenance_mut(word)) }.addr()
    }

    #[inline(always)]
    fn suspend(inside: &Self::Inside, word: usize) -> usize {
        // SAFETY: the context lives while its body runs.
        let context = unsafe { &*inside.0 };
        // SAFETY: the body calls it.
        unsafe { context.suspend(ptr::without_provenance_mut(word)) }.addr()
    }

    fn into_stack(self) -> usize {
        self.bytes
    }
}
