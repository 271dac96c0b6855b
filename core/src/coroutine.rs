//! The safe face of [`raw`](crate::raw).

use core::cell::Cell;
use core::ffi::c_void;
use core::fmt;
use core::ptr::{self, NonNull};

use crate::raw::{Context, State};
use crate::stack::StackError;

/// How a resume ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<Y, R> {
    /// The body suspended with this value, and can be resumed.
    Suspended(Y),
    /// The body returned this value, and cannot be resumed.
    Finished(R),
}

/// A function that can stop in the middle and be taken up again.
///
/// It takes `I` at each resume, gives `Y` at each suspension and `R` at its end.
///
/// ```
/// use unscathed_core::{Coroutine, Step};
///
/// let mut sum = Coroutine::new(64 << 10, |suspender, first: u32| {
///     let second = suspender.suspend("one more");
///     first + second
/// })?;
/// assert_eq!(sum.resume(30), Step::Suspended("one more"));
/// assert_eq!(sum.resume(12), Step::Finished(42));
/// # Ok::<(), unscathed_core::StackError>(())
/// ```
///
/// # Floating-point control
///
/// Rounding mode, exception masks and precision (MXCSR and the x87 control word)
/// belong to the coroutine. It starts with those of its first resumer.
///
/// # Drop
///
/// Dropping a coroutine that is suspended unwinds it, so that what lives on its
/// stack is dropped. This looks like a panic whose payload has a private type,
/// and no panic hook sees it. A body that catches it should return or throw it
/// again; if it suspends instead, or a destructor does, the process aborts, and
/// a panic of its own comes out of the drop. The process also aborts, by Rust's
/// own rule for a second panic, if the coroutine is suspended inside a destructor
/// that runs because of a panic; and wherever a panic would abort: in a program
/// built with `panic = "abort"`, or across a function that is `extern "C"`.
/// Dropping one that has not started drops its body, and
/// [forgetting](core::mem::forget) one leaks its stack.
///
/// # Threads
///
/// What a suspended body holds on its stack is unknown here and need not be
/// `Send`, so neither is the coroutine.
///
/// ```compile_fail,E0277
/// let coroutine = unscathed_core::Coroutine::<(), (), ()>::new(64 << 10, |_, ()| ()).unwrap();
/// std::thread::spawn(move || drop(coroutine));
/// ```
///
/// # Limits
///
/// Some code is sound only because the calls of one thread end in the reverse
/// order of their beginning, and before the thread does. A body must not suspend
/// inside such a call. Two are known: the closure of a scoped thread local, which
/// puts back a pointer when it ends, and that of
/// [`LocalKey::with`](std::thread::LocalKey::with), if the coroutine is itself
/// kept in a thread local that may be destroyed later. No library of coroutines
/// with stacks can see this from outside.
pub struct Coroutine<I: 'static, Y: 'static, R: 'static> {
    /// Owned: from a box, and back into one in drop. Not a box meanwhile, since
    /// the running body has references into it.
    shared: NonNull<Shared<I, Y, R>>,
}

type Body<I, Y, R> = Box<dyn FnOnce(&Suspender<I, Y>, I) -> R>;

/// What both sides see. Only shared references to it exist while the coroutine
/// lives.
struct Shared<I: 'static, Y: 'static, R: 'static> {
    suspender: Suspender<I, Y>,
    body: Cell<Option<Body<I, Y, R>>>,
    result: Cell<Option<R>>,
}

/// The body's way out of its own coroutine.
///
/// The body gets a reference that ends with it, and no value of this type can be
/// had:
///
/// ```compile_fail,E0521
/// let mut kept = None;
/// unscathed_core::Coroutine::<(), (), ()>::new(64 << 10, move |suspender, ()| {
///     kept = Some(suspender);
/// });
/// ```
///
/// An inner coroutine cannot capture the outer one's, because bodies are
/// `'static`:
///
/// ```compile_fail,E0521
/// use unscathed_core::Coroutine;
///
/// Coroutine::<(), (), ()>::new(64 << 10, |outer, ()| {
///     let mut inner = Coroutine::<(), (), ()>::new(64 << 10, move |_, ()| outer.suspend(()));
///     inner.unwrap().resume(());
/// });
/// ```
///
/// Neither can another thread use it:
///
/// ```compile_fail,E0277
/// unscathed_core::Coroutine::<(), (), ()>::new(64 << 10, |suspender, ()| {
///     std::thread::scope(|scope| scope.spawn(|| suspender.suspend(())).join().unwrap());
/// });
/// ```
pub struct Suspender<I: 'static, Y: 'static> {
    context: Context,
    input: Cell<Option<I>>,
    output: Cell<Option<Y>>,
}

