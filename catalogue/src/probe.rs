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
    /// Exceptions of an interpreter.
    Exceptions,
    /// Frames and tracebacks of an interpreter.
    Frames,
    /// Depth and its limits.
    Recursion,
    /// Context variables.
    Context,
    /// Tracers, profilers, monitoring.
    Tracing,
    /// Finalizers and the collector.
    Finalizers,
    /// Destruction and exit.
    Destruction,
    /// OS threads beside coroutines.
    Threads,
    /// What asyncio keeps.
    Asyncio,
    /// Switches below C code that called back.
    Callbacks,
    /// Registers and control words below an interpreter.
    Native,
    /// What the C library keeps.
    Library,
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
            Self::Exceptions => "exception",
            Self::Frames => "frame",
            Self::Recursion => "recursion",
            Self::Context => "context",
            Self::Tracing => "tracing",
            Self::Finalizers => "finalizer",
            Self::Destruction => "destruction",
            Self::Threads => "threading",
            Self::Asyncio => "asyncio",
            Self::Callbacks => "callback",
            Self::Native => "native",
            Self::Library => "C library",
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
    /// A function of the Python side, which the id of the probe names.
    Python(Oracle),
}

/// Whether the same probe can be made with OS threads in the place of coroutines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oracle {
    /// It can.
    Threads,
    /// It cannot, for this reason.
    Without(&'static str),
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
    /// An exception thrown in from outside.
    Throw,
    /// Unwinding from outside.
    Kill,
    /// The innermost frame of what is suspended.
    Frame,
    /// Suspension below C code that called back.
    Callbacks,
}

impl Capability {
    /// Its bit in a record: the contract's, and one more for what is no bit there.
    #[must_use]
    pub const fn bit(self) -> u64 {
        match self {
            Self::Transfer => 1 << 63,
            Self::Throw | Self::Kill | Self::Frame | Self::Callbacks => 1 << (self as u64 + 32),
            _ => 1 << self as u64,
        }
    }

    /// Its word among the capabilities of a Python subject, where it has one.
    #[must_use]
    pub const fn word(self) -> Option<&'static str> {
        match self {
            Self::Migrate => Some("migrate"),
            Self::Nest => Some("nest"),
            Self::Transfer => Some("transfer"),
            Self::Throw => Some("throw"),
            Self::Kill => Some("kill"),
            Self::Frame => Some("frame"),
            Self::Callbacks => Some("callbacks"),
            Self::Destroy | Self::Unwind | Self::Guard | Self::SignalMask | Self::Panic => None,
        }
    }

    /// What a probe needs: "a subject that sets UNSCATHED_CAP_NEST".
    #[must_use]
    pub fn claim(self) -> String {
        match self {
            Self::Transfer => "a subject with a `transfer`".into(),
            Self::Throw | Self::Kill | Self::Frame | Self::Callbacks => {
                format!(
                    "a subject whose `capabilities` have \"{}\"",
                    self.word().unwrap_or_default()
                )
            }
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
            Self::Transfer => "the adapter has no `transfer`",
            Self::Throw => "the adapter's `capabilities` have no \"throw\"",
            Self::Kill => "the adapter's `capabilities` have no \"kill\"",
            Self::Frame => "the adapter's `capabilities` have no \"frame\"",
            Self::Callbacks => "the adapter's `capabilities` have no \"callbacks\"",
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

/// Every probe: those of native subjects, then those of Python ones.
pub fn all() -> impl Iterator<Item = &'static Probe> {
    PROBES.iter().chain(crate::python::probes())
}

/// The probe with this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Probe> {
    all().find(|probe| probe.id == id)
}
