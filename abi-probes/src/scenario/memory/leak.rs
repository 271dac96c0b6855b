//! Whether memory is given back, over many coroutines.

use core::ffi::c_void;

use unscathed_catalogue::Event;
use unscathed_catalogue::memory::{CYCLES, Growth};
use unscathed_core::subject::Co;

use super::{begin, maps, scene};
use crate::scene::Scene;

const STACK_BYTES: usize = 64 << 10;
/// One in so many never begins to run.
const UNSTARTED: u64 = 5;

/// Coroutines that return from their bodies, and some that never begin.
pub(in super::super) fn finished(scene: Scene) {
    cycle(begin(scene), |scene, number| {
        let co = scene.create(STACK_BYTES, run);
        if number % UNSTARTED != 0 {
            // SAFETY: it is new.
            unsafe { scene.resume(co, number) };
        }
        // SAFETY: it has finished, or never started.
        unsafe { scene.destroy(co) };
    });
}

/// Coroutines that are destroyed while they are suspended.
pub(in super::super) fn suspended(scene: Scene) {
    cycle(begin(scene), |scene, number| {
        let co = scene.create(STACK_BYTES, wait);
        // SAFETY: it is new.
        unsafe { scene.resume(co, number) };
        // SAFETY: it is suspended, and the subject says that this may be done.
        unsafe { scene.destroy(co) };
    });
}

unsafe extern "C-unwind" fn run(_: *mut Co, first: *mut c_void) -> *mut c_void {
    first
}

unsafe extern "C-unwind" fn wait(me: *mut Co, first: *mut c_void) -> *mut c_void {
    // SAFETY: this is the body of `me`.
    unsafe { scene().suspend(me, 0) };
    first
}

/// The first half warms up whatever a library keeps for later; the second half must
/// need no more.
fn cycle(scene: Scene, one: impl Fn(Scene, u64)) {
    let half = |begin: u64| {
        for number in begin..begin + CYCLES / 2 {
            scene.step(number);
            one(scene, number);
        }
        measure(scene)
    };
    let (before, after) = (half(1), half(1 + CYCLES / 2));
    let growth = Growth {
        mappings: after.mappings.saturating_sub(before.mappings),
        kib: after.kib.saturating_sub(before.kib),
    };
    scene.expect("life.leak", 0, 0, Event::Destroyed, growth.word());
}

fn measure(scene: Scene) -> Growth {
    match maps::resident_kib() {
        Some(kib) => Growth { mappings: maps::mappings().len() as u64, kib },
        None => scene.skip("/proc/self/smaps_rollup cannot be read here"),
    }
}
