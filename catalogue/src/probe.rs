//! The probes: which experiment, which rows, which looks.

mod table;

use crate::abi::Abi;
use crate::element::Element;

pub use table::PROBES;

/// Rows that are observed together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// General registers.
    Regs,
    /// Floating-point control.
    Fp,
    /// Flags, the x87 register stack, the thread pointer: never planted.
    State,
    /// The stack at the entry of a body.
    Entry,
    /// Words on the stack.
    Stack,
    /// Values passed.
    Value,
    /// Whether a body has returned.
    Life,
    /// The shadow stack.
    Shadow,
    /// C++ exceptions.
    Cxx,
    /// Rust panics.
    Rust,
    /// Backtraces.
    Unwind,
    /// The stack as memory: guard, size, return to the system.
    Memory,
    /// What stays with a thread or follows a coroutine.
    Thread,
    /// Several threads at once.
    Migration,
    /// Signals that arrive during switches.
    Signal,
    /// From coroutine to coroutine without a resumer between.
    Transfer,
    /// What the contract forbids.
    Misuse,
}

impl Family {
    /// In sentences: "4 of 9 register probes".
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Regs => "register",
            Self::Fp => "control-word",
            Self::State => "state",
            Self::Entry => "entry",
            Self::Stack => "stack",
            Self::Value => "value",
            Self::Life => "life",
            Self::Shadow => "shadow-stack",
            Self::Cxx => "C++",
            Self::Rust => "Rust panic",
            Self::Unwind => "unwinding",
            Self::Memory => "memory",
            Self::Thread => "thread-state",
            Self::Migration => "migration",
            Self::Signal => "signal",
            Self::Transfer => "transfer",
            Self::Misuse => "misuse",
        }
    }
}

/// Where in a schedule a party looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The body has just been entered.
    Entry,
    /// The first resume of a coroutine came back, by a suspension.
    First,
    /// A later resume came back, by a suspension.
    Resumed,
    /// A resume came back because the body returned.
    Finished,
    /// A suspend, or a transfer, came back.
    Suspended,
    /// A frame on the stack is left again.
    Frame,
    /// A destroy came back.
    Destroyed,
}

impl Event {
    /// All of them; the number of an event in records is its place here.
    pub const ALL: [Self; 7] = [
        Self::Entry,
        Self::First,
        Self::Resumed,
        Self::Finished,
        Self::Suspended,
        Self::Frame,
        Self::Destroyed,
    ];

    /// Where it was seen: "wrong ...".
    #[must_use]
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::Entry => "at the entry of the body",
            Self::First => "when the first resume returns",
            Self::Resumed => "when resume returns",
            Self::Finished => "when the resume of a finishing body returns",
            Self::Suspended => "when suspend returns",
            Self::Frame => "when the frame is left",
            Self::Destroyed => "when destroy returns",
        }
    }
}

/// How coroutines are interleaved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Experiment {
    /// One coroutine, resumed and suspended in turn.
    Pair,
    /// Several coroutines, each entered, suspended once and finished.
    Enter,
    /// One coroutine after another runs to its end.
    Finish,
    /// This many coroutines, resumed in turn or in an order of the seed.
    Several(u16),
    /// One coroutine over this many switches.
    Long(u32),
    /// Coroutines that resume coroutines.
    Nested,
    /// Suspension and resumption below many frames.
    Deep,
    /// Coroutines that hand over to each other, past their resumer.
    Transfer,
    /// Values whose halves are easily lost.
    Extremes,
    /// No schedule: the machine offers nothing to observe.
    Nothing,
    /// An experiment of its own, by this name.
    Scenario(&'static str),
}

/// Something that a subject may say that it can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capability {
    /// Resume on another thread.
    Migrate,
    /// Destroy what is suspended.
    Destroy,
    /// Resume from within a coroutine.
    Nest,
    /// C++ exceptions out of the body.
    Unwind,
    /// A guard page.
    Guard,
    /// A signal mask for each coroutine.
    SignalMask,
    /// Rust panics out of the body.
    Panic,
    /// Direct transfer: a function of the table, not a bit.
    Transfer,
}

impl Capability {
    /// Its bit in a record: the contract's, and one more for what is no bit there.
    #[must_use]
    pub const fn bit(self) -> u64 {
        match self {
            Self::Transfer => 1 << 63,
            _ => 1 << self as u64,
        }
    }

    /// What a probe needs: "a subject that sets UNSCATHED_CAP_NEST".
    #[must_use]
    pub fn claim(self) -> String {
        match self {
            Self::Transfer => "a subject with a `transfer`".into(),
            _ => {
                let bit = self.absence().rsplit(' ').next().unwrap_or_default();
                format!("a subject that sets {bit}")
            }
        }
    }

    /// Why a probe that needs it is not run.
    #[must_use]
    pub const fn absence(self) -> &'static str {
        match self {
            Self::Migrate => "the adapter does not set UNSCATHED_CAP_MIGRATE",
            Self::Destroy => "the adapter does not set UNSCATHED_CAP_DESTROY",
            Self::Nest => "the adapter does not set UNSCATHED_CAP_NEST",
            Self::Unwind => "the adapter does not set UNSCATHED_CAP_UNWIND",
            Self::Guard => "the adapter does not set UNSCATHED_CAP_GUARD",
            Self::SignalMask => "the adapter does not set UNSCATHED_CAP_SIGMASK",
            Self::Panic => "the adapter does not set UNSCATHED_CAP_PANIC",
            Self::Transfer => "the adapter's `transfer` is a null pointer",
        }
    }
}

/// One experiment on one subject, as it is listed and explained.
#[derive(Clone, Copy, Debug)]
pub struct Probe {
    /// Id in reports and on the command line; never reused.
    pub id: &'static str,
    /// The question, in one sentence.
    pub title: &'static str,
    /// The schedule, as the fragment that reports show after `when`.
    pub schedule: &'static str,
    /// What it is about; it observes the rows of this family.
    pub family: Family,
    /// The rows that it observes, where they are not those of its family.
    pub rows: Option<&'static [&'static str]>,
    /// How coroutines are interleaved.
    pub experiment: Experiment,
    /// The looks that count.
    pub events: &'static [Event],
    /// What the subject must claim; else the probe is `unsupported`.
    pub needs: &'static [Capability],
}

impl Probe {
    /// Whether it takes tens of milliseconds and not a few: it switches, creates or
    /// is struck by signals thousands of times.
    #[must_use]
    pub fn is_heavy(&self) -> bool {
        const HEAVY: [&str; 4] =
            ["memory.finished", "memory.suspended", "signal.alternate", "signal.normal"];
        matches!(self.experiment, Experiment::Long(_)) || HEAVY.contains(&self.id)
    }

    /// Whether it is an experiment of its own, not a schedule of the bracket.
    #[must_use]
    pub const fn is_scenario(&self) -> bool {
        matches!(self.experiment, Experiment::Scenario(_))
    }

    /// Whether it observes a row.
    #[must_use]
    pub fn observes(&self, row: &Element) -> bool {
        match self.rows {
            Some(ids) => ids.contains(&row.id),
            None => row.family == Some(self.family),
        }
    }

    /// The rows that this probe observes.
    pub fn elements(&self, abi: &Abi) -> impl Iterator<Item = (usize, &'static Element)> {
        let probe = *self;
        abi.elements.iter().enumerate().filter(move |(_, row)| probe.observes(row))
    }
}

/// The probe with this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Probe> {
    PROBES.iter().find(|probe| probe.id == id)
}
