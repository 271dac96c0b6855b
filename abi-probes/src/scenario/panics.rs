//! Rust panics: out of a body, caught in one, two under way at once, and what a
//! destroyed coroutine has on its stack.

use core::any::Any;
use core::ffi::c_void;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU16, AtomicU32, Ordering::SeqCst};
use std::panic::{self, AssertUnwindSafe, panic_any};
use std::thread::panicking;

use unscathed_catalogue::panics::Panic;
use unscathed_catalogue::{Capability, Event};
use unscathed_core::subject::Co;

use crate::scene::Scene;

/// Unwinding reads tables and keeps registers on the stack.
pub(super) const STACK: usize = 256 << 10;

/// The payload of every panic here: who threw it.
struct Thrown(u16);

/// What lies on the stack of a body.
struct Counted;

impl Drop for Counted {
    fn drop(&mut self) {
        DROPPED.fetch_add(1, SeqCst);
    }
}

static SCENE: AtomicPtr<Scene> = AtomicPtr::new(ptr::null_mut());
static STEP: AtomicU16 = AtomicU16::new(0);
/// Destructors of [`Counted`] that ran.
static DROPPED: AtomicU32 = AtomicU32::new(0);
/// Panics that bodies caught themselves.
static CAUGHT: AtomicU32 = AtomicU32::new(0);
/// A body ran on behind the suspension in which it was destroyed.
static RAN_ON: AtomicBool = AtomicBool::new(false);

/// Makes the scene known to bodies, and has panics print nothing.
pub(super) fn begin(scene: Scene) -> &'static Scene {
    if !scene.shares_std {
        scene.skip("a library that is loaded has a Rust standard library of its own, if any: its panics are not those of this program");
    }
    panic::set_hook(Box::new(|_| {}));
    let scene = Box::leak(Box::new(scene));
    SCENE.store(scene, SeqCst);
    scene
}

/// The scene that was made known.
pub(super) fn scene() -> &'static Scene {
    // SAFETY: `begin` stored it, and it is never freed.
    unsafe { &*SCENE.load(SeqCst) }
}

/// The number of the next step.
pub(super) fn step() -> u16 {
    let step = STEP.fetch_add(1, SeqCst) + 1;
    scene().step(step.into());
    step
}

fn look(party: u16, event: Event, seen: Panic) {
    scene().expect("rust.unwind", party, step(), event, seen as u64);
}

pub(super) fn resume(co: NonNull<Co>, value: u64) -> u64 {
    // SAFETY: every caller here resumes what is suspended.
    unsafe { scene().resume(co, value) }
}

pub(super) fn suspend(me: *mut Co) {
    // SAFETY: bodies pass their own handle.
    unsafe { scene().suspend(me, 0) };
}

/// Frees what says that it has finished. The rest is left alone: the process ends.
fn retire(co: NonNull<Co>) {
    // SAFETY: a live handle.
    if unsafe { scene().done(co) } {
        // SAFETY: it has finished, and is not used again.
        unsafe { scene().destroy(co) };
    }
}

pub(super) fn catch<R>(run: impl FnOnce() -> R) -> std::thread::Result<R> {
    panic::catch_unwind(AssertUnwindSafe(run))
}

/// What was caught, if `own` was thrown.
fn arrived<R>(caught: Result<R, Box<dyn Any + Send>>, own: u16) -> Panic {
    let Err(payload) = caught else { return Panic::Swallowed };
    match payload.downcast_ref() {
        Some(Thrown(thrown)) if *thrown == own => Panic::Arrived,
        Some(Thrown(_)) => Panic::AnotherOnes,
        None => Panic::Replaced,
    }
}

/// The same where no other panic is under way.
fn settled(seen: Panic) -> Panic {
    if seen == Panic::Arrived && panicking() { Panic::Lingered } else { seen }
}

/// The same where so many destructors must have run.
fn dropped(seen: Panic, owed: u32) -> Panic {
    let complete = DROPPED.swap(0, SeqCst) == owed;
    if seen == Panic::Arrived && !complete { Panic::Skipped } else { seen }
}

