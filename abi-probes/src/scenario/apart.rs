//! Two threads that switch at once, each among coroutines of its own.
//!
//! First in an order that is fixed: both are inside a coroutine before either
//! leaves, in both orders. A subject that remembers for the process what it should
//! remember for the thread has no luck then. After that both run as they like. What
//! goes wrong on one thread already is another probe's business.

use core::array;
use core::cell::Cell;
use core::ffi::c_void;
use core::hint::black_box;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use unscathed_catalogue::Event;
use unscathed_catalogue::threads::Apart;
use unscathed_core::subject::Co;

use super::crew::{self, Baton};
use crate::host::thread_pointer;
use crate::scene::Scene;

const THREADS: usize = 2;
/// Rounds in lockstep, in which the thread that came last leaves first in turn.
const ROUNDS: usize = 6;
/// Steps of a round: both enter, both leave.
const STEPS: usize = 4;
/// Coroutines of each thread, when both run as they like.
const COROUTINES: usize = 4;
/// How often each of them is resumed then.
const RESUMES: u64 = 5_000;
/// How often one thread does the same before, alone.
const ALONE: usize = 3;
/// Words that a party keeps on its stack.
const LOCALS: usize = 8;
const STACK_BYTES: usize = 256 << 10;
/// Tells a coroutine to return.
const OVER: u64 = u64::MAX;

struct Play {
    scene: Scene,
    baton: Baton,
    /// The second thread is still to come.
    alone: AtomicBool,
    /// Somebody has written down a loss; nobody else must, and the process ends.
    lost: AtomicBool,
    /// The thread and round of the lockstep under way. The one with the baton uses it.
    lockstep: Cell<(usize, usize)>,
}

static PLAY: AtomicPtr<Play> = AtomicPtr::new(ptr::null_mut());

fn with() -> &'static Play {
    // SAFETY: set before the threads begin, and never freed. Its cell is used by
    // the thread that has the baton.
    unsafe { &*PLAY.load(Ordering::Acquire) }
}

pub(super) fn play(scene: Scene) {
    let lockstep = Cell::new((0, 0));
    let (alone, lost) = (AtomicBool::new(true), AtomicBool::new(false));
    let play = Play { scene, baton: Baton::new(), alone, lost, lockstep };
    PLAY.store(Box::into_raw(Box::new(play)), Ordering::Release);
    for _ in 0..ALONE {
        freely(0, 1);
    }
    with().alone.store(false, Ordering::Relaxed);
    crew::run(scene, THREADS, |me| {
        in_lockstep(me);
        freely(me, RESUMES);
    });
    // The last look: the free run, which writes down nothing but a loss.
    scene.expect("life.threads", 0, (ROUNDS * STEPS) as u16, Event::Finished, Apart::Kept as u64);
}

/// Each round: 0 enters its coroutine, 1 enters its own, one leaves, the other does.
fn in_lockstep(me: usize) {
    let play = with();
    let locals = canaries(me);
    let co = play.scene.create(STACK_BYTES, keeps_step);
    for round in 0..ROUNDS {
        play.baton.wait_for(round * STEPS + me);
        play.lockstep.set((me, round));
        play.scene.step((round * STEPS + me) as u64);
        let answer = resume(me, co, sent(me, round));
        compare(answer == !sent(me, round), Apart::Value, me);
        compare(*black_box(&locals) == canaries(me), Apart::Local, me);
        look(Apart::Kept, me, round);
        play.baton.pass();
    }
    // SAFETY: its body returned in the last round.
    unsafe { play.scene.destroy(co) };
}

unsafe extern "C-unwind" fn keeps_step(co: *mut Co, first: *mut c_void) -> *mut c_void {
    let play = with();
    let (me, mut round) = play.lockstep.get();
    let locals = canaries(me + THREADS);
    let mut value = first.addr() as u64;
    loop {
        compare(value == sent(me, round), Apart::Value, me);
        compare(*black_box(&locals) == canaries(me + THREADS), Apart::Local, me);
        play.baton.pass();
        // In even rounds 0 leaves first, in odd ones 1 does.
        play.baton.wait_for(round * STEPS + 2 + (me + round) % THREADS);
        if round == ROUNDS - 1 {
            return !value as usize as *mut c_void;
        }
        // SAFETY: called on the coroutine itself.
        value = unsafe { play.scene.suspend(co, !value) };
        round += 1;
    }
}

/// The value of a round, each thread's its own.
fn sent(me: usize, round: usize) -> u64 {
    (0x100 * (me + 1) + round) as u64
}

/// Both at once, each as fast as it can.
fn freely(me: usize, resumes: u64) {
    let scene = with().scene;
    let coroutines: [_; COROUTINES] = array::from_fn(|_| scene.create(STACK_BYTES, echoes));
    let locals = canaries(me);
    for turn in 0..resumes {
        for (place, &co) in coroutines.iter().enumerate() {
            let value = turn << 8 | (me * COROUTINES + place) as u64;
            compare(resume(me, co, value) == !value, Apart::Value, me);
            compare(*black_box(&locals) == canaries(me), Apart::Local, me);
        }
    }
    for co in coroutines {
        resume(me, co, OVER);
        // SAFETY: its body has returned.
        unsafe { scene.destroy(co) };
    }
}

unsafe extern "C-unwind" fn echoes(co: *mut Co, first: *mut c_void) -> *mut c_void {
    let mut value = first.addr() as u64;
    let (whose, locals) = ((value & 0xff) as usize, canaries((value & 0xff) as usize));
    while value != OVER {
        compare(value & 0xff == whose as u64, Apart::Value, whose / COROUTINES);
        compare(*black_box(&locals) == canaries(whose), Apart::Local, whose / COROUTINES);
        // SAFETY: called on the coroutine itself.
        value = unsafe { with().scene.suspend(co, !value) };
    }
    ptr::null_mut()
}

fn canaries(whose: usize) -> [u64; LOCALS] {
    array::from_fn(|place| 0x5ca7_0000_0000_0000 | (whose as u64) << 32 | place as u64)
}

/// A resume must come back on the thread that called it. Which stack it comes back
/// on says whose call it was, the thread pointer who came.
fn resume(me: usize, co: NonNull<Co>, value: u64) -> u64 {
    let caller = thread_pointer();
    // SAFETY: it is suspended, or new, and this thread's own.
    let answer = unsafe { with().scene.resume(co, value) };
    compare(thread_pointer() == caller, Apart::Astray, me);
    answer
}

fn compare(same: bool, otherwise: Apart, me: usize) {
    if !same {
        lose(otherwise, me);
    }
}

/// Writes it down, once, and ends the process: what two threads do on one stack
/// means nothing any more.
fn lose(what: Apart, me: usize) -> ! {
    let play = with();
    if play.alone.load(Ordering::Relaxed) {
        let lost = what.words();
        play.scene.skip(&format!("{lost} even where one thread is alone: other probes show it"));
    }
    if play.lost.swap(true, Ordering::AcqRel) {
        loop {
            core::hint::spin_loop();
        }
    }
    look(what, me, 0);
    play.scene.finish()
}

fn look(what: Apart, me: usize, round: usize) {
    let step = (round * STEPS + me) as u16;
    with().scene.expect("life.threads", 0, step, Event::Resumed, what as u64);
}
