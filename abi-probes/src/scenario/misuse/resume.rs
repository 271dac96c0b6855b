//! Resuming what has finished, what runs, and what waits for one that it resumed.

use core::ffi::c_void;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use unscathed_catalogue::misuse::Misuse;
use unscathed_core::subject::Co;

use super::{STACK_BYTES, Words, acquit, answered, begin, convict, misuse, scene};
use crate::scene::Scene;

/// Passed with the forbidden call.
const FORBIDDEN: u64 = 0xbad0;
/// Passed by main, and passed back, in this order.
const TO_BODY: [u64; 2] = [0x1001, 0x1002];
const TO_MAIN: [u64; 3] = [0x2001, 0x2002, 0x2003];

/// How often bodies came to a place that is passed once.
static PASSES: AtomicU64 = AtomicU64::new(0);
/// The outer one of two coroutines.
static OUTER: AtomicPtr<Co> = AtomicPtr::new(ptr::null_mut());

/// A body has come to a place to which it comes once.
fn pass(place: u64, misuse: Misuse) {
    if PASSES.fetch_add(1, Ordering::AcqRel) != place {
        convict(misuse);
    }
}

fn expect(found: u64, owed: u64) {
    if found != owed {
        convict(Misuse::Value);
    }
}

/// Resumes, by the rules.
fn resume(co: NonNull<Co>, value: u64) -> u64 {
    // SAFETY: callers resume what is new or suspended.
    unsafe { scene().resume(co, value) }
}

/// Resumes against the rules.
fn resume_anyway(co: NonNull<Co>) -> Option<u64> {
    // SAFETY: the subject must see to it, as this is a probe of misuse.
    misuse(|| unsafe { scene().resume(co, FORBIDDEN) })
}

pub(in super::super) fn finished(scene: Scene) {
    let co = begin(scene).create(STACK_BYTES, finishes);
    expect(resume(co, TO_BODY[0]), TO_MAIN[0]);
    expect(resume(co, TO_BODY[1]), TO_MAIN[1]);
    if let Some(value) = resume_anyway(co) {
        answered(value);
    }
    // SAFETY: it is alive.
    if !unsafe { scene.done(co) } {
        convict(Misuse::Done);
    }
    acquit();
}

unsafe extern "C-unwind" fn finishes(me: *mut Co, first: *mut c_void) -> *mut c_void {
    pass(0, Misuse::Ran);
    expect(first.addr() as u64, TO_BODY[0]);
    // SAFETY: this is the body of `me`.
    let found = unsafe { scene().suspend(me, TO_MAIN[0]) };
    pass(1, Misuse::Ran);
    expect(found, TO_BODY[1]);
    TO_MAIN[1] as *mut c_void
}

pub(in super::super) fn running(scene: Scene) {
    let co = begin(scene).create(STACK_BYTES, resumes_itself);
    expect(resume(co, TO_BODY[0]), TO_MAIN[0]);
    expect(resume(co, TO_BODY[1]), TO_MAIN[1]);
    expect(resume(co, TO_BODY[0]), TO_MAIN[2]);
    acquit();
}

unsafe extern "C-unwind" fn resumes_itself(me: *mut Co, _: *mut c_void) -> *mut c_void {
    pass(0, Misuse::Ran);
    // SAFETY: this is the body of `me`.
    let found = unsafe { scene().suspend(me, TO_MAIN[0]) };
    pass(1, Misuse::Again);
    expect(found, TO_BODY[1]);
    let words = Words::new(1);
    if let Some(value) = NonNull::new(me).and_then(resume_anyway) {
        answered(value);
    }
    // SAFETY: as above.
    let found = unsafe { scene().suspend(me, TO_MAIN[1]) };
    pass(2, Misuse::Again);
    expect(found, TO_BODY[0]);
    if !words.are_whole(1) {
        convict(Misuse::Words);
    }
    TO_MAIN[2] as *mut c_void
}

/// Main resumes the outer one, which resumes the inner one, which resumes the outer
/// one.
pub(in super::super) fn resumer(scene: Scene) {
    let co = begin(scene).create(STACK_BYTES, outer);
    OUTER.store(co.as_ptr(), Ordering::Release);
    expect(resume(co, TO_BODY[0]), TO_MAIN[0]);
    expect(resume(co, TO_BODY[1]), TO_MAIN[2]);
    acquit();
}

unsafe extern "C-unwind" fn outer(me: *mut Co, _: *mut c_void) -> *mut c_void {
    let words = Words::new(1);
    let scene = scene();
    let co = scene.create(STACK_BYTES, inner);
    // SAFETY: this is the body of `me`.
    let found = unsafe { scene.suspend(me, TO_MAIN[0]) };
    pass(0, Misuse::Again);
    expect(found, TO_BODY[1]);
    expect(resume(co, TO_BODY[0]), TO_MAIN[1]);
    pass(2, Misuse::Ran);
    expect(resume(co, TO_BODY[1]), TO_MAIN[2]);
    // SAFETY: its body has returned.
    unsafe { scene.destroy(co) };
    if !words.are_whole(1) {
        convict(Misuse::Words);
    }
    TO_MAIN[2] as *mut c_void
}

unsafe extern "C-unwind" fn inner(me: *mut Co, _: *mut c_void) -> *mut c_void {
    let words = Words::new(2);
    pass(1, Misuse::Ran);
    let outer = NonNull::new(OUTER.load(Ordering::Acquire));
    if let Some(value) = outer.and_then(resume_anyway) {
        answered(value);
    }
    // SAFETY: this is the body of `me`.
    let found = unsafe { scene().suspend(me, TO_MAIN[1]) };
    pass(3, Misuse::Again);
    expect(found, TO_BODY[1]);
    if !words.are_whole(2) {
        convict(Misuse::Words);
    }
    TO_MAIN[2] as *mut c_void
}
