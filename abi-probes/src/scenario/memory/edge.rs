//! Running off the end of a stack.
//!
//! Three coroutines are suspended. The second runs off its stack, in small frames
//! and in frames of a page, which is how compilers that probe the stack touch larger
//! ones. It never switches again: the process ends on the stack that it ran off.

use core::ffi::c_void;
use core::hint::black_box;
use core::ops::Range;
use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use unscathed_catalogue::Event;
use unscathed_catalogue::memory::Edge;
use unscathed_core::subject::Co;

use super::maps::Below;
use super::touch::{catch_faults, down_to};
use super::{begin, differing, maps, plant, scene};
use crate::scene::Scene;

/// Whoever runs off its stack has a neighbour on either side.
const RUNNER: u16 = 2;
const PARTIES: u16 = 3;
const STACK_BYTES: usize = 128 << 10;
/// Words in the frame of each: more than a small frame skips.
const WORDS: usize = 64;
/// Bytes of a frame: small ones, and as large as may be without touching each page.
const FRAMES: [usize; 2] = [48, 4096];
const GARBAGE: u64 = 0x6b6b_6b6b_6b6b_6b6b;

/// Where each frame is.
static FRAME: [AtomicUsize; PARTIES as usize] = [const { AtomicUsize::new(0) }; PARTIES as usize];
static BELOW: AtomicPtr<Below> = AtomicPtr::new(ptr::null_mut());

pub(in super::super) fn play(scene: Scene) {
    let scene = begin(scene);
    let coroutines = [1, 2, 3].map(|party| {
        let co = scene.create(STACK_BYTES, stand);
        // SAFETY: it is new.
        unsafe { scene.resume(co, party) };
        co
    });
    match maps::below(frame(RUNNER)) {
        Some(below) => BELOW.store(Box::into_raw(Box::new(below)), Ordering::Release),
        None => scene.fail("the stack of a body is in no mapping of this process"),
    }
    // Last: a library may have a handler of its own, and install it late.
    catch_faults();
    // SAFETY: it is suspended.
    unsafe { scene.resume(coroutines[usize::from(RUNNER - 1)], 0) };
}

fn frame(party: u16) -> usize {
    FRAME[usize::from(party - 1)].load(Ordering::Acquire)
}

unsafe extern "C-unwind" fn stand(me: *mut Co, first: *mut c_void) -> *mut c_void {
    let party = first.addr() as u16;
    let mut words = [0; WORDS];
    plant(&mut words, party, 0);
    FRAME[usize::from(party - 1)].store(words.as_ptr().expose_provenance(), Ordering::Release);
    // SAFETY: this is the body of `me`.
    unsafe { scene().suspend(me, 0) };
    // SAFETY: set before this one was resumed again, and never freed.
    let below = unsafe { &*BELOW.load(Ordering::Acquire) };
    // Down to the end of the guard, or of all that can be written.
    let lowest = below.guard.as_ref().map_or(below.stack.start, |guard| guard.start);
    for (step, frame) in FRAMES.into_iter().enumerate() {
        // SAFETY: below are the rest of this stack and its guard. Where something
        // else is, nobody in this process goes on afterwards.
        let fault = unsafe { down_to(lowest, frame, GARBAGE) };
        let edge = edge(below, fault);
        scene().expect("stack.guard", party, step as u16, Event::Frame, edge as u64);
        if edge != Edge::Guard {
            break;
        }
    }
    black_box(&words);
    scene().finish()
}

fn edge(below: &Below, fault: Option<usize>) -> Edge {
    let untouched = |party: u16| {
        let frame: *const [u64; WORDS] = ptr::with_exposed_provenance(frame(party));
        // SAFETY: the frame of a suspended coroutine, which nobody writes to but
        // who overwrites it.
        let words = unsafe { frame.read_volatile() };
        let (planted, seen) = differing(&words, party, 0);
        planted == seen
    };
    if ![RUNNER - 1, RUNNER + 1].into_iter().all(untouched) {
        return Edge::Neighbour;
    }
    let within = |range: &Range<usize>| fault.is_some_and(|fault| range.contains(&fault));
    match fault {
        None => Edge::Open,
        // Guards that the kernel keeps in its page tables alone show in no mapping.
        Some(_) if within(&below.stack) || below.guard.as_ref().is_some_and(within) => Edge::Guard,
        Some(_) => Edge::Elsewhere,
    }
}
