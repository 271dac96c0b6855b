//! `self-test`: every planted defect, every harmless change.

use std::collections::BTreeSet;
use std::time::Instant;

use clap::Args;
use globset::Glob;
use unscathed_audit::child::adopt_strays;
use unscathed_audit::{lacking, machine};
use unscathed_catalogue::mutant::MutantClass;
use unscathed_catalogue::python::{self, Mutant as PythonMutant};
use unscathed_mutants::Subject as Mutant;
use unscathed_python::concerning;
use unscathed_verdict::report::NotRun;

use super::audit::Effort;
use crate::error::Error;
use crate::exit::Exit;
use crate::output::print;
use crate::progress::Progress;
use crate::show::for_terminal;
use crate::show::trial::{Defects, Harmless, SelfTest as Page, Wrong};
use crate::subjects;
use crate::tool::tool;
use crate::trial::python::Court;
use crate::trial::{self, Trial};

/// The glob of all mutants.
const EVERYTHING: &str = "**";

#[derive(Args)]
pub(crate) struct SelfTest {
    /// Decides the orders in which coroutines run
    #[arg(long, default_value_t = 1)]
    seed: u64,

    #[command(flatten)]
    effort: Effort,

    /// Only the mutants whose id matches: mutant/forgotten/**
    #[arg(long, value_name = "GLOB", default_value = EVERYTHING)]
    only: String,

    /// Interpreter for Python mutants (repeatable): a path, or a name on PATH [default:
    /// $VIRTUAL_ENV/bin/python, else python3]
    #[arg(long, value_name = "EXE")]
    python: Vec<String>,

    /// Audit this subject in the place of each planted defect: the test must fail
    #[arg(long, value_name = "SUBJECT", hide = true)]
    in_place_of_defects: Option<String>,
}

impl SelfTest {
    pub(crate) fn run(self) -> Result<Exit, Error> {
        let clock = Instant::now();
        let substitute =
            self.in_place_of_defects.as_deref().map(subjects::parse_native).transpose()?;
        let only = Glob::new(&self.only)
            .map_err(|error| Error::new(format!("--only {}: {}", self.only, error.kind())))?
            .compile_matcher();
        let chosen = |mutant: &&Mutant| only.is_match(mutant.id) && trial::can_be_tried(mutant);
        let tried: Vec<&'static Mutant> = unscathed_mutants::all().iter().filter(chosen).collect();
        let court = Court::open(&self.python)?;
        let wanted = |_: &PythonMutant, id: &str| only.is_match(id);
        if tried.is_empty() && !self.only.starts_with("python/") {
            return Err(Error::new(format!(
                "--only {}: no mutant matches (they are named like mutant/forgotten/gpr.rbx)",
                self.only
            )));
        }
        let plan = trial::plan(self.seed, self.effort.timeout);
        let jobs = self.effort.jobs();
        adopt_strays();
        let progress = Progress::on_terminal();
        let mut trials = trial::run(&tried, &plan, jobs, substitute.as_ref(), &progress);
        let timing = (self.seed, self.effort.timeout);
        let sentence = court.run(wanted, concerning, timing, jobs, &progress);
        trials.extend(sentence.trials);
        drop(progress);

        let mut wrong: Vec<_> = trials
            .iter()
            .filter(|trial| !trial.is_right())
            .map(|trial| Wrong {
                id: trial.id.clone(),
                said: trial.told(),
                again: trial.again.clone(),
            })
            .collect();
        if self.only == EVERYTHING {
            wrong.extend(unproved(&court, &sentence.proved));
        }
        let page = Page {
            tool: tool(),
            host: machine::host(),
            seed: self.seed,
            jobs,
            defects: of_classes(&trials, false, |class, trials| Defects {
                class,
                found: count(trials, Trial::is_found),
                planted: trials.len(),
                missed: count(trials, |trial| trial.convicted.is_empty()),
                blamed: count(trials, Trial::is_blamed),
            }),
            harmless: of_classes(&trials, true, |class, trials| Harmless {
                class,
                flagged: count(trials, |trial| !trial.is_right()),
                made: trials.len(),
            }),
            wrong,
            not_on_trial: not_on_trial(&court),
            elapsed_ms: u64::try_from(clock.elapsed().as_millis()).unwrap_or(u64::MAX),
        };
        let exit = if page.passed() { Exit::Clean } else { Exit::Findings };
        print(&page.page(exit.status(), for_terminal()))?;
        Ok(exit)
    }
}

fn count(trials: &[&Trial], holds: impl Fn(&Trial) -> bool) -> usize {
    trials.iter().filter(|trial| holds(trial)).count()
}

/// A row of the page for each class that had a trial.
fn of_classes<R>(
    trials: &[Trial],
    harmless: bool,
    row: impl Fn(&'static str, &[&Trial]) -> R,
) -> Vec<R> {
    let classes = MutantClass::ALL.into_iter().filter(|class| class.is_harmless() == harmless);
    let rows = classes.filter_map(|class| {
        let own: Vec<_> = trials.iter().filter(|trial| trial.class == class).collect();
        (!own.is_empty()).then(|| row(class.title(), &own))
    });
    rows.collect()
}

/// Probes of Python subjects that convicted nobody: they prove nothing.
fn unproved(court: &Court, proved: &BTreeSet<String>) -> Vec<Wrong> {
    let unproved = python::probes()
        .filter(|probe| !court.lacks(probe) && !proved.contains(probe.id))
        .map(|probe| Wrong {
            id: probe.id.into(),
            said: "the probe convicted no mutant".into(),
            again: format!("unscathed explain {}", probe.id),
        });
    unproved.collect()
}

/// Rows for which this machine, or this project, has no mutant.
fn not_on_trial(court: &Court) -> Vec<NotRun> {
    let row = |(feature, why): (unscathed_catalogue::Feature, String)| NotRun {
        what: feature.title().into(),
        why,
    };
    lacking().into_iter().map(row).chain(court.missing.clone()).collect()
}
