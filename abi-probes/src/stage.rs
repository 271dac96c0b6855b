//! The state of an experiment: who runs, what was planted, what was found.
//!
//! It lies on the heap and is reached through a pointer, never through a
//! coroutine's stack. One party runs at a time.

mod look;

use core::ffi::c_void;
use core::ptr;

use unscathed_catalogue::canary::{Canary, STACK_ROW};
use unscathed_catalogue::record::{Stage as Ending, Text, at};
use unscathed_catalogue::{Abi, Class, Experiment, Family, Probe};
use unscathed_core::subject::Co;

use crate::bracket::{self, Frame, Site};
use crate::foreign::Subject;
use crate::layout::Layout;
use crate::schedule::{self, EXTREMES, Op, Step};
use crate::shared::Shared;

/// What main and a coroutine have in common.
#[derive(Clone, Copy, Default)]
pub(crate) struct Party {
    /// Its coroutine; null for main.
    pub(crate) handle: Option<ptr::NonNull<Co>>,
    /// Step of its last plant.
    step: u16,
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

/// Who planted last, and where.
#[derive(Clone, Copy)]
enum Rival {
    /// In its bracket.
    Planted(u16),
    /// Its body returned, with everything as its entry had found it.
    Returned(u16),
}

/// An experiment under way.
pub(crate) struct Stage {
    pub(crate) subject: Subject,
    pub(crate) shared: Shared,
    pub(crate) parties: [Party; unscathed_catalogue::frame::PARTIES],
    abi: &'static Abi,
    probe: &'static Probe,
    layout: Layout,
    tape: Vec<Step>,
    next: usize,
    step: u16,
    rival: Rival,
    flight: Flight,
    controls_left: u32,
    fs_base: u64,
    /// What the creator of each party had planted when it did.
    created: Vec<Option<Box<Frame>>>,
}

/// Looks that are enough to see whether a volatile register changes.
const CONTROL_LOOKS: u32 = 64;

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
        Self {
            subject,
            shared,
            parties: [Party::default(); _],
            abi,
            probe,
            layout: Layout::new(abi, probe.family, features),
            tape: schedule::tape(probe.experiment, seed),
            next: 0,
            step: (seed % 2) as u16,
            rival: Rival::Planted(0),
            flight: Flight::default(),
            controls_left: CONTROL_LOOKS,
            fs_base: fs_base(),
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
        self.parties[usize::from(me)].step = self.step;
        let site = site_mut(me);
        site.target = target;
        let abi = self.abi;
        for (place, word) in site.words.iter_mut().enumerate() {
            let row = STACK_ROW + place as u16;
            *word = Canary { party: me, row, step: self.step }.encode();
        }
        self.layout.plant(&mut site.planted, me, self.step, self.controls_left > 0);
        // Arguments are planted last: a third one lies in a register that is free.
        let registers = ["rdi", "rsi", "rdx"].into_iter().zip(arguments.iter().copied());
        for (register, value) in registers.chain([("fs_base", self.fs_base)]) {
            site.planted[usize::from(abi.register(register).offset) / 8] = value;
        }
    }

    /// `me` is about to leave through a bracket.
    fn departs(&mut self, me: u16) {
        self.rival = Rival::Planted(me);
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
        self.rival = Rival::Returned(me);
    }

    /// Whether control came back because a body returned.
    pub(crate) fn was_left(&self) -> bool {
        matches!(self.rival, Rival::Returned(_))
    }

    pub(crate) fn step(&self) -> u16 {
        self.step
    }

    /// What a register held in a frame.
    pub(crate) fn register(&self, frame: &Frame, name: &str) -> u64 {
        let register = self.abi.register(name);
        debug_assert_eq!(register.class, Class::General);
        frame[usize::from(register.offset) / 8]
    }
}

/// The canary at one place of a frame that the harness pushes.
pub(crate) fn frame_word(party: u16, step: u16, place: usize) -> u64 {
    Canary { party, row: STACK_ROW + 0x100 + place as u16, step }.encode()
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

/// Ends the process without running anything of the subject's.
pub(crate) fn leave() -> ! {
    // SAFETY: ends the process.
    unsafe { libc::_exit(0) }
}

/// A word as the argument of a call.
pub(crate) fn word<T>(pointer: *const T) -> u64 {
    pointer.cast::<c_void>().addr() as u64
}
