//! The switch itself: what happens on both sides of it, in this order.
//!
//! Whatever may allocate, fail or run Python code comes first. Then the side that runs is
//! saved and the other one installed, and from there to the switch of stacks nothing of
//! Python's is called. What is left over is dropped by whoever arrives.

use core::ffi::c_void;
use core::ptr;

use pyo3::ffi;

use crate::coroutine::{Coroutine, Phase};
use crate::error::{Kind, Raised, Set, raise, raise_instance, raise_static};
use crate::object::Object;
use crate::state;
use crate::switcher::Switcher;
use crate::thread::Thread;

/// What a switch into a coroutine brings.
pub(crate) enum Message {
    Value(Object),
    /// An exception, to be raised where the coroutine is suspended.
    Exception(Object),
}

impl Message {
    /// The word for the switch. Null says that there is an exception.
    #[inline]
    fn send(self, thread: &Thread) -> *mut c_void {
        match self {
            Self::Value(value) => value.into_ptr().cast(),
            Self::Exception(exception) => {
                thread.thrown.set(Some(exception));
                ptr::null_mut()
            }
        }
    }
}

/// Runs a coroutine until it suspends or ends.
#[inline]
pub(crate) fn enter(co: &Coroutine, message: Message) -> Result<Object, Set> {
    if co.phase.get() != Phase::Suspended {
        begin(co)?;
    }
    let thread = co.thread();
    if !thread.is_here() {
        return Err(elsewhere());
    }
    thread.drain();
    if co.phase.get() != Phase::Suspended && co.phase.get() != Phase::Created {
        return Err(not_resumable(co));
    }
    if !co.switcher().is_reachable() {
        return Err(raise_static(
            Kind::Runtime,
            c"cannot resume a coroutine whose stack is in use by one that called elsewhere",
        ));
    }

    // SAFETY: no exception is set where a coroutine is resumed, and the stacks are switched
    // below.
    unsafe { thread.running_state().swap(&co.state) }?;
    let resumer = thread.set_current(Some(co.handle()));
    if let Some(resumer) = &resumer {
        resumer.phase.set(Phase::Waiting);
    }
    co.resumer.set(resumer);
    co.phase.set(Phase::Running);
    let word = message.send(thread);
    // SAFETY: it is suspended, on this thread, and within reach.
    let word = unsafe { co.switcher().resume(word) };

    state::arrived();
    let raised = if word.is_null() { thread.raised.take() } else { None };
    thread.let_go();
    // SAFETY: whoever left has given the reference.
    match unsafe { Object::owned(word.cast()) } {
        Some(value) => Ok(value),
        None => {
            raised.expect("a switch without a value brings an exception").set();
            Err(Set)
        }
    }
}

/// Leaves the coroutine that runs.
#[inline]
pub(crate) fn leave(co: &Coroutine, value: Object) -> Result<Object, Set> {
    let thread = runs(co)?;
    // SAFETY: nobody changes it until this coroutine is left.
    let resumer = unsafe { &*co.resumer.as_ptr() };
    // SAFETY: no exception is set where a coroutine suspends, and the stacks are switched
    // below.
    unsafe { co.state.swap(thread.state_of(resumer.as_ref())) }?;
    let resumer = co.resumer.take();
    if let Some(resumer) = &resumer {
        resumer.phase.set(Phase::Running);
    }
    co.phase.set(Phase::Suspended);
    thread.leave_behind(thread.set_current(resumer));
    // SAFETY: it runs, on its own stack, and its frames are the interpreter's.
    let word = unsafe { co.switcher().suspend(value.into_ptr().cast()) };
    arrive(thread, word)
}

/// Leaves the coroutine that runs for another one, which whoever waits then waits for.
pub(crate) fn transfer(co: &Coroutine, to: &Coroutine, value: Object) -> Result<Object, Set> {
    let thread = runs(co)?;
    if co.way != to.way {
        return Err(raise_static(
            Kind::Value,
            c"cannot transfer to a coroutine that is switched in another way",
        ));
    }
    if to.phase.get() != Phase::Suspended {
        begin(to)?;
    }
    if !to.thread().is_here() {
        return Err(elsewhere());
    }
    // SAFETY: as in `leave`.
    unsafe { co.state.swap(&to.state) }?;
    to.resumer.set(co.resumer.take());
    to.phase.set(Phase::Running);
    co.phase.set(Phase::Suspended);
    thread.leave_behind(thread.set_current(Some(to.handle())));
    // SAFETY: this one runs, the other one is suspended, and both are switched alike.
    let word = unsafe { co.switcher().transfer(to.switcher(), value.into_ptr().cast()) };
    arrive(thread, word)
}

