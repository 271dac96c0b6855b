//! A small bracket of its own, written by hand: the generated one shares rows
//! and frames with the mutants that are on trial here.
//!
//! A party's site is static memory, found from the code alone, since a call may
//! come back with any stack pointer, any thread pointer and any register.

use core::arch::naked_asm;
use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::mem::offset_of;

use unscathed_core::subject::Co;

/// Main and two coroutines.
pub(crate) const PARTIES: usize = 3;
/// Words above a call. Odd, so that the call is aligned.
pub(crate) const WORDS: usize = 33;
/// What they hold.
pub(crate) const WORD: u64 = 0x5ca7_5ca7_5ca7_5ca7;

/// The registers of [`Look::registers`].
pub(crate) const NAMES: [&str; 8] = ["rbx", "rbp", "r12", "r13", "r14", "r15", "mxcsr", "x87cw"];

/// What a party found when its call came back, or where its body began.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Look {
    pub(crate) registers: [u64; NAMES.len()],
    pub(crate) rsp: u64,
    pub(crate) flags: u64,
    pub(crate) thread: u64,
    pub(crate) value: u64,
    /// As `fnstenv` leaves it: the control word comes first, the tags third.
    pub(crate) x87: [u32; 8],
}

/// Static memory of a party.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Site {
    /// What to call, and with what.
    pub(crate) function: usize,
    pub(crate) co: *mut Co,
    pub(crate) argument: u64,
    /// Registers before the call; the bracket adds rsp and the thread pointer.
    pub(crate) planted: Look,
    pub(crate) seen: Look,
    /// Words above the call, afterwards.
    pub(crate) words: [u64; WORDS],
    /// The compiler's own registers meanwhile.
    home: Look,
    scratch: [u64; 32],
    scratch_top: [u64; 2],
}

#[repr(C, align(64))]
pub(crate) struct Shared(UnsafeCell<Site>);

// SAFETY: one trial is held at a time, on one thread.
unsafe impl Sync for Shared {}

impl Shared {
    const fn new() -> Self {
        // SAFETY: every field is a number or a pointer.
        Self(UnsafeCell::new(unsafe { core::mem::zeroed() }))
    }

    pub(crate) fn get(&self) -> *mut Site {
        self.0.get()
    }
}

static MAIN: Shared = Shared::new();
static FIRST: Shared = Shared::new();
static SECOND: Shared = Shared::new();

/// The sites.
pub(crate) static SITES: [&Shared; PARTIES] = [&MAIN, &FIRST, &SECOND];

/// Makes the call of a site.
pub(crate) type Bracket = unsafe extern "C" fn();
/// One for each party.
pub(crate) const BRACKETS: [Bracket; PARTIES] = [main_call, first_call, second_call];
/// Where the bodies begin; they belong to the parties after main.
pub(crate) const ENTRIES: [unscathed_core::subject::Body; PARTIES - 1] = [first_body, second_body];

macro_rules! bracket {
    ($name:ident, $site:ident) => {
        #[unsafe(naked)]
        unsafe extern "C" fn $name() {
            naked_asm!(
                "lea rax, [rip + {site}]",
                "call {keep}",
                // Canaries up to the call, where a subject that writes too far hits them.
                "sub rsp, {bytes}",
                "mov rdi, rsp",
                "mov ecx, {words}",
                "mov rdx, rax",
                "mov rax, {word}",
                "rep stosq",
                "mov rax, rdx",
                "mov [rax + {planted} + {rsp}], rsp",
                "mov rbx, [rax + {planted}]",
                "mov rbp, [rax + {planted} + 8]",
                "mov r12, [rax + {planted} + 16]",
                "mov r13, [rax + {planted} + 24]",
                "mov r14, [rax + {planted} + 32]",
                "mov r15, [rax + {planted} + 40]",
                "ldmxcsr [rax + {planted} + 48]",
                "fldcw [rax + {planted} + 56]",
                "mov rdi, [rax + {co}]",
                "mov rsi, [rax + {argument}]",
                "call [rax + {function}]",
                // From here to the end of `look` nothing may be relied on but rip.
                "mov [rip + {site} + {seen} + {value}], rax",
                "mov [rip + {site} + {seen} + {rsp}], rsp",
                "lea rsp, [rip + {site} + {scratch}]",
                "pushfq",
                "push 2",
                "popfq",
                "pop [rip + {site} + {seen} + {flags}]",
                "lea rax, [rip + {site} + {seen}]",
                "call {look}",
                "mov rsi, [rip + {site} + {planted} + {rsp}]",
                "lea rdi, [rip + {site} + {found}]",
                "mov ecx, {words}",
                "rep movsq",
                "lea rax, [rip + {site}]",
                "jmp {back}",
                site = sym $site,
                keep = sym keep,
                look = sym look,
                back = sym back,
                bytes = const 8 * WORDS,
                words = const WORDS,
                word = const WORD,
                co = const offset_of!(Site, co),
                argument = const offset_of!(Site, argument),
                function = const offset_of!(Site, function),
                planted = const offset_of!(Site, planted),
                seen = const offset_of!(Site, seen),
                found = const offset_of!(Site, words),
                scratch = const offset_of!(Site, scratch_top),
                rsp = const offset_of!(Look, rsp),
                value = const offset_of!(Look, value),
                flags = const offset_of!(Look, flags),
            )
        }
    };
}

