//! The fields of CPython's thread state: what a switch does with each of them,
//! and why. The chapter `pystate.md` is made from these rows, and a test compares
//! them with the headers of the interpreters that are installed.

mod coroutine;
mod derived;
mod hazard;
mod policy;
mod thread;

use core::fmt;

/// The minor versions of Python 3 that the rows are about, oldest and newest.
pub const MINORS: (u8, u8) = (9, 15);

/// One field in some minors, or one member of a field.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The struct that it is a member of.
    pub structure: Structure,
    /// As C writes it behind the struct: `exc_info`, `trash.delete_nesting`,
    /// `cframe->use_tracing`.
    pub name: &'static str,
    /// The first and the last minor of Python 3 for which the row holds.
    pub minors: (u8, u8),
    /// The builds that have it.
    pub build: Build,
    /// Where patch releases added it: one that is known to have it. Earlier ones
    /// may have it, too.
    pub patch: Option<u8>,
    /// What a switch does with it.
    pub class: Class,
    /// Why.
    pub reason: &'static str,
    /// What a new coroutine begins with, where a switch puts something there.
    pub initial: Option<&'static str>,
    /// What a Python program notices of a switch that does something else.
    pub shown: Shown,
}

impl Field {
    /// Whether the row is about this minor.
    #[must_use]
    pub const fn of(&self, minor: u8) -> bool {
        self.minors.0 <= minor && minor <= self.minors.1
    }
}

/// The two structs of a thread state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Structure {
    /// `PyThreadState`, whose layout extension modules see.
    Public,
    /// `_PyThreadStateImpl`, which begins with the public one, from 3.13 on.
    Internal,
}

impl Structure {
    /// The name that C programs use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Public => "PyThreadState",
            Self::Internal => "_PyThreadStateImpl",
        }
    }
}

/// A way of building an interpreter that some fields need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Build {
    /// None: the field is always there.
    Every,
    /// `Py_GIL_DISABLED`.
    FreeThreaded,
    /// `Py_GIL_DISABLED` and `Py_REF_DEBUG`.
    FreeThreadedDebug,
    /// `Py_GIL_DISABLED` and `Py_STATS`.
    FreeThreadedStatistics,
    /// `Py_STATS`.
    Statistics,
    /// `_Py_TIER2`.
    Jit,
}

impl Build {
    /// The macros of the headers that are all set where the field is there.
    #[must_use]
    pub const fn macros(self) -> &'static [&'static str] {
        match self {
            Self::Every => &[],
            Self::FreeThreaded => &["Py_GIL_DISABLED"],
            Self::FreeThreadedDebug => &["Py_GIL_DISABLED", "Py_REF_DEBUG"],
            Self::FreeThreadedStatistics => &["Py_GIL_DISABLED", "Py_STATS"],
            Self::Statistics => &["Py_STATS"],
            Self::Jit => &["_Py_TIER2"],
        }
    }

    /// For tables: "free-threaded".
    #[must_use]
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::Every => "",
            Self::FreeThreaded => "free-threaded",
            Self::FreeThreadedDebug => "free-threaded, debug",
            Self::FreeThreadedStatistics => "free-threaded, statistics",
            Self::Statistics => "statistics",
            Self::Jit => "JIT",
        }
    }
}

/// What a switch does with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Put away with its side, and put back when that side goes on.
    PerCoroutine,
    /// Computed anew, or invalidated, for the side that goes on.
    Derived,
    /// Either of the first and the fourth, as the implementation declares.
    Policy,
    /// Never written.
    PerThread,
    /// Never written either, but who switches at a bad moment can tell.
    Hazard,
    /// Of no meaning to a switch.
    Irrelevant,
}

impl Class {
    /// All of them, in the order of the chapter.
    pub const ALL: [Self; 6] = [
        Self::PerCoroutine,
        Self::Derived,
        Self::Policy,
        Self::PerThread,
        Self::Hazard,
        Self::Irrelevant,
    ];
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PerCoroutine => "per coroutine",
            Self::Derived => "derived",
            Self::Policy => "policy",
            Self::PerThread => "per thread",
            Self::Hazard => "shared with hazard",
            Self::Irrelevant => "irrelevant",
        })
    }
}

/// What a Python program notices of a switch that treats a field wrongly.
#[derive(Clone, Copy, Debug)]
pub enum Shown {
    /// The rows of [`PYTHON`](super::PYTHON) that observe it.
    By(&'static [&'static str]),
    /// Nothing that a probe could rely on, for this reason.
    Unseen(&'static str),
}

const TABLES: [&[Field]; 5] =
    [coroutine::FIELDS, derived::FIELDS, policy::FIELDS, thread::FIELDS, hazard::FIELDS];

/// All rows, class by class.
pub fn fields() -> impl Iterator<Item = &'static Field> {
    TABLES.into_iter().flatten()
}

/// A row about a field of `PyThreadState` that every build has.
const fn field(
    class: Class,
    name: &'static str,
    minors: (u8, u8),
    reason: &'static str,
    shown: Shown,
) -> Field {
    let (structure, build) = (Structure::Public, Build::Every);
    Field { structure, name, minors, build, patch: None, class, reason, initial: None, shown }
}

/// The same in `_PyThreadStateImpl`.
const fn internal(field: Field) -> Field {
    Field { structure: Structure::Internal, ..field }
}

/// The same in some builds only.
const fn built(build: Build, field: Field) -> Field {
    Field { build, ..field }
}

/// The same where it came with a patch release, which is not later than this one.
const fn patched(patch: u8, field: Field) -> Field {
    Field { patch: Some(patch), ..field }
}
