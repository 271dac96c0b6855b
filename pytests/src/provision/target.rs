//! What an installation must know of the interpreter it is for.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use unscathed_audit::one_line;

use super::installer::{Variables, run};
use crate::interpreter::find;

/// An interpreter that packages are installed for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) executable: PathBuf,
    /// In words: "CPython 3.13.0".
    pub(super) title: String,
    /// The version of the language.
    pub(super) language: (u8, u8),
    /// What differs between builds that cannot load each other's extensions.
    pub(super) build: String,
    pub(super) has_pip: bool,
}

/// How long an interpreter may take to import pip.
const PATIENCE: Duration = Duration::from_secs(60);

/// Prints whether there is a pip, and the build on one line; `sys.version` holds its date.
const ASK: &str = r"
import sys, sysconfig
try:
    import pip
except ImportError:
    pip = None
build = [sys.version, sysconfig.get_config_var('SOABI'), hasattr(sys, 'gettotalrefcount'), sys.maxunicode]
print('%d\t%r' % (pip is not None, build))
";

impl Target {
    /// Asks the interpreter.
    pub(super) fn ask(executable: &Path) -> Result<Self, String> {
        let name = executable.to_str().ok_or_else(|| {
            format!("{}: pip is given no path that is not UTF-8", executable.display())
        })?;
        let found = find(name)?;
        let mut command = Command::new(&found.executable);
        command.args(["-B", "-c", ASK]);
        let answer = run(&mut command, &Variables::new(), PATIENCE)
            .map_err(|error| format!("{name}: {error}"))?;
        let line = answer.text.lines().last().unwrap_or_default();
        match line.split_once('\t').filter(|_| answer.is_good()) {
            None => Err(format!("{name}: it does not say what build it is: {}", one_line(line))),
            Some((pip, build)) => Ok(Self {
                executable: found.executable,
                title: found.title,
                language: found.kind.version,
                build: build.into(),
                has_pip: pip == "1",
            }),
        }
    }
}
