//! Signals that arrive during switches: a timer goes off at random instants, and
//! its handler writes wherever a handler may.
//!
//! A look is one arrival inside a switch and what was found when that switch came
//! back. Without a single one nothing was shown, and the experiment has failed.

use core::arch::{asm, naked_asm};
use core::cell::Cell;
use core::ffi::{c_int, c_void};
use core::hint::black_box;
use core::mem::zeroed;
use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering::Relaxed};

use unscathed_catalogue::Event;
use unscathed_catalogue::threads::Disturbed;
use unscathed_core::subject::Co;

use crate::scene::Scene;

/// Switches that are made at least, if fewer arrivals come along.
const SWITCHES: u64 = 1_000_000;
/// Arrivals inside a switch that are enough before.
const ENOUGH: u64 = 800;
/// Switches after which arrivals are no longer waited for.
const LIMIT: u64 = 20 * SWITCHES;
/// Switches without signals, for comparison.
const CALM: u64 = 2_000;
/// Switches of one coroutine. Then comes the next.
const LIFE: u64 = 100_000;

const STACK_BYTES: usize = 256 << 10;
/// Stack words that a party keeps next to its switches.
const LOCALS: usize = 8;
/// Words that the handler overwrites, below all that the kernel does.
const BELOW: usize = 512;
/// The least and the spread of the pauses between signals, in nanoseconds: shorter
/// ones cost more than they find, since a signal takes as long itself.
const PAUSE: [u64; 2] = [4_000, 36_000];
/// Words with which everybody runs, so that it does not matter who keeps them:
/// tiny numbers are zero, the x87 unit rounds to double.
const MXCSR: u32 = 0x9fc0;
const X87: u16 = 0x027f;
/// The bits of both words that belong to anybody.
const CONTROL: [u32; 2] = [0xffc0, 0x0f3f];
/// Tells a coroutine that its life is over.
const OVER: u64 = u64::MAX;

/// Set right before a call into the subject, cleared by whoever runs next.
static SWITCHING: AtomicU32 = AtomicU32::new(0);
/// Signals that arrived while it was set.
static INSIDE: AtomicU64 = AtomicU64::new(0);
static TIMER: AtomicPtr<c_void> = AtomicPtr::new(ptr::null_mut());
static RANDOM: AtomicU64 = AtomicU64::new(0);

struct Play {
    scene: Scene,
    switches: Cell<u64>,
    /// What differs although no signal comes.
    calm: Cell<bool>,
}

static PLAY: AtomicPtr<Play> = AtomicPtr::new(ptr::null_mut());

fn with() -> &'static Play {
    // SAFETY: set before anything is created, and never freed; one party runs at a
    // time, on one thread, and no handler looks at it.
    unsafe { &*PLAY.load(Relaxed) }
}

pub(super) fn play(scene: Scene) {
    let play = Play { scene, switches: Cell::new(0), calm: Cell::new(true) };
    PLAY.store(Box::into_raw(Box::new(play)), Relaxed);
    set_control();
    live(|| with().switches.get() < CALM);
    with().switches.set(0);
    with().calm.set(false);
    start(scene);
    while wanting() {
        live(|| wanting() && !with().switches.get().is_multiple_of(LIFE));
    }
    stop();
    if INSIDE.load(Relaxed) == 0 {
        scene.fail(&format!("no signal arrived inside any of {LIMIT} switches"));
    }
}

/// Whether more must be tried.
fn wanting() -> bool {
    let (switches, inside) = (with().switches.get(), INSIDE.load(Relaxed));
    switches < SWITCHES && inside < ENOUGH || inside == 0 && switches < LIMIT
}

/// The life of one coroutine, from its creation to its end.
fn live(goes_on: impl Fn() -> bool) {
    let scene = with().scene;
    let co = scene.create(STACK_BYTES, body);
    let mut locals = canaries(0);
    let mut count = 0;
    loop {
        let told = if goes_on() { count } else { OVER };
        let resume = scene.subject.resume;
        let answer = cross(0, resume, co.as_ptr(), told, black_box(&mut locals), Event::Resumed);
        if told == OVER {
            break;
        }
        compare(answer == !count, Disturbed::Value, 0, Event::Resumed);
        count += 1;
    }
    // SAFETY: its body has returned.
    unsafe { scene.destroy(co) };
}

unsafe extern "C-unwind" fn body(me: *mut Co, first: *mut c_void) -> *mut c_void {
    SWITCHING.store(0, Relaxed);
    set_control();
    let suspend = with().scene.subject.suspend;
    let mut locals = canaries(1);
    let mut told = first.addr() as u64;
    let mut count = 0;
    while told != OVER {
        compare(told == count, Disturbed::Value, 1, Event::Suspended);
        told = cross(1, suspend, me, !count, black_box(&mut locals), Event::Suspended);
        count += 1;
    }
    ptr::null_mut()
}

