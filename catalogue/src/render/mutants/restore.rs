//! How a row is brought back, rightly or wrongly.

use super::{SCRATCH, Slots};
use crate::element::Element;
use crate::mutant::Fault;
use crate::mutant::block::SWITCHES;

/// The field of the x87 control word in which the code 01 is reserved.
const PRECISION: u64 = 0x0300;

/// A control register: how it is stored, loaded and read from memory, and where
/// it lies in a frame.
pub(super) struct Word {
    /// Name in the rows.
    pub(super) name: &'static str,
    pub(super) store: &'static str,
    load: &'static str,
    read: &'static str,
    size: &'static str,
    pub(super) slot: usize,
}

/// Both, in the order of their slots.
pub(super) const WORDS: [Word; 2] = [
    Word {
        name: "mxcsr",
        store: "stmxcsr",
        load: "ldmxcsr",
        read: "mov",
        size: "dword ptr",
        slot: 0,
    },
    Word {
        name: "x87cw",
        store: "fnstcw",
        load: "fldcw",
        read: "movzx",
        size: "word ptr",
        slot: 4,
    },
];

impl Word {
    /// Brings this word back.
    pub(super) fn restore(&self, fault: Option<(&Element, Fault)>) -> String {
        let right = format!("{} [rsp + {}]", self.load, self.slot);
        let Some((row, fault)) = fault else {
            return right;
        };
        match fault {
            Fault::Forgotten => self.blend(&self.current(), row.owed()),
            Fault::Partly(lost) => self.blend(&self.current(), lost),
            Fault::Donor(donor) => self.blend(&saved(row, donor), row.owed()),
            Fault::Late(switches) => {
                let lost = self.blend(&self.current(), row.owed());
                format!("{lost}\n{}", unless_late(switches, &right))
            }
        }
    }

    /// Loads what was saved, except for the `lost` bits, which come from where
    /// `source` reads.
    fn blend(&self, source: &str, lost: u64) -> String {
        format!(
            "{source}
             and ecx, {lost:#x}
             {}
             and edx, {:#x}
             or ecx, edx
             {}
             mov [rsp + {SCRATCH}], ecx
             {} [rsp + {SCRATCH}]",
            self.read("edx", self.slot),
            !lost as u32,
            self.legal(lost),
            self.load,
        )
    }

    /// A mixture of two precisions may be the reserved one, which no party could
    /// have loaded: it becomes the lowest.
    fn legal(&self, lost: u64) -> &'static str {
        if self.name != "x87cw" || lost & PRECISION == 0 {
            return "";
        }
        "mov edx, ecx
         shr edx, 1
         or edx, 0xfffffeff
         and ecx, edx"
    }

    /// Reads into ecx what the other party left.
    fn current(&self) -> String {
        format!(
            "{} [rsp + {SCRATCH}]
             {}",
            self.store,
            self.read("ecx", SCRATCH)
        )
    }

    /// Reads the word at this offset of the frame.
    fn read(&self, to: &str, offset: usize) -> String {
        format!("{} {to}, {} [rsp + {offset}]", self.read, self.size)
    }
}

/// Reads into ecx what was saved of `donor`, moved to the bits of `row`.
fn saved(row: &Element, donor: &Element) -> String {
    let read: String = WORDS
        .iter()
        .filter(|word| word.name == donor.register)
        .map(|word| word.read("ecx", word.slot))
        .collect();
    let (to, from) = (row.owed().trailing_zeros(), donor.owed().trailing_zeros());
    let shift = if to < from { "shr" } else { "shl" };
    format!("{read}\n{shift} ecx, {}", to.abs_diff(from))
}

/// Brings a general register back.
pub(super) fn register(register: &str, fault: Option<(&Element, Fault)>, slots: &Slots) -> String {
    let slot = slots.of(register);
    let right = format!("mov {register}, [rsp + {slot}]");
    let Some((_, fault)) = fault else {
        return right;
    };
    match fault {
        Fault::Forgotten => String::new(),
        Fault::Donor(row) => format!("mov {register}, [rsp + {}]", slots.of(row.register)),
        Fault::Partly(lost) => {
            let kept = lost.trailing_zeros();
            format!(
                "mov ecx, [rsp + {slot}]
                 shr {register}, {kept}
                 shl {register}, {kept}
                 or {register}, rcx"
            )
        }
        Fault::Late(switches) => unless_late(switches, &right),
    }
}

/// What is done for the first switches only.
fn unless_late(switches: u32, right: &str) -> String {
    format!(
        "cmp dword ptr [rdi + {SWITCHES}], {switches}
         ja 2f
         {right}
         2:"
    )
}
