//! Panics that come out of resume, coroutines that are unwound when they are
//! destroyed, and what can be wrong with both.
//!
//! The healthy subject lets no panic through its machine code. Around it, bodies
//! catch, the payload waits beside the coroutine, and resume throws it again.

use core::any::Any;
use core::ffi::c_void;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any, resume_unwind};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use unscathed_catalogue::mutant::MutantClass;
use unscathed_core::subject::{Body, CAP_PANIC, Co, Table};

use super::{Wrapped, healthy};

type Payload = Box<dyn Any + Send>;

/// What a coroutine has besides its stack.
struct Beside {
    body: Body,
    payload: Option<Payload>,
    /// It has begun, and has not finished.
    lives: bool,
    /// Its suspension ends in unwinding.
    leaves: bool,
    /// It was told to leave, and returned as if it had not been.
    stayed: bool,
}

/// Thrown by a suspension that ends because the coroutine is destroyed.
struct Leave;

static COROUTINES: LazyLock<Mutex<HashMap<usize, Beside>>> = LazyLock::new(Mutex::default);

/// A panic that is under way elsewhere on the thread poisons the lock; nothing is
/// half done in here.
fn coroutines() -> MutexGuard<'static, HashMap<usize, Beside>> {
    COROUTINES.lock().unwrap_or_else(PoisonError::into_inner)
}

fn beside<R>(co: *mut Co, use_it: impl FnOnce(&mut Beside) -> R) -> R {
    use_it(coroutines().get_mut(&co.addr()).expect("it came from create"))
}

unsafe extern "C-unwind" fn create(stack_bytes: usize, body: Body) -> *mut Co {
    let create = healthy().create.expect("it is required");
    // SAFETY: `catching` is fit for any subject.
    let co = unsafe { create(stack_bytes, catching) };
    if !co.is_null() {
        let new = Beside { body, payload: None, lives: false, leaves: false, stayed: false };
        coroutines().insert(co.addr(), new);
    }
    co
}

/// What the healthy subject runs.
unsafe extern "C-unwind" fn catching(co: *mut Co, first: *mut c_void) -> *mut c_void {
    let body = beside(co, |it| {
        it.lives = true;
        it.body
    });
    // SAFETY: the probe vouches for its body.
    let ended = catch_unwind(AssertUnwindSafe(|| unsafe { body(co, first) }));
    beside(co, |it| {
        it.lives = false;
        it.stayed = it.leaves && ended.is_ok();
    });
    ended.unwrap_or_else(|payload| {
        beside(co, |it| it.payload = (!payload.is::<Leave>()).then_some(payload));
        ptr::null_mut()
    })
}

/// Runs the coroutine, and takes what it panicked with.
unsafe fn run(co: *mut Co, value: *mut c_void) -> (*mut c_void, Option<Payload>) {
    let resume = healthy().resume.expect("it is required");
    // SAFETY: the caller vouches for `co`.
    let value = unsafe { resume(co, value) };
    (value, beside(co, |it| it.payload.take()))
}

unsafe extern "C-unwind" fn resume(co: *mut Co, value: *mut c_void) -> *mut c_void {
    // SAFETY: the caller vouches for `co`.
    match unsafe { run(co, value) } {
        (value, None) => value,
        (_, Some(payload)) => resume_unwind(payload),
    }
}

unsafe extern "C-unwind" fn suspend(co: *mut Co, value: *mut c_void) -> *mut c_void {
    let suspend = healthy().suspend.expect("it is required");
    // SAFETY: the caller runs on `co`.
    let value = unsafe { suspend(co, value) };
    if beside(co, |it| it.leaves) {
        resume_unwind(Box::new(Leave));
    }
    value
}

unsafe extern "C-unwind" fn destroy(co: *mut Co) {
    // SAFETY: the caller gives it up.
    if let Some(payload) = unsafe { end(co) }.payload {
        resume_unwind(payload);
    }
}

