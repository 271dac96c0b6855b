//! System V, AMD64: the registers and the rows.

mod about;
mod about_cxx;
mod about_memory;
mod about_misuse;
mod about_rust;
mod about_threads;
mod about_unwind;
mod clauses;

use about::*;
use about_cxx::{CAUGHT, CXX_UNWIND, UNCAUGHT};
use about_memory::{DESTROY, GUARD, LEAK, SIZE};
use about_misuse::*;
use about_rust::{PANIC_COUNT, UNWIND as RUST_UNWIND};
use about_threads::*;
use about_unwind::BACKTRACE;
use clauses::*;

use super::Abi;
use crate::element::{Clause, Element, Feature, Group, Keep, Level, Owner, Plant};
use crate::frame::{
    Register, absent, cell, flags, fs_base, general, mxcsr, opmask, stack_pointer, vector, x87,
};
use crate::probe::Family;

/// The System V ABI for x86-64.
pub const SYSV_X86_64: &Abi = &Abi {
    id: "sysv-x86_64",
    title: "System V ABI, AMD64 supplement",
    arch: "x86_64",
    registers: REGISTERS,
    elements: ELEMENTS,
    // Tables 3.4 and 3.5 of the supplement list the fields; as words, these.
    initial: &[("mxcsr", 0x1f80), ("x87cw", 0x037f)],
};

/// What the bracket loads and stores, and the words of the harness.
#[rustfmt::skip]
const REGISTERS: &[Register] = &[
    general("rax", 0), general("rbx", 1), general("rcx", 2), general("rdx", 3),
    general("rsi", 4), general("rdi", 5), general("rbp", 6), stack_pointer("rsp", 7),
    general("r8", 8), general("r9", 9), general("r10", 10), general("r11", 11),
    general("r12", 12), general("r13", 13), general("r14", 14), general("r15", 15),
    mxcsr("mxcsr"), x87("x87cw", 0), x87("x87sw", 4), x87("x87tw", 8),
    flags("rflags"), fs_base("fs_base"),
    vector("zmm0", 0), vector("zmm1", 1), vector("zmm2", 2), vector("zmm3", 3),
    vector("zmm4", 4), vector("zmm5", 5), vector("zmm6", 6), vector("zmm7", 7),
    vector("zmm8", 8), vector("zmm9", 9), vector("zmm10", 10), vector("zmm11", 11),
    vector("zmm12", 12), vector("zmm13", 13), vector("zmm14", 14), vector("zmm15", 15),
    vector("zmm16", 16), vector("zmm17", 17), vector("zmm18", 18), vector("zmm19", 19),
    vector("zmm20", 20), vector("zmm21", 21), vector("zmm22", 22), vector("zmm23", 23),
    vector("zmm24", 24), vector("zmm25", 25), vector("zmm26", 26), vector("zmm27", 27),
    vector("zmm28", 28), vector("zmm29", 29), vector("zmm30", 30), vector("zmm31", 31),
    opmask("k0", 0), opmask("k1", 1), opmask("k2", 2), opmask("k3", 3),
    opmask("k4", 4), opmask("k5", 5), opmask("k6", 6), opmask("k7", 7),
    cell("entry rsp"), cell("stack word"), cell("resume value"), cell("suspend value"), cell("done"),
    cell("errno"), cell("signal mask"), cell("alternate stack"), cell("locale"), cell("after a signal"), cell("thread's own"), cell("two threads"),
    cell("panic"), cell("panic count"),
    cell("guard"), cell("stack bytes"), cell("others"), cell("memory"), cell("misuse"),
    cell("backtrace"), cell("caught exception"), cell("uncaught exceptions"), cell("thrown exception"),
    absent("ssp", 8), absent("tmm", 8192), absent("tilecfg", 64),
];

/// Everything that a probe can plant in a control field, and the value that it
/// must not: the one with which a process begins. So a word that was merely
/// reset is never taken for somebody's.
///
/// Precision and invalid-operation exceptions stay masked: ordinary code of a
/// subject may raise them, and would be killed.
const fn codes(even: [u64; 2], odd: [u64; 2]) -> Plant {
    Plant::Codes { even, odd }
}

