//! Calls that the contract forbids, one in each child.
//!
//! A clear refusal is an answer: a value that says no, a panic, or a death by a
//! signal that says that the subject gave up. What goes on must not do harm: the
//! coroutines that are there, and two ordinary ones afterwards, show whether it did.

mod aftermath;
mod create;
mod destroy;
mod resume;
mod suspend;

use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
use std::panic::{self, AssertUnwindSafe, catch_unwind};

use unscathed_catalogue::Event;
use unscathed_catalogue::misuse::{Misuse, step};

pub(super) use self::create::{huge as create_huge, zero as create_zero};
pub(super) use self::destroy::{running as destroy_running, twice as destroy_twice};
pub(super) use self::resume::{
    finished as resume_finished, resumer as resume_resumer, running as resume_running,
};
pub(super) use self::suspend::outside as suspend_outside;
use crate::scene::Scene;

const STACK_BYTES: usize = 256 << 10;

static SCENE: AtomicPtr<Scene> = AtomicPtr::new(ptr::null_mut());

/// Makes the scene known to bodies. A panic is an answer here, and nobody's news.
fn begin(scene: Scene) -> Scene {
    panic::set_hook(Box::new(|_| {}));
    SCENE.store(Box::into_raw(Box::new(scene)), Ordering::Release);
    scene
}

/// For bodies: the scene that [`begin`] was given.
fn scene() -> Scene {
    // SAFETY: set before anything is created, and never freed.
    unsafe { *SCENE.load(Ordering::Acquire) }
}

/// Makes the forbidden call. What it returned; `None`: a panic came out of it. It
/// does not return at all where it came back before.
fn misuse<R>(call: impl FnOnce() -> R) -> Option<R> {
    static RETURNS: AtomicU64 = AtomicU64::new(0);
    RETURNS.store(0, Ordering::Release);
    scene().step(step::UNDER_WAY);
    let answer = catch_unwind(AssertUnwindSafe(call));
    scene().step(step::BACK);
    if RETURNS.fetch_add(1, Ordering::AcqRel) > 0 {
        convict(Misuse::Again);
    }
    if answer.is_err() {
        scene().remark("refused: it panicked");
    }
    answer.ok()
}

/// A pointer that came back from a call that should have been refused.
fn answered(value: u64) {
    match value {
        0 => scene().remark("refused: it ran nothing and returned a null pointer"),
        _ => scene().remark("refused: it ran nothing"),
    }
}

/// Something went wrong: no more than that is to be seen.
fn convict(misuse: Misuse) -> ! {
    look(misuse);
    scene().finish()
}

/// Nothing that this probe can see is wrong so far; two ordinary coroutines have
/// the last word.
fn acquit() {
    match aftermath::ordinary(scene()) {
        Ok(()) => look(Misuse::Harmless),
        Err(()) => convict(Misuse::Later),
    }
}

fn look(misuse: Misuse) {
    scene().expect(scene().row(), 0, 0, Event::Resumed, misuse as u64);
}

/// Words on a stack that must stay as they are.
struct Words([u64; 64]);

impl Words {
    fn new(seed: u64) -> Self {
        let mut words = Self([0; _]);
        for (word, place) in words.0.iter_mut().zip(0..) {
            *word = Self::word(seed, place);
        }
        core::hint::black_box(words)
    }

    fn are_whole(&self, seed: u64) -> bool {
        let words = core::hint::black_box(&self.0).iter().zip(0..);
        words.into_iter().all(|(&word, place)| word == Self::word(seed, place))
    }

    fn word(seed: u64, place: u64) -> u64 {
        0x5ca7_0000_0000_0000 | seed << 32 | place << 8
    }
}
