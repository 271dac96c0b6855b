//! Builds the library that interpreters load, so that this crate can carry it.
//!
//! Cargo cannot yet make one crate's dynamic library a part of another crate, so it is
//! asked once more, for that package alone: with a profile of its own, in a folder that
//! debug and release builds share, and with nothing that the outer build asks for.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const PACKAGE: &str = "unscathed-probe-library";
/// Its profile in the workspace, and its folder beside those of the other profiles.
const PROFILE: &str = "probe-library";

/// What the library is made of, from the root of the workspace.
const SOURCES: [&str; 8] = [
    "Cargo.toml",
    "Cargo.lock",
    "abi-probes/Cargo.toml",
    "abi-probes/build.rs",
    "abi-probes/src",
    "abi-probes/library",
    "catalogue/Cargo.toml",
    "catalogue/src",
];

/// Variables by which the outer build says how to build. Those that say where packages
/// come from, or that share its job slots, may pass.
const OUTER: [&str; 10] = [
    "RUSTFLAGS",
    "CARGO_ENCODED_RUSTFLAGS",
    "RUSTC_WORKSPACE_WRAPPER",
    "CARGO_TARGET_DIR",
    "CARGO_BUILD_TARGET",
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_BUILD_BUILD_DIR",
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_INCREMENTAL",
    "CLIPPY_ARGS",
];
/// The same by how they begin.
const OUTER_PREFIXES: [&str; 6] =
    ["CARGO_CFG_", "CARGO_FEATURE_", "CARGO_MANIFEST_", "CARGO_PKG_", "CARGO_PROFILE_", "DEP_"];

fn main() {
    let root = variable("CARGO_MANIFEST_DIR").join("..");
    println!("cargo::rerun-if-changed=build.rs");
    for source in SOURCES {
        println!("cargo::rerun-if-changed={}", root.join(source).display());
    }
    let library = build(&root, &shared_folder(&variable("OUT_DIR")));
    println!("cargo::rustc-env=UNSCATHED_PROBE_LIBRARY={}", library.display());
}

/// Builds the library and says where it is.
fn build(root: &Path, folder: &Path) -> PathBuf {
    let target = env::var("TARGET").expect("cargo sets TARGET");
    let host = env::var("HOST").expect("cargo sets HOST");
    let mut cargo = Command::new(env::var_os("CARGO").expect("cargo sets CARGO"));
    for (name, _) in env::vars_os().filter(|(name, _)| is_outer(name)) {
        cargo.env_remove(name);
    }
    cargo.arg("build").args(["--package", PACKAGE, "--profile", PROFILE, "--lib", "--locked"]);
    cargo.arg("--manifest-path").arg(root.join("Cargo.toml"));
    cargo.arg("--target-dir").arg(folder);
    if target != host {
        cargo.args(["--target", &target]);
    }
    let status = cargo.status().expect("cargo can start itself");
    assert!(status.success(), "{PACKAGE} cannot be built, see above: {status}");
    let place = if target == host { folder.to_owned() } else { folder.join(&target) };
    let library = place.join(PROFILE).join("libunscathed_probe.so");
    fs::canonicalize(&library).unwrap_or_else(|error| panic!("{}: {error}", library.display()))
}

/// A folder beside those of the profiles; ours is `PROFILE/build/PACKAGE-HASH/out`.
fn shared_folder(out: &Path) -> PathBuf {
    let build = out.ancestors().find(|folder| folder.file_name() == Some(OsStr::new("build")));
    let profiles = build.and_then(|build| build.parent()?.parent());
    profiles.unwrap_or(out).join(PROFILE)
}

fn is_outer(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    OUTER.contains(&&*name) || OUTER_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

fn variable(name: &str) -> PathBuf {
    env::var_os(name).map(PathBuf::from).unwrap_or_else(|| panic!("cargo sets {name}"))
}
