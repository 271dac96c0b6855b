//! This project's own coroutines, tested as any library tests its own.

use unscathed::{Body, Coroutine, Declared, caps};
use unscathed_core::{Step, Suspender};

struct Reference(unscathed_core::Coroutine<usize, usize, usize>);

// SAFETY: each function does what its name says.
unsafe impl Coroutine for Reference {
    const NAME: &'static str = "reference";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const CAPS: u64 = caps::DESTROY | caps::NEST | caps::GUARD | caps::PANIC;
    const POLICIES: &'static [(&'static str, Declared)] = &[
        ("rust.panic_count", Declared::Thread),
        ("signal.mask", Declared::Thread),
        ("tls.errno", Declared::Thread),
    ];

    type Suspender = Suspender<usize, usize>;

    fn create(stack_bytes: usize, body: Body<Self>) -> Option<Self> {
        let run = move |suspender: &_, first| body.run(suspender, first);
        unscathed_core::Coroutine::new(stack_bytes, run).ok().map(Self)
    }

    fn resume(&mut self, value: usize) -> usize {
        match self.0.resume(value) {
            Step::Suspended(value) | Step::Finished(value) => value,
        }
    }

    fn suspend(suspender: &Self::Suspender, value: usize) -> usize {
        suspender.suspend(value)
    }

    fn done(&self) -> bool {
        self.0.is_done()
    }
}

unscathed::conformance!(Reference);
