//! A state element: one thing that a switch must leave as it was.

use core::fmt;

use crate::probe::Family;

/// One row: a state element with everything that is known about it.
#[derive(Clone, Copy, Debug)]
pub struct Element {
    /// Id in reports, baselines and on the command line; never reused.
    pub id: &'static str,
    /// Where the human report counts it.
    pub group: Group,
    /// Short column head in tables of decoded fields ("rounding").
    pub label: &'static str,
    /// The [`Register`](crate::Register) or other cell that holds it.
    pub register: &'static str,
    /// Lowest bit of that register which this row is about.
    pub low: u16,
    /// How many bits from there.
    pub width: u16,
    /// What of those bits must come back.
    pub keep: Keep,
    /// What a probe may legally put there before a switch.
    pub plant: Plant,
    /// Whether losing it fails.
    pub level: Level,
    /// Who the value belongs to.
    pub owner: Owner,
    /// The probes that observe it; `None` for negative controls.
    pub family: Option<Family>,
    /// What the machine needs to show it.
    pub gate: Option<Feature>,
    /// Who says so.
    pub clause: Clause,
    /// The explanation.
    pub about: &'static About,
    /// Where it is state of an interpreter: of which ones.
    pub interpreted: Option<&'static Interpreted>,
}

impl Element {
    /// The bits of the register word that must come back, where the row lies in
    /// its lowest 64 bits; rows above that are never owed.
    #[must_use]
    pub const fn owed(&self) -> u64 {
        if self.low >= 64 {
            return 0;
        }
        self.keep.mask(self.width) << self.low
    }
}

/// The part of a row that must come back unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Every bit.
    All,
    /// The `n` least significant bits; the rest may be lost.
    Low(u16),
    /// Only these bits: the others are somebody else's row.
    Mask(u64),
    /// No bit. Planted and counted, never judged.
    Nothing,
}

impl Keep {
    /// The bits that are owed among the lowest 64 of `width`.
    #[must_use]
    pub const fn mask(self, width: u16) -> u64 {
        match self {
            Self::All => low_bits(width),
            Self::Low(bits) => low_bits(bits),
            Self::Mask(bits) => bits,
            Self::Nothing => 0,
        }
    }
}

const fn low_bits(count: u16) -> u64 {
    if count >= 64 { u64::MAX } else { (1 << count) - 1 }
}

impl fmt::Display for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Low(bits) => write!(f, "the low {bits} bits"),
            Self::Mask(bits) => write!(f, "bits {bits:#x}"),
            Self::Nothing => f.write_str("nothing"),
        }
    }
}

/// What may legally be put into a row before a switch.
///
/// Successive plants alternate between two sets (even and odd steps), because
/// only bits in which the owner and its rival differ are tested at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plant {
    /// A value of 64 bits that names who planted it; neighbours plant the
    /// complement. Wider rows repeat it.
    Canary,
    /// Codes of the field, already in position: two for even steps and two for
    /// odd ones, used in turn. No code of one set is in the other.
    Codes {
        /// On even steps.
        even: [u64; 2],
        /// On odd steps.
        odd: [u64; 2],
    },
    /// Whatever it holds at the call: an address, or an argument of the call.
    Inherent,
    /// A value that the experiment chooses, while its rival chooses another.
    Token,
    /// Nothing: the convention fixes the value.
    Never {
        /// The value that the convention fixes.
        required: u64,
    },
}

/// Whether losing an element fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Demanded by an ABI, a language or the contract.
    Must,
    /// A design choice that the subject declares.
    Policy,
    /// Volatile: a negative control.
    Free,
}

impl Level {
    /// The word of the contract.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::Policy => "policy",
            Self::Free => "free",
        }
    }
}

/// Who the value of an element belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// It follows the coroutine.
    Coroutine,
    /// It stays with the thread.
    Thread,
    /// The convention fixes it for everybody.
    Convention,
    /// Nobody may rely on it.
    Nobody,
}

impl Owner {
    /// For `explain`: "stays with: ...".
    #[must_use]
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::Coroutine => "follows the coroutine",
            Self::Thread => "stays with the thread",
            Self::Convention => "fixed by the convention",
            Self::Nobody => "nobody's",
        }
    }
}

