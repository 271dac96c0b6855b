//! Looks for Boost.Context, which is compared where it is installed.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

fn main() {
    println!("cargo::rustc-check-cfg=cfg(boost)");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=CC");
    let folder = env::var_os("OUT_DIR").expect("cargo sets it");
    let source = Path::new(&folder).join("boost.c");
    let program = "void *make_fcontext(void *, unsigned long, void (*)(void *));\n\
                   int main(void) { return make_fcontext == 0; }\n";
    fs::write(&source, program).expect("a file in the output folder");
    let compiler = env::var_os("CC").unwrap_or_else(|| "cc".into());
    let linked = Command::new(compiler)
        .arg(&source)
        .args(["-lboost_context", "-o"])
        .arg(Path::new(&folder).join("boost"))
        .output()
        .is_ok_and(|output| output.status.success());
    if linked {
        println!("cargo::rustc-cfg=boost");
        println!("cargo::rustc-link-lib=boost_context");
    }
}
