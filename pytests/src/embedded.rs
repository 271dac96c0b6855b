//! The files that this program carries, and where it unpacks them.

use std::collections::hash_map::DefaultHasher;
use std::env;
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};

use include_dir::{Dir, DirEntry, include_dir};

static PACKAGE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/unscathed");
static LIBRARY: &[u8] = include_bytes!(env!("UNSCATHED_PROBE_LIBRARY"));

/// Name of the native library among the unpacked files.
const LIBRARY_NAME: &str = "libunscathed_probe.so";

/// The unpacked files.
#[derive(Clone, Debug)]
pub struct Unpacked {
    folder: PathBuf,
}

impl Unpacked {
    /// The program that every interpreter is given.
    #[must_use]
    pub fn child(&self) -> PathBuf {
        self.folder.join("unscathed/child.py")
    }

    /// The native library.
    #[must_use]
    pub fn library(&self) -> PathBuf {
        self.folder.join(LIBRARY_NAME)
    }
}

/// Where this program keeps what it can make again: `$UNSCATHED_CACHE`, else a
/// folder in the user's cache.
///
/// # Errors
///
/// A sentence, if there is no such place.
pub fn cache() -> Result<PathBuf, String> {
    let named = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let own = named("UNSCATHED_CACHE");
    let users = || named("XDG_CACHE_HOME").map(|folder| folder.join("unscathed"));
    let home = || named("HOME").map(|folder| folder.join(".cache/unscathed"));
    let folder = own.or_else(users).or_else(home).ok_or(
        "there is no place for unpacked files: set UNSCATHED_CACHE to a folder that can be written",
    )?;
    std::path::absolute(&folder).map_err(|error| format!("{}: {error}", folder.display()))
}

/// Unpacks everything below the cache, unless that was done before.
///
/// # Errors
///
/// A sentence, if the files cannot be written.
pub fn unpack(cache: &Path) -> Result<Unpacked, String> {
    let folder = cache.join("files").join(format!("{:016x}", digest()));
    if !folder.is_dir() {
        write_beside(cache, &folder).map_err(|error| {
            format!(
                "{}: the Python side cannot be unpacked there: {error} (UNSCATHED_CACHE names another folder)",
                cache.display()
            )
        })?;
    }
    Ok(Unpacked { folder })
}

/// Other contents are another folder, so that versions do not meet.
fn digest() -> u64 {
    let mut hasher = DefaultHasher::new();
    for (path, contents) in files(&PACKAGE) {
        (path, contents).hash(&mut hasher);
    }
    LIBRARY.hash(&mut hasher);
    hasher.finish()
}

/// The files of a folder and of those in it, without what interpreters leave there.
fn files<'a>(folder: &Dir<'a>) -> Vec<(&'a Path, &'a [u8])> {
    let mut all = Vec::new();
    for entry in folder.entries() {
        match entry {
            DirEntry::Dir(inner) if inner.path().ends_with("__pycache__") => {}
            DirEntry::Dir(inner) => all.extend(files(inner)),
            DirEntry::File(file) => all.push((file.path(), file.contents())),
        }
    }
    all
}

/// Writes a folder under another name first: whoever finds it finds all of it.
fn write_beside(cache: &Path, folder: &Path) -> io::Result<()> {
    let parent = folder.parent().unwrap_or(cache);
    fs::create_dir_all(parent)?;
    let beside = tempfile::Builder::new().prefix(".unpacking-").tempdir_in(parent)?;
    for (path, contents) in files(&PACKAGE) {
        let target = beside.path().join("unscathed").join(path);
        fs::create_dir_all(target.parent().unwrap_or(beside.path()))?;
        fs::write(target, contents)?;
    }
    fs::write(beside.path().join(LIBRARY_NAME), LIBRARY)?;
    let made = beside.keep();
    match fs::rename(&made, folder) {
        // Somebody else was faster, with the same contents.
        Err(_) if folder.is_dir() => fs::remove_dir_all(made),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use unscathed_catalogue::python;

    use super::*;

    fn text(path: &str) -> &'static str {
        let file = PACKAGE.get_file(path).unwrap_or_else(|| panic!("{path} is not there"));
        file.contents_utf8().expect("the Python side is ASCII")
    }

    /// The modules in one folder of the package.
    fn modules(folder: &str) -> impl Iterator<Item = &'static str> {
        let files = PACKAGE.get_dir(folder).into_iter().flat_map(Dir::files);
        let names = files.filter_map(|file| file.path().file_stem()?.to_str());
        names.filter(|name| !name.starts_with("__"))
    }

    /// An experiment that no row names would never run, and nobody would notice.
    #[test]
    fn every_experiment_has_a_row() {
        let rows: BTreeSet<_> = python::probes().map(|probe| probe.id).collect();
        for module in modules("probes") {
            let text = text(&format!("probes/{module}.py"));
            let defined = text
                .lines()
                .filter_map(|line| line.strip_prefix("def ")?.strip_suffix("(subject, seen):"));
            for name in defined.filter(|_| module != "measures") {
                let id = format!("{module}.{name}");
                assert!(rows.contains(&*id), "{id} has no row");
            }
        }
    }

    /// Nor would a subject that is wrong on purpose and never tried.
    #[test]
    fn every_row_has_its_module() {
        let probes: BTreeSet<_> = modules("probes").collect();
        let mutants: BTreeSet<_> = modules("mutants").collect();
        for probe in python::probes() {
            let module = probe.id.split('.').next().unwrap_or_default();
            assert!(probes.contains(module), "{} has no module", probe.id);
        }
        for mutant in python::mutants() {
            let module = mutant.name.split('.').next().unwrap_or_default();
            assert!(mutants.contains(module), "{} has no module", mutant.name);
        }
    }

    #[test]
    fn files_are_unpacked_whole_and_once() {
        let cache = tempfile::tempdir().expect("a temporary folder");
        let first = unpack(cache.path()).expect("it can be written");
        assert!(first.child().is_file() && first.library().is_file());
        let again = unpack(cache.path()).expect("it is there");
        assert_eq!(first.child(), again.child());
        let left = fs::read_dir(cache.path().join("files")).expect("a folder").count();
        assert_eq!(left, 1, "nothing half-made is left");
    }
}
