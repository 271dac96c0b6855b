//! Adapters in C, compiled when a test wants one.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A library in a folder of its own, gone with this value.
pub(crate) struct Adapter {
    folder: TempDir,
    pub(crate) library: PathBuf,
}

impl Adapter {
    /// Compiles a source of `tests/adapters` as a shared library.
    pub(crate) fn new(source: &str, flags: &[&str]) -> Self {
        let link = ["-shared", "-fPIC"];
        Self::compiled(source, &[&link, flags].concat())
    }

    /// Compiles it as the flags say, to `adapter.so`.
    pub(crate) fn compiled(source: &str, flags: &[&str]) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let library = folder.path().join("adapter.so");
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let compiler = env::var_os("CC").unwrap_or_else(|| "cc".into());
        let output = Command::new(&compiler)
            .args(["-O2", "-w", "-pthread", "-I"])
            .arg(here.join("../abi-probes/include"))
            .args(flags)
            .arg(here.join("tests/adapters").join(source))
            .arg("-o")
            .arg(&library)
            .output();
        let output = output.unwrap_or_else(|error| {
            panic!(
                "these tests compile adapters, and the C compiler {compiler:?} cannot be run: \
                 {error} (install gcc or clang, or set CC)"
            )
        });
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{source} {flags:?}: {complaints}");
        Self { folder, library }
    }

    /// A file that the compiler has nothing to do with, named like a library.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let library = folder.path().join("adapter.so");
        std::fs::write(&library, bytes).expect("a temporary file");
        Self { folder, library }
    }

    /// The bytes of the library.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        std::fs::read(&self.library).expect("the library was just made")
    }

    /// Writes the side file of the library.
    pub(crate) fn declare(self, text: &str) -> Self {
        std::fs::write(self.folder.path().join("adapter.toml"), text).expect("a temporary file");
        self
    }

    /// Its path, as text.
    pub(crate) fn path(&self) -> &str {
        self.library.to_str().expect("temporary folders have plain names")
    }

    /// How it is named on a command line.
    pub(crate) fn id(&self) -> String {
        format!("lib:{}", self.path())
    }
}
