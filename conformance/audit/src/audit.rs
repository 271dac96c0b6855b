//! Subject in, report out: run children, collect, judge.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use unscathed_abi_probes::child::Order;
use unscathed_abi_probes::host;
use unscathed_abi_probes::measure::MEASURE;
use unscathed_catalogue::abi::SYSV_X86_64;
use unscathed_catalogue::probe::PROBES;
use unscathed_catalogue::record::{Record, Stage, Text};
use unscathed_catalogue::{Feature, Level, Probe};
use unscathed_core::subject::{CAP_SIGMASK, CAPS};
use unscathed_verdict::judge::{self, Bench, Ending};
use unscathed_verdict::policy::{Declared, Policies};
use unscathed_verdict::report::{
    Finding, Measurement, NotRun, Report, Run, SCHEMA, Subject as About, Summary, Tool, Verdict,
};

use crate::child::{self, Launch};
use crate::machine;
use crate::spread::{Step, spread};

/// A subject that somebody asked for.
#[derive(Clone, Debug)]
pub struct Subject {
    /// As it was asked for, with its kind: `native:NAME`, `lib:PATH`.
    pub id: String,
    /// What the child is told.
    pub reach: String,
    /// What it declares.
    pub policies: Policies,
}

/// What to run, and how.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The probes.
    pub probes: Vec<&'static Probe>,
    /// The globs that chose them.
    pub chosen: Vec<String>,
    /// Whether undeclared policies fail.
    pub strict: bool,
    /// Decides orders.
    pub seed: u64,
    /// Children at the same time.
    pub jobs: usize,
    /// Of one probe.
    pub timeout: Duration,
    /// How often a probe that failed is run.
    pub tries: usize,
    /// How children are started.
    pub launch: Launch,
    /// Who says so.
    pub tool: Tool,
}

/// What came of an audit.
pub struct Outcome {
    /// For people and machines.
    pub report: Report,
    /// Negative controls that were found changed.
    pub changed: BTreeSet<&'static str>,
    /// Probes for which a child ran.
    pub ran: usize,
}

/// A probe that was run, with all that came of it.
struct Ran {
    findings: Vec<Finding>,
    record: Option<Record>,
    /// A child ran for it.
    child: bool,
}

/// Audits one subject.
/// `step` is told how many probes of how many are done, and which was the last.
pub fn audit(subject: &Subject, plan: &Plan, step: &Step<'_>) -> Outcome {
    let clock = Instant::now();
    let started = machine::now();
    let described = describe(subject, plan);
    let mut report = Report {
        schema: SCHEMA,
        tool: plan.tool.clone(),
        run: Run {
            seed: plan.seed,
            started,
            elapsed_ms: 0,
            partition: None,
            planned: plan.probes.len(),
            host: machine::host(),
            not_run: not_run(),
            probes: PROBES.len(),
            jobs: plan.jobs,
            chosen: plan.chosen.clone(),
            level: if plan.strict { Level::Policy } else { Level::Must }.word().into(),
        },
        subject: About {
            id: subject.id.clone(),
            name: subject.id.clone(),
            version: String::new(),
            kind: "native".into(),
            runtime: None,
            interpreter: None,
            arch: SYSV_X86_64.arch.into(),
            capabilities: Vec::new(),
            policies: subject.policies.rows(),
            documents: Vec::new(),
            loaded: Vec::new(),
        },
        refused: None,
        results: Vec::new(),
        measurements: Vec::new(),
        summary: Summary::default(),
    };
    let (record, policies) = match described {
        Ok(described) => described,
        Err(why) => {
            report.refused = Some(one_line(&why));
            return Outcome { report, changed: BTreeSet::new(), ran: 0 };
        }
    };
    report.subject.name = one_line(record.text(Text::Name));
    report.subject.version = one_line(record.text(Text::Version));
    report.subject.policies = policies.rows();
    report.subject.loaded = record.text(Text::Loaded).lines().map(one_line).collect();
    let claimed = CAPS.iter().filter(|(bit, _)| record.caps & bit != 0);
    report.subject.capabilities = claimed.map(|(_, word)| (*word).to_owned()).collect();

    let lacking = lacking();
    let bench =
        Bench { abi: SYSV_X86_64, lacking: &lacking, policies: &policies, strict: plan.strict };
    let ran = run_all(subject, plan, &bench, record.caps, step);
    let records: Vec<_> = ran.iter().filter_map(|ran| ran.record.as_ref()).collect();
    let changed = changed(&records);
    let controls = judge::controls(SYSV_X86_64, &records);
    let children = ran.iter().filter(|ran| ran.child).count();
    report.results = ran.into_iter().flat_map(|ran| ran.findings).collect();
    report.summary = Summary::of(&report.results, controls);
    if plan.chosen.is_empty() && plan.tries > 1 {
        report.measurements = measured(subject, plan);
    }
    report.run.elapsed_ms = u64::try_from(clock.elapsed().as_millis()).unwrap_or(u64::MAX);
    Outcome { report, changed, ran: children }
}

