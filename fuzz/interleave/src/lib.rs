//! Interleavings: schedules, a model that knows no coroutines, and an interpreter
//! that plays the one against the other.
//!
//! A [`Schedule`] is one tape of [`Step`]s, and whoever runs reads the next one.
//! Every step means something wherever it stands, so any bytes are a schedule. The
//! [`Model`] says who must read each step, what it does then, and what must be
//! seen. [`Runner`] has a native subject do it, and reports the first
//! [`Divergence`], and what the schedules [reached](Reached).
//!
//! ```
//! use unscathed_interleave::{Schedule, check};
//! # fn main() {
//! let table = unscathed_subject_reference::subject();
//! check(table, &Schedule::random(7, 32)).expect("the reference keeps to the model");
//! # }
//! ```

mod canary;
mod contract;
mod divergence;
mod model;
mod native;
mod reached;
mod schedule;
mod shrink;
mod step;
mod token;
pub mod trial;

pub use canary::{Canary, Kind};
pub use contract::{Contract, Keep};
pub use divergence::{Divergence, What};
pub use model::{Act, MAIN, Model, PARTIES, Play, Turn};
pub use native::control::WORDS as CONTROL_WORDS;
pub use native::{Runner, STACK_BYTES, check};
pub use reached::{Counter, Reached};
pub use schedule::Schedule;
pub use shrink::shrink;
pub use step::{DEPTHS, FRAMES, ROUNDS, Step};
pub use token::{Malformed, Token};
