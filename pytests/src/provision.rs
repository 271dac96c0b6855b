//! Provisioning: `NAME==VERSION` in a private folder, for one interpreter.
//!
//! The folder is installed by pip, from source if there is nothing else, and its module
//! has been imported once. It is made as a whole and kept; failures are not kept.

mod beside;
mod complaint;
mod flags;
mod installer;
mod modules;
mod requirement;
mod target;

use std::collections::hash_map::DefaultHasher;
use std::env;
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use unscathed_verdict::judge::{Ending, signal_name};

use self::flags::Flags;
use self::installer::{Outcome, Variables};
pub use self::requirement::Requirement;
use self::target::Target;

/// A package that is ready to be imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// The folder to put on `sys.path`: the package, and what it depends on.
    pub site: PathBuf,
    /// The module that the package brings: `tealet_greenlet` for `tealet-greenlet`.
    pub module: String,
}

/// Where in an environment the packages are.
const SITE: &str = "site";

/// Installs a release for an interpreter below the cache, unless that was done before.
/// What is being done goes to `log`, and so does all that pip printed, if it failed.
///
/// # Errors
///
/// A sentence that says why the release is not to be had: no such release, not for this
/// interpreter, no network, it does not build, it cannot be imported.
pub fn provide(
    interpreter: &Path,
    requirement: &Requirement,
    cache: &Path,
    log: &dyn Fn(&str),
) -> Result<Environment, String> {
    provide_with(interpreter, requirement, cache, log, &Variables::new())
}

/// Whether an interpreter can import a module as it is, without any installation.
///
/// # Errors
///
/// A sentence that says why it cannot.
pub fn importable(interpreter: &Path, module: &str) -> Result<(), String> {
    if !module.split('.').all(modules::is_identifier) {
        return Err(format!("{module:?} is no name of a module"));
    }
    modules::import(interpreter, module, None)
        .map_err(|why| format!("{} cannot import {module}: {why}", interpreter.display()))
}

/// [`provide`], with variables on top of the environment, as a user may set them.
fn provide_with(
    interpreter: &Path,
    requirement: &Requirement,
    cache: &Path,
    log: &dyn Fn(&str),
    variables: &Variables,
) -> Result<Environment, String> {
    let target = Target::ask(interpreter)?;
    let flags = flags::flags(requirement, target.language);
    let folder = cache.join("environments").join(key(&target, requirement, &flags));
    let folder = beside::make(&folder, |new| {
        log(&format!("{} is being installed for {}", requirement.title(), target.title));
        for row in &flags {
            log(&format!("builds from source get {}={}: {}", row.variable, row.value, row.why));
        }
        let site = new.join(SITE);
        fs::create_dir(&site).map_err(|error| format!("{}: {error}", site.display()))?;
        let mut variables = variables.clone();
        variables.extend(flags.iter().map(|row| with(row)));
        let outcome =
            installer::install(&target, &requirement.to_string(), &site, variables, cache)?;
        if !outcome.is_good() {
            outcome.text.lines().for_each(log);
            return Err(failure(&outcome, requirement, &target));
        }
        let module = modules::module(&site, requirement.name())?;
        modules::import(&target.executable, &module, Some(&site)).map_err(|why| {
            format!(
                "{} was installed, but {} cannot import {module}: {why}",
                requirement.title(),
                target.title
            )
        })
    })?;
    let site = folder.join(SITE);
    Ok(Environment { module: modules::module(&site, requirement.name())?, site })
}

/// The name of an environment's folder: other builds of an interpreter, and other flags,
/// have another one.
fn key(target: &Target, requirement: &Requirement, flags: &[&Flags]) -> String {
    let mut hasher = DefaultHasher::new();
    let name = requirement::normal(requirement.name());
    (&target.executable, &target.build, flags).hash(&mut hasher);
    format!("{name}-{}-{:016x}", requirement.version(), hasher.finish())
}

/// The variable of a row, after what the user has in it.
fn with(row: &Flags) -> (std::ffi::OsString, std::ffi::OsString) {
    let mut value = env::var_os(row.variable).unwrap_or_default();
    if !value.is_empty() {
        value.push(" ");
    }
    value.push(row.value);
    (row.variable.into(), value)
}

/// Why an installation failed.
fn failure(outcome: &Outcome, requirement: &Requirement, target: &Target) -> String {
    let ended = match outcome.ending {
        Ending::Exited(_) => return complaint::why(&outcome.text, requirement, &target.title),
        Ending::Killed(signal) => format!("pip died of {}", signal_name(signal)),
        Ending::TimedOut(time) => format!("pip was not ready after {} min", time.as_secs() / 60),
    };
    format!("{} cannot be installed for {}: {ended}", requirement.title(), target.title)
}

#[cfg(test)]
mod tests;
