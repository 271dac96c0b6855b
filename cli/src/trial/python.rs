//! Python subjects that are wrong on purpose, on trial.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use unscathed_audit::lacking;
use unscathed_audit::show::field::quoted;
use unscathed_catalogue::Probe;
use unscathed_catalogue::abi::element;
use unscathed_catalogue::mutant::MutantClass;
use unscathed_catalogue::python::{self, Mutant};
use unscathed_python::{Dock, Found, Unpacked, cache, interpreter, unpack};
use unscathed_verdict::report::{Finding, NotRun};

use super::Trial;
use crate::error::Error;
use crate::progress::Progress;

/// Interpreters with what they are given.
pub(crate) struct Court {
    /// Where mutants are tried.
    pub(crate) found: Vec<Found>,
    unpacked: Option<Unpacked>,
    /// Why Python is not on trial, where it is not.
    pub(crate) missing: Option<NotRun>,
}

/// What came of the trials of Python subjects.
#[derive(Default)]
pub(crate) struct Sentence {
    /// One for each mutant and interpreter.
    pub(crate) trials: Vec<Trial>,
    /// Probes that convicted a mutant of a row of theirs.
    pub(crate) proved: BTreeSet<String>,
}

impl Court {
    /// Finds the interpreters that were asked for, or the default one. That there is
    /// no default one is no error, and is said.
    ///
    /// # Errors
    ///
    /// If one that was asked for is not there.
    pub(crate) fn open(asked: &[String]) -> Result<Self, Error> {
        let mut found = interpreter::find_all(asked).map_err(Error::new)?;
        let mut missing = None;
        if asked.is_empty() {
            match interpreter::find(&interpreter::default_name()) {
                Ok(default) => found.push(default),
                Err(why) => missing = Some(NotRun { what: "Python".into(), why }),
            }
        }
        let unpacked = match found.is_empty() {
            true => None,
            false => Some(cache().and_then(|cache| unpack(&cache)).map_err(Error::new)?),
        };
        Ok(Self { found, unpacked, missing })
    }

    /// Tries those mutants that are wanted, by their ids, with these probes of each,
    /// on each interpreter.
    pub(crate) fn run(
        &self,
        wanted: impl Fn(&Mutant, &str) -> bool,
        probes: impl Fn(&Mutant) -> Vec<&'static Probe> + Sync,
        (seed, timeout): (u64, Duration),
        jobs: usize,
        progress: &Progress,
    ) -> Sentence {
        let Some(unpacked) = &self.unpacked else { return Sentence::default() };
        let lacking = lacking();
        let mut sentence = Sentence::default();
        for found in &self.found {
            let has = |mutant: &&Mutant| {
                let kind = &found.kind;
                mutant.interpreted.has(&kind.implementation, kind.version)
            };
            let mutants = python::mutants().chain([&ORACLE]).filter(has);
            let mutants: Vec<_> = mutants.filter(|it| wanted(it, &id(it, found))).collect();
            let dock = || Dock::new(found, unpacked, &lacking, seed, timeout);
            try_all(&mutants, found, (&dock, &probes), jobs, progress, &mut sentence);
        }
        sentence
    }

    /// Rows that no interpreter here has.
    pub(crate) fn lacks(&self, probe: &Probe) -> bool {
        let rows = || probe.rows.unwrap_or_default().iter().filter_map(|id| element(id));
        let lacked = |found: &Found| rows().all(|row| found.kind.lacks(row).is_some());
        self.found.iter().all(lacked)
    }
}

/// The oracle itself: nothing of it is wrong.
static ORACLE: Mutant = Mutant {
    name: unscathed_python::ORACLE,
    element: None,
    interpreted: unscathed_catalogue::Interpreted::ALL,
};

/// `python/exceptions.ForgetsHandled/CPython 3.13.0`.
fn id(mutant: &Mutant, found: &Found) -> String {
    format!("python/{}/{}", mutant.name, found.title)
}

/// The command that audits it.
fn again(mutant: &Mutant, found: &Found) -> String {
    let subject = match mutant.element {
        None if mutant.name == ORACLE.name => ORACLE.name.to_owned(),
        _ => format!("mutant/{}", mutant.name),
    };
    format!("unscathed audit python:{subject} --python {}", quoted(&found.asked))
}

fn try_all<'a>(
    mutants: &[&'static Mutant],
    found: &Found,
    (dock, probes): (
        &(impl Fn() -> std::io::Result<Dock<'a>> + Sync),
        &(impl Fn(&Mutant) -> Vec<&'static Probe> + Sync),
    ),
    jobs: usize,
    progress: &Progress,
    sentence: &mut Sentence,
) {
    let next = AtomicUsize::new(0);
    let tried = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..jobs.min(mutants.len()) {
            scope.spawn(|| {
                let mut dock = dock();
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(mutant) = mutants.get(place) else { break };
                    let probes = probes(mutant);
                    let findings = dock.as_mut().map(|dock| match mutant.element {
                        None if mutant.name == ORACLE.name => dock.judge_oracle(&probes),
                        _ => dock.judge(mutant, &probes),
                    });
                    let findings = findings.map_err(|error| error.to_string());
                    let mut tried = tried.lock().unwrap_or_else(PoisonError::into_inner);
                    tried.push((place, findings));
                    progress.step(tried.len(), mutants.len(), mutant.name);
                }
            });
        }
    });
    let mut tried = tried.into_inner().unwrap_or_else(PoisonError::into_inner);
    tried.sort_by_key(|(place, _)| *place);
    for (place, findings) in tried {
        let mutant = mutants[place];
        let (findings, flaw) = match findings {
            Ok(findings) => (findings, None),
            Err(why) => (Vec::new(), Some(format!("it could not be tried: {why}"))),
        };
        sentence.proved.extend(proved(mutant, &findings));
        let class = match mutant.element {
            Some(_) => MutantClass::Python,
            None => MutantClass::Threads,
        };
        let trial =
            Trial::by((id(mutant, found), again(mutant, found)), class, mutant.element, &findings);
        sentence.trials.push(Trial { flaw: flaw.or(trial.flaw), ..trial });
    }
}

/// The probes that convicted a mutant of what is wrong with it.
fn proved(mutant: &Mutant, findings: &[Finding]) -> Vec<String> {
    let convicts =
        |finding: &&Finding| finding.verdict.is_loss() && Some(&*finding.element) == mutant.element;
    findings.iter().filter(convicts).map(|finding| finding.probe.clone()).collect()
}
