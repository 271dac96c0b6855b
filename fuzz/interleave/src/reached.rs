//! What schedules have reached: a check that never came to a place says nothing
//! about it.

use core::fmt;

use crate::contract::Contract;

macro_rules! counters {
    ($($name:ident, $words:literal, $applies:expr;)+) => {
        /// Something that a schedule can reach.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Counter {
            $(
                #[doc = concat!("In words: ", $words, ".")]
                $name,
            )+
        }

        impl Counter {
            /// All of them, in the order in which they are printed.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// In words.
            #[must_use]
            pub const fn words(self) -> &'static str {
                match self { $(Self::$name => $words,)+ }
            }

            /// Whether a subject with this contract can come there, natively.
            #[must_use]
            pub fn applies(self, contract: &Contract) -> bool {
                let applies: fn(&Contract) -> bool = match self { $(Self::$name => $applies,)+ };
                applies(contract)
            }
        }
    };
}

const fn always(_: &Contract) -> bool {
    true
}

counters! {
    Resumed, "resumed", always;
    ResumedByCoroutine, "resumed by a coroutine", Contract::nests;
    FourDeep, "four coroutines, each resumed by the one before", Contract::nests;
    Crowd, "eight coroutines at once", always;
    SlotTakenAgain, "created after another was destroyed", always;
    Suspended, "suspended", always;
    Transferred, "transferred", |it| it.transfer;
    TransferredToNew, "transferred to one that had not begun", |it| it.transfer;
    Finished, "finished", always;
    FinishedThroughCleanup, "returned through a cleanup", always;
    DestroyedNew, "destroyed before it began", always;
    DestroyedSuspended, "destroyed while suspended", Contract::destroys;
    DestroyedWithCleanup, "destroyed with a cleanup to run", |it| it.destroys();
    DestroyedUnwinding, "destroyed while unwinding", |it| it.unwinds() && it.destroys_in_panics;
    CaughtAtHome, "raised and caught in the same body", always;
    RaisedOut, "raised out of a body", Contract::panics;
    RaisedAcrossTwo, "raised across two bodies", |it| it.panics() && it.nests();
    RaisedInHandler, "raised in a handler", always;
    RaisedInCleanup, "raised in a cleanup while unwinding", always;
    ThrownInto, "thrown into", Contract::panics;
    ThrownIntoNew, "thrown into one that had not begun", Contract::panics;
    SuspendedInHandler, "suspended in a handler", always;
    SuspendedInCleanup, "suspended in a cleanup", always;
    SuspendedUnwinding, "suspended while unwinding", always;
    ThreeInHandlers, "three coroutines in handlers at once", always;
    TwoUnwinding, "two coroutines unwinding at once", always;
    DepthOver500, "depth over 500", always;
    SuspendedDeep, "suspended at a depth over 500", always;
    BigFrame, "suspended over a frame of 32 KiB or more", always;
    ControlSet, "control words set", |it| it.control.is_some();
    ControlAcross, "switched between different control words", |it| it.control.is_some();
    CellChecked, "a canary looked at after a switch", always;
    Shuttled, "a thousand switches in a row", always;
    HandedOver, "handed over to another thread", Contract::migrates;
    BegunAbroad, "begun on another thread", Contract::migrates;
    WentAbroad, "suspended on one thread, resumed on another", Contract::migrates;
}

/// How often each counter was reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached([u64; Counter::ALL.len()]);

impl Default for Reached {
    fn default() -> Self {
        Self([0; _])
    }
}

impl Reached {
    /// Once more.
    pub(crate) fn note(&mut self, counter: Counter) {
        self.0[counter as usize] += 1;
    }

    pub(crate) fn note_if(&mut self, reached: bool, counter: Counter) {
        self.0[counter as usize] += u64::from(reached);
    }

    /// How often.
    #[must_use]
    pub fn count(&self, counter: Counter) -> u64 {
        self.0[counter as usize]
    }

    /// Adds what another run has reached.
    pub fn merge(&mut self, other: &Self) {
        for (own, other) in self.0.iter_mut().zip(&other.0) {
            *own += other;
        }
    }

    /// What a subject with this contract could have reached, and never did.
    pub fn missed(&self, contract: &Contract) -> impl Iterator<Item = Counter> {
        let missed = |counter: &&Counter| self.count(**counter) == 0 && counter.applies(contract);
        Counter::ALL.iter().filter(missed).copied()
    }
}

impl fmt::Display for Reached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for &counter in Counter::ALL.iter().filter(|&&counter| self.count(counter) > 0) {
            write!(f, "{separator}{} {}", counter.words(), self.count(counter))?;
            separator = " · ";
        }
        Ok(())
    }
}
