//! What a subject owes: its capabilities, and what it declares.

use unscathed_core::subject::{CAP_DESTROY, CAP_MIGRATE, CAP_NEST, CAP_PANIC, Table};

/// Where a value belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// It follows the coroutine.
    Coroutine,
    /// It stays with the thread.
    Thread,
}

/// What the model holds a subject to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contract {
    /// `CAP_` bits.
    pub caps: u64,
    /// It has `transfer`.
    pub transfer: bool,
    /// Floating-point control words. The ABI says that they follow the coroutine;
    /// who knows that a subject has it otherwise, and looks for something else, says
    /// so here. `None`: they are not looked at, and not set.
    pub control: Option<Keep>,
    /// The count of panics under way, where the subject declares something.
    pub panic_count: Option<Keep>,
    /// It has a Rust standard library of its own, or none: its unwinding is not ours
    /// to catch.
    pub foreign: bool,
    /// Other threads may take part, as far as the subject can.
    pub threads: bool,
    /// Suspended coroutines are destroyed also while a panic is under way on the
    /// thread, in themselves or in others. Some libraries refuse that by design.
    pub destroys_in_panics: bool,
}

/// Bits of [`Contract::flags`].
mod flag {
    pub(super) const CONTROL_OF_THREAD: u8 = 1 << 0;
    pub(super) const CONTROL_IGNORED: u8 = 1 << 1;
    pub(super) const NO_THREADS: u8 = 1 << 2;
    pub(super) const NOT_IN_PANICS: u8 = 1 << 3;
}

impl Contract {
    /// What a table claims, and the ABI demands.
    #[must_use]
    pub fn of(table: &Table) -> Self {
        Self {
            caps: table.caps,
            transfer: table.transfer.is_some(),
            control: Some(Keep::Coroutine),
            panic_count: None,
            foreign: false,
            threads: true,
            destroys_in_panics: true,
        }
    }

    /// The choices of a run, as a token keeps them. What the subject claims and
    /// declares is its own, and not among them.
    #[must_use]
    pub fn flags(&self) -> u8 {
        let control = match self.control {
            Some(Keep::Coroutine) => 0,
            Some(Keep::Thread) => flag::CONTROL_OF_THREAD,
            None => flag::CONTROL_IGNORED,
        };
        let threads = if self.threads { 0 } else { flag::NO_THREADS };
        control | threads | if self.destroys_in_panics { 0 } else { flag::NOT_IN_PANICS }
    }

    /// The same with the choices of another run.
    #[must_use]
    pub const fn with_flags(self, flags: u8) -> Self {
        let control = match flags & (flag::CONTROL_OF_THREAD | flag::CONTROL_IGNORED) {
            0 => Some(Keep::Coroutine),
            flag::CONTROL_OF_THREAD => Some(Keep::Thread),
            _ => None,
        };
        let threads = flags & flag::NO_THREADS == 0;
        let destroys_in_panics = flags & flag::NOT_IN_PANICS == 0;
        Self { control, threads, destroys_in_panics, ..self }
    }

    /// The same with what it declares of the count of panics.
    #[must_use]
    pub const fn with_panic_count(self, declared: Option<Keep>) -> Self {
        Self { panic_count: declared, ..self }
    }

    /// A coroutine may resume another one.
    #[must_use]
    pub const fn nests(&self) -> bool {
        self.caps & CAP_NEST != 0
    }

    /// A panic that leaves a body comes out of resume.
    #[must_use]
    pub const fn panics(&self) -> bool {
        self.caps & CAP_PANIC != 0 && !self.foreign
    }

    /// A suspended coroutine may be destroyed.
    #[must_use]
    pub const fn destroys(&self) -> bool {
        self.caps & CAP_DESTROY != 0
    }

    /// Destroying a suspended coroutine unwinds it. Who lets panics out of bodies
    /// has the means, and what is on the stack a right to it.
    #[must_use]
    pub const fn unwinds(&self) -> bool {
        self.destroys() && self.panics()
    }

    /// A coroutine may go on in another thread.
    #[must_use]
    pub const fn migrates(&self) -> bool {
        self.caps & CAP_MIGRATE != 0 && self.threads
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_keep_every_choice_of_a_run() {
        let contract = Contract::of(unscathed_subject_reference::subject());
        for control in [None, Some(Keep::Thread), Some(Keep::Coroutine)] {
            for (threads, destroys_in_panics) in [(true, false), (false, true)] {
                let chosen = Contract { control, threads, destroys_in_panics, ..contract };
                assert_eq!(contract.with_flags(chosen.flags()), chosen);
            }
        }
    }
}
