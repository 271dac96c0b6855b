//! Adapter: generator as a subject
