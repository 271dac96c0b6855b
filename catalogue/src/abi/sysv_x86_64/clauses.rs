//! The clauses, by document, revision and section.
//!
//! The supplement's text carries no revision but "Version 1.0"; the sections and
//! the figure were read in its sources of June 2024 and its print of June 2021,
//! which number them alike.

use crate::element::{Clause, ClauseKind};

const REVISION: &str = "1.0";

const fn psabi(section: &'static str) -> Clause {
    Clause {
        kind: ClauseKind::Abi,
        document: "System V ABI, AMD64 supplement",
        revision: REVISION,
        section,
        verified: true,
    }
}

pub(super) const CALLEE_SAVED: Clause =
    psabi("3.2.1 Registers: rbx, rbp and r12 to r15 belong to the caller");
pub(super) const STACK_POINTER: Clause =
    psabi("3.2.3, figure 3.4 Register Usage: rsp is callee-saved");
pub(super) const MXCSR: Clause =
    psabi("3.2.1 Registers: control bits of MXCSR are callee-saved, status bits are not");
pub(super) const X87_CONTROL: Clause =
    psabi("3.2.1 Registers: the x87 control word is callee-saved, the status word is not");
pub(super) const X87_MODE: Clause = psabi(
    "3.2.1 Registers: the CPU is in x87 mode when a function is entered; emms before a return",
);
pub(super) const DIRECTION: Clause = psabi(
    "3.2.1 Registers: the direction flag is clear on entry and on return, other flags are not kept",
);
/// The ABI says of flags other than DF only that calls do not keep them.
pub(super) const ALIGNMENT_CHECK: Clause = Clause { section: "8 First element ids", ..CONTRACT };
/// The ABI knows threads only; what a coroutine may expect is a choice to declare.
pub(super) const THREAD_STATE: Clause = Clause { section: "8 First element ids", ..CONTRACT };
pub(super) const SIGNALS: Clause =
    psabi("3.2.2 The Stack Frame: signal handlers spare the 128 bytes below rsp, and no more");
pub(super) const ENTRY_ALIGNMENT: Clause =
    psabi("3.2.2 The Stack Frame: rsp + 8 is a multiple of 16 when a function is entered");
pub(super) const STACK_FRAME: Clause =
    psabi("3.2.2 The Stack Frame: a frame belongs to its function until that returns");
pub(super) const THREAD_POINTER: Clause =
    psabi("3.2.3, figure 3.4 Register Usage: fs is the thread pointer, and callee-saved");
pub(super) const VOLATILE_REGISTERS: Clause =
    psabi("3.2.3, figure 3.4 Register Usage: not preserved across calls");
pub(super) const TILES: Clause = psabi(
    "3.2.3, figure 3.4 Register Usage: tmm0 to tmm7 and tilecfg are not preserved across calls",
);
/// The ABI speaks of threads. That the state follows a coroutine is a choice.
pub(super) const CXX_EXCEPTIONS: Clause = Clause {
    kind: ClauseKind::Abi,
    document: "Itanium C++ ABI: Exception Handling",
    revision: "1.22",
    section: "2.2.2 Caught Exception Stack: list and count are kept for each thread",
    verified: true,
};
pub(super) const UNWIND_TABLES: Clause =
    psabi("6.3 Unwinding Through Assembler Code: its author provides its unwind information");
pub(super) const SHADOW: Clause = Clause {
    kind: ClauseKind::Abi,
    document: "Linux, Documentation/arch/x86/shstk.rst",
    revision: "6.6",
    section: "Implementation of the Shadow Stack",
    verified: true,
};
pub(super) const RUST_PANIC: Clause = Clause {
    section: "2 Native subjects: UNSCATHED_CAP_PANIC, a Rust panic out of body comes out of resume",
    ..CONTRACT
};
pub(super) const PANICKING: Clause = Clause {
    kind: ClauseKind::Language,
    document: "Rust standard library",
    revision: "1.95",
    section: "std::thread::panicking: whether the current thread is unwinding because of a panic",
    verified: true,
};
pub(super) const CONTRACT_GUARD: Clause = Clause {
    section: "2 Native subjects: UNSCATHED_CAP_GUARD, running off the stack faults on a guard page",
    ..CONTRACT
};
pub(super) const CONTRACT_CREATE: Clause =
    Clause { section: "2 Native subjects: create(stack_bytes, body)", ..CONTRACT };
pub(super) const CONTRACT_DESTROY: Clause =
    Clause { section: "2 Native subjects: destroy, and UNSCATHED_CAP_DESTROY", ..CONTRACT };
/// Not the header says what misuse may come to, but the definition of verdicts.
pub(super) const CONTRACT_MISUSE: Clause = Clause {
    document: "Unscathed, the public contract",
    section: "6 The JSON report: misuse",
    ..CONTRACT
};
pub(super) const CONTRACT: Clause = Clause {
    kind: ClauseKind::Contract,
    document: "Unscathed, unscathed.h",
    revision: "1",
    section: "2 Native subjects: the C adapter",
    verified: true,
};
