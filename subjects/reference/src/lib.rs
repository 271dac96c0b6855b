//! Adapter: reference as a subject
