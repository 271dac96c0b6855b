//! What people see of one failure: entries, and the lines that they are made of.
//!
//! Reports go in, text comes out. Nothing here asks a subject or a machine
//! anything, and nothing is said that a report or the catalogue does not say.

mod decoded;
pub mod entry;
pub mod field;
pub mod fold;

/// How text is dressed. The words and the columns are the same in any style.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Verdicts are marked by colour.
    pub color: bool,
    /// Dots and arrows are replaced, one for one.
    pub ascii: bool,
}

impl Style {
    /// For files: UTF-8, no colour.
    pub const PLAIN: Self = Self { color: false, ascii: false };
}
