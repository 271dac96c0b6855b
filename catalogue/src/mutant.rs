//! Planted defects and harmless changes, derived from the rows.
//!
//! A mutant is a whole subject with machine code of its own. It is described by
//! what sets it apart from a healthy one, which saves every row that is owed in
//! one frame and brings every row back from there. What is wrong with a row that
//! lies in a register follows from the row; the rest is written
//! [by hand](MutantClass::ByHand).

mod sysv_x86_64;

use crate::abi::Abi;
use crate::element::{Element, Feature, Level, Plant};
use crate::frame::Class;

/// Switches after which a [late](Fault::Late) mutant forgets: fewer than the long
/// probes make, more than any other.
pub const LATE: u32 = 5000;

/// Offsets in the block of a coroutine, which lies at the top of its stack.
pub mod block {
    /// Stack pointer of the party that resumed it.
    pub const RESUMER: usize = 0;
    /// Its own stack pointer, while it is suspended.
    pub const OWN: usize = 8;
    /// Its body.
    pub const BODY: usize = 16;
    /// How often it was resumed and suspended, where a mutant counts that.
    pub const SWITCHES: usize = 24;
    /// What it is doing: one byte.
    pub const STATE: usize = 28;

    /// State before the first resume.
    pub const FRESH: u8 = 0;
    /// State while it runs, or waits for another one that it resumed.
    pub const RUNNING: u8 = 1;
    /// State between a suspend and the next resume.
    pub const SUSPENDED: u8 = 2;
    /// State once its body has returned.
    pub const FINISHED: u8 = 3;
}

/// Stands for this feature in `unscathed_mutant_features`.
#[must_use]
pub const fn feature_bit(feature: Feature) -> u64 {
    1 << feature as u64
}

/// A subject that differs from a healthy one in one known way.
#[derive(Clone, Debug)]
pub struct Mutant {
    /// Id in `self-test`; unique, and never reused.
    pub id: String,
    /// Its line in `self-test`.
    pub class: MutantClass,
    /// The row that it must be convicted of; `None`: it must not be convicted.
    pub element: Option<&'static str>,
    /// What sets it apart.
    pub change: Change,
}

/// A line of `self-test`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MutantClass {
    /// A row is not restored: the other party's value stays.
    Forgotten,
    /// A row is restored from the slot of another row of the same shape.
    WrongSlot,
    /// The upper half of a row stays the other party's.
    Half,
    /// A row is forgotten from some switch on.
    Late,
    /// A row is forgotten on the way to one of the parties only.
    OneDirection,
    /// What does not follow from a row.
    ByHand,
    /// A Python subject that loses a row.
    Python,
    /// Nothing was changed.
    Healthy,
    /// Volatile registers are overwritten.
    Volatile,
    /// The same is saved in another way, or more than is owed.
    Order,
    /// A policy is kept as declared, one way or the other.
    Policies,
    /// OS threads as coroutines of an interpreter.
    Threads,
}

impl MutantClass {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 12] = [
        Self::Forgotten,
        Self::WrongSlot,
        Self::Half,
        Self::Late,
        Self::OneDirection,
        Self::ByHand,
        Self::Python,
        Self::Healthy,
        Self::Volatile,
        Self::Order,
        Self::Policies,
        Self::Threads,
    ];

    /// Head of its line.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Forgotten => "forgotten",
            Self::WrongSlot => "from the wrong slot",
            Self::Half => "half restored",
            Self::Late => "only after the n-th switch",
            Self::OneDirection => "only in one direction",
            Self::ByHand => "by hand",
            Self::Python => "Python",
            Self::Healthy => "nothing changed",
            Self::Volatile => "volatile registers",
            Self::Order => "other order, extra saves",
            Self::Policies => "policies, both ways",
            Self::Threads => "OS threads as coroutines",
        }
    }

    /// Whether its mutants run in an interpreter; they are in a table of their own.
    #[must_use]
    pub const fn is_python(self) -> bool {
        matches!(self, Self::Python | Self::Threads)
    }

    /// Whether its mutants must not be convicted.
    #[must_use]
    pub const fn is_harmless(self) -> bool {
        matches!(
            self,
            Self::Healthy | Self::Volatile | Self::Order | Self::Policies | Self::Threads
        )
    }
}

