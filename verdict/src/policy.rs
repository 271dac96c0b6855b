//! What a subject declares.
