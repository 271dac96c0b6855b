//! Steps, and the byte that stands for each.

use core::fmt;

/// One step of a schedule.
///
/// Numbers are choices, not names: a `pick` chooses among those that the step can
/// be done to, in their order, and begins again at the first one. What cannot be
/// done where it stands is passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Create a coroutine, which waits for its first resume.
    Create,
    /// Resume a coroutine.
    Resume(u8),
    /// Suspend whoever reads this.
    Suspend,
    /// Hand over to a coroutine: whoever waits for the reader waits for that one.
    Transfer(u8),
    /// Destroy a coroutine.
    Destroy(u8),
    /// Return from the body, through everything that is open.
    Finish,
    /// Resume a coroutine, and have it raise where it is suspended.
    Throw(u8),
    /// Raise; if odd, with a report to the panic hook.
    Raise(u8),
    /// Open a block that catches what is raised in it, and then is a handler.
    Try,
    /// Open a block that, however it is left, goes on as a cleanup.
    Guard,
    /// Leave the innermost block.
    Leave,
    /// Open a block this deep: see [`DEPTHS`].
    Recurse(u8),
    /// Open a block behind a frame this large: see [`FRAMES`].
    Frame(u8),
    /// Set the floating-point control words.
    Control(u8),
    /// Plant a canary in a cell of the current frame.
    Plant(u8),
    /// Look at a cell of the current frame.
    Check(u8),
    /// Resume the first coroutine again and again; it suspends at once: see
    /// [`ROUNDS`].
    Shuttle(u8),
    /// Resume a coroutine on another thread.
    Handover(u8),
    /// Collect garbage.
    Collect,
    /// Set a context variable.
    SetVar(u8),
    /// Install or remove a tracer.
    Trace(bool),
    /// Walk the frames from here.
    Walk,
    /// Take a traceback of what is being handled.
    Traceback,
}

/// Calls that [`Step::Recurse`] descends.
pub const DEPTHS: [u16; 8] = [1, 2, 3, 8, 32, 100, 300, 600];
/// KiB of the frame of [`Step::Frame`].
pub const FRAMES: [u16; 8] = [1, 2, 4, 8, 16, 32, 48, 64];
/// Rounds of [`Step::Shuttle`]. One that follows another multiplies its rounds.
pub const ROUNDS: [u16; 4] = [2, 4, 16, 64];
/// Cells in each frame.
pub(crate) const CELLS: usize = 4;

