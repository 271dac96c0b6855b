//! What a thread has: the side that is no coroutine, and the coroutines it has begun.
//!
//! The record is kept by the thread state's own dictionary. So it ends on the dying
//! thread, while that one can still run Python code, and can unwind what is suspended.
//! Everything in it is used with the GIL held.

use core::cell::{Cell, RefCell};
use core::mem::size_of;
use core::ptr;
use core::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
use std::rc::Rc;

use pyo3::ffi;

use crate::coroutine::{Coroutine, Handle};
use crate::ending;
use crate::error::{Kind, Raised, Set, raise_static};
use crate::object::Object;
use crate::state::State;

/// One thread state, from the first coroutine it begins to its end.
pub(crate) struct Thread {
    pub(crate) tstate: *mut ffi::PyThreadState,
    /// Its number: addresses are used again.
    id: i64,
    /// The side that runs on the thread's own stack.
    main: State,
    /// The coroutine that runs, which is kept alive by this.
    current: Cell<Option<Handle>>,
    /// Whoever has just left, until whoever arrives lets go of it.
    left: Cell<Option<Handle>>,
    /// What left a body, on its way to the resumer.
    pub(crate) raised: Cell<Option<Raised>>,
    /// What is to be raised where a coroutine is suspended.
    pub(crate) thrown: Cell<Option<Object>>,
    /// All coroutines that have begun here and have not ended: the first one of a list.
    first: Cell<*const Coroutine>,
    /// Those that other threads have dropped.
    queue: RefCell<Vec<Handle>>,
    queued: Cell<bool>,
}

/// Which record the OS thread used last. Numbers of thread states never come twice, so
/// one that fits says that the record is alive.
#[derive(Clone, Copy)]
struct Here {
    id: i64,
    record: *const Thread,
}

thread_local! {
    static HERE: Cell<Here> = const { Cell::new(Here { id: -1, record: ptr::null() }) };
}

/// The type of the object that a thread state's dictionary has.
static GUARD: AtomicPtr<ffi::PyTypeObject> = AtomicPtr::new(ptr::null_mut());

/// Whether the interpreter is about to end: nothing is unwound from then on.
static ENDING: AtomicBool = AtomicBool::new(false);

/// That the interpreter is about to end.
pub(crate) fn interpreter_ends() {
    ENDING.store(true, Ordering::Relaxed);
}

/// Whether the interpreter is about to end.
pub(crate) fn is_interpreter_ending() -> bool {
    ENDING.load(Ordering::Relaxed)
}

/// The thread state that runs.
#[inline]
fn running() -> *mut ffi::PyThreadState {
    // SAFETY: whoever is here holds the GIL.
    unsafe { ffi::PyThreadState_Get() }
}

fn number(tstate: *mut ffi::PyThreadState) -> i64 {
    // SAFETY: a thread state that runs.
    unsafe { ffi::PyThreadState_GetID(tstate) }
}

impl Thread {
    /// The record of the thread that calls, if it has one.
    #[inline]
    pub(crate) fn existing() -> Option<Rc<Self>> {
        let here = HERE.get();
        if here.id != number(running()) {
            return None;
        }
        // SAFETY: the number fits, so the thread state's dictionary keeps the record.
        unsafe { Rc::increment_strong_count(here.record) };
        // SAFETY: as above; the count has been raised for this one.
        Some(unsafe { Rc::from_raw(here.record) })
    }

    /// The record of the thread that calls.
    pub(crate) fn here() -> Result<Rc<Self>, Set> {
        match Self::existing() {
            Some(record) => Ok(record),
            None => Self::make(),
        }
    }

    #[cold]
    fn make() -> Result<Rc<Self>, Set> {
        let tstate = running();
        // SAFETY: the GIL is held. The dictionary is borrowed.
        let dictionary = unsafe { ffi::PyThreadState_GetDict() };
        if dictionary.is_null() {
            return Err(raise_static(Kind::Runtime, c"this thread has no state of its own"));
        }
        let record = Rc::new(Self {
            tstate,
            id: number(tstate),
            main: State::new(),
            current: Cell::new(None),
            left: Cell::new(None),
            raised: Cell::new(None),
            thrown: Cell::new(None),
            first: Cell::new(ptr::null()),
            queue: RefCell::default(),
            queued: Cell::new(false),
        });
        // SAFETY: the record has its place.
        unsafe { record.main.bind_running() }?;
        let guard = guard(&record)?;
        // SAFETY: a type that is alive.
        let key = unsafe { ffi::PyObject_Str(GUARD.load(Ordering::Relaxed).cast()) };
        // SAFETY: a new reference, or null with an exception set.
        let key = unsafe { Object::owned(key) }.ok_or(Set)?;
        // SAFETY: a dictionary and two objects.
        let status = unsafe { ffi::PyDict_SetItem(dictionary, key.as_ptr(), guard.as_ptr()) };
        if status != 0 {
            return Err(Set);
        }
        HERE.set(Here { id: record.id, record: Rc::as_ptr(&record) });
        Ok(record)
    }

    /// Whether the caller is this thread.
    #[inline]
    pub(crate) fn is_here(&self) -> bool {
        running() == self.tstate
    }

    /// The coroutine that runs, if it is one.
    #[inline]
    pub(crate) fn current(&self) -> Option<&Handle> {
        // SAFETY: nobody changes it while this is looked at: that takes a switch.
        unsafe { &*self.current.as_ptr() }.as_ref()
    }

    /// Where what is running is to be saved.
    #[inline]
    pub(crate) fn running_state(&self) -> &State {
        self.state_of(self.current())
    }