/// Does a panic out of the body come out of resume?
pub(super) fn out(scene: Scene) {
    let scene = begin(scene);
    for suspensions in 0..3 {
        let co = scene.create(STACK, throws);
        let own = 10 + suspensions;
        for _ in 0..suspensions {
            resume(co, order(own, suspensions));
        }
        let caught = catch(|| resume(co, order(own, suspensions)));
        let event = if suspensions == 0 { Event::First } else { Event::Resumed };
        look(0, event, settled(dropped(arrived(caught, own), 2)));
        retire(co);
    }
    if !scene.can(Capability::Nest) {
        return;
    }
    for catches in [1, 0] {
        DROPPED.store(0, SeqCst);
        let co = scene.create(STACK, relays);
        let caught = catch(|| resume(co, order(20 + catches, catches)));
        match catches {
            0 => look(0, Event::First, settled(dropped(arrived(caught, 30), 3))),
            _ if caught.is_err() => look(0, Event::First, Panic::Escaped),
            _ => {}
        }
        retire(co);
    }
}

/// Two numbers in the first word that a body is passed.
fn order(own: u16, number: u16) -> u64 {
    u64::from(number) << 16 | u64::from(own)
}

fn ordered(first: *mut c_void) -> (u16, u16) {
    (first.addr() as u16, (first.addr() >> 16) as u16)
}

/// Panics below two frames, after so many suspensions.
unsafe extern "C-unwind" fn throws(me: *mut Co, first: *mut c_void) -> *mut c_void {
    let (own, suspensions) = ordered(first);
    let _held = Counted;
    throw_below(me, own, suspensions)
}

#[inline(never)]
fn throw_below(me: *mut Co, own: u16, suspensions: u16) -> *mut c_void {
    let _held = Counted;
    for _ in 0..suspensions {
        suspend(me);
    }
    panic_any(Thrown(own))
}

/// Resumes a coroutine that panics, and catches that or does not.
unsafe extern "C-unwind" fn relays(_: *mut Co, first: *mut c_void) -> *mut c_void {
    let (_, catches) = ordered(first);
    let _held = Counted;
    let inner = scene().create(STACK, throws);
    if catches == 0 {
        resume(inner, order(30, 0));
    } else {
        let caught = catch(|| resume(inner, order(30, 0)));
        look(1, Event::First, settled(dropped(arrived(caught, 30), 2)));
        retire(inner);
    }
    ptr::null_mut()
}

/// Does a body catch its own panic if it was suspended meanwhile?
pub(super) fn caught(scene: Scene) {
    let scene = begin(scene);
    let pair = [1, 2].map(|party| (party, scene.create(STACK, catches)));
    for order in [[0, 1], [1, 0], [0, 1]] {
        for (party, co) in order.map(|place| pair[place]) {
            resume_where_nothing_comes_out(co, party);
        }
    }
    let main = catch(|| {
        for (party, co) in pair {
            resume(co, party.into());
        }
        panic_any(Thrown(0))
    });
    look(0, Event::Finished, settled(arrived::<()>(main, 0)));
    expect_caught(4);
    pair.into_iter().for_each(|(_, co)| retire(co));
}

/// Panics that bodies catch do not reach their resumer.
fn resume_where_nothing_comes_out(co: NonNull<Co>, party: u16) {
    if catch(|| resume(co, party.into())).is_err() {
        look(0, Event::Resumed, Panic::Escaped);
        scene().finish();
    }
}

fn expect_caught(owed: u32) {
    if CAUGHT.swap(0, SeqCst) != owed {
        look(0, Event::Finished, Panic::Swallowed);
    }
}