/// One switch there and back, and a look at it if a signal arrived meanwhile.
fn cross(
    party: u16,
    target: Switch,
    co: *mut Co,
    value: u64,
    locals: &mut [u64; LOCALS],
    event: Event,
) -> u64 {
    let play = with();
    let before = INSIDE.load(Relaxed);
    let mut found = Found::default();
    let base = canaries(party)[0];
    play.switches.set(play.switches.get() + 1);
    // SAFETY: the other side is ready to run.
    let value = unsafe { guarded(target, co, value, &raw mut found, base) };
    let kept = (1..).zip(found.registers).all(|(place, word)| word == base.wrapping_add(place));
    compare(kept, Disturbed::Register, party, event);
    let mxcsr = (found.mxcsr ^ MXCSR) & CONTROL[0];
    let x87 = u32::from(found.x87 ^ X87) & CONTROL[1];
    compare(mxcsr | x87 == 0, Disturbed::Control, party, event);
    compare(*locals == canaries(party), Disturbed::Local, party, event);
    if INSIDE.load(Relaxed) != before {
        look(Disturbed::Nothing, party, event);
    }
    value
}

/// What a party keeps on its stack.
fn canaries(party: u16) -> [u64; LOCALS] {
    core::array::from_fn(|place| {
        0x5ca7_0000_0000_0000 | u64::from(party) << 32 | (place as u64) << 8
    })
}

/// Where something did not come back, the experiment ends. What is lost without any
/// signal is another probe's business.
fn compare(same: bool, otherwise: Disturbed, party: u16, event: Event) {
    if same {
        return;
    }
    let scene = with().scene;
    if with().calm.get() {
        let lost = otherwise.words();
        scene.skip(&format!("{lost} even where no signal arrives: other probes show it"));
    }
    stop();
    look(otherwise, party, event);
    scene.finish()
}

fn look(what: Disturbed, party: u16, event: Event) {
    let scene = with().scene;
    let step = with().switches.get();
    scene.step(step);
    scene.expect("signal.switch", party, step as u16, event, what as u64);
}

type Switch = unsafe extern "C-unwind" fn(*mut Co, *mut c_void) -> *mut c_void;

/// What a call into the subject left.
#[derive(Default)]
#[repr(C)]
struct Found {
    /// rbx, rbp and r12 to r15.
    registers: [u64; 6],
    mxcsr: u32,
    x87: u16,
}

/// Calls `target(co, value)` with `base` and the numbers after it in the registers
/// that a call must keep, and stores what became of them.
#[unsafe(naked)]
unsafe extern "C-unwind" fn guarded(
    target: Switch,
    co: *mut Co,
    value: u64,
    found: *mut Found,
    base: u64,
) -> u64 {
    naked_asm!(
        ".cfi_startproc",
        "push rbx",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset rbx, 0",
        "push rbp",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset rbp, 0",
        "push r12",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset r12, 0",
        "push r13",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset r13, 0",
        "push r14",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset r14, 0",
        "push r15",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset r15, 0",
        "push rcx",
        ".cfi_adjust_cfa_offset 8",
        "mov rax, rdi",
        "mov rdi, rsi",
        "mov rsi, rdx",
        "lea rbx, [r8 + 1]",
        "lea rbp, [r8 + 2]",
        "lea r12, [r8 + 3]",
        "lea r13, [r8 + 4]",
        "lea r14, [r8 + 5]",
        "lea r15, [r8 + 6]",
        "mov dword ptr [rip + {switching}], 1",
        "call rax",
        "mov dword ptr [rip + {switching}], 0",
        "pop rcx",
        ".cfi_adjust_cfa_offset -8",
        "mov [rcx], rbx",
        "mov [rcx + 8], rbp",
        "mov [rcx + 16], r12",
        "mov [rcx + 24], r13",
        "mov [rcx + 32], r14",
        "mov [rcx + 40], r15",
        "stmxcsr [rcx + 48]",
        "fnstcw [rcx + 52]",
        "pop r15",
        ".cfi_adjust_cfa_offset -8",
        ".cfi_restore r15",
        "pop r14",
        ".cfi_adjust_cfa_offset -8",
        ".cfi_restore r14",
        "pop r13",
        ".cfi_adjust_cfa_offset -8",
        ".cfi_restore r13",
        "pop r12",
        ".cfi_adjust_cfa_offset -8",
        ".cfi_restore r12",
        "pop rbp",
        ".cfi_adjust_cfa_offset -8",
        ".cfi_restore rbp",
        "pop rbx",
        ".cfi_adjust_cfa_offset -8",
        ".cfi_restore rbx",
        "ret",
        ".cfi_endproc",
        switching = sym SWITCHING,
    )
}

