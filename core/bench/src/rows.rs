//! What is timed, for one column.

use std::hint::black_box;
use std::mem;

use crate::peer::{Echo, EchoUntilStop, Holding, Identity, Peer, STOP, UnderFrames};
use crate::peers::reference::{Named, Untyped};

/// Stacks of every row, unless it says otherwise.
const STACK: usize = 64 << 10;
/// More than any peer keeps for later.
const NOT_KEPT: usize = (1 << 20) + 4096;
/// Coroutines of the cold rows.
const MANY: usize = 10_000;

/// Processor time of this thread, in nanoseconds.
fn now() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes to the local.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

/// Nanoseconds of each of `times` that `work` does.
fn each(times: usize, work: impl FnOnce()) -> f64 {
    let start = now();
    work();
    (now() - start) / times as f64
}

/// Goes there and back `trips` times.
#[inline(never)]
pub fn trips<P: Peer>(coroutine: &mut P, trips: usize) {
    let mut word = 1;
    for _ in 0..trips {
        word = coroutine.resume(word);
    }
    black_box(word);
}

/// One coroutine, over and over.
pub fn hot<P: Peer>() -> f64 {
    let mut coroutine = P::new::<Echo>(P::stack(STACK));
    trips(&mut coroutine, 100);
    let time = each(20_000, || trips(&mut coroutine, 20_000));
    mem::forget(coroutine);
    time
}

/// The same, through eight frames on each trip.
pub fn under_frames<P: Peer>() -> f64 {
    let mut coroutine = P::new::<UnderFrames>(P::stack(STACK));
    trips(&mut coroutine, 100);
    let time = each(10_000, || trips(&mut coroutine, 10_000));
    mem::forget(coroutine);
    time
}

fn cold<P: Peer>(order: &[u32]) -> f64 {
    let mut many: Vec<P> = order.iter().map(|_| P::new::<EchoUntilStop>(P::stack(STACK))).collect();
    let mut round = || {
        let mut word = 1;
        for &index in order {
            word = many[index as usize].resume(word);
        }
        black_box(word);
    };
    round();
    let time = (0..5).map(|_| each(MANY, &mut round)).fold(f64::INFINITY, f64::min);
    for mut coroutine in many {
        coroutine.resume(STOP);
        drop(coroutine.into_stack());
    }
    time
}

/// Ten thousand, in the order in which they were made.
pub fn in_order<P: Peer>() -> f64 {
    let order: Vec<u32> = (0..MANY as u32).collect();
    cold::<P>(&order)
}

/// Ten thousand, in an order that has nothing to do with it, the same for all.
pub fn shuffled<P: Peer>() -> f64 {
    let mut order: Vec<u32> = (0..MANY as u32).collect();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for last in (1..order.len()).rev() {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        order.swap(last, (state >> 33) as usize % (last + 1));
    }
    cold::<P>(&order)
}

/// Creates, runs to the end and destroys, each on the stack of the one before.
#[inline(never)]
pub fn lives<P: Peer>(times: usize) {
    let mut stack = P::stack(STACK);
    let mut word = 1;
    for _ in 0..times {
        let mut coroutine = P::new::<Identity>(stack);
        word = coroutine.resume(word);
        stack = coroutine.into_stack();
    }
    black_box(word);
}

/// One life on a stack that was used before.
pub fn pooled<P: Peer>() -> f64 {
    lives::<P>(10);
    each(2000, || lives::<P>(2000))
}

/// One life on a new stack.
pub fn fresh<P: Peer>() -> f64 {
    each(50, || {
        for _ in 0..50 {
            let mut coroutine = P::new::<Identity>(P::stack(NOT_KEPT));
            black_box(coroutine.resume(1));
            drop(coroutine.into_stack());
        }
    })
}

/// Two that have `BYTES` on their stacks, in turns: what a switch from one to the
/// other costs.
pub fn holding<P: Peer, const BYTES: usize>() -> f64 {
    let mut pair = pair::<P, BYTES>();
    turns(&mut pair, 10);
    let time = each(400, || turns(&mut pair, 200));
    mem::forget(pair);
    time
}

/// The same, counted: bytes copied, allocations and system calls of each switch.
#[must_use]
pub fn counted<M: Named, const BYTES: usize>() -> [f64; 3] {
    let mut pair = pair::<Untyped<M>, BYTES>();
    let before = M::counts();
    turns(&mut pair, 500);
    let after = M::counts();
    mem::forget(pair);
    // Each coroutine is gone to and left once in each turn.
    let each = |after: u64, before: u64| (after - before) as f64 / 1000.0;
    [
        each(after.bytes, before.bytes),
        each(after.allocations, before.allocations),
        each(after.system_calls, before.system_calls),
    ]
}

fn pair<P: Peer, const BYTES: usize>() -> [P; 2] {
    [(); 2].map(|()| P::new::<Holding<BYTES>>(P::stack(512 << 10)))
}

fn turns<P: Peer>(pair: &mut [P; 2], times: usize) {
    let mut word = 1;
    for _ in 0..times {
        for coroutine in &mut *pair {
            word = coroutine.resume(word);
        }
    }
    black_box(word);
}