/// What is particular to a row that interpreters have.
#[derive(Clone, Copy, Debug)]
pub struct Interpreted {
    /// First version of Python that has it, as major and minor number.
    pub first: (u8, u8),
    /// Last version that has it; `None`: the newest, too.
    pub last: Option<(u8, u8)>,
    /// The implementation that has it, where it is not all: `CPython`.
    pub only: Option<&'static str>,
    /// Releases that are known to lose it, and releases that do not.
    pub known: &'static [Known],
    /// Whether the definition alone convicts, where OS threads cannot be asked.
    pub alone: bool,
}

impl Interpreted {
    /// Every version of every implementation; nobody is known to lose it.
    pub const ALL: Self = Self { first: (2, 7), last: None, only: None, known: &[], alone: true };

    /// "Python 3.12 and newer", "CPython 3.9 to 3.12".
    #[must_use]
    pub fn phrase(&self) -> String {
        let name = self.only.unwrap_or("Python");
        let (major, minor) = self.first;
        match self.last {
            Some((last, newest)) => format!("{name} {major}.{minor} to {last}.{newest}"),
            None if self.first == Self::ALL.first => name.to_owned(),
            None => format!("{name} {major}.{minor} and newer"),
        }
    }

    /// Whether this version of this implementation has it.
    #[must_use]
    pub fn has(&self, implementation: &str, version: (u8, u8)) -> bool {
        let named = self.only.is_none_or(|only| only == implementation);
        named && version >= self.first && self.last.is_none_or(|last| version <= last)
    }
}

/// A release that loses a row, and the first one after it that does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// The distribution.
    pub package: &'static str,
    /// A release that loses it.
    pub bad: &'static str,
    /// A release that keeps it; `None`: none does.
    pub good: Option<&'static str>,
    /// On which interpreters, and where to read of it.
    pub remark: &'static str,
}

/// A line of the human report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Callee-saved general registers and the stack pointer.
    General,
    /// Control fields of MXCSR.
    Mxcsr,
    /// Control fields of the x87 unit and its register stack.
    X87,
    /// Direction flag and alignment check.
    Flags,
    /// Alignment and contents of the stack.
    Stack,
    /// Values passed and the end of a body.
    Life,
    /// Exceptions, handled and on their way.
    Exceptions,
    /// Frames and tracebacks.
    Frames,
    /// Depth, its limits, and the memory of frames.
    Recursion,
    /// Context variables, and what is kept in them.
    Context,
    /// Tracers, profilers and monitoring tools.
    Tracing,
    /// Finalizers and the collector.
    Finalizers,
    /// Destruction, and the exit of threads and interpreters.
    Destruction,
    /// What belongs to OS threads.
    Threads,
    /// What asyncio keeps for each thread.
    Asyncio,
    /// Switches below C code that called back.
    Callbacks,
    /// C++ exceptions.
    Cxx,
    /// Rust panics.
    Rust,
    /// Backtraces.
    Backtrace,
    /// Thread pointer, signals.
    Thread,
    /// What the contract forbids.
    Misuse,
    /// Negative controls.
    Volatile,
    /// Shadow stack pointer.
    ShadowStack,
    /// Matrix tiles.
    Tiles,
}

impl Group {
    /// All groups, in the order of the report.
    pub const ALL: [Self; 24] = [
        Self::General,
        Self::Mxcsr,
        Self::X87,
        Self::Flags,
        Self::Stack,
        Self::Life,
        Self::Exceptions,
        Self::Frames,
        Self::Recursion,
        Self::Context,
        Self::Tracing,
        Self::Finalizers,
        Self::Destruction,
        Self::Threads,
        Self::Asyncio,
        Self::Callbacks,
        Self::Cxx,
        Self::Rust,
        Self::Backtrace,
        Self::Thread,
        Self::Misuse,
        Self::Volatile,
        Self::ShadowStack,
        Self::Tiles,
    ];

