//! A switch that stores its registers below the stack pointer before it lowers it.
//!
//! The control words lie within the 128 bytes that signal handlers spare, and are
//! safe there. The rest lies further down, and for some hundred cycles a handler on
//! the same stack writes over it.

use core::arch::naked_asm;
use core::ffi::c_void;

use unscathed_catalogue::mutant::MutantClass;
use unscathed_core::subject::Co;

use super::Wrapped;

pub(super) const LIST: &[Wrapped] = &[Wrapped {
    id: "mutant/hand/signal.switch/below-the-stack",
    class: MutantClass::ByHand,
    element: Some("signal.switch"),
    change: |table| {
        table.resume = Some(resume);
        table.suspend = Some(suspend);
        table.transfer = None;
    },
    policies: None,
}];

/// Stores the caller's registers 1 KiB below its stack pointer, waits, and lowers
/// the stack pointer to there.
macro_rules! store {
    () => {
        "mov [rsp - 1008], rbx
        mov [rsp - 1000], rbp
        mov [rsp - 992], r12
        mov [rsp - 984], r13
        mov [rsp - 976], r14
        mov [rsp - 968], r15
        stmxcsr [rsp - 16]
        fnstcw [rsp - 12]
        mov ecx, 200
        2:
        dec ecx
        jnz 2b
        sub rsp, 1024"
    };
}

/// Loads what lies at the stack pointer, and returns the value in rsi.
macro_rules! load {
    () => {
        "ldmxcsr [rsp + 1008]
        fldcw [rsp + 1012]
        mov rax, rsi
        mov rbx, [rsp + 16]
        mov rbp, [rsp + 24]
        mov r12, [rsp + 32]
        mov r13, [rsp + 40]
        mov r14, [rsp + 48]
        mov r15, [rsp + 56]
        add rsp, 1024
        ret"
    };
}

/// The block is the healthy one's: the resumer's stack pointer, its own, its body,
/// and at 28 what it is doing.
#[unsafe(naked)]
unsafe extern "C-unwind" fn resume(co: *mut Co, value: *mut c_void) -> *mut c_void {
    naked_asm!(
        store!(),
        "mov [rdi], rsp",
        "cmp byte ptr [rdi + 28], 0",
        "mov byte ptr [rdi + 28], 1",
        "je 3f",
        "mov rsp, [rdi + 8]",
        load!(),
        // The first time: the body runs on the stack below the block.
        "3:",
        "mov rsp, rdi",
        "call [rdi + 16]",
        "mov rdi, rsp",
        "mov rsi, rax",
        "mov byte ptr [rdi + 28], 3",
        "mov rsp, [rdi]",
        load!(),
    )
}

#[unsafe(naked)]
unsafe extern "C-unwind" fn suspend(co: *mut Co, value: *mut c_void) -> *mut c_void {
    naked_asm!(
        store!(),
        "mov byte ptr [rdi + 28], 2",
        "mov [rdi + 8], rsp",
        "mov rsp, [rdi]",
        load!(),
    )
}
