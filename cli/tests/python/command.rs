//! The command under test, with a cache of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use unscathed_verdict::report::{Finding, Report};

/// The interpreter of these tests: whoever runs them has it.
pub(crate) const PYTHON: &str = "python3";

/// The command, which keeps what it unpacks among the files of the build.
pub(crate) fn unscathed() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unscathed"));
    command
        .env("UNSCATHED_CACHE", concat!(env!("CARGO_TARGET_TMPDIR"), "/python-cache"))
        .env_remove("VIRTUAL_ENV");
    command
}

/// A file of subjects beside these tests.
pub(crate) fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/subjects").join(name)
}

/// `python:PATH.py:Class` of such a file.
pub(crate) fn subject(name: &str, class: &str) -> String {
    format!("python:{}:{class}", file(name).display())
}

/// Runs the command to its end.
pub(crate) fn run(arguments: &[&str]) -> Output {
    unscathed().args(arguments).output().expect("the command starts")
}

/// The exit status, and what stands on standard error.
pub(crate) fn said(arguments: &[&str]) -> (Option<i32>, String) {
    let output = run(arguments);
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Audits one subject on one interpreter.
pub(crate) fn audit(subject: &str, options: &[&str]) -> (i32, Report) {
    let mut arguments = vec!["audit", subject, "--format", "json"];
    arguments.extend(options);
    let output = run(&arguments);
    let text = String::from_utf8(output.stdout).expect("a report is UTF-8");
    let error = String::from_utf8_lossy(&output.stderr);
    let report = serde_json::from_str(&text).unwrap_or_else(|why| panic!("{why}: {text}\n{error}"));
    (output.status.code().expect("the command ends by itself"), report)
}

/// The results of one probe.
pub(crate) fn of<'a>(report: &'a Report, probe: &str) -> Vec<&'a Finding> {
    report.results.iter().filter(|finding| finding.probe == probe).collect()
}
