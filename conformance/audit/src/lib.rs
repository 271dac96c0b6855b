//! A subject in, a report out: what the command and the tests of a library share.
//!
//! Probes run in children of this process, whose executable starts itself again.
//! Nothing here reads arguments or writes to a terminal.

mod audit;
pub mod child;
pub mod machine;
pub mod show;
mod spread;

pub use audit::{Outcome, Plan, Subject, again, audit, lacking, not_run, one_line, patience};
pub use spread::{Step, spread};
