//! Mutants that wrap the healthy one: what a runtime keeps beside registers is lost
//! around its calls, not in its machine code.
//!
//! One file for each subject of interest; each gives a list.

mod backtrace;
#[cfg(cxx)]
mod exceptions;
mod memory;
mod misuse;
mod panic_count;
mod panics;
mod pool;
mod red_zone;
mod roots;
mod thread_state;
mod threads;
#[cfg(cxx)]
mod thrown;

use unscathed_catalogue::mutant::MutantClass;
use unscathed_core::subject::Table;

use crate::{STAYS_WITH_THE_THREAD, Subject, find_generated};

/// A wrapped mutant, as its file describes it.
pub(crate) struct Wrapped {
    /// `mutant/hand/ELEMENT/NAME`, or `harmless/policy/ELEMENT/NAME`.
    pub(crate) id: &'static str,
    /// Its line in `self-test`.
    pub(crate) class: MutantClass,
    /// The row that it must be convicted of; `None`: it must not be convicted.
    pub(crate) element: Option<&'static str>,
    /// Changes the healthy table.
    pub(crate) change: fn(&mut Table),
    /// What it declares; `None`: everything stays with the thread.
    pub(crate) policies: Option<&'static str>,
}

/// The lists, one a file.
const LISTS: &[&[Wrapped]] = &[
    backtrace::LIST,
    #[cfg(cxx)]
    exceptions::CAUGHT,
    #[cfg(cxx)]
    exceptions::UNCAUGHT,
    #[cfg(cxx)]
    thrown::LIST,
    panic_count::LIST,
    panics::LIST,
    red_zone::LIST,
    thread_state::LIST,
    threads::LIST,
    memory::LIST,
    misuse::LIST,
];

pub(crate) fn all() -> impl Iterator<Item = Subject> {
    LISTS.iter().flat_map(|list| list.iter()).map(|wrapped| {
        let mut table = *healthy();
        let name = std::ffi::CString::new(wrapped.id).expect("an id has no null in it");
        table.name = name.into_raw();
        (wrapped.change)(&mut table);
        Subject {
            id: wrapped.id,
            class: wrapped.class,
            element: wrapped.element,
            table: Box::leak(Box::new(table)),
            policies: wrapped.policies.unwrap_or(STAYS_WITH_THE_THREAD),
            wrapped: true,
        }
    })
}

/// The healthy table, for wrappers that call on to it.
pub(crate) fn healthy() -> &'static Table {
    static HEALTHY: std::sync::LazyLock<&'static Table> =
        std::sync::LazyLock::new(|| find_generated("mutant/healthy"));
    *HEALTHY
}
