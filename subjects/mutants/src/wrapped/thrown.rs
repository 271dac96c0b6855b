//! What becomes of a C++ exception that leaves a body.
//!
//! The healthy subject does not claim to let one out. Here a root in C++ catches
//! it, and resume throws it again, or does something else with it.

use core::ffi::c_void;
use core::ptr;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use unscathed_catalogue::mutant::MutantClass;
use unscathed_core::subject::{Body, CAP_UNWIND, Co, Table};

use super::{Wrapped, healthy, roots};

/// A `std::exception_ptr` on the heap, by its address.
type Kept = usize;

unsafe extern "C-unwind" {
    fn unscathed_mutant_catch(
        body: Body,
        co: *mut Co,
        first: *mut c_void,
        kept: *mut Kept,
    ) -> *mut c_void;
    fn unscathed_mutant_rethrow(kept: Kept) -> !;
    fn unscathed_mutant_replace() -> !;
}

/// What left the body of a coroutine, until its resume returns.
static KEPT: Mutex<BTreeMap<usize, Kept>> = Mutex::new(BTreeMap::new());

fn kept() -> MutexGuard<'static, BTreeMap<usize, Kept>> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

unsafe extern "C-unwind" fn create(stack_bytes: usize, body: Body) -> *mut Co {
    // SAFETY: the caller vouches for the call, the root for the body.
    unsafe { roots::create(stack_bytes, body, root) }
}

unsafe extern "C-unwind" fn root(co: *mut Co, first: *mut c_void) -> *mut c_void {
    let mut thrown: Kept = 0;
    // SAFETY: whoever created it vouches for the body.
    let value = unsafe { unscathed_mutant_catch(roots::body_of(co), co, first, &raw mut thrown) };
    if thrown != 0 {
        kept().insert(co.addr(), thrown);
    }
    value
}

/// What is done with an exception that left a body.
trait Outcome {
    /// May return, and then so does resume.
    fn of(thrown: Kept);
}

/// It is thrown again.
struct Rethrown;

impl Outcome for Rethrown {
    fn of(thrown: Kept) {
        // SAFETY: it was kept, and is never freed: the exception may refer to it.
        unsafe { unscathed_mutant_rethrow(thrown) }
    }
}

/// It is forgotten.
struct Swallowed;

impl Outcome for Swallowed {
    fn of(_: Kept) {}
}

/// Only that it happened is kept.
struct Replaced;

impl Outcome for Replaced {
    fn of(_: Kept) {
        // SAFETY: no conditions.
        unsafe { unscathed_mutant_replace() }
    }
}

/// There is one place for it, which the first one takes.
struct OneSlot;

impl Outcome for OneSlot {
    fn of(thrown: Kept) {
        static SLOT: OnceLock<Kept> = OnceLock::new();
        // SAFETY: as in `Rethrown`.
        unsafe { unscathed_mutant_rethrow(*SLOT.get_or_init(|| thrown)) }
    }
}

unsafe extern "C-unwind" fn resume<O: Outcome>(co: *mut Co, value: *mut c_void) -> *mut c_void {
    let resume = healthy().resume.expect("it is required");
    // SAFETY: the caller vouches for the call.
    let value = unsafe { resume(co, value) };
    let thrown = kept().remove(&co.addr());
    if let Some(thrown) = thrown {
        O::of(thrown);
        return ptr::null_mut();
    }
    value
}

fn let_out<O: Outcome>(table: &mut Table) {
    claim(table);
    table.create = Some(create);
    table.resume = Some(resume::<O>);
    // It would have to throw as well.
    table.transfer = None;
}

/// Without a handler: the search for one ends at the root, and with it the process.
fn claim(table: &mut Table) {
    table.caps |= CAP_UNWIND;
}

const fn mutant(id: &'static str, change: fn(&mut Table)) -> Wrapped {
    let element = Some("cxx.unwind");
    Wrapped { id, class: MutantClass::ByHand, element, change, policies: None }
}

pub(super) const LIST: &[Wrapped] = &[
    Wrapped {
        id: "harmless/unwind/rethrown",
        class: MutantClass::Healthy,
        element: None,
        change: let_out::<Rethrown>,
        policies: None,
    },
    mutant("mutant/hand/cxx.unwind/swallowed", let_out::<Swallowed>),
    mutant("mutant/hand/cxx.unwind/replaced", let_out::<Replaced>),
    mutant("mutant/hand/cxx.unwind/one-slot", let_out::<OneSlot>),
    mutant("mutant/hand/cxx.unwind/only-claimed", claim),
];
