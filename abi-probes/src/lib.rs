//! Experiments: they plant values, let a subject switch, and write down what
//! they find.
//!
//! Everything here runs in a child process. What it sees goes into a mapping
//! that it shares with its parent; it prints nothing and has no opinion.
//!
//! Without the feature `native` there is only what a process of somebody else's
//! needs, an interpreter for one, that loads the bracket as a library.

mod bracket;
mod crash;
pub mod guest;
pub mod host;
mod layout;
mod plants;
mod shared;

#[cfg(feature = "native")]
pub mod child;
#[cfg(feature = "native")]
mod copies;
#[cfg(all(feature = "native", cxx))]
mod cxx;
#[cfg(feature = "native")]
pub mod foreign;
#[cfg(feature = "native")]
pub mod measure;
#[cfg(feature = "native")]
mod play;
#[cfg(feature = "native")]
mod scenario;
#[cfg(feature = "native")]
mod scene;
#[cfg(feature = "native")]
pub mod schedule;
#[cfg(feature = "native")]
mod stage;
