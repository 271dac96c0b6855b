//! C++ exceptions: who handles which, and how many are on their way.
//!
//! Main and up to three coroutines read one tape. Whoever reads [`Op::Enter`] goes
//! into a handler of an exception of its own, and inside that into a destructor
//! that runs while a second one is on its way; there it reads on. So whoever comes
//! back from a switch has something of its own to look for, and somebody else has
//! entered a frame since.
//!
//! Nobody leaves a handler. Where parties share one list, who leaves first would
//! take another's exception off it; so the process ends first.

mod tape;

use core::cell::Cell;
use core::ffi::{c_int, c_void};
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicPtr, Ordering};

use unscathed_catalogue::Event;
use unscathed_catalogue::canary::Canary;
use unscathed_catalogue::exceptions::NONE;
use unscathed_core::subject::Co;

use self::tape::{Frames, Op};
use crate::cxx;
use crate::scene::{Scene, Sight};

const STACK_BYTES: usize = 256 << 10;
/// Main and three coroutines.
const PARTIES: usize = 4;

/// What all parties reach.
struct Play {
    scene: Scene,
    tape: Vec<Op>,
    next: Cell<usize>,
    /// Asks for the exception that is being handled.
    handled: fn() -> u64,
    coroutines: [Cell<Option<NonNull<Co>>>; PARTIES],
    /// The exception of the handler that was entered last, on all stacks.
    last: Cell<Latest>,
    /// Exceptions on their way, on all stacks.
    total: Cell<Latest>,
    /// Scopes with a destructor that were left.
    left: Cell<c_int>,
}

/// What the thread would hold, if it alone held it.
#[derive(Clone, Copy, Default)]
struct Latest {
    value: u64,
    /// Who brought it about.
    party: u16,
    /// When.
    step: u16,
}

static PLAY: AtomicPtr<Play> = AtomicPtr::new(ptr::null_mut());

fn play() -> &'static Play {
    // SAFETY: set before any party runs, and never freed. One party runs at a time.
    unsafe { &*PLAY.load(Ordering::Relaxed) }
}

/// A party at one depth of its frames.
#[derive(Clone, Copy)]
struct Place {
    party: u16,
    me: *mut Co,
    /// The exception that it handles.
    handles: u64,
    /// How many of its own are on their way.
    in_flight: u64,
    /// How control last came to it.
    event: Event,
}

/// Plays the tape of the probe.
pub(super) fn play_tape(scene: Scene) {
    let handled = match scene.probe() {
        "cxx.rethrow" => || cxx::unscathed_cxx_rethrown(),
        _ => || cxx::unscathed_cxx_current(),
    };
    let play = Play {
        scene,
        tape: tape::of(scene.probe()),
        next: Cell::new(0),
        handled,
        coroutines: Default::default(),
        last: Cell::default(),
        total: Cell::default(),
        left: Cell::new(0),
    };
    PLAY.store(Box::leak(Box::new(play)), Ordering::Relaxed);
    let mut main =
        Place { party: 0, me: ptr::null_mut(), handles: NONE, in_flight: 0, event: Event::Entry };
    read(&mut main);
}

/// The body of every coroutine: the first value is its number.
unsafe extern "C-unwind" fn body(me: *mut Co, first: *mut c_void) -> *mut c_void {
    let party = first.addr() as u16;
    read(&mut Place { party, me, handles: NONE, in_flight: 0, event: Event::Entry });
    ptr::null_mut()
}

/// Reads the tape, until the frame in which this happens is to be left.
fn read(place: &mut Place) {
    let play = play();
    loop {
        let number = play.next.get();
        play.next.set(number + 1);
        play.scene.step(number as u64);
        let Some(op) = play.tape.get(number).copied() else { play.scene.finish() };
        match op {
            Op::Look => place.look(),
            Op::Enter(frames) => {
                place.look();
                place.enter(frames, number);
            }
            Op::Leave => return,
            Op::Resume(party) => place.resume(party),
            Op::Suspend => place.suspend(),
            Op::Transfer(party) => place.transfer(party),
            Op::Destroy(party) => {
                let co = play.coroutines[usize::from(party)].take();
                let co = co.expect("a tape destroys what it resumed");
                // SAFETY: it is suspended, and the probe needs the capability.
                unsafe { play.scene.destroy(co) };
                place.event = Event::Destroyed;
            }
        }
    }
}

