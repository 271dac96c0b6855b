//! Frames and tracebacks.

use super::Topic;

pub(super) const TOPIC: Topic = Topic { rows: &[], probes: &[], mutants: &[] };
