//! What a switch costs: the floor, the reference and its peers in one run.

pub mod floor;
