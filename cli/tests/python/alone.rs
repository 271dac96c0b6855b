//! The executable carries all that it needs.

use std::fs;
use std::process::Command;

use crate::command::PYTHON;

/// Copied to an empty folder, started there, with an empty cache: it unpacks what it
/// carries, and audits.
#[test]
fn a_copied_executable_needs_nothing_else() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let copy = folder.path().join("unscathed");
    fs::copy(env!("CARGO_BIN_EXE_unscathed"), &copy).expect("it can be copied");
    let output = Command::new(&copy)
        .args(["audit", "python:threads", "--probe", "exc.handled", "--probe", "native.callback"])
        .args(["--python", PYTHON])
        .current_dir(folder.path())
        .env("UNSCATHED_CACHE", folder.path().join("cache"))
        .env_remove("CARGO_MANIFEST_DIR")
        .output()
        .expect("it starts");
    let page = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{page}{}", String::from_utf8_lossy(&output.stderr));
    assert!(page.contains("registers, FP control"), "{page}");
}

#[test]
fn a_cache_that_cannot_be_written_is_one_sentence() {
    let output = Command::new(env!("CARGO_BIN_EXE_unscathed"))
        .args(["audit", "python:threads", "--python", PYTHON])
        .env("UNSCATHED_CACHE", "/proc/no-such-folder")
        .output()
        .expect("it starts");
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("UNSCATHED_CACHE"), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
}
