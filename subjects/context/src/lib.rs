//! Adapter: context as a subject
