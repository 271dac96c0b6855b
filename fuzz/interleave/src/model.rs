//! The model: what every observation must be, without any coroutine.

mod party;
mod turn;

use party::{Block, Frame, Party, State, Why};
pub use turn::{Act, Play, Turn};

use crate::canary::{Canary, Kind};
use crate::contract::{Contract, Keep};
use crate::reached::{Counter, Reached};
use crate::step::{DEPTHS, FRAMES, ROUNDS, Step};

/// Main, and as many coroutines as there may be at once.
pub const PARTIES: usize = 9;
/// The party that is no coroutine.
pub const MAIN: u8 = 0;

/// A party on its way out: whoever resumed it comes before it in the chain.
#[derive(Clone, Copy, Debug)]
struct Link {
    party: u8,
    /// It was resumed on the other thread.
    abroad: bool,
}

/// How a value arrives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Via {
    /// With a body that begins.
    #[default]
    Entry,
    /// Where its receiver had suspended.
    Awake,
    /// From a resume that returns.
    Back,
}

/// What the next switch must bring, and to whom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Passed {
    pub(crate) to: u8,
    pub(crate) from: u8,
    pub(crate) via: Via,
    pub(crate) value: u64,
    /// The sender has returned from its body.
    pub(crate) finished: bool,
    /// What the receiver is to raise.
    pub(crate) raise: Option<u64>,
    /// At entry: the control words that may be found, as bits of their indices.
    pub(crate) controls: u8,
}

/// Where a raise must be caught.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Caught {
    pub(crate) by: u8,
    pub(crate) payload: u64,
}

#[derive(Clone, Copy, Debug)]
struct Shuttle {
    party: u8,
    rounds: u16,
}

/// The state of a schedule that is under way.
#[derive(Clone, Debug)]
pub struct Model {
    contract: Contract,
    parties: [Party; PARTIES],
    /// Each was resumed by the one before it; the last one runs.
    chain: Vec<Link>,
    /// A link of it is on the other thread.
    abroad: bool,
    turn: u32,
    shuttle: Option<Shuttle>,
    /// Rounds of the step before, if that was a shuttle.
    rounds: u16,
    /// Rounds that are left to the schedule.
    fuel: u16,
    /// Control words of both threads, where they stay with the thread.
    threads_control: [u8; 2],
    pub(crate) passed: Passed,
    pub(crate) caught: Caught,
    reached: Reached,
}

/// Rounds that all shuttles of a schedule may have.
const FUEL: u16 = 8192;
/// Rounds of one shuttle.
const MOST_ROUNDS: u16 = 4096;

impl Model {
    /// Nothing has happened, and main runs.
    #[must_use]
    pub fn new(contract: Contract) -> Self {
        let mut model = Self {
            contract,
            parties: core::array::from_fn(|_| Party::default()),
            chain: Vec::with_capacity(PARTIES),
            abroad: false,
            turn: 0,
            shuttle: None,
            rounds: 0,
            fuel: FUEL,
            threads_control: [0; 2],
            passed: Passed::default(),
            caught: Caught::default(),
            reached: Reached::default(),
        };
        model.reset();
        model
    }

    /// Begins again. What was reached is kept.
    pub(crate) fn reset(&mut self) {
        self.parties.iter_mut().for_each(Party::clear);
        self.parties[0].renew(State::Active, 0);
        self.chain.clear();
        self.chain.push(Link { party: MAIN, abroad: false });
        self.abroad = false;
        (self.turn, self.shuttle, self.rounds, self.fuel) = (0, None, 0, FUEL);
        self.threads_control = [0; _];
    }

    /// What it holds the subject to.
    #[must_use]
    pub const fn contract(&self) -> &Contract {
        &self.contract
    }

    /// What has been reached since it was made.
    #[must_use]
    pub const fn reached(&self) -> &Reached {
        &self.reached
    }

    /// Who must read the next step.
    #[must_use]
    pub fn reader(&self) -> u8 {
        self.chain.last().map_or(MAIN, |link| link.party)
    }

