//! Both sides of a test: the parent that judges, and the child that runs a probe.

use core::any::type_name;
use core::time::Duration;
use std::collections::BTreeSet;
use std::env;
use std::thread::available_parallelism;

use unscathed_audit::child::{Launch, ORDER};
use unscathed_audit::show::fold::{Page, plain};
use unscathed_audit::show::{Style, entry, field};
use unscathed_audit::{Outcome, Plan, Subject, audit};
use unscathed_catalogue::Probe;
use unscathed_catalogue::abi::SYSV_X86_64;
use unscathed_catalogue::probe::{self, PROBES};
use unscathed_core::subject::Table;
use unscathed_verdict::causes::causes;
use unscathed_verdict::policy::Policies;
use unscathed_verdict::report::{Finding, Report, Tool, Verdict};

use crate::expect::Expected;
use crate::subject::Coroutine;
use crate::table::table;

/// Decides orders; the same in every run, so that a failure is seen again.
const SEED: u64 = 1;
/// Of one probe, which takes milliseconds: enough on a machine that is busy.
const TIMEOUT: Duration = Duration::from_secs(20);
/// How often a probe that failed is run.
const TRIES: usize = 3;

/// Tests one probe. `test` is the path of the test, with its crate.
///
/// # Panics
///
/// If something is lost that is not expected, or the probe could not be made.
#[track_caller]
pub fn probe<S: Coroutine>(test: &str, id: &str, expected: &[&str]) {
    child::<S>();
    let Some(probe) = probe::find(id) else { panic!("there is no probe `{id}`") };
    let mut report = run::<S>(within_crate(test), vec![probe]);
    Expected(expected).accept(&mut report);
    if let Some(text) = failure(&report, probe) {
        panic!("{text}");
    }
    for remark in unseen(&report) {
        println!("{id}: {remark}");
    }
}

/// What passes without proof, each reason once.
fn unseen(report: &Report) -> BTreeSet<String> {
    let open =
        |finding: &&Finding| matches!(finding.verdict, Verdict::Skipped | Verdict::Unsupported);
    let open = report.results.iter().filter(open);
    open.map(|finding| format!("{}: {}", finding.verdict.word(), field::detail(finding))).collect()
}

/// Tests the list of expected failures.
///
/// # Panics
///
/// If an entry of it does not fail.
#[track_caller]
pub fn expected_failures<S: Coroutine>(test: &str, expected: &[&str]) {
    child::<S>();
    let expected = Expected(expected);
    let observed = |probe: &&Probe| expected.elements().any(|row| probe.observes(row));
    let report = run::<S>(within_crate(test), PROBES.iter().filter(observed).collect());
    let stale = expected.stale(&report);
    let why = refusal(&report).or_else(|| (!stale.is_empty()).then(|| stale.join("\n")));
    if let Some(why) = why {
        panic!("{why}");
    }
}

/// Runs the probe that this process was started for, and does not return; returns
/// where it was started for none, or for another subject.
pub fn child<S: Coroutine>() {
    fn builtin<S: Coroutine>(_: &str) -> Option<&'static Table> {
        Some(table::<S>())
    }

    let order = env::var(ORDER).unwrap_or_default();
    let arguments: Vec<_> = order.split('\n').map(str::to_owned).collect();
    if arguments.first() != Some(&reach::<S>()) {
        return;
    }
    // It ends the process unless the order is none.
    let _ = unscathed_abi_probes::child::main(&arguments, builtin::<S>, |_| None);
    std::process::exit(1);
}

/// How a child is told which of the types of this binary it is about.
fn reach<S: Coroutine>() -> String {
    format!("native:{}", type_name::<S>())
}

/// The path as `cargo test` takes it.
fn within_crate(test: &str) -> &str {
    test.split_once("::").map_or(test, |(_, path)| path)
}

fn run<S: Coroutine>(test: &str, probes: Vec<&'static Probe>) -> Report {
    let policies = Policies::declared(SYSV_X86_64, S::POLICIES);
    let policies = policies.unwrap_or_else(|why| panic!("POLICIES: {why}"));
    let subject = Subject { id: format!("test:{test}"), reach: reach::<S>(), policies };
    let jobs = if probes.len() == 1 { 1 } else { available_parallelism().map_or(1, usize::from) };
    let plan = Plan {
        chosen: Vec::new(),
        strict: false,
        seed: SEED,
        jobs,
        timeout: TIMEOUT,
        tries: TRIES,
        launch: Launch::Environment(["--exact", test, "--nocapture"].map(str::to_owned).into()),
        tool: Tool {
            name: "unscathed".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            commit: None,
        },
        probes,
    };
    let Outcome { report, .. } = audit(&subject, &plan, &|_, _, _| ());
    report
}

/// What went wrong, as the command would tell it; `None`: nothing.
fn failure(report: &Report, probe: &Probe) -> Option<String> {
    if let Some(refusal) = refusal(report) {
        return Some(refusal);
    }
    let causes = causes(report);
    let mut page = Page::new(Style::PLAIN);
    let subject = &report.subject;
    let title = format!("{} {} · {} · {}", subject.name, subject.version, probe.id, probe.title);
    page.blank();
    page.line(0, &[plain(title)]);
    page.blank();
    for (index, cause) in causes.iter().enumerate() {
        entry::full(&mut page, index + 1, cause, report);
        page.blank();
    }
    (!causes.is_empty()).then(|| page.finish().trim_end().to_owned())
}

/// Why nothing can be said.
fn refusal(report: &Report) -> Option<String> {
    let error = report.results.iter().find(|finding| finding.verdict == Verdict::Error);
    let error = error.map(|finding| format!("{}: {}", finding.probe, finding.detail));
    report.refused.clone().or(error)
}
