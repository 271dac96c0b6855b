//! Where Python subjects that are wrong on purpose stand trial.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;
use unscathed_catalogue::abi::SYSV_X86_64;
use unscathed_catalogue::python::{self, Mutant};
use unscathed_catalogue::{Feature, Probe};
use unscathed_verdict::judge::Bench;
use unscathed_verdict::policy::Policies;
use unscathed_verdict::report::{Finding, Verdict};

use crate::audit::ORACLE;
use crate::embedded::Unpacked;
use crate::interpreter::Found;
use crate::server::{Finished, Launch};

/// One process of one interpreter, in which mutants are tried one after the other.
pub struct Dock<'a> {
    found: &'a Found,
    unpacked: &'a Unpacked,
    lacking: &'a [(Feature, String)],
    seed: u64,
    timeout: Duration,
    folder: TempDir,
    server: Finished,
}

impl<'a> Dock<'a> {
    /// Prepares a process; it is started when it is first needed.
    ///
    /// # Errors
    ///
    /// If there is no place for what it writes.
    pub fn new(
        found: &'a Found,
        unpacked: &'a Unpacked,
        lacking: &'a [(Feature, String)],
        seed: u64,
        timeout: Duration,
    ) -> std::io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("unscathed-").tempdir()?;
        let server = Finished::default();
        Ok(Self { found, unpacked, lacking, seed, timeout, folder, server })
    }

    /// Runs probes on a mutant, and judges them.
    pub fn judge(&mut self, mutant: &Mutant, probes: &[&'static Probe]) -> Vec<Finding> {
        let word = format!("mutant:{}", mutant.name);
        probes.iter().flat_map(|probe| self.judge_one(&word, probe)).collect()
    }

    /// Runs probes on the oracle itself.
    pub fn judge_oracle(&mut self, probes: &[&'static Probe]) -> Vec<Finding> {
        probes.iter().flat_map(|probe| self.judge_one(ORACLE, probe)).collect()
    }

    fn judge_one(&mut self, word: &str, probe: &'static Probe) -> Vec<Finding> {
        let nothing = Policies::none();
        let bench =
            |policies| Bench { abi: SYSV_X86_64, lacking: self.lacking, policies, strict: false };
        let kind = &self.found.kind;
        if let Some(findings) = bench(&nothing).skipped_script(probe, kind) {
            return findings;
        }
        let folder: &Path = self.folder.path();
        let (found, unpacked, seed) = (self.found, self.unpacked, self.seed);
        let launch = Launch { found, unpacked, reach: ORACLE, site: None, folder, seed };
        let told = launch.run(&mut self.server.0, probe.id, Some(word), self.timeout);
        let error = |why: &str| bench(&nothing).without_run(probe, Verdict::Error, why);
        match told {
            Err(why) => error(&why),
            Ok(told) => {
                let said = told.journal.subject.as_ref().map(|said| &said.policies);
                match said.map(Policies::of_python).transpose() {
                    Ok(policies) => bench(policies.as_ref().unwrap_or(&nothing))
                        .judge_script(probe, &told, kind),
                    Err(why) => error(&why),
                }
            }
        }
    }
}

/// The probes that try a mutant: those of its row, and what stands beside them.
/// Whoever is healthy is tried by everything.
#[must_use]
pub fn concerning(mutant: &Mutant) -> Vec<&'static Probe> {
    let Some(element) = mutant.element else { return python::probes().collect() };
    let own = |probe: &&Probe| probe.rows.is_some_and(|rows| rows.contains(&element));
    let modules: BTreeSet<_> = python::probes().filter(own).map(module).collect();
    python::probes().filter(|probe| modules.contains(module(probe))).collect()
}

/// The module on the Python side that a probe is in.
fn module(probe: &'static Probe) -> &'static str {
    probe.id.split_once('.').map_or(probe.id, |(module, _)| module)
}