/// Unwinds a coroutine that has begun, and frees it.
unsafe fn end(co: *mut Co) -> Beside {
    let lives = beside(co, |it| {
        it.leaves = true;
        it.lives
    });
    if lives {
        // SAFETY: it is suspended, and resumed for the last time.
        let (_, payload) = unsafe { run(co, ptr::null_mut()) };
        beside(co, |it| it.payload = payload);
    }
    let destroy = healthy().destroy.expect("it is required");
    // SAFETY: the caller gives it up.
    unsafe { destroy(co) };
    coroutines().remove(&co.addr()).expect("it came from create")
}

fn panics(table: &mut Table) {
    table.caps |= CAP_PANIC;
    table.create = Some(create);
    table.resume = Some(resume);
    table.suspend = Some(suspend);
    table.destroy = Some(destroy);
    // Who is told to leave, and what it panicked with, is known of resumes alone.
    table.transfer = None;
}

/// The payload is dropped, and resume returns.
fn swallowed(table: &mut Table) {
    unsafe extern "C-unwind" fn resume(co: *mut Co, value: *mut c_void) -> *mut c_void {
        // SAFETY: the caller vouches for `co`.
        unsafe { run(co, value) }.0
    }
    panics(table);
    table.resume = Some(resume);
}

/// Resume says that there was a panic, and not which.
fn replaced(table: &mut Table) {
    unsafe extern "C-unwind" fn resume(co: *mut Co, value: *mut c_void) -> *mut c_void {
        // SAFETY: the caller vouches for `co`.
        match unsafe { run(co, value) } {
            (value, None) => value,
            (_, Some(_)) => panic_any("a coroutine panicked"),
        }
    }
    panics(table);
    table.resume = Some(resume);
}

/// A body that catches what unwinds it, and returns, makes destroy panic.
fn insisted(table: &mut Table) {
    unsafe extern "C-unwind" fn destroy(co: *mut Co) {
        // SAFETY: the caller gives it up.
        if unsafe { end(co) }.stayed {
            panic_any("the unwinding was caught");
        }
    }
    panics(table);
    table.destroy = Some(destroy);
}

/// Destroy begins to unwind and frees the stack before that has come to an end. Only
/// a few times: what was thrown is lost with the stack, and is a leak as well.
fn abandoned(table: &mut Table) {
    static TIMES: AtomicUsize = AtomicUsize::new(0);
    const FEW: usize = 8;

    struct Back(*mut Co);

    impl Drop for Back {
        fn drop(&mut self) {
            let suspend = healthy().suspend.expect("it is required");
            // SAFETY: the suspension below runs on this coroutine.
            unsafe { suspend(self.0, ptr::null_mut()) };
        }
    }

    unsafe extern "C-unwind" fn suspend(co: *mut Co, value: *mut c_void) -> *mut c_void {
        let suspend = healthy().suspend.expect("it is required");
        // SAFETY: the caller runs on `co`.
        let value = unsafe { suspend(co, value) };
        if beside(co, |it| it.leaves) {
            let _back = (TIMES.fetch_add(1, Ordering::Relaxed) < FEW).then_some(Back(co));
            resume_unwind(Box::new(Leave));
        }
        value
    }
    panics(table);
    table.suspend = Some(suspend);
}

const fn defect(id: &'static str, change: fn(&mut Table)) -> Wrapped {
    let element = Some("rust.unwind");
    Wrapped { id, class: MutantClass::ByHand, element, change, policies: None }
}

pub(super) const LIST: &[Wrapped] = &[
    Wrapped {
        id: "harmless/policy/rust.panic_count/thread",
        class: MutantClass::Policies,
        element: None,
        change: panics,
        policies: None,
    },
    defect("mutant/hand/rust.unwind/swallowed", swallowed),
    defect("mutant/hand/rust.unwind/replaced", replaced),
    defect("mutant/hand/rust.unwind/insisted", insisted),
    defect("mutant/hand/rust.unwind/abandoned", abandoned),
];
