//! The command against subjects that do harm, adapters that are wrong, and
//! arguments that cannot be carried out.

mod adapter;
mod built_in;
mod command;
mod hostile;
mod output;
mod refused;
mod usage;
mod wrong;
