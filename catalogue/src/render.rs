//! Everything that is made from rows.
