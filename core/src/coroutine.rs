//! Coroutines that are safe and typed.
//!
//! Everything that a switch needs is in registers or on a stack that is warm: the
//! resumer knows where the coroutine is parked, and the coroutine is handed, at
//! each resume, where the resumer is. Values go directly if they fit into a word,
//! and are otherwise fetched out of the frame of whoever sends them.

use core::any::Any;
use core::cell::Cell;
use core::ffi::c_void;
use core::fmt;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ptr;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process;

use crate::arch::{self, Arrival, Word};
use crate::stack::{Stack, StackError};

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
    /// Where it is parked; null when it has finished.
    parked: *mut u8,
    stack: Stack,
    types: PhantomData<fn(I) -> Step<Y, R>>,
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
    /// Where the resumer is parked.
    resumer: Cell<*mut u8>,
    top: *mut u8,
    /// How much there is below the top; nothing once the coroutine is to leave.
    usable: Cell<usize>,
    types: PhantomData<fn(Y) -> I>,
}

/// The payload that unwinds a suspended coroutine. Nobody else can make one.
struct Leave;

/// What lies at the top of a stack; the body comes next.
#[repr(C, align(16))]
struct Header {
    /// Drops a body that never ran, given the header.
    drop_body: unsafe fn(*mut Header),
    usable: usize,
}

/// The largest body that is put on the stack: others go into a box, so that even
/// the smallest stack has room to run.
const LARGEST_BODY: usize = 1024;

/// Where the body lies, given the header.
#[inline]
fn body_of<F>(header: *mut Header) -> *mut F {
    // Aligned as the stack has to be below it.
    header.wrapping_byte_sub(size_of::<F>().next_multiple_of(16)).cast()
}

unsafe fn drop_body<F>(header: *mut Header) {
    // SAFETY: `Coroutine::place` wrote it, and it has not run.
    unsafe { ptr::drop_in_place(body_of::<F>(header)) };
}

impl<I: 'static, Y: 'static, R: 'static> Coroutine<I, Y, R> {
    /// Makes a coroutine that will run `body` on a stack of at least
    /// `stack_bytes`. The first resume's value is the body's argument.
    ///
    /// Stacks of up to 8 MiB come from a pool, and go back there: a thread keeps some
    /// of each size, as they were left, and what is more is given back to the
    /// system.
    ///
    /// # Errors
    ///
    /// The size is 0 or too large, or the system has no room.
    #[inline]
    pub fn new(
        stack_bytes: usize,
        body: impl FnOnce(&Suspender<I, Y>, I) -> R + 'static,
    ) -> Result<Self, StackError> {
        const fn fits<F>(_: &F) -> bool {
            size_of::<F>() <= LARGEST_BODY && align_of::<F>() <= 16
        }

        if fits(&body) {
            Self::place(stack_bytes, body)
        } else {
            let body = Box::new(body);
            Self::place(stack_bytes, move |suspender: &Suspender<I, Y>, first| {
                body(suspender, first)
            })
        }
    }

    #[inline]
    fn place<F>(stack_bytes: usize, body: F) -> Result<Self, StackError>
    where
        F: FnOnce(&Suspender<I, Y>, I) -> R + 'static,
    {
        let stack = Stack::new(stack_bytes)?;
        let header: *mut Header = stack.top().cast::<Header>().wrapping_sub(1);
        let contents = Header { drop_body: drop_body::<F>, usable: stack.usable() };
        // SAFETY: the topmost bytes of a stack that nobody uses; its top is a
        // multiple of a page.
        unsafe { header.write(contents) };
        let place = body_of::<F>(header);
        // SAFETY: below the header, and far above the stack's other end.
        unsafe { place.write(body) };
        // SAFETY: both sizes above are multiples of 16.
        let parked = unsafe { arch::prepare(place.cast(), launch::<I, Y, R, F>, header.cast()) };
        Ok(Self { parked, stack, types: PhantomData })
    }

    /// Runs the coroutine until it suspends or finishes.
    ///
    /// # Panics
    ///
    /// With the body's own payload if the body panics; the coroutine has then
    /// finished. If the coroutine had finished before.
    #[inline]
    #[track_caller]
    pub fn resume(&mut self, input: I) -> Step<Y, R> {
        if self.parked.is_null() {
            drop(input);
            panic!("cannot resume a coroutine that has finished");
        }
        // Taken out by the coroutine; nothing in between panics.
        let mut input = ManuallyDrop::new(input);
        // SAFETY: it is parked there, on this thread, and takes an `I`.
        let arrival = unsafe { arch::switch(self.parked, lend(&mut input)) };
        if arrival.is_plain() || !arrival.settle() {
            self.parked = arrival.parked;
            // SAFETY: a suspension lends a `Y`.
            Step::Suspended(unsafe { take(arrival.word) })
        } else {
            self.parked = ptr::null_mut();
            // SAFETY: the end is marked, and nothing else is.
            match unsafe { outcome(arrival) } {
                Ok(result) => Step::Finished(result),
                Err(payload) => resume_unwind(payload),
            }
        }
    }

    /// Whether the body has returned or panicked.
    #[must_use]
    #[inline]
    pub fn is_done(&self) -> bool {
        self.parked.is_null()
    }
}

