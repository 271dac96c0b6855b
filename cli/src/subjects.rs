//! Subjects: how they are named, and where they are.

pub(crate) mod python;

use std::fs;
use std::path::{Path, PathBuf};

use unscathed_abi_probes::measure::Counts;
use unscathed_audit::Subject;
use unscathed_catalogue::abi::SYSV_X86_64;
use unscathed_core::subject::Table;
use unscathed_verdict::policy::Policies;

use crate::error::{Error, nearest};

/// A built-in subject.
#[derive(Clone, Copy)]
pub(crate) struct Builtin {
    /// Its name after `native:`.
    pub(crate) name: &'static str,
    /// What it is.
    pub(crate) about: &'static str,
    /// Its table.
    table: fn() -> &'static Table,
    /// What it declares, in the form of an adapter's side file.
    policies: &'static str,
    /// What its switches count, where they do.
    counts: Option<Counts>,
}

/// One whose switches count what they cost.
const fn counted(counts: Counts, builtin: Builtin) -> Builtin {
    Builtin { counts: Some(counts), ..builtin }
}

const fn builtin(
    name: &'static str,
    about: &'static str,
    table: fn() -> &'static Table,
    policies: &'static str,
) -> Builtin {
    Builtin { name, about, table, policies, counts: None }
}

/// The built-in subjects; each has a crate and a feature of its own.
#[rustfmt::skip]
pub(crate) const BUILTIN: &[Builtin] = &[
    #[cfg(feature = "reference")]
    counted(unscathed_subject_reference::counts, builtin("reference", "this project's own coroutines on separate stacks", unscathed_subject_reference::subject, unscathed_mutants::STAYS_WITH_THE_THREAD)),
    #[cfg(feature = "reference-slicing")]
    counted(unscathed_subject_reference_slicing::counts, builtin("reference-slicing", "the same, sharing one stack: the part in the way is copied out and back", unscathed_subject_reference_slicing::subject, unscathed_subject_reference_slicing::POLICIES)),
    #[cfg(feature = "reference-ucontext")]
    counted(unscathed_subject_reference_ucontext::counts, builtin("reference-ucontext", "the same, over the contexts of the C library", unscathed_subject_reference_ucontext::subject, unscathed_subject_reference_ucontext::POLICIES)),
    #[cfg(feature = "swapcontext")]
    builtin("swapcontext", "getcontext, makecontext and swapcontext of the C library", unscathed_subject_swapcontext::subject, "[policy]\n\"signal.mask\" = \"coroutine\"\n"),
    #[cfg(feature = "corosensei")]
    builtin("corosensei", "the crate corosensei", unscathed_subject_corosensei::subject, ""),
    #[cfg(feature = "context")]
    builtin("context", "the crate context, which wraps Boost.Context's assembly", unscathed_subject_context::subject, ""),
    #[cfg(feature = "generator")]
    builtin("generator", "the crate generator", unscathed_subject_generator::subject, ""),
    #[cfg(feature = "minicoro")]
    builtin("minicoro", "minicoro, a C library in one header, from the crate minicoro-sys", unscathed_subject_minicoro::subject, ""),
    #[cfg(feature = "wasmtime-fiber")]
    builtin("wasmtime-fiber", "the crate wasmtime-internal-fiber", unscathed_subject_wasmtime_fiber::subject, ""),
];

/// Audited when nobody names a subject.
pub(crate) const DEFAULT: [&str; 3] = ["reference", "swapcontext", "corosensei"];

/// What a built-in subject counts.
pub(crate) fn counter(name: &str) -> Option<Counts> {
    BUILTIN.iter().find(|subject| subject.name == name)?.counts
}

/// The table of a built-in subject or of a planted defect.
pub(crate) fn table(name: &str) -> Option<&'static Table> {
    let builtin = BUILTIN.iter().find(|subject| subject.name == name);
    let mutant = || unscathed_mutants::find(name).map(|mutant| mutant.table);
    builtin.map(|subject| (subject.table)()).or_else(mutant)
}

/// What one SUBJECT argument stands for.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// Reached through the C table.
    Native(Subject),
    /// Reached through an interpreter.
    Python(python::Target),
}

/// The kinds of subjects, for those who named none of them.
const KINDS: &str = "there are native:NAME, lib:PATH and python:NAME";

