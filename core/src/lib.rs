//! The reference coroutines, and the C table of a subject.

pub mod subject;
