//! Writes the list of probes as a macro: a test for each has to have a name when
//! the library that is tested is compiled.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs};

use unscathed_catalogue::probe::PROBES;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let mut tests = String::new();
    for probe in PROBES {
        let name = probe.id.replace('.', "_");
        let _ = writeln!(tests, "$crate::__probe!({name}, {:?}, $subject, $expected);", probe.id);
    }
    let text = format!(
        "#[doc(hidden)]\n#[macro_export]\nmacro_rules! __each_probe {{\n\
         ($subject:ty, $expected:expr) => {{\n{tests}}};\n}}\n"
    );
    let folder = env::var_os("OUT_DIR").map(PathBuf::from).expect("cargo sets OUT_DIR");
    fs::write(folder.join("probes.rs"), text).expect("OUT_DIR is writable");
}
