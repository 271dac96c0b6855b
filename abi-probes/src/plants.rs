//! What each party planted last, and what became of it.
//!
//! One party runs at a time. It plants, leaves through its bracket, and looks when
//! it is back: beside what it planted itself, and beside what whoever left last
//! had planted.

use core::array;

use unscathed_catalogue::canary::{Canary, STACK_ROW};
use unscathed_catalogue::frame::PARTIES;
use unscathed_catalogue::{Abi, Event};

use crate::bracket::{self, Frame, Site};
use crate::layout::{Layout, RowPlan, wide};
use crate::shared::{Look, Shared};

/// Who left last.
#[derive(Clone, Copy)]
pub(crate) struct Rival {
    pub(crate) party: u16,
    /// Its body returned, with everything as its entry had found it. Otherwise it
    /// left through its bracket.
    pub(crate) returned: bool,
}

/// Control words of both floating-point units.
#[derive(Clone, Copy, Default)]
pub(crate) struct ControlWords {
    pub(crate) mxcsr: u32,
    pub(crate) x87: u16,
}

/// The plants of all parties.
pub(crate) struct Plants {
    pub(crate) shared: Shared,
    pub(crate) layout: Layout,
    pub(crate) rival: Rival,
    /// The thread pointer that parties must find again.
    fs_base: u64,
    abi: &'static Abi,
    /// Step of each party's last plant.
    steps: [u16; PARTIES],
    controls_left: u32,
}

/// Registers in which a call finds its arguments.
const ARGUMENTS: [&str; 6] = ["rdi", "rsi", "rdx", "rcx", "r8", "r9"];

/// Looks that are enough to see whether a volatile register changes.
const CONTROL_LOOKS: u32 = 64;

impl Plants {
    pub(crate) fn new(shared: Shared, abi: &'static Abi, layout: Layout) -> Self {
        Self {
            shared,
            layout,
            rival: Rival { party: 0, returned: false },
            fs_base: fs_base(),
            abi,
            steps: [0; PARTIES],
            controls_left: CONTROL_LOOKS,
        }
    }

    /// From now on parties must find this thread's pointer.
    pub(crate) fn on_this_thread(&mut self) {
        self.fs_base = fs_base();
    }

    /// Fills in a party's site for a call of `target`.
    pub(crate) fn put(&mut self, me: u16, step: u16, target: u64, arguments: &[u64]) {
        let site = site_mut(me);
        site.target = target;
        let row = |place: usize| STACK_ROW + place as u16;
        site.words = array::from_fn(|at| Canary { party: me, row: row(at), step }.encode());
        self.put_rows(me, step);
        // Arguments are planted last: some lie in registers that are free.
        let registers = ARGUMENTS.into_iter().zip(arguments.iter().copied());
        for (register, value) in registers.chain([("fs_base", self.fs_base)]) {
            self.set(&mut site_mut(me).planted, register, value);
        }
    }

    /// Plants rows in the control words that there are, and gives what they are then.
    pub(crate) fn put_control_words(
        &mut self,
        me: u16,
        step: u16,
        words: ControlWords,
    ) -> ControlWords {
        self.set_control_words(&mut site_mut(me).planted, words);
        self.put_rows(me, step);
        let planted = &site(me).planted;
        ControlWords {
            mxcsr: self.get(planted, "mxcsr") as u32,
            x87: self.get(planted, "x87cw") as u16,
        }
    }

    /// Notes the control words that a party found.
    pub(crate) fn find_control_words(&self, me: u16, words: ControlWords) {
        self.set_control_words(&mut site_mut(me).seen, words);
    }

    fn set_control_words(&self, frame: &mut Frame, words: ControlWords) {
        self.set(frame, "mxcsr", words.mxcsr.into());
        self.set(frame, "x87cw", words.x87.into());
    }

    /// Fills a party's frame with its rows, and nothing else.
    fn put_rows(&mut self, me: u16, step: u16) {
        self.steps[usize::from(me)] = step;
        self.layout.plant(&mut site_mut(me).planted, me, step, self.controls_left > 0);
    }

