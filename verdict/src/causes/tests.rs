//! What is one entry, and how an element stands.

use super::*;
use crate::report::{Clause, Controls, Host, Run, Subject, Summary, Tool};

fn finding(probe: &str, element: &str, verdict: Verdict) -> Finding {
    let row = abi::element(element).unwrap();
    let level = row.level.word();
    Finding {
        probe: probe.into(),
        element: element.into(),
        level: level.into(),
        declared: None,
        verdict,
        fails: verdict.is_loss() && level == "must",
        expected: None,
        observed: None,
        owner: (verdict == Verdict::Leaked).then(|| "coroutine 1, step 3".into()),
        clause: Clause {
            kind: row.clause.kind.word().into(),
            document: row.clause.document.into(),
            revision: row.clause.revision.into(),
            section: row.clause.section.into(),
        },
        runs: "3 of 3".into(),
        detail: String::new(),
        replay: None,
        baseline: None,
        elapsed_us: 0,
        place: (verdict == Verdict::Leaked).then(|| "main, when resume returns".into()),
        oracle: None,
    }
}

fn dead(probe: &str, element: &str, detail: &str) -> Finding {
    let base = finding(probe, element, Verdict::Crashed);
    Finding { detail: detail.into(), ..base }
}

fn report(results: Vec<Finding>) -> Report {
    let text = String::new;
    Report {
        schema: crate::report::SCHEMA,
        tool: Tool { name: text(), version: text(), commit: None },
        run: Run {
            seed: 1,
            started: text(),
            elapsed_ms: 0,
            partition: None,
            planned: 0,
            host: Host { arch: text(), os: text(), cpu: text(), features: vec![], libc: None },
            not_run: vec![],
            probes: 0,
            jobs: 1,
            chosen: vec![],
            level: "must".into(),
        },
        subject: Subject {
            id: text(),
            name: text(),
            version: text(),
            kind: text(),
            runtime: None,
            interpreter: None,
            arch: text(),
            capabilities: vec![],
            policies: vec![],
            documents: Vec::new(),
            loaded: vec![],
        },
        refused: None,
        summary: Summary::of(&results, Controls::default()),
        results,
        measurements: vec![],
    }
}

use Verdict::{Corrupted, Error, Leaked, Preserved, Skipped, Unsupported};

#[test]
fn one_missing_pair_of_instructions_is_one_entry() {
    let report = report(vec![
        finding("fp.suspend", "x87.masks", Leaked),
        finding("fp.resume", "mxcsr.ftz", Leaked),
        finding("fp.resume", "mxcsr.rc", Leaked),
        finding("fp.resume", "x87.rc", Preserved),
        finding("regs.resume", "gpr.r12", Leaked),
    ]);
    let causes = causes(&report);
    let elements: Vec<_> = causes.iter().map(|it| it.elements.clone()).collect();
    assert_eq!(
        elements,
        [vec!["mxcsr.rc", "mxcsr.ftz", "x87.masks"], vec!["gpr.r12"]],
        "more probes first, elements in the order of the catalogue"
    );
    assert_eq!(causes[0].probes(), ["fp.resume", "fp.suspend"]);
    assert_eq!(causes[0].findings.len(), 3);
}

#[test]
fn owners_and_verdicts_tell_entries_apart() {
    let mut own = finding("regs.many", "gpr.rbx", Leaked);
    own.owner = Some("main itself, step 2".into());
    let report = report(vec![
        finding("regs.two", "gpr.rbx", Leaked),
        own,
        finding("regs.pair", "gpr.rbx", Corrupted),
    ]);
    let verdicts: Vec<_> = causes(&report).iter().map(|it| it.verdict).collect();
    assert_eq!(verdicts, [Corrupted, Leaked, Leaked]);
}

#[test]
fn deaths_are_told_apart_by_signal_and_not_by_address() {
    let report = report(vec![
        dead("regs.deep", "gpr.rbx", "SIGSEGV, read of 0x18; rip 0x1"),
        dead("fp.deep", "x87.pc", "SIGSEGV, write of 0x20; rip 0x2"),
        dead("fp.finish", "x87.pc", "ended with status 0, after step 2"),
        dead("state.finish", "flags.df", "undeclared: ended with status 0, after step 3"),
    ]);
    let causes = causes(&report);
    assert_eq!(causes.len(), 2);
    assert_eq!(causes[0].elements, ["gpr.rbx", "x87.pc"]);
    assert_eq!(causes[0].usual, None);
    assert_eq!(causes[1].probes(), ["fp.finish", "state.finish"]);
}

#[test]
fn the_clearest_result_is_steady_and_shows_most() {
    let mut flaky = finding("fp.first", "mxcsr.rc", Leaked);
    flaky.runs = "1 of 3".into();
    let report = report(vec![
        flaky,
        finding("fp.resume", "mxcsr.rc", Leaked),
        finding("fp.suspend", "mxcsr.rc", Leaked),
        finding("fp.suspend", "mxcsr.ftz", Leaked),
    ]);
    assert_eq!(causes(&report)[0].example().probe, "fp.suspend");
}

#[test]
fn an_element_stands_as_its_worst_loss_and_else_as_what_was_seen() {
    let mut accepted = finding("fp.entry", "x87.pc", Corrupted);
    accepted.fails = false;
    accepted.baseline = Some("by design".into());
    let mut report = report(vec![
        finding("regs.two", "gpr.rbx", Preserved),
        finding("regs.many", "gpr.rbx", Leaked),
        finding("regs.two", "gpr.r12", Preserved),
        finding("regs.nested", "gpr.r12", Unsupported),
        finding("shadow.pointer", "shstk.ssp", Skipped),
        finding("state.long", "flags.df", Error),
        finding("state.resume", "flags.ac", Preserved),
        accepted,
    ]);
    let counts = |report: &Report| -> Vec<_> {
        standings(report).iter().map(|it| (it.element.to_owned(), it.verdict, it.count)).collect()
    };
    let seen = counts(&report);
    let expected = [
        ("gpr.rbx", Leaked, Count::Lost),
        ("gpr.r12", Preserved, Count::Kept),
        ("x87.pc", Corrupted, Count::Expected),
        ("flags.df", Error, Count::Unknown),
        ("flags.ac", Preserved, Count::Measured),
        ("shstk.ssp", Skipped, Count::Unknown),
    ];
    assert_eq!(seen, expected.map(|(id, verdict, count)| (id.to_owned(), verdict, count)));
    report.run.level = "policy".into();
    assert_eq!(counts(&report)[4].2, Count::Kept, "at that level it counts");
}
