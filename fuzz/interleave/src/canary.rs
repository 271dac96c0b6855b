//! Values that say who made them, when, and what for.

use core::fmt;

use crate::model::MAIN;

/// What a canary is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// It is passed by a switch.
    Value = 1,
    /// It is what a panic carries.
    Payload = 2,
    /// It lies in a register across a switch; `place` says which.
    Register = 3,
    /// It lies in a cell of a frame.
    Cell = 4,
    /// It lies in a frame that was pushed for that.
    Frame = 5,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Value, Self::Payload, Self::Register, Self::Cell, Self::Frame];

    const fn words(self) -> &'static str {
        match self {
            Self::Value => "a value passed",
            Self::Payload => "a panic's payload",
            Self::Register => "a register",
            Self::Cell => "a cell",
            Self::Frame => "a frame",
        }
    }
}

/// Who made a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Canary {
    /// The party: 0 is main.
    pub party: u8,
    /// The turn in which it was made.
    pub turn: u32,
    /// What for.
    pub kind: Kind,
    /// Which of several.
    pub place: u8,
}

/// Tells our values from others.
const MAGIC: u64 = 0x5a;

impl Canary {
    /// The value. Any two differ in about half of their bits, in both halves.
    #[must_use]
    pub const fn encode(self) -> u64 {
        let plain = (self.turn as u64) << 32
            | (self.place as u64) << 24
            | (self.party as u64) << 16
            | (self.kind as u64) << 8
            | MAGIC;
        let mut z = plain ^ plain >> 33;
        z = z.wrapping_mul(FACTOR);
        z ^ z >> 33
    }

    /// Who made this value, if one of ours did.
    #[must_use]
    pub fn decode(value: u64) -> Option<Self> {
        let mut z = value ^ value >> 33;
        z = z.wrapping_mul(INVERSE);
        let plain = z ^ z >> 33;
        let [magic, kind, party, place, turn @ ..] = plain.to_le_bytes();
        let kind = Kind::ALL.into_iter().find(|&known| known as u8 == kind)?;
        let ours = u64::from(magic) == MAGIC && usize::from(party) < crate::model::PARTIES;
        ours.then_some(Self { party, turn: u32::from_le_bytes(turn), kind, place })
    }
}

const FACTOR: u64 = 0xff51_afd7_ed55_8ccd;
const INVERSE: u64 = 0x4f74_430c_22a5_4005;
const _: () = assert!(FACTOR.wrapping_mul(INVERSE) == 1);

impl fmt::Display for Canary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}, turn {}", self.kind.words(), Name(self.party), self.turn)
    }
}

/// A party in words.
pub(crate) struct Name(pub(crate) u8);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            MAIN => f.write_str("main"),
            party => write!(f, "coroutine {party}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canary_names_who_made_it() {
        for kind in Kind::ALL {
            for turn in [0, 1, 77, u32::MAX] {
                let canary = Canary { party: 3, turn, kind, place: 200 };
                assert_eq!(Canary::decode(canary.encode()), Some(canary));
            }
        }
        assert_eq!(Canary::decode(0), None);
        assert_eq!(Canary::decode(u64::MAX), None);
    }
}
