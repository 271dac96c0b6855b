//! `explain`: one element or one probe, and how far it can be trusted.

use std::collections::BTreeSet;
use std::time::Duration;

use clap::Args;
use unscathed_audit::{Plan, child};
use unscathed_catalogue::abi::{self, SYSV_X86_64};
use unscathed_catalogue::mutant::MutantClass;
use unscathed_catalogue::probe::{self, PROBES};
use unscathed_catalogue::python;
use unscathed_catalogue::{Element, Experiment, Level, Probe};
use unscathed_mutants::Subject as Mutant;

use crate::error::{Error, nearest};
use crate::exit::Exit;
use crate::output::print;
use crate::progress::Progress;
use crate::show::trial::Trial as Score;
use crate::show::{explain, for_terminal};
use crate::trial::python::Court;
use crate::trial::{self, Trial};

/// Time of one probe on a mutant.
const TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Args)]
pub(crate) struct Explain {
    /// A probe or an element: mxcsr.rc, regs.nested
    id: String,
}

impl Explain {
    pub(crate) fn run(self) -> Result<Exit, Error> {
        let style = for_terminal();
        let page = if let Some(row) = abi::element(&self.id) {
            let score = (row.level != Level::Free).then(|| try_element(row)).flatten();
            explain::element(row, score, style)
        } else if let Some(probe) = probe::find(&self.id) {
            explain::probe(probe, try_probe(probe), style)
        } else {
            return Err(unknown(&self.id));
        };
        print(&page)?;
        Ok(Exit::Clean)
    }
}

fn unknown(id: &str) -> Error {
    let elements = abi::elements().map(|row| row.id);
    let known = elements.chain(probe::all().map(|probe| probe.id));
    let nearest = nearest(id, known).unwrap_or_default();
    Error::new(format!(
        "{id}: there is no such probe or element (nearest: `{nearest}`; `unscathed list probes` and `unscathed list elements` name them)"
    ))
}

/// The element's own mutants, under the probes that observe it. It is done now,
/// not remembered: what is printed is true of this machine and this build.
fn try_element(row: &'static Element) -> Option<Score> {
    if row.interpreted.is_some() {
        let probes: Vec<_> = python::probes().filter(|probe| probe.observes(row)).collect();
        return score_in_interpreter(&probes, |mutant| mutant.element == Some(row.id));
    }
    let probes: Vec<_> = PROBES.iter().filter(|probe| probe.observes(row)).collect();
    if probes.is_empty() {
        return None;
    }
    score(&probes, |mutant| mutant.element == Some(row.id))
}

/// All mutants of the rows that a probe observes, under that probe. Not every
/// probe can show every defect.
fn try_probe(probe: &'static Probe) -> Option<Score> {
    if let Experiment::Python(_) = probe.experiment {
        let rows = probe.rows.unwrap_or_default();
        let own = |mutant: &python::Mutant| mutant.element.is_some_and(|id| rows.contains(&id));
        return score_in_interpreter(&[probe], own);
    }
    let rows: BTreeSet<_> = probe.elements(SYSV_X86_64).map(|(_, row)| row.id).collect();
    score(&[probe], |mutant| mutant.element.is_some_and(|element| rows.contains(element)))
}

fn score(probes: &[&'static Probe], concerns: impl Fn(&Mutant) -> bool) -> Option<Score> {
    let mutants: Vec<_> = unscathed_mutants::all()
        .iter()
        .filter(|mutant| concerns(mutant) || is_neighbour(mutant))
        .filter(|mutant| trial::can_be_tried(mutant))
        .collect();
    let plan = Plan { probes: probes.to_vec(), ..trial::plan(1, TIMEOUT) };
    child::adopt_strays();
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    scored(&trial::run(&mutants, &plan, jobs, None, &Progress::on_terminal()))
}

/// The same for Python mutants, on the interpreter at hand.
fn score_in_interpreter(
    probes: &[&'static Probe],
    concerns: impl Fn(&python::Mutant) -> bool,
) -> Option<Score> {
    let court = Court::open(&[]).ok()?;
    child::adopt_strays();
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    let wanted = |mutant: &python::Mutant, _: &str| mutant.element.is_none() || concerns(mutant);
    let probes = |_: &python::Mutant| probes.to_vec();
    let timing = (1, TIMEOUT);
    let sentence = court.run(wanted, probes, timing, jobs, &Progress::on_terminal());
    scored(&sentence.trials)
}

/// How many were found, and how many went unnoticed; `None`: there was no defect.
fn scored(trials: &[Trial]) -> Option<Score> {
    let (defects, harmless): (Vec<&Trial>, Vec<_>) =
        trials.iter().partition(|trial| trial.element.is_some());
    (!defects.is_empty()).then(|| Score {
        convicted: (defects.iter().filter(|trial| trial.is_found()).count(), defects.len()),
        silent: (
            harmless.iter().filter(|trial| trial.convicted.is_empty()).count(),
            harmless.len(),
        ),
    })
}

/// Harmless changes of how things are saved; those of volatile registers are many
/// and have `self-test`.
fn is_neighbour(mutant: &Mutant) -> bool {
    matches!(mutant.class, MutantClass::Healthy | MutantClass::Order)
}