impl<I: 'static, Y: 'static, R: 'static> Drop for Coroutine<I, Y, R> {
    #[inline]
    fn drop(&mut self) {
        if !self.is_done() {
            // SAFETY: it is parked there, with this result, and nobody resumes it.
            unsafe { end::<R>(self.parked, self.stack.top()) };
        }
        // The stack goes back to the pool, even if a panic comes out of the end.
    }
}

/// Ends a coroutine that has not finished.
///
/// Its parts are passed, and not a reference to it, so that one whose end is in
/// sight need never be in memory.
///
/// # Safety
///
/// It is parked there, on the stack with this top, and its result is an `R`. It is
/// not used again.
#[cold]
unsafe fn end<R>(parked: *mut u8, top: *mut u8) {
    // SAFETY: it is parked there.
    if unsafe { arch::is_prepared(parked) } {
        let header: *mut Header = top.cast::<Header>().wrapping_sub(1);
        // SAFETY: `place` wrote the header.
        let drop_body = unsafe { (*header).drop_body };
        // SAFETY: the body has not run, and will not.
        return unsafe { drop_body(header) };
    }
    // SAFETY: it is parked there, and arrives at a suspension, which takes no value
    // when it is marked. It does not suspend again: that aborts.
    let arrival = unsafe { arch::switch_marked(parked, Word::uninit()) };
    arrival.settle();
    // SAFETY: so this is its end.
    match unsafe { outcome::<R>(arrival) } {
        Err(payload) if !payload.is::<Leave>() => resume_unwind(payload),
        _ => {}
    }
}

impl<I: 'static, Y: 'static, R: 'static> fmt::Debug for Coroutine<I, Y, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.is_done() { "Finished" } else { "Suspended" };
        write!(f, "Coroutine({state})")
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
    #[inline]
    #[track_caller]
    pub fn suspend(&self, value: Y) -> I {
        let usable = self.usable.get();
        if arch::depth(self.top) > usable {
            refuse(usable);
        }
        // Taken out by the resumer; nothing in between panics.
        let mut value = ManuallyDrop::new(value);
        // SAFETY: a suspender is only lent to its own body, and this is that body's
        // stack: so the resumer is parked there, and takes a `Y`. A frame in between
        // that cannot be unwound aborts, and a coroutine that is forgotten keeps its
        // stack, so nobody's borrow of it dangles.
        let arrival = unsafe { arch::switch(self.resumer.get(), lend(&mut value)) };
        self.resumer.set(arrival.parked);
        let mut word = arrival.word;
        if !arrival.is_plain() {
            let marked;
            (word, marked) = arrival.settle_rarely();
            if marked {
                self.usable.set(0);
                leave();
            }
        }
        // SAFETY: a resume lends an `I`.
        unsafe { take(word) }
    }
}

#[cold]
fn leave() -> ! {
    resume_unwind(Box::new(Leave))
}

