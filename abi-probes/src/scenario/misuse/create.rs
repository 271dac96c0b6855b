//! Creating a coroutine with no stack, and with one that nobody can have.

use core::ffi::c_void;
use core::hint::black_box;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicU64, Ordering};

use unscathed_catalogue::misuse::Misuse;
use unscathed_core::subject::{Body, Co};

use super::super::memory::{catch_faults, down_to};
use super::{Words, acquit, begin, convict, misuse, scene};
use crate::scene::Scene;

/// Sizes for which no address space has room, and of which the first overflows where
/// anything is added to it.
const HUGE: [usize; 3] = [usize::MAX & !0xfff, 1 << 62, 1 << 56];
/// Bytes of them that are used.
const SOME: usize = 512 << 10;
const ROUNDS: u64 = 4;

/// Who begins next.
static PARTY: AtomicU64 = AtomicU64::new(0);

/// Creates against the rules; `None`: it was refused.
fn create_anyway(bytes: usize, body: Body) -> Option<NonNull<Co>> {
    // SAFETY: the subject must see to the size; the bodies are ordinary ones.
    let made = misuse(|| unsafe { (scene().subject.create)(bytes, body) })?;
    if made.is_null() {
        scene().remark("refused: it returned a null pointer");
    }
    NonNull::new(made)
}

/// Needs little stack, and looks whether that is its own.
unsafe extern "C-unwind" fn body(me: *mut Co, first: *mut c_void) -> *mut c_void {
    let party = PARTY.load(Ordering::Acquire);
    let words = Words::new(party);
    let mut found = first.addr() as u64;
    for round in 0..ROUNDS {
        // SAFETY: this is the body of `me`.
        let next = unsafe { scene().suspend(me, found + party) };
        if !words.are_whole(party) {
            convict(Misuse::Words);
        }
        if next != found + round + 1 {
            convict(Misuse::Value);
        }
        found = next;
    }
    (found + party) as *mut c_void
}

/// Two of them, between blocks of memory that must stay as they are. Whoever gives
/// them a stack of a size of its own is as right as whoever refuses.
pub(in super::super) fn zero(scene: Scene) {
    let scene = begin(scene);
    let fences: Vec<_> = (1..=16).map(|number| vec![number; 8 << (number % 8)]).collect();
    let Some(first) = create_anyway(0, body) else { return acquit() };
    // SAFETY: as the first, which was not refused.
    let second = unsafe { (scene.subject.create)(0, body) };
    let pair = [Some(first), NonNull::new(second)];
    let mut sent = 0x1000;
    for round in 0..=ROUNDS {
        sent += round;
        for (party, co) in (1..).zip(pair) {
            let Some(co) = co else { continue };
            PARTY.store(party, Ordering::Release);
            // SAFETY: it is new or suspended.
            if unsafe { scene.resume(co, sent) } != sent + party {
                convict(Misuse::Value);
            }
        }
    }
    let whole = |(number, fence): (u64, &Vec<u64>)| fence.iter().all(|&word| word == number);
    if !(1..).zip(&fences).all(whole) {
        convict(Misuse::Words);
    }
    for co in pair.into_iter().flatten() {
        // SAFETY: its body has returned.
        unsafe { scene.destroy(co) };
    }
    scene.remark("it went on, and nothing was wrong");
    acquit();
}

/// Returns where its stack ended, if it did.
unsafe extern "C-unwind" fn needs_some(_: *mut Co, _: *mut c_void) -> *mut c_void {
    let here = 0_u64;
    let lowest = black_box(&raw const here).addr() - SOME;
    // SAFETY: that much of this stack is owed, and the rest of it is not used.
    let fault = unsafe { down_to(lowest, 256, 0) };
    fault.unwrap_or_default() as *mut c_void
}

/// Whoever says that it is there must have at least a little of it.
pub(in super::super) fn huge(scene: Scene) {
    let scene = begin(scene);
    for bytes in HUGE {
        let Some(co) = create_anyway(bytes, needs_some) else { continue };
        catch_faults();
        // SAFETY: it is new.
        if unsafe { scene.resume(co, 0) } != 0 {
            convict(Misuse::Short);
        }
        scene.remark("it went on, and nothing was wrong");
    }
    acquit();
}
