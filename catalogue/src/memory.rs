//! The stack as memory, and what becomes of it: values of rows, in words.

/// What running off the end of a stack came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Edge {
    /// A fault in memory without access that adjoins the stack.
    Guard = 1,
    /// No fault: nothing that adjoins the stack forbids access.
    Open = 2,
    /// A fault somewhere else.
    Elsewhere = 3,
    /// Another coroutine's stack was overwritten.
    Neighbour = 4,
}

impl Edge {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Guard, Self::Open, Self::Elsewhere, Self::Neighbour];

    const fn words(self) -> &'static str {
        match self {
            Self::Guard => "a fault in the guard below the stack",
            Self::Open => "no fault: nothing adjoins the stack that forbids access",
            Self::Elsewhere => "a fault, but not in what adjoins the stack",
            Self::Neighbour => "the stack of another coroutine was overwritten",
        }
    }
}

/// What others notice when a coroutine is destroyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Others {
    /// Nothing.
    GoOn = 1,
    /// One of them got, or gave, a value that is not its own.
    Value = 2,
    /// One of them was said to be done too early, or not at its end.
    Done = 3,
    /// Words on the stack of one of them changed.
    Words = 4,
}

impl Others {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::GoOn, Self::Value, Self::Done, Self::Words];

    const fn words(self) -> &'static str {
        match self {
            Self::GoOn => "the others go on with their own values",
            Self::Value => "a coroutine that goes on got or gave another value than its own",
            Self::Done => {
                "a coroutine that goes on was said to be done, or one at its end not to be"
            }
            Self::Words => "words changed on the stack of a coroutine that goes on",
        }
    }
}

/// Coroutines that a probe creates one after the other to see whether memory grows.
pub const CYCLES: u64 = 10_000;

/// How memory grew over the second half of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Growth {
    /// Mappings.
    pub mappings: u64,
    /// KiB that are resident and belong to no file.
    pub kib: u64,
}

impl Growth {
    /// The value of the row when memory is as it was.
    const FLAT: u64 = 1;
    /// What an allocator may need for itself in the meantime. A leak of one byte in
    /// twenty-five of each coroutine would be more.
    const SLACK: Self = Self { mappings: 16, kib: 128 };

    /// As the value of a row.
    #[must_use]
    pub fn word(self) -> u64 {
        if self.mappings <= Self::SLACK.mappings && self.kib <= Self::SLACK.kib {
            return Self::FLAT;
        }
        self.mappings.min(0xffff_ffff) << 32 | self.kib.min(0x7fff_ffff) << 1
    }

    fn words(word: u64) -> String {
        if word == Self::FLAT {
            return "no more memory than before".into();
        }
        let (mappings, kib) = (word >> 32, (word & 0xffff_ffff) >> 1);
        format!("{mappings} more mappings and {kib} KiB more after {} coroutines", CYCLES / 2)
    }
}

/// The value of a row of this subject in words; `None`: it is none of these rows,
/// or none of its values.
pub(crate) fn describe(id: &str, word: u64) -> Option<String> {
    match id {
        "stack.guard" => {
            Edge::ALL.iter().find(|it| **it as u64 == word).map(|it| it.words().into())
        }
        "stack.size" => Some(format!("{word} bytes")),
        "life.destroy" => {
            Others::ALL.iter().find(|it| **it as u64 == word).map(|it| it.words().into())
        }
        "life.leak" => Some(Growth::words(word)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_owed_is_one() {
        assert_eq!([Edge::Guard as u64, Others::GoOn as u64, Growth::default().word()], [1; 3]);
    }

    #[test]
    fn growth_is_told_in_numbers() {
        let growth = Growth { mappings: 5000, kib: 40_000 };
        assert_eq!(
            Growth::words(growth.word()),
            "5000 more mappings and 40000 KiB more after 5000 coroutines"
        );
        assert_eq!(Growth { mappings: 16, kib: 128 }.word(), 1);
        assert_ne!(Growth { mappings: 17, kib: 0 }.word(), 1);
    }
}
