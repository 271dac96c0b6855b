//! Whether anybody uses a part of another's stack.
//!
//! Each coroutine keeps most of its stack in use while the others run, and writes to
//! the rest of it before it suspends.

use core::ffi::c_void;
use core::hint::black_box;
use core::sync::atomic::{AtomicU16, Ordering};

use unscathed_core::subject::Co;

use super::touch::{catch_faults, down_to};
use super::{RESERVE, begin, look, plant, scene};
use crate::scene::Scene;
use crate::stage::frame_word;

const PARTIES: u16 = 6;
const ROUNDS: u16 = 3;
const STACK_BYTES: usize = 64 << 10;
/// Words that stay in use: what is left is for the frames of probe and library.
const WORDS: usize = (40 << 10) / 8;

/// Who ran last.
static LAST: AtomicU16 = AtomicU16::new(0);

pub(in super::super) fn play(scene: Scene) {
    let scene = begin(scene);
    let coroutines: Vec<_> = (0..PARTIES).map(|_| scene.create(STACK_BYTES, fill)).collect();
    catch_faults();
    for round in 0..=ROUNDS {
        for (party, &co) in (1..).zip(&coroutines) {
            scene.step(u64::from(round) * u64::from(PARTIES) + party);
            // SAFETY: it is new or suspended.
            unsafe { scene.resume(co, party) };
        }
    }
    for co in coroutines {
        // SAFETY: its body has returned.
        unsafe { scene.destroy(co) };
    }
}

unsafe extern "C-unwind" fn fill(me: *mut Co, first: *mut c_void) -> *mut c_void {
    let here = 0_u64;
    let lowest = black_box(&raw const here).addr() - (STACK_BYTES - RESERVE);
    stay(me, first.addr() as u16, lowest);
    first
}

/// Has a large frame on the stack, and suspends from within.
#[inline(never)]
fn stay(me: *mut Co, party: u16, lowest: usize) {
    let mut words = [0; WORDS];
    for round in 0..ROUNDS {
        // Neighbours in the order of turns plant at steps of different parity.
        let step = 2 * round + party % 2;
        plant(&mut words, party, step);
        // SAFETY: the rest of this stack, which is owed and not in use.
        unsafe { down_to(lowest, 8, frame_word(party, step, WORDS)) };
        LAST.store(party, Ordering::Release);
        // SAFETY: the caller is the body of `me`.
        unsafe { scene().suspend(me, 0) };
        look(&words, party, step, LAST.load(Ordering::Acquire));
    }
}
