//! The tests on trial: every planted defect must be convicted, on its own
//! element and no other, and every harmless change must go unnoticed.

pub(crate) mod python;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use unscathed_audit::child::Launch;
use unscathed_audit::{Outcome, Plan, Subject, audit, lacking};
use unscathed_catalogue::abi::SYSV_X86_64;
use unscathed_catalogue::mutant::MutantClass;
use unscathed_catalogue::probe::PROBES;
use unscathed_catalogue::{Family, Probe};
use unscathed_mutants::Subject as Mutant;
use unscathed_verdict::policy::Policies;
use unscathed_verdict::report::{Finding, Verdict};

use crate::progress::Progress;
use crate::tool::tool;

/// One mutant, and what an audit of it came to.
pub(crate) struct Trial {
    /// Its id.
    pub(crate) id: String,
    /// The command that audits it.
    pub(crate) again: String,
    /// Its line in `self-test`.
    pub(crate) class: MutantClass,
    /// The row that it must be convicted of; `None`: it must not be convicted.
    pub(crate) element: Option<&'static str>,
    /// The elements of which it was convicted.
    pub(crate) convicted: BTreeSet<String>,
    /// Why the trial proves nothing, if it does not.
    pub(crate) flaw: Option<String>,
}

impl Trial {
    fn of(mutant: &'static Mutant, outcome: &Outcome) -> Self {
        let results = &outcome.report.results;
        let refused = outcome.report.refused.clone();
        let again = format!("unscathed audit native:{}", mutant.id);
        let trial = Self::by((mutant.id.into(), again), mutant.class, mutant.element, results);
        let flaw = refused.or(trial.flaw).or_else(|| unmade(mutant, outcome));
        Self { flaw, ..trial }
    }

    /// What results mean for a mutant.
    fn by(
        (id, again): (String, String),
        class: MutantClass,
        element: Option<&'static str>,
        results: &[Finding],
    ) -> Self {
        // Undeclared policies do not fail, and so are nobody's conviction but of
        // the mutant that was planted to lose them.
        let losses = results.iter().filter(|finding| {
            finding.fails || finding.verdict.is_loss() && Some(&*finding.element) == element
        });
        let convicted = losses.map(|finding| finding.element.clone()).collect();
        let error = results.iter().find(|finding| finding.verdict == Verdict::Error);
        let flaw = error.map(|finding| format!("{}: {}", finding.probe, finding.detail));
        Self { id, again, class, element, convicted, flaw }
    }

    /// A defect that was convicted on its own element, a change that was not
    /// noticed at all.
    pub(crate) fn is_right(&self) -> bool {
        self.flaw.is_none() && self.is_found() && !self.is_blamed()
    }

    /// A defect: its element was convicted. A change: it proved to be one.
    pub(crate) fn is_found(&self) -> bool {
        self.element.is_none_or(|element| self.convicted.contains(element))
    }

    /// Something was convicted that is as it should be.
    pub(crate) fn is_blamed(&self) -> bool {
        self.convicted.iter().any(|element| Some(&**element) != self.element)
    }

    /// What came of it, for people.
    pub(crate) fn told(&self) -> String {
        if let Some(flaw) = &self.flaw {
            return flaw.clone();
        }
        let convicted: Vec<_> = self.convicted.iter().map(String::as_str).collect();
        match (self.element, convicted.is_empty()) {
            (Some(element), true) => format!("nothing was convicted, {element} should have been"),
            (Some(element), false) => {
                format!("convicted of {}, should be of {element} alone", convicted.join(" "))
            }
            (None, _) => format!("convicted of {}, should be of nothing", convicted.join(" ")),
        }
    }
}

/// A volatile register that is said to be overwritten must be seen to change.
fn unmade(mutant: &Mutant, outcome: &Outcome) -> Option<String> {
    let row = mutant.id.rsplit('/').next()?;
    let unseen = mutant.class == MutantClass::Volatile && !outcome.changed.contains(row);
    unseen.then(|| format!("{row} was never seen to change: the change was not made"))
}

