//! Plays a tape on a subject: whoever runs reads the next step.

use core::ffi::c_void;
use core::hint::black_box;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicPtr, Ordering};

use unscathed_catalogue::Event;
use unscathed_catalogue::record::Stage as Ending;
use unscathed_core::subject::Co;

use crate::bracket;
use crate::plants::site;
use crate::schedule::Op;
use crate::stage::{Stage, frame_word, leave, word};

static STAGE: AtomicPtr<Stage> = AtomicPtr::new(ptr::null_mut());

/// Words of a frame that the deep experiment pushes: 1 KiB.
const FRAME_WORDS: usize = 128;

/// Why a party stopped reading.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    /// It leaves one frame.
    Ascend,
    /// Its body returns, or the tape is at its end.
    Return,
}

/// Plays the stage's tape to its end, and ends the process.
pub(crate) fn run(stage: Stage) -> ! {
    STAGE.store(Box::into_raw(Box::new(stage)), Ordering::Release);
    play(0, ptr::null_mut());
    let destroy = with(|stage| stage.subject.destroy);
    for party in 0..unscathed_catalogue::frame::PARTIES {
        if let Some(handle) = with(|stage| stage.parties[party].handle) {
            // SAFETY: it has finished, as every tape sees to, and is not used again.
            unsafe { destroy(handle.as_ptr()) };
        }
    }
    if let Some(thread_leave) = with(|stage| stage.subject.thread_leave) {
        // SAFETY: the last call on this thread.
        unsafe { thread_leave() };
    }
    with(|stage| stage.shared.stage(Ending::Finished));
    leave()
}

/// A moment with the stage. The subject is never called in it, so no reference
/// lives across a switch.
fn with<R>(moment: impl FnOnce(&mut Stage) -> R) -> R {
    // SAFETY: set in `run` and never freed; one party runs at a time.
    moment(unsafe { &mut *STAGE.load(Ordering::Acquire) })
}

/// Called by the assembly at the entry of each body.
#[unsafe(no_mangle)]
extern "C" fn unscathed_body(party: usize, me: *mut Co, first: u64) -> u64 {
    let party_number = party as u16;
    with(|stage| {
        stage.arrives(party_number);
        if !stage.enters(party_number) {
            stage.derail(party_number, party_number);
        }
        stage.look_at_entry(party_number);
        stage.receive(party_number, "resume value", Event::Entry, first);
    });
    ask_whether_done(Event::Entry);
    play(party_number, me);
    with(|stage| {
        let value = stage.send(party_number, "suspend value");
        stage.returns(party_number);
        value
    })
}

fn play(me: u16, handle: *mut Co) -> Flow {
    loop {
        match with(|stage| stage.next(me)) {
            None | Some(Op::Return) => return Flow::Return,
            Some(Op::Ascend) => return Flow::Ascend,
            Some(Op::Create(party)) => create(me, party),
            Some(Op::Resume(party)) => resume(me, party),
            Some(Op::Transfer(party)) => transfer(me, handle, party),
            Some(Op::Suspend) => suspend(me, handle),
            Some(Op::Descend) => {
                if descend(me, handle) == Flow::Return {
                    return Flow::Return;
                }
            }
            Some(Op::Skip) => {}
        }
    }
}

fn create(me: u16, party: u16) {
    with(|stage| {
        let target = word(stage.subject.create as *const c_void);
        let body = word(bracket::entry(party.into()) as *const c_void);
        stage.prepare(me, target, &[stage.stack_bytes() as u64, body]);
    });
    // SAFETY: the site is filled in for `create(stack_bytes, body)`.
    unsafe { bracket::call(me.into()) };
    with(|stage| {
        let handle = stage.register(&site(me).seen, "rax") as usize as *mut Co;
        match NonNull::new(handle) {
            Some(handle) => stage.created(me, party, handle),
            None => stage.fail("create returned a null pointer: out of resources"),
        }
    });
    ask_whether_done(Event::First);
}

fn resume(me: u16, party: u16) {
    let first = with(|stage| {
        let target = word(stage.subject.resume as *const c_void);
        let state = &stage.parties[usize::from(party)];
        let (handle, first) = (state.handle, state.is_new());
        let handle = handle.map_or(0, |handle| word(handle.as_ptr()));
        let value = stage.send(me, "resume value");
        stage.prepare(me, target, &[handle, value]);
        stage.resumes(me, party);
        first
    });
    // SAFETY: the site is filled in for `resume(co, value)`, and the tape resumes
    // only what is suspended.
    unsafe { bracket::call(me.into()) };
    let event = with(|stage| {
        stage.arrives(me);
        let event = match stage.was_left() {
            true => Event::Finished,
            false if first => Event::First,
            false => Event::Resumed,
        };
        stage.look(me, event);
        stage.receive(me, "suspend value", event, stage.register(&site(me).seen, "rax"));
        event
    });
    ask_whether_done(event);
}

fn suspend(me: u16, handle: *mut Co) {
    with(|stage| {
        let target = word(stage.subject.suspend as *const c_void);
        let value = stage.send(me, "suspend value");
        stage.prepare(me, target, &[word(handle), value]);
        stage.suspends(me);
    });
    // SAFETY: the site is filled in for `suspend(self, value)`, on the coroutine.
    unsafe { bracket::call(me.into()) };
    awakes(me);
}

fn transfer(me: u16, handle: *mut Co, party: u16) {
    with(|stage| {
        let Some(transfer) = stage.subject.transfer else {
            stage.fail("the adapter's `transfer` is a null pointer")
        };
        let to = stage.parties[usize::from(party)].handle;
        let to = to.map_or(0, |to| word(to.as_ptr()));
        let value = stage.send(me, "resume value");
        let target = word(transfer as *const c_void);
        stage.prepare(me, target, &[word(handle), to, value]);
        stage.transfers(me, party);
    });
    // SAFETY: the site is filled in for `transfer(self, to, value)`, on the
    // coroutine, and the tape transfers only to what is suspended or new.
    unsafe { bracket::call(me.into()) };
    awakes(me);
}

/// A suspend or a transfer has come back.
fn awakes(me: u16) {
    with(|stage| {
        stage.arrives(me);
        stage.look(me, Event::Suspended);
        let value = stage.register(&site(me).seen, "rax");
        stage.receive(me, "resume value", Event::Suspended, value);
    });
    ask_whether_done(Event::Suspended);
}

/// Plays on from one frame deeper, and looks at the frame when it is left.
#[inline(never)]
fn descend(me: u16, handle: *mut Co) -> Flow {
    let step = with(|stage| stage.step());
    let mut words: [u64; FRAME_WORDS] = core::array::from_fn(|place| frame_word(me, step, place));
    black_box(&mut words);
    let flow = play(me, handle);
    with(|stage| stage.look_at_frame(me, step, black_box(&words)));
    flow
}

/// Asks `done` of every coroutine that is not running, where the probe wants to
/// know.
fn ask_whether_done(event: Event) {
    if !with(|stage| stage.asks_whether_done()) {
        return;
    }
    let done = with(|stage| stage.subject.done);
    for party in 1..unscathed_catalogue::frame::PARTIES {
        let Some(handle) = with(|stage| stage.parties[party].at_rest()) else {
            continue;
        };
        // SAFETY: a live handle of this subject.
        let done = unsafe { done(handle.as_ptr()) } != 0;
        with(|stage| stage.told_done(party as u16, event, done));
    }
}
