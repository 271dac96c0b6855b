//! The command.

mod show;

fn main() {}
