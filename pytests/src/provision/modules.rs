//! Modules: which one a distribution brings, and whether it can be imported.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use unscathed_audit::one_line;
use unscathed_verdict::judge::{Ending, signal_name};

use super::installer::{Variables, run};
use super::requirement::normal;

/// How long an import may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Imports a module, with a folder first on the path, and without the current folder,
/// which `-c` puts there. The name is there already if the interpreter has it built in.
const IMPORT: &str = r"
import sys
sys.path[:] = sys.argv[2:] + [folder for folder in sys.path if folder]
__import__(sys.argv[1])
";

/// The module to import for a distribution that is installed in a folder: of those that
/// it says it brings, the one with its name, else the first that is not private.
pub(super) fn module(site: &Path, distribution: &str) -> Result<String, String> {
    let metadata = entries(site).into_iter().find(|name| {
        let stem = name.strip_suffix(".dist-info").or_else(|| name.strip_suffix(".egg-info"));
        let own = stem.and_then(|stem| stem.split('-').next());
        own.is_some_and(|own| normal(own) == normal(distribution))
    });
    let metadata = metadata
        .ok_or_else(|| format!("{distribution}: pip left no record of what it installed"))?;
    let folder = site.join(metadata);
    let listed = fs::read_to_string(folder.join("top_level.txt")).unwrap_or_default();
    let recorded = fs::read_to_string(folder.join("RECORD")).unwrap_or_default();
    let tops = listed.lines().map(str::trim).filter(|name| is_identifier(name));
    let files =
        recorded.lines().filter_map(|line| top_of(line.split(',').next()?.trim_matches('"')));
    let mut modules: Vec<&str> = tops.chain(files).collect();
    // Stable: within a rank, the order in which they are listed.
    modules.sort_by_key(|name| (normal(name) != normal(distribution), name.starts_with('_')));
    let first = modules.first().ok_or_else(|| format!("{distribution}: it brings no module"))?;
    Ok((*first).to_owned())
}

/// The names in a folder, in order.
fn entries(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<_> =
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// The module that a file belongs to, if it is one's.
fn top_of(file: &str) -> Option<&str> {
    let code = [".py", ".so"].iter().any(|end| file.ends_with(end));
    let first = file.split('/').next()?;
    let top = if first == file { first.split('.').next()? } else { first };
    Some(top).filter(|name| code && is_identifier(name))
}

pub(super) fn is_identifier(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && !name.is_empty()
}

/// Imports a module in a process of its own. The error says what happened, as the end of
/// a sentence.
pub(super) fn import(executable: &Path, module: &str, site: Option<&Path>) -> Result<(), String> {
    let mut command = Command::new(executable);
    command.args(["-B", "-c", IMPORT, module]).args(site);
    let outcome = run(&mut command, &Variables::new(), PATIENCE)
        .map_err(|error| format!("the interpreter does not start: {error}"))?;
    let last = || outcome.text.lines().rfind(|line| !line.trim().is_empty());
    // A folder that is about to vanish helps nobody.
    let told = |line: &str| {
        let folder = site.map(|site| format!("{}/", site.display()));
        one_line(&folder.map_or_else(|| line.to_owned(), |folder| line.replace(&folder, "")))
    };
    Err(match outcome.ending {
        Ending::Exited(0) => return Ok(()),
        Ending::Exited(status) => {
            last().map_or_else(|| format!("status {status}, and not a word"), told)
        }
        Ending::Killed(signal) => format!("the process died of {}", signal_name(signal)),
        Ending::TimedOut(time) => format!("it took longer than {} s", time.as_secs()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installed(files: &[(&str, &str)]) -> tempfile::TempDir {
        let site = tempfile::tempdir().expect("a folder");
        for (path, text) in files {
            let path = site.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        site
    }

    #[test]
    fn a_module_is_found_in_the_list_or_in_the_record() {
        let egg = installed(&[("greenlet-0.3.1-py2.7.egg-info/top_level.txt", "greenlet\n")]);
        assert_eq!(module(egg.path(), "greenlet"), Ok("greenlet".into()));
        let list = "_tealet\n_tealet_capi_client\ncapi_client\ntealet\n";
        let wheel = installed(&[("tealet-0.1.0rc4.dist-info/top_level.txt", list)]);
        assert_eq!(module(wheel.path(), "tealet"), Ok("tealet".into()));
        let record = "tealet_greenlet-1.dist-info/RECORD,,\n../bin/x.py,,\ntealet_greenlet/__init__.py,sha256=x,1\n";
        let other = ("tealet-0.1.dist-info/top_level.txt", "tealet\n");
        let recorded = installed(&[("tealet_greenlet-1.dist-info/RECORD", record), other]);
        assert_eq!(module(recorded.path(), "Tealet-Greenlet"), Ok("tealet_greenlet".into()));
        let renamed = installed(&[("PyX-1.dist-info/RECORD", "_x.cpython-311.so,,\nx.py,,\n")]);
        assert_eq!(module(renamed.path(), "pyx"), Ok("x".into()));
    }

    #[test]
    fn what_brings_no_module_is_a_sentence() {
        let empty = installed(&[("x-1.dist-info/RECORD", "x-1.dist-info/METADATA,,\n")]);
        assert_eq!(module(empty.path(), "x"), Err("x: it brings no module".into()));
        assert_eq!(
            module(empty.path(), "y"),
            Err("y: pip left no record of what it installed".into())
        );
    }
}
