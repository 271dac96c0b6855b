//! What the table promises, on the real library.

#[path = "../../behaviour.rs"]
mod behaviour;
#[path = "../../lock.rs"]
mod lock;

use unscathed_subject_wasmtime_fiber::subject;

#[test]
fn the_version_is_the_one_that_is_linked() {
    assert_eq!(behaviour::version(), lock::version_of("wasmtime-internal-fiber"));
}
