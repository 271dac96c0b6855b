//! Walks over the stack from inside bodies, by the unwinder that panics and
//! exceptions use.
//!
//! Bodies only walk; main looks at what they saw. A walk writes addresses down and
//! nothing else, so that a signal handler may take one.

use core::cell::UnsafeCell;
use core::ffi::{c_int, c_void};
use core::hint::black_box;
use core::mem::zeroed;
use core::ops::Range;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::fs;

use unscathed_catalogue::Event;
use unscathed_catalogue::backtrace::{Backtrace, FRAMES};
use unscathed_core::subject::{Body, Co};

use crate::scene::Scene;

const STACK_BYTES: usize = 256 << 10;
/// Walks that a probe has room for.
const WALKS: usize = 12;
const SIGNAL: c_int = libc::SIGUSR1;

/// What the unwinder says of a walk that came to the end of the stack.
const END_OF_STACK: c_int = 5;
/// What a visitor returns to go on.
const GO_ON: c_int = 0;

type Visit = extern "C" fn(*mut c_void, *mut c_void) -> c_int;

unsafe extern "C" {
    /// Calls `visit` with each frame, from the caller's on.
    fn _Unwind_Backtrace(visit: Visit, data: *mut c_void) -> c_int;
    /// Where a frame goes on.
    fn _Unwind_GetIP(frame: *mut c_void) -> usize;
}

/// One walk.
struct Walk {
    party: u16,
    event: Event,
    frames: [usize; FRAMES],
    count: usize,
    reason: c_int,
}

impl Walk {
    const NONE: Self =
        Self { party: 0, event: Event::Entry, frames: [0; FRAMES], count: 0, reason: 0 };

    #[inline(never)]
    fn go(&mut self) {
        let this: *mut Self = self;
        // SAFETY: the unwinder only reads the stack, and `visit` gets the walk.
        self.reason = unsafe { _Unwind_Backtrace(visit, this.cast()) };
    }

    /// What it came to, given where code is.
    fn found(&self, code: &[Range<usize>]) -> Backtrace {
        let frames = &self.frames[..self.count];
        // A zero is how the unwinder itself shows that there is no caller.
        let frames = frames.strip_suffix(&[0]).unwrap_or(frames);
        // A return address may lie just behind the last instruction of a mapping.
        let in_code = |ip: usize| code.iter().any(|c| c.contains(&ip) || c.contains(&(ip - 1)));
        if frames.iter().any(|&ip| ip == 0 || !in_code(ip)) {
            Backtrace::Strays
        } else if self.count == FRAMES {
            Backtrace::Endless
        } else if self.reason == END_OF_STACK {
            Backtrace::Ends
        } else {
            Backtrace::Broken
        }
    }
}

extern "C" fn visit(frame: *mut c_void, walk: *mut c_void) -> c_int {
    // SAFETY: `Walk::go` passed it, and waits for the unwinder.
    let walk = unsafe { &mut *walk.cast::<Walk>() };
    if walk.count == FRAMES {
        return END_OF_STACK;
    }
    // SAFETY: the unwinder passes the frame that it is at.
    walk.frames[walk.count] = unsafe { _Unwind_GetIP(frame) };
    walk.count += 1;
    GO_ON
}

/// What bodies and the handler reach.
struct Play {
    scene: Scene,
    walks: [UnsafeCell<Walk>; WALKS],
    taken: AtomicUsize,
    told: AtomicUsize,
}

static PLAY: AtomicPtr<Play> = AtomicPtr::new(ptr::null_mut());

fn play() -> &'static Play {
    // SAFETY: set before any body or handler runs, and never freed or moved.
    unsafe { &*PLAY.load(Ordering::Relaxed) }
}

/// Walks from where the caller is.
fn walk(party: u16, event: Event) {
    let play = play();
    let number = play.taken.fetch_add(1, Ordering::Relaxed);
    let Some(walk) = play.walks.get(number) else { return };
    // SAFETY: each walk is taken by one caller, and nobody reads it meanwhile.
    let walk = unsafe { &mut *walk.get() };
    (walk.party, walk.event) = (party, event);
    walk.go();
}

/// Writes down what became of the walks since the last time.
fn tell() {
    let (play, code) = (play(), code());
    if code.is_empty() {
        play.scene.fail("/proc/self/maps cannot be read any more: where code is is not known");
    }
    let taken = play.taken.load(Ordering::Relaxed).min(WALKS);
    for number in play.told.swap(taken, Ordering::Relaxed)..taken {
        // SAFETY: no body runs, so nobody takes a walk.
        let walk = unsafe { &*play.walks[number].get() };
        let found = walk.found(&code) as u64;
        play.scene.expect("unwind.backtrace", walk.party, number as u16, walk.event, found);
        play.scene.step(number as u64 + 1);
    }
}

/// Mappings from which code may run.
fn code() -> Vec<Range<usize>> {
    let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let range = |line: &str| {
        let (range, rest) = line.split_once(' ')?;
        let (start, end) = range.split_once('-')?;
        let address = |digits| usize::from_str_radix(digits, 16).ok();
        (rest.as_bytes().get(2) == Some(&b'x')).then_some(address(start)?..address(end)?)
    };
    maps.lines().filter_map(range).collect()
}

