//! Coroutines that are handed from thread to thread: created on one, resumed on
//! another, finished on a third.
//!
//! One thread runs at a time, in an order that is fixed before they begin.

use core::array;
use core::cell::Cell;
use core::ffi::c_void;
use core::hint::black_box;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicPtr, Ordering};

use unscathed_catalogue::Event;
use unscathed_catalogue::abi::SYSV_X86_64;
use unscathed_catalogue::canary::{Canary, STACK_ROW};
use unscathed_catalogue::threads::Found;
use unscathed_core::subject::Co;

use super::crew::{self, Baton};
use crate::scene::{Scene, Sight};

const THREADS: usize = 4;
const COROUTINES: usize = 16;
/// Rounds of a coroutine: it is created, resumed as often as there are rounds
/// between, and destroyed.
const ROUNDS: usize = 7;
/// Words that a body keeps on its stack.
const LOCALS: usize = 8;
const STACK_BYTES: usize = 256 << 10;

/// Who does what, when.
#[derive(Clone, Copy)]
struct Task {
    thread: usize,
    coroutine: usize,
    round: usize,
}

/// Where a thread finds its own: the thread pointer, errno and a thread-local.
type Own = [usize; 3];

struct Play {
    scene: Scene,
    tasks: Vec<Task>,
    baton: Baton,
    coroutines: [Cell<Option<NonNull<Co>>>; COROUTINES],
    /// The task under way.
    task: Cell<Task>,
    /// What its value says: who sent it, and when.
    sent: Cell<u64>,
    /// What belongs to the thread of this task, as that thread found it.
    own: Cell<Own>,
}

static PLAY: AtomicPtr<Play> = AtomicPtr::new(ptr::null_mut());

fn with() -> &'static Play {
    // SAFETY: set before the threads begin, and never freed. Its cells are used by
    // the thread that has the baton.
    unsafe { &*PLAY.load(Ordering::Acquire) }
}

pub(super) fn play(scene: Scene) {
    let play = Play {
        scene,
        tasks: tasks(scene.seed as usize),
        baton: Baton::new(),
        coroutines: [const { Cell::new(None) }; COROUTINES],
        task: Cell::new(Task { thread: 0, coroutine: 0, round: 0 }),
        sent: Cell::new(0),
        own: Cell::new([0; 3]),
    };
    PLAY.store(Box::into_raw(Box::new(play)), Ordering::Release);
    crew::run(scene, THREADS, |me| {
        for (step, task) in with().tasks.iter().enumerate() {
            if task.thread == me {
                with().baton.wait_for(step);
                with().task.set(*task);
                with().scene.step(step as u64 + 1);
                run(*task);
                with().baton.pass();
            }
        }
    });
}

/// No coroutine is resumed twice in a row on one thread. It is destroyed where it
/// finished: nobody says that this may be done elsewhere.
fn tasks(seed: usize) -> Vec<Task> {
    let round = |round| {
        (0..COROUTINES).map(move |place| {
            let coroutine = (place + seed / 3) % COROUTINES;
            let stride = 1 + (coroutine + seed) % (THREADS - 1);
            let last = ROUNDS - 2;
            let thread = (coroutine + stride * usize::min(round, last)) % THREADS;
            Task { thread, coroutine, round }
        })
    };
    (0..ROUNDS).flat_map(round).collect()
}

fn run(task: Task) {
    let play = with();
    let place = &play.coroutines[task.coroutine];
    if task.round == 0 {
        place.set(Some(play.scene.create(STACK_BYTES, body)));
        return told_done(task, false);
    }
    let Some(co) = place.get() else {
        play.scene.fail("a coroutine was to be resumed before it was created");
    };
    if task.round == ROUNDS - 1 {
        // SAFETY: its body has returned.
        return unsafe { play.scene.destroy(co) };
    }
    let value = canary(0, "value.resume", task.round);
    play.sent.set(value);
    play.own.set(own());
    // SAFETY: it is suspended, or new, and the subject says that it may migrate.
    let answer = unsafe { play.scene.resume(co, value) };
    let finishes = task.round == ROUNDS - 2;
    let event = if finishes { Event::Finished } else { Event::Resumed };
    let sent = canary(number(task), "value.suspend", task.round);
    passed("value.suspend", 0, number(task), event, sent, answer);
    told_done(task, finishes);
}

unsafe extern "C-unwind" fn body(me: *mut Co, first: *mut c_void) -> *mut c_void {
    let play = with();
    let party = number(play.task.get());
    let word = |place| Canary { party, row: STACK_ROW + place as u16, step: 0 }.encode();
    let mut locals: [u64; LOCALS] = array::from_fn(word);
    let mut value = first.addr() as u64;
    let mut before = play.own.get();
    let mut event = Event::Entry;
    loop {
        let task = play.task.get();
        passed("value.resume", party, 0, event, play.sent.get(), value);
        for (place, &seen) in black_box(&mut locals).iter().enumerate() {
            passed("stack.contents", party, party, event, word(place), seen);
        }
        belongs(party, task.round, event, play.own.get(), before);
        before = play.own.get();
        let answer = canary(party, "value.suspend", task.round);
        if task.round == ROUNDS - 2 {
            return answer as usize as *mut c_void;
        }
        // SAFETY: called on the coroutine itself.
        value = unsafe { play.scene.suspend(me, answer) };
        event = Event::Suspended;
    }
}

/// The coroutine of a task, as a party.
fn number(task: Task) -> u16 {
    task.coroutine as u16 + 1
}

/// A value that says who sends it, and in which round.
fn canary(party: u16, element: &str, round: usize) -> u64 {
    let row = SYSV_X86_64.index(element).unwrap_or_default() as u16;
    Canary { party, row, step: round as u16 }.encode()
}

/// Something that `sender` sent, or left on its stack, and `party` found.
fn passed(element: &str, party: u16, sender: u16, event: Event, sent: u64, seen: u64) {
    let step = with().task.get().round as u16;
    let sight =
        Sight { party, step, event, rival: sender, planted: sent, rival_value: !sent, seen };
    with().scene.see(element, &sight);
}

fn told_done(task: Task, owed: bool) {
    let play = with();
    let Some(co) = play.coroutines[task.coroutine].get() else { return };
    // SAFETY: a live handle, at rest.
    let done = unsafe { play.scene.done(co) };
    let event = if owed { Event::Finished } else { Event::Resumed };
    passed("life.done", number(task), number(task), event, owed.into(), done.into());
}

/// Whether what belongs to a thread is found on the one that resumed the body.
fn belongs(party: u16, round: usize, event: Event, here: Own, before: Own) {
    let found = match own() {
        own if own == here => Found::Here,
        own if own == before => Found::Before,
        _ => Found::Elsewhere,
    };
    with().scene.expect("tls.migrated", party, round as u16, event, found as u64);
}

/// Asks anew each time. Whoever remembers an address across a suspension errs by
/// itself: compilers may, within one function, and so this one is not inlined.
#[inline(never)]
fn own() -> Own {
    thread_local!(static LOCAL: Cell<u8> = const { Cell::new(0) });
    // SAFETY: the C library gives this thread's.
    let errno = unsafe { libc::__errno_location() };
    let local = LOCAL.with(|local| black_box(ptr::from_ref(local)).addr());
    black_box([crate::host::thread_pointer(), errno.addr(), local])
}
