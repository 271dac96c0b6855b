//! How coroutines end that do not end by themselves.

use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use pyo3::ffi;

use crate::coroutine::{Coroutine, Handle, Phase};
use crate::error::{self, Kind, Raised, Set, raise_static};
use crate::object::Object;
use crate::switch::{self, Message};
use crate::thread;

/// The class of the exception that ends a coroutine nobody wants any more.
static EXIT: AtomicPtr<ffi::PyObject> = AtomicPtr::new(ptr::null_mut());

/// Stacks on which nobody will run again, and which cannot be freed.
static LEAKED: AtomicUsize = AtomicUsize::new(0);

/// How many coroutines were left with what is on their stacks.
pub(crate) fn leaked() -> usize {
    LEAKED.load(Ordering::Relaxed)
}

/// The exception's class.
pub(crate) fn exit_class() -> *mut ffi::PyObject {
    EXIT.load(Ordering::Relaxed)
}

/// Makes the class.
pub(crate) fn make_exit() -> Result<(), Set> {
    let text = c"Ends a coroutine that nobody wants any more.\n\nIt is raised where the coroutine is \
                 suspended, and derives from BaseException, so that `except Exception` lets it pass.";
    // SAFETY: a static of the interpreter.
    let base = unsafe { ffi::PyExc_BaseException };
    let name = c"unscathed_core.CoroutineExit".as_ptr();
    // SAFETY: two strings and a class.
    let class =
        unsafe { ffi::PyErr_NewExceptionWithDoc(name, text.as_ptr(), base, ptr::null_mut()) };
    if class.is_null() {
        return Err(Set);
    }
    EXIT.store(class, Ordering::Relaxed);
    Ok(())
}

/// Lets go of a coroutine that another side has left. What it does not need any more is
/// dropped here, on a stack that stays.
pub(crate) fn let_go(left: Handle) {
    if left.phase.get() == Phase::Finished {
        left.state.release();
        // Nothing runs on it, and nothing on it is needed.
        left.take_switcher();
        left.drop_body();
    }
    drop(left);
}

/// Throws an exception into a coroutine.
pub(crate) fn throw(co: &Coroutine, exception: Object) -> Result<Object, Set> {
    if co.phase.get() == Phase::Created {
        // There is no place where it could be caught.
        cancel(co);
        return Err(error::raise_instance(&exception));
    }
    switch::enter(co, Message::Exception(exception))
}

/// Ends a coroutine that has run nothing. It may have a stack, if its first resume was
/// refused.
pub(crate) fn cancel(co: &Coroutine) {
    co.phase.set(Phase::Finished);
    if co.has_begun() {
        co.thread().remove(co);
        co.state.release();
        co.take_switcher();
    }
    co.drop_body();
}

fn throw_exit(co: &Coroutine) -> Result<Object, Set> {
    throw(co, error::instance(exit_class())?)
}

/// Ends a coroutine: its finally blocks run.
pub(crate) fn close(co: &Coroutine) -> Result<(), Set> {
    match co.phase.get() {
        Phase::Finished | Phase::Abandoned | Phase::Orphaned => Ok(()),
        Phase::Created => {
            cancel(co);
            Ok(())
        }
        Phase::Running | Phase::Waiting => Err(raise_static(
            Kind::Runtime,
            c"cannot close a coroutine that is running, or waits for one it resumed",
        )),
        Phase::Suspended => match throw_exit(co) {
            Ok(_) if co.is_suspended() => {
                Err(raise_static(Kind::Runtime, c"a coroutine suspended instead of ending"))
            }
            Ok(_) => Ok(()),
            Err(Set) if error::is_set(exit_class()) => {
                error::clear();
                Ok(())
            }
            Err(Set) => Err(Set),
        },
    }
}

/// Ends a suspended coroutine that nobody refers to, on its own thread. What goes wrong is
/// reported, and the exception that is on its way stays as it is.
pub(crate) fn destroy(co: &Coroutine) {
    if !co.is_suspended() {
        return;
    }
    let before = Raised::take();
    match throw_exit(co) {
        Ok(value) => {
            drop(value);
            if co.is_suspended() {
                raise_static(
                    Kind::Runtime,
                    c"a coroutine suspended instead of ending, and is abandoned",
                );
                error::report(co.as_ptr());
            }
        }
        Err(Set) if error::is_set(exit_class()) => error::clear(),
        Err(Set) => error::report(co.as_ptr()),
    }
    if co.is_suspended() {
        give_up(co, Phase::Abandoned);
    }
    if let Some(before) = before {
        before.set();
    }
}

/// The thread of a coroutine has ended before it.
pub(crate) fn orphan(co: &Coroutine) {
    give_up(co, Phase::Orphaned);
}

/// Leaves a coroutine with all that it has. Its stack cannot be freed: objects that are
/// used elsewhere may have their fields there, and frames point to it.
fn give_up(co: &Coroutine, phase: Phase) {
    co.phase.set(phase);
    co.thread().remove(co);
    co.state.forget();
    core::mem::forget(co.take_switcher());
    LEAKED.fetch_add(1, Ordering::Relaxed);
}

/// The last reference has gone, or a collector has found a cycle.
pub(crate) fn finalize(co: &Coroutine) {
    if !co.is_suspended() {
        return;
    }
    if co.thread().is_here() {
        if !thread::is_interpreter_ending() {
            destroy(co);
        }
    } else {
        // A reference more: it is not freed before its own thread has seen to it.
        co.thread().queue(co.handle());
    }
}
