//! Values passed, and the life of a coroutine.

use super::Topic;

pub(super) const TOPIC: Topic = Topic { rows: &[], probes: &[], mutants: &[] };
