//! Coroutines without types: one word each way, and the rules in comments.
//!
//! A [`Context`] switches by one of three methods. [`Separate`] stacks are the
//! default, [`Sliced`] ones share one, and [`Ucontext`] has the C library switch.
//! What a context may do, and when, is the same for all three.

mod method;
mod separate;
mod sliced;
mod ucontext;

use core::any::Any;
use core::cell::Cell;
use core::ffi::c_void;
use core::fmt;
use core::mem;
use core::ops::Range;
use core::ptr;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process;

use self::method::LaunchFn;
pub use self::method::{Counts, Method};
pub use self::separate::Separate;
pub use self::sliced::Sliced;
pub use self::ucontext::Ucontext;
use crate::arch::Word;
pub use crate::stack::StackError;

/// What a context runs: the data given to [`Context::prepare`] and the word of
/// the first resume in, the word of the last one out. It may panic.
pub type Entry = unsafe fn(data: *mut c_void, first: *mut c_void) -> *mut c_void;

/// What a context is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It has a stack, and nothing to run on it.
    Empty,
    /// It waits for its first resume.
    Prepared,
    /// It runs, or waits for another one that it resumed.
    Running,
    /// It waits to be resumed again.
    Suspended,
    /// It runs for the last time: [`Context::unwind`] has told it to leave.
    Unwinding,
    /// Its entry function has returned or panicked.
    Finished,
}

/// A stack, and the side of it that is not running.
///
/// MXCSR and the x87 control word belong to the context. At its first resume it
/// starts with those of its resumer, as a called function would.
///
/// Dropping a context frees its stack, whatever is still on it; see
/// [`unwind`](Self::unwind).
pub struct Context<M: Method = Separate> {
    state: Cell<State>,
    start: Cell<Option<Start>>,
    method: M,
}

thread_local! {
    /// A panic on its way from an entry function to the resumer, which are on one
    /// thread; null if there is none. It is not in the context that the resumer
    /// resumed: that may have handed over, and be gone by now.
    static THROWN: Cell<*mut Payload> = const { Cell::new(ptr::null_mut()) };
}

type Payload = Box<dyn Any + Send>;

/// Leaves a panic for the resumer.
///
/// Never inlined: the entry function may have come here from another thread, whose
/// thread locals are elsewhere.
#[cold]
#[inline(never)]
fn throw(payload: Payload) {
    THROWN.set(Box::into_raw(Box::new(payload)));
}

/// Goes on with a panic that was left for the resumer.
#[cold]
fn catch(thrown: *mut Payload) -> ! {
    THROWN.set(ptr::null_mut());
    // SAFETY: `throw` made it, and it is taken once.
    let payload = unsafe { Box::from_raw(thrown) };
    resume_unwind(*payload)
}

/// What the first resume starts.
#[derive(Clone, Copy)]
struct Start {
    entry: Entry,
    data: *mut c_void,
}

/// The payload that unwinds a suspended context. Nobody else can make one.
struct Leave;

impl Context {
    /// Takes a separate stack of at least `stack_bytes`, with nothing to run on it
    /// yet.
    ///
    /// # Errors
    ///
    /// The size is 0 or too large, or the system has no room.
    pub fn new(stack_bytes: usize) -> Result<Self, StackError> {
        Self::with_method(stack_bytes)
    }
}

/// A state that is put back if a method refuses to switch, with a panic.
struct Undo<'a> {
    state: &'a Cell<State>,
    before: State,
}

impl<'a> Undo<'a> {
    fn new(state: &'a Cell<State>, now: State) -> Self {
        Self { state, before: state.replace(now) }
    }
}

impl Drop for Undo<'_> {
    fn drop(&mut self) {
        self.state.set(self.before);
    }
}

impl<M: Method> Context<M> {
    /// As [`new`](Context::new), with the method that the type says.
    ///
    /// # Errors
    ///
    /// The size is 0 or too large, or the system has no room.
    pub fn with_method(stack_bytes: usize) -> Result<Self, StackError> {
        Ok(Self {
            state: Cell::new(State::Empty),
            start: Cell::new(None),
            method: M::new(stack_bytes)?,
        })
    }

