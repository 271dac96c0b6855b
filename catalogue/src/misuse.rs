//! Calls that the contract forbids: how far a probe has come with one, and what came
//! of it.

/// Steps of a probe of misuse, as its record counts them.
pub mod step {
    /// The forbidden call is under way: a death is its answer.
    pub const UNDER_WAY: u64 = 1;
    /// It has come back: a death is nobody's answer any more.
    pub const BACK: u64 = 2;
}

/// What came of a call that the contract forbids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Misuse {
    /// It was refused, or did no harm.
    Harmless = 1,
    /// Code ran that nobody had resumed.
    Ran = 2,
    /// A call that had come back came back again.
    Again = 3,
    /// A value was passed on that was for somebody else.
    Value = 4,
    /// The coroutine was said to be done, or not to be, wrongly.
    Done = 5,
    /// Words on a stack, or in memory that was allocated, changed.
    Words = 6,
    /// A coroutine was created with a smaller stack than was asked for.
    Short = 7,
    /// Ordinary coroutines did not work any more.
    Later = 8,
}

impl Misuse {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Harmless,
        Self::Ran,
        Self::Again,
        Self::Value,
        Self::Done,
        Self::Words,
        Self::Short,
        Self::Later,
    ];

    const fn words(self) -> &'static str {
        match self {
            Self::Harmless => "a refusal, or nothing that does harm",
            Self::Ran => "code ran that nobody had resumed",
            Self::Again => "a call that had come back came back again",
            Self::Value => "a value went to somebody else than it was for",
            Self::Done => "what done says of the coroutine is wrong",
            Self::Words => "words changed on a stack, or in memory that was allocated",
            Self::Short => "a coroutine with a much smaller stack than was asked for",
            Self::Later => "ordinary coroutines did not work any more",
        }
    }
}

/// The value of a row of misuse in words; `None`: it is no such row, or no such value.
pub(crate) fn describe(id: &str, word: u64) -> Option<String> {
    let misuse = Misuse::ALL.into_iter().find(|misuse| *misuse as u64 == word)?;
    id.starts_with("misuse.").then(|| misuse.words().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_apart_and_what_is_owed_is_one() {
        assert_eq!(Misuse::Harmless as u64, 1);
        for misuse in Misuse::ALL {
            assert_eq!(describe("misuse.x", misuse as u64).unwrap(), misuse.words());
        }
        assert_eq!(describe("life.done", 1), None);
    }
}
