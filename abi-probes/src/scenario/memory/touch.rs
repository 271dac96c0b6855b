//! Writes to the stack below the caller, down to a limit or to the first fault.
//!
//! The stack pointer goes down as it does in frames, and what is written lies above
//! it. A fault is no death: the handler, on the alternate stack, notes the address
//! and lets the routine return.

use core::arch::global_asm;
use core::ffi::{c_int, c_void};
use core::mem::zeroed;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

global_asm!(
    ".balign 16",
    // rdi: the lowest address; rsi: bytes of a frame; rdx: the word to write.
    "unscathed_touch:",
    "mov rcx, rsp",
    "xor eax, eax",
    "unscathed_touch_begin:",
    "2:",
    "sub rsp, rsi",
    "cmp rsp, rdi",
    "jb unscathed_touch_end",
    "mov [rsp], rdx",
    "jmp 2b",
    "unscathed_touch_end:",
    "mov rsp, rcx",
    "ret",
);

unsafe extern "C" {
    fn unscathed_touch(lowest: usize, frame: usize, word: u64) -> usize;
    static unscathed_touch_begin: u8;
    static unscathed_touch_end: u8;
}

/// What was installed before, for faults that are none of ours.
static BEFORE: AtomicPtr<libc::sigaction> = AtomicPtr::new(ptr::null_mut());

/// Has faults of [`down_to`] come back from it. The alternate stack is there: that
/// of the handler for crashes. Libraries that have a handler of their own install it
/// when they create a coroutine, and are asked here for the fault itself.
pub(in super::super) fn catch_faults() {
    // SAFETY: all-zero is an action without flags.
    let before = Box::leak(Box::new(unsafe { zeroed::<libc::sigaction>() }));
    // SAFETY: as above.
    let mut action: libc::sigaction = unsafe { zeroed() };
    action.sa_sigaction = land as *const () as usize;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
    BEFORE.store(before, Ordering::Release);
    // SAFETY: both actions are whole, and `land` keeps to what a handler may do.
    unsafe { libc::sigaction(libc::SIGSEGV, &raw const action, before) };
    // SAFETY: as above; both signals have had the same action.
    unsafe { libc::sigaction(libc::SIGBUS, &raw const action, ptr::null_mut()) };
}

/// Writes one word in each frame of this size, as far as `lowest`. The address of
/// the fault that ended it, if one did.
///
/// # Safety
///
/// Nothing between here and `lowest` is needed, or a fault comes first;
/// [`catch_faults`] has been called.
#[inline(never)]
pub(in super::super) unsafe fn down_to(lowest: usize, frame: usize, word: u64) -> Option<usize> {
    // SAFETY: the caller vouches.
    let fault = unsafe { unscathed_touch(lowest, frame, word) };
    Some(fault).filter(|&fault| fault != 0)
}

unsafe extern "C" fn land(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel passes it.
    let context = unsafe { &mut *context.cast::<libc::ucontext_t>() };
    let registers = &mut context.uc_mcontext.gregs;
    let ours = (&raw const unscathed_touch_begin).addr()..(&raw const unscathed_touch_end).addr();
    if ours.contains(&(registers[libc::REG_RIP as usize] as usize)) {
        // SAFETY: the kernel passes it.
        let info = unsafe { &*info };
        // SAFETY: both signals have an address.
        registers[libc::REG_RAX as usize] = unsafe { info.si_addr() }.addr() as i64;
        registers[libc::REG_RIP as usize] = ours.end as i64;
    } else {
        // It comes again when this returns, and meets who was there before.
        // SAFETY: set before this handler was installed.
        unsafe { libc::sigaction(signal, BEFORE.load(Ordering::Acquire), ptr::null_mut()) };
    }
}
