//! Everything that is made from rows.

pub mod bracket;
pub mod mutants;