/// What the subject counts of its own switches; most count nothing. The table has
/// no place for counts, so a stranger's library need not be loaded to be asked.
fn measured(subject: &Subject, plan: &Plan) -> Vec<Measurement> {
    if !subject.reach.starts_with("native:") {
        return Vec::new();
    }
    let probe = Some(MEASURE.to_owned());
    let order = Order { subject: subject.reach.clone(), probe, seed: plan.seed };
    let seen = child::run(&plan.launch, &order, plan.timeout).ok();
    let record = seen.and_then(|seen| seen.record.ok());
    let record = record.filter(|record| record.stage == Stage::Finished);
    let lines = record.map(|record| record.text(Text::Message).to_owned()).unwrap_or_default();
    let row = |line: &str| {
        let mut cells = line.split('|').map(str::to_owned);
        let (what, at, value) = (cells.next()?, cells.next()?, cells.next()?.parse().ok()?);
        Some(Measurement { what, at, value, unit: cells.next()? })
    };
    lines.lines().filter_map(row).collect()
}

/// Loads the subject in a child and asks what it is.
fn describe(subject: &Subject, plan: &Plan) -> Result<(Record, Policies), String> {
    let order = Order { subject: subject.reach.clone(), probe: None, seed: plan.seed };
    let seen = child::run(&plan.launch, &order, plan.timeout)
        .map_err(|error| format!("no child process can be started: {error}"))?;
    let record = seen.record.map_err(|malformed| format!("while it was loaded {malformed}"))?;
    match (record.stage, seen.ending) {
        (Stage::Finished, Ending::Exited(0)) => {}
        (Stage::Refused, _) => return Err(record.text(Text::Message).to_owned()),
        (_, Ending::Killed(signal)) => {
            return Err(format!("it died of {} while it was loaded", judge::signal_name(signal)));
        }
        (_, Ending::TimedOut(time)) => {
            return Err(format!("it was not loaded within {} s (--timeout)", time.as_secs_f64()));
        }
        (_, Ending::Exited(status)) => {
            return Err(format!("it ended the process with status {status} while it was loaded"));
        }
    }
    let mut policies = subject.policies.clone();
    if record.caps & CAP_SIGMASK != 0 {
        policies.imply("signal.mask", Declared::Coroutine, "UNSCATHED_CAP_SIGMASK")?;
    }
    Ok((record, policies))
}

/// Runs the probes, so many at a time, and keeps their order.
fn run_all(
    subject: &Subject,
    plan: &Plan,
    bench: &Bench<'_>,
    caps: u64,
    step: &Step<'_>,
) -> Vec<Ran> {
    let hung = AtomicUsize::new(0);
    let run = |(): &mut (), probe| {
        let timeout = patience(plan.timeout, hung.load(Ordering::Relaxed));
        let ran = run_one(subject, plan, timeout, bench, caps, probe);
        if ran.findings.iter().any(|finding| finding.verdict == Verdict::Hung) {
            hung.fetch_add(1, Ordering::Relaxed);
        }
        ran
    };
    spread(&plan.probes, plan.jobs, || (), run, step)
}