const fn general_row(id: &'static str, register: &'static str) -> Element {
    Element {
        id,
        group: Group::General,
        label: register,
        register,
        low: 0,
        width: 64,
        keep: Keep::All,
        plant: Plant::Canary,
        level: Level::Must,
        owner: Owner::Coroutine,
        family: Some(Family::Regs),
        gate: None,
        clause: CALLEE_SAVED,
        about: GENERAL,
        interpreted: None,
    }
}

const fn mxcsr_row(
    id: &'static str,
    label: &'static str,
    bits: u64,
    plant: Plant,
    about: &'static crate::About,
) -> Element {
    Element {
        id,
        group: Group::Mxcsr,
        label,
        register: "mxcsr",
        low: 0,
        width: 32,
        keep: Keep::Mask(bits),
        plant,
        level: Level::Must,
        owner: Owner::Coroutine,
        family: Some(Family::Fp),
        gate: None,
        clause: MXCSR,
        about,
        interpreted: None,
    }
}

const fn x87_row(
    id: &'static str,
    label: &'static str,
    bits: u64,
    plant: Plant,
    about: &'static crate::About,
) -> Element {
    let base = mxcsr_row(id, label, bits, plant, about);
    Element { group: Group::X87, register: "x87cw", width: 16, clause: X87_CONTROL, ..base }
}

/// A row that is looked at and never planted.
#[expect(
    clippy::too_many_arguments,
    reason = "a row of a table, and each column has a type of its own"
)]
const fn observed(
    id: &'static str,
    group: Group,
    register: &'static str,
    low: u16,
    width: u16,
    required: u64,
    family: Family,
    clause: Clause,
    about: &'static crate::About,
) -> Element {
    Element {
        id,
        group,
        label: id,
        register,
        low,
        width,
        keep: Keep::All,
        plant: Plant::Never { required },
        level: Level::Must,
        owner: Owner::Convention,
        family: Some(family),
        gate: None,
        clause,
        about,
        interpreted: None,
    }
}

/// Something that a thread has one of, and a subject may exchange.
const fn thread_state(
    id: &'static str,
    register: &'static str,
    about: &'static crate::About,
) -> Element {
    Element {
        plant: Plant::Token,
        level: Level::Policy,
        owner: Owner::Thread,
        ..observed(id, Group::Thread, register, 0, 64, 0, Family::Thread, THREAD_STATE, about)
    }
}

const fn memory(
    id: &'static str,
    group: Group,
    cell: &'static str,
    clause: Clause,
    about: &'static crate::About,
) -> Element {
    Element {
        plant: Plant::Inherent,
        owner: Owner::Coroutine,
        ..observed(id, group, cell, 0, 64, 0, Family::Memory, clause, about)
    }
}

const fn misuse(id: &'static str, about: &'static crate::About) -> Element {
    Element {
        level: Level::Policy,
        plant: Plant::Inherent,
        ..observed(id, Group::Misuse, "misuse", 0, 64, 0, Family::Misuse, CONTRACT_MISUSE, about)
    }
}

const fn free(
    id: &'static str,
    register: &'static str,
    low: u16,
    width: u16,
    plant: Plant,
) -> Element {
    Element {
        id,
        group: Group::Volatile,
        label: register,
        register,
        low,
        width,
        keep: Keep::Nothing,
        plant,
        level: Level::Free,
        owner: Owner::Nobody,
        family: None,
        gate: None,
        clause: VOLATILE_REGISTERS,
        about: VOLATILE,
        interpreted: None,
    }
}

const fn gated(gate: Feature, row: Element) -> Element {
    Element { gate: Some(gate), ..row }
}

const fn xmm(id: &'static str, register: &'static str) -> Element {
    free(id, register, 0, 128, Plant::Canary)
}

const fn ymm(id: &'static str, register: &'static str) -> Element {
    gated(Feature::Avx, free(id, register, 128, 128, Plant::Canary))
}

const fn zmm(id: &'static str, register: &'static str) -> Element {
    gated(Feature::Avx512, free(id, register, 256, 256, Plant::Canary))
}

