//! The state of an experiment: who runs, what was planted, what was found.
//!
//! It lies on the heap and is reached through a pointer, never through a
//! coroutine's stack. One party runs at a time.

mod look;

use core::ffi::c_void;
use core::ptr;

use unscathed_catalogue::canary::{Canary, STACK_ROW};
use unscathed_catalogue::record::{Stage as Ending, Text, at};
use unscathed_catalogue::{Abi, Class, Element, Experiment, Family, Probe};
use unscathed_core::subject::Co;

use crate::bracket::{self, Frame};
use crate::foreign::Subject;
use crate::layout::Layout;
use crate::plants::{Plants, Rival, site};
use crate::schedule::{self, EXTREMES, Op, Step};
use crate::shared::Shared;

/// What main and a coroutine have in common.
#[derive(Clone, Copy, Default)]
pub(crate) struct Party {
    /// Its coroutine; null for main.
    pub(crate) handle: Option<ptr::NonNull<Co>>,
    /// Its body has begun.
    entered: bool,
    /// It runs, or waits for one that does.
    active: bool,
    /// Its body has returned.
    returned: bool,
}

impl Party {
    /// Its body has not begun.
    pub(crate) fn is_new(&self) -> bool {
        !self.entered
    }

    /// Its handle, if it may be asked whether it is done. Some libraries answer
    /// for a running one too, some do not let anybody ask, and the contract
    /// leaves it open.
    pub(crate) fn at_rest(&self) -> Option<ptr::NonNull<Co>> {
        self.handle.filter(|_| !self.active)
    }
}

/// A value on its way through a switch.
#[derive(Clone, Copy, Default)]
struct Flight {
    value: u64,
    party: u16,
    step: u16,
}

/// An experiment under way.
pub(crate) struct Stage {
    pub(crate) subject: Subject,
    pub(crate) shared: Shared,
    pub(crate) parties: [Party; unscathed_catalogue::frame::PARTIES],
    abi: &'static Abi,
    probe: &'static Probe,
    plants: Plants,
    tape: Vec<Step>,
    next: usize,
    step: u16,
    flight: Flight,
    /// What the creator of each party had planted when it did.
    created: Vec<Option<Box<Frame>>>,
}

/// Stack of a coroutine: small where there are many.
const STACK_BYTES: usize = 256 << 10;

impl Stage {
    pub(crate) fn new(
        subject: Subject,
        shared: Shared,
        abi: &'static Abi,
        probe: &'static Probe,
        seed: u64,
        features: u64,
    ) -> Self {
        bracket::set_features(features);
        let observes = |row: &Element| row.family == Some(probe.family);
        let layout = Layout::new(abi, features, |row| Some(row.plant), observes);
        Self {
            subject,
            shared,
            parties: [Party::default(); _],
            abi,
            probe,
            plants: Plants::new(shared, abi, layout),
            tape: schedule::tape(probe.experiment, seed),
            next: 0,
            step: (seed % 2) as u16,
            flight: Flight::default(),
            created: vec![None; unscathed_catalogue::frame::PARTIES],
        }
    }

    /// The next step of the tape; `None` at its end. It ends the process where
    /// another party reads than must.
    pub(crate) fn next(&mut self, reader: u16) -> Option<Op> {
        let step = self.tape.get(self.next).copied();
        let expected = step.map_or(0, |step| step.reader);
        if reader != expected {
            self.derail(reader, expected);
        }
        self.next += 1;
        self.shared.set(at::STEPS, self.next as u64);
        // Whoever plants after a switch does so at a step of the other parity.
        if let Some(Op::Resume(_) | Op::Transfer(_) | Op::Suspend | Op::Return | Op::Skip) =
            step.map(|step| step.op)
        {
            self.step = self.step.wrapping_add(1);
        }
        step.map(|step| step.op)
    }

    /// A switch has led to `me`. It must be the one whose turn it is.
    pub(crate) fn arrives(&self, me: u16) {
        let expected = self.tape.get(self.next).map_or(0, |step| step.reader);
        if me != expected {
            self.derail(me, expected);
        }
    }

