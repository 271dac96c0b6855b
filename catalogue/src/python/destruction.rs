//! Destruction, and the exit of threads and interpreters.

use super::Topic;

pub(super) const TOPIC: Topic = Topic { rows: &[], probes: &[], mutants: &[] };
