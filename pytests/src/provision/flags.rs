//! What old releases need to be compiled with today. A row is here because the release
//! did not build, or died in its first switches, without it; what it adds must not make
//! up for anything that a switch loses.

use super::requirement::{Requirement, normal, release};

/// One variable of the environment for the builds of some releases.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Flags {
    /// The distribution.
    package: &'static str,
    /// The first and the last release.
    versions: (&'static str, &'static str),
    /// The first and the last version of the language.
    pythons: ((u8, u8), (u8, u8)),
    /// The variable: what it holds already comes before.
    pub(super) variable: &'static str,
    /// What is added to it.
    pub(super) value: &'static str,
    /// Why, as a clause for the log.
    pub(super) why: &'static str,
}

/// The table. `CFLAGS` come after the `-O3` that interpreters pass on from their own build.
static FLAGS: &[Flags] = &[
    // Found with gcc 12: at -O3 a pointer is in rbp while the assembly adds the distance
    // of the stacks to rbp, and the next line follows it. -O2, with which interpreters
    // were compiled at the time, has nothing there at that place. No register and no
    // control word is saved for it: the pushes of slp_switch are the same at both levels.
    Flags {
        package: "greenlet",
        versions: ("0", "0.3.1"),
        pythons: ((2, 7), (2, 7)),
        variable: "CFLAGS",
        value: "-O2",
        why: "its assembly moves rbp without telling the compiler, which at -O3 keeps a pointer there",
    },
    // The compiler knows a value to be 0 before the switch, keeps it in a register that a
    // call may overwrite, and returns it afterwards: "error return without exception set".
    // Release 0.4.1 hides the 0 from the compiler, to the same effect as this flag.
    Flags {
        package: "greenlet",
        versions: ("0.3.2", "0.4.0"),
        pythons: ((2, 7), (3, 6)),
        variable: "CFLAGS",
        value: "-fno-tree-dominator-opts",
        why: "the compiler takes a 0 from before the switch for the result of the switch",
    },
];

/// The rows for one release in one version of the language.
pub(super) fn flags(requirement: &Requirement, language: (u8, u8)) -> Vec<&'static Flags> {
    let version = release(requirement.version());
    let name = normal(requirement.name());
    let applies = |row: &&Flags| {
        row.package == name
            && (release(row.versions.0)..=release(row.versions.1)).contains(&version)
            && (row.pythons.0..=row.pythons.1).contains(&language)
    };
    FLAGS.iter().filter(applies).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str, language: (u8, u8)) -> Vec<&'static str> {
        let requirement = Requirement::parse(text).expect(text);
        flags(&requirement, language).iter().map(|row| row.value).collect()
    }

    #[test]
    fn a_row_reaches_from_its_first_release_to_its_last() {
        assert_eq!(values("greenlet==0.3.1", (2, 7)), ["-O2"]);
        assert_eq!(values("Greenlet==0.3.2", (2, 7)), ["-fno-tree-dominator-opts"]);
        assert_eq!(values("greenlet==0.4.0", (3, 6)), ["-fno-tree-dominator-opts"]);
        assert!(values("greenlet==0.4.1", (2, 7)).is_empty());
        assert!(values("greenlet==0.3.1", (3, 6)).is_empty());
        assert!(values("gevent==0.3.1", (2, 7)).is_empty());
    }

    #[test]
    fn rows_are_in_order_and_name_releases() {
        for row in FLAGS {
            assert_eq!(row.package, normal(row.package));
            assert!(release(row.versions.0) <= release(row.versions.1), "{row:?}");
            assert!(row.pythons.0 <= row.pythons.1, "{row:?}");
            assert!(!row.value.is_empty() && !row.why.is_empty());
        }
    }
}
