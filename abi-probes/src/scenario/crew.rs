//! Several threads that play together: how each begins and ends, and whose turn it
//! is.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::crash;
use crate::foreign::Subject;
use crate::scene::Scene;

/// Runs `work` on this many threads at once, with the number of each. Every one is
/// announced to the subject, as the contract asks.
pub(super) fn run(scene: Scene, threads: usize, work: fn(usize)) {
    let subject = scene.subject;
    let refused = thread::scope(|scope| {
        let crew: Vec<_> =
            (0..threads).map(|me| scope.spawn(move || member(subject, me, work))).collect();
        let statuses = crew.into_iter().map(|member| member.join().unwrap_or_default());
        statuses.fold(0, |refused, status| if refused == 0 { status } else { refused })
    });
    if refused != 0 {
        scene.fail(&format!("thread_enter returned {refused} on another thread"));
    }
}

fn member(subject: &Subject, me: usize, work: fn(usize)) -> i32 {
    let _guard = AllOrNone;
    crash::watch_thread();
    if let Some(enter) = subject.thread_enter {
        // SAFETY: the first call on this thread.
        let status = unsafe { enter() };
        if status != 0 {
            return status;
        }
    }
    work(me);
    if let Some(leave) = subject.thread_leave {
        // SAFETY: the last call on this thread.
        unsafe { leave() };
    }
    0
}

/// A panic on one thread ends the process: the others would wait for it.
struct AllOrNone;

impl Drop for AllOrNone {
    fn drop(&mut self) {
        if thread::panicking() {
            // SAFETY: ends the process, with the status that a panic gives.
            unsafe { libc::_exit(101) };
        }
    }
}

/// A number that counts the steps of all threads together. Only one of them waits
/// for each step, so one thread runs at a time.
pub(super) struct Baton {
    step: Mutex<usize>,
    passed: Condvar,
}

impl Baton {
    pub(super) const fn new() -> Self {
        Self { step: Mutex::new(0), passed: Condvar::new() }
    }

    /// Returns when this step has come.
    pub(super) fn wait_for(&self, step: usize) {
        let mut now = self.lock();
        while *now != step {
            now = self.passed.wait(now).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The next step begins.
    pub(super) fn pass(&self) {
        *self.lock() += 1;
        self.passed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, usize> {
        self.step.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
