//! How much of a stack can be used.

use core::ffi::c_void;
use core::hint::black_box;
use core::sync::atomic::{AtomicUsize, Ordering};

use unscathed_catalogue::Event;
use unscathed_core::subject::Co;

use super::touch::{catch_faults, down_to};
use super::{RESERVE, begin};
use crate::scene::{Scene, Sight};

/// Sizes that are asked for: the least, one that is no power of two, and larger ones.
const SIZES: [usize; 4] = [64 << 10, 68 << 10, 256 << 10, (1 << 20) + (4 << 10)];
const PAGE: usize = 4 << 10;
const GARBAGE: u64 = 0x6b6b_6b6b_6b6b_6b6b;

/// What was asked for.
static ASKED: AtomicUsize = AtomicUsize::new(0);

pub(in super::super) fn play(scene: Scene) {
    let scene = begin(scene);
    for (step, asked) in SIZES.into_iter().enumerate() {
        ASKED.store(asked, Ordering::Release);
        let co = scene.create(asked, use_all);
        catch_faults();
        // SAFETY: it is new.
        let seen = unsafe { scene.resume(co, 0) };
        let (event, planted) = (Event::Frame, asked as u64);
        let (party, step) = (1, step as u16);
        let sight = Sight { party, step, event, rival: 1, planted, rival_value: !planted, seen };
        scene.see("stack.size", &sight);
        // SAFETY: its body has returned.
        unsafe { scene.destroy(co) };
    }
}

/// Writes to all of its stack but the reserve, and returns how much there was.
unsafe extern "C-unwind" fn use_all(_: *mut Co, _: *mut c_void) -> *mut c_void {
    let here = 0_u64;
    let (here, asked) = (black_box(&raw const here).addr(), ASKED.load(Ordering::Acquire));
    // SAFETY: that much of this stack is owed, and the rest of it is not used.
    let fault = unsafe { down_to(here - (asked - RESERVE), 64, GARBAGE) };
    let usable = fault.map_or(asked, |fault| here - (fault & !(PAGE - 1)) - PAGE);
    usable as *mut c_void
}