/// Every probe, once, by one child after the other.
pub(crate) fn plan(seed: u64, timeout: Duration) -> Plan {
    Plan {
        probes: PROBES.iter().collect(),
        chosen: Vec::new(),
        strict: false,
        seed,
        jobs: 1,
        timeout,
        tries: 1,
        launch: Launch::Hidden,
        tool: tool(),
    }
}

/// Whether this machine has what a mutant needs.
pub(crate) fn can_be_tried(mutant: &Mutant) -> bool {
    let lacking = lacking();
    let row = mutant.id.rsplit('/').next().and_then(|row| SYSV_X86_64.element(row));
    let gate = row.and_then(|row| row.gate);
    gate.is_none_or(|gate| lacking.iter().all(|(feature, _)| *feature != gate))
}

/// Audits mutants, so many at a time, through the same command, child and judge
/// as any library. `substitute` stands in for each planted defect: a self-test in
/// which it does must fail.
pub(crate) fn run(
    mutants: &[&'static Mutant],
    plan: &Plan,
    jobs: usize,
    substitute: Option<&Subject>,
    progress: &Progress,
) -> Vec<Trial> {
    let next = AtomicUsize::new(0);
    let trials = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..jobs.min(mutants.len()) {
            scope.spawn(|| {
                while let Some((place, mutant)) = pick(mutants, &next) {
                    let subject = substitute
                        .filter(|_| mutant.element.is_some())
                        .cloned()
                        .unwrap_or_else(|| in_the_dock(mutant));
                    let plan = concerning(mutant, plan);
                    let outcome = audit(&subject, &plan, &|_, _, _| ());
                    let trial = Trial::of(mutant, &outcome);
                    let mut trials =
                        trials.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    trials.push((place, trial));
                    progress.step(trials.len(), mutants.len(), mutant.id);
                }
            });
        }
    });
    let mut trials = trials.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    trials.sort_by_key(|(place, _)| *place);
    trials.into_iter().map(|(_, trial)| trial).collect()
}

/// Who is healthy is tried by everything. Of the others, heavy probes try those of
/// whose row they are; and scenarios do not try those of registers, at which none
/// of them looks.
fn concerning(mutant: &Mutant, plan: &Plan) -> Plan {
    let healthy = mutant.class == MutantClass::Healthy;
    let generated = !mutant.wrapped
        && mutant.class != MutantClass::Policies
        && SCHEDULED.contains(&family(mutant));
    let own =
        |probe: &Probe| probe.elements(SYSV_X86_64).any(|(_, row)| mutant.element == Some(row.id));
    let concerns = |probe: &&&'static Probe| {
        healthy || own(probe) || !(probe.is_heavy() || generated && probe.is_scenario())
    };
    let probes = plan.probes.iter().filter(concerns).copied().collect();
    Plan { probes, ..plan.clone() }
}

/// Rows that schedules observe.
const SCHEDULED: [Option<Family>; 8] = [
    None,
    Some(Family::Regs),
    Some(Family::Fp),
    Some(Family::State),
    Some(Family::Entry),
    Some(Family::Stack),
    Some(Family::Value),
    Some(Family::Life),
];

fn family(mutant: &Mutant) -> Option<Family> {
    mutant.element.and_then(|id| SYSV_X86_64.element(id)).and_then(|row| row.family)
}

fn pick(mutants: &[&'static Mutant], next: &AtomicUsize) -> Option<(usize, &'static Mutant)> {
    let place = next.fetch_add(1, Ordering::Relaxed);
    mutants.get(place).map(|mutant| (place, *mutant))
}

fn in_the_dock(mutant: &Mutant) -> Subject {
    let id = format!("native:{}", mutant.id);
    let policies = Policies::read(SYSV_X86_64, mutant.policies);
    let policies = policies.expect("a mutant's declarations are written with it");
    Subject { reach: id.clone(), id, policies }
}
