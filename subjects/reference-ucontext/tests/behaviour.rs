//! What the table promises.

#[path = "../../behaviour.rs"]
mod behaviour;

use unscathed_subject_reference_ucontext::subject;

#[test]
fn the_version_is_the_cores() {
    assert_eq!(behaviour::version(), env!("CARGO_PKG_VERSION"));
}
