//! Experiments: they plant values, let a subject switch, and write down what
//! they find.
//!
//! Everything here runs in a child process. What it sees goes into a mapping
//! that it shares with its parent; it prints nothing and has no opinion.

mod bracket;
pub mod child;
mod copies;
mod crash;
#[cfg(cxx)]
mod cxx;
pub mod foreign;
pub mod host;
mod layout;
pub mod measure;
mod play;
mod scenario;
mod scene;
pub mod schedule;
mod shared;
mod stage;
