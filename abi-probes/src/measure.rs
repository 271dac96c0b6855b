//! What a switch costs other than time, where a subject can count it.
//!
//! Nothing here is judged. Two coroutines are resumed in turn, each suspended
//! below frames of so many bytes, so that who copies stacks has something to copy.

use core::ffi::c_void;
use core::fmt::Write as _;
use core::hint::black_box;
use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use unscathed_catalogue::record::{Stage as Ending, Text};
use unscathed_core::subject::Co;

use crate::foreign::Subject;
use crate::shared::Shared;
use crate::stage::leave;

/// The order that asks for it, in the place of a probe's id.
pub const MEASURE: &str = "measure";

/// What a subject counts, in this order, since the thread began.
pub const COUNTED: [(&str, &str); 3] =
    [("bytes copied", "bytes"), ("allocations", "allocations"), ("system calls", "calls")];

/// The counts of a subject that has them.
pub type Counts = fn() -> [u64; COUNTED.len()];

/// Bytes of the frames below which a coroutine suspends.
const DEPTHS: [usize; 4] = [256, 4 << 10, 16 << 10, 64 << 10];
/// Bytes of one of those frames.
const FRAME: usize = 256;
/// Resumptions of each coroutine that are counted.
const ROUNDS: u64 = 64;
/// Not counted: buffers grow, stacks are mapped.
const WARM_UP: u64 = 8;

const STACK_BYTES: usize = 256 << 10;

static SUBJECT: AtomicPtr<Subject> = AtomicPtr::new(ptr::null_mut());
static DEPTH: AtomicUsize = AtomicUsize::new(0);

/// Measures, writes a line for each depth and count (`what|at|value|unit`), and
/// ends the process.
pub(crate) fn run(subject: Subject, shared: Shared, counts: Counts) -> ! {
    SUBJECT.store(Box::into_raw(Box::new(subject)), Ordering::Relaxed);
    let mut text = String::new();
    for depth in DEPTHS {
        DEPTH.store(depth, Ordering::Relaxed);
        for ((what, unit), value) in COUNTED.into_iter().zip(turns(counts)) {
            let _ = writeln!(text, "{what}|a switch below {depth} bytes|{value}|{unit}");
        }
    }
    shared.text(Text::Message, &text);
    shared.stage(Ending::Finished);
    leave()
}

fn subject() -> &'static Subject {
    // SAFETY: set in `run`, and never freed.
    unsafe { &*SUBJECT.load(Ordering::Relaxed) }
}

/// What one switch counts, on average, while two coroutines take turns.
fn turns(counts: Counts) -> [f64; COUNTED.len()] {
    let Subject { create, resume, destroy, .. } = *subject();
    // SAFETY: a body that keeps to the contract.
    let pair = [(); 2].map(|()| unsafe { create(STACK_BYTES, body) });
    let round = |value: usize| {
        for co in pair {
            // SAFETY: suspended, or new, in every round but after the last.
            unsafe { resume(co, ptr::without_provenance_mut(value)) };
        }
    };
    (0..WARM_UP).for_each(|_| round(1));
    let before = counts();
    (0..ROUNDS).for_each(|_| round(1));
    let after = counts();
    round(0);
    for co in pair {
        // SAFETY: it has finished.
        unsafe { destroy(co) };
    }
    // Two coroutines, and a switch in and out of each.
    let switches = (4 * ROUNDS) as f64;
    core::array::from_fn(|n| (after[n] - before[n]) as f64 / switches)
}

/// Suspends below its frames until it is resumed with zero.
unsafe extern "C-unwind" fn body(me: *mut Co, _: *mut c_void) -> *mut c_void {
    descend(me, DEPTH.load(Ordering::Relaxed) / FRAME);
    ptr::null_mut()
}

#[inline(never)]
fn descend(me: *mut Co, frames: usize) {
    let mut frame = [0_u8; FRAME];
    black_box(&mut frame);
    if frames > 1 {
        descend(me, frames - 1);
    } else {
        // SAFETY: on the coroutine.
        while !unsafe { (subject().suspend)(me, ptr::null_mut()) }.is_null() {}
    }
    black_box(&mut frame);
}
