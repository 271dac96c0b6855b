//! The lock file, for adapters that state the version of a crate.

/// The version of `name` that is linked. The file has one entry for each
/// package and version, and a second version would make the answer ambiguous.
pub(crate) fn version_of(name: &str) -> &'static str {
    let lock = include_str!("../Cargo.lock");
    let heading = format!("\nname = \"{name}\"\nversion = \"");
    let mut versions = lock.split(&heading).skip(1);
    let (version, _) = versions.next().unwrap().split_once('"').unwrap();
    assert_eq!(versions.next(), None, "two versions of {name}");
    version
}
