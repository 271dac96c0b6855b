//! The commit that the command was built from, where there is a repository.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=../.git/HEAD");
    println!("cargo::rerun-if-changed=../.git/logs/HEAD");
    let output = Command::new("git").args(["rev-parse", "--short=7", "HEAD"]).output();
    let commit = output.ok().filter(|output| output.status.success());
    let commit = commit.and_then(|output| String::from_utf8(output.stdout).ok());
    let commit = commit.unwrap_or_default().trim().to_owned();
    let mut version = env!("CARGO_PKG_VERSION").to_owned();
    if !commit.is_empty() {
        version += &format!(" ({commit})");
    }
    println!("cargo::rustc-env=UNSCATHED_COMMIT={commit}");
    println!("cargo::rustc-env=UNSCATHED_VERSION={version}");
}