#[cold]
#[track_caller]
fn refuse(usable: usize) -> ! {
    if usable == 0 {
        eprintln!("unscathed-core: a coroutine suspended while it was being destroyed");
        process::abort();
    }
    panic!("cannot suspend a coroutine from outside its own stack");
}

impl<I: 'static, Y: 'static> fmt::Debug for Suspender<I, Y> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Suspender").finish_non_exhaustive()
    }
}

type Outcome<R> = Result<R, Box<dyn Any + Send>>;

/// The first Rust frame of every typed coroutine. No unwinding passes it: below
/// lies the root, where the stack ends.
unsafe extern "C" fn launch<I, Y, R, F>(header: *mut c_void, first: Word, resumer: *mut u8) -> !
where
    I: 'static,
    Y: 'static,
    R: 'static,
    F: FnOnce(&Suspender<I, Y>, I) -> R + 'static,
{
    let header: *mut Header = header.cast();
    // SAFETY: `place` wrote the header.
    let usable = unsafe { (*header).usable };
    let resumer = Cell::new(resumer);
    // Nothing broken can be seen afterwards: the coroutine is not resumed again,
    // and the panic goes on in the resumer.
    let outcome: Outcome<R> = catch_unwind(AssertUnwindSafe(|| {
        // Made here, the suspender is in registers if the body is inlined.
        let suspender = Suspender {
            resumer: Cell::new(resumer.get()),
            top: header.wrapping_add(1).cast(),
            usable: Cell::new(usable),
            types: PhantomData,
        };
        let _back = Back { from: &suspender.resumer, to: &resumer };
        // The next two are taken here, where no copy is made on their way.
        // SAFETY: `place` wrote the body, and it is taken once.
        let body = unsafe { body_of::<F>(header).read() };
        // SAFETY: the first resume lends an `I`.
        body(&suspender, unsafe { take(first) })
    }));
    let mut outcome = ManuallyDrop::new(outcome);
    // SAFETY: the resumer is parked there, and takes the outcome out before
    // anything else runs on this stack.
    unsafe { arch::exit_marked(resumer.get(), Word::new((&raw mut outcome).cast())) }
}

/// Copies a cell when it goes, by return or by panic.
struct Back<'a> {
    from: &'a Cell<*mut u8>,
    to: &'a Cell<*mut u8>,
}

impl Drop for Back<'_> {
    #[inline]
    fn drop(&mut self) {
        self.to.set(self.from.get());
    }
}

/// What a coroutine has come to.
///
/// # Safety
///
/// The arrival is the end of one with this result.
#[inline]
unsafe fn outcome<R>(arrival: Arrival) -> Outcome<R> {
    // SAFETY: `launch` passes a pointer.
    let place = unsafe { arrival.word.assume_init() };
    // SAFETY: to an outcome that it leaves to us.
    unsafe { place.cast::<Outcome<R>>().read() }
}

/// A word with which the other side can [`take`] the value, once, while this side
/// waits.
#[inline]
fn lend<T>(value: &mut ManuallyDrop<T>) -> Word {
    let place: *mut T = &mut **value;
    if fits_into_a_word::<T>() {
        let mut word = Word::uninit();
        // SAFETY: `T` is no larger and no more aligned than a word.
        unsafe { ptr::copy_nonoverlapping(place, word.as_mut_ptr().cast(), 1) };
        word
    } else {
        Word::new(place.cast())
    }
}

/// # Safety
///
/// The other side lent a `T`, which nobody has taken.
#[inline]
unsafe fn take<T>(word: Word) -> T {
    if fits_into_a_word::<T>() {
        // SAFETY: the word has the bytes of a `T`.
        unsafe { word.as_ptr().cast::<T>().read() }
    } else {
        // SAFETY: `lend` made it of a pointer.
        let place = unsafe { word.assume_init() };
        // SAFETY: the caller vouches for what is there.
        unsafe { place.cast::<T>().read() }
    }
}

const fn fits_into_a_word<T>() -> bool {
    size_of::<T>() <= size_of::<Word>() && align_of::<T>() <= align_of::<Word>()
}
