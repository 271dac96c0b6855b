//! Subjects that are wrong in exactly one way, and harmless changes
