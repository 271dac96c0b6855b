//! Round trips of the typed coroutine and nothing else, for counting instructions.

use std::hint::black_box;

use unscathed_core::{Coroutine, Step};

fn main() {
    let trips: usize = std::env::args().nth(1).map_or(0, |text| text.parse().expect("a number"));
    let mut coroutine = Coroutine::new(64 << 10, |suspender, mut word: usize| {
        loop {
            word = suspender.suspend(word);
        }
    })
    .unwrap();
    let mut word = 1;
    for _ in 0..trips {
        let step: Step<usize, ()> = coroutine.resume(word);
        let Step::Suspended(next) = step else { break };
        word = next;
    }
    black_box(word);
}
