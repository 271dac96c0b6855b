//! What there is on this machine: interpreters, and the subjects that each can reach.

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use unscathed_audit::child::run_to_end;
use unscathed_python::interpreter::{self, default_name};
use unscathed_python::provision::{Requirement, provide};
use unscathed_python::{Found, cache};
use unscathed_verdict::judge::Ending;

use super::{edge, snapshot};

/// More interpreters than the default one: their paths, with colons between.
const PYTHONS: &str = "UNSCATHED_PYTHONS";
/// Set where packages may be installed below the cache, which needs a network.
const INSTALL: &str = "UNSCATHED_INSTALL";

/// The program that runs the others.
pub(crate) const STAGE: &str = "stage.py";

/// Its statuses for a subject that is not here, and for one that cannot do it.
const REFUSED: i32 = 77;
const UNSUPPORTED: i32 = 78;

/// How long a program may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The subjects: the word that reaches each, and the release to compare, if it is a
/// package. An implementation that brings its own module of that name is compared as it is.
pub(crate) const SUBJECTS: [(&str, Option<&str>); 5] = [
    ("unscathed", None),
    ("greenlet", Some("3.5.6")),
    ("tealet", Some("0.1.0rc4")),
    ("generators", None),
    ("threads", None),
];

/// An interpreter, and where it finds each subject.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) series: String,
    pub(crate) found: Found,
    /// For each word a folder to look in, or that none is needed, or why there is no such subject.
    subjects: BTreeMap<&'static str, Result<Option<PathBuf>, String>>,
}

/// The interpreters here, one for each series; found once, and then said.
pub(crate) fn places() -> &'static [Place] {
    static PLACES: OnceLock<Vec<Place>> = OnceLock::new();
    PLACES.get_or_init(|| {
        let named = env::var(PYTHONS).unwrap_or_default();
        let named = named.split(':').filter(|name| !name.is_empty()).map(str::to_owned);
        let mut places: Vec<Place> = Vec::new();
        for name in named.chain([default_name()]) {
            let found = match interpreter::find(&name) {
                Ok(found) => found,
                Err(why) => {
                    say(&format!("tracebacks: {why}\n"));
                    continue;
                }
            };
            let series = series(&found);
            if places.iter().all(|place| place.series != series) {
                let reach = |(word, release)| (word, reach(&found, word, release));
                let subjects = SUBJECTS.into_iter().map(reach).collect();
                places.push(Place { series, found, subjects });
            }
        }
        places.sort_by_key(|place| snapshot::age(&place.series));
        say(&summary(&places));
        places
    })
}

/// What interpreters are told apart by: `3.13`, `3.14d`, `pypy3.9`.
fn series(found: &Found) -> String {
    let (major, minor) = found.kind.version;
    let brand = found.title.split(' ').next().unwrap_or_default();
    let brand = if brand == "CPython" { String::new() } else { brand.to_lowercase() };
    let debug = if found.title.contains("debug build") { "d" } else { "" };
    let free = if found.title.contains("free-threaded") { "t" } else { "" };
    format!("{brand}{major}.{minor}{free}{debug}")
}