bracket!(main_call, MAIN);
bracket!(first_call, FIRST);
bracket!(second_call, SECOND);

/// Keeps the state of the bracket's caller in the site in rax, which stays there.
/// The thread pointer is noted as planted, too.
#[unsafe(naked)]
unsafe extern "C" fn keep() {
    naked_asm!(
        "mov [rax + {home}], rbx",
        "mov [rax + {home} + 8], rbp",
        "mov [rax + {home} + 16], r12",
        "mov [rax + {home} + 24], r13",
        "mov [rax + {home} + 32], r14",
        "mov [rax + {home} + 40], r15",
        "stmxcsr [rax + {home} + 48]",
        "fnstcw [rax + {home} + 56]",
        "lea rcx, [rsp + 8]",
        "mov [rax + {home} + {rsp}], rcx",
        "mov rbx, rax",
        "lea rsi, [rax + {planted} + {thread}]",
        "mov edi, 0x1003", // ARCH_GET_FS
        "mov eax, 158",    // arch_prctl
        "syscall",
        "mov rax, rbx",
        "ret",
        home = const offset_of!(Site, home),
        planted = const offset_of!(Site, planted),
        rsp = const offset_of!(Look, rsp),
        thread = const offset_of!(Look, thread),
    )
}

/// Stores registers, control words and the thread pointer in the look in rax.
/// Afterwards the x87 stack is empty.
#[unsafe(naked)]
unsafe extern "C" fn look() {
    naked_asm!(
        "mov [rax], rbx",
        "mov [rax + 8], rbp",
        "mov [rax + 16], r12",
        "mov [rax + 24], r13",
        "mov [rax + 32], r14",
        "mov [rax + 40], r15",
        "stmxcsr [rax + 48]",
        "fnstcw [rax + 56]",
        "fnstenv [rax + {x87}]",
        "fninit",
        "lea rsi, [rax + {thread}]",
        "mov edi, 0x1003", // ARCH_GET_FS
        "mov eax, 158",    // arch_prctl
        "syscall",
        "ret",
        x87 = const offset_of!(Look, x87),
        thread = const offset_of!(Look, thread),
    )
}

/// Returns to the bracket's caller, with its state from the site in rax.
#[unsafe(naked)]
unsafe extern "C" fn back() {
    naked_asm!(
        "mov rbx, rax",
        "mov rsi, [rax + {planted} + {thread}]",
        "mov edi, 0x1002", // ARCH_SET_FS
        "mov eax, 158",    // arch_prctl
        "syscall",
        "mov rax, rbx",
        "mov rbx, [rax + {home}]",
        "mov rbp, [rax + {home} + 8]",
        "mov r12, [rax + {home} + 16]",
        "mov r13, [rax + {home} + 24]",
        "mov r14, [rax + {home} + 32]",
        "mov r15, [rax + {home} + 40]",
        "ldmxcsr [rax + {home} + 48]",
        "fldcw [rax + {home} + 56]",
        "mov rsp, [rax + {home} + {rsp}]",
        "ret",
        home = const offset_of!(Site, home),
        planted = const offset_of!(Site, planted),
        rsp = const offset_of!(Look, rsp),
        thread = const offset_of!(Look, thread),
    )
}

macro_rules! entry {
    ($name:ident, $site:ident, $party:literal) => {
        #[unsafe(naked)]
        unsafe extern "C-unwind" fn $name(_: *mut Co, _: *mut c_void) -> *mut c_void {
            naked_asm!(
                "lea rax, [rip + {site} + {seen}]",
                "mov edx, {party}",
                "jmp {enter}",
                site = sym $site,
                enter = sym enter,
                seen = const offset_of!(Site, seen),
                party = const $party,
            )
        }
    };
}

entry!(first_body, FIRST, 1);
entry!(second_body, SECOND, 2);

/// Looks at what a body of party edx finds, with its look in rax, and calls
/// compiled code with what that needs.
#[unsafe(naked)]
unsafe extern "C" fn enter() {
    naked_asm!(
        "mov [rax + {rsp}], rsp",
        "mov [rax + {value}], rsi",
        "pushfq",
        "push 2",
        "popfq",
        "pop [rax + {flags}]",
        "push rbp",
        "mov rbp, rsp",
        "and rsp, -16",
        "push rdi",
        "push rdx",
        "call {look}",
        "pop rsi",
        "pop rdi",
        "push 0x1f80",
        "ldmxcsr [rsp]",
        "add rsp, 8",
        "call {body}",
        "mov rsp, rbp",
        "pop rbp",
        "ret",
        look = sym look,
        body = sym super::body,
        rsp = const offset_of!(Look, rsp),
        value = const offset_of!(Look, value),
        flags = const offset_of!(Look, flags),
    )
}
