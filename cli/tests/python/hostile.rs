//! Subjects that do harm. Whatever they do, the report is whole.

use std::time::{Duration, Instant};

use unscathed_verdict::report::{Report, Verdict};

use crate::command::{audit, of, subject};

/// One probe of a subject that does harm in `resume`.
fn harmed(class: &str, options: &[&str]) -> Report {
    let probes = ["--probe", "exc.handled", "--probe", "exc.nested", "--level", "policy"];
    let options = [&probes, options].concat();
    let (status, report) = audit(&subject("hostile.py", class), &options);
    assert!(matches!(status, 0..=2), "{status}");
    assert_eq!(report.refused, None);
    assert!(!of(&report, "exc.handled").is_empty(), "{report:#?}");
    assert!(!of(&report, "exc.nested").is_empty(), "{report:#?}");
    report
}

fn all(report: &Report, verdict: Verdict, says: &str) {
    for finding in &report.results {
        assert_eq!(finding.verdict, verdict, "{finding:#?}");
        assert!(finding.detail.contains(says), "{finding:#?}");
    }
}

#[test]
fn a_segfault_is_a_crash_with_its_address() {
    let report = harmed("Segfaults", &[]);
    all(&report, Verdict::Crashed, "SIGSEGV, address 0x8");
    assert!(report.results.iter().all(|finding| finding.detail.contains("rip=0x")));
    assert!(report.results.iter().all(|finding| finding.runs == "3 of 3"));
}

#[test]
fn an_abort_is_a_crash() {
    all(&harmed("Aborts", &[]), Verdict::Crashed, "SIGABRT");
}

#[test]
fn an_exit_with_status_0_is_a_crash() {
    all(&harmed("Exits", &[]), Verdict::Crashed, "ended with status 0");
}

#[test]
fn a_polite_exit_is_no_pass() {
    all(&harmed("LeavesPolitely", &[]), Verdict::Error, "SystemExit");
}

#[test]
fn a_hang_is_a_hang() {
    let clock = Instant::now();
    all(&harmed("Hangs", &["--timeout", "1"]), Verdict::Hung, "no end within 1 s");
    assert!(clock.elapsed() < Duration::from_secs(60), "hung probes are not tried again");
}

#[test]
fn who_kills_the_server_is_convicted_and_the_rest_still_runs() {
    all(&harmed("Kills", &["--timeout", "2"]), Verdict::Crashed, "");
}

#[test]
fn closed_descriptors_do_not_hide_what_was_seen() {
    all(&harmed("Closes", &[]), Verdict::Preserved, "");
}

#[test]
fn what_is_printed_is_no_report() {
    all(&harmed("Prints", &[]), Verdict::Preserved, "");
}

#[test]
fn what_is_left_behind_does_not_hold_us_up() {
    let clock = Instant::now();
    all(&harmed("Forks", &[]), Verdict::Preserved, "");
    assert!(clock.elapsed() < Duration::from_secs(25));
}

#[test]
fn a_resume_that_returns_early_is_no_pass() {
    let report = harmed("ReturnsEarly", &[]);
    assert!(report.results.iter().all(|it| it.verdict != Verdict::Preserved), "{report:#?}");
}
