//! What the others notice when a suspended coroutine is destroyed.

use core::ffi::c_void;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicPtr, AtomicU16, AtomicU64, Ordering};

use unscathed_catalogue::memory::Others;
use unscathed_catalogue::{Capability, Event};
use unscathed_core::subject::Co;

use super::{begin, differing, plant, scene};
use crate::scene::Scene;
use crate::stage::frame_word;

const STACK_BYTES: usize = 128 << 10;
const WORDS: usize = 128;
/// Rounds before the first is destroyed, between any two, and after the last.
const ROUNDS: u16 = 3;

/// Who begins next.
static PARTY: AtomicU16 = AtomicU16::new(0);
/// What a body found wrong; 0: nothing.
static WRONG: AtomicU64 = AtomicU64::new(0);
/// The round that runs.
static ROUND: AtomicU16 = AtomicU16::new(0);
/// Whom a body is to destroy, if anybody.
static VICTIM: AtomicPtr<Co> = AtomicPtr::new(core::ptr::null_mut());

/// A coroutine, with the round in which it ends.
struct Party {
    co: NonNull<Co>,
    number: u16,
}

pub(in super::super) fn play(scene: Scene) {
    let scene = begin(scene);
    let mut parties: Vec<_> = (1..=6).map(|number| create(scene, number)).collect();
    rounds(scene, &parties);
    // The last one that was created, the first, and one in the middle.
    for place in [5, 0, 1] {
        let gone = parties.remove(place);
        // SAFETY: it is suspended, and the subject says that this may be done.
        unsafe { scene.destroy(gone.co) };
        rounds(scene, &parties);
    }
    if scene.can(Capability::Nest) {
        let gone = parties.remove(1);
        VICTIM.store(gone.co.as_ptr(), Ordering::Release);
        rounds(scene, &parties);
    }
    for party in &parties {
        ROUND.store(u16::MAX, Ordering::Release);
        let sent = value(party.number, u16::MAX, 0);
        // SAFETY: it is suspended.
        let found = unsafe { scene.resume(party.co, sent) };
        // SAFETY: it is alive.
        let done = unsafe { scene.done(party.co) };
        note(found == value(party.number, u16::MAX, 1), Others::Value);
        note(done, Others::Done);
        tell(scene, party.number);
        // SAFETY: its body has returned.
        unsafe { scene.destroy(party.co) };
    }
}

fn create(scene: Scene, number: u16) -> Party {
    PARTY.store(number, Ordering::Release);
    let co = scene.create(STACK_BYTES, go_on);
    // SAFETY: it is new.
    unsafe { scene.resume(co, 0) };
    Party { co, number }
}

/// Everybody is resumed with a value of its own, and suspends with another.
fn rounds(scene: Scene, parties: &[Party]) {
    for _ in 0..ROUNDS {
        let round = ROUND.load(Ordering::Acquire) + 1;
        ROUND.store(round, Ordering::Release);
        scene.step(round.into());
        for party in parties {
            // SAFETY: it is suspended.
            let found = unsafe { scene.resume(party.co, value(party.number, round, 0)) };
            // SAFETY: it is alive.
            let done = unsafe { scene.done(party.co) };
            note(found == value(party.number, round, 1), Others::Value);
            note(!done, Others::Done);
            tell(scene, party.number);
        }
    }
}

/// What a party is passed in a round, and what it passes out.
fn value(party: u16, round: u16, way: usize) -> u64 {
    frame_word(party, round, WORDS + way)
}

/// Notes what is wrong, the first time.
fn note(right: bool, wrong: Others) {
    if !right {
        let _ = WRONG.compare_exchange(0, wrong as u64, Ordering::AcqRel, Ordering::Acquire);
    }
}

fn tell(scene: Scene, party: u16) {
    let found = match WRONG.swap(0, Ordering::AcqRel) {
        0 => Others::GoOn as u64,
        wrong => wrong,
    };
    let round = ROUND.load(Ordering::Acquire);
    scene.expect("life.destroy", party, round, Event::Resumed, found);
}

/// Has words on its stack, and passes a value of its own in each round. One that is
/// destroyed may be taken up again to unwind, and then goes no further.
unsafe extern "C-unwind" fn go_on(me: *mut Co, _: *mut c_void) -> *mut c_void {
    let party = PARTY.load(Ordering::Acquire);
    let mut words = [0; WORDS];
    let mut sent = 0;
    loop {
        plant(&mut words, party, 0);
        // SAFETY: this is the body of `me`.
        let found = unsafe { scene().suspend(me, sent) };
        let round = ROUND.load(Ordering::Acquire);
        if found == 0 {
            return core::ptr::null_mut();
        }
        note(found == value(party, round, 0), Others::Value);
        let (planted, seen) = differing(&words, party, 0);
        note(planted == seen, Others::Words);
        let victim = VICTIM.swap(core::ptr::null_mut(), Ordering::AcqRel);
        if let Some(victim) = NonNull::new(victim) {
            // SAFETY: main put a suspended one there, and does not use it any more.
            unsafe { scene().destroy(victim) };
        }
        sent = value(party, round, 1);
        if round == u16::MAX {
            return sent as *mut c_void;
        }
    }
}