/// Past the harness, which would keep it to itself: what was not compared is nobody's secret.
fn say(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// For each subject, where it is, and which snapshots are left alone or missing.
fn summary(places: &[Place]) -> String {
    let mut text = String::new();
    for (word, _) in SUBJECTS {
        let reached = |place: &&Place| place.subjects[word].is_ok();
        let here: Vec<_> = places.iter().filter(reached).map(|place| &*place.series).collect();
        let _ = writeln!(text, "tracebacks of {word}: found on {}", list(&here));
        for place in places {
            if let Err(why) = &place.subjects[word] {
                let _ = writeln!(text, "  not on {}: {why}", place.series);
            }
        }
        let stored = snapshot::all_series(word);
        let alone: Vec<_> = stored.iter().map(|series| &**series).collect();
        let alone: Vec<_> = alone.into_iter().filter(|series| !here.contains(series)).collect();
        if !alone.is_empty() {
            let _ = writeln!(text, "  left alone: {}", list(&alone));
        }
        let new: Vec<_> =
            here.into_iter().filter(|here| !stored.iter().any(|series| series == here)).collect();
        if !new.is_empty() {
            let _ = writeln!(text, "  not recorded yet: {}", list(&new));
        }
    }
    text
}

fn list(names: &[&str]) -> String {
    if names.is_empty() { "no interpreter".into() } else { names.join(", ") }
}

/// Where an interpreter finds a subject.
fn reach(found: &Found, word: &str, release: Option<&str>) -> Result<Option<PathBuf>, String> {
    let as_it_is = ask(found, word).and_then(|version| match release {
        Some(release) if found.kind.implementation == "CPython" && version != release => {
            Err(format!("its {word} is {version}, not {release}"))
        }
        _ => Ok(()),
    });
    match (as_it_is, release) {
        (Ok(()), _) => Ok(None),
        (Err(_), Some(release)) if env::var_os(INSTALL).is_some() => {
            let requirement = Requirement::parse(&format!("{word}=={release}"))?;
            let log = |line: &str| say(&format!("tracebacks: {line}\n"));
            provide(&found.executable, &requirement, &cache()?, &log)
                .map(|environment| Some(environment.site))
        }
        (Err(why), _) => Err(why),
    }
}

/// The version of a subject that an interpreter reaches as it is.
fn ask(found: &Found, word: &str) -> Result<String, String> {
    let (printed, ending) = start(found, ["", word, ""])?;
    match ending {
        Ending::Exited(0) => {
            let version = printed.trim().rsplit(' ').next().unwrap_or_default();
            Ok(version.to_owned())
        }
        Ending::Exited(REFUSED) => Err(printed.trim().to_owned()),
        _ => Err(format!("{word} cannot be reached: {ending:?}\n{printed}")),
    }
}

impl Place {
    /// What a user of a subject is shown by a program; nothing, if the subject is not here.
    pub(crate) fn perform(&self, program: &str, word: &str) -> Option<String> {
        let folder = self.subjects[word].as_ref().ok()?;
        let folder = folder.as_ref().map(|folder| folder.to_string_lossy()).unwrap_or_default();
        let (printed, ending) =
            start(&self.found, [program, word, &folder]).expect("it answered before");
        Some(match ending {
            Ending::Exited(UNSUPPORTED) => format!("not supported: {printed}"),
            Ending::Exited(REFUSED) => panic!("{word} on {}: {printed}", self.series),
            ending => edge::shown(&printed, ending, &programs(), &package()),
        })
    }
}

/// The folder of the programs.
pub(crate) fn programs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tracebacks")
}

/// The folder of adapters, and of what they need.
fn package() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("unscathed")
}

/// Runs the stage, and returns what it printed and how it ended.
fn start(found: &Found, arguments: [&str; 3]) -> Result<(String, Ending), String> {
    let mut output = tempfile::tempfile().map_err(|error| error.to_string())?;
    let mut command = Command::new(&found.executable);
    command.arg("-B").arg(programs().join(STAGE)).args(arguments);
    // Whoever has set these wants other tracebacks.
    for (name, _) in
        env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"PYTHON"))
    {
        command.env_remove(name);
    }
    command.env_remove("FORCE_COLOR").env("NO_COLOR", "1").env("LC_ALL", "C.UTF-8");
    let copy = |file: &File| file.try_clone().map_err(|error| error.to_string());
    // What programs print on purpose is not what is compared.
    let asked = arguments[0].is_empty();
    let stdout = if asked { Stdio::from(copy(&output)?) } else { Stdio::null() };
    command.stdin(Stdio::null()).stdout(stdout).stderr(copy(&output)?);
    let ending = run_to_end(&mut command, PATIENCE).map_err(|error| error.to_string())?;
    let mut printed = Vec::new();
    output
        .rewind()
        .and_then(|()| output.read_to_end(&mut printed))
        .map_err(|error| error.to_string())?;
    Ok((String::from_utf8_lossy(&printed).into_owned(), ending))
}
