//! System V on x86-64.
//!
//! A parked context is nothing but a stack pointer. Above it lies, in the order
//! in which `switch` pushed it:
//!
//! ```text
//!          higher addresses
//!        +---------------------+
//!  0x38  | return address      |  pushed by the call of `switch`
//!  0x30  | rbp                 |
//!  0x28  | rbx                 |
//!  0x20  | r12                 |
//!  0x18  | r13                 |
//!  0x10  | r14                 |
//!  0x08  | r15                 |
//!  0x06  | (two unused bytes)  |
//!  0x04  | x87 control word    |
//!  0x00  | MXCSR               |  <- parked stack pointer
//!        +---------------------+
//!          lower addresses: nothing of ours, a signal may use it at any time
//! ```
//!
//! What is not here need not be: all other registers are the caller's to save,
//! the direction flag is clear and the x87 stack is empty at every call. Both
//! therefore hold when a coroutine is entered for the first time, too.
//!
//! A shadow stack would refuse the `ret` at the end of `switch`. Linux turns one
//! on only for programs whose objects are all marked for it; these are not.

use core::arch::{asm, naked_asm};
use core::ffi::c_void;
use core::mem::offset_of;
use core::ptr;

use super::Launch;

/// The diagram as a type: what `prepare` writes is what `switch` pops.
#[repr(C)]
struct Parked {
    mxcsr: u32,
    x87_control: u16,
    unused: u16,
    r15: usize,
    r14: usize,
    r13: usize,
    r12: *const c_void,
    rbx: Launch,
    rbp: usize,
    continuation: unsafe extern "C" fn() -> !,
}

const _: () = {
    assert!(offset_of!(Parked, mxcsr) == 0x00);
    assert!(offset_of!(Parked, x87_control) == 0x04);
    assert!(offset_of!(Parked, r15) == 0x08);
    assert!(offset_of!(Parked, r14) == 0x10);
    assert!(offset_of!(Parked, r13) == 0x18);
    assert!(offset_of!(Parked, r12) == 0x20);
    assert!(offset_of!(Parked, rbx) == 0x28);
    assert!(offset_of!(Parked, rbp) == 0x30);
    assert!(offset_of!(Parked, continuation) == 0x38);
    // What the root finds when all of it is popped is the top, a multiple of 16,
    // as it has to be at the root's call.
    assert!(size_of::<Parked>() == 0x40);
};

/// Parks the caller at `*save` and goes on from `load`, where `value` is
/// returned.
///
/// # Safety
///
/// `load` is where a context is parked: it came from `prepare`, or from an
/// earlier switch, and nobody has gone on from it since. Its stack is mapped.
/// `save` can be written, and outlives the time for which the caller is parked.
#[unsafe(naked)]
pub unsafe extern "C" fn switch(
    save: *mut *mut u8,  // rdi
    load: *mut u8,       // rsi
    value: *mut c_void,  // rdx
) -> *mut c_void /* rax */ {
    naked_asm!(
        // Each push is told to the unwinder, so that a signal's backtrace is
        // right at every instruction. Offsets count from the caller's frame,
        // and the other context's frame looks the same: the swap of the stack
        // pointer in the middle needs no words of its own.
        ".cfi_startproc",
        "push rbp",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset rbp, 0",
        "push rbx",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset rbx, 0",
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
        "sub rsp, 8",
        ".cfi_adjust_cfa_offset 8",
        // The ABI asks for the control bits of MXCSR only. Its status bits come
        // along for nothing, and so belong to the context that raised them.
        "stmxcsr [rsp]",
        // `fstcw` waits, unlike `fnstcw`: an x87 exception that is unmasked and
        // pending is delivered here, to the context that caused it.
        "fstcw [rsp + 4]",
        "mov [rdi], rsp",
        // What follows runs on the other stack.
        "mov rsp, rsi",
        "ldmxcsr [rsp]",
        "fldcw [rsp + 4]",
        // The x87 status word stays with the thread. A flag that one context
        // raised under its mask must not trap in another that has no such mask.
        "fnstsw ax",
        "test al, al",
        "jns 2f",
        "fnclex",
        "2:",
        "add rsp, 8",
        ".cfi_adjust_cfa_offset -8",
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
        "pop rbx",
        ".cfi_adjust_cfa_offset -8",
        ".cfi_restore rbx",
        "pop rbp",
        ".cfi_adjust_cfa_offset -8",
        ".cfi_restore rbp",
        // The root finds the value here as well, at a coroutine's first switch.
        "mov rax, rdx",
        "ret",
        ".cfi_endproc",
    )
}

/// The outermost frame of every coroutine: `switch` returns into it once.
#[unsafe(naked)]
unsafe extern "C" fn root() -> ! {
    naked_asm!(
        ".cfi_startproc",
        // There is no caller. Without this line an unwinder would look for one
        // above the top, in memory that is not this stack's.
        ".cfi_undefined rip",
        "mov rdi, r12",
        "mov rsi, rax",
        "call rbx",
        "ud2",
        ".cfi_endproc",
    )
}

/// Lays out the stack that ends at `top`, and returns where it is parked: the
/// first switch to it calls `launch(argument, value)`.
///
/// # Safety
///
/// `top` is a multiple of 16, and a page below it can be written.
pub(crate) unsafe fn prepare(top: *mut u8, launch: Launch, argument: *const c_void) -> *mut u8 {
    let parked: *mut Parked = top.wrapping_sub(size_of::<Parked>()).cast();
    let fresh = Parked {
        // Both words are written by `inherit`.
        mxcsr: 0,
        x87_control: 0,
        unused: 0,
        r15: 0,
        r14: 0,
        r13: 0,
        r12: argument,
        rbx: launch,
        // A chain of frame pointers ends where the unwinder's frames do.
        rbp: 0,
        continuation: root,
    };
    // SAFETY: the caller vouches for the memory; the size is a multiple of 16.
    unsafe { ptr::write(parked, fresh) };
    parked.cast()
}

/// Copies this thread's MXCSR and x87 control word into a prepared stack. A new
/// coroutine then starts with what a function called in its place would find.
///
/// # Safety
///
/// `parked` came from `prepare`, and nobody has switched to it.
pub(crate) unsafe fn inherit(parked: *mut u8) {
    // SAFETY: the caller vouches that the frame is there; both stores are in it.
    unsafe {
        asm!(
            "stmxcsr [{parked}]",
            "fnstcw [{parked} + 4]",
            parked = in(reg) parked,
            options(nostack, preserves_flags),
        );
    }
}

/// Where the caller's stack is now.
#[inline(always)]
pub(crate) fn stack_pointer() -> *const u8 {
    let pointer;
    // SAFETY: reads a register.
    unsafe {
        asm!("mov {}, rsp", out(reg) pointer, options(nomem, nostack, preserves_flags));
    }
    pointer
}