    /// How many blocks of the reader are open.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.parties[usize::from(self.reader())].depth()
    }

    /// Whether the reader runs on the other thread.
    #[must_use]
    pub fn is_abroad(&self) -> bool {
        self.abroad
    }

    /// The control words that a party must find, as an index.
    #[must_use]
    pub fn control(&self, party: u8) -> u8 {
        match self.contract.control {
            Some(Keep::Thread) => self.threads_control[usize::from(self.is_abroad())],
            _ => self.party(party).control,
        }
    }

    /// What `std::thread::panicking` must say to the reader, if anybody declared it.
    #[must_use]
    pub fn panicking(&self) -> Option<bool> {
        let abroad = self.is_abroad();
        match self.contract.panic_count? {
            Keep::Coroutine => Some(self.party(self.reader()).unwinding > 0),
            Keep::Thread => {
                let here = |party: &Party| party.unwinding > 0 && party.abroad == abroad;
                Some(self.alive().any(here))
            }
        }
    }

    /// A coroutine that has finished, which is to be destroyed now.
    pub(crate) fn take_left_over(&mut self) -> Option<u8> {
        let party = self.parties.iter().position(|party| party.state == State::Finished)?;
        self.parties[party].state = State::Absent;
        Some(party as u8)
    }

    /// Whether the reader is in a cleanup that runs because of a raise.
    pub(crate) fn unwinds(&self) -> bool {
        self.party(self.reader()).is_unwinding()
    }

    fn party(&self, party: u8) -> &Party {
        &self.parties[usize::from(party)]
    }

    fn party_mut(&mut self, party: u8) -> &mut Party {
        &mut self.parties[usize::from(party)]
    }

    fn alive(&self) -> impl Iterator<Item = &Party> {
        let alive = |party: &&Party| !matches!(party.state, State::Absent | State::Finished);
        self.parties.iter().filter(alive)
    }

    fn canary(&self, kind: Kind, place: u8) -> u64 {
        Canary { party: self.reader(), turn: self.turn, kind, place }.encode()
    }

    /// The one that `pick` chooses of the coroutines that fit.
    fn pick(&self, pick: u8, fits: impl Fn(&Self, u8) -> bool) -> Option<u8> {
        let mut fitting = [0; PARTIES];
        let mut count = 0;
        for party in 1..PARTIES as u8 {
            if fits(self, party) {
                fitting[count] = party;
                count += 1;
            }
        }
        Some(fitting[usize::from(pick).checked_rem(count)?])
    }

    /// Whether a coroutine can be resumed on this thread. One that unwinds stays
    /// where it began to, for panics are counted by thread.
    fn is_resumable(&self, party: u8, abroad: bool) -> bool {
        let party = self.party(party);
        matches!(party.state, State::New | State::Suspended)
            && (party.unwinding == 0 || party.abroad == abroad)
    }

    /// Whether what this party raises ends somewhere.
    fn may_raise(&self, party: u8) -> bool {
        party == MAIN || self.contract.panics() || self.party(party).catches()
    }

    /// Whether one that has this state may be destroyed on this thread.
    fn is_destructible(&self, number: u8) -> bool {
        let party = self.party(number);
        let here =
            party.unwinding == 0 || self.contract.unwinds() && party.abroad == self.is_abroad();
        match party.state {
            State::New | State::Finished => true,
            // Nobody can catch, and throw again, what a foreign runtime unwinds with.
            State::Suspended => {
                self.contract.destroys()
                    && here
                    && !(self.contract.foreign && party.catches())
                    && (self.contract.destroys_in_panics || !self.is_anybody_unwinding())
            }
            State::Absent | State::Active => false,
        }
    }

    fn is_anybody_unwinding(&self) -> bool {
        self.alive().any(|party| party.unwinding > 0)
    }

    /// Takes one step.
    fn take(&mut self, step: Step) -> Act {
        let rounds = core::mem::take(&mut self.rounds);
        let me = self.reader();
        match step {
            Step::Create => self.create(me),
            Step::Resume(pick) => self.resume(pick, false, false),
            Step::Throw(pick) => self.resume(pick, true, false),
            Step::Handover(pick) => self.resume(pick, false, true),
            Step::Shuttle(number) => self.shuttle(number, rounds.max(1)),
            Step::Suspend if me != MAIN => self.suspend(me),
            Step::Transfer(pick) if me != MAIN && self.contract.transfer => self.transfer(me, pick),
            Step::Destroy(pick) => self.destroy(pick),
            Step::Finish if me != MAIN => {
                self.returns(me);
                Act::Finish
            }
            Step::Raise(how) if self.may_raise(me) => {
                let payload = self.canary(Kind::Payload, 0);
                let party = self.party(me);
                let counter = match party.handlers > 0 {
                    true => Some(Counter::RaisedInHandler),
                    false => (party.unwinding > 0).then_some(Counter::RaisedInCleanup),
                };
                counter.into_iter().for_each(|counter| self.reached.note(counter));
                self.raises(me, payload);
                Act::Raise { payload, hook: how & 1 != 0 }
            }
            Step::Try => self.open(me, Block::Try, Act::Try),
            Step::Guard => self.open(me, Block::Guard, Act::Guard),
            Step::Recurse(number) => {
                let calls = DEPTHS[usize::from(number) % DEPTHS.len()];
                self.open(me, Block::Deep(calls), Act::Deep(calls))
            }
            Step::Frame(number) => {
                let kib = FRAMES[usize::from(number) % FRAMES.len()];
                self.open(me, Block::Frame(kib), Act::Frame(kib))
            }
            Step::Leave => self.leave(me),
            Step::Control(words) => self.set_control(me, words),
            Step::Plant(cell) => {
                let turn = self.turn;
                self.party_mut(me).top().cells[usize::from(cell)] = turn;
                Act::Plant { cell, value: self.canary(Kind::Cell, cell) }
            }
            Step::Check(cell) => self.check(me, cell),
            Step::Collect => Act::Collect,
            Step::SetVar(value) => Act::SetVar(value),
            Step::Trace(on) => Act::Trace(on),
            Step::Walk => Act::Walk,
            Step::Traceback => Act::Traceback,
            Step::Suspend | Step::Transfer(_) | Step::Finish | Step::Raise(_) => Act::Nothing,
        }
    }

    fn create(&mut self, me: u8) -> Act {
        let absent = |model: &Self, party: u8| model.party(party).state == State::Absent;
        let Some(party) = self.pick(0, absent) else {
            return Act::Nothing;
        };
        let control = self.control(me);
        // Only who was destroyed leaves a body behind.
        let again = !self.party(party).is_untouched();
        self.reached.note_if(again, Counter::SlotTakenAgain);
        self.party_mut(party).renew(State::New, control);
        self.reached.note_if(self.alive().count() == PARTIES, Counter::Crowd);
        Act::Create(party)
    }

    fn resume(&mut self, pick: u8, throw: bool, hand_over: bool) -> Act {
        let here = self.is_abroad();
        let may = (self.reader() == MAIN || self.contract.nests())
            && (!hand_over || self.contract.migrates() && !here);
        let fits = |model: &Self, party: u8| {
            model.is_resumable(party, here || hand_over) && (!throw || model.may_raise(party))
        };
        match self.pick(pick, fits).filter(|_| may) {
            Some(party) => self.enter(party, throw, hand_over),
            None => Act::Nothing,
        }
    }

    fn enter(&mut self, to: u8, throw: bool, abroad: bool) -> Act {
        let from = self.reader();
        let value = self.canary(Kind::Value, 0);
        let raise = throw.then(|| self.canary(Kind::Payload, 0));
        self.reached.note(Counter::Resumed);
        self.reached.note_if(from != MAIN, Counter::ResumedByCoroutine);
        self.reached.note_if(abroad, Counter::HandedOver);
        self.reached.note_if(throw, Counter::ThrownInto);
        // Who runs abroad is resumed by a thread that has set nothing.
        let resumers = if abroad { 0 } else { self.party(from).control };
        if abroad {
            self.threads_control[1] = 0;
        }
        self.chain.push(Link { party: to, abroad });
        self.abroad |= abroad;
        self.reached.note_if(self.chain.len() > 4, Counter::FourDeep);
        self.begin(to, from, value, raise, 1 << resumers);
        Act::Resume { to, value, abroad, throws: throw }
    }

    /// `to` runs from now on.
    fn begin(&mut self, to: u8, from: u8, value: u64, raise: Option<u64>, controls: u8) {
        let new = self.party(to).state == State::New;
        let abroad = self.is_abroad();
        if new {
            self.reached.note_if(raise.is_some(), Counter::ThrownIntoNew);
            self.reached.note_if(abroad, Counter::BegunAbroad);
        } else {
            self.reached.note_if(abroad != self.party(to).abroad, Counter::WentAbroad);
        }
        let across = !new && self.party(from).control != self.party(to).control;
        self.reached.note_if(across, Counter::ControlAcross);
        let turn = self.turn;
        let party = self.party_mut(to);
        (party.state, party.abroad, party.back) = (State::Active, abroad, turn);
        let via = if new { Via::Entry } else { Via::Awake };
        // No rule says whose control words a body begins with, so it sets its own.
        let controls = controls | 1 << party.creators_control | 1;
        self.passed = Passed { to, from, via, value, finished: false, raise, controls };
        if let Some(payload) = raise {
            self.raises(to, payload);
        }
    }

    fn transfer(&mut self, me: u8, pick: u8) -> Act {
        let abroad = self.is_abroad();
        let Some(to) = self.pick(pick, |model, party| model.is_resumable(party, abroad)) else {
            return Act::Nothing;
        };
        self.reached.note(Counter::Transferred);
        let new = self.party(to).state == State::New;
        self.reached.note_if(new, Counter::TransferredToNew);
        let value = self.canary(Kind::Value, 0);
        self.party_mut(me).state = State::Suspended;
        let waiting = self.chain.len().saturating_sub(2);
        let resumers = self.party(self.chain[waiting].party).control;
        let controls = 1 << resumers | 1 << self.party(me).control;
        if let Some(link) = self.chain.last_mut() {
            link.party = to;
        }
        self.begin(to, me, value, None, controls);
        Act::Transfer { to, value }
    }

    fn suspend(&mut self, me: u8) -> Act {
        let value = self.canary(Kind::Value, 0);
        let party = self.party_mut(me);
        party.state = State::Suspended;
        let (handler, cleanup, unwinding) =
            (party.handlers > 0, party.cleans_up(), party.unwinding > 0);
        let (deep, big) = (party.calls > 500, party.largest() >= 32);
        self.reached.note(Counter::Suspended);
        self.reached.note_if(handler, Counter::SuspendedInHandler);
        self.reached.note_if(cleanup, Counter::SuspendedInCleanup);
        self.reached.note_if(unwinding, Counter::SuspendedUnwinding);
        self.reached.note_if(deep, Counter::SuspendedDeep);
        self.reached.note_if(big, Counter::BigFrame);
        self.back(me, value, false);
        Act::Suspend { value }
    }

    /// Whoever runs has left for whom it was resumed by.
    fn unlink(&mut self) {
        // Only one link is ever on the other thread itself.
        self.abroad &= self.chain.pop().is_some_and(|link| !link.abroad);
    }

    /// Whoever waits for `from` goes on.
    fn back(&mut self, from: u8, value: u64, finished: bool) {
        self.unlink();
        let (to, turn) = (self.reader(), self.turn);
        self.party_mut(to).back = turn;
        self.reached
            .note_if(self.party(from).control != self.party(to).control, Counter::ControlAcross);
        self.passed = Passed { to, from, via: Via::Back, value, finished, ..Passed::default() };
    }

    fn destroy(&mut self, pick: u8) -> Act {
        let Some(number) = self.pick(pick, Self::is_destructible) else {
            return Act::Nothing;
        };
        let unwinds = self.contract.unwinds();
        let party = self.party_mut(number);
        let suspended = party.state == State::Suspended;
        let (cleanups, escapes) = if suspended { party.end() } else { (0, None) };
        let counter = match party.state {
            State::New => Some(Counter::DestroyedNew),
            State::Suspended if party.unwinding > 0 => Some(Counter::DestroyedUnwinding),
            State::Suspended if cleanups > 0 => Some(Counter::DestroyedWithCleanup),
            _ => None,
        };
        party.state = State::Absent;
        counter.into_iter().for_each(|counter| self.reached.note(counter));
        self.reached.note_if(suspended, Counter::DestroyedSuspended);
        Act::Destroy { party: number, cleanups, must: unwinds, escapes }
    }

    fn open(&mut self, me: u8, block: Block, act: Act) -> Act {
        let party = self.party_mut(me);
        if !party.has_room(block) {
            return Act::Nothing;
        }
        party.push(block);
        let deep = party.calls > 500;
        self.reached.note_if(deep, Counter::DepthOver500);
        act
    }

    fn leave(&mut self, me: u8) -> Act {
        match self.party_mut(me).pop() {
            None => return Act::Nothing,
            Some(Block::Guard) => self.party_mut(me).push(Block::Cleanup(Why::Leave)),
            Some(Block::Cleanup(Why::Return)) => self.returns(me),
            Some(Block::Cleanup(Why::Raise(payload))) => self.raises(me, payload),
            Some(_) => {}
        }
        Act::Leave
    }

    /// The body of a coroutine returns, through all that is open. A return that is
    /// read in a cleanup ends the cleanup, and what it was in the way of goes on.
    fn returns(&mut self, me: u8) {
        loop {
            match self.party_mut(me).pop() {
                Some(Block::Guard) => {
                    self.reached.note(Counter::FinishedThroughCleanup);
                    return self.party_mut(me).push(Block::Cleanup(Why::Return));
                }
                Some(Block::Cleanup(Why::Leave)) => return,
                Some(Block::Cleanup(Why::Raise(payload))) => return self.raises(me, payload),
                Some(_) => {}
                None => break,
            }
        }
        let value = self.canary(Kind::Value, 1);
        self.party_mut(me).state = State::Finished;
        self.reached.note(Counter::Finished);
        self.back(me, value, true);
    }

    /// A raise goes outward from a party until something catches it.
    fn raises(&mut self, me: u8, payload: u64) {
        let (mut me, mut payload, mut bodies) = (me, payload, 0);
        loop {
            match self.party_mut(me).pop() {
                Some(Block::Try) => {
                    self.party_mut(me).push(Block::Handler);
                    self.reached.note_if(bodies == 0, Counter::CaughtAtHome);
                    let in_handlers = |party: &&Party| party.handlers > 0;
                    let many = self.alive().skip(1).filter(in_handlers).count() >= 3;
                    self.reached.note_if(many, Counter::ThreeInHandlers);
                    break;
                }
                Some(Block::Guard) => {
                    let abroad = self.is_abroad();
                    let party = self.party_mut(me);
                    party.abroad = abroad;
                    party.push(Block::Cleanup(Why::Raise(payload)));
                    let many =
                        self.alive().skip(1).filter(|party| party.unwinding > 0).count() >= 2;
                    self.reached.note_if(many, Counter::TwoUnwinding);
                    return;
                }
                // What is raised in it ends there, and the first raise goes on.
                Some(Block::Cleanup(Why::Raise(first))) => payload = first,
                Some(_) => {}
                None if me == MAIN => {
                    // Main goes on in a new frame.
                    *self.party_mut(me).top() = Frame::new(Block::Body);
                    break;
                }
                None => {
                    bodies += 1;
                    self.reached.note_if(bodies == 1, Counter::RaisedOut);
                    self.reached.note_if(bodies == 2, Counter::RaisedAcrossTwo);
                    self.party_mut(me).state = State::Finished;
                    self.unlink();
                    me = self.reader();
                    let turn = self.turn;
                    self.party_mut(me).back = turn;
                }
            }
        }
        self.caught = Caught { by: me, payload };
    }

    fn set_control(&mut self, me: u8, words: u8) -> Act {
        if self.contract.control.is_none() {
            return Act::Nothing;
        }
        self.reached.note(Counter::ControlSet);
        self.threads_control[usize::from(self.is_abroad())] = words;
        self.party_mut(me).control = words;
        Act::Control(words)
    }

    fn check(&mut self, me: u8, cell: u8) -> Act {
        let party = self.party_mut(me);
        let turn = party.top().cells[usize::from(cell)];
        let across = turn != 0 && party.back > turn;
        self.reached.note_if(across, Counter::CellChecked);
        let canary = Canary { party: me, turn, kind: Kind::Cell, place: cell };
        Act::Check { cell, value: if turn == 0 { 0 } else { canary.encode() } }
    }

    fn shuttle(&mut self, number: u8, before: u16) -> Act {
        let here = self.is_abroad();
        let may = self.reader() == MAIN || self.contract.nests();
        let party = self.pick(0, |model, party| model.is_resumable(party, here));
        let rounds = ROUNDS[usize::from(number) % ROUNDS.len()].saturating_mul(before);
        let rounds = rounds.min(MOST_ROUNDS).min(self.fuel);
        let Some(party) = party.filter(|_| may && rounds > 0) else {
            return Act::Nothing;
        };
        self.fuel -= rounds;
        self.rounds = rounds;
        self.shuttle = Some(Shuttle { party, rounds });
        self.reached.note_if(rounds >= 500, Counter::Shuttled);
        self.enter(party, false, false)
    }

    /// What a shuttle does next, if one is under way.
    fn go_on_shuttling(&mut self) -> Option<Act> {
        let Shuttle { party, rounds } = self.shuttle?;
        if self.reader() != party {
            return Some(self.enter(party, false, false));
        }
        self.shuttle = (rounds > 1).then_some(Shuttle { party, rounds: rounds - 1 });
        Some(self.suspend(party))
    }

    /// What whoever runs does when the tape is at its end.
    fn drain(&mut self) -> Act {
        let me = self.reader();
        if me != MAIN {
            return self.take(Step::Finish);
        }
        if self.depth() > 0 {
            return self.take(Step::Leave);
        }
        match self.resume(0, false, false) {
            Act::Nothing => match self.resume(0, false, true) {
                Act::Nothing => Act::End,
                act => act,
            },
            act => act,
        }
    }
}
