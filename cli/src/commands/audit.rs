//! `audit`: run the probes on each subject.

use std::num::NonZeroUsize;
use std::thread::available_parallelism;
use std::time::Duration;

use clap::{Args, ValueEnum};
use globset::Glob;
use unscathed_audit::child::{Launch, adopt_strays};
use unscathed_audit::{Outcome, Plan};
use unscathed_catalogue::Probe;
use unscathed_catalogue::probe::{all, find};
use unscathed_verdict::report::{Report, Verdict};

use crate::error::{Error, nearest};
use crate::exit::Exit;
use crate::output::{Format, Outputs};
use crate::progress::Progress;
use crate::stage::Stage;
use crate::subjects::{self, DEFAULT};
use crate::tool::tool;

/// How often a probe that failed is run.
const TRIES: usize = 3;

#[derive(Args)]
pub(crate) struct Audit {
    /// native:NAME (built in), lib:PATH (an adapter), python:NAME, python:NAME==VERSION or
    /// python:PATH.py:Class; a bare NAME of a built-in one; without one, a default set
    subjects: Vec<String>,

    /// Only the probes that match (repeatable): regs.*, fp.entry
    #[arg(long, value_name = "GLOB")]
    probe: Vec<String>,

    /// What fails: what an ABI, a language or the contract demands, or undeclared policies too
    #[arg(long, value_enum, default_value_t = Demand::Must)]
    level: Demand,

    /// Interpreter for Python subjects (repeatable): a path, or a name on PATH [default:
    /// $VIRTUAL_ENV/bin/python, else python3]
    #[arg(long, value_name = "EXE")]
    python: Vec<String>,

    /// Report format (repeatable)
    #[arg(long, value_enum)]
    format: Vec<Format>,

    /// File of the n-th format; - is standard output
    #[arg(long, short, value_name = "FILE")]
    output: Vec<String>,

    /// Decides the orders in which coroutines run
    #[arg(long, default_value_t = 1)]
    seed: u64,

    #[command(flatten)]
    effort: Effort,
}

/// How much of the machine, and for how long.
#[derive(Args, Clone, Debug)]
pub(crate) struct Effort {
    /// Children at the same time [default: one for each processor]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = count)]
    jobs: Option<NonZeroUsize>,

    /// Time of one probe, in seconds; a fifth of it once three of a subject have hung
    #[arg(long, value_name = "SECONDS", default_value = "5", allow_negative_numbers = true, value_parser = seconds)]
    pub(crate) timeout: Duration,
}

impl Effort {
    pub(crate) fn jobs(&self) -> usize {
        self.jobs.or_else(|| available_parallelism().ok()).map_or(1, NonZeroUsize::get)
    }
}

/// What fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Demand {
    /// What an ABI, a language or the contract demands
    Must,
    /// Undeclared policies too
    Policy,
}

impl Audit {
    pub(crate) fn run(self) -> Result<Exit, Error> {
        // Everything that was said is checked before anything runs.
        let default: Vec<String> = DEFAULT.iter().map(|name| format!("native:{name}")).collect();
        let named = if self.subjects.is_empty() { &default } else { &self.subjects };
        let subjects =
            named.iter().map(|name| subjects::parse(name)).collect::<Result<Vec<_>, _>>()?;
        let probes = choose(&self.probe)?;
        let stage = Stage::new(&subjects, &self.python)?;
        let plan = Plan {
            probes,
            chosen: self.probe,
            strict: self.level == Demand::Policy,
            seed: self.seed,
            jobs: self.effort.jobs(),
            timeout: self.effort.timeout,
            tries: TRIES,
            launch: Launch::Hidden,
            tool: tool(),
        };
        let outputs = Outputs::open(&self.format, &self.output)?;

        outputs.announce(&plan);
        adopt_strays();
        let progress = Progress::on_terminal();
        let step = |done, all, last: &str| progress.step(done, all, last);
        let outcomes: Vec<_> = subjects
            .iter()
            .flat_map(|subject| stage.audit(subject, &plan, &progress, &step))
            .collect();
        drop(progress);

        for outcome in &outcomes {
            if let Some(why) = &outcome.report.refused {
                let name = named_in(&outcome.report);
                anstream::eprintln!("unscathed: {}", Error::new(format!("{name}: {why}")));
            }
        }
        let exit = Exit::of(&outcomes.iter().flat_map(exits).collect::<Vec<_>>());
        let reports: Vec<_> = outcomes.into_iter().map(|outcome| outcome.report).collect();
        outputs.write(&reports, exit)?;
        Ok(exit)
    }
}

/// A refused subject is named as the user named it: a library by its path.
fn named_in(report: &Report) -> &str {
    report.subject.id.strip_prefix("lib:").unwrap_or(&report.subject.id)
}

/// The statuses that apply to one subject.
fn exits(outcome: &Outcome) -> Vec<Exit> {
    let report = &outcome.report;
    let error = report.results.iter().any(|finding| finding.verdict == Verdict::Error);
    let fails = report.results.iter().any(|finding| finding.fails);
    let applies = [
        (report.refused.is_some() || error, Exit::CouldNotRun),
        (fails, Exit::Findings),
        (outcome.ran == 0, Exit::NothingRan),
    ];
    let mut exits: Vec<_> =
        applies.into_iter().filter(|(applies, _)| *applies).map(|(_, exit)| exit).collect();
    if exits.is_empty() {
        exits.push(Exit::Clean);
    }
    exits
}

/// The probes that match any of the globs.
fn choose(globs: &[String]) -> Result<Vec<&'static Probe>, Error> {
    let mut matchers = Vec::new();
    for text in globs {
        let matcher = Glob::new(text)
            .map_err(|error| Error::new(format!("--probe {text}: {}", error.kind())))?
            .compile_matcher();
        let literal = !text.contains(['*', '?', '[', '{']);
        if literal && find(text).is_none() {
            let nearest = nearest(text, all().map(|probe| probe.id)).unwrap_or_default();
            return Err(Error::new(format!(
                "--probe {text}: there is no such probe (nearest: `{nearest}`; `unscathed list probes` names them all)"
            )));
        }
        matchers.push(matcher);
    }
    let matches =
        |probe: &&Probe| matchers.is_empty() || matchers.iter().any(|glob| glob.is_match(probe.id));
    Ok(all().filter(matches).collect())
}

/// A whole number, one or more.
fn count(text: &str) -> Result<NonZeroUsize, String> {
    text.parse().map_err(|_| "it must be a whole number, 1 or more".to_owned())
}

/// A time in seconds, more than zero and at most a day.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "it is not a number of seconds".to_owned())?;
    if !(seconds > 0.0 && seconds <= 86_400.0) {
        return Err("it must be more than 0 and at most 86400 seconds".into());
    }
    Ok(Duration::from_secs_f64(seconds))
}