/// Twice: suspends where its panic will be caught, then panics.
unsafe extern "C-unwind" fn catches(me: *mut Co, party: *mut c_void) -> *mut c_void {
    let own = party.addr() as u16;
    for _ in 0..2 {
        let caught = catch(|| {
            suspend(me);
            panic_any(Thrown(own))
        });
        look(own, Event::Suspended, settled(arrived::<()>(caught, own)));
        CAUGHT.fetch_add(1, SeqCst);
    }
    suspend(me);
    ptr::null_mut()
}

/// Do panics stay apart that are under way at once?
pub(super) fn both(scene: Scene) {
    let scene = begin(scene);
    for order in [[0, 1], [1, 0]] {
        let pair = [1, 2].map(|party| (party, scene.create(STACK, unwinds)));
        for (party, co) in pair {
            resume_where_nothing_comes_out(co, party);
        }
        // Both are suspended in a destructor now.
        let main = catch(|| panic_any(Thrown(0)));
        look(0, Event::Resumed, arrived::<()>(main, 0));
        for (party, co) in order.map(|place| pair[place]) {
            resume_where_nothing_comes_out(co, party);
        }
        expect_caught(2);
        look(0, Event::Finished, settled(Panic::Arrived));
        pair.into_iter().for_each(|(_, co)| retire(co));
    }
}

/// Suspends in a destructor that a panic runs.
struct Suspends {
    me: *mut Co,
    own: u16,
}

impl Drop for Suspends {
    fn drop(&mut self) {
        suspend(self.me);
        if !panicking() {
            look(self.own, Event::Suspended, Panic::Denied);
        }
    }
}

unsafe extern "C-unwind" fn unwinds(me: *mut Co, party: *mut c_void) -> *mut c_void {
    let own = party.addr() as u16;
    let caught = catch(|| {
        let _suspends = Suspends { me, own };
        panic_any(Thrown(own))
    });
    look(own, Event::Suspended, arrived::<()>(caught, own));
    CAUGHT.fetch_add(1, SeqCst);
    ptr::null_mut()
}

/// Does a destroyed coroutine go, whole and quietly?
pub(super) fn forced(scene: Scene) {
    let scene = begin(scene);
    let neighbour = scene.create(STACK, echoes);
    resume(neighbour, 1);
    for insistent in [false, true, false] {
        let co = scene.create(STACK, if insistent { insists } else { waits });
        resume(co, 0);
        DROPPED.store(0, SeqCst);
        // SAFETY: the subject says that it destroys what is suspended.
        let destroyed = catch(|| unsafe { scene.destroy(co) });
        let held = if insistent { 1 } else { 2 };
        look(0, Event::Destroyed, settled(ended(destroyed.is_err(), held)));
        let kept = resume(neighbour, 7) == 7;
        look(0, Event::Resumed, if kept { Panic::Arrived } else { Panic::Disturbed });
    }
}

/// All destructors run, or none: to free a stack without unwinding is a choice.
fn ended(came_out: bool, held: u32) -> Panic {
    let dropped = DROPPED.load(SeqCst);
    if RAN_ON.load(SeqCst) {
        Panic::RanOn
    } else if came_out {
        Panic::Escaped
    } else if dropped == 0 || dropped == held {
        Panic::Arrived
    } else {
        Panic::Skipped
    }
}

/// Returns whatever it is passed.
unsafe extern "C-unwind" fn echoes(me: *mut Co, mut value: *mut c_void) -> *mut c_void {
    loop {
        // SAFETY: its own handle.
        value = unsafe { (scene().subject.suspend)(me, value) };
    }
}

/// Is destroyed below two frames.
unsafe extern "C-unwind" fn waits(me: *mut Co, _: *mut c_void) -> *mut c_void {
    let _held = Counted;
    wait_below(me);
    ptr::null_mut()
}

#[inline(never)]
fn wait_below(me: *mut Co) {
    let _held = Counted;
    suspend(me);
    RAN_ON.store(true, SeqCst);
}

/// Catches what it is unwound with, and returns.
unsafe extern "C-unwind" fn insists(me: *mut Co, _: *mut c_void) -> *mut c_void {
    let _ = catch(|| wait_below(me));
    ptr::null_mut()
}
