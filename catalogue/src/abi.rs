//! The conventions, one file each.

mod sysv_x86_64;

use crate::element::{Element, Level};
use crate::frame::Register;

pub use sysv_x86_64::SYSV_X86_64;

/// A calling convention: what may be planted, and what is owed.
#[derive(Clone, Copy, Debug)]
pub struct Abi {
    /// `sysv-x86_64`.
    pub id: &'static str,
    /// Title of the document.
    pub title: &'static str,
    /// The machine, as reports spell it.
    pub arch: &'static str,
    /// Everything that the bracket loads and stores.
    pub registers: &'static [Register],
    /// The rows.
    pub elements: &'static [Element],
    /// Control registers with the words with which a process begins.
    pub initial: &'static [(&'static str, u64)],
}

impl Abi {
    /// The row with this id.
    #[must_use]
    pub fn element(&self, id: &str) -> Option<&'static Element> {
        self.elements.iter().find(|element| element.id == id)
    }

    /// Index of the row with this id, which is its number in canaries and
    /// records.
    #[must_use]
    pub fn index(&self, id: &str) -> Option<usize> {
        self.elements.iter().position(|element| element.id == id)
    }

    /// The register with this name.
    ///
    /// # Panics
    ///
    /// If there is none: names are written next to the table.
    #[must_use]
    pub fn register(&self, name: &str) -> &'static Register {
        self.registers
            .iter()
            .find(|register| register.name == name)
            .unwrap_or_else(|| panic!("no register `{name}` in {}", self.id))
    }

    /// The word with which a process begins in a control register.
    #[must_use]
    pub fn initial(&self, register: &str) -> Option<u64> {
        self.initial.iter().find(|(name, _)| *name == register).map(|(_, word)| *word)
    }

    /// Rows of one level.
    pub fn at(&self, level: Level) -> impl Iterator<Item = &'static Element> {
        self.elements.iter().filter(move |element| element.level == level)
    }
}

/// The row with this id, of machine code or of interpreters.
#[must_use]
pub fn element(id: &str) -> Option<&'static Element> {
    SYSV_X86_64.element(id).or_else(|| crate::python::PYTHON.element(id))
}

/// Every row: those of the native convention, then those of interpreters.
pub fn elements() -> impl Iterator<Item = &'static Element> {
    SYSV_X86_64.elements.iter().chain(crate::python::PYTHON.elements)
}
