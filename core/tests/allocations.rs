//! A switch allocates nothing. In a file of its own, because it counts for the
//! whole process.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use unscathed_core::{Coroutine, Step};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: forwards everything to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller vouches for the layout.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller vouches for both.
        unsafe { System.dealloc(pointer, layout) };
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn a_switch_does_not_allocate() {
    let mut coroutine = Coroutine::new(64 << 10, |suspender, mut value: u64| {
        while value < 1000 {
            value = suspender.suspend(value);
        }
    })
    .unwrap();
    let before = ALLOCATIONS.get();
    for value in 0..1000 {
        assert_eq!(coroutine.resume(value), Step::Suspended(value));
    }
    assert_eq!(coroutine.resume(1000), Step::Finished(()));
    assert_eq!(ALLOCATIONS.get(), before);
    // The counter counts.
    drop(std::hint::black_box(Box::new(1)));
    assert_eq!(ALLOCATIONS.get(), before + 1);
}
