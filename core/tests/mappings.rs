//! Stacks are given back. In a file of its own, because the count is the whole
//! process's and other tests' threads have stacks, too.

use std::fs;

use unscathed_core::{Coroutine, Step};

const CYCLES: usize = 10_000;

fn count() -> usize {
    fs::read_to_string("/proc/self/maps").unwrap().lines().count()
}

/// Makes, suspends, and then finishes or drops.
fn cycle(number: usize) {
    let mut coroutine =
        Coroutine::new(64 << 10, |suspender, first: usize| first + suspender.suspend(())).unwrap();
    assert_eq!(coroutine.resume(number), Step::Suspended(()));
    if number.is_multiple_of(2) {
        assert_eq!(coroutine.resume(1), Step::Finished(number + 1));
    }
}

#[test]
fn the_number_of_mappings_stays_flat() {
    // Whatever is loaded or allocated once.
    cycle(0);
    cycle(1);
    let before = count();
    (0..CYCLES).for_each(cycle);
    let after = count();
    // A heap that grows may add a line or two; a leak would add thousands.
    assert!(after <= before + 8, "{before} before, {after} after");
}
