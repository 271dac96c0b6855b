//! Plays a schedule: whoever runs takes the next turn.
//!
//! No reference into a coroutine's stack outlives a switch: on a stack that many
//! share, somebody else's frames are there meanwhile.

use core::ffi::c_void;
use core::hint::black_box;
use core::ptr;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any, resume_unwind};

use unscathed_core::subject::Co;

use super::cross::cross;
use super::stage::{Site, Stage};
use super::{STACK_BYTES, control, thread};
use crate::model::{Act, MAIN};
use crate::schedule::Schedule;
use crate::step::CELLS;

/// What a schedule raises, with its payload.
pub(crate) struct Raised(pub(super) u64);

/// How a frame was left.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Leave,
    Return,
}

/// Who runs here.
#[derive(Clone, Copy)]
struct Me {
    stage: *mut Stage,
    party: u8,
    co: *mut Co,
}

impl Me {
    /// A moment with the stage. The subject switches in none of them, so no reference
    /// lives across a switch.
    #[inline]
    fn with<R>(self, moment: impl FnOnce(&mut Stage) -> R) -> R {
        // SAFETY: the runner keeps it, and one party runs at a time.
        moment(unsafe { &mut *self.stage })
    }
}

/// Plays a schedule to its end, or to the first divergence.
///
/// # Safety
///
/// The stage is alive and nobody else's, and its functions are a subject's.
pub(super) unsafe fn run(stage: *mut Stage, schedule: &Schedule) {
    let me = Me { stage, party: MAIN, co: ptr::null_mut() };
    me.with(|stage| stage.play.begin(schedule));
    thread::set_stage(stage);
    control::set(0);
    loop {
        let ended = catch_unwind(AssertUnwindSafe(|| play(me, 0)));
        match ended.map_err(payload) {
            Ok(_) => break,
            Err(Ok(payload)) => me.with(|stage| stage.catches(MAIN, payload)),
            Err(Err(_)) => me.with(|stage| stage.stranger(MAIN)),
        }
        if me.with(|stage| stage.is_over()) {
            break;
        }
    }
    control::set(0);
    if me.with(|stage| stage.is_over()) {
        return;
    }
    let destroy = me.with(|stage| stage.functions.destroy);
    while let Some(party) = me.with(|stage| stage.play.model.take_left_over()) {
        let handle = me.with(|stage| stage.destroys(party));
        // SAFETY: it has finished, and is not used again.
        unsafe { destroy(handle) };
        me.with(|stage| stage.destroyed(MAIN, Act::End, None));
    }
}

/// The number that a panic carries, or what else it is.
fn payload(panic: Box<dyn Any + Send>) -> Result<u64, Box<dyn Any + Send>> {
    panic.downcast::<Raised>().map(|raised| raised.0)
}

/// The body of every coroutine.
unsafe extern "C-unwind" fn body(co: *mut Co, first: *mut c_void) -> *mut c_void {
    let stage = thread::stage();
    // SAFETY: set by the thread that plays, which waits for this one.
    let begun = unsafe { &mut *stage }.begins(co, first);
    let Some(party) = begun else {
        return ptr::null_mut();
    };
    let me = Me { stage, party, co };
    raise_what_was_thrown(me);
    play(me, 0);
    me.with(|stage| word(stage.play.model.passed.value))
}

fn word(value: u64) -> *mut c_void {
    ptr::without_provenance_mut(value as usize)
}

