//! What all parties of a play share. It lies in the heap, and one party runs at a
//! time.

use core::ffi::c_void;
use core::ptr;

use unscathed_core::subject::{Co, Create, Destroy, Done, Resume, Suspend, Table, Transfer};

use super::control;
use super::cross::{DF, Found, REGISTERS, X87_TOP, planted};
use super::thread::{self, Helper};
use crate::canary::{Canary, Kind};
use crate::contract::{Contract, Keep};
use crate::divergence::{Divergence, What};
use crate::model::{Act, PARTIES, Play, Turn, Via};

/// The subject's functions.
#[derive(Clone, Copy)]
pub(super) struct Functions {
    pub(super) create: Create,
    pub(super) resume: Resume,
    pub(super) suspend: Suspend,
    pub(super) done: Done,
    pub(super) destroy: Destroy,
    pub(super) transfer: Option<Transfer>,
}

/// Where a call leaves what it found.
#[derive(Clone, Copy, Default)]
pub(super) struct Site {
    pub(super) key: u64,
    pub(super) found: Found,
}

pub(super) struct Stage {
    /// Its own address.
    pub(super) pointer: *mut Self,
    pub(super) functions: Functions,
    pub(super) play: Play,
    pub(super) handles: [*mut Co; PARTIES],
    sites: [Site; PARTIES],
    turn: Turn,
    /// Who is being destroyed.
    leaving: Option<u8>,
    cleaned: u8,
    pub(super) tell: Option<fn(&Divergence)>,
    pub(super) divergence: Option<Box<Divergence>>,
    pub(super) helper: Option<Helper>,
    pub(super) enter: Option<unsafe extern "C-unwind" fn() -> core::ffi::c_int>,
    pub(super) leave: Option<unsafe extern "C-unwind" fn()>,
}

impl Stage {
    pub(super) fn new(table: &Table, contract: Contract) -> Result<Self, String> {
        let missing = |name: &str| format!("`{name}` is a null pointer: the contract requires it");
        let functions = Functions {
            create: table.create.ok_or_else(|| missing("create"))?,
            resume: table.resume.ok_or_else(|| missing("resume"))?,
            suspend: table.suspend.ok_or_else(|| missing("suspend"))?,
            done: table.done.ok_or_else(|| missing("done"))?,
            destroy: table.destroy.ok_or_else(|| missing("destroy"))?,
            transfer: table.transfer,
        };
        let turn = Turn { number: 0, place: None, reader: 0, depth: 0, act: Act::Nothing };
        Ok(Self {
            pointer: ptr::null_mut(),
            functions,
            play: Play::new(contract),
            handles: [ptr::null_mut(); PARTIES],
            sites: [Site::default(); PARTIES],
            turn,
            leaving: None,
            cleaned: 0,
            tell: None,
            divergence: None,
            helper: None,
            enter: table.thread_enter,
            leave: table.thread_leave,
        })
    }

    /// The next turn, which `me` takes in a frame at this depth; `None` if nothing is
    /// to be done any more.
    pub(super) fn turn(&mut self, me: u8, depth: usize) -> Option<Act> {
        if self.divergence.is_some() || self.leaving == Some(me) {
            return None;
        }
        let (reader, open) = (self.play.model.reader(), self.play.model.depth());
        if me != reader || depth != open {
            let place = |party: u8, depth| format!("party {party} in block {depth}");
            self.diverge(me, What::Order, place(reader, open), place(me, depth), None);
            return None;
        }
        let abroad = thread::is_helper();
        if self.play.model.is_abroad() != abroad {
            let name = |other| if other { "the other thread" } else { "main's thread" };
            self.diverge(me, What::Thread, name(!abroad).into(), name(abroad).into(), None);
            return None;
        }
        self.turn = self.play.turn();
        Some(self.turn.act)
    }

    /// Something is not as it must be. Only the first time counts.
    #[cold]
    pub(super) fn diverge(
        &mut self,
        party: u8,
        what: What,
        expected: String,
        found: String,
        owner: Option<Canary>,
    ) {
        if self.divergence.is_none() {
            control::set(0);
            let turn = self.turn;
            let divergence = Divergence { turn, party, what, expected, found, owner };
            if let Some(tell) = self.tell {
                tell(&divergence);
            }
            self.divergence = Some(Box::new(divergence));
        }
    }

    #[cold]
    fn differs(&mut self, party: u8, what: What, expected: u64, found: u64) {
        let owner = Canary::decode(found);
        self.diverge(party, what, format!("{expected:#x}"), format!("{found:#x}"), owner);
    }

