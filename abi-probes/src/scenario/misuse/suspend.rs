//! Suspending a coroutine from outside it.

use core::ffi::c_void;
use core::sync::atomic::{AtomicBool, Ordering};

use unscathed_catalogue::misuse::Misuse;
use unscathed_core::subject::Co;

use super::{STACK_BYTES, Words, acquit, answered, begin, convict, misuse, scene};
use crate::scene::Scene;

const FORBIDDEN: u64 = 0xbad0;
const TO_BODY: [u64; 2] = [0x1001, 0x1002];
const TO_MAIN: [u64; 2] = [0x2001, 0x2002];

/// Main is in a resume, so the body may run.
static MAY_RUN: AtomicBool = AtomicBool::new(true);

unsafe extern "C-unwind" fn body(me: *mut Co, _: *mut c_void) -> *mut c_void {
    let words = Words::new(1);
    // SAFETY: this is the body of `me`.
    let found = unsafe { scene().suspend(me, TO_MAIN[0]) };
    if !MAY_RUN.load(Ordering::Acquire) {
        convict(Misuse::Ran);
    }
    if found != TO_BODY[1] {
        convict(Misuse::Value);
    }
    if !words.are_whole(1) {
        convict(Misuse::Words);
    }
    TO_MAIN[1] as *mut c_void
}

pub(in super::super) fn outside(scene: Scene) {
    let co = begin(scene).create(STACK_BYTES, body);
    // SAFETY: it is new.
    let found = unsafe { scene.resume(co, TO_BODY[0]) };
    if !MAY_RUN.swap(false, Ordering::AcqRel) {
        convict(Misuse::Again);
    }
    if found != TO_MAIN[0] {
        convict(Misuse::Value);
    }
    // SAFETY: the subject must see to it, as this is a probe of misuse.
    if let Some(value) = misuse(|| unsafe { scene.suspend(co.as_ptr(), FORBIDDEN) }) {
        answered(value);
    }
    MAY_RUN.store(true, Ordering::Release);
    // SAFETY: it still is suspended.
    let found = unsafe { scene.resume(co, TO_BODY[1]) };
    if found != TO_MAIN[1] {
        convict(Misuse::Value);
    }
    acquit();
}