/// Takes turns until the frame is left.
fn play(me: Me, depth: usize) -> Flow {
    let mut cells = [0u64; CELLS];
    loop {
        let Some(act) = me.with(|stage| stage.turn(me.party, depth)) else {
            return Flow::Return;
        };
        let flow = match act {
            Act::Leave => return Flow::Leave,
            Act::Finish | Act::End => return Flow::Return,
            Act::Raise { payload, hook: false } => resume_unwind(Box::new(Raised(payload))),
            Act::Raise { payload, hook: true } => panic_any(Raised(payload)),
            Act::Resume { to, value, abroad, .. } => resume(me, to, value, abroad),
            Act::Suspend { value } => suspend(me, value),
            Act::Transfer { to, value } => transfer(me, to, value),
            Act::Create(party) => create(me, party),
            Act::Destroy { party, .. } => destroy(me, party, act),
            Act::Try => attempt(me, depth + 1),
            Act::Guard => guard(me, depth + 1),
            Act::Deep(calls) => descend(me, depth + 1, calls, frame_word(me)),
            Act::Frame(kib) => big(me, depth + 1, kib),
            Act::Control(words) => {
                control::set(words);
                Flow::Leave
            }
            Act::Plant { cell, value } => {
                // SAFETY: a word of this frame; the compiler is not to know its value.
                unsafe { ptr::write_volatile(&raw mut cells[usize::from(cell)], value) };
                Flow::Leave
            }
            Act::Check { cell, value } => {
                // SAFETY: as above.
                let found = unsafe { ptr::read_volatile(&raw const cells[usize::from(cell)]) };
                me.with(|stage| stage.checks(me.party, value, found));
                Flow::Leave
            }
            // What only an interpreter has.
            Act::Collect | Act::SetVar(_) | Act::Trace(_) | Act::Walk | Act::Traceback => {
                Flow::Leave
            }
            Act::Nothing => Flow::Leave,
        };
        if flow == Flow::Return {
            return Flow::Return;
        }
    }
}

fn create(me: Me, party: u8) -> Flow {
    let create = me.with(|stage| stage.functions.create);
    // SAFETY: the body is fit for any subject.
    let handle = unsafe { create(STACK_BYTES, body) };
    me.with(|stage| stage.created(me.party, party, handle));
    Flow::Leave
}

/// Calls a function of the subject with canaries in the registers.
///
/// # Safety
///
/// The function takes these words, and may be called with them here.
#[inline]
unsafe fn call(function: *const c_void, words: [*mut c_void; 3], site: *mut Site) -> *mut c_void {
    let [a, b, c] = words;
    // SAFETY: the stage's, which outlives the call.
    let key = unsafe { (*site).key };
    // SAFETY: as above.
    let found = unsafe { &raw mut (*site).found };
    // SAFETY: the caller vouches for the call.
    unsafe { cross(function, a, b, c, key, found) }
}

fn resume(me: Me, to: u8, value: u64, abroad: bool) -> Flow {
    let (resume, (handle, site)) =
        me.with(|stage| (stage.functions.resume, stage.depart(me.party, to)));
    let function = resume as *const c_void;
    let words = [handle.cast(), word(value), ptr::null_mut()];
    let value = if abroad {
        let helper = me.with(Stage::helper);
        // SAFETY: as below, on the other thread; this one waits for it.
        let ended = helper.run(move || unsafe { call(function, words, site) });
        ended.unwrap_or_else(|payload| resume_unwind(payload))
    } else {
        // SAFETY: `resume(co, value)`; the model resumes only what is suspended or new.
        unsafe { call(function, words, site) }
    };
    me.with(|stage| stage.comes_back(me.party, value));
    Flow::Leave
}

fn suspend(me: Me, value: u64) -> Flow {
    let (suspend, (_, site)) =
        me.with(|stage| (stage.functions.suspend, stage.depart(me.party, me.party)));
    let words = [me.co.cast(), word(value), ptr::null_mut()];
    // SAFETY: `suspend(self, value)`, on the coroutine.
    let value = unsafe { call(suspend as *const c_void, words, site) };
    me.with(|stage| stage.awakes(me.party, value));
    raise_what_was_thrown(me);
    Flow::Leave
}

fn transfer(me: Me, to: u8, value: u64) -> Flow {
    let (transfer, (handle, site)) =
        me.with(|stage| (stage.functions.transfer, stage.depart(me.party, to)));
    let Some(transfer) = transfer else {
        return Flow::Leave;
    };
    let words = [me.co.cast(), handle.cast(), word(value)];
    // SAFETY: `transfer(self, to, value)`, on the coroutine, to one that is suspended
    // or new.
    let value = unsafe { call(transfer as *const c_void, words, site) };
    me.with(|stage| stage.awakes(me.party, value));
    raise_what_was_thrown(me);
    Flow::Leave
}

#[inline]
fn raise_what_was_thrown(me: Me) {
    if let Some(payload) = me.with(|stage| stage.raise()) {
        resume_unwind(Box::new(Raised(payload)));
    }
}

