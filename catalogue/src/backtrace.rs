//! What can become of a backtrace, as the row `unwind.backtrace` holds it.

/// How an unwinder's walk over a stack went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Backtrace {
    /// It came to an end, and every frame lay in code.
    Ends = 1,
    /// It had not ended after [`FRAMES`] frames.
    Endless = 2,
    /// It met a frame that lies in no code.
    Strays = 3,
    /// The unwinder gave up.
    Broken = 4,
}

/// Frames after which a walk is said not to end. No probe has a hundred.
pub const FRAMES: usize = 1000;

impl Backtrace {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Ends, Self::Endless, Self::Strays, Self::Broken];

    /// For `expected` and `observed` in reports.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Ends => "it ends, and every frame lies in code",
            Self::Endless => "it does not end within 1000 frames",
            Self::Strays => "a frame whose address lies in no code",
            Self::Broken => "the unwinder gave up on what the tables say",
        }
    }

    /// The one with this number.
    #[must_use]
    pub fn of(number: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|backtrace| *backtrace as u64 == number)
    }
}

/// The value of the row in words; `None`: it is another row.
pub(crate) fn describe(id: &str, word: u64) -> Option<String> {
    let backtrace = (id == "unwind.backtrace").then(|| Backtrace::of(word))?;
    Some(backtrace.map_or_else(|| format!("{word:#x}"), |backtrace| backtrace.words().into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_owed_is_one_and_all_have_words() {
        assert_eq!(Backtrace::Ends as u64, 1);
        for backtrace in Backtrace::ALL {
            assert_eq!(describe("unwind.backtrace", backtrace as u64).unwrap(), backtrace.words());
        }
        assert!(Backtrace::Endless.words().contains(&FRAMES.to_string()));
    }
}
