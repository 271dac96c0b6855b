//! Planted values that say where they came from.

use core::fmt;

/// Which party planted a value, in which row, at which step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Canary {
    /// 0 is main, the rest are coroutines.
    pub party: u16,
    /// Index of the row in its ABI, or one of the pseudo rows below.
    pub row: u16,
    /// Step of the schedule at which it was planted.
    pub step: u16,
}

/// The row number of words on the stack. They are told apart by their place.
pub const STACK_ROW: u16 = 0x5000;

impl Canary {
    const TAG: u64 = 0x5ca7;

    /// Packs the fields under a tag that ordinary data does not carry.
    ///
    /// Odd steps plant the complement. An owner and its rival never plant at
    /// steps of the same parity, so they differ in every bit, and a register
    /// that was half restored cannot pass for a whole one.
    #[must_use]
    pub const fn encode(self) -> u64 {
        let word = Self::TAG << 48
            | (self.party as u64) << 32
            | (self.row as u64) << 16
            | self.step as u64;
        if self.step & 1 == 0 { word } else { !word }
    }

    /// Recovers the origin of a value, if a probe planted it.
    #[must_use]
    pub const fn decode(word: u64) -> Option<Self> {
        let (plain, odd) = if word >> 48 == Self::TAG {
            (word, 0)
        } else if !word >> 48 == Self::TAG {
            (!word, 1)
        } else {
            return None;
        };
        let canary =
            Self { party: (plain >> 32) as u16, row: (plain >> 16) as u16, step: plain as u16 };
        if canary.step & 1 == odd { Some(canary) } else { None }
    }
}

/// A party as people read it: "main" or "coroutine 2".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Party(pub u16);

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("main"),
            number => write!(f, "coroutine {number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_names_its_origin() {
        for step in [0, 1, 20_001] {
            let canary = Canary { party: 64, row: 131, step };
            assert_eq!(Canary::decode(canary.encode()), Some(canary));
        }
    }

    #[test]
    fn neighbours_differ_in_every_tag_bit_and_ordinary_words_are_nobodys() {
        let even = Canary { party: 0, row: 3, step: 6 }.encode();
        let odd = Canary { party: 0, row: 3, step: 7 }.encode();
        assert_eq!(even ^ odd, !1, "only the step itself may agree");
        for word in [0, u64::MAX, 0x1f80, 0x7fff_ffff_e000, 0x5ca7] {
            assert_eq!(Canary::decode(word), None, "{word:#x}");
        }
    }
}
