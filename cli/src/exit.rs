//! How a command ended.

use std::process::ExitCode;

/// The exit statuses of the contract. A number is never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Nothing failed.
    Clean = 0,
    /// At least one finding.
    Findings = 1,
    /// Something could not be run.
    CouldNotRun = 2,
    /// Nothing ran.
    NothingRan = 4,
}

impl Exit {
    /// Where several apply, this order decides.
    const ORDER: [Self; 4] = [Self::CouldNotRun, Self::Findings, Self::NothingRan, Self::Clean];

    /// The one that stands.
    pub(crate) fn of(all: &[Self]) -> Self {
        Self::ORDER.into_iter().find(|exit| all.contains(exit)).unwrap_or(Self::NothingRan)
    }

    /// Its number.
    pub(crate) const fn status(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.status())
    }
}

#[cfg(test)]
mod tests {
    use super::Exit::{Clean, CouldNotRun, Findings, NothingRan};
    use super::*;

    #[test]
    fn the_first_of_2_1_3_4_stands() {
        assert_eq!(Exit::of(&[Clean, Findings, CouldNotRun]), CouldNotRun);
        assert_eq!(Exit::of(&[NothingRan, Findings]), Findings);
        assert_eq!(Exit::of(&[Clean, NothingRan]), NothingRan);
        assert_eq!(Exit::of(&[Clean, Clean]), Clean);
        assert_eq!(Exit::of(&[]), NothingRan);
    }
}
