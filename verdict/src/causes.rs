//! Results that have one cause are one entry.