/// What sets a mutant apart from the healthy subject. The default is nothing.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// A row that is brought back wrongly.
    pub restore: Option<Restore>,
    /// Instructions that are added.
    pub add: Vec<(Place, String)>,
    /// Instructions in place of those that load both control words.
    pub load: Option<&'static str>,
    /// Instructions in place of the function that says whether a body returned.
    pub done: Option<String>,
    /// Another frame.
    pub frame: Frame,
}

impl Change {
    fn adding(add: impl IntoIterator<Item = (Place, String)>) -> Self {
        Self { add: add.into_iter().collect(), ..Self::default() }
    }
}

/// A row that is brought back wrongly.
#[derive(Clone, Copy, Debug)]
pub struct Restore {
    /// The row.
    pub row: &'static Element,
    /// How it goes wrong.
    pub fault: Fault,
    /// To whom it goes wrong; `None`: to both.
    pub into: Option<Side>,
}

/// How a row goes wrong.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// It is left as the other party had it.
    Forgotten,
    /// It gets what was saved of this row.
    Donor(&'static Element),
    /// These bits of its register are left as the other party had them.
    Partly(u64),
    /// It is forgotten once its coroutine has switched this often.
    Late(u32),
}

/// Who goes on after a switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The coroutine, whose suspend returns.
    Coroutine,
    /// Whoever resumed it.
    Resumer,
}

/// Where instructions are added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A value goes into the coroutine.
    PassIn,
    /// A value goes out: the coroutine suspends, or its body has returned.
    PassOut,
    /// The frame has been filled.
    Saved,
    /// The frame is about to be read.
    Restore,
    /// All is back, and the routine is about to return to this party.
    Return(Side),
    /// The body is about to be called.
    Enter,
    /// The body has returned.
    Left,
}

/// A frame other than the healthy one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Frame {
    /// Rows are saved and restored in reverse, and lie so.
    pub reversed: bool,
    /// Bytes between the control words and the registers.
    pub padding: usize,
    /// Registers that are saved although nobody asks for it.
    pub extra: &'static [&'static str],
}

/// All mutants of a convention, in the order of their classes' first lines.
#[must_use]
pub fn all(abi: &Abi) -> Vec<Mutant> {
    let rows: Vec<_> = restored(abi).collect();
    let mut mutants = vec![Mutant {
        id: "mutant/healthy".into(),
        class: MutantClass::Healthy,
        element: None,
        change: Change::default(),
    }];
    mutants.extend(rows.iter().map(|row| {
        let class = MutantClass::Forgotten;
        derived("forgotten", class, row, Fault::Forgotten, None)
    }));
    mutants.extend(rows.iter().map(|row| {
        let fault = Fault::Donor(donor(row, &rows));
        derived("wrong-slot", MutantClass::WrongSlot, row, fault, None)
    }));
    mutants.extend(rows.iter().filter_map(|row| {
        let fault = Fault::Partly(upper_half(row.owed())?);
        Some(derived("half", MutantClass::Half, row, fault, None))
    }));
    mutants.extend(rows.iter().map(|row| {
        let fault = Fault::Late(LATE);
        derived("late", MutantClass::Late, row, fault, None)
    }));
    for (kind, side) in [("inward", Side::Coroutine), ("outward", Side::Resumer)] {
        mutants.extend(rows.iter().map(|row| {
            let class = MutantClass::OneDirection;
            derived(kind, class, row, Fault::Forgotten, Some(side))
        }));
    }
    mutants.extend(sysv_x86_64::by_hand());
    mutants.extend(sysv_x86_64::volatile(abi));
    mutants.extend(sysv_x86_64::order());
    mutants
}

