//! Writes the machine code of the mutants, which `src/lib.rs` assembles.

use std::env;
use std::fs;
use std::path::PathBuf;

use unscathed_catalogue::abi::SYSV_X86_64;
use unscathed_catalogue::render::mutants;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let folder = env::var_os("OUT_DIR").expect("cargo names a folder for what is built");
    let file = PathBuf::from(folder).join("mutants.s");
    fs::write(file, mutants::assembly(SYSV_X86_64)).expect("the folder can be written");
}
