//! Context variables, and what is kept in them.

use super::Topic;

pub(super) const TOPIC: Topic = Topic { rows: &[], probes: &[], mutants: &[] };