impl Place {
    /// Looks where the own value is not also what was set last: else there would be
    /// nothing to tell apart.
    fn look(&self) {
        let play = play();
        let sight = |latest: Latest, planted, seen| Sight {
            party: self.party,
            // The step that tells people something is the one that made the difference.
            step: latest.step,
            event: self.event,
            rival: latest.party,
            planted,
            rival_value: latest.value,
            seen,
        };
        let (last, total) = (play.last.get(), play.total.get());
        if self.handles != last.value {
            play.scene.see("cxx.caught", &sight(last, self.handles, (play.handled)()));
        }
        if self.in_flight != total.value {
            let seen = i64::from(cxx::unscathed_cxx_uncaught()) as u64;
            play.scene.see("cxx.uncaught", &sight(total, self.in_flight, seen));
        }
    }

    /// Reads on in frames of its own, and comes back when they are left.
    fn enter(&mut self, frames: Frames, step: usize) {
        let number = Canary { party: self.party, row: 0, step: step as u16 }.encode();
        let handles = match frames {
            Frames::Both | Frames::Handler => number,
            Frames::Flight | Frames::Scope => self.handles,
        };
        let mut inner = Self { handles, ..*self };
        let data: *mut c_void = (&raw mut inner).cast();
        match frames {
            // SAFETY: `handle_and_throw` gets the place that it asks for.
            Frames::Both => unsafe {
                cxx::unscathed_cxx_in_handler(number, handle_and_throw, data);
            },
            // SAFETY: as above.
            Frames::Handler => unsafe { cxx::unscathed_cxx_in_handler(number, handle, data) },
            // SAFETY: as above.
            Frames::Flight => unsafe { cxx::unscathed_cxx_in_flight(number, fly, data) },
            Frames::Scope => {
                let left = play().left.as_ptr();
                // SAFETY: as above; the count lives as long as the process.
                unsafe { cxx::unscathed_cxx_in_scope(left, go_on, data) };
            }
        }
        self.event = inner.event;
    }

    /// It has just entered a handler.
    fn sets_last(&self) {
        play().last.set(self.brings_about(self.handles));
    }

    /// An exception of its own was thrown, or is about to be caught.
    fn changes_total(&self, by: i64) {
        let total = play().total.get().value.wrapping_add_signed(by);
        play().total.set(self.brings_about(total));
    }

    fn brings_about(&self, value: u64) -> Latest {
        // The step that is being carried out was read before.
        Latest { value, party: self.party, step: (play().next.get() - 1) as u16 }
    }

    fn resume(&mut self, party: u16) {
        let play = play();
        let known = play.coroutines[usize::from(party)].get();
        let co = known.unwrap_or_else(|| play.scene.create(STACK_BYTES, body));
        play.coroutines[usize::from(party)].set(Some(co));
        // SAFETY: a tape resumes only what is new or suspended.
        unsafe { play.scene.resume(co, party.into()) };
        self.event = if known.is_none() { Event::First } else { Event::Resumed };
    }

    fn suspend(&mut self) {
        let play = play();
        if self.me.is_null() {
            play.scene.fail("control came to main where a coroutine should have run");
        }
        // SAFETY: the caller runs on it.
        unsafe { play.scene.suspend(self.me, 0) };
        self.event = Event::Suspended;
    }

    fn transfer(&mut self, party: u16) {
        let play = play();
        let to = play.coroutines[usize::from(party)].get();
        let to = to.expect("a tape transfers to what it resumed");
        let Some(transfer) = play.scene.subject.transfer else {
            play.scene.fail("the subject has no transfer");
        };
        // SAFETY: the caller runs on `me`, and the tape transfers only to what is
        // suspended.
        unsafe { transfer(self.me, to.as_ptr(), ptr::null_mut()) };
        self.event = Event::Suspended;
    }
}

/// In a handler: throws a second exception.
unsafe extern "C-unwind" fn handle_and_throw(place: *mut c_void) {
    // SAFETY: `enter` passed it, and waits.
    let inner = unsafe { &mut *place.cast::<Place>() };
    inner.sets_last();
    // SAFETY: it is the same place.
    unsafe { cxx::unscathed_cxx_in_flight(inner.handles, fly, place) };
}

/// In a handler.
unsafe extern "C-unwind" fn handle(place: *mut c_void) {
    // SAFETY: as above.
    let inner = unsafe { &mut *place.cast::<Place>() };
    inner.sets_last();
    read(inner);
}

/// In a destructor, while an exception is on its way.
unsafe extern "C-unwind" fn fly(place: *mut c_void) {
    // SAFETY: as above.
    let inner = unsafe { &mut *place.cast::<Place>() };
    inner.in_flight += 1;
    inner.changes_total(1);
    read(inner);
    inner.changes_total(-1);
}

/// In a scope that has something to destroy.
unsafe extern "C-unwind" fn go_on(place: *mut c_void) {
    // SAFETY: as above.
    read(unsafe { &mut *place.cast::<Place>() });
}