    /// The schedule came apart: nothing that follows would mean anything.
    pub(crate) fn derail(&self, reader: u16, expected: u16) -> ! {
        self.shared.set(at::DERAILED_READER, reader.into());
        self.shared.set(at::DERAILED_EXPECTED, expected.into());
        self.shared.stage(Ending::Derailed);
        leave()
    }

    /// The experiment could not be made.
    pub(crate) fn fail(&self, why: &str) -> ! {
        self.shared.text(Text::Message, why);
        self.shared.stage(Ending::Failed);
        leave()
    }

    pub(crate) fn stack_bytes(&self) -> usize {
        match self.probe.experiment {
            Experiment::Several(count) if count > 8 => 64 << 10,
            _ => STACK_BYTES,
        }
    }

    pub(crate) fn asks_whether_done(&self) -> bool {
        self.probe.family == Family::Life
    }

    /// Fills in a party's site for a call of `target`.
    pub(crate) fn prepare(&mut self, me: u16, target: u64, arguments: &[u64]) {
        self.plants.put(me, self.step, target, arguments);
    }

    /// `me` is about to leave through a bracket.
    fn departs(&mut self, me: u16) {
        self.plants.rival = Rival { party: me, returned: false };
    }

    /// `party` resumed by `me` with a value; the value that goes with it.
    pub(crate) fn resumes(&mut self, me: u16, party: u16) {
        self.parties[usize::from(party)].active = true;
        self.departs(me);
    }

    /// `me` hands over to `party`.
    pub(crate) fn transfers(&mut self, me: u16, party: u16) {
        self.parties[usize::from(me)].active = false;
        self.resumes(me, party);
    }

    /// `me` is about to suspend.
    pub(crate) fn suspends(&mut self, me: u16) {
        self.parties[usize::from(me)].active = false;
        self.departs(me);
    }

    /// A value for the next switch.
    pub(crate) fn send(&mut self, me: u16, cell: &str) -> u64 {
        let row = self.abi.elements.iter().position(|row| row.register == cell);
        let value = match self.probe.experiment {
            Experiment::Extremes => EXTREMES[usize::from(self.step / 2) % EXTREMES.len()],
            _ => {
                let row = row.unwrap_or_default() as u16;
                Canary { party: me, row, step: self.step }.encode()
            }
        };
        self.flight = Flight { value, party: me, step: self.step };
        value
    }

    /// `me` has created `party`.
    pub(crate) fn created(&mut self, me: u16, party: u16, handle: ptr::NonNull<Co>) {
        self.parties[usize::from(party)].handle = Some(handle);
        self.created[usize::from(party)] = Some(Box::new(site(me).planted));
    }

    /// The body of `me` has begun. True the first time.
    pub(crate) fn enters(&mut self, me: u16) -> bool {
        let party = &mut self.parties[usize::from(me)];
        !core::mem::replace(&mut party.entered, true)
    }

    /// The body of `me` is about to return.
    pub(crate) fn returns(&mut self, me: u16) {
        let party = &mut self.parties[usize::from(me)];
        party.returned = true;
        party.active = false;
        self.plants.rival = Rival { party: me, returned: true };
    }

    /// Whether control came back because a body returned.
    pub(crate) fn was_left(&self) -> bool {
        self.plants.rival.returned
    }

    pub(crate) fn step(&self) -> u16 {
        self.step
    }

    /// What a register held in a frame.
    pub(crate) fn register(&self, frame: &Frame, name: &str) -> u64 {
        debug_assert_eq!(self.abi.register(name).class, Class::General);
        self.plants.get(frame, name)
    }
}

/// The canary at one place of a frame that the harness pushes.
pub(crate) fn frame_word(party: u16, step: u16, place: usize) -> u64 {
    Canary { party, row: STACK_ROW + 0x100 + place as u16, step }.encode()
}

/// Ends the process without running anything of the subject's.
pub(crate) fn leave() -> ! {
    // SAFETY: ends the process.
    unsafe { libc::_exit(0) }
}

/// A word as the argument of a call.
pub(crate) fn word<T>(pointer: *const T) -> u64 {
    pointer.cast::<c_void>().addr() as u64
}
