//! Adapter: corosensei as a subject