    /// The handle of a party, and the site of a call that `me` makes now.
    pub(super) fn depart(&mut self, me: u8, to: u8) -> (*mut Co, *mut Site) {
        let turn = self.turn.number;
        let key = Canary { party: me, turn, kind: Kind::Register, place: 0 }.encode();
        let site = &mut self.sites[usize::from(me)];
        site.key = key;
        (self.handles[usize::from(to)], site)
    }

    /// A body has begun; whose it is.
    pub(super) fn begins(&mut self, handle: *mut Co, first: *mut c_void) -> Option<u8> {
        let passed = self.play.model.passed;
        let known = self.handles.iter().skip(1).position(|&known| known == handle);
        let me = known.map_or(passed.to, |place| place as u8 + 1);
        if known.is_none() {
            let (expected, found) = (self.handles[usize::from(me)], handle);
            self.diverge(me, What::Handle, format!("{expected:p}"), format!("{found:p}"), None);
        }
        self.receives(me, Via::Entry, first);
        if self.divergence.is_some() {
            return None;
        }
        match self.play.model.contract().control {
            Some(Keep::Coroutine) => {
                let found = control::get();
                let fits = |index: &u8| {
                    passed.controls & 1 << index != 0 && control::expected(*index) == found
                };
                if !(0..8).any(|index| fits(&index)) {
                    let first = passed.controls.trailing_zeros() as u8;
                    self.wrong_control(me, control::expected(first), found);
                }
                control::set(0);
            }
            Some(Keep::Thread) => self.look(me),
            None => {}
        }
        Some(me)
    }

    /// A suspend or a transfer has come back.
    pub(super) fn awakes(&mut self, me: u8, value: *mut c_void) {
        if self.leaving == Some(me) {
            let found = "it ran on after its suspension".to_owned();
            self.diverge(me, What::RanOn, "it is unwound, or forgotten".to_owned(), found, None);
            return;
        }
        self.receives(me, Via::Awake, value);
        self.settles(me);
    }

    /// A resume has come back.
    pub(super) fn comes_back(&mut self, me: u8, value: *mut c_void) {
        self.receives(me, Via::Back, value);
        if self.divergence.is_some() {
            return;
        }
        self.settles(me);
        let passed = self.play.model.passed;
        self.asks_whether_done(me, passed.from, passed.finished);
    }

    /// `me` has created a coroutine.
    pub(super) fn created(&mut self, me: u8, party: u8, handle: *mut Co) {
        self.handles[usize::from(party)] = handle;
        if handle.is_null() {
            let (expected, found) = ("a handle".to_owned(), "a null pointer".to_owned());
            self.diverge(me, What::Create, expected, found, None);
        } else {
            self.asks_whether_done(me, party, false);
        }
    }

    fn asks_whether_done(&mut self, me: u8, party: u8, expected: bool) {
        let done = self.functions.done;
        let handle = self.handles[usize::from(party)];
        // SAFETY: it does not run, and is not destroyed yet.
        let found = unsafe { done(handle) } != 0;
        if found != expected {
            self.diverge(me, What::Done, expected.to_string(), found.to_string(), None);
        }
    }

    fn receives(&mut self, me: u8, via: Via, value: *mut c_void) {
        let passed = self.play.model.passed;
        if (passed.to, passed.via) != (me, via) {
            let place = |party: u8, via: Via| format!("party {party}, {via:?}");
            let (expected, found) = (place(passed.to, passed.via), place(me, via));
            self.diverge(me, What::Order, expected, found, None);
        } else if value.addr() as u64 != passed.value {
            let what = if via == Via::Back { What::ValueOut } else { What::ValueIn };
            self.differs(me, what, passed.value, value.addr() as u64);
        }
    }

    /// What the receiver of the last value is to raise.
    pub(super) fn raise(&self) -> Option<u64> {
        self.play.model.passed.raise.filter(|_| self.divergence.is_none())
    }

    /// `me` goes on after a call that returned: registers, flags, control words.
    #[inline]
    fn settles(&mut self, me: u8) {
        let Site { key, found } = self.sites[usize::from(me)];
        for (place, &register) in found.registers.iter().enumerate() {
            if register != planted(key, place) {
                self.lost(me, place, planted(key, place), register);
                return;
            }
        }
        if found.flags & DF != 0 {
            self.diverge(me, What::Direction, "clear".into(), "set".into(), None);
        }
        if found.x87 & X87_TOP != 0 {
            let top = (found.x87 & X87_TOP) >> 11;
            self.diverge(me, What::X87Stack, "0".into(), top.to_string(), None);
        }
        self.look(me);
    }

    #[cold]
    fn lost(&mut self, me: u8, place: usize, expected: u64, found: u64) {
        // A register's canary is its key and its place.
        let keys = (0..REGISTERS.len() as u64).map(|place| found.wrapping_sub(place));
        let owner = keys.filter_map(Canary::decode).find(|key| key.kind == Kind::Register);
        let what = What::Register(REGISTERS[place]);
        self.diverge(me, what, format!("{expected:#x}"), format!("{found:#x}"), owner);
    }