    /// Title in the report of one subject.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::General => "general registers",
            Self::Mxcsr => "MXCSR control",
            Self::X87 => "x87",
            Self::Flags => "flags",
            Self::Stack => "stack",
            Self::Life => "values and life",
            Self::Exceptions => "exceptions",
            Self::Frames => "frames, tracebacks",
            Self::Recursion => "recursion",
            Self::Context => "context variables",
            Self::Tracing => "tracing, monitoring",
            Self::Finalizers => "finalizers, collector",
            Self::Destruction => "destruction, exit",
            Self::Threads => "threads",
            Self::Asyncio => "asyncio",
            Self::Callbacks => "C callbacks",
            Self::Cxx => "C++ exceptions",
            Self::Rust => "Rust panics",
            Self::Backtrace => "backtrace",
            Self::Thread => "thread and signals",
            Self::Misuse => "misuse",
            Self::Volatile => "volatile registers",
            Self::ShadowStack => "shadow stack",
            Self::Tiles => "AMX tiles",
        }
    }

    /// Column head in the table of several subjects; `None`: no column.
    #[must_use]
    pub const fn column(self) -> Option<&'static str> {
        match self {
            Self::General => Some("registers"),
            Self::Mxcsr => Some("mxcsr"),
            Self::X87 => Some("x87"),
            Self::Flags => Some("flags"),
            Self::Stack => Some("stack"),
            Self::Life => Some("life"),
            Self::Cxx => Some("C++"),
            Self::Rust => Some("Rust"),
            Self::Backtrace => Some("unwind"),
            Self::Thread => Some("thread"),
            Self::Misuse | Self::Volatile | Self::ShadowStack | Self::Tiles => None,
            // Interpreters have a table of their own.
            Self::Exceptions
            | Self::Frames
            | Self::Recursion
            | Self::Context
            | Self::Tracing
            | Self::Finalizers
            | Self::Destruction
            | Self::Threads
            | Self::Asyncio
            | Self::Callbacks => None,
        }
    }
}

/// Something that a machine may lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Feature {
    /// 256-bit vector registers.
    Avx,
    /// 512-bit vector registers, sixteen more of them, and mask registers.
    Avx512,
    /// A shadow stack that the kernel keeps for user code.
    ShadowStack,
    /// Tile registers.
    Amx,
}

impl Feature {
    /// All of them, for `list features`.
    pub const ALL: [Self; 4] = [Self::Avx, Self::Avx512, Self::ShadowStack, Self::Amx];

    /// Id on the command line.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Avx => "avx",
            Self::Avx512 => "avx512f",
            Self::ShadowStack => "shstk",
            Self::Amx => "amx",
        }
    }

    /// In sentences.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Avx => "AVX registers",
            Self::Avx512 => "AVX-512 registers",
            Self::ShadowStack => "shadow stack",
            Self::Amx => "AMX tiles",
        }
    }
}

/// Who says that an element must survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clause {
    /// What sort of document.
    pub kind: ClauseKind,
    /// Its title.
    pub document: &'static str,
    /// Its revision: numbers move between revisions.
    pub revision: &'static str,
    /// Number and title of the section.
    pub section: &'static str,
    /// Somebody of this project has read that section in that revision.
    pub verified: bool,
}

/// What sort of document a clause stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClauseKind {
    /// An ABI.
    Abi,
    /// A language definition.
    Language,
    /// This project's contract with subjects.
    Contract,
    /// This project's own definition.
    Definition,
}

impl ClauseKind {
    /// The word of the report.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Abi => "abi",
            Self::Language => "language",
            Self::Contract => "contract",
            Self::Definition => "definition",
        }
    }
}

/// The explanation of one element, or of several that are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// What it is.
    pub what: &'static str,
    /// What the clause asks, in our words.
    pub rule: &'static str,
    /// Why losing it matters.
    pub why: &'static str,
    /// How its loss shows in a program.
    pub shows: &'static str,
    /// A bug that somebody had, with where to read of it.
    pub bug: &'static str,
    /// The usual cause, as a fragment. Results that share it are one entry.
    pub cause: &'static str,
    /// How to repair it.
    pub fix: &'static str,
    /// What a pass does not prove.
    pub limits: &'static str,
}
