//! This program, as reports name it.

use unscathed_verdict::report::Tool;

/// Name, version and commit.
pub(crate) fn tool() -> Tool {
    let commit = env!("UNSCATHED_COMMIT");
    Tool {
        name: "unscathed".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        commit: Some(commit.to_owned()).filter(|commit| !commit.is_empty()),
    }
}
