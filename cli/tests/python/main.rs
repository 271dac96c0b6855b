//! The command against Python subjects: what cannot be reached, what does harm, and
//! what a copied executable needs.

mod alone;
mod command;
mod hostile;
mod kept;
mod named;
