//! The call that a switch is behind, with canaries in the registers that must
//! survive it.

use core::arch::naked_asm;
use core::ffi::c_void;

/// The registers, in the order in which they are found.
pub(crate) const REGISTERS: [&str; 6] =
    ["gpr.rbx", "gpr.rbp", "gpr.r12", "gpr.r13", "gpr.r14", "gpr.r15"];

/// What was found when the call came back.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(crate) struct Found {
    /// Of each register, in the order of [`REGISTERS`].
    pub(crate) registers: [u64; 6],
    pub(crate) flags: u64,
    /// The x87 status word: where the top of the register stack is.
    pub(crate) x87: u64,
}

/// The direction flag.
pub(crate) const DF: u64 = 1 << 10;
/// Where the top of the x87 stack is: zero when it is empty.
pub(crate) const X87_TOP: u64 = 7 << 11;

/// What is planted in a register.
pub(crate) fn planted(key: u64, register: usize) -> u64 {
    key.wrapping_add(register as u64)
}

/// Calls `function(a, b, c)` with canaries made from `key` in every register that
/// must survive, and writes to `found` what is there when it returns. If it unwinds,
/// the caller's registers are restored from here, as from any frame.
///
/// # Safety
///
/// The function takes these words, and may be called with them. `found` can be
/// written when it returns.
#[unsafe(naked)]
pub(crate) unsafe extern "C-unwind" fn cross(
    function: *const c_void,
    a: *mut c_void,
    b: *mut c_void,
    c: *mut c_void,
    key: u64,
    found: *mut Found,
) -> *mut c_void {
    naked_asm!(
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
        "push r9",
        ".cfi_adjust_cfa_offset 8",
        "mov rax, rdi",
        "mov rdi, rsi",
        "mov rsi, rdx",
        "mov rdx, rcx",
        "mov rbx, r8",
        "lea rbp, [r8 + 1]",
        "lea r12, [r8 + 2]",
        "lea r13, [r8 + 3]",
        "lea r14, [r8 + 4]",
        "lea r15, [r8 + 5]",
        "call rax",
        "pop r9",
        ".cfi_adjust_cfa_offset -8",
        "mov [r9], rbx",
        "mov [r9 + 8], rbp",
        "mov [r9 + 16], r12",
        "mov [r9 + 24], r13",
        "mov [r9 + 32], r14",
        "mov [r9 + 40], r15",
        "pushfq",
        ".cfi_adjust_cfa_offset 8",
        "pop [r9 + 48]",
        ".cfi_adjust_cfa_offset -8",
        // Ours would be as lost as anybody's.
        "cld",
        "fnstsw [r9 + 56]",
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
        "ret",
        ".cfi_endproc",
    )
}
