//! Writes the bracket that the catalogue's rows call for. For native subjects, it
//! writes the entries of their bodies too, and compiles the frames that throw C++
//! exceptions, where there is a compiler for them.

use std::path::PathBuf;
use std::{env, fs};

use unscathed_catalogue::abi::SYSV_X86_64;
use unscathed_catalogue::render::bracket;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(cxx)");
    let folder = env::var_os("OUT_DIR").map(PathBuf::from).expect("cargo sets OUT_DIR");
    let write = |name: &str, text: String| {
        fs::write(folder.join(name), text).expect("OUT_DIR is writable");
    };
    write("bracket.s", bracket::brackets(SYSV_X86_64));
    #[cfg(feature = "native")]
    {
        write("entry.s", bracket::entries(SYSV_X86_64));
        cxx();
    }
}

#[cfg(feature = "native")]
fn cxx() {
    const SOURCE: &str = "cxx/exceptions.cc";
    println!("cargo::rerun-if-changed={SOURCE}");
    println!("cargo::rerun-if-env-changed=CXX");
    let mut build = cc::Build::new();
    build.cpp(true).std("c++17").warnings(true).extra_warnings(true).file(SOURCE);
    match build.try_compile("unscathed_cxx") {
        Ok(()) => println!("cargo::rustc-cfg=cxx"),
        // Their probes are skipped, and say so.
        Err(error) => println!("cargo::warning=built without C++ exceptions: {error}"),
    }
}
