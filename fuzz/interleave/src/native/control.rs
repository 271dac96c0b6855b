//! Floating-point control words.

use core::arch::asm;

/// Pairs of MXCSR and x87 control word that differ in every row from each other,
/// and under which nothing traps that is done here: no floating-point number is
/// computed between a step that sets them and the end of the schedule. The first
/// pair is the default.
pub const WORDS: [(u32, u16); 8] = [
    (0x1f80, 0x037f),
    (0x3f80, 0x0b7f),
    (0x5f80, 0x077f),
    (0x7f80, 0x0f7f),
    (0x9f80, 0x007f),
    (0x1fc0, 0x027f),
    (0x0e80, 0x036b),
    (0xffc0, 0x0c7f),
];

/// Bits of MXCSR that control; the rest say what has happened.
pub(crate) const MXCSR: u32 = 0xffc0;
/// The same of the x87 control word; the rest are reserved.
pub(crate) const X87: u16 = 0x0f3f;

/// The elements that these bits are.
const FIELDS: [(&str, u32, u16); 7] = [
    ("mxcsr.rc", 0x6000, 0),
    ("mxcsr.ftz", 0x8000, 0),
    ("mxcsr.daz", 0x0040, 0),
    ("mxcsr.masks", 0x1f80, 0),
    ("x87.rc", 0, 0x0c00),
    ("x87.pc", 0, 0x0300),
    ("x87.masks", 0, 0x003f),
];

/// The first element in which two pairs differ.
pub(crate) fn difference(one: (u32, u16), other: (u32, u16)) -> Option<&'static str> {
    let (mxcsr, x87) = (one.0 ^ other.0, one.1 ^ other.1);
    let differs = |field: &&(&str, u32, u16)| mxcsr & field.1 != 0 || x87 & field.2 != 0;
    FIELDS.iter().find(differs).map(|field| field.0)
}

/// A pair in words.
pub(crate) fn in_words(index: u8) -> String {
    let (mxcsr, x87) = WORDS[usize::from(index) % WORDS.len()];
    format!("MXCSR {mxcsr:#06x}, x87 {x87:#06x}")
}

/// Loads a pair.
#[inline]
pub(crate) fn set(index: u8) {
    let (mxcsr, x87) = WORDS[usize::from(index) % WORDS.len()];
    // SAFETY: what the compiler assumes of rounding and masks is no concern where no
    // number is computed; see `WORDS`.
    unsafe {
        asm!(
            "ldmxcsr [{mxcsr}]",
            "fldcw [{x87}]",
            mxcsr = in(reg) &raw const mxcsr,
            x87 = in(reg) &raw const x87,
            options(nostack, readonly, preserves_flags),
        );
    }
}

/// Reads what is in force: the bits that control.
#[inline]
pub(crate) fn get() -> (u32, u16) {
    let (mut mxcsr, mut x87) = (0u32, 0u16);
    // SAFETY: writes to two variables.
    unsafe {
        asm!(
            "stmxcsr [{mxcsr}]",
            "fnstcw [{x87}]",
            mxcsr = in(reg) &raw mut mxcsr,
            x87 = in(reg) &raw mut x87,
            options(nostack, preserves_flags),
        );
    }
    (mxcsr & MXCSR, x87 & X87)
}

/// What [`get`] must read.
#[inline]
pub(crate) fn expected(index: u8) -> (u32, u16) {
    let (mxcsr, x87) = WORDS[usize::from(index) % WORDS.len()];
    (mxcsr & MXCSR, x87 & X87)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_found_and_pairs_differ() {
        for index in 0..8 {
            set(index);
            let found = get();
            set(0);
            assert_eq!(found, expected(index), "{index}");
            for other in 0..index {
                assert_ne!(expected(index), expected(other));
            }
        }
    }
}
