//! What a deadly signal leaves behind: its number, address and registers.
//!
//! The subject may install handlers of its own, or destroy this one. The parent
//! sees the death anyway; only the registers are lost then.

use core::arch::asm;
use core::ffi::{c_int, c_void};
use core::mem::zeroed;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

use unscathed_catalogue::record::{CRASH_WORDS, at};

use crate::shared::Shared;

static SHARED: AtomicPtr<Shared> = AtomicPtr::new(ptr::null_mut());

const SIGNALS: [c_int; 7] = [
    libc::SIGSEGV,
    libc::SIGBUS,
    libc::SIGILL,
    libc::SIGFPE,
    libc::SIGABRT,
    libc::SIGTRAP,
    libc::SIGSYS,
];

/// Bytes of the signal stack: vector registers take most of a frame.
const STACK: usize = 64 << 10;

/// Who handled each signal before us, where that is asked; null: nobody.
static BEFORE: [AtomicPtr<libc::sigaction>; SIGNALS.len()] =
    [const { AtomicPtr::new(ptr::null_mut()) }; _];

/// Installs the handlers, on a stack of their own. Nobody else is asked.
#[cfg(feature = "native")]
pub(crate) fn watch(shared: Shared) {
    SHARED.store(Box::into_raw(Box::new(shared)), Ordering::Release);
    watch_thread();
    for signal in SIGNALS {
        install(signal);
    }
}

/// The same in a process of somebody else's: this thread keeps the signal stack
/// that it has, and whoever handled a signal before handles it after us.
pub(crate) fn watch_as_guest(shared: Shared) {
    let first = SHARED.swap(Box::into_raw(Box::new(shared)), Ordering::AcqRel).is_null();
    if !first {
        return;
    }
    if !has_signal_stack() {
        watch_thread();
    }
    for (signal, before) in SIGNALS.into_iter().zip(&BEFORE) {
        before.store(Box::into_raw(Box::new(install(signal))), Ordering::Release);
    }
}

/// Installs the handler of one signal, and gives the one before.
fn install(signal: c_int) -> libc::sigaction {
    // SAFETY: all-zero is a valid action without flags.
    let mut action: libc::sigaction = unsafe { zeroed() };
    action.sa_sigaction = note as *const () as usize;
    // Once: the second time is the default, which ends the process.
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESETHAND;
    // SAFETY: as above.
    let mut before: libc::sigaction = unsafe { zeroed() };
    // SAFETY: `note` keeps to what a handler may do.
    unsafe { libc::sigaction(signal, &raw const action, &raw mut before) };
    before
}

fn has_signal_stack() -> bool {
    // SAFETY: all-zero is a valid description of no stack.
    let mut stack: libc::stack_t = unsafe { zeroed() };
    // SAFETY: only asks.
    unsafe { libc::sigaltstack(ptr::null(), &raw mut stack) };
    stack.ss_flags & libc::SS_DISABLE == 0 && stack.ss_size > 0
}

/// Gives this thread a stack for the handlers, which are the process's.
pub(crate) fn watch_thread() {
    let stack = Box::leak(vec![0_u8; STACK].into_boxed_slice());
    let stack =
        libc::stack_t { ss_sp: stack.as_mut_ptr().cast(), ss_flags: 0, ss_size: stack.len() };
    // SAFETY: the stack lives as long as the process.
    unsafe { libc::sigaltstack(&raw const stack, ptr::null_mut()) };
}

/// Writes down what there is. It uses no thread-local and no lock: the thread
/// pointer may be what was lost.
unsafe extern "C" fn note(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // The alignment-check flag survives into handlers.
    // SAFETY: pushes and pops one word.
    unsafe { asm!("push 2", "popfq") };
    // SAFETY: set before the handler was installed.
    let shared = unsafe { *SHARED.load(Ordering::Acquire) };
    // SAFETY: the kernel passes it.
    let info = unsafe { &*info };
    // SAFETY: as above.
    let context = unsafe { &*context.cast::<libc::ucontext_t>() };
    let registers = &context.uc_mcontext.gregs;
    const ORDER: [c_int; CRASH_WORDS] = [
        libc::REG_RIP,
        libc::REG_RSP,
        libc::REG_RBP,
        libc::REG_RAX,
        libc::REG_RBX,
        libc::REG_RCX,
        libc::REG_RDX,
        libc::REG_RSI,
        libc::REG_RDI,
        libc::REG_R8,
        libc::REG_R9,
        libc::REG_R10,
        libc::REG_R11,
        libc::REG_R12,
        libc::REG_R13,
        libc::REG_R14,
        libc::REG_R15,
    ];
    for (place, register) in ORDER.into_iter().enumerate() {
        shared.set(at::CRASH_REGISTERS + place, registers[register as usize] as u64);
    }
    shared.set(at::CRASH_CODE, info.si_code as u64);
    // SAFETY: every signal watched here has an address, or zero.
    shared.set(at::CRASH_ADDRESS, unsafe { info.si_addr() } as u64);
    shared.set(at::CRASH_SIGNAL, signal as u64);
    // SAFETY: asks for a number.
    let own = unsafe { libc::getpid() };
    let watched = SIGNALS.iter().position(|watched| *watched == signal);
    let before = watched.map_or(ptr::null_mut(), |at| BEFORE[at].load(Ordering::Acquire));
    if !before.is_null() {
        // SAFETY: what the kernel gave for this signal, never freed.
        unsafe { libc::sigaction(signal, before, ptr::null_mut()) };
        // To this thread: whoever comes next may want to tell where it was.
        // SAFETY: asks for a number.
        let thread = unsafe { libc::syscall(libc::SYS_gettid) };
        // SAFETY: it comes when we return.
        unsafe { libc::syscall(libc::SYS_tgkill, own, thread, signal) };
        return;
    }
    // A fault would come again when we return. A breakpoint would not, and neither
    // would a signal that somebody sent: they must not be survived either.
    // SAFETY: the action is the default one now, and comes when we return.
    unsafe { libc::kill(own, signal) };
}
