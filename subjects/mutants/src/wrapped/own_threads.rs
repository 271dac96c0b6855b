//! Coroutines that are threads, of which one runs at a time: whatever the runtime
//! keeps for a thread follows the coroutine.
//!
//! The standard library's count of panics cannot be exchanged in any other way.

use core::any::Any;
use core::ffi::{c_int, c_void};
use core::ptr;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process::abort;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use unscathed_catalogue::mutant::MutantClass;
use unscathed_core::subject::{Body, CAP_NEST, CAP_PANIC, Co, Table};

use super::Wrapped;

/// Whose turn it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    Resumer,
    Coroutine,
    /// The resumer's for good: the body has ended, or will never begin.
    Over,
}

/// What passes between the two.
struct Passed {
    turn: Turn,
    begun: bool,
    value: usize,
    payload: Option<Box<dyn Any + Send>>,
}

/// A coroutine. It is never freed while its thread may look at it.
struct Handle {
    passed: Mutex<Passed>,
    changed: Condvar,
    thread: Mutex<Option<thread::JoinHandle<()>>>,
}

impl Handle {
    /// A panic on its way poisons the lock; nothing is half done in here.
    fn passed(&self) -> MutexGuard<'_, Passed> {
        self.passed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the turn away.
    fn give(&self, turn: Turn, value: usize) {
        let mut passed = self.passed();
        passed.turn = turn;
        passed.value = value;
        self.changed.notify_all();
    }

    /// Waits while it is the other side's turn.
    fn wait_while(&self, turn: Turn) -> MutexGuard<'_, Passed> {
        let passed = self.changed.wait_while(self.passed(), |passed| passed.turn == turn);
        passed.unwrap_or_else(PoisonError::into_inner)
    }
}

/// # Safety
///
/// It came from `create`, and is alive while the reference is used.
unsafe fn handle<'a>(co: *const Co) -> &'a Handle {
    // SAFETY: the caller vouches.
    unsafe { &*co.cast::<Handle>() }
}

unsafe extern "C-unwind" fn create(stack_bytes: usize, body: Body) -> *mut Co {
    let new = Box::into_raw(Box::new(Handle {
        passed: Mutex::new(Passed { turn: Turn::Resumer, begun: false, value: 0, payload: None }),
        changed: Condvar::new(),
        thread: Mutex::new(None),
    }));
    let address = new.expose_provenance();
    let run = move || {
        let co: *mut Co = ptr::with_exposed_provenance_mut(address);
        // SAFETY: destroy joins this thread before it frees.
        let this = unsafe { handle(co) };
        let (first, begins) = {
            let passed = this.wait_while(Turn::Resumer);
            (passed.value, passed.turn == Turn::Coroutine)
        };
        if !begins {
            return;
        }
        // SAFETY: the probe vouches for its body.
        let ended = catch_unwind(AssertUnwindSafe(|| unsafe { body(co, pointer(first)) }));
        let value = ended.unwrap_or_else(|payload| {
            this.passed().payload = Some(payload);
            ptr::null_mut()
        });
        this.give(Turn::Over, value.expose_provenance());
    };
    match thread::Builder::new().stack_size(stack_bytes).spawn(run) {
        Ok(thread) => {
            // SAFETY: nobody has freed it.
            let this = unsafe { handle(new.cast()) };
            *this.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
            new.cast()
        }
        Err(_) => {
            // SAFETY: from a box above, and nobody has it.
            drop(unsafe { Box::from_raw(new) });
            ptr::null_mut()
        }
    }
}

unsafe extern "C-unwind" fn resume(co: *mut Co, value: *mut c_void) -> *mut c_void {
    // SAFETY: the caller vouches for `co`.
    let this = unsafe { handle(co) };
    if this.passed().turn != Turn::Resumer {
        abort();
    }
    this.passed().begun = true;
    this.give(Turn::Coroutine, value.expose_provenance());
    let mut passed = this.wait_while(Turn::Coroutine);
    let (value, payload) = (passed.value, passed.payload.take());
    drop(passed);
    match payload {
        Some(payload) => resume_unwind(payload),
        None => pointer(value),
    }
}

unsafe extern "C-unwind" fn suspend(co: *mut Co, value: *mut c_void) -> *mut c_void {
    // SAFETY: the caller runs on `co`, which is therefore alive.
    let this = unsafe { handle(co) };
    this.give(Turn::Resumer, value.expose_provenance());
    pointer(this.wait_while(Turn::Resumer).value)
}

unsafe extern "C-unwind" fn done(co: *const Co) -> c_int {
    // SAFETY: the caller vouches for `co`.
    let over = unsafe { handle(co) }.passed().turn == Turn::Over;
    over.into()
}

/// Joins the thread of a coroutine that has finished or never began.
unsafe extern "C-unwind" fn destroy(co: *mut Co) {
    // SAFETY: the caller gives it up.
    let this = unsafe { handle(co) };
    if !this.passed().begun {
        this.give(Turn::Over, 0);
    }
    let thread = this.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(thread) = thread {
        let _ = thread.join();
    }
    // SAFETY: it came from a box, and its thread, which is gone, was the last to
    // look at it.
    drop(unsafe { Box::from_raw(co.cast::<Handle>()) });
}

fn pointer(value: usize) -> *mut c_void {
    ptr::with_exposed_provenance_mut(value)
}

fn threads(table: &mut Table) {
    table.caps = CAP_NEST | CAP_PANIC;
    table.create = Some(create);
    table.resume = Some(resume);
    table.suspend = Some(suspend);
    table.done = Some(done);
    table.destroy = Some(destroy);
    table.transfer = None;
}

fn unchanged(_: &mut Table) {}

pub(super) const LIST: &[Wrapped] = &[
    Wrapped {
        id: "harmless/policy/rust.panic_count/coroutine",
        class: MutantClass::Policies,
        element: None,
        change: threads,
        policies: Some("[policy]\n\"rust.panic_count\" = \"coroutine\"\n"),
    },
    Wrapped {
        id: "mutant/hand/rust.panic_count/follows",
        class: MutantClass::ByHand,
        element: Some("rust.panic_count"),
        change: threads,
        policies: Some("[policy]\n\"rust.panic_count\" = \"thread\"\n"),
    },
    Wrapped {
        id: "mutant/hand/rust.panic_count/stays",
        class: MutantClass::ByHand,
        element: Some("rust.panic_count"),
        change: unchanged,
        policies: Some("[policy]\n\"rust.panic_count\" = \"coroutine\"\n"),
    },
];
