//! Audits of Python packages: this crate carries the Python side and the native
//! library, unpacks them, and runs them in any interpreter.
//!
//! The package under audit needs nothing of ours installed beside it.

mod audit;
mod dock;
mod embedded;
pub mod interpreter;
pub mod provision;
mod server;

pub use audit::{ORACLE, Subject, audit, refused};
pub use dock::{Dock, concerning};
pub use embedded::{Unpacked, cache, unpack};
pub use interpreter::Found;
