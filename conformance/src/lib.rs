//! Tests for a coroutine library: does a switch bring back everything that it must?
//!
//! Say in a few lines how the library is used, and [`conformance!`] makes a test
//! of each probe. A probe runs in a process of its own, which may crash or hang:
//! that is a result.
//!
//! ```
//! use unscathed::{Body, Coroutine, caps};
//!
//! /// The coroutines of this project, as a library under test.
//! struct Mine(unscathed_core::Coroutine<usize, usize, usize>);
//!
//! // SAFETY: each function does what its name says.
//! unsafe impl Coroutine for Mine {
//!     const NAME: &'static str = "mine";
//!     const VERSION: &'static str = env!("CARGO_PKG_VERSION");
//!     const CAPS: u64 = caps::DESTROY | caps::NEST | caps::GUARD | caps::PANIC;
//!
//!     type Suspender = unscathed_core::Suspender<usize, usize>;
//!
//!     fn create(stack_bytes: usize, body: Body<Self>) -> Option<Self> {
//!         let run = move |suspender: &_, first| body.run(suspender, first);
//!         unscathed_core::Coroutine::new(stack_bytes, run).ok().map(Self)
//!     }
//!
//!     fn resume(&mut self, value: usize) -> usize {
//!         match self.0.resume(value) {
//!             unscathed_core::Step::Suspended(value) => value,
//!             unscathed_core::Step::Finished(value) => value,
//!         }
//!     }
//!
//!     fn suspend(suspender: &Self::Suspender, value: usize) -> usize {
//!         suspender.suspend(value)
//!     }
//!
//!     fn done(&self) -> bool {
//!         self.0.is_done()
//!     }
//! }
//!
//! unscathed::conformance!(Mine);
//! ```
//!
//! # Expected failures
//!
//! What a library is known to lose can be listed, by element. A test then fails
//! for any other loss only, and the list itself is a test: an element on it that
//! is no longer lost, or does not exist, fails `expected_failures_still_fail`.
//! A `*` may stand at the end, after the dot.
//!
//! ```
//! # struct Mine;
//! # macro_rules! ignore { ($($token:tt)*) => {} }
//! # ignore! {
//! unscathed::conformance!(Mine, expect = ["mxcsr.*", "x87.rc"]);
//! # }
//! ```
//!
//! # What passes without proof
//!
//! A probe that needs what [`Coroutine::CAPS`] does not name, or what this machine
//! does not offer, passes, and its test says so on standard output (`cargo test --
//! --nocapture`). Elements at level `policy` fail only where [`Coroutine::POLICIES`]
//! says something else than was seen.

mod expect;
mod subject;
mod table;
mod trial;

pub use subject::{Body, Coroutine};
pub use unscathed_verdict::policy::Declared;

/// What a coroutine can do, for [`Coroutine::CAPS`].
pub mod caps {
    pub use unscathed_core::subject::{
        CAP_DESTROY as DESTROY, CAP_GUARD as GUARD, CAP_MIGRATE as MIGRATE, CAP_NEST as NEST,
        CAP_PANIC as PANIC, CAP_SIGMASK as SIGMASK, CAP_UNWIND as UNWIND,
    };
}

/// For the macros of this crate.
#[doc(hidden)]
pub mod __private {
    pub use crate::trial::{child, expected_failures, probe};
}

include!(concat!(env!("OUT_DIR"), "/probes.rs"));

/// Makes a test of each probe, named after it: `regs_resume`, `fp_nested`.
///
/// `conformance!(MyCoroutine)` wants nothing to be lost. What is known to be lost
/// is listed: `conformance!(MyCoroutine, expect = ["mxcsr.*", "x87.rc"])`; see the
/// [crate](crate#expected-failures). To test two types, put each call in a module
/// of its own.
#[macro_export]
macro_rules! conformance {
    ($subject:ty $(,)?) => {
        $crate::__child!($subject);
        $crate::__each_probe!($subject, &[]);
    };
    ($subject:ty, expect = [$($element:literal),+ $(,)?] $(,)?) => {
        $crate::__child!($subject);
        $crate::__each_probe!($subject, &[$($element),+]);

        #[test]
        fn expected_failures_still_fail() {
            $crate::__private::expected_failures::<$subject>(
                ::core::concat!(::core::module_path!(), "::expected_failures_still_fail"),
                &[$($element),+],
            );
        }
    };
}

/// The test of one probe.
#[doc(hidden)]
#[macro_export]
macro_rules! __probe {
    ($name:ident, $id:literal, $subject:ty, $expected:expr) => {
        #[test]
        fn $name() {
            $crate::__private::probe::<$subject>(
                ::core::concat!(::core::module_path!(), "::", ::core::stringify!($name)),
                $id,
                $expected,
            );
        }
    };
}

/// Has a test binary that was started for a probe run that probe and nothing else,
/// before `main`: the test harness has threads, and what they do to signals, to
/// mappings and to a stack is not the library's.
#[doc(hidden)]
#[macro_export]
macro_rules! __child {
    ($subject:ty) => {
        #[cfg(test)]
        const _: () = {
            extern "C" fn child() {
                $crate::__private::child::<$subject>();
            }

            #[used]
            // SAFETY: the loader calls what is listed there, without arguments that
            // matter, and `child` needs nothing that only `main` prepares.
            #[unsafe(link_section = ".init_array")]
            static CHILD: extern "C" fn() = child;
        };
    };
}
