//! The count of panics under way, kept for each coroutine or left to the thread,
//! each as declared and against it.
//!
//! The standard library offers no way to change its count. A panic that begins on
//! one thread and is caught on another does: it raises the one count and lowers
//! the other. A coroutine that panics, and suspends on the way, carries it across.

use core::ffi::c_void;
use core::ptr;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread::{self, panicking};

use unscathed_catalogue::mutant::MutantClass;
use unscathed_core::subject::{Co, Table};

use super::{Wrapped, healthy};

/// Bytes of the stack on which a panic waits.
const STACK_BYTES: usize = 256 << 10;

/// What is known of the coroutines that were suspended while they panicked.
#[derive(Default)]
struct Kept {
    /// How many panics each of them had under way.
    counts: HashMap<usize, usize>,
    /// Coroutines whose panics raise the count, as long as they wait.
    waiting: Vec<usize>,
}

static KEPT: LazyLock<Mutex<Kept>> = LazyLock::new(Mutex::default);

/// Panics under way poison the lock; nothing is half done in here.
fn kept() -> MutexGuard<'static, Kept> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

unsafe extern "C-unwind" fn resume(co: *mut Co, value: *mut c_void) -> *mut c_void {
    let own = take_all();
    let its = kept().counts.remove(&co.addr()).unwrap_or_default();
    give(its);
    let resume = healthy().resume.expect("it is required");
    // SAFETY: the caller vouches for `co`.
    let value = unsafe { resume(co, value) };
    let its = take_all();
    if its > 0 {
        kept().counts.insert(co.addr(), its);
    }
    give(own);
    value
}

/// Lowers the thread's count to zero, and says by how much.
fn take_all() -> usize {
    let mut taken = 0;
    while panicking() {
        let waiting = kept().waiting.pop();
        go_on(waiting.unwrap_or_else(begun_elsewhere));
        taken += 1;
    }
    taken
}

/// Raises the thread's count.
fn give(count: usize) {
    for _ in 0..count {
        let waiting = begun();
        kept().waiting.push(waiting);
    }
}

/// A coroutine that began to panic here.
fn begun() -> usize {
    let create = healthy().create.expect("it is required");
    // SAFETY: the body is fit for the healthy subject.
    let co = unsafe { create(STACK_BYTES, panics_slowly) };
    assert!(!co.is_null(), "there is room for one more stack");
    let address = co.expose_provenance();
    go_on(address);
    address
}

/// A coroutine that began to panic on a thread that is gone.
fn begun_elsewhere() -> usize {
    thread::spawn(begun).join().expect("nothing of it comes out")
}

fn go_on(address: usize) {
    let resume = healthy().resume.expect("it is required");
    // SAFETY: it is suspended, or has not begun, and is nobody else's.
    unsafe { resume(ptr::with_exposed_provenance_mut(address), ptr::null_mut()) };
}

/// Panics, suspends on the way, and catches its panic wherever it is then.
unsafe extern "C-unwind" fn panics_slowly(me: *mut Co, _: *mut c_void) -> *mut c_void {
    struct Waits(*mut Co);

    impl Drop for Waits {
        fn drop(&mut self) {
            let suspend = healthy().suspend.expect("it is required");
            // SAFETY: the body below runs on it.
            unsafe { suspend(self.0, ptr::null_mut()) };
        }
    }

    let caught = catch_unwind(AssertUnwindSafe(|| {
        let _waits = Waits(me);
        resume_unwind(Box::new(()))
    }));
    caught.unwrap_or(ptr::null_mut())
}

fn follows(table: &mut Table) {
    table.resume = Some(resume);
    table.transfer = None;
}

fn stays(_: &mut Table) {}

const COROUTINE: Option<&str> = Some("[policy]\n\"rust.panic_count\" = \"coroutine\"\n");
const THREAD: Option<&str> = Some("[policy]\n\"rust.panic_count\" = \"thread\"\n");

const fn defect(
    id: &'static str,
    change: fn(&mut Table),
    policies: Option<&'static str>,
) -> Wrapped {
    let element = Some("rust.panic_count");
    Wrapped { id, class: MutantClass::ByHand, element, change, policies }
}

pub(super) const LIST: &[Wrapped] = &[
    Wrapped {
        id: "harmless/policy/rust.panic_count/coroutine",
        class: MutantClass::Policies,
        element: None,
        change: follows,
        policies: COROUTINE,
    },
    defect("mutant/hand/rust.panic_count/follows", follows, THREAD),
    defect("mutant/hand/rust.panic_count/stays", stays, COROUTINE),
];