    /// Where a side is to be saved, or has been.
    #[inline]
    pub(crate) fn state_of<'a>(&'a self, side: Option<&'a Handle>) -> &'a State {
        side.map_or(&self.main, |co| &co.state)
    }

    /// Has another side run, and returns the one that did.
    #[inline]
    pub(crate) fn set_current(&self, side: Option<Handle>) -> Option<Handle> {
        self.current.replace(side)
    }

    /// Leaves a coroutine to whoever arrives next.
    #[inline]
    pub(crate) fn leave_behind(&self, left: Option<Handle>) {
        self.left.set(left);
    }

    /// Lets go of whoever has left, now that another side has arrived. Python code may
    /// run.
    #[inline]
    pub(crate) fn let_go(&self) {
        if let Some(left) = self.left.take() {
            ending::let_go(left);
        }
    }

    /// Puts a coroutine on the list.
    pub(crate) fn insert(&self, co: &Coroutine) {
        let first = self.first.replace(co);
        co.next.set(first);
        co.previous.set(ptr::null());
        // SAFETY: what is on the list is alive.
        if let Some(first) = unsafe { first.as_ref() } {
            first.previous.set(co);
        }
    }

    /// Takes a coroutine off the list.
    pub(crate) fn remove(&self, co: &Coroutine) {
        let (next, previous) = (co.next.get(), co.previous.get());
        // SAFETY: what is on the list is alive.
        match unsafe { previous.as_ref() } {
            Some(previous) => previous.next.set(next),
            None => self.first.set(next),
        }
        // SAFETY: as above.
        if let Some(next) = unsafe { next.as_ref() } {
            next.previous.set(previous);
        }
    }

    /// Leaves a coroutine that another thread has dropped to this one.
    pub(crate) fn queue(&self, co: Handle) {
        self.queue.borrow_mut().push(co);
        self.queued.set(true);
    }

    /// Unwinds what other threads have dropped.
    #[inline]
    pub(crate) fn drain(&self) {
        if self.queued.get() {
            self.drain_queue();
        }
    }

    #[cold]
    fn drain_queue(&self) {
        self.queued.set(false);
        for co in self.queue.take() {
            ending::destroy(&co);
        }
    }

    /// Unwinds all that is suspended.
    pub(crate) fn unwind_all(&self) {
        self.drain();
        // What is unwound may begin others, so the list is looked at again each time.
        loop {
            let mut place = self.first.get();
            // SAFETY: what is on the list is alive.
            while let Some(co) = unsafe { place.as_ref() } {
                if co.is_suspended() {
                    break;
                }
                place = co.next.get();
            }
            // SAFETY: as above.
            let Some(co) = (unsafe { place.as_ref() }) else { return };
            ending::destroy(&co.handle());
        }
    }

    /// The thread state is being cleared.
    fn end(&self) {
        if self.id == number(running()) {
            if !is_interpreter_ending() {
                self.unwind_all();
            }
            HERE.set(Here { id: -1, record: ptr::null() });
        }
        // SAFETY: what is on the list is alive.
        while let Some(co) = unsafe { self.first.get().as_ref() } {
            ending::orphan(co);
        }
        self.main.forget();
        drop(self.queue.take());
    }
}

/// The object that a thread state's dictionary has.
#[repr(C)]
struct Guard {
    base: ffi::PyObject,
    record: *const Thread,
}

fn guard(record: &Rc<Thread>) -> Result<Object, Set> {
    // SAFETY: the type has been made, and takes no items.
    let guard = unsafe { ffi::PyType_GenericAlloc(GUARD.load(Ordering::Relaxed), 0) };
    // SAFETY: a new reference, or null with an exception set.
    let guard = unsafe { Object::owned(guard) }.ok_or(Set)?;
    // SAFETY: it has this layout, and nobody else has it.
    unsafe { (*guard.as_ptr().cast::<Guard>()).record = Rc::into_raw(Rc::clone(record)) };
    Ok(guard)
}

unsafe extern "C" fn guard_dealloc(this: *mut ffi::PyObject) {
    // SAFETY: an object of this type, which nobody refers to.
    let record = unsafe { (*this.cast::<Guard>()).record };
    if !record.is_null() {
        // SAFETY: `guard` made it of one.
        let record = unsafe { Rc::from_raw(record) };
        let raised = Raised::take();
        record.end();
        if let Some(raised) = raised {
            raised.set();
        }
    }
    // SAFETY: an object of this type.
    let class = unsafe { ffi::Py_TYPE(this) };
    // SAFETY: memory that was made by the type's default.
    unsafe { ffi::PyObject_Free(this.cast()) };
    // SAFETY: an object of a type that was made at run time has a reference to it.
    unsafe { ffi::Py_DECREF(class.cast()) };
}

/// Makes the type of the guards.
pub(crate) fn make_type() -> Result<(), Set> {
    let mut slots = [
        ffi::PyType_Slot { slot: ffi::Py_tp_dealloc, pfunc: guard_dealloc as *mut _ },
        ffi::PyType_Slot { slot: 0, pfunc: ptr::null_mut() },
    ];
    let mut spec = ffi::PyType_Spec {
        name: c"unscathed_core._Thread".as_ptr(),
        basicsize: size_of::<Guard>() as i32,
        itemsize: 0,
        flags: ffi::Py_TPFLAGS_DEFAULT as u32,
        slots: slots.as_mut_ptr(),
    };
    // SAFETY: a specification with a terminated list of slots.
    let class = unsafe { ffi::PyType_FromSpec(&raw mut spec) };
    if class.is_null() {
        return Err(Set);
    }
    GUARD.store(class.cast(), Ordering::Relaxed);
    Ok(())
}
