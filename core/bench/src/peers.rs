//! The columns.

#[cfg(boost)]
pub mod boost;
pub mod context;
pub mod corosensei;
pub mod floor;
pub mod generator;
pub mod reference;
pub mod swapcontext;
pub mod wasmtime_fiber;
