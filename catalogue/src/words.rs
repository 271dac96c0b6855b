//! Values in words: control fields decoded, canaries named.

use std::fmt::Write as _;

use crate::backtrace;
use crate::canary::{Canary, Party};
use crate::element::{Element, Plant};
use crate::exceptions;
use crate::memory;
use crate::misuse;
use crate::panics;
use crate::record::Wide;
use crate::threads;

const ROUNDING: [&str; 4] = ["nearest", "down", "up", "toward zero"];
const PRECISION: [&str; 4] = ["single", "reserved", "double", "extended"];
/// The six exceptions, in the order that MXCSR and the x87 control word share.
const EXCEPTIONS: [&str; 6] =
    ["invalid", "denormal", "divide", "overflow", "underflow", "precision"];

/// The value of a row in words, with the register word where the words are not
/// the whole of it.
#[must_use]
pub fn describe(element: &Element, value: &Wide) -> String {
    let word = value[0];
    match element.id {
        "mxcsr.rc" => field(ROUNDING[(word >> 13 & 3) as usize], word),
        "x87.rc" => field(ROUNDING[(word >> 10 & 3) as usize], word),
        "x87.pc" => field(PRECISION[(word >> 8 & 3) as usize], word),
        "mxcsr.ftz" => field(if word >> 15 & 1 == 0 { "off" } else { "on" }, word),
        "mxcsr.daz" => field(if word >> 6 & 1 == 0 { "kept" } else { "zeroed" }, word),
        "mxcsr.masks" => field(&masked(word >> 7), word),
        "x87.masks" => field(&masked(word), word),
        "x87.stack" => field(&occupied(word), word),
        "flags.df" | "flags.ac" => {
            field(if word & element.owed() == 0 { "clear" } else { "set" }, word)
        }
        "stack.align" => match word & 15 {
            0 => format!("rsp + 8 is a multiple of 16 (rsp = {:#x})", word.wrapping_sub(8)),
            rest => {
                format!("rsp + 8 leaves a remainder of {rest} (rsp = {:#x})", word.wrapping_sub(8))
            }
        },
        "life.done" => if word & 1 == 0 { "not done" } else { "done" }.into(),
        id => threads::describe(id, word)
            .or_else(|| panics::describe(id, word))
            .or_else(|| backtrace::describe(id, word))
            .or_else(|| exceptions::describe(id, word))
            .or_else(|| memory::describe(id, word))
            .or_else(|| misuse::describe(id, word))
            .unwrap_or_else(|| named(word)),
    }
}

/// What the convention asks of a row that is never planted.
#[must_use]
pub fn required(element: &Element) -> String {
    match (element.id, element.plant) {
        ("x87.stack", _) => "empty".into(),
        ("stack.align", _) => "rsp + 8 is a multiple of 16".into(),
        (_, Plant::Never { required: 0 }) => "clear".into(),
        (_, Plant::Never { required }) => format!("{required:#x}"),
        _ => "what it was before the call".into(),
    }
}

/// A word in the groups of four that the report uses, and whose it is.
#[must_use]
pub fn named(word: u64) -> String {
    let mut text = String::new();
    for part in [48, 32, 16, 0] {
        let _ = write!(text, "{:04x} ", word >> part & 0xffff);
    }
    text.truncate(19);
    match Canary::decode(word) {
        Some(Canary { party, step, .. }) => format!("{text} ({}, step {step})", Party(party)),
        None => text,
    }
}

fn field(words: &str, word: u64) -> String {
    let digits = if word > 0xffff { 8 } else { 4 };
    format!("{words} (0x{word:0digits$x})")
}

/// "all", "none", "all but divide and underflow", or the few that are masked.
fn masked(bits: u64) -> String {
    let of = |set: bool| -> Vec<&str> {
        EXCEPTIONS
            .iter()
            .enumerate()
            .filter(|(bit, _)| (bits >> bit & 1 == 1) == set)
            .map(|(_, name)| *name)
            .collect()
    };
    let (masked, open) = (of(true), of(false));
    match (masked.len(), open.len()) {
        (_, 0) => "all".into(),
        (0, _) => "none".into(),
        (_, 1..=3) => format!("all but {}", open.join(", ")),
        _ => format!("only {}", masked.join(", ")),
    }
}

/// How many of the eight x87 registers a tag word says are in use.
fn occupied(tags: u64) -> String {
    let used = (0..8).filter(|register| tags >> (2 * register) & 3 != 3).count();
    match used {
        0 => "empty".into(),
        1 => "1 register in use".into(),
        more => format!("{more} registers in use"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::SYSV_X86_64;

    fn words(id: &str, word: u64) -> String {
        let mut value = [0; 8];
        value[0] = word;
        describe(SYSV_X86_64.element(id).unwrap(), &value)
    }

    #[test]
    fn control_words_are_told_in_words() {
        assert_eq!(words("mxcsr.rc", 0x1f80), "nearest (0x1f80)");
        assert_eq!(words("mxcsr.rc", 0x7f80), "toward zero (0x7f80)");
        assert_eq!(words("mxcsr.ftz", 0x9f80), "on (0x9f80)");
        assert_eq!(words("mxcsr.daz", 0x1fc0), "zeroed (0x1fc0)");
        assert_eq!(words("mxcsr.masks", 0x1f80), "all (0x1f80)");
        assert_eq!(words("mxcsr.masks", 0x0000), "none (0x0000)");
        assert_eq!(words("x87.masks", 0x037b), "all but divide (0x037b)");
        assert_eq!(words("x87.pc", 0x027f), "double (0x027f)");
        assert_eq!(words("x87.stack", 0x3fff), "1 register in use (0x3fff)");
        assert_eq!(words("flags.df", 0x602), "set (0x0602)");
    }

    #[test]
    fn a_canary_names_its_planter_and_an_ordinary_word_nobody() {
        let word = Canary { party: 2, row: 2, step: 4 }.encode();
        assert_eq!(words("gpr.r12", word), "5ca7 0002 0002 0004 (coroutine 2, step 4)");
        assert_eq!(words("gpr.r12", 0x10), "0000 0000 0000 0010");
    }
}
