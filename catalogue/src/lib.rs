//! Everything that a coroutine switch must bring back, as data.
//!
//! One row per fact. The probes' assembly, the judge, the mutants, `explain`
//! and the reports are all made from these rows; nothing here executes or asks
//! which machine it runs on.

#![forbid(unsafe_code)]

pub mod abi;
pub mod backtrace;
pub mod canary;
pub mod element;
pub mod exceptions;
pub mod frame;
pub mod memory;
pub mod misuse;
pub mod mutant;
pub mod panics;
pub mod probe;
pub mod python;
pub mod record;
pub mod render;
pub mod threads;
pub mod words;

pub use abi::Abi;
pub use element::{
    About, Clause, ClauseKind, Element, Feature, Group, Interpreted, Keep, Known, Level, Owner,
    Plant,
};
pub use frame::{Class, Register};
pub use probe::{Capability, Event, Experiment, Family, Oracle, Probe};
