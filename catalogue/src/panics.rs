//! What can become of a Rust panic, as the row `rust.unwind` holds it.

/// What a probe found where a panic, or the unwinding of a destroyed coroutine,
/// should have arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Panic {
    /// Where it should, with what it carried.
    Arrived = 1,
    /// Nowhere: the call returned as if nothing had happened.
    Swallowed = 2,
    /// With the payload of another panic.
    AnotherOnes = 3,
    /// With a payload that nobody threw.
    Replaced = 4,
    /// Further out than where it was caught.
    Escaped = 5,
    /// Where it should, but not all destructors on its way had run.
    Skipped = 6,
    /// Where it should, but the thread still counts as panicking.
    Lingered = 7,
    /// Inside an unwinding, the thread did not count as panicking.
    Denied = 8,
    /// Nowhere: a coroutine that was destroyed ran on after its suspension.
    RanOn = 9,
    /// Where it should, but another coroutine was disturbed.
    Disturbed = 10,
}

impl Panic {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Arrived,
        Self::Swallowed,
        Self::AnotherOnes,
        Self::Replaced,
        Self::Escaped,
        Self::Skipped,
        Self::Lingered,
        Self::Denied,
        Self::RanOn,
        Self::Disturbed,
    ];

    /// For `expected` and `observed` in reports.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Arrived => "it arrives where it is caught, with its own payload",
            Self::Swallowed => "the call returned as if nobody had panicked",
            Self::AnotherOnes => "the payload of another panic came out",
            Self::Replaced => "a payload came out that nobody threw",
            Self::Escaped => "it came out although it had been caught",
            Self::Skipped => "it came out, but not every destructor on its way had run once",
            Self::Lingered => "it was caught, but the thread still counts as panicking",
            Self::Denied => "inside the unwinding, panicking() said no",
            Self::RanOn => "the destroyed coroutine ran on after its suspension",
            Self::Disturbed => "another coroutine was disturbed",
        }
    }

    /// The words for a number, if it is one of these.
    #[must_use]
    pub fn of(number: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|panic| *panic as u64 == number)
    }
}

/// The value of a row about panics, in words.
pub(crate) fn describe(id: &str, word: u64) -> Option<String> {
    match id {
        "rust.unwind" => Panic::of(word).map(|panic| panic.words().into()),
        "rust.panic_count" => Some(if word == 0 { "not panicking" } else { "panicking" }.into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Panic;

    #[test]
    fn numbers_are_told_apart_and_what_is_owed_is_one() {
        assert_eq!(Panic::Arrived as u64, 1);
        for panic in Panic::ALL {
            assert_eq!(Panic::of(panic as u64), Some(panic));
        }
        assert_eq!(Panic::of(0), None);
    }
}