/// A coroutine goes on where it was suspended.
#[inline]
fn arrive(thread: &Thread, word: *mut c_void) -> Result<Object, Set> {
    state::arrived();
    let thrown = if word.is_null() { thread.thrown.take() } else { None };
    thread.let_go();
    // SAFETY: whoever left has given the reference.
    match unsafe { Object::owned(word.cast()) } {
        Some(value) => Ok(value),
        None => Err(raise_instance(&thrown.expect("a switch without a value brings an exception"))),
    }
}

/// The thread of a coroutine, if it is the one that runs.
#[inline]
fn runs(co: &Coroutine) -> Result<&Thread, Set> {
    if co.phase.get() != Phase::Running || !co.thread().is_here() {
        return Err(raise_static(
            Kind::Runtime,
            c"cannot suspend a coroutine other than the one that is running",
        ));
    }
    if !co.switcher().is_current() {
        return Err(raise_static(
            Kind::Runtime,
            c"cannot suspend a coroutine from outside its own stack: somebody else has switched",
        ));
    }
    Ok(co.thread())
}

#[cold]
fn elsewhere() -> Set {
    raise_static(
        Kind::Runtime,
        c"cannot resume a coroutine on another thread than the one that began it",
    )
}

#[cold]
fn not_resumable(co: &Coroutine) -> Set {
    let text = match co.phase.get() {
        Phase::Running => c"cannot resume a coroutine that is running",
        Phase::Waiting => c"cannot resume a coroutine that waits for one it resumed",
        Phase::Finished => c"cannot resume a coroutine that has finished",
        Phase::Abandoned => c"cannot resume a coroutine that ignored its end, and was abandoned",
        Phase::Orphaned => c"cannot resume a coroutine whose thread has ended",
        Phase::Created | Phase::Suspended => unreachable!("these can be resumed"),
    };
    raise_static(Kind::Runtime, text)
}

/// Gives a coroutine that has not begun its thread and its stack.
fn begin(co: &Coroutine) -> Result<(), Set> {
    if co.phase.get() != Phase::Created {
        return Err(not_resumable(co));
    }
    if co.has_begun() {
        return Ok(());
    }
    let thread = Thread::here()?;
    let switcher = Switcher::new(co.way, co.stack_size)
        .map_err(|error| raise(Kind::Memory, &error.to_string()))?;
    let context = co.context();
    // SAFETY: the state is not bound, and stays in place with the coroutine; and the
    // stack will be its own.
    unsafe { co.state.bind_new(switcher.bounds(), context.as_ref(), co.way.moves()) }?;
    co.set_switcher(switcher);
    let data = ptr::from_ref(co).cast_mut().cast();
    // SAFETY: neither the coroutine nor the switcher in it moves.
    unsafe { co.switcher().prepare(launch, data) };
    thread.insert(co);
    co.set_thread(thread);
    Ok(())
}

/// What every coroutine runs. Nothing that it returns through has anything to drop.
///
/// # Safety
///
/// `data` is a coroutine that has begun, and `first` a reference that is given.
unsafe fn launch(data: *mut c_void, first: *mut c_void) -> *mut c_void {
    // SAFETY: whoever runs it keeps it alive.
    let co = unsafe { &*data.cast::<Coroutine>() };
    state::arrived();
    let thread = co.thread();
    thread.let_go();
    // SAFETY: the caller vouches for it. Nobody throws into what has not begun.
    let first = unsafe { Object::owned(first.cast()) }.expect("a coroutine begins with a value");
    let result = co.run(&first);
    drop(first);
    let word: *mut ffi::PyObject = match result {
        Some(value) => value.into_ptr(),
        None => {
            thread.raised.set(Raised::take());
            ptr::null_mut()
        }
    };

    // SAFETY: nobody changes it until this coroutine is left.
    let resumer = unsafe { &*co.resumer.as_ptr() };
    // SAFETY: no exception is set any more, its frames have gone, and the stacks are
    // switched when this returns.
    let ended = unsafe { co.state.finish(thread.state_of(resumer.as_ref())) };
    ended.expect("a coroutine that runs can end");
    let resumer = co.resumer.take();
    if let Some(resumer) = &resumer {
        resumer.phase.set(Phase::Running);
    }
    co.phase.set(Phase::Finished);
    thread.remove(co);
    thread.leave_behind(thread.set_current(resumer));
    word.cast()
}
