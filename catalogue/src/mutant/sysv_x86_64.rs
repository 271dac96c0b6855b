//! What does not follow from a row: System V on x86-64.
//!
//! Added instructions find the coroutine in rdi and the value that is passed in
//! rsi, may use rax, rcx and rdx, and change nothing that is owed but what they
//! are here to change. At [`Return`] the stack pointer is at the return address,
//! and rax holds the value. [`Enter`] is on the coroutine's stack, where rsp is a
//! multiple of 16.

use super::Place::{Enter, Left, PassIn, PassOut, Restore, Return, Saved};
use super::Side::{Coroutine, Resumer};
use super::block::{FINISHED, FRESH, STATE, SUSPENDED};
use super::{Change, Frame, Mutant, MutantClass, Place, feature_bit};
use crate::abi::Abi;
use crate::element::{Element, Feature, Level};
use crate::frame::Class;

/// A defect: row, name, and where which instructions are added.
type ByHand = (&'static str, &'static str, Place, &'static str);

const FLD1: &str = "fld1";
/// Sets AC, which no instruction of an ordinary program does.
const SET_AC: &str = "pushfq
    or qword ptr [rsp], 0x40000
    popfq";
/// The return address is taken along, so that the caller itself is reached.
const RETURN_HIGH: &str = "pop rcx
    add rsp, 16
    jmp rcx";
const RETURN_LOW: &str = "pop rcx
    sub rsp, 16
    jmp rcx";
/// The word above the return address.
const OVERWRITE_NEXT: &str = "mov qword ptr [rsp + 8], 0";
/// The word 256 bytes further.
const OVERWRITE_FAR: &str = "mov qword ptr [rsp + 264], 0";
/// `arch_prctl(ARCH_SET_FS)` with memory that nobody else uses.
const SET_FS: &str = "mov rdx, rax
    lea rsi, [rip + unscathed_mutant_thread]
    mov edi, 0x1002
    mov eax, 158
    syscall
    mov rax, rdx";
const TRUNCATE: &str = "mov esi, esi";
const SIGN_EXTEND: &str = "movsxd rsi, esi";
/// One slot for all: whoever comes after another coroutine gets that one's value.
const SHARE: &str = "mov rax, rsi
    xchg rax, [rip + unscathed_mutant_slot]
    mov rcx, rdi
    xchg rcx, [rip + unscathed_mutant_slot + 8]
    cmp rcx, rdi
    je 2f
    test rcx, rcx
    cmovnz rsi, rax
    2:";
const MXCSR_ZERO: &str = "push 0
    ldmxcsr [rsp]
    add rsp, 8";
const MXCSR_UNMASKED: &str = "push 0
    stmxcsr [rsp]
    and dword ptr [rsp], 0xffffe07f
    ldmxcsr [rsp]
    add rsp, 8";
/// Not zero altogether, which would change the precision as well.
const X87_UNMASKED: &str = "push 0
    fnstcw [rsp]
    and word ptr [rsp], 0xffc0
    fldcw [rsp]
    add rsp, 8";

#[rustfmt::skip]
const BY_HAND: &[ByHand] = &[
    ("gpr.rsp", "resume-high",  Return(Resumer),   RETURN_HIGH),
    ("gpr.rsp", "resume-low",   Return(Resumer),   RETURN_LOW),
    ("gpr.rsp", "suspend-high", Return(Coroutine), RETURN_HIGH),
    ("gpr.rsp", "suspend-low",  Return(Coroutine), RETURN_LOW),

    ("mxcsr.masks", "entry-zero",     Enter, MXCSR_ZERO),
    ("mxcsr.masks", "entry-unmasked", Enter, MXCSR_UNMASKED),
    ("x87.masks",   "entry-unmasked", Enter, X87_UNMASKED),

    ("x87.stack", "resume",  Return(Resumer),   FLD1),
    ("x87.stack", "suspend", Return(Coroutine), FLD1),
    ("x87.stack", "entry",   Enter,             FLD1),
    ("flags.df",  "resume",  Return(Resumer),   "std"),
    ("flags.df",  "suspend", Return(Coroutine), "std"),
    ("flags.df",  "entry",   Enter,             "std"),
    ("flags.ac",  "resume",  Return(Resumer),   SET_AC),
    ("flags.ac",  "suspend", Return(Coroutine), SET_AC),
    ("flags.ac",  "entry",   Enter,             SET_AC),

    ("stack.contents", "resume-next",  Return(Resumer),   OVERWRITE_NEXT),
    ("stack.contents", "resume-far",   Return(Resumer),   OVERWRITE_FAR),
    ("stack.contents", "suspend-next", Return(Coroutine), OVERWRITE_NEXT),
    ("stack.contents", "suspend-far",  Return(Coroutine), OVERWRITE_FAR),

    ("tls.fs_base", "resume",  Return(Resumer),   SET_FS),
    ("tls.fs_base", "suspend", Return(Coroutine), SET_FS),

    ("value.resume",  "truncated",     PassIn,  TRUNCATE),
    ("value.resume",  "sign-extended", PassIn,  SIGN_EXTEND),
    ("value.resume",  "shared",        PassIn,  SHARE),
    ("value.suspend", "truncated",     PassOut, TRUNCATE),
    ("value.suspend", "sign-extended", PassOut, SIGN_EXTEND),
    ("value.suspend", "shared",        PassOut, SHARE),
];

/// Bytes by which a body's stack pointer is off. Four is all that a 32-bit ABI
/// would ask for.
const MISALIGNED: [(&str, u32); 2] = [("off-by-8", 8), ("off-by-4", 4)];

/// What `done` answers, and how it comes to that. What it says of a coroutine that
/// runs is left open by the contract, and so is no defect.
fn wrong_answers() -> [(&'static str, String); 4] {
    let state = format!("byte ptr [rdi + {STATE}]");
    [
        ("always", "mov eax, 1".into()),
        ("never", "xor eax, eax".into()),
        (
            "fresh",
            format!(
                "xor eax, eax
                 xor ecx, ecx
                 cmp {state}, {FINISHED}
                 sete al
                 cmp {state}, {FRESH}
                 sete cl
                 or eax, ecx"
            ),
        ),
        (
            "suspended",
            format!(
                "xor eax, eax
                 cmp {state}, {SUSPENDED}
                 setae al"
            ),
        ),
    ]
}

pub(super) fn by_hand() -> impl Iterator<Item = Mutant> {
    let added = BY_HAND
        .iter()
        .map(|&(row, name, place, text)| hand(row, name, Change::adding([(place, text.into())])));
    let misaligned = MISALIGNED.iter().map(|&(name, bytes)| {
        let there = (Enter, format!("sub rsp, {bytes}"));
        let back = (Left, format!("add rsp, {bytes}"));
        hand("stack.align", name, Change::adding([there, back]))
    });
    let done = wrong_answers().into_iter().map(|(name, text)| {
        let change = Change { done: Some(text), ..Change::default() };
        hand("life.done", name, change)
    });
    added.chain(misaligned).chain(done)
}

fn hand(row: &'static str, name: &str, change: Change) -> Mutant {
    Mutant {
        id: format!("mutant/hand/{row}/{name}"),
        class: MutantClass::ByHand,
        element: Some(row),
        change,
    }
}

/// For each volatile row: garbage, wherever nothing is passed in its register.
pub(super) fn volatile(abi: &Abi) -> impl Iterator<Item = Mutant> {
    abi.at(Level::Free).filter_map(move |row| {
        let text = with_gate(garbage(abi, row)?, row.gate);
        let places: &[Place] = match row.register {
            "rax" => &[Enter],
            "rdi" | "rsi" => &[Return(Coroutine), Return(Resumer)],
            _ => &[Enter, Return(Coroutine), Return(Resumer)],
        };
        Some(Mutant {
            id: format!("harmless/volatile/{}", row.id),
            class: MutantClass::Volatile,
            element: None,
            change: Change::adding(places.iter().map(|&place| (place, text.clone()))),
        })
    })
}

/// Overwrites the bits of this row and, as far as instructions allow, no others.
fn garbage(abi: &Abi, row: &Element) -> Option<String> {
    let memory = "[rip + unscathed_mutant_garbage]";
    Some(match (abi.register(row.register).class, row.low) {
        (Class::General, _) => format!("mov {}, {memory}", row.register),
        (Class::Mxcsr, _) => "push 0
            stmxcsr [rsp]
            xor dword ptr [rsp], 0x3f
            ldmxcsr [rsp]
            add rsp, 8"
            .into(),
        // Looks at an empty register, which sets condition codes and raises nothing.
        (Class::X87(_), _) => "fxam".into(),
        (Class::Flags, _) => "pushfq
            xor qword ptr [rsp], 0x8d5
            popfq"
            .into(),
        (Class::Vector(n), 0) if row.width == 128 => format!("movups xmm{n}, {memory}"),
        (Class::Vector(n), 0) => format!("vmovups zmm{n}, {memory}"),
        (Class::Vector(n), 128) => format!("vinsertf128 ymm{n}, ymm{n}, {memory}, 1"),
        (Class::Vector(n), _) => format!("vinserti64x4 zmm{n}, zmm{n}, {memory}, 1"),
        (Class::Opmask(n), _) => format!("kmovq k{n}, {memory}"),
        _ => return None,
    })
}

/// Skips instructions that the processor lacks.
fn with_gate(text: String, gate: Option<Feature>) -> String {
    let Some(gate) = gate else { return text };
    format!(
        "test qword ptr [rip + unscathed_mutant_features], {}
         jz 2f
         {text}
         2:",
        feature_bit(gate)
    )
}

/// The control words are only loaded where they differ.
const LAZY: &str = "stmxcsr [rsp + 8]
    mov ecx, [rsp + 8]
    cmp ecx, [rsp]
    je 2f
    ldmxcsr [rsp]
    2:
    fnstcw [rsp + 8]
    mov cx, [rsp + 8]
    cmp cx, [rsp + 4]
    je 2f
    fldcw [rsp + 4]
    2:";

/// The status bits of MXCSR stay with the thread.
const STATUS_STAYS: &str = "stmxcsr [rsp + 8]
    mov ecx, [rsp + 8]
    and ecx, 0x3f
    mov edx, [rsp]
    and edx, 0xffffffc0
    or ecx, edx
    mov [rsp + 8], ecx
    ldmxcsr [rsp + 8]
    fldcw [rsp + 4]";

/// A function between, with an aligned frame of its own.
const CALL_TWICE: &str = "call 2f
    jmp 3f
    2:
    sub rsp, 8";
const RETURN_TWICE: &str = "add rsp, 8
    ret
    3:";

const CALLER_SAVED: &[&str] = &["rcx", "rdx", "r8", "r9", "r10", "r11", "rsi", "rdi"];

pub(super) fn order() -> impl Iterator<Item = Mutant> {
    let frame = |frame| Change { frame, ..Change::default() };
    let load = |text| Change { load: Some(text), ..Change::default() };
    let add = |add: &[(Place, &str)]| {
        Change::adding(add.iter().map(|&(place, text)| (place, text.into())))
    };
    let normal = Frame::default();
    let vzeroupper = with_gate("vzeroupper".into(), Some(Feature::Avx));
    let reversed = Frame { reversed: true, ..normal };
    let padded = Frame { padding: 4096, ..normal };
    let extra = Frame { extra: CALLER_SAVED, ..normal };
    let fxsave = Change {
        frame: Frame { padding: 512, ..normal },
        ..add(&[(Saved, "fxsave64 [rsp + 16]"), (Restore, "fxrstor64 [rsp + 16]")])
    };
    [
        ("reversed", frame(reversed)),
        ("padded", frame(padded)),
        ("caller-saved", frame(extra)),
        ("fxsave", fxsave),
        ("lazy", load(LAZY)),
        ("status-stays", load(STATUS_STAYS)),
        ("fnclex", add(&[(Restore, "fnclex")])),
        ("fninit", add(&[(Restore, "fninit")])),
        ("emms", add(&[(Restore, "emms"), (Enter, "emms")])),
        ("vzeroupper", add(&[(Restore, &vzeroupper), (Enter, &vzeroupper)])),
        ("call-twice", add(&[(Enter, CALL_TWICE), (Left, RETURN_TWICE)])),
    ]
    .into_iter()
    .map(|(name, change)| Mutant {
        id: format!("harmless/order/{name}"),
        class: MutantClass::Order,
        element: None,
        change,
    })
}
