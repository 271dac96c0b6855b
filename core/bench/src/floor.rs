//! The floor: the least that a switch with the full ABI costs when it is written
//! in the ordinary way. Everything in this crate is measured against it.
//!
//! It has no states, no checks, no guard and no way to unwind. It is inlined, and
//! leaves to the compiler what the compiler can save; `rbx` and `rbp` it cannot.
//!
//! ```text
//!          higher addresses
//!        +---------------------+
//!  0x18  | where to go on      |
//!  0x10  | rbp                 |
//!  0x08  | rbx                 |
//!  0x04  | x87 control word    |
//!  0x00  | MXCSR               |  <- parked stack pointer
//!        +---------------------+
//! ```

use std::arch::{asm, naked_asm};
use std::ptr;

/// Where a coroutine starts: who resumed it, and with what.
pub type Start = unsafe extern "C" fn(resumer: *mut u8, first: usize) -> !;

/// Parks the caller and goes on from `parked`. Returns, when somebody comes back,
/// where that one is parked, and the word that it brings.
///
/// # Safety
///
/// `parked` came from [`prepare`] or from an earlier switch, and nobody has gone
/// on from it since. Its stack is alive.
#[inline(always)]
pub unsafe fn switch(parked: *mut u8, word: usize) -> (*mut u8, usize) {
    let (mut other, mut word) = (parked, word);
    // SAFETY: the caller vouches for the other side. What is not saved here is
    // declared lost, so the compiler saves what it needs.
    unsafe {
        asm!(
            "lea rax, [rip + 2f]",
            "push rax",
            "push rbp",
            "push rbx",
            "sub rsp, 8",
            "stmxcsr [rsp]",
            "fnstcw [rsp + 4]",
            "mov rax, rsp",
            "mov rsp, rcx",
            "mov rcx, rax",
            "ldmxcsr [rsp]",
            "fldcw [rsp + 4]",
            "add rsp, 8",
            "pop rbx",
            "pop rbp",
            "pop rax",
            "jmp rax",
            "2:",
            inout("rcx") other,
            inout("rdx") word,
            lateout("r12") _,
            lateout("r13") _,
            lateout("r14") _,
            lateout("r15") _,
            clobber_abi("sysv64"),
        );
    }
    (other, word)
}

/// Lays out the stack below `top`: the first switch to what this returns calls
/// `start`, under the control words that this thread has now.
///
/// # Safety
///
/// `top` is a multiple of 16, and the memory below it is a stack's.
pub unsafe fn prepare(top: *mut u8, start: Start) -> *mut u8 {
    let parked: *mut [usize; 4] = top.wrapping_sub(32).cast();
    let root: unsafe extern "C" fn() -> ! = root;
    // SAFETY: the caller vouches for the memory.
    unsafe { ptr::write(parked, [0, start as usize, 0, root as usize]) };
    // SAFETY: both stores are to the first of the four words.
    unsafe { asm!("stmxcsr [{0}]", "fnstcw [{0} + 4]", in(reg) parked, options(nostack)) };
    parked.cast()
}

/// The outermost frame: there is nothing above it.
#[unsafe(naked)]
unsafe extern "C" fn root() -> ! {
    naked_asm!(
        ".cfi_startproc",
        ".cfi_undefined rip",
        "mov rdi, rcx",
        "mov rsi, rdx",
        "call rbx",
        "ud2",
        ".cfi_endproc",
    )
}