const fn high(id: &'static str, register: &'static str) -> Element {
    gated(Feature::Avx512, free(id, register, 0, 512, Plant::Canary))
}

const fn opmask_row(id: &'static str, register: &'static str) -> Element {
    gated(Feature::Avx512, free(id, register, 0, 64, Plant::Canary))
}

/// The rows.
#[rustfmt::skip]
const ELEMENTS: &[Element] = &[
    general_row("gpr.rbx", "rbx"),
    general_row("gpr.rbp", "rbp"),
    general_row("gpr.r12", "r12"),
    general_row("gpr.r13", "r13"),
    general_row("gpr.r14", "r14"),
    general_row("gpr.r15", "r15"),
    Element { plant: Plant::Inherent, clause: STACK_POINTER, about: RSP, ..general_row("gpr.rsp", "rsp") },

    // Even steps never plant what odd steps do, in any field; nor do two fields of the same shape agree on one step.
    mxcsr_row("mxcsr.rc",    "rounding",      0x6000, codes([0x2000, 0x2000], [0x4000, 0x4000]), ROUNDING),
    mxcsr_row("mxcsr.ftz",   "flush-to-zero", 0x8000, codes([0x8000, 0x8000], [0, 0]), TINY),
    mxcsr_row("mxcsr.daz",   "denormals",     0x0040, codes([0, 0], [0x0040, 0x0040]), TINY),
    mxcsr_row("mxcsr.masks", "masked",        0x1f80, codes([0x1580, 0x1580], [0x1a80, 0x1a80]), MASKS),
    x87_row("x87.rc",        "rounding",      0x0c00, codes([0x0800, 0x0800], [0x0400, 0x0400]), ROUNDING),
    x87_row("x87.pc",        "precision",     0x0300, codes([0x0000, 0x0000], [0x0300, 0x0200]), PRECISION),
    x87_row("x87.masks",     "masked",        0x003f, codes([0x0035, 0x0035], [0x002b, 0x002b]), MASKS),
    observed("x87.stack", Group::X87,   "x87tw", 0, 16, 0xffff, Family::State, X87_MODE, X87_STACK),

    observed("flags.df",  Group::Flags, "rflags", 10, 1, 0, Family::State, DIRECTION, DF),
    Element { level: Level::Policy, ..observed("flags.ac", Group::Flags, "rflags", 18, 1, 0, Family::State, ALIGNMENT_CHECK, AC) },

    Element { keep: Keep::Low(4), ..observed("stack.align", Group::Stack, "entry rsp", 0, 64, 0, Family::Entry, ENTRY_ALIGNMENT, ALIGN) },
    Element { plant: Plant::Canary, owner: Owner::Coroutine, ..observed("stack.contents", Group::Stack, "stack word", 0, 64, 0, Family::Stack, STACK_FRAME, CONTENTS) },

    Element { plant: Plant::Inherent, owner: Owner::Thread, ..observed("tls.fs_base", Group::Thread, "fs_base", 0, 64, 0, Family::State, THREAD_POINTER, FS) },

    Element { plant: Plant::Canary, owner: Owner::Coroutine, ..observed("value.resume", Group::Life, "resume value", 0, 64, 0, Family::Value, CONTRACT, VALUE_RESUME) },
    Element { plant: Plant::Canary, owner: Owner::Coroutine, ..observed("value.suspend", Group::Life, "suspend value", 0, 64, 0, Family::Value, CONTRACT, VALUE_SUSPEND) },
    Element { plant: Plant::Inherent, owner: Owner::Coroutine, ..observed("life.done", Group::Life, "done", 0, 1, 0, Family::Life, CONTRACT, DONE) },

    Element { plant: Plant::Inherent, owner: Owner::Coroutine, ..observed("rust.unwind", Group::Rust, "panic", 0, 64, 0, Family::Rust, RUST_PANIC, RUST_UNWIND) },
    Element { level: Level::Policy, plant: Plant::Token, owner: Owner::Thread, ..observed("rust.panic_count", Group::Rust, "panic count", 0, 64, 0, Family::Rust, PANICKING, PANIC_COUNT) },

    Element { level: Level::Policy, plant: Plant::Token, owner: Owner::Thread, ..observed("cxx.caught", Group::Cxx, "caught exception", 0, 64, 0, Family::Cxx, CXX_EXCEPTIONS, CAUGHT) },
    Element { level: Level::Policy, plant: Plant::Token, owner: Owner::Thread, ..observed("cxx.uncaught", Group::Cxx, "uncaught exceptions", 0, 64, 0, Family::Cxx, CXX_EXCEPTIONS, UNCAUGHT) },
    Element { plant: Plant::Inherent, owner: Owner::Coroutine, ..observed("cxx.unwind", Group::Cxx, "thrown exception", 0, 64, 0, Family::Cxx, CONTRACT, CXX_UNWIND) },

    Element { plant: Plant::Inherent, owner: Owner::Coroutine, ..observed("unwind.backtrace", Group::Backtrace, "backtrace", 0, 64, 0, Family::Unwind, UNWIND_TABLES, BACKTRACE) },

    memory("stack.guard", Group::Stack, "guard", CONTRACT_GUARD, GUARD),
    memory("stack.size", Group::Stack, "stack bytes", CONTRACT_CREATE, SIZE),
    memory("life.destroy", Group::Life, "others", CONTRACT_DESTROY, DESTROY),
    memory("life.leak", Group::Life, "memory", CONTRACT_DESTROY, LEAK),

    misuse("misuse.resume_finished", RESUME_FINISHED),
    misuse("misuse.resume_running", RESUME_RUNNING),
    misuse("misuse.resume_resumer", RESUME_RESUMER),
    misuse("misuse.suspend_outside", SUSPEND_OUTSIDE),
    misuse("misuse.destroy_running", DESTROY_RUNNING),
    misuse("misuse.destroy_twice", DESTROY_TWICE),
    misuse("misuse.create_zero", CREATE_ZERO),
    misuse("misuse.create_huge", CREATE_HUGE),

    Element { gate: Some(Feature::ShadowStack), plant: Plant::Inherent, owner: Owner::Coroutine, ..observed("shstk.ssp", Group::ShadowStack, "ssp", 0, 64, 0, Family::Shadow, SHADOW, SSP) },

    thread_state("tls.errno", "errno", ERRNO),
    Element { plant: Plant::Inherent, owner: Owner::Thread, ..observed("tls.migrated", Group::Thread, "thread's own", 0, 64, 0, Family::Migration, THREAD_POINTER, MIGRATED) },
    Element { plant: Plant::Inherent, owner: Owner::Thread, ..observed("life.threads", Group::Thread, "two threads", 0, 64, 0, Family::Migration, CONTRACT, THREADS) },
    thread_state("tls.locale", "locale", LOCALE),
    thread_state("signal.mask", "signal mask", SIGNAL_MASK),
    Element { plant: Plant::Inherent, owner: Owner::Coroutine, ..observed("signal.switch", Group::Thread, "after a signal", 0, 64, 0, Family::Signal, SIGNALS, SIGNAL_SWITCH) },
    thread_state("signal.altstack", "alternate stack", ALTERNATE_STACK),

    // Negative controls.
    free("gpr.rax", "rax", 0, 64, Plant::Canary),
    free("gpr.rcx", "rcx", 0, 64, Plant::Canary),
    free("gpr.rdx", "rdx", 0, 64, Plant::Canary),
    free("gpr.rsi", "rsi", 0, 64, Plant::Inherent),
    free("gpr.rdi", "rdi", 0, 64, Plant::Inherent),
    free("gpr.r8", "r8", 0, 64, Plant::Canary),
    free("gpr.r9", "r9", 0, 64, Plant::Canary),
    free("gpr.r10", "r10", 0, 64, Plant::Canary),
    free("gpr.r11", "r11", 0, 64, Plant::Canary),
    Element { clause: MXCSR, ..free("mxcsr.status", "mxcsr", 0, 6, codes([0x3f, 0x3f], [0, 0])) },
    // Condition codes only: a pending exception under a planted mask would trap.
    Element { clause: X87_CONTROL, ..free("x87.status", "x87sw", 0, 16, codes([0x4500, 0x4500], [0x0200, 0x0200])) },
    // CF PF AF ZF SF OF; bits 1 and 9 are always set in user mode.
    Element { clause: DIRECTION, ..free("flags.status", "rflags", 0, 12, codes([0xad7, 0xad7], [0x202, 0x202])) },
    xmm("vec.xmm0", "zmm0"), xmm("vec.xmm1", "zmm1"), xmm("vec.xmm2", "zmm2"), xmm("vec.xmm3", "zmm3"),
    xmm("vec.xmm4", "zmm4"), xmm("vec.xmm5", "zmm5"), xmm("vec.xmm6", "zmm6"), xmm("vec.xmm7", "zmm7"),
    xmm("vec.xmm8", "zmm8"), xmm("vec.xmm9", "zmm9"), xmm("vec.xmm10", "zmm10"), xmm("vec.xmm11", "zmm11"),
    xmm("vec.xmm12", "zmm12"), xmm("vec.xmm13", "zmm13"), xmm("vec.xmm14", "zmm14"), xmm("vec.xmm15", "zmm15"),
    ymm("vec.ymm0", "zmm0"), ymm("vec.ymm1", "zmm1"), ymm("vec.ymm2", "zmm2"), ymm("vec.ymm3", "zmm3"),
    ymm("vec.ymm4", "zmm4"), ymm("vec.ymm5", "zmm5"), ymm("vec.ymm6", "zmm6"), ymm("vec.ymm7", "zmm7"),
    ymm("vec.ymm8", "zmm8"), ymm("vec.ymm9", "zmm9"), ymm("vec.ymm10", "zmm10"), ymm("vec.ymm11", "zmm11"),
    ymm("vec.ymm12", "zmm12"), ymm("vec.ymm13", "zmm13"), ymm("vec.ymm14", "zmm14"), ymm("vec.ymm15", "zmm15"),
    zmm("vec.zmm0", "zmm0"), zmm("vec.zmm1", "zmm1"), zmm("vec.zmm2", "zmm2"), zmm("vec.zmm3", "zmm3"),
    zmm("vec.zmm4", "zmm4"), zmm("vec.zmm5", "zmm5"), zmm("vec.zmm6", "zmm6"), zmm("vec.zmm7", "zmm7"),
    zmm("vec.zmm8", "zmm8"), zmm("vec.zmm9", "zmm9"), zmm("vec.zmm10", "zmm10"), zmm("vec.zmm11", "zmm11"),
    zmm("vec.zmm12", "zmm12"), zmm("vec.zmm13", "zmm13"), zmm("vec.zmm14", "zmm14"), zmm("vec.zmm15", "zmm15"),
    high("vec.zmm16", "zmm16"), high("vec.zmm17", "zmm17"), high("vec.zmm18", "zmm18"), high("vec.zmm19", "zmm19"),
    high("vec.zmm20", "zmm20"), high("vec.zmm21", "zmm21"), high("vec.zmm22", "zmm22"), high("vec.zmm23", "zmm23"),
    high("vec.zmm24", "zmm24"), high("vec.zmm25", "zmm25"), high("vec.zmm26", "zmm26"), high("vec.zmm27", "zmm27"),
    high("vec.zmm28", "zmm28"), high("vec.zmm29", "zmm29"), high("vec.zmm30", "zmm30"), high("vec.zmm31", "zmm31"),
    opmask_row("mask.k0", "k0"), opmask_row("mask.k1", "k1"), opmask_row("mask.k2", "k2"), opmask_row("mask.k3", "k3"),
    opmask_row("mask.k4", "k4"), opmask_row("mask.k5", "k5"), opmask_row("mask.k6", "k6"), opmask_row("mask.k7", "k7"),
    Element { group: Group::Tiles, clause: TILES, about: AMX, ..gated(Feature::Amx, free("amx.tmm", "tmm", 0, 8192, Plant::Canary)) },
    Element { group: Group::Tiles, clause: TILES, about: AMX, ..gated(Feature::Amx, free("amx.tilecfg", "tilecfg", 0, 512, Plant::Canary)) },
];
