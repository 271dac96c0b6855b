//! Round trips of the floor and nothing else, for counting instructions.

use std::hint::black_box;

use unscathed_bench::floor;

unsafe extern "C" fn echo(mut resumer: *mut u8, mut word: usize) -> ! {
    loop {
        // SAFETY: the resumer is parked there.
        (resumer, word) = unsafe { floor::switch(resumer, word) };
    }
}

/// As many round trips as the first argument says.
fn main() {
    let trips: usize = std::env::args().nth(1).map_or(0, |text| text.parse().expect("a number"));
    let mut stack = vec![[0_u128; 256]; 16];
    let top = stack.as_mut_ptr_range().end.cast();
    // SAFETY: the end of an array of 16-byte words.
    let mut parked = unsafe { floor::prepare(top, echo) };
    let mut word = 1;
    for _ in 0..trips {
        // SAFETY: parked by the switch before, or just prepared.
        (parked, word) = unsafe { floor::switch(parked, word) };
    }
    black_box((word, &mut stack));
}
