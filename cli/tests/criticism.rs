//! The chapter on what was said against greenlet: made from claims and reports, and held
//! against them. Audits from nothing, which take minutes, belong to `ci/full`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// How `criticism.py check` ends on a folder of documents, and what it complains of.
fn check(docs: &Path) -> (i32, String) {
    let script = Path::new(ROOT).join("ci/criticism.py");
    let output = Command::new("python3").arg(script).arg("check").arg("--docs").arg(docs).output();
    let output = output.expect("python3 is here");
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// The committed documents, as a copy to spoil.
fn copied() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for part in ["criticism", "src"] {
        fs::create_dir(folder.path().join(part)).unwrap();
        for entry in fs::read_dir(Path::new(ROOT).join("docs").join(part)).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_file() {
                fs::copy(entry.path(), folder.path().join(part).join(entry.file_name())).unwrap();
            }
        }
    }
    folder
}

/// Replaces the first place where a text stands in a file.
fn spoil(file: &PathBuf, text: &str, other: &str) {
    let contents = fs::read_to_string(file).unwrap();
    assert!(contents.contains(text), "{text:?} is not in {}", file.display());
    fs::write(file, contents.replacen(text, other, 1)).unwrap();
}

#[test]
fn the_chapter_is_what_claims_and_reports_give() {
    let docs = Path::new(ROOT).join("docs");
    assert_eq!(check(&docs), (0, String::new()));
}

/// One verdict other than it was: another cell, another digest, and a text that is wrong.
#[test]
fn a_verdict_that_was_changed_is_noticed() {
    let docs = copied();
    let report = docs.path().join("criticism/greenlet-3.5.6.json");
    let kept = r#""element": "gpr.rbx", "level": "must", "declared": null, "verdict": "preserved""#;
    spoil(&report, kept, &kept.replace("preserved", "leaked"));
    let (status, said) = check(docs.path());
    assert_eq!(status, 1, "{said}");
    assert!(said.contains("is not what the reports give"), "{said}");
    assert!(said.contains("general registers"), "{said}");
}

/// The words of the reports are the same, only their digest is another one.
#[test]
fn a_report_with_another_digest_is_noticed() {
    let docs = copied();
    spoil(&docs.path().join("criticism/greenlet-1.1.3.json"), "{\n", "{ \n");
    let (status, said) = check(docs.path());
    assert_eq!((status, said.lines().count()), (1, 1), "{said}");
}

#[test]
fn a_text_that_blames_another_release_is_noticed() {
    let docs = copied();
    let claims = docs.path().join("criticism/claims.toml");
    spoil(&claims, r#"lost = ["greenlet-0.3.1"]"#, r#"lost = ["greenlet-3.0.3"]"#);
    let (status, said) = check(docs.path());
    assert_eq!(status, 1, "{said}");
    assert!(
        said.contains("`lost` names ['greenlet-3.0.3'], the reports ['greenlet-0.3.1']"),
        "{said}"
    );
}
