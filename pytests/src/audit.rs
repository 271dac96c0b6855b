//! Python subject in, report out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use unscathed_audit::{Outcome, Plan, Step, again, lacking, machine, not_run, one_line, patience};
use unscathed_catalogue::abi::{self, SYSV_X86_64};
use unscathed_catalogue::python;
use unscathed_catalogue::{Capability, Experiment, Level, Oracle, Probe};
use unscathed_verdict::journal::{Description, Journal};
use unscathed_verdict::judge::Bench;
use unscathed_verdict::judge::script::Told;
use unscathed_verdict::policy::Policies;
use unscathed_verdict::report::{
    Controls, Finding, Measurement, Report, Run, SCHEMA, Subject as About, Summary, Verdict,
};

use crate::embedded::Unpacked;
use crate::interpreter::Found;
use crate::server::{Finished, Launch};

/// The subject that stands for what an interpreter does without any switch.
pub const ORACLE: &str = "threads";

/// A Python subject that somebody asked for.
#[derive(Clone, Debug)]
pub struct Subject {
    /// As it was asked for, with its kind: `python:greenlet`.
    pub id: String,
    /// How the child names it: a module, a built-in id, or a file and a class.
    pub reach: String,
    /// A private environment that holds it.
    pub site: Option<PathBuf>,
}

/// The order that asks for what switches cost, in the place of a probe's id.
const COSTS: &str = "measures.costs";

/// How long that may take at least, whatever one probe is allowed.
const MEASURES: Duration = Duration::from_secs(20);

/// An audit under way: one subject on one interpreter.
struct Bout<'a> {
    launch: Launch<'a>,
    oracle: Launch<'a>,
    plan: &'a Plan,
    bench: Bench<'a>,
    capabilities: &'a [String],
    /// What the oracle showed, by probe.
    shown: Mutex<BTreeMap<&'static str, Shown>>,
}

/// What came of one probe on the oracle.
#[derive(Clone)]
struct Shown {
    findings: Vec<Finding>,
    journal: Journal,
}

/// The processes of one worker.
#[derive(Default)]
struct Processes {
    subject: Finished,
    oracle: Finished,
}

/// A probe that was run, or not.
struct Ran {
    findings: Vec<Finding>,
    child: bool,
}

/// Audits one subject on one interpreter.
/// `step` is told how many probes of how many are done, and which was the last.
pub fn audit(
    subject: &Subject,
    found: &Found,
    unpacked: &Unpacked,
    plan: &Plan,
    step: &Step<'_>,
) -> Outcome {
    let clock = Instant::now();
    let mut report = begin(subject, found, plan);
    let folder = match tempfile::Builder::new().prefix("unscathed-").tempdir() {
        Ok(folder) => folder,
        Err(error) => {
            return refused(subject, found, plan, &format!("no temporary folder: {error}"));
        }
    };
    let launch = Launch {
        found,
        unpacked,
        reach: &subject.reach,
        site: subject.site.as_deref(),
        folder: folder.path(),
        seed: plan.seed,
    };
    let described = launch.start(plan.timeout.max(IMPORT)).and_then(|(server, said)| {
        let policies = Policies::of_python(&said.policies)?;
        Ok((server, said, policies))
    });
    let (server, said, policies) = match described {
        Ok(described) => described,
        Err(why) => return refused(subject, found, plan, &why),
    };
    report.subject = describe(report.subject, &said, &policies);

    let lacking = lacking();
    let bench =
        Bench { abi: SYSV_X86_64, lacking: &lacking, policies: &policies, strict: plan.strict };
    let oracle = Launch { reach: ORACLE, site: None, ..launch.clone() };
    let capabilities = &said.capabilities;
    let shown = Mutex::default();
    let bout = Bout { launch, oracle, plan, bench, capabilities, shown };
    let ran = bout.run_all(server, step);
    let children = ran.iter().filter(|ran| ran.child).count();
    report.results = ran.into_iter().flat_map(|ran| ran.findings).collect();
    report.summary = Summary::of(&report.results, Controls::default());
    if plan.chosen.is_empty() && plan.tries > 1 {
        report.measurements = bout.measured();
    }
    report.run.elapsed_ms = u64::try_from(clock.elapsed().as_millis()).unwrap_or(u64::MAX);
    Outcome { report, changed: BTreeSet::new(), ran: children }
}

