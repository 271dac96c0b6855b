//! Compiles the shim against the headers of the interpreter that pyo3 was told of.

use std::process::Command;

/// What the compiler needs to know of an interpreter: where its headers are.
const INCLUDE: &str = "import sysconfig; print(sysconfig.get_path('include')); \
     print(sysconfig.get_path('platinclude'))";

fn main() {
    pyo3_build_config::use_pyo3_cfgs();
    pyo3_build_config::add_extension_module_link_args();
    println!("cargo::rerun-if-changed=shim");
    // Two builds of one version differ only in where their headers are.
    for variable in ["PYO3_PYTHON", "PYO3_CONFIG_FILE", "VIRTUAL_ENV", "PATH"] {
        println!("cargo::rerun-if-env-changed={variable}");
    }

    let config = pyo3_build_config::get();
    let python = config.executable().expect("the headers of an interpreter need the interpreter");
    let output = Command::new(python)
        .args(["-c", INCLUDE])
        .output()
        .unwrap_or_else(|error| panic!("{python} cannot be started: {error}"));
    assert!(output.status.success(), "{python} does not say where its headers are");
    let include = String::from_utf8(output.stdout).expect("paths of headers are UTF-8");

    let mut build = cc::Build::new();
    build.files(["shim/state.c", "shim/frames.c"]).std("c11").opt_level(2).warnings(true);
    for folder in include.lines() {
        // Not as a folder of the system: there, compilers follow links from one build's headers
        // to another's.
        build.include(folder);
    }
    if std::env::var_os("CARGO_FEATURE_FAULT_MASK").is_some() {
        build.define("UNSCATHED_FAULT_MASK", None);
    }
    build.compile("unscathed_shim");
}
