//! Writes the bracket that the catalogue's rows call for.

use std::path::PathBuf;
use std::{env, fs};

use unscathed_catalogue::abi::SYSV_X86_64;
use unscathed_catalogue::render::bracket;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let folder = env::var_os("OUT_DIR")
        .map(PathBuf::from)
        .expect("cargo sets OUT_DIR");
    fs::write(folder.join("bracket.s"), bracket::assembly(SYSV_X86_64))
        .expect("OUT_DIR is writable");
}
