//! Where subjects run: in children of this program, or in interpreters.

use std::path::PathBuf;

use unscathed_audit::{Outcome, Plan, Step, audit};
use unscathed_catalogue::Experiment;
use unscathed_python::provision::{Requirement, provide};
use unscathed_python::{Found, Unpacked, cache, interpreter, unpack};

use crate::error::Error;
use crate::progress::Progress;
use crate::subjects::Target;
use crate::subjects::python::{Source, Target as PythonTarget};

/// What was prepared before anything ran.
pub(crate) struct Stage {
    python: Option<Python>,
}

/// The interpreters that were asked for, and what they are given.
struct Python {
    found: Vec<Found>,
    unpacked: Unpacked,
    cache: PathBuf,
}

impl Stage {
    /// Looks for everything that these subjects need.
    ///
    /// # Errors
    ///
    /// If an interpreter is not there, or nothing can be unpacked for it.
    pub(crate) fn new(targets: &[Target], interpreters: &[String]) -> Result<Self, Error> {
        let python = targets.iter().any(|target| matches!(target, Target::Python(_)));
        if !python {
            return match interpreters.first() {
                Some(asked) => Err(Error::new(format!(
                    "--python {asked}: none of the subjects runs in an interpreter"
                ))),
                None => Ok(Self { python: None }),
            };
        }
        let default = [interpreter::default_name()];
        let asked = if interpreters.is_empty() { &default } else { interpreters };
        let found = interpreter::find_all(asked).map_err(Error::new)?;
        for target in targets {
            if let Target::Python(PythonTarget { source: Source::Release(text), id }) = target {
                Requirement::parse(text).map_err(|why| Error::new(format!("{id}: {why}")))?;
            }
        }
        let cache = cache().map_err(Error::new)?;
        let unpacked = unpack(&cache).map_err(Error::new)?;
        Ok(Self { python: Some(Python { found, unpacked, cache }) })
    }

    /// Audits one subject: natively, or on each of the interpreters.
    pub(crate) fn audit(
        &self,
        target: &Target,
        plan: &Plan,
        progress: &Progress,
        step: &Step<'_>,
    ) -> Vec<Outcome> {
        let of_kind = |python: bool| {
            let fits = |it: &&_| is_python(it) == python;
            Plan { probes: plan.probes.iter().copied().filter(fits).collect(), ..plan.clone() }
        };
        match (target, &self.python) {
            (Target::Native(subject), _) => vec![audit(subject, &of_kind(false), step)],
            (Target::Python(target), Some(python)) => {
                let plan = of_kind(true);
                let each = |found| python.audit(target, found, &plan, progress, step);
                python.found.iter().map(each).collect()
            }
            (Target::Python(_), None) => Vec::new(),
        }
    }
}

/// Whether a probe is one of Python subjects.
fn is_python(probe: &unscathed_catalogue::Probe) -> bool {
    matches!(probe.experiment, Experiment::Python(..))
}

impl Python {
    fn audit(
        &self,
        target: &PythonTarget,
        found: &Found,
        plan: &Plan,
        progress: &Progress,
        step: &Step<'_>,
    ) -> Outcome {
        let subject = |reach: &str, site| unscathed_python::Subject {
            id: target.id.clone(),
            reach: reach.to_owned(),
            site,
        };
        match &target.source {
            Source::There(reach) => {
                let subject = subject(reach, None);
                unscathed_python::audit(&subject, found, &self.unpacked, plan, step)
            }
            Source::Release(text) => match self.provide(text, found, progress) {
                Ok((reach, site)) => {
                    let subject = subject(&reach, Some(site));
                    unscathed_python::audit(&subject, found, &self.unpacked, plan, step)
                }
                Err(why) => unscathed_python::refused(&subject(text, None), found, plan, &why),
            },
        }
    }

    /// The module and the environment of a release.
    fn provide(
        &self,
        text: &str,
        found: &Found,
        progress: &Progress,
    ) -> Result<(String, PathBuf), String> {
        let requirement = Requirement::parse(text)?;
        let log = |line: &str| progress.say(line);
        let environment = provide(&found.executable, &requirement, &self.cache, &log)?;
        Ok((environment.module, environment.site))
    }
}
