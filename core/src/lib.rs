//! The reference coroutines, and the C table of a subject.
//!
//! - [`Coroutine`] is safe and typed, and fast. Its body is a closure, panics come
//!   out of [`Coroutine::resume`], and dropping a suspended one unwinds it.
//! - [`raw::Context`] is the same without types: one word each way, and three ways
//!   to switch. Adapters for the C table in [`subject`] use it.
//! - `arch` is below both, and is the switch itself, written by hand for each
//!   machine. It is not generated from the catalogue of what a switch owes, so that
//!   a line missing there cannot go missing here by the same mistake.

mod arch;
mod coroutine;
pub mod raw;
mod stack;
pub mod subject;

use core::ffi::CStr;

#[doc(hidden)]
pub use arch::one_switch;
pub use coroutine::{Coroutine, Step, Suspender};
pub use stack::{Guard, StackError, guard};

/// This crate's version, as the C string that a table needs.
pub const VERSION: &CStr =
    match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
        Ok(version) => version,
        Err(_) => panic!("a package's version has no null in it"),
    };
