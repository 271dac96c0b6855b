//! Turns: a step, who reads it, and what comes of it.

use core::fmt;

use super::Model;
use crate::canary::Name;
use crate::contract::Contract;
use crate::reached::Reached;
use crate::schedule::Schedule;

/// What a reader does. Choices have been made, and all parties have names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The step cannot be done here.
    Nothing,
    /// Create this coroutine.
    Create(u8),
    /// Resume one.
    Resume {
        /// Whom.
        to: u8,
        /// With what.
        value: u64,
        /// On the other thread.
        abroad: bool,
        /// It is to raise where it wakes.
        throws: bool,
    },
    /// Suspend.
    Suspend {
        /// With what.
        value: u64,
    },
    /// Hand over.
    Transfer {
        /// To whom.
        to: u8,
        /// With what.
        value: u64,
    },
    /// Destroy one.
    Destroy {
        /// Which.
        party: u8,
        /// How many of its cleanups run, if it is unwound.
        cleanups: u8,
        /// It must be unwound.
        must: bool,
        /// What may come out, if it is unwound.
        escapes: Option<u64>,
    },
    /// Return from the body, or end a cleanup that stands in between.
    Finish,
    /// Leave the innermost block.
    Leave,
    /// Raise.
    Raise {
        /// With what.
        payload: u64,
        /// The panic hook is told.
        hook: bool,
    },
    /// Open a block that catches.
    Try,
    /// Open a block with a cleanup.
    Guard,
    /// Open a block so many calls deeper.
    Deep(u16),
    /// Open a block behind so many KiB.
    Frame(u16),
    /// Set these control words.
    Control(u8),
    /// Plant a canary.
    Plant {
        /// In this cell.
        cell: u8,
        /// This one.
        value: u64,
    },
    /// Look at a cell.
    Check {
        /// This one.
        cell: u8,
        /// What must be there.
        value: u64,
    },
    /// Collect garbage.
    Collect,
    /// Set a context variable.
    SetVar(u8),
    /// Install or remove a tracer.
    Trace(bool),
    /// Walk the frames.
    Walk,
    /// Take a traceback.
    Traceback,
    /// All is over.
    End,
}

/// One turn of a play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Its number, from 1.
    pub number: u32,
    /// The step's place on the tape; `None` if it follows from what came before.
    pub place: Option<usize>,
    /// Who must read it.
    pub reader: u8,
    /// How many of the reader's blocks are open.
    pub depth: usize,
    /// What the reader does.
    pub act: Act,
}

impl fmt::Display for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", Name(self.reader))?;
        match self.act {
            Act::Nothing => write!(f, "passes over a step"),
            Act::Create(party) => write!(f, "creates {}", Name(party)),
            Act::Resume { to, abroad, throws, .. } => {
                let how = if throws { "throws into" } else { "resumes" };
                let place = if abroad { " on another thread" } else { "" };
                write!(f, "{how} {}{place}", Name(to))
            }
            Act::Suspend { .. } => write!(f, "suspends"),
            Act::Transfer { to, .. } => write!(f, "transfers to {}", Name(to)),
            Act::Destroy { party, .. } => write!(f, "destroys {}", Name(party)),
            Act::Finish => write!(f, "returns"),
            Act::Leave => write!(f, "leaves a block"),
            Act::Raise { hook: false, .. } => write!(f, "raises"),
            Act::Raise { hook: true, .. } => write!(f, "raises, with a report"),
            Act::Try => write!(f, "opens a block that catches"),
            Act::Guard => write!(f, "opens a block with a cleanup"),
            Act::Deep(calls) => write!(f, "goes {calls} calls deeper"),
            Act::Frame(kib) => write!(f, "opens a block behind {kib} KiB of stack"),
            Act::Control(words) => {
                write!(f, "sets its control words: {}", crate::native::control::in_words(words))
            }
            Act::Plant { cell, .. } => write!(f, "plants a canary in cell {cell}"),
            Act::Check { cell, .. } => write!(f, "looks at cell {cell}"),
            Act::Collect => write!(f, "collects garbage"),
            Act::SetVar(value) => write!(f, "sets the context variable to {value}"),
            Act::Trace(true) => write!(f, "installs a tracer"),
            Act::Trace(false) => write!(f, "removes its tracer"),
            Act::Walk => write!(f, "walks its frames"),
            Act::Traceback => write!(f, "takes a traceback"),
            Act::End => write!(f, "is at the end"),
        }
    }
}

/// A model at play: it goes through one schedule at a time.
#[derive(Clone, Debug)]
pub struct Play {
    /// The model, after the turn that was taken last.
    pub(crate) model: Model,
    schedule: Schedule,
    next: usize,
}

impl Play {
    /// Nothing has been played.
    #[must_use]
    pub fn new(contract: Contract) -> Self {
        Self { model: Model::new(contract), schedule: Schedule::default(), next: 0 }
    }

    /// Begins with another schedule.
    pub fn begin(&mut self, schedule: &Schedule) {
        self.schedule.clone_from(schedule);
        self.model.reset();
        self.next = 0;
    }

    /// The model, after the turn that was taken last.
    #[must_use]
    pub const fn model(&self) -> &Model {
        &self.model
    }

    /// What all schedules so far have reached.
    #[must_use]
    pub const fn reached(&self) -> &Reached {
        self.model.reached()
    }

    /// Takes a turn.
    pub fn turn(&mut self) -> Turn {
        self.model.turn += 1;
        let (number, reader, depth) = (self.model.turn, self.model.reader(), self.model.depth());
        let (place, act) = if let Some(act) = self.model.go_on_shuttling() {
            (None, act)
        } else if let Some(&step) = self.schedule.steps().get(self.next) {
            self.next += 1;
            (Some(self.next - 1), self.model.take(step))
        } else {
            (None, self.model.drain())
        };
        Turn { number, place, reader, depth, act }
    }

    /// All turns of a schedule, as the model has them.
    #[must_use]
    pub fn turns(contract: Contract, schedule: &Schedule) -> Vec<Turn> {
        let mut play = Self::new(contract);
        play.begin(schedule);
        let mut turns = Vec::new();
        loop {
            let turn = play.turn();
            if turn.act == Act::End {
                return turns;
            }
            turns.push(turn);
        }
    }

    /// The schedule without the steps that are passed over, which means the same.
    #[must_use]
    pub fn essence(contract: Contract, schedule: &Schedule) -> Schedule {
        let turns = Self::turns(contract, schedule);
        let done = turns.iter().filter(|turn| turn.act != Act::Nothing);
        Schedule::new(done.filter_map(|turn| schedule.steps().get(turn.place?).copied()))
    }
}
