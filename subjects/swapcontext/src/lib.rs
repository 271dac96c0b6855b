//! Adapter: swapcontext as a subject
