//! What observations mean.
//!
//! Pure: no I/O, no clock, nothing that asks which machine it runs on.

#![forbid(unsafe_code)]

pub mod causes;
pub mod journal;
pub mod judge;
pub mod policy;
pub mod report;