    /// Has the first resume call `entry` with `data`. It is called once, and only
    /// on an empty context.
    ///
    /// # Safety
    ///
    /// From now on the context stays where it is in memory. It is dropped only
    /// when nobody needs what is on its stack any more: after it has finished, or
    /// abandoned with all that lives there. `entry` may be called with `data`, on
    /// another stack, at any later resume.
    ///
    /// # Panics
    ///
    /// If the context has been prepared before.
    pub unsafe fn prepare(&self, entry: Entry, data: *mut c_void) {
        assert_eq!(self.state.get(), State::Empty, "cannot prepare a coroutine twice");
        self.start.set(Some(Start { entry, data }));
        let argument = ptr::from_ref(self).cast_mut().cast();
        // SAFETY: the context stays in place, and so does its method.
        unsafe { self.method.prepare(LaunchFn(launch::<M>), argument) };
        self.state.set(State::Prepared);
    }

    /// What the context is doing.
    #[inline]
    pub fn state(&self) -> State {
        self.state.get()
    }

    /// Whether the caller runs on the context's stack: whether it may be suspended
    /// or transferred from here.
    #[inline]
    pub fn is_current(&self) -> bool {
        self.method.is_current()
    }

    /// Whether the context could be resumed from the stack on which the caller runs,
    /// as far as the method can tell. On a stack that many share, this is false
    /// while one of them waits for a call that has gone on elsewhere.
    #[inline]
    pub fn is_reachable(&self) -> bool {
        self.method.can_enter()
    }

    /// The addresses that the context's frames have while it runs, from the guard to
    /// the top.
    #[inline]
    pub fn bounds(&self) -> Range<*mut u8> {
        self.method.bounds()
    }

    /// Runs the context until it suspends or finishes, and returns the word that
    /// it does so with. A panic that leaves the entry function comes out of here.
    ///
    /// # Safety
    ///
    /// No other thread uses the context meanwhile. If this is another thread than
    /// at the last resume, then what lives on the context's stack can bear that.
    ///
    /// # Panics
    ///
    /// If there is nothing to resume: see [`State`].
    #[track_caller]
    pub unsafe fn resume(&self, value: *mut c_void) -> *mut c_void {
        // SAFETY: the caller vouches for it.
        unsafe { self.wake() };
        let refused = Undo::new(&self.state, State::Running);
        // SAFETY: the context is parked, as its state just said.
        unsafe { self.run(value, refused) }
    }

    /// Leaves this context for another one, without the resumer in between:
    /// whoever waits for this one now waits for `to`. Returns the word of the
    /// resume, or of the transfer, that comes back.
    ///
    /// # Safety
    ///
    /// As for [`suspend`](Self::suspend), and for `to` as for
    /// [`resume`](Self::resume).
    ///
    /// # Panics
    ///
    /// If the caller does not run on this context's stack, or `to` cannot be
    /// resumed.
    ///
    /// # Aborts
    ///
    /// As [`suspend`](Self::suspend).
    #[track_caller]
    pub unsafe fn transfer(&self, to: &Self, value: *mut c_void) -> *mut c_void {
        self.may_leave();
        // SAFETY: the caller vouches for `to`.
        unsafe { to.wake() };
        let refused =
            (Undo::new(&self.state, State::Suspended), Undo::new(&to.state, State::Running));
        // SAFETY: `to` is parked, as its state said, and this context runs.
        let value = unsafe { self.method.hand_over(&to.method, value) };
        mem::forget(refused);
        self.arrive();
        value
    }

    /// Leaves the context, and returns the word of the resume that comes back to
    /// it. Does not return if [`unwind`](Self::unwind) comes in its place: the
    /// caller's frames are then unwound, and their destructors run.
    ///
    /// The caller runs on the context's own stack; from any other, such as one
    /// that a body has changed to for deep recursion, this is refused.
    ///
    /// # Safety
    ///
    /// Nothing but the entry function's frames, and what they called, lies on the
    /// stack, and none of those forbids to be left for a while or to be unwound.
    ///
    /// # Panics
    ///
    /// If the caller does not run on the context's stack.
    ///
    /// # Aborts
    ///
    /// If the context is being unwound: somebody has caught the unwinding, or
    /// suspends in a destructor.
    #[track_caller]
    pub unsafe fn suspend(&self, value: *mut c_void) -> *mut c_void {
        self.may_leave();
        let refused = Undo::new(&self.state, State::Suspended);
        // SAFETY: the resumer is parked, since this context runs.
        let value = unsafe { self.method.leave(value) };
        mem::forget(refused);
        self.arrive();
        value
    }

