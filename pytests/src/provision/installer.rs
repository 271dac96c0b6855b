//! Pip: the interpreter's own, or one that is fetched for it.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read as _, Seek as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use unscathed_audit::child::run_to_end;
use unscathed_verdict::judge::Ending;

use super::beside::make;
use super::target::Target;

/// Extensions that are built from source take minutes on a slow machine.
const PATIENCE: Duration = Duration::from_secs(30 * 60);

/// What every run of pip is told. Its own cache is left alone: wheels that it keeps were
/// built with other flags, or for a debug build of the same version.
const QUIET: [&str; 4] =
    ["--no-cache-dir", "--no-compile", "--no-input", "--disable-pip-version-check"];

/// Variables for all programs of ours that run here. The user's settings stay, except
/// those that contradict `--target`; messages are wanted in English, to be read.
const SETTINGS: [(&str, &str); 4] = [
    ("LC_ALL", "C.UTF-8"),
    ("PIP_USER", "0"),
    ("PIP_REQUIRE_VIRTUALENV", "0"),
    ("PIP_NO_COLOR", "1"),
];

/// Variables of the environment that come on top of those.
pub(super) type Variables = Vec<(OsString, OsString)>;

/// How a program ended, and what it printed.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) ending: Ending,
    pub(super) text: String,
}

impl Outcome {
    pub(super) fn is_good(&self) -> bool {
        matches!(self.ending, Ending::Exited(0))
    }
}

/// Runs a program to its end, and reads what it prints on either output.
pub(super) fn run(
    command: &mut Command,
    variables: &Variables,
    patience: Duration,
) -> io::Result<Outcome> {
    let mut output = tempfile::tempfile()?;
    let settings = SETTINGS.iter().map(|(name, value)| (OsStr::new(name), OsStr::new(value)));
    command.envs(settings).envs(variables.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output.try_clone()?);
    let ending = run_to_end(command, patience)?;
    let mut bytes = Vec::new();
    output.rewind()?;
    output.read_to_end(&mut bytes)?;
    Ok(Outcome { ending, text: String::from_utf8_lossy(&bytes).into_owned() })
}

/// `EXE -m pip install ... --target SITE REQUIREMENT`.
pub(super) fn install(
    target: &Target,
    requirement: &str,
    site: &Path,
    mut variables: Variables,
    cache: &Path,
) -> Result<Outcome, String> {
    if !target.has_pip {
        let mut path = fetch(target, &variables, cache)?.into_os_string();
        if let Some(own) = std::env::var_os("PYTHONPATH").filter(|own| !own.is_empty()) {
            path.push(":");
            path.push(own);
        }
        variables.push(("PYTHONPATH".into(), path));
    }
    let mut command = Command::new(&target.executable);
    command.args(["-m", "pip", "install"]).args(QUIET).arg("--target").arg(site).arg(requirement);
    run(&mut command, &variables, PATIENCE)
        .map_err(|error| format!("{}: {error}", target.executable.display()))
}

/// The newest pip that works for the language version of an interpreter that has none,
/// installed by a Python that has one.
fn fetch(target: &Target, variables: &Variables, cache: &Path) -> Result<PathBuf, String> {
    let (major, minor) = target.language;
    let version = format!("{major}.{minor}");
    let title = &target.title;
    make(&cache.join("pip").join(&version), |folder| {
        let failed = |why: &str| {
            Err(format!(
                "{title} has no pip, and python3 cannot fetch one for Python {version}: {why}"
            ))
        };
        let mut command = Command::new("python3");
        command.args(["-m", "pip", "install"]).args(QUIET).arg("--target").arg(folder);
        command.args(["--no-deps", "--only-binary=:all:", "--python-version", &version, "pip"]);
        match run(&mut command, variables, PATIENCE) {
            Ok(outcome) if outcome.is_good() => Ok(()),
            Ok(outcome) => failed(&super::complaint::briefly(&outcome.text)),
            Err(error) => failed(&error.to_string()),
        }
    })
}
