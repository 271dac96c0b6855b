//! Forked copies of a child: some are a subject's business, a storm is nobody's.
//!
//! A copy that goes on with the experiment forks where its parent did, and so do
//! its own copies; doubling at each switch, they would take the machine down
//! before anybody's time runs out. So a child may fork as often as a library
//! could have a reason to, copies hardly at all, and whoever goes on after that
//! ends: a child that did has `crashed`.

use core::sync::atomic::{AtomicU32, Ordering};

/// How far from the child that the parent started: 0 is that child itself.
static GENERATION: AtomicU32 = AtomicU32::new(0);
/// How often this process has forked.
static FORKS: AtomicU32 = AtomicU32::new(0);

/// How often each generation may fork. Later ones may not.
const LIMITS: [u32; 3] = [100, 2, 1];
/// Status of a process that forked too often.
const TOO_OFTEN: i32 = 111;

/// Counts from now on. What does not fork through the C library is not counted.
pub(crate) fn limit() {
    // SAFETY: both handlers keep to what one may do between a fork and its return.
    unsafe { libc::pthread_atfork(Some(before), None, Some(in_the_copy)) };
}

unsafe extern "C" fn before() {
    let forks = FORKS.fetch_add(1, Ordering::Relaxed);
    let generation = GENERATION.load(Ordering::Relaxed) as usize;
    if LIMITS.get(generation).is_none_or(|&limit| forks >= limit) {
        // SAFETY: ends the process.
        unsafe { libc::_exit(TOO_OFTEN) };
    }
}

unsafe extern "C" fn in_the_copy() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
    FORKS.store(0, Ordering::Relaxed);
}
