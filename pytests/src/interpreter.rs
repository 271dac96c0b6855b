//! Interpreters: how they are named, and what they say of themselves.

use std::env;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use unscathed_audit::child::{finish, spawn};
use unscathed_audit::one_line;
use unscathed_verdict::judge::script::Interpreter;
use unscathed_verdict::judge::{Ending, signal_name};

/// An interpreter that was asked what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// As it was asked for.
    pub asked: String,
    /// Somebody asked for it; it is not the default one.
    pub named: bool,
    /// Its file.
    pub executable: PathBuf,
    /// What rows ask for.
    pub kind: Interpreter,
    /// In words: "CPython 3.13.0".
    pub title: String,
}

/// How long an interpreter may take to start.
const PATIENCE: Duration = Duration::from_secs(20);

/// Prints implementation, version of the language and title, a line each. It runs on
/// anything that calls itself Python.
const WHO: &str = r"
import platform, sys
name = platform.python_implementation()
release = platform.python_version()
title = '%s %s' % ('Stackless' if 'Stackless' in sys.version else name, release)
own = getattr(sys, 'pypy_version_info', None)
if own:
    title = '%s %d.%d.%d (Python %s)' % ((name,) + tuple(own[:3]) + (release,))
if not getattr(sys, '_is_gil_enabled', lambda: True)():
    title += ', free-threaded'
if hasattr(sys, 'gettotalrefcount'):
    title += ', debug build'
print('%s\n%d.%d\n%s' % ((name,) + tuple(sys.version_info[:2]) + (title,)))
";

/// The interpreter that is meant when nobody names one: that of the active virtual
/// environment, else `python3`.
#[must_use]
pub fn default_name() -> String {
    let active = env::var_os("VIRTUAL_ENV").filter(|folder| !folder.is_empty());
    let own = active.map(|folder| Path::new(&folder).join("bin/python"));
    own.and_then(|path| path.to_str().map(str::to_owned)).unwrap_or_else(|| "python3".into())
}

/// Finds an interpreter by its path, or by its name on `PATH`, and asks what it is.
///
/// # Errors
///
/// A sentence, if there is none, or if it is something else.
pub fn find(asked: &str) -> Result<Found, String> {
    let executable = locate(asked)?;
    let refuse = |why: String| format!("{asked}: {why}");
    let answer = ask(&executable).map_err(|why| refuse(format!("it is no Python: {why}")))?;
    let mut lines = answer.lines();
    let mut line = || lines.next().map(one_line).filter(|line| !line.is_empty());
    let parsed = line().zip(line()).zip(line());
    let ((implementation, version), title) =
        parsed.ok_or_else(|| refuse("it is no Python: it says nothing of itself".into()))?;
    let numbers = version
        .split_once('.')
        .and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
    let version =
        numbers.ok_or_else(|| refuse(format!("it is no Python: its version is `{version}`")))?;
    if version < (2, 7) {
        return Err(refuse(format!("{title} is too old: Python 2.7 and newer can be audited")));
    }
    let kind = Interpreter { implementation, version };
    let named = asked != default_name();
    Ok(Found { asked: asked.into(), named, executable, kind, title })
}

/// Finds each of several interpreters.
///
/// # Errors
///
/// As [`find`], for the first one that is not there.
pub fn find_all(asked: &[String]) -> Result<Vec<Found>, String> {
    asked.iter().map(|name| find(name)).collect()
}

/// The file that a path or a name on `PATH` stands for.
fn locate(asked: &str) -> Result<PathBuf, String> {
    if asked.is_empty() {
        return Err("--python: it names no interpreter (a path, or a name on PATH)".into());
    }
    if asked.contains('/') {
        let path = Path::new(asked);
        let metadata = fs::metadata(path).map_err(|error| {
            format!("{asked}: there is no such interpreter: {}", reason(&error))
        })?;
        if !metadata.is_file() {
            return Err(format!("{asked}: it is not a file (--python names an interpreter)"));
        }
        return std::path::absolute(path).map_err(|error| format!("{asked}: {}", reason(&error)));
    }
    let folders = env::var_os("PATH").unwrap_or_default();
    let mut files = env::split_paths(&folders).map(|folder| folder.join(asked));
    let found = files.find(|file| file.is_file());
    let found = found.ok_or_else(|| {
        format!("{asked}: there is no such interpreter on PATH (--python takes a path, too)")
    })?;
    std::path::absolute(&found).map_err(|error| format!("{asked}: {}", reason(&error)))
}

/// Runs [`WHO`], and returns what it prints, or why that is not to be had.
fn ask(executable: &Path) -> Result<String, String> {
    let mut command = Command::new(executable);
    command.args(["-B", "-c", WHO]).stdin(Stdio::null()).stdout(Stdio::piped());
    command.stderr(Stdio::null());
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = spawn(&mut command).map_err(|error| reason(&error))?;
    let output = child.stdout.take();
    match finish(&mut child, PATIENCE).map_err(|error| reason(&error))? {
        Ending::Exited(0) => {}
        Ending::Exited(status) => return Err(format!("it ended with status {status}")),
        Ending::Killed(signal) => return Err(format!("it died of {}", signal_name(signal))),
        Ending::TimedOut(time) => return Err(format!("no answer within {} s", time.as_secs())),
    }
    let mut text = String::new();
    if let Some(output) = output {
        let _ = output.take(4096).read_to_string(&mut text);
    }
    Ok(text)
}

/// The system's word for an error, without its number.
fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split_once(" (os error").map_or(text.clone(), |(reason, _)| reason.to_lowercase())
}
