//! Does a switch bring back everything that it must?

use corosensei::Yielder;
use corosensei_conformance::Words;
use unscathed::{Body, Coroutine, Declared, caps};

struct Subject(Words);

// SAFETY: each function does what its name says.
unsafe impl Coroutine for Subject {
    const NAME: &'static str = "corosensei";
    const VERSION: &'static str = "0.3.4";
    const CAPS: u64 = caps::MIGRATE | caps::DESTROY | caps::NEST | caps::GUARD | caps::PANIC;
    // The standard library keeps it, and nobody can exchange it.
    const POLICIES: &'static [(&'static str, Declared)] = &[("rust.panic_count", Declared::Thread)];

    type Suspender = Yielder<usize, usize>;

    fn create(stack_bytes: usize, body: Body<Self>) -> Option<Self> {
        Words::new(stack_bytes, move |yielder, first| body.run(yielder, first)).map(Self)
    }

    fn resume(&mut self, value: usize) -> usize {
        self.0.resume(value)
    }

    fn suspend(yielder: &Self::Suspender, value: usize) -> usize {
        yielder.suspend(value)
    }

    fn done(&self) -> bool {
        self.0.is_done()
    }
}

// No instruction of corosensei's switch names MXCSR or the x87 control word.
unscathed::conformance!(Subject, expect = ["mxcsr.*", "x87.rc", "x87.pc", "x87.masks"]);
