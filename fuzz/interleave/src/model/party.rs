//! What the model knows of one party.

use crate::step::CELLS;

/// Why a cleanup runs, and so what comes after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// Its block was left.
    Leave,
    /// The body returns.
    Return,
    /// This payload goes on outward.
    Raise(u64),
}

/// What a frame is to the frames around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Block {
    Body,
    Try,
    Handler,
    Guard,
    Cleanup(Why),
    /// So many calls.
    Deep(u16),
    /// So many KiB.
    Frame(u16),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) block: Block,
    /// The turns in which the cells were planted; 0: not yet.
    pub(super) cells: [u32; CELLS],
}

impl Frame {
    pub(super) const fn new(block: Block) -> Self {
        Self { block, cells: [0; _] }
    }

    /// An estimate of what it takes of a stack, in KiB.
    const fn kib(&self) -> u32 {
        match self.block {
            Block::Deep(calls) => 4 + calls as u32 / 4,
            Block::Frame(kib) => 4 + kib as u32,
            _ => 4,
        }
    }
}

/// What a party is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum State {
    /// There is no coroutine at this place.
    #[default]
    Absent,
    /// It waits for its first resume.
    New,
    /// It runs, or waits for whom it resumed.
    Active,
    Suspended,
    Finished,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Party {
    pub(super) state: State,
    /// The innermost one last.
    frames: Vec<Frame>,
    /// Its control words, as an index.
    pub(super) control: u8,
    /// Those of its creator, when it did.
    pub(super) creators_control: u8,
    /// The thread on which it last ran is the other one.
    pub(super) abroad: bool,
    /// The turn in which it last came back from a switch.
    pub(super) back: u32,
    /// Cleanups that run because of a raise.
    pub(super) unwinding: u8,
    pub(super) handlers: u8,
    /// Calls of its open [`Block::Deep`]s.
    pub(super) calls: u16,
    kib: u32,
}

/// KiB that a party's frames may take: how it is estimated is generous.
const MOST_KIB: u32 = 320;
/// Blocks that may be open.
const MOST_FRAMES: usize = 24;

impl Party {
    /// Forgets that there was anybody.
    pub(super) fn clear(&mut self) {
        self.state = State::Absent;
        self.frames.clear();
    }

    /// Makes it a party in this state, with nothing open.
    pub(super) fn renew(&mut self, state: State, creators_control: u8) {
        let mut frames = core::mem::take(&mut self.frames);
        frames.clear();
        *self = Self { state, creators_control, frames, ..Self::default() };
        self.push(Block::Body);
    }

    /// Whether there has never been a coroutine at this place.
    pub(super) fn is_untouched(&self) -> bool {
        self.frames.is_empty()
    }

    pub(super) fn depth(&self) -> usize {
        self.frames.len().saturating_sub(1)
    }

    pub(super) fn top(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("a party that runs has a body")
    }

    pub(super) fn has_room(&self, block: Block) -> bool {
        self.depth() < MOST_FRAMES && self.kib + Frame::new(block).kib() <= MOST_KIB
    }

    pub(super) fn push(&mut self, block: Block) {
        let frame = Frame::new(block);
        self.kib += frame.kib();
        self.tally(block, 1);
        self.frames.push(frame);
    }

    /// Leaves the innermost block; `None` if only the body is left.
    pub(super) fn pop(&mut self) -> Option<Block> {
        if self.depth() == 0 {
            return None;
        }
        let frame = self.frames.pop()?;
        self.kib -= frame.kib();
        self.tally(frame.block, -1);
        Some(frame.block)
    }

    fn tally(&mut self, block: Block, by: i8) {
        match block {
            Block::Cleanup(Why::Raise(_)) => {
                self.unwinding = self.unwinding.wrapping_add_signed(by);
            }
            Block::Handler => self.handlers = self.handlers.wrapping_add_signed(by),
            Block::Deep(calls) if by > 0 => self.calls += calls,
            Block::Deep(calls) => self.calls -= calls,
            _ => {}
        }
    }

    /// Whether something in it would catch what is raised now.
    pub(super) fn catches(&self) -> bool {
        let catches =
            |frame: &Frame| matches!(frame.block, Block::Try | Block::Cleanup(Why::Raise(_)));
        self.frames.iter().any(catches)
    }

    /// KiB of the largest frame.
    pub(super) fn largest(&self) -> u16 {
        let size = |frame: &Frame| match frame.block {
            Block::Frame(kib) => kib,
            _ => 0,
        };
        self.frames.iter().map(size).max().unwrap_or_default()
    }

    /// Whether its innermost block is a cleanup that runs because of a raise.
    pub(super) fn is_unwinding(&self) -> bool {
        let top = self.frames.last().map(|frame| frame.block);
        matches!(top, Some(Block::Cleanup(Why::Raise(_))))
    }

    pub(super) fn cleans_up(&self) -> bool {
        self.frames.iter().any(|frame| matches!(frame.block, Block::Cleanup(_)))
    }

    /// What becomes of it when it is destroyed: how many cleanups run that have
    /// not begun, and what may come out.
    ///
    /// What unwinds it is caught where it is in a cleanup that runs because of a
    /// raise. So the raise goes on, and if the body catches that, it returns.
    pub(super) fn end(&self) -> (u8, Option<u64>) {
        let (mut cleanups, mut raised) = (0, None);
        for frame in self.frames.iter().rev() {
            match frame.block {
                Block::Guard => cleanups += 1,
                Block::Cleanup(Why::Raise(payload)) => raised = Some(payload),
                Block::Try => raised = None,
                _ => {}
            }
        }
        (cleanups, raised)
    }
}