impl Step {
    /// What a byte means. What is slow stands for few of them.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Self {
        match (byte >> 3, byte & 7) {
            (0..=2, _) => Self::Create,
            (3..=8, pick) => Self::Resume(pick),
            (9..=12, _) => Self::Suspend,
            (13..=15, pick) => Self::Transfer(pick),
            (16, _) => Self::Finish,
            (17, pick @ 0..=3) => Self::Destroy(pick),
            (18, pick @ 0..=3) => Self::Throw(pick),
            (18, how) => Self::Raise(how & 1),
            (19, _) => Self::Try,
            (20, _) => Self::Guard,
            (21..=22, _) => Self::Leave,
            (23, depth) => Self::Recurse(depth),
            (24, size) => Self::Frame(size),
            (25..=26, words) => Self::Control(words),
            (27, cell) => Self::Plant(cell & 3),
            (28, cell) => Self::Check(cell & 3),
            (29, pick @ 0..=1) => Self::Handover(pick),
            (30, 0) => Self::Collect,
            (30, 1) => Self::Walk,
            (30, 2) => Self::Traceback,
            (30, 3) => Self::Trace(true),
            (30, 4) => Self::Trace(false),
            (30, value) => Self::SetVar(value - 5),
            (31, rounds @ 0..=3) => Self::Shuttle(rounds),
            (_, pick) => Self::Resume(pick),
        }
    }

    /// The first byte that means it. Numbers out of range are taken down into it.
    #[must_use]
    pub const fn to_byte(self) -> u8 {
        let (code, low) = match self {
            Self::Create => (0, 0),
            Self::Resume(pick) => (3, pick & 7),
            Self::Suspend => (9, 0),
            Self::Transfer(pick) => (13, pick & 7),
            Self::Finish => (16, 0),
            Self::Destroy(pick) => (17, pick & 3),
            Self::Throw(pick) => (18, pick & 3),
            Self::Raise(how) => (18, 4 | how & 1),
            Self::Try => (19, 0),
            Self::Guard => (20, 0),
            Self::Leave => (21, 0),
            Self::Recurse(depth) => (23, depth & 7),
            Self::Frame(size) => (24, size & 7),
            Self::Control(words) => (25, words & 7),
            Self::Plant(cell) => (27, cell & 3),
            Self::Check(cell) => (28, cell & 3),
            Self::Handover(pick) => (29, pick & 1),
            Self::Collect => (30, 0),
            Self::Walk => (30, 1),
            Self::Traceback => (30, 2),
            Self::Trace(true) => (30, 3),
            Self::Trace(false) => (30, 4),
            Self::SetVar(value) => (30, 5 + value % 3),
            Self::Shuttle(rounds) => (31, rounds & 3),
        };
        code << 3 | low
    }

    /// Its number, for steps that have one.
    #[must_use]
    pub const fn number(self) -> Option<u8> {
        match self {
            Self::Resume(number)
            | Self::Transfer(number)
            | Self::Destroy(number)
            | Self::Throw(number)
            | Self::Raise(number)
            | Self::Recurse(number)
            | Self::Frame(number)
            | Self::Control(number)
            | Self::Plant(number)
            | Self::Check(number)
            | Self::Shuttle(number)
            | Self::Handover(number)
            | Self::SetVar(number) => Some(number),
            _ => None,
        }
    }

    /// The same with a lower number, for steps that have one.
    #[must_use]
    pub fn lowered(self, number: u8) -> Option<Self> {
        let lower = self.number().is_some_and(|own| number < own);
        // The numbers of a step are the low bits of its byte, one after the other.
        lower
            .then(|| Self::from_byte(self.to_byte() - (self.number().unwrap_or_default() - number)))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self {
            Self::Create => "create",
            Self::Resume(_) => "resume",
            Self::Suspend => "suspend",
            Self::Transfer(_) => "transfer",
            Self::Destroy(_) => "destroy",
            Self::Finish => "finish",
            Self::Throw(_) => "throw into",
            Self::Raise(_) => "raise",
            Self::Try => "try",
            Self::Guard => "guard",
            Self::Leave => "leave",
            Self::Recurse(_) => "recurse",
            Self::Frame(_) => "frame",
            Self::Control(_) => "set control words",
            Self::Plant(_) => "plant",
            Self::Check(_) => "check",
            Self::Shuttle(_) => "shuttle",
            Self::Handover(_) => "hand over to another thread",
            Self::Collect => "collect garbage",
            Self::SetVar(_) => "set a context variable",
            Self::Trace(true) => "install a tracer",
            Self::Trace(false) => "remove the tracer",
            Self::Walk => "walk frames",
            Self::Traceback => "take a traceback",
        };
        f.write_str(word)?;
        self.number().map_or(Ok(()), |number| write!(f, " {number}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_means_a_step_that_keeps_its_meaning() {
        for byte in 0..=u8::MAX {
            let step = Step::from_byte(byte);
            assert_eq!(Step::from_byte(step.to_byte()), step, "{byte:#04x}");
        }
    }

    #[test]
    fn a_lower_number_is_the_same_step() {
        for byte in 0..=u8::MAX {
            let step = Step::from_byte(byte);
            for number in 0..8 {
                let lower = step.lowered(number);
                assert_eq!(lower.is_some(), step.number().is_some_and(|own| number < own));
                if let Some(lower) = lower {
                    assert_eq!(core::mem::discriminant(&lower), core::mem::discriminant(&step));
                    assert_eq!(lower.number(), Some(number));
                }
            }
        }
    }
}