    /// Sees to it that the context can be resumed.
    ///
    /// # Safety
    ///
    /// No other thread uses it.
    #[track_caller]
    unsafe fn wake(&self) {
        match self.state.get() {
            State::Prepared | State::Suspended => {}
            State::Empty => panic!("cannot resume a coroutine that has no body"),
            State::Running => {
                panic!("cannot resume a coroutine that is running, or waits for one it resumed")
            }
            State::Unwinding => panic!("cannot resume a coroutine that is being destroyed"),
            State::Finished => panic!("cannot resume a coroutine that has finished"),
        }
    }

    /// Sees to it that the context may be left by whoever calls.
    #[track_caller]
    fn may_leave(&self) {
        assert!(self.method.is_current(), "cannot suspend a coroutine from outside its own stack");
        if self.state.get() == State::Unwinding {
            abort("a coroutine suspended while it was being destroyed");
        }
    }

    /// The context goes on; or, if it was told to leave, it unwinds.
    fn arrive(&self) {
        if self.state.get() == State::Unwinding {
            resume_unwind(Box::new(Leave));
        }
    }

    /// Resumes a suspended context for the last time, and has it unwind from the
    /// place where it suspended. Afterwards it has finished. If it has not
    /// started, has finished or is empty, there is nothing to unwind.
    ///
    /// If code on the stack stops the unwinding with a panic of its own, that
    /// panic comes out of here. In a program built with `panic = "abort"`, and
    /// through frames without unwind tables, unwinding aborts, as a panic does.
    ///
    /// # Safety
    ///
    /// As for [`resume`](Self::resume).
    ///
    /// # Aborts
    ///
    /// If the context is running.
    pub unsafe fn unwind(&self) {
        match self.state.get() {
            State::Empty | State::Prepared | State::Finished => {}
            State::Running | State::Unwinding => {
                abort("a coroutine was destroyed while it was running");
            }
            State::Suspended => {
                let refused = Undo::new(&self.state, State::Unwinding);
                // SAFETY: the context is parked, as its state just said.
                unsafe { self.run(ptr::null_mut(), refused) };
            }
        }
    }

    /// The resumer's side of a switch. When it comes back, the context may be gone: it
    /// may have handed over to another one, and whoever ran then may have ended it.
    ///
    /// # Safety
    ///
    /// The context is parked.
    unsafe fn run(&self, value: *mut c_void, refused: Undo<'_>) -> *mut c_void {
        // SAFETY: the caller vouches that it is parked.
        let value = unsafe { self.method.enter(value) };
        mem::forget(refused);
        let thrown = THROWN.get();
        if !thrown.is_null() {
            catch(thrown);
        }
        value
    }
}

impl<M: Method> fmt::Debug for Context<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("state", &self.state.get()).finish_non_exhaustive()
    }
}

/// The first Rust frame of every context. No unwinding passes it: below lies the
/// root, where the stack ends.
unsafe extern "C" fn launch<M: Method>(context: *mut c_void, first: Word, _: *mut u8) -> ! {
    // SAFETY: a context is resumed with a whole word.
    let first = unsafe { first.assume_init() };
    // SAFETY: `prepare` passed its context, which has not moved since.
    let context = unsafe { &*context.cast::<Context<M>>() };
    let Start { entry, data } = context.start.get().expect("a prepared context has a start");

    // Nothing broken can be seen afterwards: the context is not resumed again,
    // and the panic goes on in the resumer.
    // SAFETY: `prepare`'s caller vouches for the entry function and its data.
    let body = AssertUnwindSafe(|| unsafe { entry(data, first) });
    let value = catch_unwind(body).unwrap_or_else(|payload| {
        // A body may keep another context's payload and throw it again, so the
        // payload alone proves nothing.
        if context.state.get() != State::Unwinding || !payload.is::<Leave>() {
            throw(payload);
        }
        ptr::null_mut()
    });

    context.state.set(State::Finished);
    // SAFETY: the resumer is parked, since this context runs.
    unsafe { context.method.finish(value) };
    abort("a finished coroutine was resumed");
}

/// Ends the process where going on would be worse, and unwinding is impossible.
#[cold]
fn abort(why: &str) -> ! {
    eprintln!("unscathed-core: {why}");
    process::abort();
}
