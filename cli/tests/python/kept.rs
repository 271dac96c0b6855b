//! What must hold of the oracle, and of a subject that is wrong in one way.

use std::process::Command;

use unscathed_verdict::report::Verdict;

use crate::command::{PYTHON, audit, of, run, subject};

#[test]
fn the_oracle_is_clean() {
    let (status, report) = audit("python:threads", &["--level", "policy"]);
    let lost: Vec<_> = report.results.iter().filter(|it| it.fails).collect();
    assert!(lost.is_empty(), "{lost:#?}");
    assert_eq!(status, 0);
    assert_eq!(report.subject.kind, "python");
    assert!(report.subject.runtime.is_some_and(|it| it.starts_with("CPython ")));
    assert!(report.summary.preserved > 100);
}

#[test]
fn a_defect_is_convicted_and_the_oracle_asked() {
    let (status, report) = audit("python:mutant/exceptions.ForgetsHandled", &["--probe", "exc.*"]);
    assert_eq!(status, 1);
    let handled = of(&report, "exc.handled");
    assert_eq!(handled[0].verdict, Verdict::Leaked);
    assert_eq!(handled[0].runs, "3 of 3");
    assert!(handled[0].owner.as_ref().is_some_and(|owner| owner.starts_with("main, step ")));
    assert!(handled[0].oracle.as_ref().is_some_and(|said| said.ends_with("kept")));
    assert_eq!(handled[0].clause.kind, "definition");
}

/// What OS threads show too is not held against a subject.
#[test]
fn what_the_oracle_loses_too_is_the_interpreters_own() {
    let (_, report) = audit(
        &subject("hostile.py", "Undeclared"),
        &["--probe", "collector.*", "--level", "policy"],
    );
    let own = report.results.iter().filter(|it| it.element == "py.gc_busy");
    let own: Vec<_> = own.filter(|it| it.oracle.is_some()).collect();
    assert!(!own.is_empty(), "{:#?}", report.results);
    assert!(own.iter().all(|it| it.verdict == Verdict::Skipped && !it.fails), "{own:#?}");
}

#[test]
fn several_interpreters_are_one_table() {
    let path = Command::new(PYTHON)
        .args(["-c", "import sys; print(sys.executable)"])
        .output()
        .expect("python3 is there");
    let path = String::from_utf8_lossy(&path.stdout).trim().to_owned();
    let arguments =
        ["audit", "python:threads", "--probe", "exc.*", "--python", PYTHON, "--python", &path];
    let output = run(&arguments);
    let page = String::from_utf8_lossy(&output.stdout);
    assert!(page.contains("· 2 runs"), "{page}");
    let row = page.lines().find(|line| line.trim_start().starts_with("= "));
    assert!(row.is_some_and(|row| row.contains("CPython ") && row.ends_with("nothing")), "{page}");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn what_suspends_by_yield_is_asked_what_it_can() {
    let (_, report) = audit("python:generators", &["--probe", "exc*"]);
    let verdict = |wanted| report.results.iter().filter(|it| it.verdict == wanted).count();
    assert!(verdict(Verdict::Preserved) > 5);
    assert!(verdict(Verdict::Unsupported) > 0);
    assert_eq!(verdict(Verdict::Error), 0);
}
