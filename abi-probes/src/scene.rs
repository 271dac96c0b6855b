//! Where a scenario plays: a subject, and rows to write down what was seen.
//!
//! A schedule plants everything and makes one kind of call. What a runtime keeps
//! beside registers needs experiments of its own; each is a function in
//! [`scenario`](crate::scenario) that gets a scene. It writes down what it chose,
//! what its rival chose and what it found, and has no opinion.

use core::ffi::c_void;
use core::ptr::NonNull;

use unscathed_catalogue::record::{Stage as Ending, Text, at};
use unscathed_catalogue::{Abi, Capability, Event, Probe};
use unscathed_core::subject::{Body, Co};

use crate::child::Order;
use crate::foreign::Subject;
use crate::layout::wide;
use crate::shared::{Look, Shared};
use crate::stage::leave;

/// A subject in an experiment of its own. It is cheap to copy, so that bodies can
/// reach it through a static.
#[derive(Clone, Copy)]
pub(crate) struct Scene {
    /// The subject's functions.
    pub(crate) subject: &'static Subject,
    /// Decides orders.
    pub(crate) seed: u64,
    /// Whether subject and probe share one Rust standard library.
    pub(crate) shares_std: bool,
    shared: Shared,
    abi: &'static Abi,
    probe: &'static Probe,
}

/// One look at one row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sight {
    /// Who looked: 0 is main.
    pub(crate) party: u16,
    /// When; only its order matters to people.
    pub(crate) step: u16,
    /// Where.
    pub(crate) event: Event,
    /// Who ran in between.
    pub(crate) rival: u16,
    /// What the looker had chosen, or what is owed.
    pub(crate) planted: u64,
    /// What the rival had chosen; the complement where there is none.
    pub(crate) rival_value: u64,
    /// What was found.
    pub(crate) seen: u64,
}

impl Scene {
    pub(crate) fn new(
        subject: Subject,
        shared: Shared,
        abi: &'static Abi,
        probe: &'static Probe,
        order: &Order,
    ) -> Self {
        let shares_std = !order.subject.starts_with("lib:");
        let subject = Box::leak(Box::new(subject));
        Self { subject, seed: order.seed, shares_std, shared, abi, probe }
    }

    /// The id of the probe: scenarios with variants tell them apart by it.
    pub(crate) fn probe(&self) -> &'static str {
        self.probe.id
    }

    /// The row of a probe that has one of its own.
    pub(crate) fn row(&self) -> &'static str {
        match self.probe.rows {
            Some([row]) => row,
            _ => self.fail("this probe has not one row"),
        }
    }

    /// Whether the subject claims a capability.
    pub(crate) fn can(&self, capability: Capability) -> bool {
        match capability {
            Capability::Transfer => self.subject.transfer.is_some(),
            claimed => self.subject.caps & claimed.bit() != 0,
        }
    }

    /// Writes down a look at an element.
    pub(crate) fn see(&self, element: &str, sight: &Sight) {
        let index = self.abi.index(element);
        let index = index.unwrap_or_else(|| panic!("the catalogue has no row {element}"));
        let owed = wide(self.abi.elements[index].owed());
        self.shared.look(
            index,
            &owed,
            &Look {
                party: sight.party,
                step: sight.step,
                event: sight.event,
                rival: sight.rival,
                rival_step: sight.step,
                planted: &wide(sight.planted),
                rival_value: &wide(sight.rival_value),
                seen: &wide(sight.seen),
            },
        );
    }

    /// Writes down whether something that is owed held: the value of the row is 1
    /// where it did, and what `seen` says where it did not.
    pub(crate) fn expect(&self, element: &str, party: u16, step: u16, event: Event, seen: u64) {
        let sight = Sight { party, step, event, rival: party, planted: 1, rival_value: !1, seen };
        self.see(element, &sight);
    }

    /// Notes that another step has begun, for the report of a death.
    pub(crate) fn step(&self, step: u64) {
        self.shared.set(at::STEPS, step);
    }

    /// The scenario came to its end.
    pub(crate) fn finish(&self) -> ! {
        self.shared.stage(Ending::Finished);
        leave()
    }

    /// The experiment could not be made: `error`.
    pub(crate) fn fail(&self, why: &str) -> ! {
        self.shared.text(Text::Message, why);
        self.shared.stage(Ending::Failed);
        leave()
    }

    /// This machine, or this build, cannot show it: `skipped`.
    pub(crate) fn skip(&self, why: &str) -> ! {
        self.shared.text(Text::Message, why);
        self.shared.stage(Ending::Skipped);
        leave()
    }

    /// Says something about what was seen that the rows cannot hold.
    pub(crate) fn remark(&self, text: &str) {
        self.shared.text(Text::Message, text);
    }

    /// Creates a coroutine; where there are no resources for it, the experiment
    /// cannot be made.
    pub(crate) fn create(&self, stack_bytes: usize, body: Body) -> NonNull<Co> {
        // SAFETY: any body that keeps to the contract.
        let co = unsafe { (self.subject.create)(stack_bytes, body) };
        NonNull::new(co).unwrap_or_else(|| self.fail("create returned a null pointer"))
    }

    /// Resumes a coroutine.
    ///
    /// # Safety
    ///
    /// The contract allows it, or the scenario asks what happens when it does not.
    pub(crate) unsafe fn resume(&self, co: NonNull<Co>, value: u64) -> u64 {
        // SAFETY: the caller vouches.
        unsafe { (self.subject.resume)(co.as_ptr(), value as usize as *mut c_void) }.addr() as u64
    }

    /// Suspends the coroutine that calls it.
    ///
    /// # Safety
    ///
    /// As for [`Self::resume`].
    pub(crate) unsafe fn suspend(&self, me: *mut Co, value: u64) -> u64 {
        // SAFETY: the caller vouches.
        unsafe { (self.subject.suspend)(me, value as usize as *mut c_void) }.addr() as u64
    }

    /// Whether it says that it is done.
    ///
    /// # Safety
    ///
    /// A live handle.
    pub(crate) unsafe fn done(&self, co: NonNull<Co>) -> bool {
        // SAFETY: the caller vouches.
        unsafe { (self.subject.done)(co.as_ptr()) != 0 }
    }

    /// Destroys a coroutine.
    ///
    /// # Safety
    ///
    /// As for [`Self::resume`].
    pub(crate) unsafe fn destroy(&self, co: NonNull<Co>) {
        // SAFETY: the caller vouches.
        unsafe { (self.subject.destroy)(co.as_ptr()) };
    }
}
