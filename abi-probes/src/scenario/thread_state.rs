//! What a thread has one of: does it stay with the thread, or follow the coroutine?
//!
//! Whoever is about to leave sets a value that was never set before, and looks for
//! it when the switch has come back. What was set last on the thread meanwhile is
//! noted beside it. Which of the two must be found is for the subject to say.

use core::cell::Cell;
use core::ffi::{c_int, c_long, c_void};
use core::mem::zeroed;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicPtr, Ordering};

use unscathed_catalogue::Event;
use unscathed_catalogue::threads::HARMLESS_SIGNALS;
use unscathed_core::subject::{Body, Co};

use crate::scene::{Scene, Sight};

/// Something that a thread has one of.
struct State {
    element: &'static str,
    /// The value for a turn; no two turns have the same.
    token: fn(u16) -> u64,
    set: fn(u64),
    get: fn() -> u64,
}

/// They are set in this order and read in the other: errno last and first, since
/// the rest might change it.
const STATES: &[State] = &[
    State {
        element: "signal.altstack",
        token: |turn| ALTERNATE.load(Ordering::Relaxed).addr() as u64 + stack_offset(turn),
        set: set_alternate_stack,
        get: alternate_stack,
    },
    State { element: "signal.mask", token: mask_of, set: set_mask, get: mask },
    State {
        element: "tls.errno",
        token: |turn| 0x4000 + u64::from(turn),
        set: set_errno,
        get: errno,
    },
];

const LOCALES: &[State] = &[State {
    element: "tls.locale",
    token: |turn| LOCALE[usize::from(turn) % LOCALE.len()].load(Ordering::Relaxed).addr() as u64,
    // SAFETY: one of those that were made, or what was there before.
    set: |value| _ = unsafe { libc::uselocale(value as usize as libc::locale_t) },
    // SAFETY: asks only.
    get: || unsafe { libc::uselocale(ptr::null_mut()) }.addr() as u64,
}];

/// More turns than any of these experiments has.
const TURNS: usize = 32;

/// Bytes of an alternate stack: the handler of crashes must fit.
const STACK: usize = 64 << 10;

/// Alternate stacks for all turns.
static ALTERNATE: AtomicPtr<c_void> = AtomicPtr::new(ptr::null_mut());

/// A locale for each turn.
static LOCALE: [AtomicPtr<c_void>; TURNS] = [const { AtomicPtr::new(ptr::null_mut()) }; TURNS];

const STACK_BYTES: usize = 256 << 10;

/// Switches of a coroutine in the experiment of a pair.
const PAIR_SUSPENSIONS: u16 = 5;

struct Play {
    scene: Scene,
    states: &'static [State],
    /// The last turn on this thread, and whose it was.
    turn: Cell<u16>,
    turns_party: Cell<u16>,
    /// The party whose body begins next.
    next: Cell<u16>,
    /// In the nested experiment: the coroutine that another one resumes.
    inner: Cell<Option<NonNull<Co>>>,
}

static PLAY: AtomicPtr<Play> = AtomicPtr::new(ptr::null_mut());

fn with() -> &'static Play {
    // SAFETY: set before anything is created, and never freed; one party runs at a
    // time, on one thread.
    unsafe { &*PLAY.load(Ordering::Acquire) }
}

pub(super) fn play(scene: Scene) {
    let states = if scene.probe() == "thread.locale" {
        make_locales(scene);
        LOCALES
    } else {
        map_alternate_stacks(scene);
        STATES
    };
    let before: Vec<u64> = states.iter().map(|state| (state.get)()).collect();
    let (turn, turns_party, next) = (Cell::new(0), Cell::new(0), Cell::new(1));
    let play = Play { scene, states, turn, turns_party, next, inner: Cell::new(None) };
    PLAY.store(Box::into_raw(Box::new(play)), Ordering::Release);
    match scene.probe() {
        "thread.pair" => {
            let party = create(suspends_often);
            for _ in 0..=PAIR_SUSPENSIONS {
                resume(0, party);
            }
            destroy(party);
        }
        "thread.nested" => {
            let outer = create(resumes_another);
            with().inner.set(Some(create(suspends_once)));
            resume(0, outer);
            resume(0, outer);
            destroy(outer);
        }
        _ => {
            let parties = [(); 3].map(|()| create(suspends_once));
            for round in [scene.seed, scene.seed / 6] {
                for place in ORDERS[(round % 6) as usize] {
                    resume(0, parties[place]);
                }
            }
            for party in parties {
                destroy(party);
            }
        }
    }
    for (state, before) in states.iter().zip(before) {
        (state.set)(before);
    }
}

/// The orders of three.
const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

fn create(body: Body) -> NonNull<Co> {
    with().scene.create(STACK_BYTES, body)
}

fn destroy(co: NonNull<Co>) {
    // SAFETY: every one of these has finished.
    unsafe { with().scene.destroy(co) };
}

unsafe extern "C-unwind" fn suspends_often(me: *mut Co, _: *mut c_void) -> *mut c_void {
    let party = enter();
    for _ in 0..PAIR_SUSPENSIONS {
        suspend(party, me);
    }
    set(party);
    ptr::null_mut()
}

unsafe extern "C-unwind" fn suspends_once(me: *mut Co, _: *mut c_void) -> *mut c_void {
    let party = enter();
    suspend(party, me);
    set(party);
    ptr::null_mut()
}

