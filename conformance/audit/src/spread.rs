//! Probes over workers, so many at a time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use unscathed_catalogue::Probe;

/// Told of each step: so many of so many are done, this one last.
pub type Step<'a> = dyn Fn(usize, usize, &str) + Sync + 'a;

/// Runs each probe on one of so many workers, and returns what came of them in
/// the order of the probes. `worker` makes what one worker keeps from probe to
/// probe.
pub fn spread<W, R: Send>(
    probes: &[&'static Probe],
    jobs: usize,
    worker: impl Fn() -> W + Sync,
    run: impl Fn(&mut W, &'static Probe) -> R + Sync,
    step: &Step<'_>,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..jobs.min(probes.len()) {
            scope.spawn(|| {
                let mut kept = worker();
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(probe) = probes.get(place) else { break };
                    let ran = run(&mut kept, probe);
                    let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                    done.push((place, ran));
                    step(done.len(), probes.len(), probe.id);
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, ran)| ran).collect()
}