/// The rows that a switch must put back into a register.
fn restored(abi: &Abi) -> impl Iterator<Item = &'static Element> {
    let planted = |row: &Element| matches!(row.plant, Plant::Canary | Plant::Codes { .. });
    let in_register = |row: &Element| {
        let class = abi.register(row.register).class;
        matches!(class, Class::General | Class::Mxcsr | Class::X87(_))
    };
    abi.at(Level::Must).filter(move |row| row.gate.is_none() && planted(row) && in_register(row))
}

fn derived(
    kind: &str,
    class: MutantClass,
    row: &'static Element,
    fault: Fault,
    into: Option<Side>,
) -> Mutant {
    Mutant {
        id: format!("mutant/{kind}/{}", row.id),
        class,
        element: Some(row.id),
        change: Change { restore: Some(Restore { row, fault, into }), ..Change::default() },
    }
}

/// Whose slot a row is restored from by mistake: the same field of the other
/// unit, or else the row before it, around the end, with as many bits.
fn donor(row: &Element, rows: &[&'static Element]) -> &'static Element {
    let bits = row.owed().count_ones();
    let alike: Vec<_> =
        rows.iter().copied().filter(|other| other.owed().count_ones() == bits).collect();
    let own = alike.iter().position(|other| other.id == row.id);
    let before = own.map_or(0, |own| (own + alike.len() - 1) % alike.len());
    alike
        .iter()
        .find(|other| other.label == row.label && other.id != row.id)
        .unwrap_or(&alike[before])
}

/// The upper half of these bits; `None` of a single one.
fn upper_half(bits: u64) -> Option<u64> {
    let mut upper = bits;
    for _ in 0..bits.count_ones() / 2 {
        upper &= upper - 1;
    }
    (upper != bits).then_some(upper)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::SYSV_X86_64;

    #[test]
    fn halves_are_upper_halves() {
        assert_eq!(upper_half(u64::MAX), Some(0xffff_ffff_0000_0000));
        assert_eq!(upper_half(0x1f80), Some(0x1c00));
        assert_eq!(upper_half(0x6000), Some(0x4000));
        assert_eq!(upper_half(0x8000), None);
    }

    #[test]
    fn fields_take_from_the_field_of_the_same_meaning() {
        let rows: Vec<_> = restored(SYSV_X86_64).collect();
        let donor = |id| donor(SYSV_X86_64.element(id).unwrap(), &rows).id;
        assert_eq!(donor("gpr.rbx"), "gpr.r15");
        assert_eq!(donor("gpr.rbp"), "gpr.rbx");
        assert_eq!(donor("mxcsr.rc"), "x87.rc");
        assert_eq!(donor("x87.rc"), "mxcsr.rc");
        assert_eq!(donor("x87.pc"), "x87.rc");
        assert_eq!(donor("mxcsr.ftz"), "mxcsr.daz");
        assert_eq!(donor("mxcsr.daz"), "mxcsr.ftz");
        assert_eq!(donor("x87.masks"), "mxcsr.masks");
    }

    /// A donor that happens to hold the right code would make no mutant.
    #[test]
    fn no_donor_has_the_code_that_is_owed() {
        fn codes(row: &Element) -> Option<[[u64; 2]; 2]> {
            let down = row.owed().trailing_zeros();
            match row.plant {
                Plant::Codes { even, odd } => {
                    Some([even, odd].map(|set| set.map(|code| code >> down)))
                }
                _ => None,
            }
        }
        let rows: Vec<_> = restored(SYSV_X86_64).collect();
        for row in &rows {
            let (Some(owed), Some(found)) = (codes(row), codes(donor(row, &rows))) else {
                continue;
            };
            for (owed, found) in owed.iter().zip(found) {
                for found in found {
                    // The one code that the processor reserves is replaced.
                    let reserved = row.id == "x87.pc" && found == 1;
                    let found = if reserved { 0 } else { found };
                    assert!(!owed.contains(&found), "{}", row.id);
                }
            }
        }
    }
}