/// Sets the stage, and walks once outside any coroutine: where that does not end,
/// no other walk can be asked to.
fn begin(scene: Scene) {
    let play = Box::new(Play {
        scene,
        walks: [const { UnsafeCell::new(Walk::NONE) }; WALKS],
        taken: AtomicUsize::new(0),
        told: AtomicUsize::new(0),
    });
    PLAY.store(Box::leak(play), Ordering::Relaxed);
    let mut control = Walk::NONE;
    control.go();
    if control.count < 2 || control.found(&code()) != Backtrace::Ends {
        scene.fail("a backtrace outside any coroutine does not end here");
    }
}

/// In a body: at its entry, and whenever it was resumed from another depth.
pub(super) fn body(scene: Scene) {
    unsafe extern "C-unwind" fn body(me: *mut Co, _: *mut c_void) -> *mut c_void {
        walk(1, Event::Entry);
        for _ in 0..4 {
            // SAFETY: this is its body.
            unsafe { play().scene.suspend(me, 0) };
            walk(1, Event::Suspended);
        }
        ptr::null_mut()
    }

    begin(scene);
    let co = scene.create(STACK_BYTES, body);
    for depth in [2, 24, 0, 12, 3] {
        resume_below(depth, co);
        tell();
    }
}

/// Resumes below so many frames, which are gone when the next resume comes.
#[inline(never)]
fn resume_below(frames: usize, co: NonNull<Co>) {
    let frame = black_box([frames; 8]);
    if frames == 0 {
        // SAFETY: suspended or new, and on this thread.
        unsafe { play().scene.resume(co, 0) };
    } else {
        resume_below(frames - 1, co);
    }
    black_box(frame);
}

/// In bodies that were resumed by bodies.
pub(super) fn nested(scene: Scene) {
    /// Walks, and passes control on to the body inside, if there is one.
    fn pass_on(number: u16, inner: Option<Body>, me: *mut Co) {
        if let Some(inner) = inner {
            let scene = play().scene;
            let inner = scene.create(STACK_BYTES, inner);
            // SAFETY: it is new.
            unsafe { scene.resume(inner, 0) };
            walk(number, Event::First);
            // SAFETY: this is the body of `me`.
            unsafe { scene.suspend(me, 0) };
            // SAFETY: the first resume ended in a suspension.
            unsafe { scene.resume(inner, 0) };
            walk(number, Event::Finished);
        } else {
            walk(number, Event::Entry);
            // SAFETY: this is the body of `me`.
            unsafe { play().scene.suspend(me, 0) };
            walk(number, Event::Suspended);
        }
    }
    unsafe extern "C-unwind" fn outer(me: *mut Co, _: *mut c_void) -> *mut c_void {
        pass_on(1, Some(middle), me);
        ptr::null_mut()
    }
    unsafe extern "C-unwind" fn middle(me: *mut Co, _: *mut c_void) -> *mut c_void {
        pass_on(2, Some(innermost), me);
        ptr::null_mut()
    }
    unsafe extern "C-unwind" fn innermost(me: *mut Co, _: *mut c_void) -> *mut c_void {
        pass_on(3, None, me);
        ptr::null_mut()
    }

    begin(scene);
    let co = scene.create(STACK_BYTES, outer);
    for depth in [8, 1] {
        resume_below(depth, co);
        tell();
    }
}

/// In a handler of a signal that a body sends to itself: on the body's stack, then
/// on the alternate one.
pub(super) fn signal(scene: Scene) {
    extern "C" fn handler(_: c_int) {
        walk(1, Event::Suspended);
    }
    unsafe extern "C-unwind" fn body(me: *mut Co, _: *mut c_void) -> *mut c_void {
        for _ in 0..2 {
            raise();
            // SAFETY: this is its body.
            unsafe { play().scene.suspend(me, 0) };
        }
        ptr::null_mut()
    }

    begin(scene);
    unblock();
    let co = scene.create(STACK_BYTES, body);
    for (number, flags) in [0, libc::SA_ONSTACK].into_iter().enumerate() {
        // SAFETY: all-zero is an action without flags.
        let mut action: libc::sigaction = unsafe { zeroed() };
        action.sa_sigaction = handler as *const () as usize;
        action.sa_flags = flags;
        // SAFETY: the handler does nothing but walk.
        unsafe { libc::sigaction(SIGNAL, &raw const action, ptr::null_mut()) };
        resume_below(2, co);
        if play().taken.load(Ordering::Relaxed) <= number {
            scene.fail("the signal did not arrive");
        }
        tell();
    }
}

/// Sends the signal to this thread. It has arrived when this returns.
fn raise() {
    // SAFETY: asks for a number.
    let process = unsafe { libc::getpid() };
    // SAFETY: as above.
    let thread = unsafe { libc::gettid() };
    // SAFETY: a handler is installed.
    unsafe { libc::syscall(libc::SYS_tgkill, process, thread, SIGNAL) };
}

/// Whoever started this process may have blocked the signal.
fn unblock() {
    // SAFETY: all-zero is a set; it is emptied anyway.
    let mut set: libc::sigset_t = unsafe { zeroed() };
    // SAFETY: a set of our own.
    unsafe { libc::sigemptyset(&raw mut set) };
    // SAFETY: as above.
    unsafe { libc::sigaddset(&raw mut set, SIGNAL) };
    // SAFETY: reads the set.
    unsafe { libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const set, ptr::null_mut()) };
}
