//! The headers of CPython that are on this machine.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use unscathed_catalogue::python::fields::MINORS;

/// Folders of headers, separated by colons: each holds `Python.h`, or folders
/// called `python3.N` that do.
pub(crate) const FOLDERS: &str = "UNSCATHED_PYTHON_HEADERS";

/// One folder with `Python.h`.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Headers {
    pub(crate) include: PathBuf,
}

pub(crate) struct Search {
    pub(crate) found: Vec<Headers>,
    /// What was there, but has no headers, each with the reason.
    pub(crate) refused: Vec<String>,
}

/// Asks every interpreter on `PATH` that is called `python3.N`, every one of the
/// usual version manager, and the folders that are named by [`FOLDERS`].
pub(crate) fn search() -> Search {
    let mut found = BTreeSet::new();
    let mut refused = Vec::new();
    for interpreter in on_path().into_iter().chain(managed()) {
        match ask(&interpreter) {
            Ok(include) => found.extend(include.map(|include| Headers { include })),
            Err(why) => refused.push(format!("{}: {why}", interpreter.display())),
        }
    }
    for folder in named() {
        let inside = below(&folder);
        assert!(!inside.is_empty(), "{FOLDERS}: {} holds no Python.h", folder.display());
        found.extend(inside.into_iter().map(|include| Headers { include }));
    }
    Search { found: found.into_iter().collect(), refused }
}

fn on_path() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = env::split_paths(&path).collect();
    let named = |folder: &PathBuf| {
        (MINORS.0..=MINORS.1).map(|minor| folder.join(format!("python3.{minor}"))).collect()
    };
    folders.iter().flat_map::<Vec<_>, _>(named).filter(|program| program.is_file()).collect()
}

fn managed() -> Vec<PathBuf> {
    let root = env::var_os("PYENV_ROOT").map(PathBuf::from);
    let root = root.or_else(|| env::home_dir().map(|home| home.join(".pyenv")));
    let versions = root.map(|root| folders_of(&root.join("versions"))).unwrap_or_default();
    versions.iter().map(|it| it.join("bin/python")).filter(|program| program.is_file()).collect()
}

fn named() -> Vec<PathBuf> {
    let named = env::var_os(FOLDERS).unwrap_or_default();
    env::split_paths(&named).filter(|folder| !folder.as_os_str().is_empty()).collect()
}

/// This folder, or those in it that are called `python3...`.
fn below(folder: &Path) -> Vec<PathBuf> {
    let headers = |folder: &PathBuf| folder.join("Python.h").is_file();
    let called = |folder: &PathBuf| {
        folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with("python3."))
    };
    let folders = match folder.to_owned() {
        it if headers(&it) => vec![it],
        it => folders_of(&it).into_iter().filter(called).filter(headers).collect(),
    };
    folders.iter().filter_map(|folder| folder.canonicalize().ok()).collect()
}

fn folders_of(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut folders: Vec<_> = entries.map(|entry| entry.path()).filter(|it| it.is_dir()).collect();
    folders.sort();
    folders
}

/// Where this interpreter has its headers; `None` if it is not one of those that
/// the rows are about.
fn ask(interpreter: &Path) -> Result<Option<PathBuf>, String> {
    let question = "import sys, sysconfig; \
                    print(sys.implementation.name, *sys.version_info[:2]); \
                    print(sysconfig.get_path('include'))";
    let asked = Command::new(interpreter).args(["-I", "-c", question]).output();
    let asked = asked.map_err(|error| error.to_string())?;
    let answer = String::from_utf8_lossy(&asked.stdout).into_owned();
    let mut lines = answer.lines();
    let (Some(version), Some(include)) = (lines.next(), lines.next()) else {
        // Python 2 knows neither the option nor the words.
        let said = String::from_utf8_lossy(&asked.stderr);
        return Err(said.lines().next().unwrap_or("no answer").to_owned());
    };
    let minor = version.strip_prefix("cpython 3 ").and_then(|minor| minor.parse().ok());
    if !minor.is_some_and(|minor: u8| (MINORS.0..=MINORS.1).contains(&minor)) {
        return Ok(None);
    }
    let include = Path::new(include);
    if !include.join("Python.h").is_file() {
        return Err("its headers are not installed".to_owned());
    }
    include.canonicalize().map(Some).map_err(|error| error.to_string())
}
