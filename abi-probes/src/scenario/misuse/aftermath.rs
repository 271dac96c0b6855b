//! Two ordinary coroutines, to see whether switches are right after a misuse.

use core::ffi::c_void;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use unscathed_core::subject::Co;

use super::{STACK_BYTES, Words, scene};
use crate::scene::Scene;

const ROUNDS: u64 = 8;

/// Who begins next.
static PARTY: AtomicU64 = AtomicU64::new(0);
/// Something that a body saw was wrong.
static WRONG: AtomicBool = AtomicBool::new(false);

/// Resumes two coroutines in turn until they have finished.
pub(super) fn ordinary(scene: Scene) -> Result<(), ()> {
    let mut pair = [NonNull::dangling(); 2];
    for co in &mut pair {
        // SAFETY: the body keeps to the contract.
        let made = unsafe { (scene.subject.create)(STACK_BYTES, body) };
        *co = NonNull::new(made).ok_or(())?;
    }
    for round in 0..=ROUNDS {
        for (party, co) in (1..).zip(pair) {
            PARTY.store(party, Ordering::Release);
            // SAFETY: it is new or suspended.
            let found = unsafe { scene.resume(co, passed(party, round, 0)) };
            // SAFETY: it is alive.
            let done = unsafe { scene.done(co) };
            right(found == passed(party, round, 1) && done == (round == ROUNDS))?;
        }
    }
    for co in pair {
        // SAFETY: its body has returned.
        unsafe { scene.destroy(co) };
    }
    right(!WRONG.load(Ordering::Acquire))
}

fn right(it: bool) -> Result<(), ()> {
    if it { Ok(()) } else { Err(()) }
}

/// What a party is passed in a round, and what it passes out.
fn passed(party: u64, round: u64, way: u64) -> u64 {
    0xa5a5_0000_0000_0000 | party << 32 | round << 8 | way
}

unsafe extern "C-unwind" fn body(me: *mut Co, first: *mut c_void) -> *mut c_void {
    let party = PARTY.load(Ordering::Acquire);
    let mut found = first.addr() as u64;
    for round in 0..ROUNDS {
        let words = Words::new(party);
        let right = found == passed(party, round, 0);
        // SAFETY: this is the body of `me`.
        found = unsafe { scene().suspend(me, passed(party, round, 1)) };
        if !right || !words.are_whole(party) {
            WRONG.store(true, Ordering::Release);
        }
    }
    passed(party, ROUNDS, 1) as *mut c_void
}
