//! What observations mean