fn destroy(me: Me, party: u8, act: Act) -> Flow {
    let destroy = me.with(|stage| stage.functions.destroy);
    let handle = me.with(|stage| stage.destroys(party));
    // SAFETY: the model destroys only what the contract lets it.
    let ended = catch_unwind(AssertUnwindSafe(|| unsafe { destroy(handle) }));
    let escaped = ended.map_err(payload).err();
    me.with(|stage| stage.destroyed(me.party, act, escaped.map(Result::ok)));
    Flow::Leave
}

/// A block that catches, and then is a handler.
#[inline(never)]
fn attempt(me: Me, depth: usize) -> Flow {
    let panic = match catch_unwind(AssertUnwindSafe(|| play(me, depth))) {
        Ok(flow) => return flow,
        Err(panic) => panic,
    };
    match payload(panic) {
        // The subject's own, with which it unwinds what it destroys.
        Err(panic) => resume_unwind(panic),
        Ok(_) if me.with(|stage| stage.is_leaving(me.party)) => Flow::Return,
        Ok(payload) => {
            me.with(|stage| stage.catches(me.party, payload));
            play(me, depth)
        }
    }
}

/// A block with a cleanup, which runs however the block is left.
#[inline(never)]
fn guard(me: Me, depth: usize) -> Flow {
    let _cleanup = Cleanup { me, depth };
    play(me, depth)
}

struct Cleanup {
    me: Me,
    depth: usize,
}

impl Drop for Cleanup {
    fn drop(&mut self) {
        let Self { me, depth } = *self;
        match me.with(|stage| stage.cleans(me.party, depth)) {
            None => {}
            Some(false) => {
                play(me, depth);
            }
            // Nothing may leave a destructor that runs because of a panic.
            Some(true) => {
                let ended = catch_unwind(AssertUnwindSafe(|| play(me, depth)));
                if let Err(Err(_)) = ended.map_err(payload)
                    && !me.with(|stage| stage.is_leaving(me.party))
                {
                    me.with(|stage| stage.stranger(me.party));
                }
            }
        }
    }
}

fn frame_word(me: Me) -> u64 {
    me.with(|stage| stage.frame(me.party))
}

/// Goes so many calls deeper. Each has a canary, and looks at it when it returns.
#[inline(never)]
fn descend(me: Me, depth: usize, calls: u16, canary: u64) -> Flow {
    let own = canary.wrapping_add(calls.into());
    let word = black_box([own; 4]);
    let flow = match calls {
        0 => play(me, depth),
        _ => descend(me, depth, calls - 1, canary),
    };
    for found in black_box(&word) {
        me.with(|stage| stage.checks(me.party, own, *found));
    }
    flow
}

fn big(me: Me, depth: usize, kib: u16) -> Flow {
    match kib {
        1 => frame::<2>(me, depth),
        2 => frame::<4>(me, depth),
        4 => frame::<8>(me, depth),
        8 => frame::<16>(me, depth),
        16 => frame::<32>(me, depth),
        32 => frame::<64>(me, depth),
        48 => frame::<96>(me, depth),
        _ => frame::<128>(me, depth),
    }
}

/// Words of half a KiB, of which the first one is a canary: a page that is not the
/// frame's own would show.
const WORDS: usize = 64;

#[inline(never)]
fn frame<const HALVES: usize>(me: Me, depth: usize) -> Flow {
    let canary = frame_word(me);
    let mut words = [const { core::mem::MaybeUninit::<[u64; WORDS]>::uninit() }; HALVES];
    for (place, half) in words.iter_mut().enumerate() {
        let first: *mut u64 = half.as_mut_ptr().cast();
        // SAFETY: a word of this frame.
        unsafe { first.write_volatile(canary.wrapping_add(place as u64)) };
    }
    let flow = play(me, depth);
    for (place, half) in words.iter().enumerate() {
        let first: *const u64 = half.as_ptr().cast();
        // SAFETY: as above, and it has been written.
        let found = unsafe { first.read_volatile() };
        me.with(|stage| stage.checks(me.party, canary.wrapping_add(place as u64), found));
    }
    flow
}