    /// Step of a party's last plant.
    pub(crate) fn step_of(&self, party: u16) -> u16 {
        self.steps[usize::from(party)]
    }

    /// Reads what `me`'s bracket found, beside what was planted last.
    pub(crate) fn look(&mut self, me: u16, event: Event) {
        let Rival { party: rival, returned } = self.rival;
        let rival_frame = if returned { &site(rival).entry } else { &site(rival).planted };
        let (step, rival_step) = (self.step_of(me), self.step_of(rival));
        let at = Place { party: me, step, event, rival, rival_step };
        let site = site(me);
        self.look_at_frames(&self.layout.observed, &at, &site.planted, rival_frame, &site.seen);
        if self.controls_left > 0 {
            self.controls_left -= 1;
            self.look_at_frames(&self.layout.controls, &at, &site.planted, rival_frame, &site.seen);
        }
        if self.layout.cells("stack word").next().is_some() {
            for (&planted, &seen) in site.words.iter().zip(&site.found) {
                let look = CellLook { party: me, step, event, rival, planted, seen };
                self.look_at_cell("stack word", &look);
            }
        }
    }

    /// Reads the observed rows of a frame that was found.
    pub(crate) fn look_at_frames(
        &self,
        rows: &[RowPlan],
        at: &Place,
        planted: &Frame,
        rival: &Frame,
        seen: &Frame,
    ) {
        for row in rows {
            let look = Look {
                party: at.party,
                step: at.step,
                event: at.event,
                rival: at.rival,
                rival_step: at.rival_step,
                planted: &row.read(planted),
                rival_value: &row.read(rival),
                seen: &row.read(seen),
            };
            self.shared.look(row.index, &row.covers, &look);
        }
    }

    /// Cells have no rival that could stand in for a lost value: every bit counts
    /// as tested.
    pub(crate) fn look_at_cell(&self, cell: &str, look: &CellLook) {
        for (index, covers) in self.layout.cells(cell) {
            let look = Look {
                party: look.party,
                step: look.step,
                event: look.event,
                rival: look.rival,
                rival_step: look.step,
                planted: &wide(look.planted),
                rival_value: &wide(!look.planted),
                seen: &wide(look.seen),
            };
            self.shared.look(index, covers, &look);
        }
    }

    /// What a frame holds at a register, in the 64 bits from there.
    pub(crate) fn get(&self, frame: &Frame, register: &str) -> u64 {
        frame[usize::from(self.abi.register(register).offset) / 8]
    }

    fn set(&self, frame: &mut Frame, register: &str, value: u64) {
        frame[usize::from(self.abi.register(register).offset) / 8] = value;
    }
}

/// Where a look happens.
pub(crate) struct Place {
    pub(crate) party: u16,
    pub(crate) step: u16,
    pub(crate) event: Event,
    pub(crate) rival: u16,
    pub(crate) rival_step: u16,
}

/// A look at a word that the harness itself planted.
pub(crate) struct CellLook {
    pub(crate) party: u16,
    pub(crate) step: u16,
    pub(crate) event: Event,
    pub(crate) rival: u16,
    pub(crate) planted: u64,
    pub(crate) seen: u64,
}

/// The site of a party, to read.
pub(crate) fn site(party: u16) -> &'static Site {
    // SAFETY: sites are static, and nobody writes to one while another party or
    // the stage reads it: one party runs at a time.
    unsafe { &*bracket::site(party.into()) }
}

/// The site of the party that runs, to fill in.
fn site_mut(party: u16) -> &'static mut Site {
    // SAFETY: as in `site`; the reference is gone before the bracket runs.
    unsafe { &mut *bracket::site(party.into()) }
}

/// The thread pointer of this thread.
fn fs_base() -> u64 {
    const ARCH_GET_FS: libc::c_int = 0x1003;
    let mut base = 0_u64;
    // SAFETY: the kernel writes one word to `base`.
    unsafe { libc::syscall(libc::SYS_arch_prctl, ARCH_GET_FS, &raw mut base) };
    base
}