/// Probes take milliseconds. Once some have hung, the rest of the same subject is
/// given less time, so that its report comes within a minute and not in five.
#[must_use]
pub fn patience(timeout: Duration, hung: usize) -> Duration {
    match hung {
        0..3 => timeout,
        _ => timeout / 5,
    }
}

fn run_one(
    subject: &Subject,
    plan: &Plan,
    timeout: Duration,
    bench: &Bench<'_>,
    caps: u64,
    probe: &'static Probe,
) -> Ran {
    let without_child = |findings| Ran { findings, record: None, child: false };
    if let Some(findings) = bench.skipped(probe) {
        return without_child(findings);
    }
    if let Some(lacking) = probe.needs.iter().find(|needed| caps & needed.bit() == 0) {
        return without_child(bench.unsupported(probe, lacking.absence()));
    }
    let order =
        Order { subject: subject.reach.clone(), probe: Some(probe.id.into()), seed: plan.seed };
    let run = || match child::run(&plan.launch, &order, timeout) {
        Ok(seen) => (bench.judge(probe, &seen), seen.record.ok(), true),
        Err(error) => (not_started(bench, probe, &error), None, false),
    };
    let (mut findings, record, child) = run();
    again(&mut findings, plan.tries, || run().0);
    Ran { findings, record, child }
}

/// An experiment for which no process could be had is an error, not a verdict.
fn not_started(bench: &Bench<'_>, probe: &Probe, error: &std::io::Error) -> Vec<Finding> {
    let mut findings =
        bench.unsupported(probe, &format!("no child process can be started: {error}"));
    for finding in &mut findings {
        finding.verdict = Verdict::Error;
    }
    findings
}

/// Runs a probe that failed again, and counts how often each failure was seen.
/// One that hung is not given more time.
pub fn again(findings: &mut [Finding], tries: usize, mut run: impl FnMut() -> Vec<Finding>) {
    let lost = findings.iter().any(|finding| finding.verdict.is_loss());
    let hung = findings.iter().any(|finding| finding.verdict == Verdict::Hung);
    if !lost || hung || tries < 2 {
        return;
    }
    let mut seen: Vec<_> =
        findings.iter().map(|finding| usize::from(finding.verdict.is_loss())).collect();
    for _ in 1..tries {
        for ((finding, later), seen) in findings.iter_mut().zip(run()).zip(&mut seen) {
            *seen += usize::from(later.verdict.is_loss());
            // What was kept at first and lost later was lost.
            if later.verdict.is_loss() && !finding.verdict.is_loss() {
                *finding = later;
            }
        }
    }
    for (finding, seen) in findings.iter_mut().zip(seen) {
        finding.runs = format!("{seen} of {tries}");
    }
}

/// Negative controls that changed in any record.
fn changed(records: &[&Record]) -> BTreeSet<&'static str> {
    let free = SYSV_X86_64.elements.iter().enumerate().filter(|(_, row)| row.level == Level::Free);
    let changed = free.filter(|(index, _)| {
        let mut rows = records.iter().filter_map(|record| record.rows.get(*index));
        rows.any(|row| row.changed.iter().any(|&word| word != 0))
    });
    changed.map(|(_, row)| row.id).collect()
}

/// What this machine lacks of what the catalogue has rows for.
#[must_use]
pub fn lacking() -> Vec<(Feature, String)> {
    let rows = Feature::ALL.iter().filter_map(|&feature| Some((feature, host::why_not(feature)?)));
    rows.map(|(feature, why)| (feature, why.to_owned())).collect()
}

/// The same as reports say it.
#[must_use]
pub fn not_run() -> Vec<NotRun> {
    let row = |(feature, why): (Feature, String)| NotRun { what: feature.title().into(), why };
    lacking().into_iter().map(row).collect()
}

/// A text that somebody else wrote, on one line and without control characters:
/// names of files and of subjects may hold anything.
#[must_use]
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        match character.is_control() {
            true => line.extend(character.escape_default()),
            false => line.push(character),
        }
    }
    line
}
