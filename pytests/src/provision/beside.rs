//! Folders that are made as a whole: under another name beside, and renamed when they
//! are complete. Whoever finds one finds all of it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

/// How the names of unfinished folders begin.
const UNFINISHED: &str = ".making-";

/// Returns the folder, made by `fill` unless it is there. Of two that make it at once,
/// one wins, and both have it. If `fill` fails, nothing is left.
pub(super) fn make(
    folder: &Path,
    fill: impl FnOnce(&Path) -> Result<(), String>,
) -> Result<PathBuf, String> {
    if folder.is_dir() {
        return Ok(folder.into());
    }
    let failed = |error: io::Error| {
        format!(
            "{}: it cannot be made: {error} (UNSCATHED_CACHE names another place)",
            folder.display()
        )
    };
    let parent = folder.parent().unwrap_or(folder);
    fs::create_dir_all(parent).map_err(failed)?;
    // Whoever makes a folder holds it locked, until he is gone, however he went. Nobody
    // sweeps between the making and the locking.
    let quiet = lock(parent, FlockOperation::LockExclusive).map_err(failed)?;
    sweep(parent);
    let beside = tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(parent).map_err(failed)?;
    let _held = lock(beside.path(), FlockOperation::LockExclusive).map_err(failed)?;
    drop(quiet);
    fill(beside.path())?;
    let made = beside.keep();
    match fs::rename(&made, folder) {
        // Somebody else was faster.
        Err(_) if folder.is_dir() => fs::remove_dir_all(made).map_err(failed)?,
        Err(error) => {
            let _ = fs::remove_dir_all(made);
            return Err(failed(error));
        }
        Ok(()) => {}
    }
    Ok(folder.into())
}

/// A lock of a folder, held as long as the file is open.
fn lock(folder: &Path, operation: FlockOperation) -> io::Result<File> {
    let file = File::open(folder)?;
    flock(&file, operation)?;
    Ok(file)
}

/// Removes what processes that were killed left half-made.
fn sweep(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let unfinished = entry.file_name().to_string_lossy().starts_with(UNFINISHED);
        if unfinished && lock(&entry.path(), FlockOperation::NonBlockingLockExclusive).is_ok() {
            // What cannot be removed is in nobody's way.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("it can be listed");
        entries
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("text"))
            .collect()
    }

    #[test]
    fn a_failure_leaves_nothing_and_is_not_remembered() {
        let parent = tempfile::tempdir().expect("a folder");
        let folder = parent.path().join("made");
        let failed = make(&folder, |new| {
            fs::write(new.join("half"), "").map_err(|error| error.to_string())?;
            Err("no".into())
        });
        assert_eq!(failed, Err("no".into()));
        assert!(names(parent.path()).is_empty());
        let made = make(&folder, |new| fs::write(new.join("all"), "").map_err(|e| e.to_string()));
        assert_eq!(made, Ok(folder.clone()));
        assert_eq!(names(&folder), ["all"]);
        assert_eq!(make(&folder, |_| Err("asked again".into())), Ok(folder));
    }

    #[test]
    fn two_that_make_it_at_once_both_have_it_whole() {
        let parent = tempfile::tempdir().expect("a folder");
        let folder = parent.path().join("made");
        let both = Barrier::new(2);
        let race = || {
            make(&folder, |new| {
                both.wait();
                fs::write(new.join("all"), "").map_err(|error| error.to_string())
            })
        };
        std::thread::scope(|scope| {
            let other = scope.spawn(race);
            assert_eq!(race(), Ok(folder.clone()));
            assert_eq!(other.join().expect("no panic"), Ok(folder.clone()));
        });
        assert_eq!(names(parent.path()), ["made"]);
        assert_eq!(names(&folder), ["all"]);
    }

    #[test]
    fn what_the_dead_left_is_swept_and_what_the_living_make_is_not() {
        let parent = tempfile::tempdir().expect("a folder");
        let (dead, living) =
            (parent.path().join(".making-dead"), parent.path().join(".making-living"));
        for folder in [&dead, &living] {
            fs::create_dir(folder).expect("a folder");
        }
        let _held = lock(&living, FlockOperation::LockExclusive).expect("it is free");
        make(&parent.path().join("made"), |_| Ok(())).expect("it is made");
        let mut left = names(parent.path());
        left.sort();
        assert_eq!(left, [".making-living", "made"]);
    }
}
