//! Writes the machine code of the mutants, which `src/lib.rs` assembles, and
//! compiles the roots that catch C++ exceptions, where there is a compiler for them.

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
    cxx();
}

fn cxx() {
    const SOURCE: &str = "cxx/roots.cc";
    println!("cargo::rustc-check-cfg=cfg(cxx)");
    println!("cargo::rerun-if-changed={SOURCE}");
    println!("cargo::rerun-if-env-changed=CXX");
    let mut build = cc::Build::new();
    build.cpp(true).std("c++17").warnings(true).extra_warnings(true).file(SOURCE);
    match build.try_compile("unscathed_mutant_cxx") {
        Ok(()) => println!("cargo::rustc-cfg=cxx"),
        Err(error) => println!("cargo::warning=built without mutants in C++: {error}"),
    }
}