unsafe extern "C-unwind" fn resumes_another(me: *mut Co, _: *mut c_void) -> *mut c_void {
    let party = enter();
    let inner = with().inner.get().unwrap_or_else(|| with().scene.fail("nobody to resume"));
    resume(party, inner);
    suspend(party, me);
    resume(party, inner);
    destroy(inner);
    set(party);
    ptr::null_mut()
}

/// The number of the body that has just begun.
fn enter() -> u16 {
    let party = with().next.get();
    with().next.set(party + 1);
    party
}

fn resume(me: u16, co: NonNull<Co>) {
    let turn = set(me);
    // SAFETY: it has not begun, or is suspended.
    unsafe { with().scene.resume(co, 0) };
    look(me, turn, Event::Resumed);
}

fn suspend(me: u16, co: *mut Co) {
    let turn = set(me);
    // SAFETY: called on the coroutine itself.
    unsafe { with().scene.suspend(co, 0) };
    look(me, turn, Event::Suspended);
}

/// Sets values that nobody had yet, before `me` leaves.
fn set(me: u16) -> u16 {
    let play = with();
    let turn = play.turn.get() + 1;
    play.turn.set(turn);
    play.turns_party.set(me);
    for state in play.states {
        (state.set)((state.token)(turn));
    }
    turn
}

/// Reads what is there now that `me` is back.
fn look(me: u16, turn: u16, event: Event) {
    let play = with();
    let mut seen = [0; STATES.len()];
    for (seen, state) in seen.iter_mut().zip(play.states).rev() {
        *seen = (state.get)();
    }
    let (last, rival) = (play.turn.get(), play.turns_party.get());
    for (state, seen) in play.states.iter().zip(seen) {
        let (planted, rival_value) = ((state.token)(turn), (state.token)(last));
        play.scene.see(
            state.element,
            &Sight { party: me, step: turn, event, rival, planted, rival_value, seen },
        );
    }
    play.scene.step(u64::from(last));
}

fn stack_offset(turn: u16) -> u64 {
    (STACK * (usize::from(turn) % TURNS)) as u64
}

fn map_alternate_stacks(scene: Scene) {
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: a new mapping disturbs nobody.
    let stacks = unsafe { libc::mmap(ptr::null_mut(), STACK * TURNS, protection, flags, -1, 0) };
    if stacks == libc::MAP_FAILED {
        scene.fail("no memory for alternate signal stacks");
    }
    ALTERNATE.store(stacks, Ordering::Relaxed);
}

fn set_errno(value: u64) {
    // SAFETY: asks for an address.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: this thread's, for as long as it lives.
    unsafe { *errno = value as c_int };
}

fn errno() -> u64 {
    // SAFETY: asks for an address.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: this thread's, for as long as it lives.
    unsafe { *errno }.cast_unsigned().into()
}

/// All of them are large enough for the handler of crashes.
fn set_alternate_stack(address: u64) {
    let stack = libc::stack_t {
        ss_sp: address as usize as *mut c_void,
        ss_flags: if address == 0 { libc::SS_DISABLE } else { 0 },
        ss_size: STACK,
    };
    // SAFETY: one of those that were mapped, or what was there before.
    unsafe { libc::sigaltstack(&raw const stack, ptr::null_mut()) };
}

fn alternate_stack() -> u64 {
    // SAFETY: the kernel fills it in.
    let mut stack: libc::stack_t = unsafe { zeroed() };
    // SAFETY: asks only.
    unsafe { libc::sigaltstack(ptr::null(), &raw mut stack) };
    match stack.ss_flags & libc::SS_DISABLE {
        0 => stack.ss_sp.addr() as u64,
        _ => 0,
    }
}

/// The bits of a number, each as a signal that nobody sends.
fn mask_of(turn: u16) -> u64 {
    let bits = HARMLESS_SIGNALS.iter().enumerate();
    let blocked = bits.filter(|(bit, _)| turn >> bit & 1 == 1);
    blocked.map(|(_, (signal, _))| 1 << (signal - 1)).sum()
}

/// Bytes of the kernel's signal set.
const MASK_BYTES: c_long = 8;

fn set_mask(mask: u64) {
    let none = ptr::null_mut::<u64>();
    let how = libc::SIG_SETMASK;
    // SAFETY: the kernel reads one word; no signal that is blocked here matters.
    unsafe { libc::syscall(libc::SYS_rt_sigprocmask, how, &raw const mask, none, MASK_BYTES) };
}

fn mask() -> u64 {
    let mut mask = 0_u64;
    let (how, none) = (libc::SIG_SETMASK, ptr::null::<u64>());
    // SAFETY: the kernel writes one word.
    unsafe { libc::syscall(libc::SYS_rt_sigprocmask, how, none, &raw mut mask, MASK_BYTES) };
    mask
}

/// Locales that differ in nothing but their address.
fn make_locales(scene: Scene) {
    for place in &LOCALE {
        // SAFETY: a constant name, and no locale to change.
        let made =
            unsafe { libc::newlocale(libc::LC_CTYPE_MASK, c"C.UTF-8".as_ptr(), ptr::null_mut()) };
        let known = LOCALE.iter().any(|other| other.load(Ordering::Relaxed) == made.cast());
        if known {
            scene.skip("the C library has no locale C.UTF-8, or only one of it");
        }
        place.store(made.cast(), Ordering::Relaxed);
    }
}
