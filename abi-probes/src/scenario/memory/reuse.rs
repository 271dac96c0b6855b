//! Whether a stack that is in use is given to somebody else.
//!
//! Eight places, each with a coroutine that keeps words on its stack. In turn they
//! finish, are destroyed and are followed by new ones, sometimes one at a time and
//! sometimes two or three, so that whatever a library keeps for later is used again.

use core::ffi::c_void;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicU16, Ordering};

use unscathed_core::subject::Co;

use super::{begin, look, plant, scene};
use crate::scene::Scene;

const PLACES: u16 = 8;
const ROUNDS: u16 = 48;
const STACK_BYTES: usize = 64 << 10;
const WORDS: usize = 512;
/// Passed to a coroutine that is to return.
const STOP: u64 = 1;

/// Who begins next: its place and its round.
static PARTY: AtomicU16 = AtomicU16::new(0);
static ROUND: AtomicU16 = AtomicU16::new(0);
/// Who ran last.
static LAST: AtomicU16 = AtomicU16::new(0);

pub(in super::super) fn play(scene: Scene) {
    let scene = begin(scene);
    let mut live: Vec<_> = (1..=PLACES).map(|party| create(scene, party, 0)).collect();
    for round in 1..=ROUNDS {
        scene.step(round.into());
        let leavers: Vec<_> = (0..1 + round % 3).map(|next| (round + 3 * next) % PLACES).collect();
        for &place in &leavers {
            finish(scene, live[usize::from(place)]);
        }
        for &place in &leavers {
            live[usize::from(place)] = create(scene, place + 1, round);
        }
        for &co in &live {
            // SAFETY: each is suspended.
            unsafe { scene.resume(co, 0) };
        }
    }
    for co in live {
        finish(scene, co);
    }
}

fn create(scene: Scene, party: u16, round: u16) -> NonNull<Co> {
    PARTY.store(party, Ordering::Release);
    ROUND.store(round, Ordering::Release);
    let co = scene.create(STACK_BYTES, keep);
    // SAFETY: it is new.
    unsafe { scene.resume(co, 0) };
    co
}

fn finish(scene: Scene, co: NonNull<Co>) {
    // SAFETY: it is suspended.
    unsafe { scene.resume(co, STOP) };
    // SAFETY: its body has returned.
    unsafe { scene.destroy(co) };
}

/// Keeps words on its stack, and looks at them whenever it runs.
unsafe extern "C-unwind" fn keep(me: *mut Co, first: *mut c_void) -> *mut c_void {
    let party = PARTY.load(Ordering::Acquire);
    let step = 2 * ROUND.load(Ordering::Acquire) + party % 2;
    let mut words = [0; WORDS];
    plant(&mut words, party, step);
    loop {
        LAST.store(party, Ordering::Release);
        // SAFETY: this is the body of `me`.
        let value = unsafe { scene().suspend(me, 0) };
        look(&words, party, step, LAST.load(Ordering::Acquire));
        if value == STOP {
            return first;
        }
    }
}
