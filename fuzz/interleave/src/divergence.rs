//! Where a subject and the model part.

use core::fmt;

use crate::canary::{Canary, Name};
use crate::model::Turn;

/// What was not as it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// Another party runs, or the same in another block.
    Order,
    /// The other thread runs.
    Thread,
    /// The value that resume or transfer passes in.
    ValueIn,
    /// The value that resume returns.
    ValueOut,
    /// The handle with which a body began.
    Handle,
    /// A register that must survive, by its element.
    Register(&'static str),
    /// The direction flag.
    Direction,
    /// The x87 register stack.
    X87Stack,
    /// A field of the control words, by its element.
    Control(&'static str),
    /// A canary on the stack.
    Stack,
    /// What `done` says.
    Done,
    /// A panic: where it was caught, or with what.
    Payload,
    /// The cleanups of what was destroyed.
    Cleanups,
    /// A coroutine that was destroyed ran on.
    RanOn,
    /// Whether the thread counts as panicking.
    PanicCount,
    /// `create` gave a null pointer.
    Create,
}

impl What {
    /// The state element that it is about, as far as there is one.
    #[must_use]
    pub const fn element(self) -> &'static str {
        match self {
            Self::Order | Self::Thread | Self::Handle | Self::Create => "schedule",
            Self::ValueIn => "value.resume",
            Self::ValueOut => "value.suspend",
            Self::Register(element) | Self::Control(element) => element,
            Self::Direction => "flags.df",
            Self::X87Stack => "x87.stack",
            Self::Stack => "stack.contents",
            Self::Done => "life.done",
            Self::Payload => "rust.unwind",
            Self::Cleanups | Self::RanOn => "life.destroy",
            Self::PanicCount => "rust.panic_count",
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Order => "who runs, and in which block",
            Self::Thread => "the thread",
            Self::ValueIn => "the value passed in",
            Self::ValueOut => "the value passed out",
            Self::Handle => "the handle of a body that begins",
            Self::Register(_) => "a register that must survive",
            Self::Direction => "the direction flag",
            Self::X87Stack => "the top of the x87 stack, which is empty at calls",
            Self::Control(_) => "the floating-point control words",
            Self::Stack => "a canary on the stack",
            Self::Done => "what `done` says",
            Self::Payload => "the payload of a panic",
            Self::Cleanups => "how many cleanups ran",
            Self::RanOn => "the end of a coroutine that was destroyed",
            Self::PanicCount => "whether the thread is panicking",
            Self::Create => "a new coroutine",
        }
    }
}

/// The first thing that a subject did otherwise than the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// The turn that was taken last.
    pub turn: Turn,
    /// The party that saw it.
    pub party: u8,
    /// What it is about.
    pub what: What,
    /// What the model says.
    pub expected: String,
    /// What was found.
    pub found: String,
    /// Who made what was found, if one of ours did.
    pub owner: Option<Canary>,
}

impl Divergence {
    /// What findings with the same cause have in common: what it is about, and what
    /// was being done.
    #[must_use]
    pub fn bucket(&self) -> String {
        let act = self.turn.act;
        let act = format!("{act:?}");
        let word = act.split([' ', '(', '{']).next().unwrap_or_default();
        format!("{} after {word}", self.what.element())
    }
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { turn, party, what, expected, found, owner } = self;
        let number = turn.number;
        write!(f, "{}: {}, seen by {} ", what.element(), what.words(), Name(*party))?;
        write!(f, "in turn {number} ({turn}): expected {expected}, found {found}")?;
        owner.map_or(Ok(()), |owner| write!(f, " ({owner})"))
    }
}

impl std::error::Error for Divergence {}
