//! Python subjects: how they are named.

use std::fs;
use std::path::Path;

use unscathed_catalogue::python;

use super::reason;
use crate::error::{Error, nearest};

/// A built-in Python subject.
#[derive(Clone, Copy)]
pub(crate) struct Builtin {
    /// Its name after `python:`.
    pub(crate) name: &'static str,
    /// What it is.
    pub(crate) about: &'static str,
}

/// The built-in Python subjects.
pub(crate) const BUILTIN: &[Builtin] = &[
    Builtin { name: "threads", about: "OS threads that hand over to each other: the oracle" },
    Builtin { name: "generators", about: "generators, which suspend by yield" },
    Builtin { name: "async", about: "coroutines of async def, which suspend by await" },
];

/// Where a Python subject comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// What the interpreter itself finds: a built-in id, an entry point, a module;
    /// or a file and a class in it.
    There(String),
    /// A release of a distribution, installed into an environment of its own.
    Release(String),
}

/// A Python subject as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// With its kind.
    pub(crate) id: String,
    /// Where it comes from.
    pub(crate) source: Source,
}

/// Understands what follows `python:`.
///
/// # Errors
///
/// If it names no module, no release and no file with a class.
pub(crate) fn parse(name: &str) -> Result<Target, Error> {
    let id = format!("python:{name}");
    if let Some(mutant) = name.strip_prefix("mutant/")
        && python::mutants().any(|it| it.name == mutant)
    {
        return Ok(Target { id, source: Source::There(format!("mutant:{mutant}")) });
    }
    if let Some((file, class)) = of_file(name) {
        return file_and_class(&id, file, class);
    }
    if name.contains("==") {
        return Ok(Target { id, source: Source::Release(name.into()) });
    }
    if !is_module(name) {
        let hint = "python:NAME, python:NAME==VERSION or python:PATH.py:Class";
        return Err(Error::new(format!("{id}: `{name}` is no name of a module ({hint})")));
    }
    Ok(Target { id, source: Source::There(name.into()) })
}

/// Whether a bare name is that of a built-in Python subject.
pub(crate) fn is_builtin(name: &str) -> bool {
    BUILTIN.iter().any(|subject| subject.name == name)
}

/// `PATH.py:Class`, or a path without a class.
fn of_file(name: &str) -> Option<(&str, &str)> {
    if let Some((file, class)) = name.rsplit_once(':') {
        return Some((file, class));
    }
    let path = Path::new(name);
    let is_file = path.extension().is_some_and(|extension| extension == "py");
    (is_file || name.contains('/')).then_some((name, ""))
}

fn file_and_class(id: &str, file: &str, class: &str) -> Result<Target, Error> {
    let cannot = |why: &str| Error::new(format!("{file}: {why}"));
    let metadata = fs::metadata(file)
        .map_err(|error| cannot(&format!("cannot be read: {}", reason(&error))))?;
    if !metadata.is_file() {
        return Err(cannot("is not a file (python:PATH.py:Class names a file and a class in it)"));
    }
    if class.is_empty() {
        let classes = classes(file);
        let hint = nearest("", classes.iter().map(String::as_str));
        let example = hint.unwrap_or("Subject");
        return Err(cannot(&format!("which class of it? (python:{file}:{example})")));
    }
    if !is_module(class) {
        return Err(cannot(&format!("`{class}` is no name of a class")));
    }
    let absolute = fs::canonicalize(file)
        .map_err(|error| cannot(&format!("cannot be read: {}", reason(&error))))?;
    let absolute = absolute.to_str().ok_or_else(|| cannot("its path is not UTF-8: move it"))?;
    Ok(Target { id: id.into(), source: Source::There(format!("{absolute}:{class}")) })
}

/// Names of the classes that a file defines at its left edge.
fn classes(file: &str) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap_or_default();
    let named = text.lines().filter_map(|line| line.strip_prefix("class "));
    named
        .map(|rest| rest.chars().take_while(|&c| c.is_alphanumeric() || c == '_').collect())
        .collect()
}

/// Identifiers with dots between them.
fn is_module(name: &str) -> bool {
    let identifier = |part: &str| {
        let mut characters = part.chars();
        characters.next().is_some_and(|c| c.is_alphabetic() || c == '_')
            && characters.all(|c| c.is_alphanumeric() || c == '_')
    };
    !name.is_empty() && name.split('.').all(identifier)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_and_releases_are_told_apart() {
        assert_eq!(parse("greenlet").unwrap().source, Source::There("greenlet".into()));
        assert_eq!(parse("a.b_c").unwrap().source, Source::There("a.b_c".into()));
        let release = parse("greenlet==3.0.3").unwrap();
        assert_eq!(release.source, Source::Release("greenlet==3.0.3".into()));
        assert_eq!(release.id, "python:greenlet==3.0.3");
    }

    #[test]
    fn what_names_nothing_is_refused() {
        for name in ["", "1a", "a-b", "a..b", "no/such.py:Class", "no-such.py", "a b"] {
            assert!(parse(name).is_err(), "{name}");
        }
    }
}