/// The report of a subject that cannot be reached.
#[must_use]
pub fn refused(subject: &Subject, found: &Found, plan: &Plan, why: &str) -> Outcome {
    let mut report = begin(subject, found, plan);
    report.refused = Some(one_line(why));
    Outcome { report, changed: BTreeSet::new(), ran: 0 }
}

/// How long an import may take at least, whatever one probe is allowed.
const IMPORT: Duration = Duration::from_secs(10);

fn begin(subject: &Subject, found: &Found, plan: &Plan) -> Report {
    Report {
        schema: SCHEMA,
        tool: plan.tool.clone(),
        run: Run {
            seed: plan.seed,
            started: machine::now(),
            elapsed_ms: 0,
            partition: None,
            planned: plan.probes.len(),
            host: machine::host(),
            not_run: not_run(),
            probes: python::probes().count(),
            jobs: plan.jobs,
            chosen: plan.chosen.clone(),
            level: if plan.strict { Level::Policy } else { Level::Must }.word().into(),
        },
        subject: About {
            id: subject.id.clone(),
            name: subject.id.clone(),
            version: String::new(),
            kind: "python".into(),
            runtime: Some(found.title.clone()),
            interpreter: found.named.then(|| found.asked.clone()),
            arch: std::env::consts::ARCH.into(),
            capabilities: Vec::new(),
            policies: Vec::new(),
            documents: Vec::new(),
            loaded: Vec::new(),
        },
        refused: None,
        results: Vec::new(),
        measurements: Vec::new(),
        summary: Summary::default(),
    }
}

fn describe(about: About, said: &Description, policies: &Policies) -> About {
    About {
        name: one_line(&said.name),
        version: one_line(&said.version),
        capabilities: said.capabilities.iter().map(|word| one_line(word)).collect(),
        policies: policies.rows(),
        documents: said.documents.iter().map(|(id, at)| (id.clone(), one_line(at))).collect(),
        loaded: said.loaded.iter().map(|file| one_line(file)).collect(),
        ..about
    }
}

impl Bout<'_> {
    fn run_all(&self, server: crate::server::Server, step: &Step<'_>) -> Vec<Ran> {
        let hung = AtomicUsize::new(0);
        // The process that described the subject serves the first worker.
        let first = Mutex::new(Some(server));
        let worker = || {
            let server = first.lock().unwrap_or_else(PoisonError::into_inner).take();
            Processes { subject: Finished(server), oracle: Finished(None) }
        };
        let run = |processes: &mut Processes, probe| {
            let timeout = patience(self.plan.timeout, hung.load(Ordering::Relaxed));
            let ran = self.run_one(processes, probe, timeout);
            if ran.findings.iter().any(|finding| finding.verdict == Verdict::Hung) {
                hung.fetch_add(1, Ordering::Relaxed);
            }
            ran
        };
        let ran = unscathed_audit::spread(&self.plan.probes, self.plan.jobs, worker, run, step);
        drop(Finished(first.into_inner().unwrap_or_else(PoisonError::into_inner)));
        ran
    }

    fn run_one(&self, processes: &mut Processes, probe: &'static Probe, timeout: Duration) -> Ran {
        let kind = &self.launch.found.kind;
        let without_child = |findings| Ran { findings, child: false };
        if let Some(findings) = self.bench.skipped_script(probe, kind) {
            return without_child(findings);
        }
        if let Some(why) = self.cannot(probe) {
            return without_child(self.bench.without_run(probe, Verdict::Unsupported, &why));
        }
        let Experiment::Python(oracle) = probe.experiment else {
            let why = "it is no probe of Python subjects";
            return without_child(self.bench.without_run(probe, Verdict::Error, why));
        };
        let launch = &self.launch;
        let first = launch.run(&mut processes.subject.0, probe.id, None, timeout);
        let judge = |told: &Result<Told, String>| match told {
            Ok(told) => self.bench.judge_script(probe, told, kind),
            Err(why) => self.bench.without_run(probe, Verdict::Error, why),
        };
        let mut findings = judge(&first);
        let server = &mut processes.subject.0;
        again(&mut findings, self.plan.tries, || {
            judge(&launch.run(server, probe.id, None, timeout))
        });
        if self.launch.reach != self.oracle.reach {
            let shown = match oracle {
                Oracle::Without(why) => Err(why),
                Oracle::Threads => Ok(self.oracle_of(processes, probe, timeout)),
            };
            let journal = first.as_ref().map(|told| &told.journal);
            compare(&mut findings, journal.ok(), &shown);
        }
        Ran { findings, child: first.is_ok() }
    }

    /// What its switches cost. Nobody else works meanwhile, and who dies of it has still
    /// said what was measured before.
    fn measured(&self) -> Vec<Measurement> {
        let mut server = Finished::default();
        let patience = self.plan.timeout.max(MEASURES);
        let told = self.launch.run(&mut server.0, COSTS, None, patience);
        told.map(|told| told.journal.measurements).unwrap_or_default()
    }

    /// What a probe needs that the subject does not claim.
    fn cannot(&self, probe: &Probe) -> Option<String> {
        let claims = |needed: &&Capability| {
            needed.word().is_some_and(|word| self.capabilities.iter().any(|own| own == word))
        };
        let lacking = probe.needs.iter().find(|needed| !claims(needed))?;
        let word = lacking.word().unwrap_or("of native subjects");
        Some(format!("the subject's capabilities have no \"{word}\""))
    }

    fn oracle_of(
        &self,
        processes: &mut Processes,
        probe: &'static Probe,
        timeout: Duration,
    ) -> Shown {
        let lock = || self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(probe.id) {
            return known.clone();
        }
        let kind = &self.launch.found.kind;
        let told = self.oracle.run(&mut processes.oracle.0, probe.id, None, timeout);
        let shown = match told {
            Ok(told) => Shown {
                findings: self.bench_of_oracle().judge_script(probe, &told, kind),
                journal: told.journal,
            },
            Err(why) => Shown {
                findings: self.bench.without_run(probe, Verdict::Error, &why),
                journal: Journal::default(),
            },
        };
        lock().insert(probe.id, shown.clone());
        shown
    }

    /// The oracle is asked what a private state looks like: whatever the subject
    /// declares, each thread has its own.
    fn bench_of_oracle(&self) -> Bench<'static> {
        static NOTHING: Policies = Policies::none();
        Bench { abi: SYSV_X86_64, lacking: &[], policies: &NOTHING, strict: false }
    }
}