/// Understands one SUBJECT argument.
///
/// # Errors
///
/// If there is no such subject, no such file, or its declarations are wrong.
pub(crate) fn parse(argument: &str) -> Result<Target, Error> {
    if matches!(argument, "" | "native:" | "lib:" | "python:") {
        return Err(Error::new(format!("`{argument}` names no subject ({KINDS})")));
    }
    match argument.split_once(':') {
        Some(("native", name)) => native(name).map(Target::Native),
        Some(("lib", path)) => library(path).map(Target::Native),
        Some(("python", name)) => python::parse(name).map(Target::Python),
        _ if argument.contains("==") || python::is_builtin(argument) => {
            python::parse(argument).map(Target::Python)
        }
        Some((kind, _)) => {
            Err(Error::new(format!("{argument}: there is no kind of subject `{kind}` ({KINDS})")))
        }
        None => native(argument).map(Target::Native),
    }
}

/// The same where only a native subject will do.
///
/// # Errors
///
/// As above, and if it is another one.
pub(crate) fn parse_native(argument: &str) -> Result<Subject, Error> {
    match parse(argument)? {
        Target::Native(subject) => Ok(subject),
        Target::Python(target) => {
            Err(Error::new(format!("{}: only a native subject can stand here", target.id)))
        }
    }
}

fn native(name: &str) -> Result<Subject, Error> {
    let id = format!("native:{name}");
    if let Some(subject) = BUILTIN.iter().find(|subject| subject.name == name) {
        let policies = Policies::read(SYSV_X86_64, subject.policies)
            .map_err(|refusal| Error::new(format!("{id}: {refusal}")))?;
        return Ok(Subject { reach: id.clone(), id, policies });
    }
    if let Some(mutant) = unscathed_mutants::find(name) {
        let policies = Policies::read(SYSV_X86_64, mutant.policies)
            .map_err(|refusal| Error::new(format!("{id}: {refusal}")))?;
        return Ok(Subject { reach: id.clone(), id, policies });
    }
    let names = BUILTIN.iter().map(|subject| subject.name);
    let names = names.chain(python::BUILTIN.iter().map(|subject| subject.name));
    let hint = if Path::new(name).exists() {
        let kind = if name.ends_with(".py") { "python" } else { "lib" };
        format!("a file is named {kind}:{name}")
    } else {
        let nearest = nearest(name, names).unwrap_or("none");
        format!(
            "nearest: `{nearest}`; `unscathed list subjects` names them all; a module of Python is named python:{name}"
        )
    };
    Err(Error::new(format!("{name}: there is no such built-in subject ({hint})")))
}

fn library(path: &str) -> Result<Subject, Error> {
    let id = format!("lib:{path}");
    let cannot = |why: &str| Error::new(format!("{path}: {why}"));
    let metadata = fs::metadata(path)
        .map_err(|error| cannot(&format!("cannot be read: {}", reason(&error))))?;
    if !metadata.is_file() {
        return Err(cannot("is not a file (lib:PATH names a shared library)"));
    }
    fs::File::open(path).map_err(|error| cannot(&format!("cannot be read: {}", reason(&error))))?;
    // Absolute, so that the loader does not look for it elsewhere.
    let absolute = fs::canonicalize(path)
        .map_err(|error| cannot(&format!("cannot be read: {}", reason(&error))))?;
    let reach = absolute
        .to_str()
        .map(|path| format!("lib:{path}"))
        .ok_or_else(|| cannot("its path is not UTF-8: move it"))?;
    Ok(Subject { id, reach, policies: beside(Path::new(path))? })
}

/// Reads `libfoo.toml` beside `libfoo.so`, if it is there.
fn beside(library: &Path) -> Result<Policies, Error> {
    let file: PathBuf = library.with_extension("toml");
    let text = match fs::read(&file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Policies::default());
        }
        Err(error) => {
            let why = format!("{}: cannot be read: {}", file.display(), reason(&error));
            return Err(Error::new(why));
        }
        Ok(bytes) => String::from_utf8(bytes)
            .map_err(|_| Error::new(format!("{}: is not UTF-8 text", file.display())))?,
    };
    Policies::read(SYSV_X86_64, &text)
        .map_err(|refusal| Error::new(format!("{}:{refusal}", file.display())))
}

/// The system's word for an error, without its number.
pub(crate) fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split_once(" (os error").map_or(text.clone(), |(reason, _)| reason.to_lowercase())
}