fn set_control() {
    let (mxcsr, x87) = (MXCSR, X87);
    // SAFETY: no arithmetic here depends on these words.
    unsafe { asm!("ldmxcsr [{}]", "fldcw [{}]", in(reg) &mxcsr, in(reg) &x87) };
}

/// Has signals come, on the normal or on the alternate stack as the probe asks.
fn start(scene: Scene) {
    RANDOM.store(scene.seed.wrapping_mul(2) | 1, Relaxed);
    // SAFETY: all-zero is a valid action without flags.
    let mut action: libc::sigaction = unsafe { zeroed() };
    action.sa_sigaction = strike as *const () as usize;
    // The alternate stack is the one that waits for crashes.
    let stack = if scene.probe() == "signal.alternate" { libc::SA_ONSTACK } else { 0 };
    action.sa_flags = libc::SA_RESTART | stack;
    // SAFETY: `strike` keeps to what a handler may do.
    unsafe { libc::sigaction(libc::SIGALRM, &raw const action, ptr::null_mut()) };
    // SAFETY: all-zero is a valid event; the rest is filled in.
    let mut event: libc::sigevent = unsafe { zeroed() };
    event.sigev_notify = libc::SIGEV_THREAD_ID;
    event.sigev_signo = libc::SIGALRM;
    // SAFETY: asks for a number.
    event.sigev_notify_thread_id = unsafe { libc::gettid() };
    let mut timer: libc::timer_t = ptr::null_mut();
    // SAFETY: fills in `timer`.
    let made = unsafe { libc::timer_create(libc::CLOCK_MONOTONIC, &raw mut event, &raw mut timer) };
    if made != 0 {
        scene.skip("the system gives no timer that signals a thread");
    }
    TIMER.store(timer, Relaxed);
    arm();
}

/// No signal comes any more.
fn stop() {
    // SAFETY: ours. A last signal may still be on its way; it cannot arm what is gone.
    unsafe { libc::timer_delete(TIMER.load(Relaxed)) };
}

/// The next signal, after a random pause.
fn arm() {
    let mut random = RANDOM.load(Relaxed);
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    RANDOM.store(random, Relaxed);
    let pause = PAUSE[0] + random % PAUSE[1];
    let none = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    let value = libc::timespec { tv_sec: 0, tv_nsec: pause as i64 };
    let pause = libc::itimerspec { it_interval: none, it_value: value };
    // SAFETY: our timer, which a handler may set too.
    unsafe { libc::timer_settime(TIMER.load(Relaxed), 0, &raw const pause, ptr::null_mut()) };
}

/// Writes over all that a handler may: the stack from the red zone down, the
/// registers and the flags.
extern "C" fn strike(_: c_int) {
    if SWITCHING.load(Relaxed) != 0 {
        INSIDE.fetch_add(1, Relaxed);
    }
    arm();
    let mut below = [0_u64; BELOW];
    black_box(&mut below).fill(0x5151_5151_5151_5151);
    black_box(&below);
    let mxcsr = 0x7f80_u32;
    // SAFETY: the kernel brings everything back; no arithmetic comes after it.
    unsafe {
        asm!(
            "ldmxcsr [{}]",
            "fninit",
            "pcmpeqd xmm0, xmm0", "pcmpeqd xmm1, xmm1", "pcmpeqd xmm2, xmm2", "pcmpeqd xmm3, xmm3",
            "pcmpeqd xmm4, xmm4", "pcmpeqd xmm5, xmm5", "pcmpeqd xmm6, xmm6", "pcmpeqd xmm7, xmm7",
            "pcmpeqd xmm8, xmm8", "pcmpeqd xmm9, xmm9", "pcmpeqd xmm10, xmm10", "pcmpeqd xmm11, xmm11",
            "pcmpeqd xmm12, xmm12", "pcmpeqd xmm13, xmm13", "pcmpeqd xmm14, xmm14", "pcmpeqd xmm15, xmm15",
            "xor eax, eax", "lea rcx, [rax - 1]", "mov rdx, rcx", "mov rsi, rcx", "mov rdi, rcx",
            "mov r8, rcx", "mov r9, rcx", "mov r10, rcx", "mov r11, rcx", "add rcx, rcx",
            in(reg) &mxcsr,
            clobber_abi("C"),
        );
    };
}
