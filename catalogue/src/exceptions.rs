//! C++ exceptions: values of rows, in words.

use crate::canary::{Canary, Party};

/// What a probe found where an exception that left a body should have come out, as
/// the row `cxx.unwind` holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Thrown {
    /// It came out of resume, as it was thrown.
    Arrived = 1,
    /// Nothing came out: resume returned.
    Swallowed = 2,
    /// What came out was thrown by another body.
    AnotherOnes = 3,
    /// What came out is of a type that nobody threw.
    Replaced = 4,
    /// It came out, but not every destructor on its way had run once.
    Skipped = 5,
}

impl Thrown {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Arrived, Self::Swallowed, Self::AnotherOnes, Self::Replaced, Self::Skipped];

    /// For `expected` and `observed` in reports.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Arrived => "it comes out of resume, as it was thrown",
            Self::Swallowed => "resume returned as if nobody had thrown",
            Self::AnotherOnes => "the exception of another body came out",
            Self::Replaced => "an exception of a type came out that nobody threw",
            Self::Skipped => "it came out, but not every destructor on its way had run once",
        }
    }

    /// The one with this number.
    #[must_use]
    pub fn of(number: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|thrown| *thrown as u64 == number)
    }
}

/// Stands for no exception where a number of one is asked for.
pub const NONE: u64 = 0;
/// Stands for an exception that no probe threw.
pub const FOREIGN: u64 = 1;

/// The value of a row of this subject in words; `None`: it is none of these rows.
pub(crate) fn describe(id: &str, word: u64) -> Option<String> {
    Some(match id {
        "cxx.caught" => handled(word),
        "cxx.uncaught" => format!("{} on their way", word as i64),
        "cxx.unwind" => match Thrown::of(word) {
            Some(thrown) => thrown.words().into(),
            None => format!("{word:#x}"),
        },
        _ => return None,
    })
}

fn handled(word: u64) -> String {
    match (word, Canary::decode(word)) {
        (NONE, _) => "no exception".into(),
        (FOREIGN, _) => "an exception that no probe threw".into(),
        (_, Some(Canary { party, step, .. })) => {
            format!("the exception of {}, step {step}", Party(party))
        }
        _ => format!("an exception with the number {word:#x}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_words_and_what_is_owed_is_one() {
        assert_eq!(Thrown::Arrived as u64, 1);
        for thrown in Thrown::ALL {
            assert_eq!(describe("cxx.unwind", thrown as u64).unwrap(), thrown.words());
        }
        let number = Canary { party: 2, row: 7, step: 5 }.encode();
        assert_eq!(describe("cxx.caught", number).unwrap(), "the exception of coroutine 2, step 5");
        assert_eq!(describe("cxx.caught", NONE).unwrap(), "no exception");
        assert_eq!(describe("cxx.uncaught", u64::MAX).unwrap(), "-1 on their way");
        assert_eq!(describe("gpr.rbx", 0), None);
    }
}
