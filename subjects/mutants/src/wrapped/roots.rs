//! A function of one's own below each body: for mutants that differ at the root.
//!
//! The healthy subject calls what `create` gave it. Here that is a root, which
//! knows the body of its coroutine from a list.

use core::ffi::c_void;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use unscathed_core::subject::{Body, Co};

use super::healthy;

static BODIES: Mutex<BTreeMap<usize, Body>> = Mutex::new(BTreeMap::new());

fn bodies() -> MutexGuard<'static, BTreeMap<usize, Body>> {
    BODIES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Creates a coroutine that begins in `root`, which goes on to [`body_of`] it.
///
/// # Safety
///
/// As for a subject's `create`.
pub(super) unsafe fn create(stack_bytes: usize, body: Body, root: Body) -> *mut Co {
    let create = healthy().create.expect("it is required");
    // SAFETY: the caller vouches for the call, and the root for the body.
    let co = unsafe { create(stack_bytes, root) };
    if !co.is_null() {
        bodies().insert(co.addr(), body);
    }
    co
}

/// The body of a coroutine that begins.
pub(super) fn body_of(co: *mut Co) -> Body {
    let body = bodies().remove(&co.addr());
    body.expect("it was created with a body and begins once")
}

/// Runs the body.
///
/// # Safety
///
/// It is called by the root of `co`.
pub(super) unsafe extern "C-unwind" fn run(co: *mut Co, first: *mut c_void) -> *mut c_void {
    // SAFETY: whoever created it vouches for the body.
    unsafe { body_of(co)(co, first) }
}
