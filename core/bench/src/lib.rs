//! What a switch costs: the floor, the reference and its peers in one run.

pub mod floor;
pub mod peer;
pub mod peers;
pub mod rows;
mod stack;
pub mod table;