    /// Control words and the count of panics, as `me` finds them.
    #[inline]
    fn look(&mut self, me: u8) {
        let model = &self.play.model;
        if model.contract().control.is_some() {
            let (expected, found) = (control::expected(model.control(me)), control::get());
            if expected != found {
                self.wrong_control(me, expected, found);
            }
        }
        if let Some(expected) = self.play.model.panicking() {
            let found = std::thread::panicking();
            // A throw is raised only after this.
            if expected != found && self.raise().is_none() {
                let (expected, found) = (expected.to_string(), found.to_string());
                self.diverge(me, What::PanicCount, expected, found, None);
            }
        }
    }

    #[cold]
    fn wrong_control(&mut self, me: u8, expected: (u32, u16), found: (u32, u16)) {
        let element = control::difference(expected, found).unwrap_or("mxcsr.rc");
        let words = |(mxcsr, x87)| format!("MXCSR {mxcsr:#06x}, x87 {x87:#06x}");
        self.diverge(me, What::Control(element), words(expected), words(found), None);
    }

    /// `me` has caught one of ours.
    pub(super) fn catches(&mut self, me: u8, payload: u64) {
        let caught = self.play.model.caught;
        if self.divergence.is_some() {
            return;
        }
        if caught.by != me {
            let party = |party: u8| format!("it is caught by party {party}");
            let (expected, found) = (party(caught.by), party(me));
            self.diverge(me, What::Payload, expected, found, Canary::decode(payload));
        } else if caught.payload != payload {
            self.differs(me, What::Payload, caught.payload, payload);
        } else {
            self.look(me);
        }
    }

    /// A panic that is none of ours has come to `me`.
    #[cold]
    pub(super) fn stranger(&mut self, me: u8) {
        let found = "a payload that nobody raised".to_owned();
        self.diverge(me, What::Payload, "one that was raised".to_owned(), found, None);
    }

    /// A cleanup of `me` begins. Whether it is to read the tape, and if so, whether
    /// because of a raise.
    pub(super) fn cleans(&mut self, me: u8, depth: usize) -> Option<bool> {
        if self.leaving == Some(me) {
            self.cleaned += 1;
            return None;
        }
        if self.divergence.is_some() {
            return None;
        }
        let model = &self.play.model;
        if model.reader() != me || model.depth() != depth {
            let place = |party: u8, depth| format!("party {party} in block {depth}");
            let expected = place(model.reader(), model.depth());
            self.diverge(me, What::Order, expected, place(me, depth), None);
            return None;
        }
        let unwinding = model.unwinds();
        self.look(me);
        self.divergence.is_none().then_some(unwinding)
    }

    pub(super) fn is_leaving(&self, me: u8) -> bool {
        self.leaving == Some(me)
    }

    /// Whether nothing goes on any more.
    pub(super) fn is_over(&self) -> bool {
        self.divergence.is_some()
    }

    /// A coroutine is about to be destroyed.
    pub(super) fn destroys(&mut self, party: u8) -> *mut Co {
        (self.leaving, self.cleaned) = (Some(party), 0);
        core::mem::replace(&mut self.handles[usize::from(party)], ptr::null_mut())
    }

    /// It has been destroyed, and this came out.
    pub(super) fn destroyed(&mut self, me: u8, act: Act, escaped: Option<Option<u64>>) {
        self.leaving = None;
        let Act::Destroy { cleanups, must, escapes, .. } = act else {
            return;
        };
        if self.cleaned != cleanups && (must || self.cleaned != 0) {
            let (expected, found) = (cleanups.to_string(), self.cleaned.to_string());
            self.diverge(me, What::Cleanups, expected, found, None);
        }
        match escaped {
            None => {}
            Some(None) => self.stranger(me),
            Some(Some(payload)) if escapes == Some(payload) => {}
            Some(Some(payload)) => {
                let owner = Canary::decode(payload);
                let found = "a panic comes out of `destroy`".to_owned();
                self.diverge(me, What::Payload, "nothing comes out".to_owned(), found, owner);
            }
        }
        self.look(me);
    }

    /// A word on the stack that must be this canary.
    #[inline]
    pub(super) fn checks(&mut self, me: u8, expected: u64, found: u64) {
        if expected != found {
            self.differs(me, What::Stack, expected, found);
        }
    }

    /// A canary in a frame that `me` pushes in this turn.
    pub(super) fn frame(&self, me: u8) -> u64 {
        let turn = self.turn.number;
        Canary { party: me, turn, kind: Kind::Frame, place: 0 }.encode()
    }
}