impl<I: 'static, Y: 'static, R: 'static> Coroutine<I, Y, R> {
    /// Makes a coroutine that will run `body` on a stack of at least
    /// `stack_bytes`. The first resume's value is the body's argument.
    ///
    /// # Errors
    ///
    /// The size is 0 or too large, or the system has no room.
    pub fn new(
        stack_bytes: usize,
        body: impl FnOnce(&Suspender<I, Y>, I) -> R + 'static,
    ) -> Result<Self, StackError> {
        let shared = Box::new(Shared {
            suspender: Suspender {
                context: Context::new(stack_bytes)?,
                input: Cell::new(None),
                output: Cell::new(None),
            },
            body: Cell::new(Some(Box::new(body))),
            result: Cell::new(None),
        });
        let this = Self { shared: NonNull::from(Box::leak(shared)) };
        let data = this.shared.as_ptr().cast();
        // SAFETY: the context lies in the heap until the drop below, and `run` is
        // given the type that it asks for.
        unsafe { this.context().prepare(run::<I, Y, R>, data) };
        Ok(this)
    }

    /// Runs the coroutine until it suspends or finishes.
    ///
    /// # Panics
    ///
    /// With the body's own payload if the body panics; the coroutine has then
    /// finished. If the coroutine had finished before.
    #[track_caller]
    pub fn resume(&mut self, input: I) -> Step<Y, R> {
        let shared = self.shared();
        shared.suspender.input.set(Some(input));
        // SAFETY: a coroutine never leaves its thread, so no other one uses it.
        unsafe { shared.suspender.context.resume(ptr::null_mut()) };
        // The state decides, not which value is there: a suspension that was
        // refused has left one, too.
        if self.is_done() {
            Step::Finished(shared.result.take().expect("a body that returned has a result"))
        } else {
            Step::Suspended(shared.suspender.output.take().expect("a suspension has a value"))
        }
    }

    /// Whether the body has returned or panicked.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.context().state() == State::Finished
    }

    fn context(&self) -> &Context {
        &self.shared().suspender.context
    }

    fn shared(&self) -> &Shared<I, Y, R> {
        // SAFETY: it lives until the drop below, and all of it is in cells.
        unsafe { self.shared.as_ref() }
    }
}

impl<I: 'static, Y: 'static, R: 'static> Drop for Coroutine<I, Y, R> {
    fn drop(&mut self) {
        /// Frees the memory even if a panic comes out of the unwinding.
        struct Free<I: 'static, Y: 'static, R: 'static>(NonNull<Shared<I, Y, R>>);

        impl<I: 'static, Y: 'static, R: 'static> Drop for Free<I, Y, R> {
            fn drop(&mut self) {
                // SAFETY: from a box in `new`; the body's references into it have
                // ended with the body.
                drop(unsafe { Box::from_raw(self.0.as_ptr()) });
            }
        }

        let _free = Free(self.shared);
        // SAFETY: a coroutine never leaves its thread, so no other one uses it.
        unsafe { self.context().unwind() };
    }
}

impl<I: 'static, Y: 'static, R: 'static> fmt::Debug for Coroutine<I, Y, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Coroutine").field(&self.context().state()).finish()
    }
}

impl<I: 'static, Y: 'static> Suspender<I, Y> {
    /// Leaves the coroutine with `value`, and returns what it is next resumed
    /// with.
    ///
    /// # Panics
    ///
    /// If the caller does not run on the coroutine's own stack: it is in another
    /// coroutine that this one has resumed, or the body has changed to a stack
    /// that is not ours.
    #[track_caller]
    pub fn suspend(&self, value: Y) -> I {
        self.output.set(Some(value));
        // SAFETY: a suspender is only lent to its own body. A frame in between that
        // cannot be unwound aborts, and a coroutine that is forgotten keeps its
        // stack, so nobody's borrow of it dangles.
        unsafe { self.context.suspend(ptr::null_mut()) };
        self.input.take().expect("a resume has a value")
    }
}

impl<I: 'static, Y: 'static> fmt::Debug for Suspender<I, Y> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Suspender").finish_non_exhaustive()
    }
}

/// The entry function of every typed coroutine.
unsafe fn run<I: 'static, Y: 'static, R: 'static>(
    data: *mut c_void,
    _first: *mut c_void,
) -> *mut c_void {
    // SAFETY: `new` passed this type, and the drop waits for this function.
    let Shared { suspender, body, result } = unsafe { &*data.cast::<Shared<I, Y, R>>() };
    let body = body.take().expect("a coroutine starts once");
    let input = suspender.input.take().expect("a resume has a value");
    result.set(Some(body(suspender, input)));
    ptr::null_mut()
}