/// Before a subject is convicted, or let off, OS threads have shown what the same
/// probe sees without any switch.
fn compare(findings: &mut [Finding], journal: Option<&Journal>, shown: &Result<Shown, &str>) {
    for finding in findings {
        let lost = finding.verdict.is_loss();
        match shown {
            Err(why) if lost => unasked(finding, why),
            Err(_) => {}
            Ok(shown) => {
                let own = shown.findings.iter().find(|it| it.element == finding.element);
                match own {
                    Some(own) if lost => weigh(finding, own),
                    None if lost => unasked(finding, "it did not look"),
                    _ => doubt(finding, journal, &shown.journal),
                }
            }
        }
    }
}

/// A party that looks where threads hand over, and did not look here, did not run: a
/// resume that comes back too early has passed nothing.
fn doubt(finding: &mut Finding, journal: Option<&Journal>, shown: &Journal) {
    let Some(journal) = journal.filter(|_| finding.verdict == Verdict::Preserved) else {
        return;
    };
    let looked = journal.lookers(&finding.element);
    let absent: Vec<_> =
        shown.lookers(&finding.element).into_iter().filter(|who| !looked.contains(who)).collect();
    if !absent.is_empty() {
        finding.verdict = Verdict::Error;
        finding.detail = format!(
            "{} never looked, though OS threads do: resume or suspend came back too early",
            absent.join(" and ")
        );
    }
}

/// What threads show too is the interpreter's own.
fn weigh(finding: &mut Finding, own: &Finding) {
    if own.verdict.is_loss() {
        let shown = own.observed.as_ref().map(|found| format!(": {found}")).unwrap_or_default();
        finding.detail = format!("OS threads show the same on this interpreter{shown}");
        finding.verdict = Verdict::Skipped;
        finding.fails = false;
        finding.oracle =
            Some("OS threads in place of coroutines, same interpreter: lost too".into());
        return;
    }
    match own.verdict {
        Verdict::Preserved => {
            let kept = "OS threads in place of coroutines, same interpreter: kept";
            finding.oracle = Some(kept.into());
        }
        other => unasked(finding, &format!("{}: {}", other.word(), own.detail)),
    }
}

/// Without an oracle the definition decides alone, where it suffices.
fn unasked(finding: &mut Finding, why: &str) {
    finding.oracle = Some(format!("no oracle: {why}"));
    let row = abi::element(&finding.element).and_then(|row| row.interpreted);
    if row.is_some_and(|row| !row.alone) {
        finding.detail = format!("no oracle: {why}; the definition alone does not convict");
        finding.verdict = Verdict::Skipped;
        finding.fails = false;
    }
}
